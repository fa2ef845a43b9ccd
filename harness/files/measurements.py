"""Times and numbers as a person writes them in TOML: ``"11.4 h"``, ``"1:30"``, one or a list.

May import its neighbours.
"""

import re
from typing import Any, Self

from harness.files.config_file import Fault
from harness.quantities import LARGEST_NUMBER, LONGEST_WALL_S, SHORTEST_WALL_S

MOST_VALUES = 100
_QUANTITY = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?)\s*([A-Za-zµ]+)")
_SECONDS_IN = {
    **dict.fromkeys(("us", "µs", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}
_HINT = "write it with a unit, such as 11.4 h, 97 min, 41.2 s or 350 ms"


class Numbers(tuple[float, ...]):
    """One number or a list of some."""

    @classmethod
    def from_toml(cls, value: Any) -> Self:
        """Return the numbers, each of at most 1e15 either way."""
        return cls(_between(each, -LARGEST_NUMBER, LARGEST_NUMBER) for each in _as_list(value))


class WallTimes(tuple[float, ...]):
    """One wall time or a list of some, in seconds: ``"11.4 h"``, ``5832``, ``["1 h", "2 h"]``."""

    @classmethod
    def from_toml(cls, value: Any) -> Self:
        """Return the times in seconds."""
        return cls(_wall_time(each) for each in _as_list(value))


def _as_list(value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    if not 1 <= len(values) <= MOST_VALUES:
        raise Fault(f"has {len(values)} values, not between 1 and {MOST_VALUES}")
    return values


def _wall_time(value: Any) -> float:
    if isinstance(value, str):
        quantity = _QUANTITY.fullmatch(value.strip())
        if quantity is None:
            raise Fault(f"is {value[:40]!r}, not a time", _HINT)
        amount, unit = quantity.groups()
        if unit not in _SECONDS_IN:
            raise Fault(f"has the unit {unit[:20]!r}, which is not a unit of time", _HINT)
        value = float(amount) * _SECONDS_IN[unit]
    return _between(value, SHORTEST_WALL_S, LONGEST_WALL_S)


def _between(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault(f"is {str(value)[:40]!r}, not a number")
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        raise Fault("is too large")
    if not low <= value <= high:  # nan is not, either
        raise Fault(f"is {value:.6g}, not between {low:.6g} and {high:.6g}")
    return float(value)
