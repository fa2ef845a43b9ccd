"""What holds a session's facts against what the conductor itself wrote down while it ran.

Each lie is told in results file and journal alike, so that the recount agrees with it.
"""

from dataclasses import dataclass
from dataclasses import replace as renewed

import pytest
from msgspec.structs import replace

from harness import events as e
from harness.claims import event_order
from harness.claims.audit import audit
from harness.claims.event_order import MOST_FAULTS, Contradiction, EventOrder
from harness.model import MOST_RATES, CommandFacts, Schedule, ScoreDifferences, Side, Status
from tests.builders import some_differences, some_events, sweep_events
from tests.lies import (
    RACED,
    SWEPT,
    Events,
    Lie,
    audited,
    changed,
    first,
    in_turn,
    is_a,
    late,
    left_out,
    lost,
    made_up_for,
    moved,
    raised,
    read_late,
    repeated,
    retimed,
    scaled,
    without_ends,
)

BASELINE, DISTRIBUTED = Side


def opened_again(events: Events) -> Events:
    """Return the events with a second opening, of cheaper workers."""
    opened = events[0]
    assert isinstance(opened, e.Opened)
    cheaper = renewed(opened.spec.prices, worker_per_hour=0.001)
    again = replace(opened, spec=renewed(opened.spec, prices=cheaper))
    return [opened, again, *events[1:]]


def a_loss(events: Events) -> e.Event:
    """Return a worker's loss after the last trial."""
    lost = e.Faulted(worker="w0", reason="killed")
    return e.stamp(lost, events[-1].at, DISTRIBUTED, 5)


def armed_again(events: Events) -> Events:
    """Return the events with the distributed side launched anew before its first go."""
    launched = first(events, is_a(e.Launched, side=DISTRIBUTED))
    ready = first(events, is_a(e.Ready, side=DISTRIBUTED))
    rearmed = events[ready]
    again = replace(events[launched], at=rearmed.at), replace(rearmed, startup={})
    return [*events[: ready + 1], *again, *events[ready + 1 :]]


