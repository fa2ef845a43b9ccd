"""Labelled moments, written into a program's output and taken out of the recording afterwards.

A program writes each as a private escape sequence, which no terminal shows. The sequence says how
long ago its moment was, so the marker is exact however late the frame is drawn.
Pure. May import ``cast.format``.
"""

import re
from dataclasses import replace

from harness.cast.format import MARKER, OUTPUT, Cast, Event

ARMED = "armed"
GO = "go"
BASELINE_DONE = "baseline done"
DISTRIBUTED_GO = "distributed go"
DISTRIBUTED_DONE = "distributed done"
PROOF = "proof"
HEADLINE = "headline"

_AFTER_S = 0.3
_PREFIX = "\x1b]7719;twoclocks;"
_SEQUENCE = re.compile(r"\x1b\]7719;twoclocks;([0-9]{1,9});([a-z0-9 ]{1,40})\x1b\\")


def gap_moment(cast: Cast) -> float:
    """Return the moment at which one clock has just stopped and the other goes on, in seconds.

    A recording without it has its headline instead, else its end.
    """
    stopped = cast.marker_at(DISTRIBUTED_DONE)
    if stopped is None:
        stopped = cast.marker_at(HEADLINE)
    return cast.duration_s if stopped is None else min(stopped + _AFTER_S, cast.duration_s)


def marker_sequence(label: str, seconds_ago: float) -> str:
    """Return the escape sequence for a moment that long before it is written.

    A label is made of small letters, digits and spaces; raise ``ValueError`` for another.
    """
    sequence = f"{_PREFIX}{max(0, round(seconds_ago * 1000))};{label}\x1b\\"
    if not _SEQUENCE.fullmatch(sequence):
        raise ValueError(f"{label!r} cannot be a label")
    return sequence


def extract_markers(cast: Cast) -> Cast:
    """Return the recording with its marker sequences replaced by marker events.

    Everything else stays, in its order. A sequence that a terminal passed on in pieces is joined.
    """
    events: list[Event] = []
    markers: list[Event] = []
    unfinished = ""
    for event in cast.events:
        if event.code != OUTPUT:
            events.append(event)
            continue
        whole, unfinished = _split_unfinished(unfinished + event.text)
        markers += [
            Event(max(0.0, event.at - int(ago_ms) / 1000), MARKER, label)
            for ago_ms, label in _SEQUENCE.findall(whole)
        ]
        events.append(event._replace(text=_SEQUENCE.sub("", whole)))
    if unfinished:
        events.append(Event(cast.duration_s, OUTPUT, unfinished))
    return replace(cast, events=_merge(events, markers))


def _split_unfinished(text: str) -> tuple[str, str]:
    """Return the text without an unfinished sequence at its end, and that sequence's beginning."""
    start = text.rfind(_PREFIX)
    if start < 0 or _SEQUENCE.match(text, start):
        lengths = range(len(_PREFIX) - 1, 0, -1)
        partial = next((length for length in lengths if text.endswith(_PREFIX[:length])), 0)
        start = len(text) - partial
    return text[:start], text[start:]


def _merge(events: list[Event], markers: list[Event]) -> tuple[Event, ...]:
    """Return the events in their own order, each marker before the first event that is later."""
    merged: list[Event] = []
    waiting = sorted(markers, key=lambda marker: marker.at)
    for event in events:
        while waiting and waiting[0].at <= event.at:
            merged.append(waiting.pop(0))
        merged.append(event)
    return (*merged, *waiting)
