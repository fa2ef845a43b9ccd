"""What is said of a loss, and when: by one clock, which the test turns on."""

from collections.abc import Callable

import pytest

from harness import events as e
from harness.errors import SideFailed
from harness.model import ChaosKind
from harness.run.losses import Losses
from tests.builders import a_process


class Side:
    """Losses with a clock and core-seconds that a test sets, and all that they said."""

    def __init__(self) -> None:
        self.now = 100.0
        self.used_s: float | None = 10.0
        self.said: list[e.Event] = []
        self.acts: list[str] = []
        self.losses = Losses(self.said.append, lambda _: self.used_s, lambda: self.now)
        self.losses.begin(range(2), measures=True)

    def act(self, name: str) -> Callable[[], None]:
        return lambda: self.acts.append(name)

    def after(self, seconds: float, used_s: float | None = None) -> Losses:
        """Return the losses once so many seconds have passed."""
        self.now += seconds
        self.used_s = used_s if used_s is not None else self.used_s
        return self.losses


def killed(side: Side) -> Side:
    side.after(1.0, used_s=10.75).strike(1, ChaosKind.KILL, side.act("kill"))
    side.after(0.25).noticed(1, "killed", side.now)
    return side


def test_a_strike_is_said_before_it_is_done_and_noticed_after_it() -> None:
    side = killed(Side())
    assert side.acts == ["kill"]
    assert side.said == [
        e.Struck(worker="w1", kind=ChaosKind.KILL, after_s=1.0),
        e.Faulted(worker="w1", reason="killed", after_s=0.25),
    ]


def test_a_loss_is_made_up_for_once_its_chunks_are_done_again() -> None:
    side = killed(Side())
    side.losses.owe(1, {4, 5}, begun=1)
    side.after(1.0).chunk_done(4)
    side.after(0.5).chunk_done(5)
    assert side.said[2:] == [e.CaughtUp(worker="w1", seconds=1.75, redone=1, lost_cpu_s=0.75)]


def strike_until_it_is_in_vain(side: Side) -> int:
    """Return how many losses on purpose were noticed until the side was given up."""
    for number in range(1, 1000):
        side.losses.strike(1, ChaosKind.KILL, lambda: None)
        try:
            side.losses.noticed(1, "killed", side.now)
        except SideFailed:
            return number
        side.losses.replaced(1, a_process("w1"))
    return 0


@pytest.mark.parametrize(("workers", "most"), [(1, 40), (2, 40), (5, 100)])
def test_strikes_that_leave_no_time_for_work_end_the_side(workers: int, most: int) -> None:
    side = Side()
    side.losses.begin(range(workers), measures=True)
    assert strike_until_it_is_in_vain(side) == most + 1


@pytest.mark.parametrize(
    "work",
    [lambda one: one.chunk_done(4), lambda one: one.progressed()],
    ids=["a chunk", "a step"],
)
def test_whatever_is_done_between_strikes_has_them_counted_anew(
    work: Callable[[Losses], None],
) -> None:
    side = Side()
    for _ in range(30):
        killed(side).losses.replaced(1, a_process("w1"))
    work(side.losses)
    assert strike_until_it_is_in_vain(side) == 41


def test_workers_that_are_lost_by_accident_are_no_strikes_in_vain() -> None:
    side = Side()
    for _ in range(100):
        side.losses.noticed(1, "killed", side.now)
        side.losses.replaced(1, a_process("w1"))
    assert strike_until_it_is_in_vain(side) == 41


def test_a_loss_that_undid_nothing_is_made_up_for_at_once() -> None:
    side = killed(Side())
    side.losses.owe(1, (), begun=0)
    assert side.said[2:] == [e.CaughtUp(worker="w1", seconds=0.25, redone=0, lost_cpu_s=0.75)]


def test_steps_that_are_done_again_add_what_they_took() -> None:
    side = killed(Side())
    side.after(1.0).caught_up(1, redone=3, lost_cpu_s=0.5)
    assert side.said[2:] == [e.CaughtUp(worker="w1", seconds=1.25, redone=3, lost_cpu_s=1.25)]


def test_a_new_worker_is_there_so_long_after_the_loss_was_noticed() -> None:
    side = killed(Side())
    side.after(1.5).replaced(1, a_process("w1"))
    assert side.said[2:] == [e.Recovered(worker="w1", process=a_process("w1"), seconds=1.5)]


def test_who_was_lost_by_itself_was_not_struck_and_what_it_threw_away_is_not_known() -> None:
    side = Side()
    assert not side.losses.noticed(1, "killed", side.now)
    side.losses.owe(1, {4}, begun=1)
    side.after(2.0).chunk_done(4)
    assert side.said == [
        e.Faulted(worker="w1", reason="killed"),
        e.CaughtUp(worker="w1", seconds=2.0, redone=1),
    ]


def test_nobody_is_struck_who_is_away_or_was_struck() -> None:
    side = killed(Side())
    assert not side.losses.strike(1, ChaosKind.KILL, side.act("again"))
    side.losses.replaced(1, a_process("w1"))
    assert side.losses.strike(1, ChaosKind.KILL, side.act("again"))
    assert not side.losses.strike(1, ChaosKind.FREEZE, side.act("and again"))
    assert side.acts == ["kill", "again"]


