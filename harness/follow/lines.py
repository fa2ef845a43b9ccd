"""From the bytes of any stream to lines of a journal: what is found among the rest, line by line.

A stream is untrusted input: log collectors put prefixes before lines and colours into them, and
other programs write to it, too. Pure. May import ``errors``, ``event_lines``, ``events``,
``model``, ``quantities``, ``files.heartbeat`` and ``files.take_line``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import msgspec

from harness.event_lines import JOURNAL_SCHEMA, LONGEST_LINE_BYTES, Garbled, decode
from harness.events import Event
from harness.files.heartbeat import HEARTBEAT_SCHEMA, Heartbeat, read_heartbeat
from harness.files.take_line import LONGEST_TAKE_BYTES, TAKE_SCHEMA, TakeLine, read_take_line
from harness.model import JournalHeader
from harness.quantities import RUN_ID_PATTERN

LONGEST_PREFIX_BYTES = 10_000
LONGEST_BYTES = max(LONGEST_LINE_BYTES, LONGEST_TAKE_BYTES) + LONGEST_PREFIX_BYTES
MOST_BEGINNINGS = 8

_ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]")
_BEGINNING = re.compile(rb'\{"(?:event|schema)":"')
_TAGS = frozenset(str(kind.__struct_config__.tag) for kind in Event.__subclasses__())
_OURS = re.compile(
    rb'\{"event":"(?:(?:%s)"|[a-z-]{1,30}",.*"at":[0-9])|\{"schema":"twoclocks\.(?:events|take|heartbeat)/'
    % "|".join(sorted(_TAGS)).encode()
)


@dataclass(frozen=True)
class JournalLine:
    """A line that ``race --ui json`` has printed: its bytes without newline, and what it says."""

    raw: bytes
    says: JournalHeader | Event | TakeLine | Heartbeat


class LineCutter:
    """Cuts a stream into lines; ``too_long`` counts those that were too long and left out."""

    def __init__(self) -> None:
        self.too_long = 0
        self._begun: list[bytes] = []
        self._begun_bytes = 0
        self._skips = False

    def whole_lines(self, content: bytes) -> list[bytes]:
        """Return the lines that some more bytes have ended."""
        end, *more = content.split(b"\n")
        if not more:
            self._begin(end)
            return []
        whole = [*([] if self._skips else [b"".join([*self._begun, end])]), *more[:-1]]
        self._forget()
        self._begin(more[-1])
        short = [line for line in whole if len(line) <= LONGEST_BYTES]
        self.too_long += len(whole) - len(short)
        return short

    def last_line(self) -> bytes:
        """Return what is left without a newline where the stream ends, and begin anew."""
        rest = b"".join(self._begun)
        self._forget()
        return rest

    def _begin(self, piece: bytes) -> None:
        """Keep a piece of a line until its end comes; of one that is too long nothing is kept."""
        if self._skips:
            return
        self._begun.append(piece)
        self._begun_bytes += len(piece)
        if self._begun_bytes > LONGEST_BYTES:
            self.too_long += 1
            self._forget()
            self._skips = True

    def _forget(self) -> None:
        self._begun, self._begun_bytes, self._skips = [], 0, False


def read_line(line: bytes) -> JournalLine | None:
    """Return what a line of a stream holds of a journal, whatever stands around it.

    None: it holds nothing of ours. Raises ``Garbled`` for what begins as ours and cannot be read.
    """
    garbled: Garbled | None = None
    for part in _parts(line):
        try:
            return _decoded(part)
        except Garbled as error:
            garbled = garbled or (error if _OURS.match(part) else None)
    if garbled is not None:
        raise garbled
    return None


def _parts(line: bytes) -> Iterator[bytes]:
    """Yield what is between each place where our line may begin and the last closing brace."""
    plain = _ESCAPES.sub(b"", line) if b"\x1b" in line else line
    end = plain.rfind(b"}") + 1
    for found in islice(_BEGINNING.finditer(plain), MOST_BEGINNINGS):
        yield plain[found.start() : end if end > found.start() else None]


def _decoded(part: bytes) -> JournalLine:
    if part.startswith(b'{"event"'):
        return JournalLine(part, decode(part))
    if part.startswith(f'{{"schema":"{TAKE_SCHEMA}"'.encode()):
        return JournalLine(part, read_take_line(part))
    if part.startswith(f'{{"schema":"{HEARTBEAT_SCHEMA}"'.encode()):
        return JournalLine(part, read_heartbeat(part))
    return JournalLine(part, _header(part))


def _header(part: bytes) -> JournalHeader:
    """Return a journal's first line; raise ``Garbled`` unless a folder can be named after it."""
    try:
        header = msgspec.json.decode(part, type=JournalHeader)
        offset = datetime.fromisoformat(header.began_utc).utcoffset()
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Garbled(f"not a header: {error}") from error
    is_named = re.fullmatch(RUN_ID_PATTERN, header.run_id) is not None
    if header.schema != JOURNAL_SCHEMA or not is_named or offset is None or offset:
        raise Garbled("not a journal's header")
    return header
