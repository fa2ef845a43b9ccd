"""Files of JSON lines: read whole, appended to, or followed while they grow.

One set of rules for all of them. A line ends with a newline and has at most 8,000,000 bytes. Blank
lines and comments (``#``) are skipped. In a file read whole, a line that cannot be decoded is
refused by its number. In a file that is followed, a line without its newline is still being written
and left for later. May import ``errors``, ``events``, ``text`` and ``event_lines``.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

import msgspec

from harness.errors import BadRequest, TwoclocksError
from harness.event_lines import LONGEST_LINE_BYTES
from harness.text import printable

_PIECE_BYTES = 2 * LONGEST_LINE_BYTES
BLOCK_BYTES = 1_000_000

Line = TypeVar("Line")


class Part(NamedTuple):
    """Some bytes of a file, and when it was last written, in seconds since 1970."""

    content: bytes
    written_at: float


def read_all(
    content: bytes,
    decode: Callable[[bytes], Line],
    *,
    name: str,
    noun: str,
    hint: str,
    first: int = 1,
) -> tuple[Line, ...]:
    """Return every line decoded; raise ``BadRequest`` for the first that is not ``noun``.

    ``name`` is the file's, ``first`` the number of the first line of ``content``.
    """
    decoded = []
    for number, line in enumerate(content.split(b"\n"), first):
        if not _says_something(line):
            continue
        try:
            decoded.append(_decode(line, decode))
        except (TwoclocksError, msgspec.MsgspecError, ValueError, RecursionError) as error:
            reason = printable(str(error.__cause__ or error))[:200]
            raise BadRequest(f"line {number:,} of {name} is not {noun}: {reason}", hint) from error
    return tuple(decoded)


def read_in_batches(
    file: BinaryIO,
    decode: Callable[[bytes], Line],
    decode_lines: Callable[[bytes], list[Line]],
    *,
    name: str,
    noun: str,
    hint: str,
    first: int = 1,
) -> Iterator[Line]:
    """Yield every line decoded as ``read_all`` would, about a million bytes at a time.

    ``decode_lines`` decodes many lines at once. Where it raises, or returns less or more than a
    value a line, the lines are decoded one by one.
    """
    for lines in _batches(file):
        count = lines.count(b"\n") + (not lines.endswith(b"\n"))
        decoded: Sequence[Line] = ()
        if lines.find(b"\n") <= LONGEST_LINE_BYTES:  # only the first line can be longer
            with contextlib.suppress(TwoclocksError):
                decoded = decode_lines(lines)
        if len(decoded) != count:
            decoded = read_all(lines, decode, name=name, noun=noun, hint=hint, first=first)
        yield from decoded
        first += count


def _batches(file: BinaryIO) -> Iterator[bytes]:
    """Yield whole lines, and at the end what is left of one; of an endless line a part."""
    rest = b""
    while block := file.read(BLOCK_BYTES):
        whole, newline, rest = (rest + block).rpartition(b"\n")
        if newline:
            yield whole + newline
        elif len(rest) > LONGEST_LINE_BYTES:
            yield rest
            rest = b""
    if rest:
        yield rest


def _says_something(line: bytes) -> bool:
    return bool(line.strip()) and not line.startswith(b"#")


def _decode(line: bytes, decode: Callable[[bytes], Line]) -> Line:
    if len(line) > LONGEST_LINE_BYTES:
        raise ValueError(f"its {len(line):,} bytes are more than a line may have")
    return decode(line)


def append(path: Path, line: bytes) -> None:
    """Add a line to a file on disk, whole or not at all; raise ``OSError`` where that cannot be.

    A line before it that was cut short is ended first.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o666)  # less the umask
    try:
        size = os.fstat(descriptor).st_size
        cut_short = size and os.pread(descriptor, 1, size - 1) != b"\n"
        try:
            write_whole(descriptor, (b"\n" if cut_short else b"") + line + b"\n")
            os.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def write_whole(descriptor: int, content: bytes) -> None:
    """Write everything, however little the system takes at a time.

    Raises ``OSError`` where it cannot go on, as on a full disk.
    """
    while content:
        content = content[os.write(descriptor, content) :]


class Tail:
    """The lines of a file that grows, each returned once, when it is whole.

    ``skipped`` counts pieces without a newline that were too long to be a line.
    """

    def __init__(self, path: Path, largest_bytes: int) -> None:
        self.skipped = 0
        self._path = path
        self._largest_bytes = largest_bytes
        self._offset = 0

    @property
    def started(self) -> bool:
        """Return whether anything was read yet."""
        return self._offset > 0

    def new_lines(self) -> tuple[list[bytes], float]:
        """Return the lines written since the last call, and when the file was last written."""
        content, written_at = read_part(self._path, self._largest_bytes, since=self._offset)
        whole = content[: content.rfind(b"\n") + 1]
        if not whole and len(content) >= _PIECE_BYTES:
            self.skipped += 1
            self._offset += len(content)
            return [], written_at
        self._offset += len(whole)
        return [line for line in whole.split(b"\n") if _says_something(line)], written_at


def read_part(path: Path, largest_bytes: int, since: int = 0, most: int = _PIECE_BYTES) -> Part:
    """Return up to ``most`` bytes of a file from ``since`` on; a negative one counts from the end.

    The part is empty where the file cannot be read, is not a regular file or is too large.
    """
    nothing = Part(b"", 0.0)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError):
        return nothing
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > largest_bytes:
            return nothing
        offset = since if since >= 0 else max(0, status.st_size + since)
        return Part(os.pread(descriptor, most, offset), status.st_mtime)
    except OSError:  # it is read by nobody, though it can be opened
        return nothing
    finally:
        os.close(descriptor)
