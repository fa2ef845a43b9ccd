"""A file of lines as blocks of whole lines: unpacked by its first bytes, up to a limit.

A file is hostile until it is read. Every refusal is a ``ValueError`` that says what the file does;
the caller puts the file's name before it. Imports the standard library; pyarrow only where a file
is packed by zstd.
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
LONGEST_LINE_BYTES = 1 << 20
BLOCK_BYTES = 4 << 20
EXCERPT_CHARACTERS = 40
LONGEST_REASON = 120
MEMBER_NAMES = ("ratings.csv", "ratings.dat", "u.data")
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
    b"PAR1": "is a Parquet file within another: unpack it",
    b"PK\x03\x04": "is an archive within another: unpack it",
}


class Unreadable(ValueError):
    """What is wrong with a file, in words that follow its name, and perhaps a hint."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


@contextlib.contextmanager
def open_blocks(path: Path) -> Iterator[Iterator[bytes]]:
    """Yield an iterator over a file's blocks; what cannot be opened is a ``ValueError``."""
    with contextlib.ExitStack() as stack:
        try:
            stream = _unpack(stack.enter_context(path.open("rb")), stack)
        except UNREADABLE as error:
            raise Unreadable(f"cannot be opened: {_reason(error)}") from error
        yield _blocks(stream)


def excerpt(line: bytes) -> str:
    """Return how a line begins, quoted, with nothing in it that a terminal would obey."""
    text = line.partition(b"\n")[0].rstrip(b"\r").decode("utf-8", "replace")
    return repr(text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS] + "…")


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


def _unzstd(packed: IO[bytes]) -> Any:
    import pyarrow

    return pyarrow.CompressedInputStream(packed, "zstd")


UNPACKERS: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"(\xb5/\xfd": _unzstd,
}


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
