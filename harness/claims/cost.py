"""The arithmetic of money: what a run costs on each side, and what scaling out does to it.

Pure functions of floats; imports nothing of ours. Prices are money per machine-hour in one
currency; S is the speedup, p the workers, r the worker's price over the baseline's, h the head
node's price over the baseline's. Impossible input raises ``ValueError``.
"""

import math

HOUR_S = 3600.0


def run_cost(
    wall_s: float, machines: float, price_per_hour: float, head_per_hour: float = 0.0
) -> float:
    """Return the money for one run: all machines and the head node for the whole wall time."""
    rate = _not_negative(machines, "machines") * _not_negative(
        price_per_hour, "price"
    ) + _not_negative(head_per_hour, "head price")
    return _not_negative(wall_s, "wall seconds") / HOUR_S * rate


def drop(before: float, after: float) -> float:
    """Return the fraction of the cost that went away, 1 - after/before; negative where it rose."""
    return 1 - _not_negative(after, "cost after") / _positive(before, "cost before")


def equal_price_ratio(efficiency: float) -> float:
    """Return cost after / cost before at one price for every machine and no head node: exactly 1/E.

    Scaling out by itself never saves money, since E ≤ 1.
    """
    return 1 / _positive(efficiency, "efficiency")


def scaling_part(efficiency: float) -> float:
    """Return the part of the drop that scaling out makes by itself, 1 - 1/E.

    It is the drop at one price for every machine and no head node.
    """
    return 1 - equal_price_ratio(efficiency)


def price_part(speedup: float, workers: int, price_ratio: float, head_ratio: float = 0.0) -> float:
    """Return the part of the drop that the prices make, (p·(1 - r) - h) / S.

    The baseline is on one machine. The head node is in this part: it is billed because it has a
    price. With the scaling part, 1 - p/S, it adds up to the drop, since 1 - (p·r + h)/S = (1 - p/S)
    + (p·(1 - r) - h)/S.
    """
    cheaper = _positive(workers, "workers") * (1 - _not_negative(price_ratio, "price ratio"))
    return (cheaper - _not_negative(head_ratio, "head price ratio")) / _positive(speedup, "speedup")


def break_even_price_ratio(speedup: float, workers: int, head_ratio: float = 0.0) -> float:
    """Return the worker price ratio r = (S - h) / p below which scaling out saves money.

    Zero or negative: no price, however low, saves any.
    """
    return (
        _positive(speedup, "speedup") - _not_negative(head_ratio, "head price ratio")
    ) / _positive(workers, "workers")


def _not_negative(value: float, name: str) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be a finite number of at least zero, not {value}")
    return value


def _positive(value: float, name: str) -> float:
    if _not_negative(value, name) == 0:
        raise ValueError(f"{name} must be above zero")
    return value
