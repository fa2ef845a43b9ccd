"""A measured series thinned as it grows, so that neither a board nor a file ever gets long.

Pure; imports nothing of ours.
"""

import msgspec
from msgspec.structs import replace


class Trace(msgspec.Struct, frozen=True):
    """A series of (seconds since go, value), thinned evenly to a bounded number of points.

    ``stride`` is how many offered points stand for one kept point.
    """

    points: tuple[tuple[float, float], ...] = ()
    stride: int = 1
    offered: int = 0


def extend(trace: Trace, at: float, value: float, limit: int) -> Trace:
    """Return the trace with a point more; when ``limit`` is passed every second point is dropped."""
    offered = trace.offered + 1
    if trace.offered % trace.stride:
        return replace(trace, offered=offered)
    points = (*trace.points, (at, value))
    if len(points) <= limit:
        return Trace(points, trace.stride, offered)
    return Trace(points[::2], trace.stride * 2, offered)


def value_at(trace: Trace, elapsed: float) -> float | None:
    """Return the last value at or before ``elapsed`` (None: there is none yet)."""
    past = [value for at, value in trace.points if at <= elapsed]
    return past[-1] if past else None


def done_at(trace: Trace, elapsed: float) -> int:
    """Return the items done at ``elapsed``, read on the straight line between the two nearest points."""
    before, after = (0.0, 0.0), (0.0, 0.0)
    for point in trace.points:
        before, after = after, point
        if point[0] > elapsed:
            break
    width = after[0] - before[0]
    if width <= 0 or after[0] <= elapsed:
        return int(after[1])
    return int(before[1] + (after[1] - before[1]) * (elapsed - before[0]) / width)
