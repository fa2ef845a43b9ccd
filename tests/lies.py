"""Lies that are told throughout: a journal that was rewritten, and the results folded from it.

Of these, results file and journal agree, so that only what they say can give them away. Each
function takes a session's events and returns those of another one. May import ``harness``.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from harness import events as e
from harness.claims.audit import Audit, audit
from harness.files import journal
from harness.model import Side
from harness.state.fold import fold
from harness.state.to_results import results_of
from tests import doctor
from tests.builders import a_digest_of

SHA256 = a_digest_of("journal")
SWEPT = journal.read(doctor.BASE.with_name(journal.JOURNAL_NAME)).events

Events = Sequence[e.Event]
Choice = Callable[[e.Event], bool]
Lie = Callable[[Events], Events]


def audited(events: Iterable[e.Event]) -> Audit:
    """Return the audit of a journal and of the results that follow from it."""
    events = list(events)
    return audit(results_of(fold(events), SHA256), events, journal_sha256=SHA256)


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
