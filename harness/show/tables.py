"""Tables as data, every cell in words, and how any table looks on a terminal of 80 columns.

A row says what it is, measured or predicted, in words and strokes, never by colour alone. May
import ``harness.text`` and ``harness.show.terminal.lines``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.cells import cell_len, set_cell_size

from harness import text
from harness.show.terminal.lines import shorten

COLUMNS = 78
PREDICTED = "predicted by Amdahl's law, not measured"
UNMEASURED = "predicted, not measured"
_WIDEST_GAP, _NARROWEST_GAP = 4, 1


class RowKind(StrEnum):
    """What a row is: the baseline, a measurement, or no measurement at all."""

    BASELINE = "baseline"
    MEASURED = "measured"
    PREDICTED = "predicted"


@dataclass(frozen=True)
class Row:
    """A row's cells, one for each column. Each flag is a clause that qualifies the row."""

    cells: tuple[str, ...]
    kind: RowKind = RowKind.MEASURED
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table and the sentences below it. The first column names the row, the rest are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def format_table(table: Table) -> str:
    """Return a table for a terminal of 80 columns."""
    widths = _widths(table)
    gap = _gap(widths)
    lines = [
        *text.wrap(table.title, COLUMNS),
        "",
        _line(table.columns, widths, gap),
        "─" * _width(widths, gap),
        *_body(table, widths, gap),
        "",
        *(line for note in table.notes for line in text.wrap(note, COLUMNS, "· ")),
    ]
    return "".join(f" {shorten(line, COLUMNS)}".rstrip() + "\n" for line in lines)


def _widths(table: Table) -> list[int]:
    columns = zip(table.columns, *(row.cells for row in table.rows), strict=True)
    return [max(map(cell_len, column)) for column in columns]


def _gap(widths: Sequence[int]) -> int:
    """Return the columns between two cells: as many as fit, within bounds."""
    room = (COLUMNS - sum(widths)) // max(1, len(widths) - 1)
    return max(_NARROWEST_GAP, min(_WIDEST_GAP, room))


def _width(widths: Sequence[int], gap: int) -> int:
    return min(COLUMNS, sum(widths) + gap * (len(widths) - 1))


def _body(table: Table, widths: Sequence[int], gap: int) -> Iterator[str]:
    """Yield the rows with their flags, and a line that divides the predictions from the rest."""
    previous = RowKind.BASELINE
    for row in table.rows:
        if row.kind is RowKind.PREDICTED and previous is not RowKind.PREDICTED:
            yield f"┄┄ {PREDICTED} ".ljust(_width(widths, gap), "┄")
        yield _line(row.cells, widths, gap)
        yield from (f"   └ {flag}" for flag in row.flags)
        previous = row.kind


def _line(cells: Sequence[str], widths: Sequence[int], gap: int) -> str:
    """Return a row: its name to the left, its numbers to the right of their columns."""
    name = set_cell_size(cells[0], widths[0])
    numbers = (
        " " * (width - cell_len(cell)) + cell
        for cell, width in zip(cells[1:], widths[1:], strict=True)
    )
    return (" " * gap).join([name, *numbers]).rstrip()
