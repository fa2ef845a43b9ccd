"""The history of a worker's utilization as a filled curve, a moment a column.

Drawn in block elements, not in braille, which many fonts lack: on a page or in a video it would
move what stands behind it. A total function of the series. May import ``state``.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from harness.state.series import Series

HISTORY_S = 60.0
"""Seconds that a history covers at most."""

_HELD_AT_LEAST_S = 2.0
_HELD_FOR_INTERVALS = 2.5
_RECENT = 9
_REACHES_BACK = 0.6  # of how long it holds: a worker that was away has a gap before its next sample
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_FULL = 8
_EMPTY_ABOVE = 2  # eighths, so that a full history does not touch the bar above it
_MOST_HISTORIES = 512
"""So many are remembered: those of all workers that have room on a large terminal."""


def draw_history(
    series: Series, *, until: float, span_s: float, full: float, width: int, rows: int
) -> tuple[str, ...]:
    """Return rows of blocks with the series of the last ``span_s`` seconds before ``until``.

    Time runs from left to right, from zero at first; ``full`` is the value that fills all rows but
    the top of the first. A value of nothing is an eighth of a row high, a moment without a value is
    blank.
    """
    values = _values(series, until, span_s, width)
    return _curve(values, full, width, rows)


@lru_cache(maxsize=_MOST_HISTORIES)
def _curve(values: Sequence[float | None], full: float, width: int, rows: int) -> tuple[str, ...]:
    """Return rows of blocks, blank where there are no more values."""
    highest = rows * _FULL - _EMPTY_ABOVE
    heights = [
        0 if value is None else max(1, round(min(1.0, max(0.0, value / full)) * highest))
        for value in values
    ]
    lines = []
    for below in range((rows - 1) * _FULL, -1, -_FULL):
        blocks = " " * below + _EIGHTHS + _EIGHTHS[-1] * (highest - below)
        lines.append("".join([blocks[height] for height in heights]).ljust(width))
    return tuple(lines)


def _values(series: Series, until: float, span_s: float, number: int) -> tuple[float | None, ...]:
    """Return the value at so many moments, evenly apart, up to the one that is going on.

    None where there is none or it is old. A sample is of the time since the one before it, the
    first of that since go; until another one comes, the last one holds.
    """
    step = span_s / max(1, number)
    # by whole steps, so that all values move at once and between that only the last one changes
    since = max(0.0, -((span_s - until) // step) * step)
    begun = bisect_left(_beginnings(since, step, number), until)
    if not begun:
        return ()
    ends = min(since + (begun - 1) * step + step, until)
    past, held_s = _past_values(series, since, step, begun - 1)
    return (*past, _value_at(series.points, ends, held_s))


@lru_cache(maxsize=_MOST_HISTORIES)
def _past_values(
    series: Series, since: float, step: float, number: int
) -> tuple[tuple[float | None, ...], float]:
    """Return the values at the moments that are over, and for how long a value holds.

    They stay until another sample comes.
    """
    points, held_s = series.points, _held_s(series)
    beginnings = _beginnings(since, step, number)
    return tuple([_value_at(points, begins + step, held_s) for begins in beginnings]), held_s


@lru_cache(maxsize=_MOST_HISTORIES)
def _beginnings(since: float, step: float, number: int) -> tuple[float, ...]:
    return tuple([since + moment * step for moment in range(number)])


def _value_at(points: Sequence[tuple[float, float]], ends: float, held_s: float) -> float | None:
    """Return the value of the moment that ends then (None: none is of it, or still holds)."""
    place = bisect_left(points, (ends,))
    value = math.nan
    if place < len(points) and points[place][0] - ends <= _REACHES_BACK * held_s:
        value = points[place][1]
    elif place > 0 and ends - points[place - 1][0] <= held_s:
        value = points[place - 1][1]
    return value if math.isfinite(value) else None


def _held_s(series: Series) -> float:
    """Return for how long a value holds after its moment: as long as another may be awaited."""
    moments = [at for at, _ in series.points[-_RECENT:]]
    if len(moments) < 2:
        return _HELD_AT_LEAST_S
    intervals = sorted(later - at for at, later in pairwise(moments))
    return max(_HELD_AT_LEAST_S, _HELD_FOR_INTERVALS * intervals[len(intervals) // 2])
