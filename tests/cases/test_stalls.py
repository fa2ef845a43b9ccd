"""When a side is said to be stalled, and when it is given up: silences by the second.

Each case is a side that was at work from second 0 on, told in a sentence. Nothing is waited for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from harness import events as e
from harness.model import ProcessState, Side
from harness.run.plan import Patience
from harness.run.processes import Signs
from harness.run.stalls import ARMING_ELSEWHERE_S, BUSY_UNHEARD_S, StallWatch
from tests.builders import arming_events, some_events

STALL_AFTER_S, GIVE_UP_AFTER_S = 10.0, 100.0
FRAME_S = 0.25
WITHIN_S = 1.5  # one look, and what a frame rounds

STOPPED, SLEEPING = ProcessState.STOPPED, ProcessState.SLEEPING
DISK, RUNNING = ProcessState.DISK, ProcessState.RUNNING


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a side does and reports, and the second at which something is said of it (0: never).

    ``cores`` is how many it uses. ``reports`` are the seconds at which another item is done, and
    ``still`` those from which and until which the conductor itself stands still.
    """

    name: str
    cores: float = 0.0
    state: ProcessState = SLEEPING
    reports: tuple[float, ...] = ()
    still: tuple[float, float] = (0.0, 0.0)
    attended: bool = False
    seconds: float = 1200.0
    stalled_at: float = 0.0
    given_up_at: float = 0.0


CASES = (
    Case(name="one that sleeps", stalled_at=10, given_up_at=100),
    Case(name="one that is stopped", state=STOPPED, stalled_at=10, given_up_at=100),
    Case(name="one that waits for a disk", state=DISK, stalled_at=10, given_up_at=100),
    Case(
        name="one that is stopped and had used its cores before",
        state=STOPPED,
        cores=1.0,
        stalled_at=10,
        given_up_at=100,
    ),
    Case(
        name="one that computes and has never reported",
        cores=1.0,
        stalled_at=60,
        given_up_at=1000,
    ),
    Case(
        name="one that computes on a tenth of a core, the rest of which others have",
        cores=0.1,
        state=RUNNING,
        stalled_at=60,
        given_up_at=1000,
    ),
    Case(
        name="one that never gets a core, and is ready to run",
        state=RUNNING,
        stalled_at=60,
        given_up_at=1000,
    ),
    Case(
        name="one whose daemons alone use some of a core",
        cores=0.05,
        stalled_at=10,
        given_up_at=100,
    ),
    Case(name="one that computes for a minute", cores=1.0, seconds=59),
    Case(name="one that reports every nine seconds", reports=tuple(range(9, 120, 9)), seconds=120),
    Case(
        name="one whose chunks take half a minute of computing each",
        cores=1.0,
        reports=tuple(range(30, 600, 30)),
        seconds=600,
    ),
    Case(
        name="one whose next chunk takes twice as long",
        cores=1.0,
        reports=(30, 89),
        seconds=140,
    ),
    Case(
        name="one that computes three times as long as ever",
        cores=1.0,
        reports=(20,),
        seconds=200,
        stalled_at=60,
    ),
    Case(name="one that sleeps longer than ever", reports=(9,), stalled_at=19, given_up_at=109),
    Case(name="one that somebody watches", attended=True, stalled_at=10),
    Case(name="one whose laptop was closed", still=(5.0, 5000.0), seconds=5002),
    Case(
        name="one whose laptop was closed, and that sleeps since",
        still=(5.0, 5000.0),
        seconds=5050,
        stalled_at=5003,
    ),
)


@dataclass
class Reactions:
    """What was said of a side, each by its second."""

    stalled: list[tuple[float, e.Stalled]] = field(default_factory=list)
    given_up: list[tuple[float, e.Failed]] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)


def reactions_to(case: Case) -> Reactions:
    """Return what is said of the side of a case, frame by frame."""
    now = 0.0

    def look(_: Side) -> tuple[str, Signs]:
        return "core 0", Signs(case.cores * now, 1, "python", case.state)

    watch = StallWatch(Patience(stall_after_s=STALL_AFTER_S, give_up_after_s=GIVE_UP_AFTER_S), look)
    said, done = Reactions(), 0
    while now < case.seconds and not said.given_up:
        events = watch.tick(now, [Side.BASELINE], attended=case.attended)
        said.stalled += [(now, event) for _, event in events if isinstance(event, e.Stalled)]
        said.given_up += [(now, event) for _, event in events if isinstance(event, e.Failed)]
        if sum(at <= now for at in case.reports) > done:
            done += 1
            said.resumed += [
                now for _ in watch.note_reports(Side.BASELINE, [e.Progress(done=done)])
            ]
        now = case.still[1] if now == case.still[0] and case.still[1] else now + FRAME_S
    return said


@pytest.fixture(scope="module")
def reactions() -> Mapping[str, Reactions]:
    """Return what is said in every case."""
    return {case.name: reactions_to(case) for case in CASES}


