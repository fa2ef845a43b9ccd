from typing import Any

import pytest

from harness.events import Event, Sample
from harness.model import Side
from harness.run.contestant import Contestant, contestant, own_usage, used
from harness.run.wire import Assignment
from harness.workload import find

REHEARSAL = find("rehearsal")
PROBLEM = REHEARSAL.load(REHEARSAL.params | {"seconds": 0.02, "chunks": 4})


def an_assignment(side: Side, **changes: Any) -> Assignment:
    return Assignment(side, "rehearsal", {}, 3, 1, changes.get("cores", ((),)), events_fd=-1, control_fd=-1)


def ran(side: Side) -> tuple[Contestant, Any, list[int], list[Event]]:
    reported: list[int] = []
    said: list[Event] = []
    with contestant(an_assignment(side), REHEARSAL, PROBLEM, said.append) as entered:
        return entered, entered.run(PROBLEM.input, reported.append), reported, said


@pytest.mark.parametrize("side", Side)
def test_a_side_answers_and_reports_what_it_has_done(side: Side) -> None:
    _, answer, reported, _ = ran(side)
    assert answer == PROBLEM.input
    assert reported == [1, 2, 3, 4]


def test_a_brief_baseline_is_not_looked_at() -> None:
    assert [event for event in ran(Side.BASELINE)[3] if isinstance(event, Sample)] == []


@pytest.mark.parametrize(("side", "names"), [(Side.BASELINE, ["core"]), (Side.DISTRIBUTED, ["w0", "w1", "w2"])])
def test_a_side_names_its_workers(side: Side, names: list[str]) -> None:
    assert [worker.id for worker in ran(side)[0].workers()] == names


def test_a_side_runs_as_often_as_it_is_asked() -> None:
    with contestant(an_assignment(Side.DISTRIBUTED), REHEARSAL, PROBLEM, lambda _: None) as entered:
        answers = [entered.run(PROBLEM.input, lambda _: None) for _ in range(2)]
        entered.rest()
    assert answers == [PROBLEM.input] * 2


def test_core_seconds_are_what_was_used_between_two_looks() -> None:
    before, after = {"own": (1.0, 10), "w0 7": (2.0, 20)}, {"own": (1.5, 11), "w0 7": (4.0, 25)}
    assert used(before, after) == (2.5, 36)


def test_a_worker_that_came_back_used_all_that_its_process_used() -> None:
    assert used({"w0 7": (9.0, 20)}, {"w0 8": (3.0, 25)}) == (3.0, 25)


def test_a_worker_that_is_gone_takes_nothing_back() -> None:
    assert used({"own": (1.0, 10), "w0 7": (9.0, 20)}, {"own": (1.5, 10)}) == (0.5, 10)


def test_one_process_is_all_there_is_to_a_baseline() -> None:
    cpu_s, peak = used(own_usage(), own_usage())
    assert cpu_s >= 0
    assert peak > 1_000_000
