"""Ratings of the user's own for ``recommend``: user, item and perhaps a rating and a time a line, as MovieLens ships them and as CSV.

A file is hostile until read: it is known by its first bytes, unpacked as a stream up to a limit, and every refusal is a ``ValueError`` that
names the file and the line. Imports NumPy and the modules ``_recommend_lines`` and ``_recommend_rows``.
"""

import bz2
import contextlib
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

import numpy as np

from workloads.recommend.csv import (
    FAULTS,
    FEWEST_FIELDS,
    MOST_FIELDS,
    Table,
    fields,
    parse,
    rating,
    table,
    with_room,
)
from workloads.recommend.kernel import Array, Rows
from workloads.recommend.rows import group_by_row, merge_duplicates

Columns = tuple[Array, Array, Array]
Names = tuple[Table, Table]

MOST_BYTES = 4 << 30
MOST_INTERACTIONS = 100_000_000
LONGEST_LINE = 1 << 16
BLOCK_BYTES = 4 << 20
SHOWN = 40
MEMBERS = ("ratings.csv", "ratings.dat", "u.data")
BROKEN = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)
USER_COLUMNS = (b"user", b"userid", b"user_id", b"user id", b"uid", b"username", b"user_name")
ITEM_COLUMNS = (
    b"item",
    b"itemid",
    b"item_id",
    b"item id",
    b"movie",
    b"movieid",
    b"movie_id",
    b"product",
    b"productid",
    b"product_id",
)
MARKS = (b",", b"\t", b"::")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Layout(NamedTuple):
    """How lines are written: the delimiter's byte, how often it is repeated, and whether the first line names the columns."""

    delimiter: int
    width: int
    headed: bool


def examine(name: str) -> None:
    """Raise ``ValueError`` with one sentence unless the file is there and begins like ratings."""
    path = _path(name)
    with _opened(path) as stream:
        _layout(path, _read(path, stream, 2 * LONGEST_LINE))


def read(name: str) -> tuple[Rows, int]:
    """Return a row of items for every user of the file, and how many items there are; strengths of the same pair are added.

    Users and items are numbered as they first appear. Raises ``ValueError`` with one sentence for a file or a line that cannot be read.
    """
    path, names, kept, lines, total = _path(name), (table(), table()), list[Columns](), 0, 0
    with _opened(path) as stream:
        layout = None
        for block in _blocks(path, stream):
            if layout is None:
                layout, block, lines = _begun(path, block)
            names, found, read_lines = _parsed(path, block, lines, layout, names)
            kept.append(found)
            lines, total = lines + read_lines, total + len(found[0])
            if total > MOST_INTERACTIONS:
                raise ValueError(
                    f"{path} line {lines} is beyond the {MOST_INTERACTIONS:,} interactions that can be read"
                )
    if not total:
        raise ValueError(f"{path} holds no interactions")
    users, items = names
    who, what, strengths = (np.concatenate(column) for column in zip(*kept, strict=True))
    return merge_duplicates(group_by_row(who, what, strengths, users.size), items.size), items.size


def _begun(path: Path, block: bytes) -> tuple[Layout, bytes, int]:
    """Return how the lines are written, the first block without mark and header, and how many lines that took."""
    block = block.removeprefix(BYTE_ORDER_MARK)
    layout = _layout(path, block)
    return (layout, block.partition(b"\n")[2], 1) if layout.headed else (layout, block, 0)


def _parsed(
    path: Path, block: bytes, before: int, layout: Layout, names: Names
) -> tuple[Names, Columns, int]:
    """Return the names so far, a block's interactions, and how many lines it has; ``before`` counts the lines before it."""
    most = block.count(b"\n") + 1
    users, items = (with_room(known, most, len(block)) for known in names)
    found = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.float32)
    count, lines, fault, begin = parse(
        np.frombuffer(block, np.uint8), layout.delimiter, layout.width, users, items, found
    )
    if fault:
        raise ValueError(
            f"{path} line {before + lines} {FAULTS[fault]}: {_shown(block[begin : begin + LONGEST_LINE])}"
        )
    who, what, strengths = (column[:count].copy() for column in found)
    return (users, items), (who, what, strengths), lines


