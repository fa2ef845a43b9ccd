"""What a claim has to reach, such as ``E>=0.8``, and whether it does.

A repository that states a speedup holds it in its tests by these. May import ``harness.claims``.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.claims.headline import Headline

QUANTITIES: Mapping[str, Callable[[Headline], float | None]] = {
    "S": lambda headline: headline.speed.speedup,
    "S_low": lambda headline: None if (ends := headline.speed.interval) is None else ends[0],
    "E": lambda headline: headline.speed.efficiency,
    "delta": lambda headline: headline.quality.change,
    "cost": lambda headline: 1 - headline.cost.drop,
}
"""Speedup, the lower end of its 95 % interval, efficiency, the change of quality in units of the
metric, and the cost of a distributed run over that of the baseline's."""

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_REQUIREMENT = re.compile(r"\s*(\w+)\s*(>=|<=|>|<)\s*(\S+)\s*")


@dataclass(frozen=True)
class Requirement:
    """A quantity's name, how it is compared, and the number that it is compared with."""

    name: str
    comparison: str
    bound: float

    def __str__(self) -> str:
        return f"{self.name} {self.comparison} {self.bound:g}"


@dataclass(frozen=True)
class Judgement:
    """A requirement, the quantity it is about (None: nothing is claimed of it), whether it is met.

    What is not claimed is not met.
    """

    requirement: Requirement
    value: float | None
    is_met: bool


def parse_requirement(words: str) -> Requirement:
    """Return the requirement that is written ``NAME>=NUMBER``, or with another comparison.

    Raises ``ValueError`` where it is written in another way, or names no quantity.
    """
    match = _REQUIREMENT.fullmatch(words)
    if match is None:
        raise ValueError("is no name, comparison and number")
    name, comparison, number = match.groups()
    if name not in QUANTITIES:
        raise ValueError(f"names {name}, which is none of {', '.join(QUANTITIES)}")
    try:
        bound = float(number)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise ValueError(f"compares with {number}, which is no finite number")
    return Requirement(name, comparison, bound)


def judge(requirement: Requirement, headline: Headline | None) -> Judgement:
    """Return whether a headline (None: the session is refused) meets a requirement."""
    value = None if headline is None else QUANTITIES[requirement.name](headline)
    is_met = value is not None and _COMPARISONS[requirement.comparison](value, requirement.bound)
    return Judgement(requirement, value, is_met)
