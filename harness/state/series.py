"""A measured series that is thinned as it grows, so that neither a board nor a file gets long.

Pure; imports nothing of ours.
"""

import msgspec
from msgspec.structs import replace


class Series(msgspec.Struct, frozen=True):
    """Points of (seconds since go, value), thinned evenly to a bounded number.

    One of ``stride`` points that were ``offered`` is kept.
    """

    points: tuple[tuple[float, float], ...] = ()
    stride: int = 1
    offered: int = 0

    def __hash__(self) -> int:
        """Return a hash that takes no longer for a long series."""
        return hash((self.offered, self.stride, self.points[-1:]))


def extend(series: Series, at: float, value: float, limit: int) -> Series:
    """Return the series with one more point; past ``limit`` points, every second one is dropped."""
    offered = series.offered + 1
    if series.offered % series.stride:
        return replace(series, offered=offered)
    points = (*series.points, (at, value))
    if len(points) <= limit:
        return replace(series, points=points, offered=offered)
    return Series(points=points[::2], stride=series.stride * 2, offered=offered)


def value_at(series: Series, elapsed: float) -> float | None:
    """Return the last value at or before ``elapsed`` (None: there is none yet)."""
    past = [value for at, value in series.points if at <= elapsed]
    return past[-1] if past else None


def done_at(series: Series, elapsed: float) -> int:
    """Return the items done at ``elapsed``, on the straight line between the nearest points."""
    before, after = (0.0, 0.0), (0.0, 0.0)
    for point in series.points:
        before, after = after, point
        if point[0] > elapsed:
            break
    width = after[0] - before[0]
    if width <= 0 or after[0] <= elapsed:
        return int(after[1])
    return int(before[1] + (after[1] - before[1]) * (elapsed - before[0]) / width)