def _path(name: str) -> Path:
    try:
        path = Path(name).expanduser()
        there = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"ratings={name!r} is no path: {error}") from error
    if not there:
        raise ValueError(f"ratings={name} is not a file")
    return path


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Yield the lines of a file as a stream of bytes, unpacked where it is packed; whatever is broken is a ``ValueError``."""
    with contextlib.ExitStack() as stack:
        try:
            raw = stack.enter_context(path.open("rb"))
            magic = raw.read(6)
            raw.seek(0)
            stream = stack.enter_context(_unpacked(path, raw, magic, stack))
        except BROKEN as error:
            raise ValueError(f"{path} cannot be opened: {error}") from error
        yield stream


def _unpacked(path: Path, raw: IO[bytes], magic: bytes, stack: contextlib.ExitStack) -> IO[bytes]:
    if magic.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.open(raw))  # whose stubs call it by its own class
    if magic.startswith(b"BZh"):
        return bz2.open(raw)
    if magic.startswith(b"\xfd7zXZ\x00"):
        return lzma.open(raw)
    if magic.startswith(b"PK\x03\x04"):
        archive = stack.enter_context(zipfile.ZipFile(raw))
        return archive.open(_member(archive))
    return raw


def _member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the member that holds the ratings: one that is named as MovieLens names it, else the only one there is."""
    files = [member for member in archive.infolist() if not member.is_dir()]
    for name in MEMBERS:
        for member in files:
            if member.filename.rpartition("/")[2] == name:
                return member
    if len(files) != 1:
        raise ValueError(f"it holds {len(files)} files and none is called {', '.join(MEMBERS)}")
    return files[0]


def _read(path: Path, stream: IO[bytes], size: int) -> bytes:
    try:
        return stream.read(size)
    except BROKEN as error:
        raise ValueError(f"{path} cannot be unpacked: {error or type(error).__name__}") from error


def _blocks(path: Path, stream: IO[bytes]) -> Iterator[bytes]:
    """Yield whole lines, a few megabytes at a time; what is behind the last newline comes last."""
    rest, total = b"", 0
    while piece := _read(path, stream, BLOCK_BYTES):
        total += len(piece)
        if total > MOST_BYTES:
            raise ValueError(f"{path} is larger than the {MOST_BYTES:,} bytes that can be read")
        whole, newline, tail = (rest + piece).rpartition(b"\n")
        if len(tail) > LONGEST_LINE:
            raise ValueError(
                f"{path} has a line of more than {LONGEST_LINE:,} bytes: {_shown(tail)}"
            )
        if newline:
            yield whole + newline
        rest = tail
    if rest:
        yield rest


def _layout(path: Path, head: bytes) -> Layout:
    """Return how the lines of a file are written, by how it begins; raise ``ValueError`` where that is no line of ratings."""
    first, *others = head.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    following = next((line for line in others if line.strip()), b"")
    for mark in MARKS:
        parts = _parts(first, mark)
        if FEWEST_FIELDS <= len(parts) <= MOST_FIELDS:
            if parts[0].lower() in ITEM_COLUMNS and parts[1].lower() in USER_COLUMNS:
                raise ValueError(f"{path} line 1 names the item before the user: {_shown(first)}")
            return Layout(mark[0], len(mark), _names_columns(parts, _parts(following, mark)))
    raise ValueError(
        f"{path} line 1 is not user,item with a comma, a tab or :: between them: {_shown(first)}"
    )


def _parts(line: bytes, mark: bytes) -> list[bytes]:
    """Return the fields of a line, one more than there may be at most; none where a quote is wrong."""
    line = line.rstrip(b"\r ")
    bounds = np.zeros((MOST_FIELDS + 1, 2), np.int64)
    count = fields(np.frombuffer(line, np.uint8), 0, len(line), mark[0], len(mark), bounds)
    return [line[begin:end] for begin, end in bounds[: max(0, count)]]


def _names_columns(first: list[bytes], following: list[bytes]) -> bool:
    """Return whether a first line is a header: it begins with a name for users, or where the next line has a rating it has no digit."""
    if first[0].lower() in USER_COLUMNS:
        return True
    worded = (
        len(first) > FEWEST_FIELDS
        and bool(first[2])
        and not any(byte in b"0123456789" for byte in first[2])
    )
    return (
        worded
        and len(following) > FEWEST_FIELDS
        and rating(np.frombuffer(following[2], np.uint8), 0, len(following[2])) >= 0
    )


def _shown(content: bytes) -> str:
    """Return how a line begins, with nothing in it that a terminal would obey."""
    text = content.partition(b"\n")[0].rstrip(b"\r").decode("utf-8", "replace")
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")
