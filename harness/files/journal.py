"""The journal of a session: one header line, then one event a line, written as they come.

It is read back whole, as untrusted input like every file.
May import ``errors``, ``events``, ``text`` and its neighbours.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.errors import BadRequest, MachineFailed, cannot_write
from harness.events import JOURNAL_SCHEMA, LONGEST_LINE_BYTES, Event, decode, encode
from harness.files import atomic, jsonl
from harness.text import printable

JOURNAL_NAME = "events.jsonl"
LARGEST_BYTES = 100_000_000
_HINT = "use the journal as it was written, unedited, from the folder of its take"


class Header(msgspec.Struct, kw_only=True):
    """A journal's first line: what the rest is, and of which session."""

    schema: str = ""
    run_id: str = ""
    began_utc: str = ""


@dataclass(frozen=True)
class Journal:
    """A journal as it was read: its events in order, and the SHA-256 of its bytes."""

    events: tuple[Event, ...]
    sha256: str


def header_line(run_id: str, began_utc: str) -> bytes:
    """Return the first line of a session's journal."""
    header = Header(schema=JOURNAL_SCHEMA, run_id=run_id, began_utc=began_utc)
    return msgspec.json.encode(header) + b"\n"


def read(path: Path) -> Journal:
    """Return a journal's events; raise ``BadRequest`` if it is missing, too large or damaged."""
    name = printable(str(path))
    content = atomic.read(path, LARGEST_BYTES, "journal", _HINT)
    first, _, rest = content.partition(b"\n")
    _check_header(first, name)
    events = jsonl.read_all(rest, decode, name=name, noun="an event", hint=_HINT, first=2)
    return Journal(events, hashlib.sha256(content).hexdigest())


def _check_header(line: bytes, name: str) -> None:
    try:
        schema = msgspec.json.decode(line[:LONGEST_LINE_BYTES], type=Header).schema
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadRequest(f"{name} is not a journal: its first line is no header", _HINT) from error
    if schema != JOURNAL_SCHEMA:
        has = f"{name} has the schema {printable(schema)[:80]!r}"
        raise BadRequest(
            f"{has}, this program reads {JOURNAL_SCHEMA!r}",
            "read it with the version that wrote it",
        )


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
            writer = cls(path, os.open(path, flags, 0o644))
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
