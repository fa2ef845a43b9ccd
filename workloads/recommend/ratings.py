"""Ratings of the user's own for ``recommend``: user, item and perhaps a rating and a time a line.

Read are the forms in which MovieLens ships them, and CSV, packed or not. Every refusal is one
sentence that names the file and, where it is about one, the line.
Imports ``harness.workload``, NumPy and this package; ``columns``, which needs pyarrow, only when
a file is read.
"""

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.workload import require_package
from workloads.recommend.kernel import Rows
from workloads.recommend.layout import find_layout
from workloads.recommend.line_blocks import open_blocks
from workloads.recommend.rows import group_by_row, merge_duplicates

if TYPE_CHECKING:
    from workloads.recommend.columns import Columns

MOST_INTERACTIONS = 100_000_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def check_ratings(name: str) -> None:
    """Raise ``ValueError`` unless a file's first few megabytes can be read as ratings.

    Raises ``BadRequest`` where pyarrow is not installed.
    """
    require_package("pyarrow", f"ratings={name}")
    path = _find(name)
    with _naming(path), contextlib.closing(_read(path)) as blocks:
        next(blocks)


def read_ratings(name: str) -> tuple[Rows, int]:
    """Return a row of items for every user of the file, and how many items there are.

    Users and items are numbered as they first appear; ratings of the same pair are added.
    Raises ``ValueError`` for a file or a line that cannot be read.
    """
    require_package("pyarrow", f"ratings={name}")
    from workloads.recommend.columns import number_names

    path = _find(name)
    with _naming(path):
        users, items, ratings = zip(*_read(path), strict=True)
        of_user, user_count = number_names(users)
        of_item, item_count = number_names(items)
    rows = group_by_row(of_user, of_item, np.concatenate(ratings), user_count)
    return merge_duplicates(rows, item_count), item_count


def _find(name: str) -> Path:
    try:
        path = Path(name).expanduser()
        is_file = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"ratings={name!r} is no path: {error}") from error
    if not is_file:
        raise ValueError(f"ratings={name} is not a file")
    return path


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the file's name before what is said of it."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path} {error}") from error


def _read(path: Path) -> Generator["Columns"]:
    """Yield a file's interactions, block by block; raise ``ValueError`` if there are none."""
    from workloads.recommend.columns import read_columns

    layout = None
    lines = 0
    interactions = 0
    with open_blocks(path) as blocks:
        for block in blocks:
            if layout is None:
                block = block.removeprefix(BYTE_ORDER_MARK)
                layout = find_layout(block)
                lines = int(layout.has_header)
                block = block.split(b"\n", 1)[-1] if layout.has_header else block
            if block:
                columns = read_columns(block, layout, lines)
                lines += block.count(b"\n")
                interactions += len(columns.ratings)
                if interactions > MOST_INTERACTIONS:
                    raise ValueError(
                        f"line {lines} is beyond the {MOST_INTERACTIONS:,} interactions "
                        "that can be read"
                    )
                if len(columns.ratings):
                    yield columns
    if not interactions:
        raise ValueError("holds no interactions")
