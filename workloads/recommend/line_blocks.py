"""A file of lines as blocks of whole lines: unpacked by its first bytes, up to a limit.

A file is hostile until it is read. Every refusal is a ``ValueError`` that says what the file does;
the caller puts the file's name before it. Imports the standard library and
``workloads.documents``.
"""

import contextlib
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from workloads.documents.kinds import PARQUET_MARK, Unreadable, open_unpacked
from workloads.documents.words import excerpt

MOST_BYTES = 4 << 30
LONGEST_LINE_BYTES = 1 << 20
BLOCK_BYTES = 4 << 20
LONGEST_REASON = 120
MEMBER_NAMES = ("ratings.csv", "ratings.dat", "u.data")
ZIP_MARK = b"PK\x03\x04"
TAR_MARK = (257, b"ustar")
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
OTHER_KINDS = {
    b"\xff\xfe": "is UTF-16: save it as UTF-8",
    b"\xfe\xff": "is UTF-16: save it as UTF-8",
    PARQUET_MARK: "is a Parquet file within another: unpack it",
    ZIP_MARK: "is an archive within another: unpack it",
}


@contextlib.contextmanager
def open_blocks(path: Path) -> Iterator[Iterator[bytes]]:
    """Yield an iterator over a file's blocks; what cannot be opened is a ``ValueError``."""
    with contextlib.ExitStack() as stack:
        try:
            stream = _unpack(path, stack)
        except UNREADABLE as error:
            raise Unreadable(f"cannot be opened: {_reason(error)}") from error
        yield _blocks(stream)


def find_named(names: list[str]) -> str | None:
    """Return the name that MovieLens gives its ratings, else the only one (None: neither)."""
    for known in MEMBER_NAMES:
        for name in names:
            if PurePosixPath(name).name == known:
                return name
    return names[0] if len(names) == 1 else None


def _reason(error: BaseException) -> str:
    """Return why something failed, in a few words; a path in it is left out."""
    strerror = error.strerror if isinstance(error, OSError) else None
    return (strerror or str(error) or type(error).__name__)[:LONGEST_REASON]


def _unpack(path: Path, stack: contextlib.ExitStack) -> IO[bytes]:
    """Return the stream of a file's bytes, unpacked as its first bytes say."""
    with path.open("rb") as file:
        is_archive = file.read(len(ZIP_MARK)) == ZIP_MARK
    if is_archive:
        archive = stack.enter_context(zipfile.ZipFile(path))
        return stack.enter_context(archive.open(_find_member(archive)))
    return stack.enter_context(open_unpacked(path))


def _find_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the member named as MovieLens names its ratings, else the only one that there is."""
    files = {member.filename: member for member in archive.infolist() if not _is_left_out(member)}
    name = find_named(list(files))
    if name is None:
        known = ", ".join(MEMBER_NAMES)
        raise ValueError(f"it holds {len(files)} files and none is called {known}")
    return files[name]


def _is_left_out(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is a folder, or a note that macOS adds beside every file."""
    return not member.filename or member.is_dir() or member.filename.startswith("__MACOSX/")


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield whole lines, a few megabytes at a time; the last ones have what is behind them."""
    whole = rest = b""
    total = 0
    while piece := _read(stream):
        if not total:
            _require_text(piece)
        total += len(piece)
        if total > MOST_BYTES:
            raise Unreadable(f"is larger than the {MOST_BYTES:,} bytes that can be read")
        lines, newline, tail = (rest + piece).rpartition(b"\n")
        if len(tail) > LONGEST_LINE_BYTES:
            raise Unreadable(
                f"has a line of more than {LONGEST_LINE_BYTES:,} bytes: {excerpt(tail)}"
            )
        if newline:
            if whole:
                yield whole
            whole = lines + newline
        rest = tail
    if whole or rest:
        yield whole + rest


def _require_text(head: bytes) -> None:
    """Raise ``ValueError`` for what is known not to be lines of text."""
    for mark, what in OTHER_KINDS.items():
        if head.startswith(mark):
            raise Unreadable(what)
    if b"\r" in head and b"\n" not in head:
        raise Unreadable("ends its lines with carriage returns alone: end them with newlines")
    place, mark = TAR_MARK
    if head[place:].startswith(mark):
        raise Unreadable("is a tar archive: unpack it")


def _read(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except UNREADABLE as error:
        raise Unreadable(f"cannot be unpacked: {_reason(error)}") from error
