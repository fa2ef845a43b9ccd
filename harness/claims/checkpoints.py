"""What it would take one machine to survive losses with checkpoints: computed, never measured.

Pure functions of floats; imports the standard library only, nothing of ours. Everything is in
seconds; the mean time between losses is M, a checkpoint takes C, a restart R. Impossible input
raises ``ValueError``.
"""

import math


def young_interval(checkpoint_s: float, mtbf_s: float) -> float:
    """Return the time between checkpoints that loses the least, √(2·C·M).

    It holds to first order, where C is much less than M. Source: Young, A first order approximation
    to the optimum checkpoint interval, CACM 17(9), 1974.
    """
    return math.sqrt(2 * _positive(checkpoint_s, "checkpoint") * _positive(mtbf_s, "MTBF"))


def preempted_time(
    work_s: float, checkpoint_s: float, restart_s: float, mtbf_s: float, interval_s: float
) -> float:
    """Return how long work is expected to take that is lost and restarted from checkpoints.

    M·e^(R/M)·(e^((t + C)/M) - 1)·W/t, infinite where that is too large a number: losses come as a
    Poisson process, while a checkpoint is written and in a restart, too. Work that ends before its
    first checkpoint writes none: t is W and C is zero. Source: Daly, A higher order estimate of the
    optimum checkpoint interval for restart dumps, FGCS 22(3), 2006 (the complete model).
    """
    m, work = _positive(mtbf_s, "MTBF"), _positive(work_s, "work")
    t, cost_s = _positive(interval_s, "interval"), _positive(checkpoint_s, "checkpoint")
    if t >= work:
        t, cost_s = work, 0.0
    try:
        grown = math.exp(_not_negative(restart_s, "restart") / m) * math.expm1((t + cost_s) / m)
    except OverflowError:
        return math.inf
    return m * grown * work / t


def _positive(value: float, name: str) -> float:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be above zero, not {value}")
    return value


def _not_negative(value: float, name: str) -> float:
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} must be at least zero, not {value}")
    return value
