"""Real races on Ray through a pipeline: one loses its first stage, then its last, and one is told.

The last is lost after all stages were copied, and goes on from the copy.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from harness import events as e
from harness.model import FaultKind, Side, Status
from harness.run.ray.pipelining import CALL_S, CALLS_AHEAD
from tests.racing import Raced, raced
from tests.stages import FIRST, LAST, PIECES, STEP_OF_FIRST, STEP_OF_LAST

pytestmark = pytest.mark.ray

WORKLOAD = "tests/stages.py"
STEPS = 90
ROUNDS = 40  # so that the baseline's run is not too short to compare
STEP_S = 0.05  # so that stages, copied once a second, come to the last moment with a copy


@dataclass
class Course:
    """Who was killed of those that stand still, by the moment."""

    folder: Path
    killed: dict[str, int] = field(default_factory=dict)

    def look(self, events: list[e.Event]) -> None:
        for moment in (FIRST, LAST):
            mark = self.folder / moment
            pid = int((mark.exists() and mark.read_text()) or 0)
            if pid and moment not in self.killed:
                self.killed[moment] = pid
                os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Raced, Course]]:
    own = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    course = Course(own / "2")
    course.folder.mkdir()
    race = raced(
        tmp_path_factory.mktemp("staged"),
        course.look,
        workload=WORKLOAD,
        settings=(f"steps={STEPS}", f"rounds={ROUNDS}", f"step_s={STEP_S}", f"stands={own}"),
        workers=None,
        points="2",
        oversubscribe=True,
    )
    yield race, course
    shutil.rmtree(own)


def test_a_pipeline_that_lost_each_of_its_stages_ends_with_the_baselines_answer(
    staged: tuple[Raced, Course],
) -> None:
    race, course = staged
    answers = {trial.answer_sha256 for trial in race.results.trials}
    assert {*course.killed} == {FIRST, LAST}
    assert (race.exit_code, race.results.status, len(answers)) == (0, Status.COMPLETE, 1)


def test_a_stage_goes_on_from_a_copy_and_not_from_the_start(staged: tuple[Raced, Course]) -> None:
    first, last = [event for event in staged[0].events if isinstance(event, e.CaughtUp)]
    assert (first.worker, last.worker) == ("w0", "w1")
    assert first.redone <= STEP_OF_FIRST
    assert last.redone < STEP_OF_LAST


def test_every_step_is_counted_once(staged: tuple[Raced, Course]) -> None:
    race, _ = staged
    trial = race.trial(Side.DISTRIBUTED)
    assert trial.items == STEPS * PIECES
    go = next(
        at
        for at, event in enumerate(race.events)
        if isinstance(event, e.Go) and event.side is Side.DISTRIBUTED
    )
    spans = [event for event in race.events[go:] if isinstance(event, e.Span)]
    assert sum(span.items for span in spans) == STEPS * PIECES


def test_core_seconds_add_up_over_stages(staged: tuple[Raced, Course]) -> None:
    trial = staged[0].trial(Side.DISTRIBUTED)
    assert trial.core_seconds is not None
    assert trial.core_seconds.total_s == pytest.approx(2 * trial.wall_s, rel=0.02)
    assert trial.core_seconds.waiting_s > 0


@pytest.fixture(scope="module")
def drained(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """Return a race whose first stage is told that it will be gone."""
    return raced(
        tmp_path_factory.mktemp("drained"),
        workload=WORKLOAD,
        settings=("steps=200", f"rounds={ROUNDS}", f"step_s={STEP_S}"),
        chaos=("drain:w0@20%,notice=60s",),
        workers=None,
        points="2",
        oversubscribe=True,
        spares=1,
    )


def test_a_stage_that_leaves_hands_its_state_over_and_nothing_is_done_again(drained: Raced) -> None:
    (fault,) = drained.trial(Side.DISTRIBUTED).faults
    answers = {trial.answer_sha256 for trial in drained.results.trials}
    assert (fault.worker, fault.kind, fault.redone) == ("w0", FaultKind.DRAIN, 0)
    assert (drained.results.status, len(answers)) == (Status.COMPLETE, 1)


def test_a_stage_that_left_is_another_process_with_its_name(drained: Raced) -> None:
    (back,) = [event for event in drained.events if isinstance(event, e.Recovered)]
    ready = [event for event in drained.events if isinstance(event, e.Ready)][-1]
    first = next(worker for worker in ready.workers if worker.id == "w0")
    assert (back.worker, back.process.id) == ("w0", "w0")
    assert back.process.pid != first.pid


def test_no_call_takes_more_steps_than_the_slowest_stage_has_time_for(drained: Raced) -> None:
    go = next(
        at
        for at, event in enumerate(drained.events)
        if isinstance(event, e.Go) and event.side is Side.DISTRIBUTED
    )
    reported = [event.done for event in drained.events[go:] if isinstance(event, e.Progress)]
    most = CALLS_AHEAD * int(CALL_S / STEP_S) * PIECES
    assert max(after - before for before, after in pairwise([0, *reported])) <= most
