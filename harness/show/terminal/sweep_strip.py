"""The strip below both sides of a sweep: what is being measured, and the curve S(p) as it grows.

A row per scale holds a bar as long as its speedup and a mark at the ideal, S = p: the eye measures
what is missing. Only measured points are shown. A total function of the board.
May import ``model``, ``state``, ``text`` and its neighbours in ``show``.
"""

import math
from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment

from harness import text
from harness.model import Side, Spec
from harness.show.terminal.lines import (
    DISTRIBUTED_PAINT,
    STRONG,
    Line,
    bar,
    cut,
    first_fitting,
    piece,
    shorten,
)
from harness.state.board import Board
from harness.state.progress import ScaleProgress, latest_started, scales, workers_at_work
from harness.state.side import SideState

MOST_ROWS = 5

_IDEAL_MARK = "┃"
_MISSING = "─"
_OVERSUBSCRIBED = "*"
_MEASURING = "measuring"
_MOST_VALUE_CELLS = 12
_ROUNDING = 1e-9


def strip_rows(spec: Spec) -> int:
    """Return the strip's height: none in a race, else a title and a row for up to four scales."""
    return min(MOST_ROWS, 1 + len(spec.points)) if spec.points else 0


def draw_strip(board: Board, spec: Spec, columns: int) -> tuple[Line, ...]:
    """Return as many lines as the strip has rows, none wider than the terminal."""
    if not spec.points:
        return ()
    all_scales = scales(board, spec)
    running = latest_started(board)
    complete = all(scale.pairs >= spec.trials for scale in all_scales)
    measured = None
    if not complete and running is not None and running.side is not Side.BASELINE:
        measured = workers_at_work(running)
    shown = _nearest(all_scales, _focus(board, spec, complete=complete), strip_rows(spec) - 1)
    title = "all points measured" if complete else _title(spec, running)
    return (
        _title_line(title, spec, columns - 2),
        *_scale_lines(shown, measured, spec, columns - 2),
    )


def _focus(board: Board, spec: Spec, *, complete: bool) -> int:
    """Return the number of workers around which scales are shown."""
    if complete:
        return spec.workers
    started = board.distributed.started_at is not None
    return workers_at_work(board.distributed) if started else spec.points[0]


def _title(spec: Spec, running: SideState | None) -> str:
    """Return what is being measured, or before the first go what will be."""
    first, last = text.count(spec.points[0]), text.count(spec.points[-1])
    if running is None:
        points = f"{text.number_of(len(spec.points), 'point')} to measure"
        return f"{points}, p = {first} to {last} · {text.number_of(spec.trials, 'round')}"
    turn = f"round {text.count(running.trial + 1)} of {text.count(spec.trials)}"
    if running.side is Side.BASELINE:
        return f"baseline · {turn}"
    workers = workers_at_work(running)
    place = text.count(sum(point <= workers for point in spec.points))
    return f"point {place} of {text.count(len(spec.points))} · p = {text.count(workers)} · {turn}"


def _title_line(title: str, spec: Spec, width: int) -> Line:
    """Return the title, and at the end what the bars and marks mean."""
    start = cut(title, width)
    room = width - cell_len(start) - 2
    bars = "median speedup so far" if spec.trials > 1 else "speedup so far"
    note = ""
    if _is_oversubscribed(spec, spec.points[-1]):
        note = f" · {_OVERSUBSCRIBED} oversubscribed"
    ideal = f"{_IDEAL_MARK} ideal, S = p"
    legends = [f"{bars} · {ideal}{note}", f"{ideal}{note}", f"{_IDEAL_MARK} ideal{note}"]
    legend = first_fitting(legends, max(0, room))
    gap = " " * (width - cell_len(start) - cell_len(legend))
    return (piece(" "), piece(start, STRONG), piece(f"{gap}{legend}"))


def _nearest(
    all_scales: Sequence[ScaleProgress], workers: int, most: int
) -> Sequence[ScaleProgress]:
    """Return the scales nearest to a number of workers, as many as have a row."""
    place = sum(scale.workers < workers for scale in all_scales)
    first = max(0, min(place - most // 2, len(all_scales) - most))
    return all_scales[first : first + most]


def _is_oversubscribed(spec: Spec, workers: int) -> bool:
    """Return whether a scale has more workers than cores: it exceeds the headline's scale."""
    return workers > spec.workers


def _scale_lines(
    shown: Sequence[ScaleProgress], measured: int | None, spec: Spec, width: int
) -> list[Line]:
    """Return a row per scale, all to one measure: up to the largest ideal or speedup."""
    end = max(max(scale.workers, _length(scale)) for scale in shown)
    names = [_name(scale, spec) for scale in shown]
    values = [_value(scale, scale.workers == measured) for scale in shown]
    name_cells = max(map(cell_len, names))
    value_cells = max(len(_MEASURING), *map(cell_len, values))
    lines: list[Line] = []
    for scale, name, value in zip(shown, names, values, strict=True):
        here = scale.workers == measured
        start = f"{'>' if here else ' '} {name.ljust(name_cells)} {value.rjust(value_cells)} "
        room = max(1, width + 1 - cell_len(start))
        drawn = _bar(_length(scale) / end, scale.workers / end, room)
        lines.append((piece(start, STRONG if here else None), *drawn))
    return lines


def _name(scale: ScaleProgress, spec: Spec) -> str:
    mark = _OVERSUBSCRIBED if _is_oversubscribed(spec, scale.workers) else ""
    return f"p {text.count(scale.workers)}{mark}"


def _length(scale: ScaleProgress) -> float:
    """Return the speedup that a bar is as long as: 0 where it is unknown or infinite."""
    return scale.speedup if scale.speedup is not None and math.isfinite(scale.speedup) else 0.0


def _value(scale: ScaleProgress, is_measured: bool) -> str:
    """Return the speedup; without a baseline yet the time alone; else whether it is measured."""
    if scale.speedup is not None:
        value = text.times(scale.speedup)
    elif scale.distributed_s is not None:
        value = text.seconds(scale.distributed_s)
    else:
        value = _MEASURING if is_measured else text.NOTHING
    return shorten(value, _MOST_VALUE_CELLS)


def _bar(fraction: float, ideal: float, width: int) -> tuple[Segment, ...]:
    """Return a bar, what is missing, and the mark of the ideal, where an ideal bar would end."""
    filled = bar(fraction, width - 1, rail=" ").rstrip()
    place = int(ideal * (width - 1) + _ROUNDING)
    missing = (_MISSING if fraction > 0 else " ") * (place - len(filled))
    return (
        piece(filled[:place], DISTRIBUTED_PAINT),
        piece(f"{missing}{_IDEAL_MARK}"),
        piece(filled[place + 1 :], DISTRIBUTED_PAINT),
    )
