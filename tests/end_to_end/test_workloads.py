"""The other workloads on real Ray, small: two processes give the same bits as one.

``dedup`` cleans real text: every source and text file of the installed Python; ``crawl`` is the
same on pages that it makes, which all processes read from one file. Exit codes are not tested,
because a busy machine may rightly be refused.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from harness import events as e
from harness.model import FaultKind, Side
from tests.racing import Raced, raced
from tests.terminals import at_once
from tests.workloads.embed.support import LINES, needs_extra

pytestmark = [pytest.mark.ray, needs_extra]

RATED = [
    f"u{user},i{(7 * user + step * step) % 90},{1 + step % 5}"
    for user in range(1000)
    for step in range(40)
]


def recommend(folder: Path) -> Raced:
    (folder / "ratings.csv").write_text("\n".join(["user,item,rating", *RATED, ""]))
    file = f"ratings={folder / 'ratings.csv'}"
    settings = (file, "factors=32", "iterations=20", "target=1.0", "blocks=8")
    return raced(folder, workload="recommend", settings=settings)


def dedup(folder: Path) -> Raced:
    settings = ("input=stdlib", "sample=200", f"block={1 << 20}")
    return raced(folder, workload="dedup", settings=settings)


def crawl(folder: Path) -> Raced:
    settings = ("documents=3000", "words=60", "block=40_000", "shard=60_000")
    return raced(folder, workload="dedup", settings=settings)


def embed(folder: Path) -> Raced:
    (folder / "lines.txt").write_text("\n".join(LINES), encoding="utf-8")
    file = f"corpus={folder / 'lines.txt'}"
    settings = (file, "passages=64", "queries=16", "batch=96", "max_tokens=36")
    return raced(folder, workload="embed", settings=settings)


def shard(folder: Path) -> Raced:
    settings = ("megabytes=0.5", f"rows={1 << 17}", "batch=4096", "micro_batches=4", "device=92MiB")
    return raced(folder, workload="shard", settings=settings)


def research(folder: Path) -> Raced:
    """Race with agents, of which a worker is killed while they read."""
    modules = "modules=json,queue,heapq,shlex,argparse,logging,email,http"  # more than a second
    settings = (modules, "questions=120")
    return raced(folder, workload="research", settings=settings, chaos=("kill:w1@20%",))


RACES: dict[str, Callable[[Path], Raced]] = {
    "recommend": recommend,
    "dedup": dedup,
    "crawl": crawl,
    "embed": embed,
    "shard": shard,
    "research": research,
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Raced]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return at_once(
            {name: partial(run, tmp_path_factory.mktemp(name)) for name, run in RACES.items()},
            most=2,  # each starts a cluster, and five of them may keep Ray from starting in time
        )


@pytest.mark.parametrize("name", RACES)
def test_both_sides_come_to_the_same_answer_of_the_same_items(
    ended: dict[str, Raced], name: str
) -> None:
    one, two = (ended[name].trial(side) for side in Side)
    assert (two.answer_sha256, two.quality, two.items) == (
        one.answer_sha256,
        one.quality,
        one.items,
    )


@pytest.mark.parametrize(
    ("name", "least"),
    [("recommend", 0.1), ("dedup", 0.9), ("crawl", 0.9), ("embed", 0.5), ("research", 0.5)],
)
def test_the_answer_is_good(ended: dict[str, Raced], name: str, least: float) -> None:
    assert least <= ended[name].trial(Side.BASELINE).quality <= 1


def test_the_language_model_has_learnt_something(ended: dict[str, Raced]) -> None:
    assert 1 < ended["shard"].trial(Side.BASELINE).quality < 4


@pytest.mark.parametrize("name", RACES)
def test_what_is_held_out_is_counted(ended: dict[str, Raced], name: str) -> None:
    held_out = ended[name].results.held_out
    assert held_out is not None
    assert held_out.items > 0


@pytest.mark.parametrize("name", RACES)
def test_all_items_are_counted_on_both_workers(ended: dict[str, Raced], name: str) -> None:
    given, distributed = ended[name].results.input, ended[name].trial(Side.DISTRIBUTED)
    assert given is not None
    assert distributed.items == given.items > 200
    assert min(worker.chunks for worker in distributed.workers_detail) > 0


def test_agents_come_to_their_answers_although_a_worker_is_lost(ended: dict[str, Raced]) -> None:
    trial = ended["research"].trial(Side.DISTRIBUTED)
    (fault,) = trial.faults
    assert (fault.worker, fault.kind, trial.unstruck) == ("w1", FaultKind.KILL, ())
    assert (fault.redone or 0) <= 1
    assert trial.answer_sha256 == ended["research"].trial(Side.BASELINE).answer_sha256


def test_a_worker_says_what_it_does(ended: dict[str, Raced]) -> None:
    spans = [event for event in ended["research"].events if isinstance(event, e.Span)]
    roles = {span.activity.partition(" · ")[0] for span in spans}
    assert roles == {"planner", "reader", "seeker", "calculator"}


def test_a_worker_of_a_workload_that_says_nothing_does_not_either(ended: dict[str, Raced]) -> None:
    spans = [event for event in ended["embed"].events if isinstance(event, e.Span)]
    assert {span.activity for span in spans} == {""}


def test_a_text_in_a_file_counts_as_input_on_every_worker(ended: dict[str, Raced]) -> None:
    given, workers = (
        ended["crawl"].results.input,
        ended["crawl"].trial(Side.DISTRIBUTED).workers_detail,
    )
    assert given is not None
    assert given.bytes > 1_000_000
    assert {worker.process.input_sha256 for worker in workers} == {given.sha256}