def near(at: float, due: float) -> bool:
    """Return whether something was said when it was due: not before, and soon after."""
    return due - FRAME_S <= at <= due + WITHIN_S


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_stall_is_said_once_and_when_it_is_due(
    case: Case, reactions: Mapping[str, Reactions]
) -> None:
    stalled = reactions[case.name].stalled
    if not case.stalled_at:
        assert stalled == []
        return
    [(at, event)] = stalled
    assert near(at, case.stalled_at), at
    assert (event.worker, event.state) == ("core 0", case.state)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_side_is_given_up_when_that_is_due_and_never_where_somebody_watches(
    case: Case, reactions: Mapping[str, Reactions]
) -> None:
    given_up = reactions[case.name].given_up
    if not case.given_up_at:
        assert given_up == []
        return
    [(at, event)] = given_up
    assert 0 <= at - case.given_up_at <= 0.1 * case.given_up_at, at
    assert event.reason.endswith(f"core 0 is {case.state.words}")


@pytest.mark.parametrize(("is_ready", "said_after_s"), [(False, ARMING_ELSEWHERE_S), (True, 10.0)])
def test_a_side_that_arms_on_other_machines_is_given_more_time_until_it_is_ready(
    is_ready: bool, said_after_s: float
) -> None:
    side = Side.DISTRIBUTED
    watch = StallWatch(Patience(), lambda _: ("ray", Signs(0.0, 1, "python", SLEEPING)), {side})
    if is_ready:
        watch.note_reports(
            side, [next(event for event in arming_events() if isinstance(event, e.Ready))]
        )
    frames = range(2 * int(ARMING_ELSEWHERE_S))
    stalled = [now for now in frames if watch.tick(float(now), [side], attended=True)]
    assert stalled == [pytest.approx(said_after_s, abs=WITHIN_S)]


FINISHED = next(event for event in some_events() if isinstance(event, e.Finished))


@pytest.mark.parametrize(
    ("wall_s", "said_after_s"), [(20.0, BUSY_UNHEARD_S), (70.0, 140.0)], ids=["short", "long"]
)
def test_a_program_that_is_timed_may_be_silent_for_longer_than_the_trials_before_it(
    wall_s: float, said_after_s: float
) -> None:
    """It computes and reports nothing until it is done, where chunks came in quick succession."""
    cpu_s = iter(range(10_000))
    watch = StallWatch(
        Patience(), lambda _: ("core 0", Signs(float(next(cpu_s)), 1, "python", RUNNING))
    )
    side = Side.BASELINE
    for now in range(20):
        watch.tick(float(now), [side], attended=True)
        watch.note_reports(side, [e.Progress(done=now + 1)])
    watch.note_reports(side, [e.Progress(done=99), replace(FINISHED, wall_s=wall_s)])
    stalled = [now for now in range(20, 220) if watch.tick(float(now), [side], attended=True)]
    assert stalled == [pytest.approx(19 + said_after_s, abs=WITHIN_S)]


def test_a_stall_is_over_with_the_next_item() -> None:
    assert reactions_to(Case(name="slow", reports=(14,), seconds=20)).resumed == [14]


def test_a_side_that_is_not_at_work_is_never_stalled() -> None:
    watch = StallWatch(Patience(), lambda _: ("core 0", Signs(0.0, 1, "python", SLEEPING)))
    assert [event for now in range(2000) for event in watch.tick(now, [], attended=False)] == []


def test_what_a_side_says_of_its_workers_is_not_said_again() -> None:
    watch = StallWatch(Patience(), lambda _: ("w0", Signs(0.0, 1, "python", STOPPED)))
    watch.note_reports(Side.DISTRIBUTED, [e.Stalled(worker="w0", state=STOPPED, seconds=5.0)])
    events = [
        event
        for now in range(60)
        for event in watch.tick(float(now), [Side.DISTRIBUTED], attended=True)
    ]
    assert events == []


def test_a_state_that_changes_is_said_again() -> None:
    states = iter([SLEEPING] * 30 + [STOPPED] * 100)
    watch = StallWatch(Patience(), lambda _: ("w0", Signs(0.0, 1, "python", next(states))))
    said = [
        event
        for now in range(60)
        for _, event in watch.tick(float(now), [Side.BASELINE], attended=True)
    ]
    assert [event.state for event in said if isinstance(event, e.Stalled)] == [SLEEPING, STOPPED]


def test_what_runs_and_sleeps_by_turns_is_said_once() -> None:
    states = iter([RUNNING, SLEEPING] * 100)
    watch = StallWatch(Patience(), lambda _: ("w0", Signs(0.0, 1, "python", next(states))))
    said = [
        event
        for now in range(150)
        for _, event in watch.tick(float(now), [Side.BASELINE], attended=True)
    ]
    assert len(said) == 1
