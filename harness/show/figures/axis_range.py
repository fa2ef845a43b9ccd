"""What of a scaling curve is in sight: axes on which the measured points stand apart, and the predictions near enough for them.

May import ``model``, ``score.curve`` and ``chart``.
"""

from dataclasses import dataclass
from itertools import pairwise

from harness.claims.curve import Curve, Point, Prediction
from harness.model import Spec
from harness.show.figures import axes
from harness.show.figures.axes import Scale

CLOSEST_PX = 90
_FURTHEST_REACH = 8
_BEYOND = 1.5
_SPARE = 1.06


@dataclass(frozen=True)
class Window:
    """What of the curve is in sight: both axes, and the predictions that lie on them."""

    x: Scale
    y: Scale
    predictions: tuple[Prediction, ...]

    def at(self, workers: float, speedup: float) -> tuple[float, float]:
        """Return where a speedup lies, in pixels."""
        return self.x.at(workers), self.y.at(speedup)


def window_of(seen: Curve) -> Window:
    """Return axes that keep the measured points apart: with the predictions where those are near enough, log where it must be."""
    largest = seen.points[-1].workers
    near = tuple(
        prediction
        for prediction in seen.predictions
        if prediction.workers <= _FURTHEST_REACH * largest
    )
    choices = (
        [(near, False), (near, True), ((), False), ((), True)]
        if near
        else [((), False), ((), True)]
    )
    windows = [_framed(seen, predictions, log) for predictions, log in choices]
    return next(
        (window for window in windows if _apart(seen, window) >= CLOSEST_PX),
        max(windows, key=lambda one: _apart(seen, one)),
    )


def _apart(seen: Curve, window: Window) -> float:
    places = [window.x.at(point.workers) for point in seen.points]
    first = places[0] - (0 if window.x.log else window.x.from_px)
    return min([first, *(right - left for left, right in pairwise(places))])


def _framed(seen: Curve, predictions: tuple[Prediction, ...], log: bool) -> Window:
    spec = seen.results.spec
    largest = seen.points[-1].workers
    furthest = (
        max(largest, *(prediction.workers for prediction in predictions))
        if predictions
        else largest * _BEYOND
    )
    speedups = [end for point in seen.points for end in (*reach(point), point.speedup)]
    highest = max(ideal(spec, furthest), *speedups, 1.0)
    lowest = min(ideal(spec, 1), *speedups, 1.0)
    x = Scale(1 / _SPARE**2 if log else 0, furthest * _SPARE, axes.LEFT_PX, axes.RIGHT_PX, log)
    return Window(
        x,
        Scale(lowest / 2.2 if log else 0, highest * _SPARE, axes.BOTTOM_PX, axes.TOP_PX, log),
        predictions,
    )


def ideal(spec: Spec, workers: float) -> float:
    """Return the speedup where every core adds as much as the baseline's."""
    return workers * spec.cores_per_worker / spec.baseline_cores


def reach(point: Point) -> tuple[float, float]:
    """Return the ends of a point's error bar: its interval, else its lowest and highest pair."""
    return point.interval or (
        min(point.ratios, default=point.speedup),
        max(point.ratios, default=point.speedup),
    )
