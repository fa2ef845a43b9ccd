"""Tables as data, every cell in words: the sweep's, and how any table looks on a terminal of 80 columns.

Figures, exports and the terminal draw the same rows. A row says what it is, measured or predicted, in words and strokes,
never by colour alone. Total functions; may import ``model``, ``score``, ``words`` and its neighbours in ``show``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.cells import cell_len, set_cell_size

from harness import text as words
from harness.claims.claims import Claims
from harness.claims.curve import Curve, Point, Prediction
from harness.model import Kind
from harness.show import phrases, sweep_phrases
from harness.show.terminal.lines import shorten

COLUMNS = 78
INTERVAL, PAIRS, RUNS = "95 % interval", "of pairs", "of any runs"
NO_HEADLINE = "NO HEADLINE"
PREDICTED = "predicted by Amdahl's law, not measured"
_WIDEST_GAP, _NARROWEST_GAP = 4, 1


class RowKind(StrEnum):
    """What a row is: the baseline, a measurement, or no measurement at all."""

    BASELINE = "baseline"
    MEASURED = "measured"
    PREDICTED = "predicted"


@dataclass(frozen=True)
class Row:
    """A row's cells, one a column, and what must be said of it: each flag a clause."""

    cells: tuple[str, ...]
    kind: RowKind = RowKind.MEASURED
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table with the sentences under it. The first column names the row, the others hold numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def scaling_table(claims: Claims) -> Table | None:
    """Return the scaling table: the baseline, every measured scale, and predictions beyond.

    None: no scale has a complete pair.
    """
    if (curve := claims.curve) is None:
        return None
    headings, baseline, *others = zip(*_columns(curve), strict=True)
    measured = [
        Row(cells, RowKind.MEASURED, sweep_phrases.flags(point))
        for cells, point in zip(others, curve.points, strict=False)
    ]
    predicted = [Row(cells, RowKind.PREDICTED) for cells in others[len(measured) :]]
    rows = Row(baseline, RowKind.BASELINE), *measured, *predicted
    return Table(
        sweep_phrases.title(curve), headings, rows, tuple(filter(None, _notes(claims, curve)))
    )


def _columns(curve: Curve) -> Iterator[list[str]]:
    """Yield each column: its heading, the baseline, the measured scales, the predicted ones. A column shares a unit."""
    points, foreseen = curve.points, curve.predictions
    scales: tuple[Point | Prediction, ...] = (*points, *foreseen)
    limit, blank = curve.results.spec.workload.tolerance, [words.NOTHING] * len(foreseen)
    spans = words.durations(
        curve.baseline_s, *(curve.baseline_s / scale.speedup for scale in scales)
    )
    sums = words.amounts(
        curve.baseline_cost,
        *(scale.cost for scale in scales),
        currency=curve.results.spec.prices.currency,
    )
    yield ["", "baseline", *(words.number_of(scale.workers, "worker") for scale in scales)]
    yield ["time", *_foreseen(spans, len(foreseen))]
    yield [
        "S(p)",
        words.times(1.0),
        *_foreseen([words.times(scale.speedup) for scale in scales], len(foreseen)),
    ]
    if spread := _spread(curve):
        yield [spread, words.NOTHING, *(_ends(point, spread) for point in points), *blank]
    yield [
        "E(p)",
        words.NOTHING,
        *_foreseen(
            [_unless_crowded(scale, words.percent(scale.efficiency)) for scale in scales],
            len(foreseen),
        ),
    ]
    yield ["f", words.NOTHING, *(_fraction(point.serial_fraction) for point in points), *blank]
    yield [
        "Δq",
        words.NOTHING,
        *(words.change(point.quality_change, limit) for point in points),
        *blank,
    ]
    costs = [_unless_crowded(scale, cost) for scale, cost in zip(scales, sums[1:], strict=True)]
    yield ["cost", sums[0], *_foreseen(costs, len(foreseen))]


