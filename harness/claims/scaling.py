"""The arithmetic of scaling out: speedup, efficiency, serial fraction, and how sure we are.

Pure functions of floats; imports the standard library only, nothing of ours. Seconds are bare
floats, p is a number of workers, fractions are in [0, 1]. Impossible input raises ``ValueError``.
"""

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, median, stdev

FEWEST_PAIRS = 6
OUTLIER_SCORE = 14.826


def speedup(baseline_s: float, distributed_s: float) -> float:
    """Return S = T1 / Tp, both in seconds and above zero."""
    return _positive(baseline_s, "baseline seconds") / _positive(
        distributed_s, "distributed seconds"
    )


def efficiency(speedup: float, workers: int, baseline_cores: int = 1) -> float:
    """Return E = S·K / p, the share of the added hardware that became speed.

    K is the baseline's cores. Where a worker has more than one core, count the workers' cores as
    ``workers``.
    """
    return (
        _positive(speedup, "speedup")
        * _at_least(baseline_cores, 1, "baseline cores")
        / _at_least(workers, 1, "workers")
    )


def karp_flatt(speedup: float, workers: int) -> float:
    """Return f = (p/S - 1) / (p - 1), the serial fraction that S on p > 1 workers implies.

    Negative where S > p, above one where S < 1. Source: Karp and Flatt, Measuring parallel
    processor performance, CACM 33(5), 1990, with 1/S - 1/p over 1 - 1/p multiplied by p above and
    below.
    """
    p = _at_least(workers, 2, "workers")
    return (p / _positive(speedup, "speedup") - 1) / (p - 1)


def ceiling(serial_fraction: float) -> float:
    """Return the largest speedup that Amdahl's law allows, 1/f; infinite where f ≤ 0."""
    f = _finite(serial_fraction, "serial fraction")
    return 1 / f if f > 0 and math.isfinite(1 / f) else math.inf


def amdahl(serial_fraction: float, workers: int) -> float:
    """Return the predicted speedup on p workers, 1 / (f + (1 - f)/p).

    Source: Amdahl, AFIPS 1967.
    """
    f, p = _fraction(serial_fraction, "serial fraction"), _at_least(workers, 1, "workers")
    return 1 / (f + (1 - f) / p)


def fit_serial_fraction(points: Sequence[tuple[int, float]]) -> float:
    """Return the serial fraction that fits measured points best, each a p and its S.

    At least one point has p > 1. Least squares of T(p)/T1 = 1/S = f + (1 - f)/p, all points
    weighing the same. With x = 1 - 1/p and y = 1/S - 1/p a point misses by y - f·x, so the sum of
    squares is least at f = Σxy / Σx². Below zero or above one, the points obey no such law. A point
    at p = 1 has x = 0: it says nothing of f. Source: Draper and Smith, Applied regression analysis,
    3rd ed., 1998, section 1.6 (a line through the origin).
    """
    misses = [
        (1 - 1 / _at_least(p, 1, "workers"), 1 / _positive(speedup, "speedup") - 1 / p)
        for p, speedup in points
    ]
    square = sum(x * x for x, _ in misses)
    if not square:
        raise ValueError("a fit takes a point on more than one worker")
    return sum(x * y for x, y in misses) / square


def misfit(serial_fraction: float, points: Iterable[tuple[int, float]]) -> float:
    """Return the largest relative error of Amdahl's law at measured points, each a p and its S.

    Zero where there is none with p > 1. A point at p = 1 does not count: the law says 1 there
    whatever f is.
    """
    return max(
        (abs(speedup / amdahl(serial_fraction, p) - 1) for p, speedup in points if p > 1),
        default=0.0,
    )


def largest_worthwhile(serial_fraction: float, threshold: float) -> int | None:
    """Return the largest p whose predicted efficiency is at least ``threshold``.

    None: there is no largest. From E(p) = 1 / (f·p + 1 - f) ≥ t follows p ≤ 1 + (1/t - 1)/f.
    """
    f, t = (
        _fraction(serial_fraction, "serial fraction"),
        _positive(_fraction(threshold, "threshold"), "threshold"),
    )
    most = 1 + (1 / t - 1) / f if f > 0 else math.inf
    return math.floor(most + most * 1e-12) if math.isfinite(most) else None


