"""Parquet files as columns of users, items and ratings, read by pyarrow.

Imports the standard library, pyarrow, ``workloads.documents``, ``columns``, ``layout`` and
``line_blocks``.
"""

import bisect
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from workloads.documents.kinds import Unreadable
from workloads.documents.words import excerpt
from workloads.recommend.columns import Columns, checked_columns
from workloads.recommend.layout import Places, find_by_names, find_wanted, require_single
from workloads.recommend.line_blocks import MOST_BYTES

ROWS_AT_A_TIME = 1 << 16
BROKEN = (pa.ArrowException, OSError, IndexError, NotImplementedError, UnicodeDecodeError)


class Table:
    """The ``names`` of the columns of Parquet files, and which ``places`` of them are read.

    Below ``folder``, folders that are called ``key=value`` are columns too. Raises ``ValueError``
    for files that are none, and for columns that cannot be found.
    """

    def __init__(self, files: Sequence[Path], folder: Path, wanted: Sequence[str]) -> None:
        self._is_one = len(files) == 1
        try:
            self._dataset = pyarrow.dataset.dataset(
                [str(path) for path in files],
                format="parquet",
                partitioning="hive",
                partition_base_dir=str(folder),
            )
            self.names: tuple[str, ...] = tuple(self._dataset.schema.names)
        except BROKEN as error:
            _require_own_names(files[0])
            raise Unreadable("cannot be read as Parquet") from error
        self.places: Places = (
            find_wanted(self.names, wanted) if wanted else find_by_names(self.names)
        )

    def blocks(self) -> Iterator[Columns]:
        """Yield the interactions; raise ``ValueError`` for a row that is none, with its number."""
        names = [self.names[place] for place in self.places.taken]
        for fragment in self._dataset.get_fragments():
            where = "row" if self._is_one else f"{Path(fragment.path).name[:80]}, row"
            row = 0
            try:
                _require_moderate(fragment)
                for batch in fragment.to_batches(
                    schema=self._dataset.schema,
                    columns=names,
                    batch_size=ROWS_AT_A_TIME,
                    batch_readahead=0,
                    fragment_readahead=0,
                    use_threads=False,
                ):
                    yield _checked(batch, where, row)
                    row += len(batch)
            except BROKEN as error:
                raise Unreadable(f"cannot be read as Parquet beyond {where} {row:,}") from error


def _require_own_names(path: Path) -> None:
    """Raise ``ValueError`` if two columns have one name, which Arrow does not read."""
    with contextlib.suppress(*BROKEN):
        names = pyarrow.parquet.read_schema(path).names
        require_single(names, range(len(names)))


def _require_moderate(fragment: pyarrow.dataset.ParquetFileFragment) -> None:
    """Raise ``ValueError`` for more bytes, unpacked, than there may be in a row group."""
    for group in fragment.row_groups:
        if group.total_byte_size > MOST_BYTES:
            raise Unreadable(f"is larger than the {MOST_BYTES:,} bytes that can be read")


def _checked(batch: pa.RecordBatch, where: str, before: int) -> Columns:
    try:
        columns = _cast(batch)
    except BROKEN as error:
        kinds = ", ".join(str(column.type)[:40] for column in batch.columns)
        raise Unreadable(f"has columns of {kinds}, not of names and numbers") from error
    try:
        return checked_columns(*columns)
    except Unreadable as error:
        ends = range(len(batch) - 1)
        place = bisect.bisect_left(ends, True, key=lambda last: _has_fault(columns, last + 1))
        values = ",".join(map(str, (column[place] for column in batch.columns)))
        raise Unreadable(
            f"{where} {before + place + 1:,} {error}: {excerpt(values.encode())}", error.hint
        ) from error


def _cast(batch: pa.RecordBatch) -> tuple[pa.Array, pa.Array, pa.Array | None]:
    users, items, *rest = batch.columns
    names = [column.cast(pa.large_string()) for column in (users, items)]
    return names[0], names[1], rest[0].cast(pa.float64()) if rest else None


def _has_fault(columns: tuple[pa.Array, pa.Array, pa.Array | None], count: int) -> bool:
    """Return whether one of the first ``count`` rows is malformed."""
    users, items, ratings = columns
    first = None if ratings is None else ratings.slice(0, count)
    try:
        checked_columns(users.slice(0, count), items.slice(0, count), first)
    except Unreadable:
        return True
    return False
