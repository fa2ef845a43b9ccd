"""Terminal recordings as values: asciicast files, versions 2 and 3, read as the untrusted input they are, and written as version 2.

The first line is a header, each further one an event: seconds, a code and text. Version 2 counts the seconds from the
beginning, version 3 from the event before (https://docs.asciinema.org/manual/asciicast/v3/).
May import ``model``, ``errors`` and ``files``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

import msgspec

from harness.errors import BadRequest
from harness.files import atomic
from harness.text import printable

CAST = "run.cast"
LARGEST_BYTES = 100_000_000
OUTPUT, MARKER, RESIZE = "o", "m", "r"
MOST_COLUMNS, MOST_ROWS = 1_000, 500
_HINT = "record anew with `twoclocks record`, or use the file as it was written"

_Cells = Annotated[int, msgspec.Meta(ge=1, le=MOST_COLUMNS)]
_Rows = Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)]
_Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=1e7)]
_Moment = Annotated[float, msgspec.Meta(ge=0.0, le=4e9)]


class Event(NamedTuple):
    """Something that happened in the terminal ``at`` that many seconds since the beginning; ``code`` says what."""

    at: float
    code: str
    text: str


@dataclass(frozen=True)
class Cast:
    """A recording. ``began`` is in seconds since 1970 (0: unknown), ``idle_time_limit`` in seconds (None: there is none)."""

    columns: int
    rows: int
    began: float
    events: tuple[Event, ...]
    title: str = ""
    idle_time_limit: float | None = None
    sha256: str = ""

    @property
    def duration_s(self) -> float:
        """Return the seconds from the beginning to the last event."""
        return self.events[-1].at if self.events else 0.0

    @property
    def markers(self) -> tuple[Event, ...]:
        """Return the labelled moments, in order; their text is the label."""
        return tuple(event for event in self.events if event.code == MARKER)

    def moment(self, label: str) -> float | None:
        """Return the seconds at which the first marker of that label stands (None: there is none)."""
        return next((marker.at for marker in self.markers if marker.text == label), None)


class _Version(msgspec.Struct):
    version: int


class _HeaderOf2(msgspec.Struct, omit_defaults=True):
    version: int
    width: _Cells
    height: _Rows
    timestamp: _Moment = 0.0
    idle_time_limit: float | None = None
    title: str | None = None
    env: dict[str, str | None] | None = None


class _Terminal(msgspec.Struct):
    cols: _Cells
    rows: _Rows


class _HeaderOf3(msgspec.Struct):
    term: _Terminal
    timestamp: _Moment = 0.0
    idle_time_limit: float | None = None
    title: str | None = None


_Header = TypeVar("_Header", bound=msgspec.Struct)

_event = msgspec.json.Decoder(tuple[_Seconds, str, str])
_encoder = msgspec.json.Encoder()


def read(path: Path) -> Cast:
    """Return a recording; raise ``BadRequest`` if it is missing, too large, or no asciicast of version 2 or 3."""
    return parse(atomic.read(path, LARGEST_BYTES, "recording", _HINT), printable(str(path)))


def parse(content: bytes, name: str) -> Cast:
    """Return the recording that a file of that name holds; raise ``BadRequest`` if it is none."""
    first, *lines = content.split(b"\n")
    version = _decoded(first, _Version, name).version
    events = _events(lines, name)
    digest = sha256(content).hexdigest()
    match version:
        case 2:
            of2 = _decoded(first, _HeaderOf2, name)
            return Cast(
                of2.width,
                of2.height,
                of2.timestamp,
                events,
                of2.title or "",
                of2.idle_time_limit,
                digest,
            )
        case 3:
            of3 = _decoded(first, _HeaderOf3, name)
            return Cast(
                of3.term.cols,
                of3.term.rows,
                of3.timestamp,
                _counted(events),
                of3.title or "",
                of3.idle_time_limit,
                digest,
            )
        case _:
            raise BadRequest(
                f"{name} is an asciicast of version {version}, this program reads 2 and 3", _HINT
            )


def encode(cast: Cast) -> bytes:
    """Return the recording as an asciicast of version 2. Of the environment only the kind of terminal is told."""
    head = _HeaderOf2(
        version=2,
        width=cast.columns,
        height=cast.rows,
        timestamp=int(cast.began),
        idle_time_limit=cast.idle_time_limit,
        title=cast.title or None,
        env={"TERM": "xterm-256color"},
    )
    lines: Iterable[object] = (
        head,
        *((round(event.at, 6), event.code, event.text) for event in cast.events),
    )
    return b"".join(_encoder.encode(line) + b"\n" for line in lines)


def _decoded(line: bytes, kind: type[_Header], name: str) -> _Header:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(
            f"{name} is not a recording: its first line is no asciicast header", _HINT
        ) from error


def _events(lines: Sequence[bytes], name: str) -> tuple[Event, ...]:
    """Return the events of a file's further lines; empty ones and comments say nothing."""
    found = []
    for place, line in enumerate(lines, 2):
        if not line.strip() or line.startswith(b"#"):
            continue
        try:
            found.append(Event(*_event.decode(line)))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadRequest(
                f"{name} is not a whole recording: line {place:,} is no event", _HINT
            ) from error
    return tuple(found)


def _counted(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return events with their seconds counted from the beginning instead of from the one before."""
    moments = accumulate(event.at for event in events)
    return tuple(event._replace(at=at) for at, event in zip(moments, events, strict=True))
