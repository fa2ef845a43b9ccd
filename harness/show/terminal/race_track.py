"""The track over both lanes: two bars on one axis of time, and the gap between them in brackets.

Once one side is done, and the other has run longer from the same zero, it says in large digits how
many times as long that is.
A total function of both views. May import ``model``, ``state``, ``text`` and its neighbours.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment

from harness import text
from harness.show.terminal.big_digits import LARGE, SMALLEST, Face, digits_width, draw_digits
from harness.show.terminal.lines import (
    LABEL,
    SHADED,
    STRONG,
    Line,
    bar,
    first_fitting,
    pad,
    piece,
    wrap,
)
from harness.show.terminal.side_view import SideView

NARROW_ROWS, WIDE_ROWS, WIDEST_ROWS = 2, 5, 9
"""The heights that a track can have: with the number in words, in digits, in larger digits."""

_LARGE_FACES = {WIDE_ROWS: SMALLEST, WIDEST_ROWS: LARGE}
_THICKNESS = {NARROW_ROWS: 1, WIDE_ROWS: 2, WIDEST_ROWS: 3}
_WORDS_CELLS = 20
_NARROWEST_BRACKET = 2
_LONGEST_NUMBER = "88.8×"
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
_SHORTEST_AXIS_S = 10.0
_FEWEST_CELLS_A_MARK = 12


@lru_cache(maxsize=16)
def axis_end_s(longest_s: float, known_s: float = 0.0) -> float:
    """Return the seconds at the right end of an axis, given the longest clock on it.

    That is the wall time ``known_s`` as long as no clock has passed it, else the next round number.
    """
    longest_s = longest_s if math.isfinite(longest_s) else 0.0
    if known_s > 0 and longest_s <= known_s:
        return known_s
    end_s = next((float(step) for step in _STEPS_S if step > longest_s), 2.0 * _STEPS_S[-1])
    while end_s <= longest_s:
        end_s *= 2
    return max(end_s, _SHORTEST_AXIS_S)


def draw_track(
    views: tuple[SideView, SideView],
    *,
    end_s: float,
    gap_words: Sequence[str],
    ratio: str,
    remarks: tuple[str, Sequence[str]],
    columns: int,
    rows: int,
) -> tuple[Line, ...]:
    """Return the track in as many lines as asked: none, or one of the heights above.

    ``gap_words`` word the gap in several lengths, the longest first (none: there is no gap).
    ``ratio`` is how many times as long the slower side took so far (empty: it cannot be said).
    ``remarks`` stand in the place of the ratio, and above it in several lengths.
    """
    if rows not in (NARROW_ROWS, *_LARGE_FACES):
        return ()
    face = _LARGE_FACES.get(rows)
    beside = digits_width(_LONGEST_NUMBER, face) if face is not None else _WORDS_CELLS
    name_cells = max(cell_len(view.name) for view in views) + 1
    width = max(1, columns - name_cells - beside - 5)
    bracket = _bracket(views, end_s, gap_words, width)
    lanes = _lanes(views, end_s, bracket, width, _THICKNESS[rows])
    if rows == WIDEST_ROWS:
        lanes = [*lanes[: _THICKNESS[rows]], (), *lanes[_THICKNESS[rows] :], ()]
    if face is not None:
        lanes.append((piece(" " * name_cells), piece(_axis(end_s, width))))
    instead, above = remarks
    if gap_words and gap_words[-1] not in bracket:
        above = [", ".join(filter(None, (gap_words[-1], words))) for words in above[:1]] + [*above]
    number = _number(ratio, (instead, above), face, beside)
    return tuple(
        (piece(" "), *pad(lane, name_cells + width), piece("  "), words)
        for lane, words in zip(lanes, number, strict=True)
    )


def _shares(views: tuple[SideView, SideView], end_s: float) -> list[float]:
    """Return how much of the axis each clock has run."""
    return [min(1.0, view.elapsed / end_s) if view.elapsed > 0 else 0.0 for view in views]


def _lanes(
    views: tuple[SideView, SideView], end_s: float, bracket: str, width: int, thickness: int
) -> list[Line]:
    """Return the lines of both bars, each so many lines thick; the shorter one has the bracket."""
    cells = max(cell_len(view.name) for view in views) + 1
    shares = _shares(views, end_s)
    lines: list[Line] = []
    paints = views[0].paint, views[1].paint + SHADED
    for view, share, paint in zip(views, shares, paints, strict=True):
        filled = piece(bar(share, width, rail=" ").rstrip(), paint)
        for row in range(thickness):
            middle = row == (thickness - 1) // 2
            name = piece(view.name.ljust(cells) if middle else " " * cells, STRONG)
            gap = piece(bracket if middle and share == min(shares) else "", STRONG)
            lines.append((name, filled, gap))
    return lines


def _bracket(
    views: tuple[SideView, SideView], end_s: float, words: Sequence[str], width: int
) -> str:
    """Return the gap in brackets as wide as it is, its words within them or else behind them.

    It is empty where there is no gap, or none that can be seen.
    """
    shorter, longer = sorted(_shares(views, end_s))
    start = len(bar(shorter, width, rail=" ").rstrip())
    reach = int(longer * width) - start
    if not words or reach < _NARROWEST_BRACKET:
        return ""
    inside = [f" {variant} " for variant in words if cell_len(variant) + 4 <= reach]
    if inside:
        return f"├{inside[0].center(reach - 2, '─')}┤"
    room = width - start - reach - 1
    behind = [f" {variant}" for variant in words if cell_len(variant) <= room]
    return f"├{'─' * (reach - 2)}┤{behind[0] if behind else ''}"


@lru_cache(maxsize=4)
def _axis(end_s: float, width: int) -> str:
    """Return the marks of the time axis, as many as there is room for."""
    most = max(1, width // _FEWEST_CELLS_A_MARK)
    step = next((step for step in _STEPS_S if end_s / step <= most), max(end_s, 1.0))
    line = ""
    for mark in range(int(end_s / step) + 1):
        written = f"╵{text.minutes(mark * step)}"
        place = int(mark * step / end_s * width)
        if place + len(written) <= width:
            line = f"{line.ljust(place)}{written}"
    return line


def _number(
    ratio: str, remarks: tuple[str, Sequence[str]], face: Face | None, width: int
) -> list[Segment]:
    """Return the lines beside the bars: the ratio with a remark above it, or a remark alone."""
    instead, above = remarks
    rows = NARROW_ROWS if face is None else face.rows + 1
    if not ratio:
        lines = wrap(instead, width, rows)
        return [piece(f" {line}", STRONG) for line in [*lines, *[""] * (rows - len(lines))]]
    # words may separate thousands, digits have no comma
    written = ratio.replace(",", "")
    remark = piece(f" {first_fitting(above, width)}", STRONG)
    if face is None:
        return [remark, piece(f" {written} ", LABEL)]
    return [remark, *(piece(f" {row}", STRONG) for row in draw_digits(written, face, width))]
