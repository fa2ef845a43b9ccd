"""Labelled moments inside the output of a program: written as a private escape sequence that no terminal shows, taken out afterwards.

A mark says how long ago its moment was when it was written, so that it stands at the moment itself however late a frame is drawn.
Pure. May import ``cast.format``.
"""

import re
from dataclasses import replace

from harness.cast.format import MARKER, OUTPUT, Cast, Event

ARMED, GO, HEADLINE = "armed", "go", "headline"
DISTRIBUTED_GO, BASELINE_DONE, DISTRIBUTED_DONE = (
    "distributed go",
    "baseline done",
    "distributed done",
)

_LEAD = "\x1b]7719;twoclocks;"
_MARK = re.compile(r"\x1b\]7719;twoclocks;(\d+);([a-z0-9 ]{1,40})\x1b\\")


def marker_sequence(label: str, ago: float) -> str:
    """Return the escape sequence for a moment ``ago`` seconds before it is written; a label is of small letters, digits and spaces."""
    written = f"{_LEAD}{max(0, round(ago * 1000))};{label}\x1b\\"
    if not _MARK.fullmatch(written):
        raise ValueError(f"{label!r} cannot be a label")
    return written


def extract_markers(cast: Cast) -> Cast:
    """Return the recording with its marks taken out of the output and put among the events as markers, each at its moment.

    Everything else stays as it was, in its order; a mark that a terminal handed over in pieces is put together.
    """
    kept: list[Event] = []
    markers: list[Event] = []
    held = ""
    for event in cast.events:
        if event.code != OUTPUT:
            kept.append(event)
            continue
        whole, held = _until_unfinished(held + event.text)
        markers += [
            Event(max(0.0, event.at - int(ago) / 1000), MARKER, label)
            for ago, label in _MARK.findall(whole)
        ]
        kept.append(event._replace(text=_MARK.sub("", whole)))
    if held:
        kept.append(Event(cast.duration_s, OUTPUT, held))
    return replace(cast, events=_merged(kept, markers))


def _until_unfinished(text: str) -> tuple[str, str]:
    """Return the text up to a mark that is not finished at its end, and that beginning of a mark."""
    start = text.rfind(_LEAD)
    if start < 0 or _MARK.match(text, start):
        begun = next(
            (length for length in range(len(_LEAD) - 1, 0, -1) if text.endswith(_LEAD[:length])), 0
        )
        start = len(text) - begun
    return text[:start], text[start:]


def _merged(events: list[Event], markers: list[Event]) -> tuple[Event, ...]:
    """Return events with the markers before the first one that is later; events keep their order, whatever their times."""
    merged: list[Event] = []
    waiting = sorted(markers, key=lambda marker: marker.at)
    for event in events:
        while waiting and waiting[0].at <= event.at:
            merged.append(waiting.pop(0))
        merged.append(event)
    return (*merged, *waiting)
