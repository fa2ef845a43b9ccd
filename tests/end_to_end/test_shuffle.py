"""A shuffle on real Ray: all to all, in order, with a worker killed in either half."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from harness import events as e
from harness.files.results import load
from harness.model import Results, Side
from tests.squares import PARTITIONS
from tests.terminals import ROOT, Follower, race, surroundings, wait_for

pytestmark = pytest.mark.ray

CHUNKS = 24
ENDS_WITHIN_S = 120.0

Events = list[e.Event]


@dataclass(frozen=True)
class Struck:
    """A race that lost one worker while it scattered and one while it gathered."""

    code: int
    results: Results
    spans: tuple[e.Span, ...]


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Struck:
    out = tmp_path_factory.mktemp("squares") / "take"
    command = race(
        out,
        "--yes",
        "--ui",
        "none",
        "--workers",
        "2",
        "--schedule",
        "in-turn",
        workload="tests/squares.py",
    )
    follower = Follower(out)
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, cwd=ROOT, env=surroundings()
    ) as process:
        for condition, name in (
            (within(3, CHUNKS // 2), "w1"),
            (within(CHUNKS, CHUNKS + PARTITIONS // 2), "w0"),
        ):
            os.kill(
                wait_for(partial(victim, follower, condition, name), ENDS_WITHIN_S), signal.SIGKILL
            )
        code = process.wait(ENDS_WITHIN_S)
    return Struck(code, load(out / "results.json"), tuple(timed(follower.more())))


def timed(events: Events) -> list[e.Span]:
    """Return the spans of the distributed trial, without those of the warm-up."""
    went = [
        event.at for event in events if isinstance(event, e.Go) and event.side is Side.DISTRIBUTED
    ]
    spans = [
        event for event in events if isinstance(event, e.Span) and event.side is Side.DISTRIBUTED
    ]
    return [span for span in spans if went and span.at >= went[0]]


def within(first: int, last: int) -> Callable[[Events], bool]:
    """Return whether a chunk between these numbers has been done, and none after."""

    def condition(events: Events) -> bool:
        done = [span.chunk for span in timed(events)]
        return bool(done) and first <= max(done) < last

    return condition


def victim(follower: Follower, condition: Callable[[Events], bool], name: str) -> int:
    """Return the pid that the worker of that name has now, once its moment has come; 0 before."""
    events = follower.more()
    if not condition(events):
        return 0
    ready = [
        worker.pid
        for event in events
        if isinstance(event, e.Ready)
        for worker in event.workers
        if worker.id == name
    ]
    back = [
        event.process.pid
        for event in events
        if isinstance(event, e.Recovered) and event.worker == name
    ]
    return [*ready, *back][-1]


def test_the_answer_is_the_baselines_whoever_is_lost(struck: Struck) -> None:
    assert struck.code == 0
    assert len({trial.answer_sha256 for trial in struck.results.trials}) == 1


def test_a_worker_was_lost_in_either_half(struck: Struck) -> None:
    (trial,) = [trial for trial in struck.results.trials if trial.side is Side.DISTRIBUTED]
    assert [fault.worker for fault in trial.faults] == ["w1", "w0"]


def test_every_chunk_and_every_partition_is_told_of_once(struck: Struck) -> None:
    assert sorted(span.chunk for span in struck.spans) == list(range(CHUNKS + PARTITIONS))


def test_the_partitions_count_no_items_a_second_time(struck: Struck) -> None:
    assert sum(span.items for span in struck.spans) == CHUNKS


def test_what_passed_between_the_workers_is_counted(struck: Struck) -> None:
    (trial,) = [trial for trial in struck.results.trials if trial.side is Side.DISTRIBUTED]
    assert trial.part_bytes is not None
    assert trial.part_bytes > CHUNKS * 200_000 * 8
