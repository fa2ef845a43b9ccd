"""Which part of a scaling curve is shown: axes on which the measured points are apart.

The ceiling 1/f is on them, also on two workers, unless it would press all else together: then the
upper edge names it.

May import ``model``, ``claims`` (its types) and ``axes``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.claims.curve import Curve, Point, Prediction
from harness.model import Spec
from harness.show.figures.axes import AREA, Axis

CLOSEST_PX = 90
_FARTHEST = 8  # times the largest measured scale: predictions beyond are not shown
_BEYOND = 1.5
_SPARE = 1.06
_SPARE_LOG = 1.35
_HIGHEST_CEILING = 2.0  # times all else on a linear axis; above that both are logarithmic
_FARTHEST_CEILING = 100.0  # times all else on a logarithmic one; above that the upper edge names it


@dataclass(frozen=True)
class CurveRange:
    """The part of a curve that is shown: both axes, and the predictions on them."""

    x: Axis
    y: Axis
    predictions: tuple[Prediction, ...]


def choose_range(curve: Curve) -> CurveRange:
    """Return axes that keep the measured points apart and hold the ceiling.

    They hold the near predictions if that is possible, and are logarithmic only if they must be.
    """
    largest = curve.points[-1].workers
    near = tuple(one for one in curve.predictions if one.workers <= _FARTHEST * largest)
    choices = dict.fromkeys(
        (predictions, log) for predictions in (near, ()) for log in (False, True)
    )
    ranges = [_range(curve, predictions, log) for predictions, log in choices]
    apart = [one for one in ranges if _smallest_gap_px(curve, one.x) >= CLOSEST_PX]
    widest = max(ranges, key=lambda one: _smallest_gap_px(curve, one.x))
    ceiling = visible_ceiling(curve)
    holding = (one for one in apart if ceiling is None or one.y.contains(ceiling))
    return next(holding, apart[0] if apart else widest)


def visible_ceiling(curve: Curve) -> float | None:
    """Return the ceiling 1/f (None: no law holds, or it is too far up to be drawn)."""
    if curve.law is None or not math.isfinite(curve.law.ceiling):
        return None
    highest = max(ideal(curve.results.spec, curve.points[-1].workers), 1.0)
    return curve.law.ceiling if curve.law.ceiling <= _FARTHEST_CEILING * highest else None


def ideal(spec: Spec, workers: float) -> float:
    """Return the speedup if every core adds as much as one of the baseline's."""
    return workers * spec.cores_per_worker / spec.baseline_cores


def error_bar_ends(point: Point) -> tuple[float, float]:
    """Return the ends of a point's error bar: its interval, else its lowest and highest pair."""
    if point.interval:
        return point.interval
    ratios = point.ratios or (point.speedup,)
    return min(ratios), max(ratios)


def _smallest_gap_px(curve: Curve, x: Axis) -> float:
    places = [x.share(point.workers) * AREA.width for point in curve.points]
    first = places[0] + (AREA.left if x.log else 0)
    return min([first, *(right - left for left, right in pairwise(places))])


def _range(curve: Curve, predictions: Sequence[Prediction], log: bool) -> CurveRange:
    spec = curve.results.spec
    largest = curve.points[-1].workers
    farthest = max((one.workers for one in predictions), default=largest * _BEYOND)
    farthest = max(largest, farthest)
    ends = [end for point in curve.points for end in (*error_bar_ends(point), point.speedup)]
    highest = max(ideal(spec, farthest), *ends, 1.0)
    ceiling = visible_ceiling(curve) or 0.0
    if log or ceiling <= _HIGHEST_CEILING * highest:
        highest = max(highest, ceiling)
    highest *= _SPARE_LOG if log else _SPARE
    lowest = min(ideal(spec, 1), *ends, 1.0) / 2.2
    return CurveRange(
        x=Axis(1 / _SPARE**2 if log else 0, farthest * _SPARE, log),
        y=Axis(lowest if log else 0, highest, log),
        predictions=tuple(predictions),
    )
