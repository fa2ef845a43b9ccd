"""A file of lines as blocks of whole lines: unpacked by its first bytes, up to a limit.

A file is hostile until it is read. Every refusal is a ``ValueError`` that says what the file does;
the caller puts the file's name before it. Imports the standard library only.
"""

import bz2
import contextlib
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

MOST_BYTES = 4 << 30
LONGEST_LINE_BYTES = 1 << 16
BLOCK_BYTES = 4 << 20
EXCERPT_CHARACTERS = 40
MEMBER_NAMES = ("ratings.csv", "ratings.dat", "u.data")
UNPACKERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)


@contextlib.contextmanager
def open_blocks(path: Path) -> Iterator[Iterator[bytes]]:
    """Yield an iterator over a file's blocks; what cannot be opened is a ``ValueError``."""
    with contextlib.ExitStack() as stack:
        try:
            stream = _unpack(stack.enter_context(path.open("rb")), stack)
        except UNREADABLE as error:
            raise ValueError(f"cannot be opened: {error}") from error
        yield _blocks(stream)


def excerpt(line: bytes) -> str:
    """Return how a line begins, quoted, with nothing in it that a terminal would obey."""
    text = line.partition(b"\n")[0].rstrip(b"\r").decode("utf-8", "replace")
    return repr(text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS] + "…")


def _unpack(packed: IO[bytes], stack: contextlib.ExitStack) -> IO[bytes]:
    """Return the stream of a file's bytes, unpacked as its first bytes say."""
    magic = packed.read(6)
    packed.seek(0)
    if magic.startswith(b"PK\x03\x04"):
        archive = stack.enter_context(zipfile.ZipFile(packed))
        return archive.open(_find_member(archive))
    unpackers = (UNPACKERS[known] for known in UNPACKERS if magic.startswith(known))
    stream: IO[bytes] = next(unpackers, lambda file: file)(packed)
    return stream


def _find_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the member named as MovieLens names its ratings, else the only one that there is."""
    files = [member for member in archive.infolist() if not _is_left_out(member)]
    for name in MEMBER_NAMES:
        for member in files:
            if PurePosixPath(member.filename).name == name:
                return member
    if len(files) != 1:
        names = ", ".join(MEMBER_NAMES)
        raise ValueError(f"it holds {len(files)} files and none is called {names}")
    return files[0]


def _is_left_out(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is a folder, or a note that macOS adds beside every file."""
    return member.is_dir() or member.filename.startswith("__MACOSX/")


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield whole lines, a few megabytes at a time; text behind the last newline comes last."""
    rest = b""
    total = 0
    while piece := _read(stream):
        total += len(piece)
        if total > MOST_BYTES:
            raise ValueError(f"is larger than the {MOST_BYTES:,} bytes that can be read")
        lines, newline, tail = (rest + piece).rpartition(b"\n")
        if len(tail) > LONGEST_LINE_BYTES:
            raise ValueError(
                f"has a line of more than {LONGEST_LINE_BYTES:,} bytes: {excerpt(tail)}"
            )
        if newline:
            yield lines + newline
        rest = tail
    if rest:
        yield rest


def _read(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except UNREADABLE as error:
        raise ValueError(f"cannot be unpacked: {error or type(error).__name__}") from error
