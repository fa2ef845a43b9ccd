"""What the scaling figure says in words: its title, its remark and its description.

May import ``claims`` (its types), ``model``, ``show.phrases``, ``text`` and its neighbours.
"""

from harness import text
from harness.claims.curve import Curve, Origin, Point, Prediction
from harness.model import Kind
from harness.show import phrases
from harness.show.figures.axis_range import CurveRange, error_bar_ends, ideal
from harness.show.figures.picture import sentence


def headline_point(curve: Curve) -> Point:
    """Return the point that the headline is about; if it is missing, the largest."""
    wanted = curve.results.spec.workers
    return next((point for point in curve.points if point.workers == wanted), curve.points[-1])


def flags(point: Point) -> list[str]:
    """Return what is wrong with a point, in words."""
    oversubscribed = ["oversubscribed"] if point.oversubscribed else []
    return oversubscribed + ([] if point.quality_tolerated else ["not a clean win"])


def title(curve: Curve) -> str:
    """Return the speedup and the ideal: ``On 8 machines it ran 7.04× as fast; the ideal is 8×``."""
    point, spec = headline_point(curve), curve.results.spec
    name = text.number_of(point.workers, "worker")
    if point.workers == spec.workers:
        name = phrases.sides(curve.results)[1]
    best = ideal(spec, point.workers)
    number = text.count(int(best)) if best == int(best) else text.three_digits(best)
    fast = f"On {name} it ran {text.times(point.speedup)} as fast"
    return f"{fast}; the ideal is {number}{text.TIMES}"


def remark(curve: Curve, shown: CurveRange) -> str:
    """Return Amdahl's law, what the bars are, and the prediction that is out of sight."""
    hidden = [one for one in curve.predictions[-1:] if one not in shown.predictions]
    return " · ".join(filter(None, (_law(curve), _error_bars(curve), *map(_prediction, hidden))))


def description(curve: Curve) -> str:
    """Return every number of the figure in sentences."""
    tolerance = curve.results.spec.workload.tolerance
    parts = [
        "Speedup over the baseline against the number of workers.",
        *(_measurement(point, tolerance) for point in curve.points),
        sentence(f"{_law(curve)}; {_error_bars(curve)}"),
        *(sentence(_prediction(prediction)) for prediction in curve.predictions),
    ]
    return " ".join(parts)


def _law(curve: Curve) -> str:
    law = curve.law
    if curve.rejected_law is not None:
        misfit = text.percent(curve.rejected_law.misfit)
        return f"the scales do not follow Amdahl’s law: it misses one by {misfit}"
    if law is None:
        return "Amdahl’s law: no serial share is implied"
    origin = "implied by one scale"
    if law.origin is not Origin.IMPLIED:
        scales = text.number_of(law.scales, "scale")
        origin = f"fitted to {scales} within {text.percent(law.misfit)}"
    ceiling = "so no ceiling in sight"
    if law.serial_fraction > 0:
        ceiling = f"so at most {text.times(law.ceiling)} ever"
    share = text.percent(law.serial_fraction)
    return f"Amdahl’s law: serial share f = {share}, {origin}, {ceiling}"


def _error_bars(curve: Curve) -> str:
    point = headline_point(curve)
    pairs = text.count(point.pairs)
    if point.pairs == 1:
        return "one observation a point, no error bar"
    if curve.results.kind is Kind.DECLARED:
        return f"bars: lowest to highest of any two of {pairs} observations a side"
    if point.interval is None:
        return f"bars: lowest to highest of {pairs} pairs"
    return f"bars: 95 % interval of {pairs} pairs"


def _prediction(prediction: Prediction) -> str:
    workers = text.number_of(prediction.workers, "worker")
    return f"predicted, not measured: {text.times(prediction.speedup)} on {workers}"


def _measurement(point: Point, tolerance: float) -> str:
    low, high = (text.times(end) for end in error_bar_ends(point))
    facts = [text.times(point.speedup)]
    if point.pairs > 1:
        facts.append(f"from {low} to {high}")
    facts += [f"efficiency {text.percent(point.efficiency)}", *flags(point)]
    if not point.quality_tolerated:
        facts.append(f"quality moved by {text.change(point.quality_change, tolerance)}")
    return f"Measured on {text.number_of(point.workers, 'worker')}: {', '.join(facts)}."
