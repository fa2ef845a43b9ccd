"""What holds a session's facts against what the conductor itself wrote down while it ran.

Each lie is told in results file and journal alike, so that the recount agrees with it.
"""

from dataclasses import dataclass
from dataclasses import replace as renewed

import pytest
from msgspec.structs import replace

from harness import events as e
from harness.model import Side, Status
from tests.builders import a_process, some_differences, some_events
from tests.lies import (
    SWEPT,
    Events,
    Lie,
    audited,
    changed,
    first,
    is_a,
    left_out,
    moved,
    repeated,
)

BASELINE, DISTRIBUTED = Side


def opened_again(events: Events) -> Events:
    """Return the events with a second opening, of cheaper workers."""
    opened = events[0]
    assert isinstance(opened, e.Opened)
    cheaper = renewed(opened.spec.prices, worker_per_hour=0.001)
    again = replace(opened, spec=renewed(opened.spec, prices=cheaper))
    return [opened, again, *events[1:]]


def armed_again(events: Events) -> Events:
    """Return the events with the distributed side launched anew before its first go."""
    launched = first(events, is_a(e.Launched, side=DISTRIBUTED))
    ready = first(events, is_a(e.Ready, side=DISTRIBUTED))
    again = [replace(events[place], at=events[ready].at) for place in (launched, ready)]
    return [*events[: ready + 1], *again, *events[ready + 1 :]]


def two_workers_in_one(events: Events) -> Events:
    """Return the events with a worker that is named twice."""
    place = first(events, is_a(e.Ready, side=DISTRIBUTED))
    ready = events[place]
    assert isinstance(ready, e.Ready)
    one, *_ = ready.workers
    return [*events[:place], replace(ready, workers=(one, one)), *events[place + 1 :]]


def lost(events: Events) -> Events:
    """Return the events with a worker lost in the first distributed trial, and back again."""
    place = first(events, is_a(e.Progress, side=DISTRIBUTED))
    at = events[place].at
    fault = e.Faulted(worker="w0", reason="killed")
    back = e.Recovered(worker="w0", process=a_process("w0", pid=1), seconds=0.2)
    words = [e.stamp(event, at, DISTRIBUTED, 0) for event in (fault, back)]
    return [*events[: place + 1], *words, *events[place + 1 :]]


def stopped(events: Events) -> Events:
    """Return the events of a session that was stopped in its last trial."""
    end = len(events) - 1 - first(events[::-1], is_a(e.Go)) + 4
    closed = e.Closed(at=events[end - 1].at, status=Status.ABORTED, remark="stopped")
    return [*events[:end], closed]


@dataclass(frozen=True)
class Disorder:
    """A journal in an order that no session has, and what it is refused with."""

    name: str
    lie: Lie
    says: str


DISORDERS = (
    Disorder(
        "the session is opened twice, the second time at other prices",
        opened_again,
        "opens the session a second time",
    ),
    Disorder(
        "a side is launched before the session is opened",
        moved(is_a(e.Launched), is_a(e.Opened)),
        "comes before the session is opened",
    ),
    Disorder(
        "the session is closed twice", repeated(is_a(e.Closed)), "after the session was closed"
    ),
    Disorder(
        "a rate comes after the end",
        lambda events: [*events, replace(next(filter(is_a(e.Rated), events)), at=events[-1].at)],
        "after the session was closed",
    ),
    Disorder(
        "time goes backwards",
        changed(is_a(e.Go, side=DISTRIBUTED, trial=3), at=1.0),
        "is 1.000 s after the start, and ",
    ),
    Disorder("the schedule is decided twice", repeated(is_a(e.Scheduled)), "a second time"),
    Disorder("a side is ready twice", repeated(is_a(e.Ready)), "ready which was not launched"),
    Disorder(
        "a side is ready after its first trial",
        moved(is_a(e.Ready, side=BASELINE), is_a(e.Finished)),
        "comes before both sides are ready",
    ),
    Disorder("a worker is named twice", two_workers_in_one, "names a worker twice"),
    Disorder(
        "a clock starts twice", repeated(is_a(e.Go)), "before its side's last trial is scored"
    ),
    Disorder(
        "a clock stops twice, the first time sooner",
        repeated(is_a(e.Finished), wall_s=1.0),
        "stops a clock that does not run",
    ),
    Disorder(
        "an answer is scored twice", repeated(is_a(e.Scored), quality=1.0), "was scored before"
    ),
    Disorder(
        "an answer is scored before its clock has stopped",
        moved(is_a(e.Scored, side=BASELINE, trial=0), is_a(e.Finished, side=BASELINE, trial=0)),
        "scores an answer that has not come",
    ),
    Disorder(
        "a clock stops that was never started",
        left_out(is_a(e.Go, side=BASELINE, trial=0)),
        "stops a clock that does not run",
    ),
    Disorder(
        "a trial was left out",
        left_out(is_a(e.Go, e.Finished, e.Scored, side=BASELINE, trial=2)),
        "is of trial 2 of its side, and the side is at 1",
    ),
    Disorder("what watching cost is told twice", repeated(is_a(e.Observed)), "a second time"),
    Disorder(
        "what watching cost is left out of a complete session",
        left_out(is_a(e.Observed)),
        "comes before the trials are over",
    ),
    Disorder(
        "the proof came before the trials",
        moved(is_a(e.Rated), is_a(e.Go)),
        "comes before the trials are over",
    ),
    Disorder(
        "a session is complete although an answer was never scored",
        left_out(is_a(e.Scored, side=BASELINE, trial=0)),
        "before its side's last trial is scored",
    ),
    Disorder(
        "samples of one trial stand in another",
        changed(is_a(e.Sample, side=BASELINE, trial=1), trial=0),
        "is of trial 0 of its side, and the side is at 1",
    ),
    Disorder(
        "the second trial says that it is the fourth",
        changed(is_a(e.Go, side=DISTRIBUTED, trial=0), order=3),
        "says that it is trial 3 of the session, and it is 1",
    ),
    Disorder(
        "scores are compared of a trial that nobody scored",
        lambda events: [
            *events[:-2],
            e.Compared(
                at=events[-2].at, side=DISTRIBUTED, order=99, differences=some_differences()
            ),
            *events[-2:],
        ],
        "of which there are none to compare",
    ),
)


@pytest.mark.parametrize("case", DISORDERS, ids=lambda case: case.name)
def test_a_journal_that_no_session_can_have_written_is_refused(case: Disorder) -> None:
    (difference,) = audited(case.lie(SWEPT)).differences or ()
    assert difference.startswith("the journal contradicts itself: its event ")
    assert case.says in difference


@dataclass(frozen=True)
class Honest:
    """A journal that is as it should be, however unusual."""

    name: str
    events: Events


HONEST = (
    Honest("a sweep with a proof after the trials, by an earlier version", SWEPT),
    Honest("a session that a program made up for tests", some_events()),
    Honest("a side that was armed anew before its first trial", armed_again(SWEPT)),
    Honest("a worker that was lost and came back", lost(SWEPT)),
    Honest("a session that was stopped in a trial", stopped(SWEPT)),
    Honest("a session that was killed, so that it has no end", stopped(SWEPT)[:-1]),
)


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.name)
def test_an_honest_journal_agrees_with_its_results(case: Honest) -> None:
    assert audited(case.events).differences == ()