def interval(pairs: Sequence[tuple[float, float]], confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of median(baseline) / median(distributed), from six or more pairs.

    It is made of order statistics of the pairs' own ratios, interpolated between the two whose
    sign-test confidence encloses the one asked for; a drift that both sides share cancels. Such an
    interval is one of the median of the ratios, which is not the ratio of the medians where the
    sides' noise differs in shape. So it is also moved by as much as the two differ, and the result
    spans both places, but never goes beyond the times that were measured. No shape of noise is
    assumed and nothing is random. Six pairs give at most 96.9 %. Source: Hettmansperger and
    Sheather, Confidence intervals based on interpolated order statistics, Statistics & Probability
    Letters 4, 1986; the move is ours, and the tests simulate its coverage.
    """
    if len(pairs) < FEWEST_PAIRS:
        raise ValueError(f"{len(pairs)} pairs are too few for an interval, it takes {FEWEST_PAIRS}")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence of {confidence} is not between 0 and 1")
    ratios = sorted(speedup(one, other) for one, other in pairs)
    place, beyond = _interpolation(len(ratios), confidence)
    low = _between(ratios[place - 1], ratios[place], beyond)
    high = _between(ratios[-place], ratios[-place - 1], beyond)
    moved = _ratio_of_medians(pairs) / math.sqrt(
        ratios[(len(ratios) - 1) // 2] * ratios[len(ratios) // 2]
    )
    slowest, fastest = _reach(pairs)
    return max(min(low, low * moved), slowest), min(max(high, high * moved), fastest)


def median_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of the median of six values or more, such as seconds.

    It is made of order statistics as ``interval`` is, on a linear scale; the source is the same.
    """
    if len(values) < FEWEST_PAIRS:
        raise ValueError(
            f"{len(values)} values are too few for an interval, it takes {FEWEST_PAIRS}"
        )
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence of {confidence} is not between 0 and 1")
    ascending = sorted(_finite(value, "value") for value in values)
    place, beyond = _interpolation(len(ascending), confidence)
    low, next_low = ascending[place - 1], ascending[place]
    high, next_high = ascending[-place], ascending[-place - 1]
    return low + beyond * (next_low - low), high + beyond * (next_high - high)


def variation(values: Sequence[float]) -> float:
    """Return standard deviation over mean, of two or more values above zero."""
    if len(values) < 2:
        raise ValueError(f"the variation of {len(values)} values is not defined")
    return stdev(values) / _positive(fmean(values), "mean")


def outliers(values: Sequence[float]) -> tuple[float, ...]:
    """Return the values whose modified z, |x - median| / MAD, is above 14.826.

    That is ten standard deviations. Where most values are equal, MAD is zero and every other value
    is an outlier. Source: Iglewicz and Hoaglin, How to detect and handle outliers, 1993; threshold
    as in hyperfine.
    """
    if not values:
        return ()
    middle = median(values)
    usual = median([abs(value - middle) for value in values])
    return tuple(value for value in values if abs(value - middle) > OUTLIER_SCORE * usual)


def _interpolation(count: int, confidence: float) -> tuple[int, float]:
    """Return k of the outer order statistics k and n - k + 1, and how far to go inwards.

    The interval between them holds the median with a confidence of 1 - 2·P(fewer than k of n fair
    coins show heads).
    """
    place, held, tail = 1, 1 - 2 / 2**count, 1
    while place < count // 2:
        tail += math.comb(count, place)
        narrower = 1 - 2 * tail / 2**count
        if narrower < confidence:
            break
        place, held = place + 1, narrower
    spare = max(0.0, held - confidence) / (2 * math.comb(count, place) / 2**count)
    return place, (count - place) * spare / (place + (count - 2 * place) * spare)


def _between(outer: float, inner: float, share: float) -> float:
    """Return the ratio a share of the way from one to the other, on a logarithmic scale."""
    return outer * math.pow(inner / outer, share)


def _ratio_of_medians(pairs: Sequence[tuple[float, float]]) -> float:
    return speedup(median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs]))


def _reach(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the lowest and highest speedup of any baseline time over any distributed one."""
    baseline, distributed = zip(*pairs, strict=True)
    return speedup(min(baseline), max(distributed)), speedup(max(baseline), min(distributed))


def _finite(value: float, name: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, not {value}")
    return value


def _positive(value: float, name: str) -> float:
    if 0 < value < math.inf:
        return value
    raise ValueError(f"{name} must be above zero, not {_finite(value, name)}")


def _fraction(value: float, name: str) -> float:
    if not 0 <= _finite(value, name) <= 1:
        raise ValueError(f"{name} must be between 0 and 1, not {value}")
    return value


def _at_least(value: int, least: int, name: str) -> int:
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
    return value
