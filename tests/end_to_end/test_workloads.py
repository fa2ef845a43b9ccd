"""The other workloads on real Ray, small: two processes give the same bits as one.

``dedup`` cleans real text: every source and text file of the installed Python. Exit codes are not
tested, because a busy machine may rightly be refused.
"""

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from harness.files.results import load
from harness.model import Results, Side, Status, Trial
from tests.terminals import ROOT, at_once, race, surroundings
from tests.workloads.embed.support import LINES, needs_extra

pytestmark = [pytest.mark.ray, needs_extra]

ENDS_WITHIN_S = 240.0
RATED = [
    f"u{user},i{(7 * user + step * step) % 90},{1 + step % 5}"
    for user in range(3000)
    for step in range(40)
]


def raced(folder: Path, workload: str, *settings: str) -> Results:
    """Race a workload on two workers and return what its take tells."""
    quiet, given = subprocess.DEVNULL, [word for setting in settings for word in ("--set", setting)]
    command = race(
        folder / "take", "--yes", "--ui", "none", "--workers", "2", *given, workload=workload
    )
    subprocess.run(
        command,
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        cwd=ROOT,
        env=surroundings(),
        timeout=ENDS_WITHIN_S,
        check=False,
    )
    return load(folder / "take" / "results.json")


def recommend(folder: Path) -> Results:
    (folder / "ratings.csv").write_text("\n".join(["user,item,rating", *RATED, ""]))
    return raced(
        folder,
        "recommend",
        f"ratings={folder / 'ratings.csv'}",
        "factors=32",
        "iterations=150",
        "blocks=8",
    )


def dedup(folder: Path) -> Results:
    return raced(folder, "dedup", "input=stdlib", "sample=200", f"block={1 << 20}")


def embed(folder: Path) -> Results:
    (folder / "lines.txt").write_text("\n".join(LINES), encoding="utf-8")
    return raced(
        folder,
        "embed",
        f"corpus={folder / 'lines.txt'}",
        "passages=64",
        "queries=16",
        "batch=96",
        "max_tokens=36",
    )


RACES: dict[str, Callable[[Path], Results]] = {
    "recommend": recommend,
    "dedup": dedup,
    "embed": embed,
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    return at_once(
        {name: partial(run, tmp_path_factory.mktemp(name)) for name, run in RACES.items()}
    )


def trial(results: Results, side: Side) -> Trial:
    """Return a side's only trial."""
    (only,) = [trial for trial in results.trials if trial.side is side]
    return only


@pytest.mark.parametrize("name", RACES)
def test_both_sides_come_to_their_ends(ended: dict[str, Results], name: str) -> None:
    assert ended[name].status is Status.COMPLETE


@pytest.mark.parametrize("name", RACES)
def test_both_sides_come_to_the_same_answer_of_the_same_items(
    ended: dict[str, Results], name: str
) -> None:
    one, two = (trial(ended[name], side) for side in Side)
    assert (two.answer_sha256, two.quality, two.items) == (
        one.answer_sha256,
        one.quality,
        one.items,
    )


@pytest.mark.parametrize(("name", "least"), [("recommend", 0.1), ("dedup", 0.9), ("embed", 0.5)])
def test_the_answer_is_good(ended: dict[str, Results], name: str, least: float) -> None:
    assert least <= trial(ended[name], Side.BASELINE).quality <= 1


@pytest.mark.parametrize("name", RACES)
def test_what_is_held_out_is_counted(ended: dict[str, Results], name: str) -> None:
    held_out = ended[name].held_out
    assert held_out is not None
    assert held_out.items > 0


@pytest.mark.parametrize("name", RACES)
def test_all_items_are_counted_on_both_workers(ended: dict[str, Results], name: str) -> None:
    given, distributed = ended[name].input, trial(ended[name], Side.DISTRIBUTED)
    assert given is not None
    assert distributed.items == given.items > 500
    assert min(worker.chunks for worker in distributed.workers_detail) > 0
