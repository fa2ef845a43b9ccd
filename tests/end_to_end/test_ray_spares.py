"""Real races on Ray with a spare: it steps in, and a lockstep goes on while nobody can.

One of two workers is killed in the map, where a spare stands by, and one in the lockstep while the
workers that come in are held.
"""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from harness import events as e
from harness.model import Process, Side, Status
from tests.pieces import (
    AFTER_A_LOSS,
    AFTER_A_SNAPSHOT,
    AT_THE_END,
    BEGUN,
    HELD,
    IN_THE_MAP,
    STEP_AFTER_A_LOSS,
    STEP_TO_STAND_AT,
)
from tests.races import WORKLOAD
from tests.racing import Raced, raced

pytestmark = pytest.mark.ray

STEPS = 200

Deed = Callable[[list[e.Event]], bool]


@dataclass
class Course:
    """What is done to a race, one deed after the other; a deed returns whether it is done.

    ``folder`` is where its workers say that they stand still.
    """

    folder: Path
    deeds: list[Deed] = field(default_factory=list)
    idle_cpu_s: list[float] = field(default_factory=list)
    last_pid: int = 0
    killed_pid: int = 0
    later_pid: int = 0
    begun_pid: int = 0

    def look(self, events: list[e.Event]) -> None:
        if self.deeds and self.deeds[0](events):
            del self.deeds[0]

    def standing(self, moment: str) -> int:
        """Return the pid of who stands at a moment (0: nobody does)."""
        mark = self.folder / moment
        return int((mark.exists() and mark.read_text()) or 0)

    def kill_in_the_map(self, events: list[e.Event]) -> bool:
        """Kill who stands in the map; note what the spare has used since the clock started."""
        if not (pid := self.standing(IN_THE_MAP)):
            return False
        (spare,) = spares(events)
        self.idle_cpu_s = cpu_seconds_within(spare.pid, 0.5)
        os.kill(pid, signal.SIGKILL)
        return True

    def kill_in_the_lockstep(self, events: list[e.Event]) -> bool:
        """Kill who stands after a snapshot, and hold whoever comes in."""
        if not (pid := self.standing(AFTER_A_SNAPSHOT)) or not returns(events):
            return False
        (self.folder / HELD).touch()
        (self.folder / BEGUN).unlink()
        self.killed_pid = pid
        os.kill(pid, signal.SIGKILL)
        return True

    def let_in(self, events: list[e.Event]) -> bool:
        """Hold nobody any more, once the survivor stands at a later step."""
        if not (pid := self.standing(AFTER_A_LOSS)):
            return False
        self.later_pid = pid
        (self.folder / HELD).unlink()
        return True

    def go_on(self, events: list[e.Event]) -> bool:
        """Let the survivor go on, once somebody has begun in the lost one's place."""
        if not (pid := self.standing(BEGUN)):
            return False
        self.begun_pid = pid
        (self.folder / AFTER_A_LOSS).unlink()
        return True

    def finish(self, events: list[e.Event]) -> bool:
        """Let who has the first share end the last step."""
        if not (pid := self.standing(AT_THE_END)):
            return False
        self.last_pid = pid
        (self.folder / AT_THE_END).unlink()
        return True


def spares(events: Sequence[e.Event]) -> tuple[Process, ...]:
    """Return the processes that stand by once the distributed side is armed."""
    readies = [event for event in events if isinstance(event, e.Ready)]
    return next(ready.spares for ready in readies if ready.side is Side.DISTRIBUTED)


def returns(events: Sequence[e.Event]) -> list[e.Recovered]:
    """Return how often a place was filled again."""
    return [event for event in events if isinstance(event, e.Recovered)]


def cpu_seconds_within(pid: int, seconds: float) -> list[float]:
    """Return a process's core-seconds now, and after some seconds."""
    process, used = psutil.Process(pid), []
    for _ in range(2):
        used.append(sum(process.cpu_times()[:2]))
        time.sleep(seconds)
    return used


@dataclass(frozen=True)
class Spared:
    """The race with its losses."""

    race: Raced
    course: Course


@pytest.fixture(scope="module")
def spared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spared]:
    own = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    course = Course(own / "stands" / "2")
    course.folder.mkdir(parents=True)
    course.deeds = [
        course.kill_in_the_map,
        course.kill_in_the_lockstep,
        course.let_in,
        course.go_on,
        course.finish,
    ]
    settings = ("chunks=12", f"steps={STEPS}", "rounds=50", f"stands={own / 'stands'}")
    race = raced(
        tmp_path_factory.mktemp("spared"),
        course.look,
        workload=WORKLOAD,
        settings=settings,
        workers=None,
        points="2",
        oversubscribe=True,
        spares=1,
    )
    yield Spared(race, course)
    shutil.rmtree(own)


def test_a_race_that_lost_workers_ends_with_the_baselines_answer(spared: Spared) -> None:
    results = spared.race.results
    answers = {trial.answer_sha256 for trial in results.trials}
    assert (spared.race.exit_code, results.status, len(answers)) == (0, Status.COMPLETE, 1)


def test_a_spare_fills_the_place_of_a_lost_worker(spared: Spared) -> None:
    first, second = returns(spared.race.events)
    standing_by = [process.pid for process in spares(spared.race.events)]
    assert [first.process.pid] == standing_by
    assert second.process.pid not in standing_by


def test_a_spare_has_the_lost_ones_name_and_cores(spared: Spared) -> None:
    ready = next(e for e in spared.race.events if getattr(e, "spares", ()))
    assert isinstance(ready, e.Ready)
    places = {process.id: process for process in ready.workers}
    first = returns(spared.race.events)[0]
    lost = places[first.worker]
    assert (first.process.id, first.process.affinity, first.process.nice) == (
        lost.id,
        lost.affinity,
        lost.nice,
    )


def test_a_spare_uses_no_core_while_it_stands_by(spared: Spared) -> None:
    before_s, after_s = spared.course.idle_cpu_s
    assert after_s - before_s < 0.1


def test_a_lockstep_goes_on_while_nobody_fills_the_place(spared: Spared) -> None:
    """Who stood at a later step, with the lost one's share, did so before anybody had begun."""
    course = spared.course
    assert STEP_AFTER_A_LOSS > STEP_TO_STAND_AT
    assert 0 not in (course.later_pid, course.begun_pid)
    assert course.later_pid not in (course.killed_pid, course.begun_pid)


def test_a_share_is_given_back(spared: Spared) -> None:
    """Who stands at the last step with the first share is the last one that came in."""
    course = spared.course
    assert len(returns(spared.race.events)) == 2
    assert course.last_pid == course.begun_pid == returns(spared.race.events)[-1].process.pid


def test_no_step_is_taken_twice_nor_left_out(spared: Spared) -> None:
    trial = spared.race.trial(Side.DISTRIBUTED)
    assert trial.items == 12 + 4 * STEPS
    assert STEP_AFTER_A_LOSS < STEPS


def test_core_seconds_add_up_where_one_worker_has_two_shares(spared: Spared) -> None:
    trial = spared.race.trial(Side.DISTRIBUTED)
    assert trial.core_seconds is not None
    assert trial.core_seconds.total_s == pytest.approx(2 * trial.wall_s, rel=0.02)
