"""When a worker on Ray is said to be stalled, and when it is ended and its chunk redone.

Each case is a worker that owes an answer from second 0 on. Nothing is waited for. The limits are
those of ``--stall-after 10``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness import events as e
from harness.model import ProcessState
from harness.run.core_seconds import Timing
from harness.run.processes import Signs
from harness.run.ray.worker_watch import WorkerWatch

STALL_AFTER_S = 10.0
WITHIN_S = 8.0  # nobody looks before half of --stall-after

STOPPED, SLEEPING = ProcessState.STOPPED, ProcessState.SLEEPING
DISK, RUNNING = ProcessState.DISK, ProcessState.RUNNING


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a worker does, the longest chunk before, and when it is ended (0: never)."""

    name: str
    state: ProcessState = SLEEPING
    cores: float = 0.0
    longest_s: float = 0.0
    longest_cpu_s: float = 0.0
    still: tuple[float, float] = (0.0, 0.0)
    forgiven: bool = False
    together: bool = False
    elsewhere: bool = False
    seconds: float = 3000.0
    ended_at: float = 0.0


CASES = (
    Case(name="a stopped one is ended after two stalls", state=STOPPED, ended_at=20),
    Case(
        name="a stopped one is ended however long its chunks",
        state=STOPPED,
        longest_s=500,
        ended_at=20,
    ),
    Case(name="a stopped one is ended in lockstep", state=STOPPED, together=True, ended_at=20),
    Case(
        name="a stopped one is ended although its chunk was redone",
        state=STOPPED,
        forgiven=True,
        ended_at=20,
    ),
    Case(name="a sleeping one is ended after two minutes", ended_at=120),
    Case(name="one that waits for a disk is ended after two minutes", state=DISK, ended_at=120),
    Case(name="a sleeping one has twenty times the longest chunk", longest_s=30, ended_at=600),
    Case(name="a sleeping one whose chunks are short has two minutes", longest_s=0.1, ended_at=120),
    Case(name="a sleeping one may wait for the others in lockstep", together=True),
    Case(name="a sleeping one is waited for if its chunk was redone", forgiven=True),
    Case(name="one that computes has ten core-minutes", cores=1.0, ended_at=600),
    Case(
        name="one that computes in lockstep has ten core-minutes",
        cores=1.0,
        together=True,
        ended_at=600,
    ),
    Case(
        name="one that computes has a hundred times the longest chunk",
        cores=1.0,
        longest_cpu_s=20,
        ended_at=2000,
    ),
    Case(name="one that has a tenth of a core has ten times as long", cores=0.1, seconds=5900),
    Case(name="one that has a twentieth of a core still computes", cores=0.05, seconds=5900),
    Case(
        name="one that is ready to run and gets no core is waited for", state=RUNNING, seconds=9000
    ),
    Case(name="one that computes is waited for if its chunk was redone", cores=1.0, forgiven=True),
    Case(name="one that computes for nine minutes is waited for", cores=1.0, seconds=540),
    Case(name="one on another machine is left to Ray", elsewhere=True),
    Case(name="a closed lid counts for nothing", still=(15.0, 9000.0), seconds=9090),
    Case(
        name="a closed lid counts for nothing if it is stopped",
        state=STOPPED,
        still=(15.0, 9000.0),
        seconds=9003,
    ),
)


def ended(case: Case) -> Iterator[float]:
    """Yield every second at which the worker of a case is found to be overdue."""
    now = 0.0

    def look(_: int) -> Signs | None:
        return None if case.elsewhere else Signs(case.cores * now, 1, "ray::Worker", case.state)

    watch = WorkerWatch(STALL_AFTER_S, look, lambda _: None, lambda: now)
    watch.add(Timing(case.longest_s, case.longest_cpu_s))
    watch.owe([0])
    while now < case.seconds:
        now = case.still[1] if now == case.still[0] and case.still[1] else now + 1.0
        if watch.overdue([0] if case.forgiven else [], together=case.together):
            yield now


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_worker_is_ended_when_it_is_due_and_not_before(case: Case) -> None:
    at = next(ended(case), 0.0)
    if not case.ended_at:
        assert at == 0.0
    else:
        assert 0 <= at - case.ended_at <= WITHIN_S, at


def watch_events(states: dict[int, ProcessState], *, together: bool, seconds: int) -> list[e.Event]:
    """Return what is said of workers that all owe an answer."""
    now, events = 0.0, list[e.Event]()

    def look(place: int) -> Signs:
        busy = states[place] is RUNNING
        return Signs(now if busy else 0.0, place, "ray::Worker", states[place])

    watch = WorkerWatch(STALL_AFTER_S, look, events.append, lambda: now)
    watch.owe(states)
    for _ in range(seconds):
        now += 1.0
        watch.overdue(together=together)
    return events


def test_in_a_map_each_worker_is_said_to_be_stalled() -> None:
    events = watch_events({0: STOPPED, 1: SLEEPING}, together=False, seconds=30)
    assert [(event.worker, event.state) for event in events if isinstance(event, e.Stalled)] == [
        ("w0", STOPPED),
        ("w1", SLEEPING),
    ]


def test_in_lockstep_only_the_stopped_one_is_said_to_be_stalled() -> None:
    events = watch_events({0: SLEEPING, 1: STOPPED, 2: RUNNING}, together=True, seconds=90)
    assert [event.worker for event in events if isinstance(event, e.Stalled)] == ["w1"]


def test_in_lockstep_whoever_waits_for_one_that_computes_is_not_stalled() -> None:
    events = watch_events({0: SLEEPING, 1: RUNNING}, together=True, seconds=50)
    assert events == []


def test_a_worker_that_answers_goes_on() -> None:
    now, events = 0.0, list[e.Event]()
    watch = WorkerWatch(
        STALL_AFTER_S, lambda _: Signs(0.0, 1, "", SLEEPING), events.append, lambda: now
    )
    watch.owe([0])
    for _ in range(15):
        now += 1.0
        watch.overdue()
    watch.note_answer(0)
    assert [type(event) for event in events] == [e.Stalled, e.Resumed]


def test_what_passed_before_an_answer_was_waited_for_counts_for_nothing() -> None:
    now = 0.0
    watch = WorkerWatch(1.0, lambda _: Signs(0.0, 1, "", STOPPED), lambda _: None, lambda: now)
    now = 500.0
    watch.owe([0])
    assert watch.overdue() == {}
