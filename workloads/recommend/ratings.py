"""Ratings of the user's own for ``recommend``: user, item and perhaps a rating a line or row.

Read are CSV in its dialects, the forms in which MovieLens ships ratings, JSON lines and Parquet,
packed or not, and folders of them. Every refusal is a ``BadRequest`` of one sentence that names the
file without its folder and, where it is about one, the line.
Imports ``harness.workload``, NumPy, ``workloads.documents`` and this package; what needs pyarrow
only when a file is read.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.workload import BadRequest, require_package
from workloads.documents.kinds import Unreadable
from workloads.documents.words import excerpt, number_of
from workloads.recommend.kernel import Array, Rows
from workloads.recommend.layout import find_layout, reading_of_columns
from workloads.recommend.line_blocks import open_blocks
from workloads.recommend.recall import require_testable
from workloads.recommend.rows import group_by_row, merge_duplicates
from workloads.recommend.sources import find_files, is_parquet

if TYPE_CHECKING:
    from workloads.recommend.columns import Columns

MOST_INTERACTIONS = 100_000_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Ratings(NamedTuple):
    """A row of items for every user, the number of items, and how they were read, in words."""

    rows: Rows
    width: int
    reading: str


class Opened(NamedTuple):
    """Which columns are read, in words, and the interactions, block by block."""

    columns: str
    blocks: Iterator["Columns"]


def check_ratings(name: str, wanted: Sequence[str] = ()) -> None:
    """Raise ``BadRequest`` unless the first few megabytes can be read as ratings.

    ``wanted`` are the columns of user, item and perhaps rating (empty: they are to be found). Of a
    small file everything is checked that ``read_ratings`` checks.
    """
    require_package("pyarrow", f"ratings={name}")
    with _naming(f"ratings={name}"):
        files = find_files(name)
    _check_files(name, files, tuple(wanted), tuple(map(_state, files)))


def _state(path: Path) -> tuple[int, int]:
    """Return what changes whenever a file is written."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache  # a proof asks for every variant, of the same file as a rule
def _check_files(
    name: str, files: tuple[Path, ...], wanted: tuple[str, ...], _: tuple[tuple[int, int], ...]
) -> None:
    with _naming(_short(name)), _open(name, files, wanted) as opened:
        blocks = list(islice(opened.blocks, 2))
        if len(blocks) == 1:
            _as_rows(blocks, opened.columns)


def read_ratings(name: str, wanted: Sequence[str] = ()) -> Ratings:
    """Return the ratings of a file or a folder; raise ``BadRequest`` for what cannot be read.

    Users and items are numbered as they first appear; ratings of the same pair are added, and those
    of 0 left out.
    """
    require_package("pyarrow", f"ratings={name}")
    with _naming(_short(name)), _open(name, find_files(name), wanted) as opened:
        return _as_rows(list(opened.blocks), opened.columns)


def _as_rows(blocks: Sequence["Columns"], columns: str) -> Ratings:
    from workloads.recommend.columns import number_names

    of_user, users = number_names([block.users for block in blocks])
    of_item, items = number_names([block.items for block in blocks])
    strengths = np.concatenate([block.ratings for block in blocks])
    rows = merge_duplicates(group_by_row(of_user, of_item, strengths, users), items)
    reading = _reading(rows, items, strengths, blocks, columns)
    try:
        require_testable(rows, items)
    except ValueError as error:
        raise Unreadable(f"holds too little: {error} ({reading})") from error
    return Ratings(rows, items, reading)


def _reading(
    rows: Rows, items: int, strengths: Array, blocks: Sequence["Columns"], columns: str
) -> str:
    rated = any(block.rated for block in blocks)
    counts = [
        number_of(rows.height, "user"),
        number_of(items, "item"),
        number_of(len(strengths), "rating" if rated else "interaction"),
    ]
    zeros = sum(block.zeros for block in blocks)
    repeats = len(strengths) - len(rows.columns)
    left_out = f"; {number_of(zeros, 'rating')} of 0 left out" if zeros else ""
    added = f"; {number_of(repeats, 'repeat')} of a pair added to it" if repeats else ""
    return f"{', '.join(counts)}, {columns}{left_out}{added}"


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    """Put a name before what is said of a file."""
    try:
        yield
    except Unreadable as error:
        raise BadRequest(f"{name} {error}", error.hint) from error


