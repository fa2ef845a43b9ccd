"""Lost and frozen workers on the board and in the results."""

import msgspec
import pytest

from harness import events as e
from harness.model import ChaosKind, Fault, FaultKind, Side
from harness.state.side import SideState
from harness.state.to_results import results_of
from tests.builders import a_board, a_process, a_ready, an_opening, arming_events

GO_AT = 8.0
KILLED = e.Struck(worker="w1", kind=ChaosKind.KILL)
FROZEN = e.Struck(worker="w1", kind=ChaosKind.FREEZE)
BACK = e.Recovered(worker="w1", process=a_process("w1", pid=99), seconds=1.5)
CAUGHT_UP = e.CaughtUp(worker="w1", seconds=1.9, redone=1, lost_cpu_s=0.25)


def noticed(after_s: float) -> e.Faulted:
    return e.Faulted(worker="w1", reason="killed", after_s=after_s)


def a_run(*course: tuple[float, e.Event]) -> SideState:
    """Return the distributed side after events so many seconds after its go."""
    timed = [(0.0, e.Go(order=0)), *course]
    stamped = [e.stamp(event, GO_AT + at, Side.DISTRIBUTED, 0) for at, event in timed]
    return a_board([*arming_events(), *stamped]).distributed


def test_a_strike_is_a_fault_at_once() -> None:
    assert a_run((2.0, KILLED)).faults == (
        Fault("w1", "killed on purpose", at_s=2.0, kind=FaultKind.KILL, struck_at_s=2.0),
    )


def test_a_strike_is_where_the_sides_own_clock_has_it() -> None:
    [fault] = a_run((2.3, msgspec.structs.replace(KILLED, after_s=2.0))).faults
    assert (fault.struck_at_s, fault.at_s) == (2.0, 2.0)


def test_a_worker_is_struck_until_its_loss_is_noticed() -> None:
    course = (2.0, KILLED), (2.3, noticed(0.25))
    states = [a_run(*course[:count]).workers[1] for count in (1, 2)]
    assert [(state.struck and state.struck.kind, state.lost_at) for state in states] == [
        (ChaosKind.KILL, None),
        (None, GO_AT + 2.3),
    ]


def test_the_facts_of_a_loss_are_told_from_its_strike_by_the_sides_own_clock() -> None:
    run = a_run((2.0, KILLED), (2.5, noticed(0.25)), (3.9, BACK), (4.0, CAUGHT_UP))
    assert run.faults == (
        Fault(
            "w1",
            "killed",
            at_s=2.25,
            cost_s=1.5,
            kind=FaultKind.KILL,
            struck_at_s=2.0,
            caught_up_s=1.9,
            redone=1,
            lost_cpu_s=0.25,
        ),
    )


def test_a_worker_that_nobody_struck_is_lost_by_itself() -> None:
    [fault] = a_run((2.5, e.Faulted(worker="w1", reason="killed")), (4.0, CAUGHT_UP)).faults
    assert (fault.kind, fault.struck_at_s, fault.at_s, fault.caught_up_s) == (
        FaultKind.LOST,
        None,
        2.5,
        1.9,
    )


def test_a_frozen_worker_that_goes_on_was_never_lost() -> None:
    run = a_run((2.0, FROZEN), (7.0, e.Thawed(worker="w1", seconds=5.0)))
    [fault] = run.faults
    assert (fault.kind, fault.at_s, fault.cost_s) == (FaultKind.FREEZE, 2.0, 5.0)
    assert (run.workers[1].lost_at, run.workers[1].struck) == (None, None)


def test_a_freeze_that_is_taken_for_a_loss_is_one_fault() -> None:
    [fault] = a_run((2.0, FROZEN), (22.0, noticed(20.0)), (23.5, BACK)).faults
    assert (fault.kind, fault.at_s, fault.cost_s) == (FaultKind.FREEZE, 22.0, 1.5)


def test_a_notice_is_kept_with_the_drain_that_it_announces() -> None:
    [fault] = a_run((2.0, e.Struck(worker="w1", kind=ChaosKind.DRAIN, notice_s=8.0))).faults
    assert fault.notice_s == 8.0


def test_losses_of_one_worker_are_made_up_for_in_their_order() -> None:
    again = msgspec.structs.replace(CAUGHT_UP, seconds=2.9)
    run = a_run(
        (2.0, KILLED),
        (2.3, noticed(0.25)),
        (3.8, BACK),
        (4.0, KILLED),
        (4.3, noticed(0.25)),
        (5.8, BACK),
        (6.0, CAUGHT_UP),
        (6.0, again),
    )
    assert [fault.caught_up_s for fault in run.faults] == [1.9, 2.9]


def test_a_strike_that_came_too_late_is_kept_with_its_trial() -> None:
    late = e.stamp(e.Unstruck(strike="kill:w1@99%"), 9.0, Side.DISTRIBUTED, 0)
    go = e.stamp(e.Go(order=0), GO_AT, Side.DISTRIBUTED, 0)
    results = results_of(a_board([an_opening(), *arming_events(), go, late]))
    assert results.trials[0].unstruck == ("kill:w1@99%",)


def test_a_spare_that_steps_in_no_longer_stands_by() -> None:
    spares = a_process("s0", pid=99), a_process("s1", pid=98)
    ready = a_ready(Side.DISTRIBUTED, spares=spares)
    course = [ready, e.Go(order=0), e.Faulted(worker="w1", reason="killed"), BACK]
    stamped = [e.stamp(event, GO_AT, Side.DISTRIBUTED, 0) for event in course]
    assert a_board(stamped).distributed.armed.spares == spares[1:]


@pytest.mark.parametrize(("stepped_in", "left"), [("s1", ["s0"]), ("", ["s0", "s1"])])
def test_a_simulated_spare_steps_in_by_name(stepped_in: str, left: list[str]) -> None:
    everybody_is_one_process = [a_process(f"s{number}", pid=BACK.process.pid) for number in (0, 1)]
    ready = a_ready(Side.DISTRIBUTED, spares=tuple(everybody_is_one_process))
    back = e.Recovered(worker="w1", process=BACK.process, seconds=1.5, spare=stepped_in)
    course = [ready, e.Go(order=0), e.Faulted(worker="w1", reason="killed"), back]
    stamped = [e.stamp(event, GO_AT, Side.DISTRIBUTED, 0) for event in course]
    assert [one.id for one in a_board(stamped).distributed.armed.spares] == left