def _unless_crowded(scale: Point | Prediction, said: str) -> str:
    """Return what is said of a scale, unless its cores were not all there: it then has no efficiency and no machines to be billed."""
    return words.NOTHING if isinstance(scale, Point) and scale.oversubscribed else said


def _foreseen(cells: Sequence[str], last: int) -> list[str]:
    """Return the cells with the last ones marked as no measurements."""
    known = len(cells) - last
    return [*cells[:known], *(f"≈{cell}" for cell in cells[known:])]


def _spread(curve: Curve) -> str:
    """Return the heading of how sure S is: intervals where all scales have one, else what the pairs gave; empty for one pair."""
    if all(point.interval is not None for point in curve.points):
        return INTERVAL
    if max(point.pairs for point in curve.points) == 1:
        return ""
    return RUNS if curve.results.kind is Kind.DECLARED else PAIRS


def _ends(point: Point, spread: str) -> str:
    known = point.interval if spread == INTERVAL else None
    low, high = known or (min(point.ratios), max(point.ratios))
    return f"{words.three_digits(low)}–{words.times(high)}"


def _fraction(serial: float | None) -> str:
    return words.NOTHING if serial is None else words.percent(serial)


def _notes(claims: Claims, curve: Curve) -> Iterator[str]:
    results = claims.results
    yield from (
        f"{NO_HEADLINE}: {phrases.short_caveat(reason, results.spec.workload.tolerance)}"
        for reason in claims.refused
    )
    quality = words.quality(curve.baseline_quality, results.spec.workload.tolerance)
    spread = _spread(curve)
    pairs = f" ({spread}: lowest to highest)" if spread in (PAIRS, RUNS) else ""
    moved = f"Δq change from {quality} of {sweep_phrases.metric(results)}"
    yield f"S speedup{pairs}, E efficiency, f serial share that S implies, {moved}"
    yield sweep_phrases.law(curve)
    yield sweep_phrases.largest_worthwhile(curve)
    yield sweep_phrases.next_scale_cost(curve)
    yield sweep_phrases.cost_scale(curve)
    yield sweep_phrases.framework_tax(curve)
    yield sweep_phrases.prices(results)
    if results.combined:
        runs = ", ".join(map(words.printable, results.combined))
        yield f"combined from {words.number_of(len(results.combined), 'session')}: {runs}"
    yield phrases.provenance(results)


def format_table(table: Table) -> str:
    """Return a table for a terminal of 80 columns."""
    widths = [
        max(cell_len(cell) for cell in column)
        for column in zip(table.columns, *(row.cells for row in table.rows), strict=True)
    ]
    gap = max(_NARROWEST_GAP, min(_WIDEST_GAP, (COLUMNS - sum(widths)) // max(1, len(widths) - 1)))
    width = min(COLUMNS, sum(widths) + gap * (len(widths) - 1))
    lines = [*words.wrap(table.title, COLUMNS), "", _line(table.columns, widths, gap), "─" * width]
    before = RowKind.BASELINE
    for row in table.rows:
        if row.kind is RowKind.PREDICTED and before is not RowKind.PREDICTED:
            lines.append(f"┄┄ {PREDICTED} ".ljust(width, "┄"))
        lines += [_line(row.cells, widths, gap), *(f"   └ {flag}" for flag in row.flags)]
        before = row.kind
    lines += ["", *(line for note in table.notes for line in words.wrap(note, COLUMNS, "· "))]
    return "".join(f" {shorten(line, COLUMNS)}".rstrip() + "\n" for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], gap: int) -> str:
    """Return a row: its name on the left, its numbers to the right of their columns."""
    name = set_cell_size(cells[0], widths[0])
    padded = (
        " " * (width - cell_len(cell)) + cell
        for cell, width in zip(cells[1:], widths[1:], strict=True)
    )
    return (" " * gap).join([name, *padded]).rstrip()
