"""The journal of a session: one header line, then one event a line, written as they come.

It is read back a part at a time, however long it is, as untrusted input like every file.
May import ``errors``, ``events``, ``model``, ``text``, ``event_lines``, ``spec`` and its
neighbours.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BufferedReader
from itertools import islice
from pathlib import Path

import msgspec

from harness.errors import BadRequest, MachineFailed, cannot_write
from harness.event_lines import (
    JOURNAL_SCHEMA,
    LONGEST_LINE_BYTES,
    Any_Event,
    Garbled,
    decode,
    encode,
)
from harness.events import Event
from harness.files import atomic, jsonl
from harness.model import JournalHeader
from harness.spec import FORMER_FIELDS
from harness.text import printable

JOURNAL_NAME = "events.jsonl"
LARGEST_BYTES = 1_000_000_000
MOST_EVENTS = 10_000_000
_lines = msgspec.json.Decoder(Any_Event)
_HINT = "use the journal as it was written, unedited, from the folder of its take"


@dataclass(frozen=True)
class Journal:
    """A journal on disk: its first line, and the SHA-256 of its bytes.

    Iterating reads its events in order, and raises ``BadRequest`` for a line that is none or where
    there are too many.
    """

    path: Path
    header: JournalHeader
    sha256: str

    def __iter__(self) -> Iterator[Event]:
        """Yield the events, of which only a few are held at a time."""
        name = printable(str(self.path))
        with _opened(self.path) as file:
            file.readline(LONGEST_LINE_BYTES)
            events = jsonl.read_in_batches(
                file, decode, _decode_lines, name=name, noun="an event", hint=_HINT, first=2
            )
            yield from islice(events, MOST_EVENTS)
            if next(events, None) is not None:
                raise BadRequest(f"{name} has more than {MOST_EVENTS:,} events", _HINT)

    @property
    def events(self) -> tuple[Event, ...]:
        """Return all events at once."""
        return tuple(self)


def header_line(run_id: str, began_utc: str) -> bytes:
    """Return the first line of a session's journal."""
    header = JournalHeader(schema=JOURNAL_SCHEMA, run_id=run_id, began_utc=began_utc)
    return msgspec.json.encode(header) + b"\n"


def read(path: Path) -> Journal:
    """Return a journal whose events are yet to be read.

    Raises ``BadRequest`` if it is missing, too large or no journal.
    """
    with _opened(path) as file:
        header = _header(file.readline(LONGEST_LINE_BYTES), printable(str(path)))
        file.seek(0)
        return Journal(path, header, hashlib.file_digest(file, "sha256").hexdigest())


def _opened(path: Path) -> AbstractContextManager[BufferedReader]:
    return atomic.opened(path, LARGEST_BYTES, "journal", _HINT)


def _header(line: bytes, name: str) -> JournalHeader:
    try:
        header = msgspec.json.decode(line, type=JournalHeader)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadRequest(f"{name} is not a journal: its first line is no header", _HINT) from error
    if header.schema != JOURNAL_SCHEMA:
        has = f"{name} has the schema {printable(header.schema)[:80]!r}"
        raise BadRequest(
            f"{has}, this program reads {JOURNAL_SCHEMA!r}",
            "read it with the version that wrote it",
        )
    return header


def _decode_lines(lines: bytes) -> list[Event]:
    """Return the events of many lines at once; raise ``Garbled`` where ``decode`` has to look.

    That is so for a line that is no event or starts with ``#``, and for fields of an earlier
    version.
    """
    if any(f'"{name}"'.encode() in lines for name in FORMER_FIELDS):
        raise Garbled("an earlier version wrote this")
    try:
        events: list[Event] = _lines.decode_lines(lines)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Garbled(f"not events: {error}") from error
    return events


class JournalWriter:
    """Writes the events of a session as they come, so that a crash loses nothing."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._sha256 = hashlib.sha256()
        self._size_bytes = 0

    @classmethod
    def start(cls, folder: Path, header: bytes) -> "JournalWriter":
        """Begin a take's journal; raise ``MachineFailed`` if that fails or there is one already."""
        path = folder / JOURNAL_NAME
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            writer = cls(path, os.open(path, flags, 0o666))  # less the umask
        except OSError as error:
            raise _not_writable(path, error) from error
        writer._append(header)
        return writer

    def write(self, batch: Iterable[Event]) -> None:
        """Append a batch, whole or not at all; raise ``MachineFailed`` where that cannot be."""
        self._append(b"".join(map(encode, batch)))

    def close(self) -> str:
        """Close the file for good and return the SHA-256 of what was written.

        A disk that lost some of it is no error here: the digest tells whoever reads the file.
        """
        with contextlib.suppress(OSError):
            os.fsync(self._descriptor)
        with contextlib.suppress(OSError):
            os.close(self._descriptor)
        return self._sha256.hexdigest()

    def _append(self, lines: bytes) -> None:
        try:
            jsonl.write_whole(self._descriptor, lines)
        except OSError as error:
            with contextlib.suppress(OSError):  # a line that was cut short could not be read
                os.ftruncate(self._descriptor, self._size_bytes)
            raise _not_writable(self._path, error) from error
        self._sha256.update(lines)
        self._size_bytes += len(lines)


def _not_writable(path: Path, error: OSError) -> MachineFailed:
    """Return the error of a journal that cannot be written: its folder was tried beforehand."""
    refused = cannot_write(printable(str(path)), error, "name another folder with --out")
    return MachineFailed(refused.sentence, refused.hint)
