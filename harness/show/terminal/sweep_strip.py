"""The strip under both sides of a sweep: which point is being measured, and the curve S(p) as it grows.

A row per scale holds a bar as long as its speedup and a mark where the ideal, S = p, lies, so that the eye
measures what is missing. Measured points only: nothing here is predicted. A total function of the board.
May import ``model``, ``score`` and its neighbours in ``show``.
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
from harness.state.board import Board, Lane
from harness.state.progress import Scale, latest, scales, workers_at_work

MOST_ROWS = 5

_MARK, _TRACK, _CROWDED = "┃", "░", "*"
_MEASURING = "measuring"
_MOST_VALUE_CELLS = 12
_ROUNDING = 1e-9


def strip_rows(spec: Spec) -> int:
    """Return the strip's height, the same all through a session: none in a race, else its title and up to four scales."""
    return min(MOST_ROWS, 1 + len(spec.points)) if spec.points else 0


def draw_strip(board: Board, spec: Spec, columns: int) -> tuple[Line, ...]:
    """Return as many lines as the strip has rows, none wider than the terminal."""
    if not spec.points:
        return ()
    every, now = scales(board, spec), latest(board)
    over = all(scale.pairs >= spec.trials for scale in every)
    present = None if over or now is None or now.side is Side.BASELINE else workers_at_work(now)
    begun = board.distributed.started_at is not None
    nearest = (
        spec.workers if over else workers_at_work(board.distributed) if begun else spec.points[0]
    )
    title = "all points measured" if over else _title(spec, now)
    return (
        _headed(title, spec, columns - 2),
        *_curve(_nearest(every, nearest, strip_rows(spec) - 1), present, spec, columns - 2),
    )


def _title(spec: Spec, now: Lane | None) -> str:
    """Return what is being measured, or before the first go what will be."""
    if now is None:
        to_come = f"{text.number_of(len(spec.points), 'point')} to measure"
        return f"{to_come}, p = {text.count(spec.points[0])} to {text.count(spec.points[-1])} · {text.number_of(spec.trials, 'round')}"
    turn = f"round {text.count(now.trial + 1)} of {text.count(spec.trials)}"
    if now.side is Side.BASELINE:
        return f"baseline · {turn}"
    workers = workers_at_work(now)
    place = sum(point <= workers for point in spec.points)
    return f"point {text.count(place)} of {text.count(len(spec.points))} · p = {text.count(workers)} · {turn}"


def _headed(title: str, spec: Spec, width: int) -> Line:
    """Return the title, with what the bars and marks mean at its end."""
    told = cut(title, width)
    room = width - cell_len(told) - 2
    what = "median speedup so far" if spec.trials > 1 else "speedup so far"
    ideal = f"{_MARK} ideal, S = p"
    crowded = f" · {_CROWDED} oversubscribed" if _crowded(spec, spec.points[-1]) else ""
    legends = [f"{what} · {ideal}{crowded}", f"{ideal}{crowded}", f"{_MARK} ideal{crowded}"]
    legend = first_fitting(legends, max(0, room))
    return (
        piece(" "),
        piece(told, STRONG),
        piece(f"{' ' * (width - cell_len(told) - cell_len(legend))}{legend}"),
    )


def _nearest(every: Sequence[Scale], workers: int, most: int) -> Sequence[Scale]:
    """Return the scales nearest to that p, as many as have a row."""
    place = sum(scale.workers < workers for scale in every)
    first = max(0, min(place - most // 2, len(every) - most))
    return every[first : first + most]


def _crowded(spec: Spec, workers: int) -> bool:
    """Tell whether a scale has more workers than there are cores: it is beyond the largest that fits, the headline's."""
    return workers > spec.workers


def _curve(shown: Sequence[Scale], present: int | None, spec: Spec, width: int) -> list[Line]:
    """Return a row per scale, all bars to one measure: it ends at the largest ideal, or at what surpasses it."""
    end = max(max(scale.workers, _length(scale)) for scale in shown)
    names = [
        f"p {text.count(scale.workers)}{_CROWDED if _crowded(spec, scale.workers) else ''}"
        for scale in shown
    ]
    values = [
        shorten(_value(scale, scale.workers == present), _MOST_VALUE_CELLS) for scale in shown
    ]
    name_cells, value_cells = (
        max(map(cell_len, names)),
        max(len(_MEASURING), *map(cell_len, values)),
    )
    lines: list[Line] = []
    for scale, name, value in zip(shown, names, values, strict=True):
        here = scale.workers == present
        lead = f"{'>' if here else ' '} {name.ljust(name_cells)} {value.rjust(value_cells)} "
        drawn = _bar(_length(scale) / end, scale.workers / end, max(1, width + 1 - cell_len(lead)))
        lines.append((piece(lead, STRONG if here else None), *drawn))
    return lines


def _length(scale: Scale) -> float:
    """Return the speedup that a bar is as long as: none where it is not known, or beyond all measure."""
    return scale.speedup if scale.speedup is not None and math.isfinite(scale.speedup) else 0.0


def _value(scale: Scale, present: bool) -> str:
    """Return the speedup, where the round has no baseline yet the time alone, else whether it is being measured."""
    if scale.speedup is not None:
        return text.times(scale.speedup)
    if scale.distributed_s is not None:
        return text.seconds(scale.distributed_s)
    return _MEASURING if present else text.NOTHING


def _bar(fraction: float, ideal: float, width: int) -> tuple[Segment, ...]:
    """Return a bar, what is missing of the ideal, and the mark at its end; an ideal bar ends where its mark stands."""
    filled, place = bar(fraction, width - 1).rstrip(_TRACK), int(ideal * (width - 1) + _ROUNDING)
    missing = (_TRACK if fraction > 0 else " ") * (place - len(filled))
    return (
        piece(filled[:place], DISTRIBUTED_PAINT),
        piece(f"{missing}{_MARK}"),
        piece(filled[place + 1 :], DISTRIBUTED_PAINT),
    )
