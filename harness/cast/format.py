"""Terminal recordings as values: read from asciicast version 2 or 3, written as version 2.

The first line of a file is a header, each further line an event: seconds, a code and text. Version
2 counts seconds from the beginning, version 3 from the event before
(https://docs.asciinema.org/manual/asciicast/v3/). Files are untrusted input.
May import ``model``, ``errors``, ``text`` and ``files``.
"""

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

import msgspec

from harness import text
from harness.errors import BadRequest
from harness.files import atomic, jsonl
from harness.text import printable

CAST = "run.cast"
LARGEST_BYTES = 100_000_000
OUTPUT, MARKER, RESIZE = "o", "m", "r"
MOST_COLUMNS, MOST_ROWS = 1_000, 500
_GZIP = b"\x1f\x8b"
_HINT = "record it again with `twoclocks record`, or use the file as it was written"

_Cells = Annotated[int, msgspec.Meta(ge=1, le=MOST_COLUMNS)]
_Rows = Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)]
_Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=1e7)]
_Moment = Annotated[float, msgspec.Meta(ge=0.0, le=4e9)]


class Event(NamedTuple):
    """Something that happened in the terminal, ``at`` seconds after the beginning.

    ``code`` is what happened: ``OUTPUT``, ``MARKER``, ``RESIZE`` or a code of asciinema's.
    """

    at: float
    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A recording.

    ``began`` is in seconds since 1970 (None: unknown), ``idle_time_limit`` in seconds (None: no
    limit), ``sha256`` is the file's digest (None: not read from a file).
    """

    columns: int
    rows: int
    began: float | None = None
    events: tuple[Event, ...] = ()
    title: str | None = None
    idle_time_limit: float | None = None
    sha256: str | None = None

    @property
    def duration_s(self) -> float:
        """Return the seconds from the beginning to the last event."""
        return self.events[-1].at if self.events else 0.0

    @property
    def markers(self) -> tuple[Event, ...]:
        """Return the labelled moments in order; their text is the label."""
        return tuple(event for event in self.events if event.code == MARKER)

    def marker_at(self, label: str) -> float | None:
        """Return the seconds of the first marker with that label (None: there is none)."""
        return next((marker.at for marker in self.markers if marker.text == label), None)

    @property
    def date(self) -> str:
        """Return when the recording began, in UTC: ``2026-11-22 09:14:07Z``."""
        if self.began is None:
            return "date unknown"
        return text.moment(datetime.fromtimestamp(self.began, UTC))

    @property
    def label(self) -> str:
        """Return the label for everything made of it: ``RECORDED 2026-11-22 09:14:07Z``."""
        return f"RECORDED {self.date}"


class _Version(msgspec.Struct):
    version: int


class _HeaderOf2(msgspec.Struct, omit_defaults=True):
    version: int
    width: _Cells
    height: _Rows
    timestamp: _Moment | None = None
    idle_time_limit: float | None = None
    title: str | None = None
    env: dict[str, str | None] | None = None


class _Terminal(msgspec.Struct):
    cols: _Cells
    rows: _Rows


class _HeaderOf3(msgspec.Struct):
    term: _Terminal
    timestamp: _Moment | None = None
    idle_time_limit: float | None = None
    title: str | None = None


_Header = TypeVar("_Header", bound=msgspec.Struct)

_decoder = msgspec.json.Decoder(tuple[_Seconds, str, str])
_encoder = msgspec.json.Encoder()


def read(path: Path) -> Cast:
    """Return a recording; raise ``BadRequest`` if the file is missing, too large, or not an
    asciicast of version 2 or 3.
    """
    return parse(atomic.read(path, LARGEST_BYTES, "recording", _HINT), printable(str(path)))


def parse(content: bytes, name: str) -> Cast:
    """Return the recording in a file of that name; raise ``BadRequest`` if it holds none."""
    _require_plain(content, name)
    first, _, rest = content.removeprefix(codecs.BOM_UTF8).partition(b"\n")
    version = _decode(first, _Version, name).version
    events = jsonl.read_all(rest, _event, name=name, noun="an event", hint=_HINT, first=2)
    header: _HeaderOf2 | _HeaderOf3
    match version:
        case 2:
            header = of2 = _decode(first, _HeaderOf2, name)
            size = _Terminal(of2.width, of2.height)
        case 3:
            header = of3 = _decode(first, _HeaderOf3, name)
            size = of3.term
            events = _with_absolute_times(events)
        case _:
            raise BadRequest(
                f"{name} is an asciicast of version {version}, this program reads 2 and 3", _HINT
            )
    return Cast(
        columns=size.cols,
        rows=size.rows,
        began=header.timestamp or None,
        events=events,
        title=header.title or None,
        idle_time_limit=header.idle_time_limit,
        sha256=sha256(content).hexdigest(),
    )


def encode(cast: Cast) -> bytes:
    """Return the recording as an asciicast of version 2. Its environment is ``TERM`` alone."""
    header = _HeaderOf2(
        version=2,
        width=cast.columns,
        height=cast.rows,
        timestamp=None if cast.began is None else int(cast.began),
        idle_time_limit=cast.idle_time_limit,
        title=cast.title,
        env={"TERM": "xterm-256color"},
    )
    events = ((round(event.at, 6), event.code, event.text) for event in cast.events)
    lines: Iterable[object] = (header, *events)
    return b"".join(_encoder.encode(line) + b"\n" for line in lines)


def _require_plain(content: bytes, name: str) -> None:
    """Raise ``BadRequest`` for a file that only another form keeps from being read."""
    if content.startswith(_GZIP):
        raise BadRequest(f"{name} is compressed by gzip", "unpack it with gunzip")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadRequest(f"{name} is UTF-16, not UTF-8", "save it as UTF-8")


def _decode(line: bytes, kind: type[_Header], name: str) -> _Header:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(
            f"{name} is not a recording: its first line is not an asciicast header", _HINT
        ) from error


def _event(line: bytes) -> Event:
    return Event(*_decoder.decode(line))


def _with_absolute_times(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return events with seconds from the beginning, given seconds from the event before."""
    moments = accumulate(event.at for event in events)
    return tuple(event._replace(at=at) for at, event in zip(moments, events, strict=True))