def test_a_frozen_worker_has_caught_up_once_it_answers_after_the_thaw() -> None:
    side = Side()
    side.losses.strike(1, ChaosKind.FREEZE, side.act("freeze"))
    side.after(1.0).answered(1)  # it had sent that before
    side.after(4.0).thaw(1, side.act("thaw"))
    side.after(0.5).answered(1)
    assert side.said[1:] == [
        e.Thawed(worker="w1", seconds=5.0),
        e.CaughtUp(worker="w1", seconds=5.5, redone=0, lost_cpu_s=0.0),
    ]


def test_who_was_taken_for_lost_while_frozen_is_not_thawed() -> None:
    side = Side()
    side.losses.strike(1, ChaosKind.FREEZE, side.act("freeze"))
    side.after(20.0).noticed(1, "stalled", side.now)
    side.losses.thaw(1, side.act("thaw"))
    assert side.acts == ["freeze"]
    assert side.said[1:] == [e.Faulted(worker="w1", reason="stalled", after_s=20.0)]


def test_who_left_in_time_is_not_killed_at_the_end_of_its_notice() -> None:
    side = Side()
    side.losses.strike(1, ChaosKind.DRAIN, side.act("announce"), notice_s=8.0)
    side.after(2.0, used_s=12.0).noticed(1, "left after notice", side.now)
    side.losses.owe(1, (), begun=0)
    side.after(6.0).end_notice(1, side.act("kill"))
    assert side.acts == ["announce"]
    assert side.said[0] == e.Struck(worker="w1", kind=ChaosKind.DRAIN, notice_s=8.0, after_s=0.0)
    assert side.said[2:] == [e.CaughtUp(worker="w1", seconds=2.0, redone=0, lost_cpu_s=0.0)]


def test_who_has_not_left_in_time_is_killed_and_throws_away_its_chunk() -> None:
    side = Side()
    side.losses.strike(1, ChaosKind.DRAIN, side.act("announce"), notice_s=8.0)
    side.after(8.0, used_s=13.0).end_notice(1, side.act("kill"))
    side.after(2.0).noticed(1, "killed", side.now)
    side.losses.owe(1, {4}, begun=1)
    side.losses.chunk_done(4)
    assert side.acts == ["announce", "kill"]
    assert side.said[1:] == [
        e.Faulted(worker="w1", reason="killed", after_s=8.0),
        e.CaughtUp(worker="w1", seconds=10.0, redone=1, lost_cpu_s=3.0),
    ]


def test_who_has_left_its_place_and_is_killed_with_a_chunk_has_that_done_again() -> None:
    side = Side()
    side.losses.strike(1, ChaosKind.DRAIN, side.act("announce"), notice_s=8.0)
    side.after(2.0).noticed(1, "it left after notice", side.now)
    side.losses.owe(1, {4, 5}, begun=0)
    side.losses.noticed(1, "killed", side.now)  # who came in its place is lost, too
    side.losses.owe(1, {6}, begun=1)
    side.losses.chunk_done(4)
    side.after(6.0).owe(1, {5}, begun=1)
    side.after(1.0).chunk_done(5)
    assert side.said[-1] == e.CaughtUp(worker="w1", seconds=9.0, redone=1, lost_cpu_s=None)


def test_who_was_killed_at_the_end_of_its_notice_and_not_missed_is_known_at_the_end() -> None:
    side = Side()
    side.losses.strike(1, ChaosKind.DRAIN, side.act("announce"), notice_s=8.0)
    side.after(8.0).end_notice(1, side.act("kill"))
    assert side.losses.end([]) == [1]
    assert side.losses.noticed(1, "killed on purpose", side.now)


def test_nothing_is_to_be_caught_up_with_after_the_end() -> None:
    side = Side()
    side.losses.strike(1, ChaosKind.KILL, side.act("kill"))
    ended = side.after(0.25).clock()
    side.losses.end([])
    side.after(3.0).noticed(1, "killed on purpose", ended)
    side.losses.nothing_undone(1, ended)
    assert side.said[-1] == e.CaughtUp(worker="w1", seconds=0.25, redone=0, lost_cpu_s=0.0)


def test_at_the_end_it_is_said_what_never_came_and_who_was_not_missed() -> None:
    side = Side()
    side.losses.strike(0, ChaosKind.KILL, side.act("kill"))
    assert side.losses.end(["kill:w1@99%"]) == [0]
    assert side.said[1:] == [e.Unstruck(strike="kill:w1@99%")]
    assert side.losses.noticed(0, "killed on purpose", side.now)


def test_on_another_machine_it_is_not_known_what_was_thrown_away() -> None:
    side = Side()
    side.losses.read_cpu_s = lambda _: None
    side.losses.begin(range(2), measures=True)
    killed(side)
    side.losses.owe(1, (), begun=0)
    assert side.said[-1] == e.CaughtUp(worker="w1", seconds=0.25, redone=0)
