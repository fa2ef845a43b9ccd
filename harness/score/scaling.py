"""The arithmetic of scaling out: speedup, efficiency, the serial fraction that they imply, and how sure we are.

Pure functions of floats; imports the standard library only, nothing of ours. Seconds are bare floats, p is
a number of workers, fractions are in [0, 1]. Impossible input raises ``ValueError``.
"""

import math
import statistics
from collections.abc import Sequence
from random import Random

FEWEST_PAIRS = 6
OUTLIER_SCORE = 14.826
RESAMPLES = 5_000


def speedup(baseline_s: float, distributed_s: float) -> float:
    """Return S = T1 / Tp, both in seconds and above zero."""
    return _positive(baseline_s, "baseline seconds") / _positive(distributed_s, "distributed seconds")


def efficiency(speedup: float, workers: int, baseline_cores: int = 1) -> float:
    """Return E = S·K / p, the share of the added hardware that became speed; K is the baseline's cores.

    Where a worker has more than one core, count the workers' cores as ``workers``.
    """
    return _positive(speedup, "speedup") * _at_least(baseline_cores, 1, "baseline cores") / _at_least(workers, 1, "workers")


def karp_flatt(speedup: float, workers: int) -> float:
    """Return the serial fraction f = (p/S - 1) / (p - 1) that a measured S on p > 1 workers implies.

    Negative where S > p, above one where S < 1. Source: Karp and Flatt, Measuring parallel processor
    performance, CACM 33(5), 1990, with 1/S - 1/p over 1 - 1/p multiplied by p above and below.
    """
    p = _at_least(workers, 2, "workers")
    return (p / _positive(speedup, "speedup") - 1) / (p - 1)


def ceiling(serial_fraction: float) -> float:
    """Return the largest speedup that Amdahl's law allows, 1/f; infinite where f ≤ 0."""
    f = _finite(serial_fraction, "serial fraction")
    return 1 / f if f > 0 and math.isfinite(1 / f) else math.inf


def amdahl(serial_fraction: float, workers: int) -> float:
    """Return the speedup predicted on p workers, 1 / (f + (1 - f)/p). Source: Amdahl, AFIPS 1967."""
    f, p = _fraction(serial_fraction, "serial fraction"), _at_least(workers, 1, "workers")
    return 1 / (f + (1 - f) / p)


def largest_worthwhile(serial_fraction: float, threshold: float) -> int | None:
    """Return the largest p whose predicted efficiency is at least ``threshold`` (None: there is no largest).

    From E(p) = 1 / (f·p + 1 - f) ≥ t follows p ≤ 1 + (1/t - 1)/f.
    """
    f, t = _fraction(serial_fraction, "serial fraction"), _positive(_fraction(threshold, "threshold"), "threshold")
    most = 1 + (1 / t - 1) / f if f > 0 else math.inf
    return math.floor(most + most * 1e-12) if math.isfinite(most) else None


def median(values: Sequence[float]) -> float:
    """Return the median of one or more values."""
    if not values:
        raise ValueError("the median of no values is not defined")
    return statistics.median(values)


def interval(pairs: Sequence[tuple[float, float]], confidence: float = 0.95, seed: int = 1) -> tuple[float, float]:
    """Return the bootstrap interval of median(baseline) / median(distributed), from at least six pairs of seconds.

    Whole pairs are drawn with replacement; the ends are percentiles of the drawn ratios. The same pairs and
    seed give the same interval. Source: Efron and Tibshirani, An introduction to the bootstrap, 1993, ch. 13.
    """
    if len(pairs) < FEWEST_PAIRS:
        raise ValueError(f"{len(pairs)} pairs are too few for an interval, it takes {FEWEST_PAIRS}")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence of {confidence} is not between 0 and 1")
    draw = Random(seed)
    ratios = sorted(_ratio_of_medians(draw.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    cut = int(RESAMPLES * (1 - confidence) / 2)
    return ratios[cut], ratios[-1 - cut]


def variation(values: Sequence[float]) -> float:
    """Return the coefficient of variation: standard deviation over mean, of two or more values above zero."""
    if len(values) < 2:
        raise ValueError(f"the variation of {len(values)} values is not defined")
    return statistics.stdev(values) / _positive(statistics.fmean(values), "mean")


def outliers(values: Sequence[float]) -> tuple[float, ...]:
    """Return the values whose modified z, |x - median| / MAD, is above 14.826 (ten standard deviations).

    Where most values are equal, MAD is zero and every other value is an outlier. Source: Iglewicz and
    Hoaglin, How to detect and handle outliers, 1993; threshold as in hyperfine.
    """
    if not values:
        return ()
    middle = median(values)
    usual = median([abs(value - middle) for value in values])
    return tuple(value for value in values if abs(value - middle) > OUTLIER_SCORE * usual)


def _ratio_of_medians(pairs: Sequence[tuple[float, float]]) -> float:
    return speedup(median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs]))


def _finite(value: float, name: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, not {value}")
    return value


def _positive(value: float, name: str) -> float:
    if _finite(value, name) <= 0:
        raise ValueError(f"{name} must be above zero, not {value}")
    return value


def _fraction(value: float, name: str) -> float:
    if not 0 <= _finite(value, name) <= 1:
        raise ValueError(f"{name} must be between 0 and 1, not {value}")
    return value


def _at_least(value: int, least: int, name: str) -> int:
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
    return value