def _short(name: str) -> str:
    """Return the name of a file without its folder: a take tells nobody where that is."""
    return excerpt(os.path.basename(name.rstrip("/")).encode("utf-8", "replace"))


@contextlib.contextmanager
def _open(name: str, files: Sequence[Path], wanted: Sequence[str]) -> Iterator[Opened]:
    """Yield what is read of a file or a folder; its blocks raise ``ValueError`` if it is empty."""
    with contextlib.ExitStack() as stack:
        if is_parquet(files[0]):
            opened = _open_parquet(files, Path(name).expanduser(), wanted)
        else:
            opened = _open_lines(files, wanted, stack)
        yield opened._replace(blocks=_bounded(opened.blocks))


def _bounded(blocks: Iterator["Columns"]) -> Iterator["Columns"]:
    """Yield the blocks that hold anything; raise ``ValueError`` for too many and for none."""
    interactions = 0
    for block in blocks:
        interactions += len(block.ratings)
        if interactions > MOST_INTERACTIONS:
            raise Unreadable(f"holds more than the {MOST_INTERACTIONS:,} ratings that can be read")
        if len(block.ratings) or block.zeros:
            yield block
    if not interactions:
        raise Unreadable("holds no ratings")


def _open_parquet(files: Sequence[Path], path: Path, wanted: Sequence[str]) -> Opened:
    from workloads.recommend.parquet import Table

    table = Table(files, path if path.is_dir() else path.parent, wanted)
    return Opened(reading_of_columns(table.names, table.places), table.blocks())


def _open_lines(
    files: Sequence[Path], wanted: Sequence[str], stack: contextlib.ExitStack
) -> Opened:
    first, *others = files
    opened = _open_file(first, wanted, stack)

    def blocks() -> Iterator["Columns"]:
        yield from opened.blocks
        for path in others:
            with contextlib.ExitStack() as inner:
                try:
                    yield from _open_file(path, wanted, inner).blocks
                except Unreadable as error:
                    raise Unreadable(f"has a part {path.name[:80]}: {error}", error.hint) from error

    return opened._replace(blocks=blocks())


def _open_file(path: Path, wanted: Sequence[str], stack: contextlib.ExitStack) -> Opened:
    """Return what is read of a file of lines; raise ``ValueError`` if it is empty."""
    from workloads.recommend.columns import read_lines
    from workloads.recommend.csv_blocks import read_csv_block
    from workloads.recommend.json_blocks import find_fields, read_json_block

    blocks = stack.enter_context(open_blocks(path))
    head = next(blocks, b"").removeprefix(BYTE_ORDER_MARK)
    if not head.strip():
        raise Unreadable("holds no ratings")
    text = head.lstrip(b"\r\n")
    lines_before, head = head[: len(head) - len(text)].count(b"\n"), text
    if text.lstrip().startswith(b"["):
        raise Unreadable("holds JSON arrays", "write one JSON object a line")
    if head.lstrip().startswith(b"{"):
        fields = find_fields(head, wanted)
        columns = reading_of_columns(fields.names, fields.places)
        read = partial(read_json_block, fields=fields)
    else:
        layout = find_layout(head, wanted)
        columns = reading_of_columns(layout.names, layout.places)
        read = partial(read_csv_block, layout=layout)
        if layout.names:
            lines_before += 1
            head = head.partition(b"\n")[2]

    def interactions() -> Iterator["Columns"]:
        lines = lines_before
        for block in filter(None, chain([head], blocks)):
            yield read_lines(block, read, lines)
            lines += block.count(b"\n")

    return Opened(columns, interactions())
