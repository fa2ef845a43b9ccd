"""The journal read back: one header line, then one event a line; untrusted input like every file.

May import ``model``, ``errors``, ``events`` and ``files``.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from harness.errors import BadRequest
from harness.events import JOURNAL_SCHEMA, LONGEST_LINE_BYTES, Event, Garbled, decode
from harness.files import atomic
from harness.text import printable

JOURNAL_NAME = "events.jsonl"
LARGEST_BYTES = 100_000_000
_HINT = "use the journal as it was written, unedited, from the folder of its take"


@dataclass(frozen=True)
class Journal:
    """A journal as it was read: its events in order, and the SHA-256 of its bytes."""

    events: tuple[Event, ...]
    sha256: str


class _Header(msgspec.Struct):
    """What the first line says of the rest."""

    schema: str = ""


def read(path: Path) -> Journal:
    """Return a journal's events; raise ``BadRequest`` if it is missing, too large, or a line of it is no event."""
    name, text = printable(str(path)), atomic.read(path, LARGEST_BYTES, "journal", _HINT)
    first, *lines = text.split(b"\n")
    _check_header(first, name)
    if lines and not lines[-1]:
        lines.pop()
    return Journal(
        tuple(_event(line, place, name) for place, line in enumerate(lines, 2)),
        sha256(text).hexdigest(),
    )


def _check_header(line: bytes, name: str) -> None:
    try:
        schema = msgspec.json.decode(line[:LONGEST_LINE_BYTES], type=_Header).schema
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadRequest(f"{name} is not a journal: its first line is no header", _HINT) from error
    if schema != JOURNAL_SCHEMA:
        sentence = f"{name} has the schema {printable(schema)[:80]!r}, this program reads {JOURNAL_SCHEMA!r}"
        raise BadRequest(sentence, "read it with the version that wrote it")


def _event(line: bytes, place: int, name: str) -> Event:
    try:
        return decode(line)
    except Garbled as error:
        raise BadRequest(
            f"{name} is not a valid journal: line {place:,}: {printable(error.sentence)[:200]}",
            _HINT,
        ) from error