def two_workers_in_one(events: Events) -> Events:
    """Return the events with a worker that is named twice."""
    place = first(events, is_a(e.Ready, side=DISTRIBUTED))
    ready = events[place]
    assert isinstance(ready, e.Ready)
    one, *_ = ready.workers
    return [*events[:place], replace(ready, workers=(one, one)), *events[place + 1 :]]


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
        "more workers are lost than a trial goes on with",
        lambda events: [*events[:-1], *[a_loss(events)] * (MOST_FAULTS + 1), events[-1]],
        "is one lost worker too many",
    ),
    Disorder(
        "a variant took longer than there was time for it",
        scaled(is_a(e.Rated), 1.5, "seconds"),
        "were left for it",
    ),
    Disorder(
        "a side took longer to start than it was given",
        changed(is_a(e.Ready, side=DISTRIBUTED), startup={"load": 60.0}),
        "says that it took longer to start than it did",
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


def test_a_journal_with_more_reports_than_any_session_has_is_read_no_further(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_order, "MOST_RARE", 20)
    with pytest.raises(Contradiction, match="one report of sides and workers too many"):
        list(map(EventOrder().check, SWEPT))


def test_a_journal_with_more_rates_than_a_results_file_holds_is_read_no_further() -> None:
    rate = replace(SWEPT[first(SWEPT, is_a(e.Rated))], seconds=0.0, at=SWEPT[-1].at)
    events = [*SWEPT[:-1], *[rate] * (MOST_RATES + 1)]
    with pytest.raises(Contradiction, match="is one rate too many"):
        list(map(EventOrder().check, events))


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


@dataclass(frozen=True)
class Lied:
    """A lie in what a side says, told throughout, and all that the rules raise for it."""

    name: str
    lie: Lie
    raises: str
    events: Events = RACED


def edited_commands(events: Events) -> Events:
    """Return the events of a session whose sides are two programs, seen as trees of processes."""
    opened = events[0]
    assert isinstance(opened, e.Opened)
    known = CommandFacts(says_ready=True, input_named=True, compared="file")
    told = [replace(opened, spec=renewed(opened.spec, commands=known)), *events[1:]]
    ready = first(told, is_a(e.Ready, side=DISTRIBUTED))
    event = told[ready]
    assert isinstance(event, e.Ready)
    one_pid = tuple(renewed(worker, pid=77) for worker in event.workers)
    told[ready] = replace(event, workers=one_pid)
    return left_out(is_a(e.Span, e.CoreTime, side=DISTRIBUTED))(told)


def excused(events: Events) -> Events:
    """Return the events with a stall of twenty seconds in the screen's own account."""
    return changed(is_a(e.Observed), longest_gap_s=20.0)(events)


def lost_for_good(events: Events) -> Events:
    """Return the events with a worker lost halfway, of which no sample comes any more."""
    told = lost(events)
    at = told[first(told, is_a(e.Faulted))].at
    return left_out(
        lambda event: isinstance(event, e.Sample) and event.worker == "w0" and event.at > at
    )(told)


def together(events: Events) -> Events:
    """Return the events with both sides' first trials at once, on cores of their own."""
    told = [event for event in events if not isinstance(event, e.Scheduled)]
    shift_s = told[first(told, is_a(e.Go, side=DISTRIBUTED))].at
    shift_s -= told[first(told, is_a(e.Go, side=BASELINE))].at
    start, end = first(told, is_a(e.Go)), first(told, is_a(e.Observed))
    trials = [
        replace(event, at=event.at - shift_s) if event.side is DISTRIBUTED else event
        for event in told[start:end]
    ]
    schedule = e.Scheduled(schedule=Schedule.TOGETHER, at=told[start].at)
    at_once = [*told[:start], schedule, *sorted(trials, key=lambda event: event.at)]
    place = first(at_once, is_a(e.Ready, side=BASELINE))
    ready = at_once[place]
    assert isinstance(ready, e.Ready)
    apart = tuple(renewed(worker, affinity=(9,)) for worker in ready.workers)
    hosts = tuple(renewed(host, cores=16) for host in ready.hosts)
    at_once[place] = replace(ready, workers=apart, hosts=hosts)
    return [*at_once, *told[end:]]


def six_times(events: Events) -> Events:
    """Return the events of six pairs, each of which is the first one, told again."""
    begin, end = first(events, is_a(e.Go)), first(events, is_a(e.Observed))
    pair = events[begin:end]
    turn = first(pair, is_a(e.Go, side=DISTRIBUTED))
    sides = pair[:turn], pair[turn:]
    told: list[e.Event] = []
    at = pair[0].at
    for number in range(12):
        trial, second = divmod(number, 2)
        one = sides[(trial + second) % 2]
        shift_s = at - one[0].at
        for event in one:
            order = {"order": number} if hasattr(event, "order") else {}
            told.append(replace(event, at=event.at + shift_s, trial=trial, **order))
        at = told[-1].at + 0.1
    late_s = at - events[end].at
    rest = [replace(event, at=event.at + late_s) for event in events[end:]]
    return [*asked(6)(events[:begin]), *told, *rest]


def asked(trials: int) -> Lie:
    """Return a lie about how many trials were asked for."""

    def lie(events: Events) -> Events:
        opened, *rest = events
        assert isinstance(opened, e.Opened)
        return [replace(opened, spec=renewed(opened.spec, trials=trials)), *rest]

    return lie


def slightly_worse(sd: float) -> Lie:
    """Return a lie that an answer differs for a reason, by a little in quality, scored so."""

    def excused(events: Events) -> Events:
        opened, *rest = events
        assert isinstance(opened, e.Opened)
        words = renewed(opened.spec.workload, answers_differ="sums are grouped differently")
        return [replace(opened, spec=renewed(opened.spec, workload=words)), *rest]

    worse = changed(is_a(e.Scored, side=DISTRIBUTED), quality=0.6127, answer_sha256="0" * 64)
    scores = ScoreDifferences(items=1500, sd=sd, span=1.0, step=1.0)
    return in_turn(excused, worse, changed(is_a(e.Compared), differences=scores))


def joined(events: Events) -> Events:
    """Return the events of a cluster that was joined, of whose workers no sample comes."""
    opened = events[0]
    assert isinstance(opened, e.Opened)
    spec = renewed(opened.spec, joined_cluster=True)
    told = [replace(opened, spec=spec), *events[1:]]
    return left_out(is_a(e.Sample, side=DISTRIBUTED))(told)


LIES = (
    Lied(
        "the distributed side says half its time",
        retimed(DISTRIBUTED, 0.5),
        "clock-contradicted cpu-contradicted work-lost faster-than-hardware copies-slower",
    ),
    Lied("it says a tenth less", retimed(DISTRIBUTED, 0.93), "clock-contradicted"),
    Lied(
        "it says a tenth less, and that the screen stalled meanwhile",
        in_turn(retimed(DISTRIBUTED, 0.93), excused),
        "clock-contradicted",
    ),
    Lied("the baseline says a hundredth more", retimed(BASELINE, 1.01), "clock-contradicted"),
    Lied(
        "every sample of the baseline is at two per cent",
        changed(is_a(e.Sample, side=BASELINE), cpu=0.02),
        "cpu-contradicted",
    ),
    Lied(
        "every sample of the workers is at two per cent",
        changed(is_a(e.Sample, side=DISTRIBUTED), cpu=0.02),
        "cpu-contradicted",
    ),
    Lied(
        "the workers' chunks were idle, too, so that one driver would have done it all",
        in_turn(
            changed(is_a(e.Sample, side=DISTRIBUTED), cpu=0.02),
            scaled(is_a(e.Span, side=DISTRIBUTED), 0.02, "cpu_s"),
        ),
        "cpu-contradicted impossible-seconds",
    ),
    Lied(
        "every sample of one worker is at two per cent",
        changed(lambda event: isinstance(event, e.Sample) and event.worker == "w1", cpu=0.02),
        "cpu-contradicted",
    ),
    Lied(
        "the workers used a fifth more than the side says",
        scaled(is_a(e.Sample, side=DISTRIBUTED), 1.2, "cpu"),
        "cpu-contradicted",
    ),
    Lied(
        "no sample of the baseline is left",
        left_out(is_a(e.Sample, side=BASELINE)),
        "cpu-unseen",
    ),
    Lied(
        "no sample of the baseline is left from its middle on",
        lambda events: left_out(
            lambda event: (
                is_a(e.Sample, side=BASELINE)(event)
                and event.at > events[first(events, is_a(e.Go))].at + 12.0
            )
        )(events),
        "cpu-unseen",
    ),
    Lied(
        "two programs: the baseline's were idle by their samples",
        in_turn(edited_commands, changed(is_a(e.Sample, side=BASELINE), cpu=0.02)),
        "cpu-contradicted",
    ),
    Lied(
        "two programs: the distributed one's were idle by their samples",
        in_turn(edited_commands, changed(is_a(e.Sample, side=DISTRIBUTED), cpu=0.02)),
        "cpu-contradicted",
    ),
    Lied(
        "the ends are read late on a quiet machine",
        late(2.0, foreign_cpu=0.01),
        "clock-contradicted",
    ),
    Lied(
        "the ends are read very late on a busy one",
        late(6.0, foreign_cpu=0.5),
        "clock-contradicted cpu-unseen shared-machine",
    ),
    Lied(
        "every sample of the workers is at two per cent, and one of them was lost",
        in_turn(changed(is_a(e.Sample, side=DISTRIBUTED), cpu=0.02), lost),
        "cpu-contradicted lost-worker",
    ),
    Lied(
        "the workers' kernels used twice what they did, and one of them was lost",
        in_turn(scaled(is_a(e.Span, side=DISTRIBUTED), 2.0, "cpu_s"), lost),
        "cpu-contradicted impossible-seconds lost-worker",
    ),
    Lied(
        "a lost worker was replaced faster than that was seen to happen",
        made_up_for(replaced_s=0.5, caught_up_s=3.1),
        "recovery-contradicted lost-worker",
    ),
    Lied(
        "what a lost worker had undone was made up for faster than that was seen to happen",
        made_up_for(replaced_s=3.0, caught_up_s=1.0),
        "recovery-contradicted lost-worker",
    ),
    Lied("one pair is told six times", six_times, "trial-repeated"),
    Lied("six pairs ran until the result was right", asked(3), "trial-unasked", SWEPT),
    Lied(
        "the quality fell, and the scores of its items hardly changed",
        slightly_worse(sd=0.001),
        "scores-contradicted answers-differ-in-bits",
    ),
)
UNUSUAL = (
    Lied("a worker that was lost and came back", lost, "lost-worker"),
    Lied(
        "the quality fell a little, and the scores of its items did",
        slightly_worse(sd=0.0625),
        "answers-differ-in-bits quality-unsure",
    ),
    Lied(
        "a loss that was made up for as it was seen to be",
        made_up_for(replaced_s=3.0, caught_up_s=3.1),
        "lost-worker",
    ),
    Lied("a session as it was", lambda events: events, ""),
    Lied("a sweep with trials of less than five seconds", lambda events: events, "", SWEPT),
    Lied(
        "trials of less than five seconds whose samples say nothing",
        changed(is_a(e.Sample), cpu=0.02),
        "",
        SWEPT,
    ),
    Lied("a screen that draws once in three seconds", read_late(3.0), ""),
    Lied("a worker that was lost for good", lost_for_good, "lost-worker"),
    Lied("two programs", edited_commands, ""),
    Lied("both sides at once", together, ""),
    Lied("workers on other machines, of which no sample comes", joined, ""),
    Lied("a busy machine", late(1.5, foreign_cpu=0.5), "shared-machine clock-late"),
    Lied("a sweep of a program made for tests", lambda events: events, "", sweep_events()),
)


@pytest.mark.parametrize("case", [*LIES, *UNUSUAL], ids=lambda case: case.name)
def test_what_a_side_says_is_held_against_what_was_observed(case: Lied) -> None:
    judged = audited(case.lie(case.events))
    assert judged.differences == ()
    known = raised(audited(case.events))
    if case.name == "two programs" or "two programs:" in case.name:
        known |= raised(audited(edited_commands(case.events)))
    assert raised(judged) - known == set(case.raises.split())


def test_an_earlier_version_did_not_see_what_a_baselines_programs_used() -> None:
    """That is nobody's fault: the rule cannot be checked, and nothing is refused."""
    told = changed(is_a(e.Sample, side=BASELINE), cpu=0.02)(RACED)
    found = raised(audited(told, without_ends)) - raised(audited(RACED, without_ends))
    assert found == {"cpu-unseen"}


def test_nor_did_it_keep_when_a_trial_ended_which_its_journal_tells() -> None:
    judged = audited(retimed(DISTRIBUTED, 0.93)(RACED), without_ends)
    assert judged.differences == ()
    assert "clock-contradicted" in raised(judged)


def test_a_clock_is_held_against_its_end_where_the_journal_is_lost() -> None:
    results = audited(retimed(DISTRIBUTED, 0.93)(RACED)).results
    assert "clock-contradicted" in raised(audit(results))
