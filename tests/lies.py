"""Lies that are told throughout: a journal that was rewritten, and the results folded from it.

Of these, results file and journal agree, so that only what they say can give them away. Each
function takes a session's events and returns those of another one. May import ``harness``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace as renewed
from typing import Any

from msgspec.structs import replace

from harness import events as e
from harness.claims.audit import Audit, audit
from harness.files import journal
from harness.model import Results, Side
from harness.state.fold import fold
from harness.state.to_results import results_of
from tests import doctor
from tests.builders import a_digest_of

SHA256 = a_digest_of("journal")
EARLIER_TAKE = doctor.BASE.parent / "earlier_take"
RACED = journal.read(EARLIER_TAKE / journal.JOURNAL_NAME).events
SWEPT = journal.read(doctor.BASE.with_name(journal.JOURNAL_NAME)).events

Events = Sequence[e.Event]
Choice = Callable[[e.Event], bool]
Lie = Callable[[Events], Events]


def audited(events: Iterable[e.Event], age: Callable[[Results], Results] | None = None) -> Audit:
    """Return the audit of a journal and of the results that follow from it.

    ``age`` leaves out of the results what an earlier version did not state (None: nothing).
    """
    events = list(events)
    results = results_of(fold(events), SHA256)
    return audit(age(results) if age else results, events, journal_sha256=SHA256)


def without_ends(results: Results) -> Results:
    """Return results of an earlier version, which did not keep when a trial ended."""
    return renewed(results, trials=tuple(renewed(trial, ended_s=None) for trial in results.trials))


def raised(audited: Audit) -> set[str]:
    """Return the key of everything that was raised."""
    return {key for finding in audited.findings for key in finding.keys}


def is_a(*kinds: type[e.Event], side: Side | None = None, trial: int | None = None) -> Choice:
    """Return a choice of events by their kind, side and trial (None: of any)."""
    return lambda event: (
        isinstance(event, kinds) and side in (None, event.side) and trial in (None, event.trial)
    )


def first(events: Events, choice: Choice) -> int:
    """Return the place of the first event that is chosen."""
    return next(place for place, event in enumerate(events) if choice(event))


def last(events: Events, choice: Choice) -> int:
    """Return the place of the last event that is chosen."""
    return max(place for place, event in enumerate(events) if choice(event))


def changed(choice: Choice, **changes: Any) -> Lie:
    """Return a lie that says otherwise of every event that is chosen."""
    return lambda events: [
        replace(event, **changes) if choice(event) else event for event in events
    ]


def left_out(choice: Choice) -> Lie:
    """Return a lie that leaves out every event that is chosen."""
    return lambda events: [event for event in events if not choice(event)]


def repeated(choice: Choice, **changes: Any) -> Lie:
    """Return a lie that tells the first event that is chosen twice, the second time otherwise."""

    def lie(events: Events) -> Events:
        place = first(events, choice)
        return [*events[: place + 1], replace(events[place], **changes), *events[place + 1 :]]

    return lie


def moved(choice: Choice, before: Choice) -> Lie:
    """Return a lie that tells the last event that is chosen before the first of another kind.

    It has the time of that place.
    """

    def lie(events: Events) -> Events:
        place, to = last(events, choice), first(events, before)
        rest = [*events[:place], *events[place + 1 :]]
        to -= place < to
        return [*rest[:to], replace(events[place], at=events[to].at), *rest[to:]]

    return lie


def scaled(choice: Choice, factor: float, *names: str) -> Lie:
    """Return a lie that multiplies these numbers of every event that is chosen."""

    def change(event: e.Event) -> e.Event:
        if not choice(event):
            return event
        numbers = {name: getattr(event, name) for name in names if hasattr(event, name)}
        return replace(event, **{name: factor * number for name, number in numbers.items()})

    return lambda events: [change(event) for event in events]


def in_turn(*lies: Lie) -> Lie:
    """Return several lies told one after the other."""

    def lie(events: Events) -> Events:
        for one in lies:
            events = one(events)
        return events

    return lie


def retimed(side: Side, factor: float) -> Lie:
    """Return a lie that gives a side so many times its seconds, in all that it says itself."""
    said = is_a(e.Finished, e.Phase, e.CoreTime, e.Span, side=side)
    parts = ("compute_s", "exchange_s", "waiting_s", "serial_s", "idle_s")
    return scaled(said, factor, "wall_s", "cpu_s", "seconds", "busy_s", *parts)


def read_late(every_s: float) -> Lie:
    """Return honest events of a conductor that reads the pipes so seldom while a trial runs."""

    def slow(events: Events) -> Events:
        slower: list[e.Event] = []
        shift_s, place = 0.0, 0
        while place < len(events):
            event = events[place]
            if not isinstance(event, e.Go):
                slower.append(replace(event, at=event.at + shift_s))
                place += 1
                continue
            end = place + first(events[place:], is_a(e.Scored, side=event.side))
            trial = [replace(one, at=one.at + shift_s) for one in events[place : end + 1]]
            slower += _read_every(trial, every_s)
            shift_s += slower[-1].at - trial[-1].at
            place = end + 1
        return changed(is_a(e.Observed), longest_gap_s=every_s)(slower)

    return slow


def _read_every(trial: Events, every_s: float) -> list[e.Event]:
    """Return a trial's events from its go on, as they are read every so many seconds.

    A worker has one sample a reading, of all that it used since the one before.
    """
    go, *rest = trial
    read: list[e.Event] = [go]
    sampled_at: dict[str, float] = {}
    at = go.at
    while rest:
        at += every_s
        used_s: dict[str, float] = {}
        while rest and rest[0].at <= at:
            event = rest.pop(0)
            if isinstance(event, e.Sample):
                since = event.at - sampled_at.get(event.worker, go.at)
                used_s[event.worker] = used_s.get(event.worker, 0.0) + event.cpu * since
                sampled_at[event.worker] = event.at
            else:
                read.append(replace(event, at=at))
        samples = [
            e.Sample(worker=worker, cpu=used_s[worker] / every_s, rss_bytes=0, at=at)
            for worker in used_s
        ]
        ended = next(
            (i for i, event in enumerate(read) if isinstance(event, e.Finished)), len(read)
        )
        read[ended:ended] = [e.stamp(sample, at, go.side, go.trial) for sample in samples]
    return read


def late(seconds: float, **observed: float | None) -> Lie:
    """Return honest events with every end read so much later, and these facts of the observer."""

    def lie(events: Events) -> Events:
        shift_s, shifted = 0.0, []
        for event in events:
            shift_s += seconds * isinstance(event, e.Finished)
            shifted.append(replace(event, at=event.at + shift_s))
        return changed(is_a(e.Observed), **observed)(shifted)

    return lie


def lost(events: Events) -> Events:
    """Return the events with a worker lost in the first distributed trial, and back again."""
    place = first(events, is_a(e.Progress, side=Side.DISTRIBUTED))
    at = events[place].at
    ready = events[first(events, is_a(e.Ready, side=Side.DISTRIBUTED))]
    assert isinstance(ready, e.Ready)
    fault = e.Faulted(worker="w0", reason="killed")
    back = e.Recovered(worker="w0", process=renewed(ready.workers[0], pid=1), seconds=0.2)
    words = [e.stamp(event, at, Side.DISTRIBUTED, 0) for event in (fault, back)]
    return [*events[: place + 1], *words, *events[place + 1 :]]


def made_up_for(replaced_s: float, caught_up_s: float) -> Lie:
    """Return the events with a loss, made up for 3 s later, and how long that took by the side."""

    def lie(events: Events) -> Events:
        struck = [*lost(events)]
        place = first(struck, is_a(e.Recovered))
        back = struck.pop(place)
        assert isinstance(back, e.Recovered)
        at = back.at + 3.0
        caught_up = e.CaughtUp(worker="w0", seconds=caught_up_s, redone=1)
        told = replace(back, at=at, seconds=replaced_s), e.stamp(caught_up, at, Side.DISTRIBUTED, 0)
        later = sum(event.at <= at for event in struck)
        return [*struck[:later], *told, *struck[later:]]

    return lie


# For each key that needs a journal, an honest one and a lie that raises this key alone.
OBSERVED: dict[str, tuple[Events, Lie]] = {
    "clock-contradicted": (RACED, retimed(Side.DISTRIBUTED, 0.93)),
    "clock-late": (RACED, late(1.5, foreign_cpu=None)),
    "cpu-contradicted": (RACED, changed(is_a(e.Sample, side=Side.BASELINE), cpu=0.02)),
    "cpu-unseen": (RACED, left_out(is_a(e.Sample, side=Side.BASELINE))),
    "items-unspanned": (SWEPT, left_out(is_a(e.Span, trial=3))),
    "recovery-contradicted": (
        made_up_for(replaced_s=3.0, caught_up_s=3.1)(RACED),
        changed(is_a(e.CaughtUp), seconds=1.0),
    ),
}
