"""What runs and items cost, at a scale that can be felt: so many of them that it makes dollars.

May import ``harness.claims``, for its values, and ``harness.text``.
"""

from typing import NamedTuple

from harness import text
from harness.claims.headline import Headline

_LEAST_FOR_ONE = 0.02
_SCALES = ((1e3, "thousand"), (1e6, "million"), (1e9, "billion"), (1e12, "trillion"))
_LONGEST_UNIT = 24


class Unit(NamedTuple):
    """So many runs or items as are priced together, and their words: ``per million tokens``."""

    number: float
    words: str


def run_unit(headline: Headline) -> Unit:
    """Return how many runs are priced together."""
    return unit_of_runs(min(headline.cost.baseline, headline.cost.distributed))


def unit_of_runs(cheapest: float) -> Unit:
    """Return how many runs are priced together; one where the cheapest costs two cents or more."""
    if cheapest >= _LEAST_FOR_ONE or cheapest <= 0:
        return Unit(1, "per run")
    return _unit(cheapest, "runs")


def item_unit(headline: Headline) -> Unit | None:
    """Return how many items are priced together (None: the sides did not do as many, or unknown).

    Of a workload that stops at a result, either side may do as many as it takes.
    """
    items = {trial.items for trial in (*headline.pairs.baseline, *headline.pairs.distributed)}
    cost = headline.cost
    cheapest = min(cost.baseline, cost.distributed)
    if len(items) != 1 or cheapest <= 0 or not (number := items.pop()):
        return None
    name = text.printable(headline.results.spec.workload.unit)[:_LONGEST_UNIT]
    unit = _unit(cheapest / number, name)
    return Unit(unit.number / number, unit.words)


def of_runs(headline: Headline) -> tuple[str, str, str]:
    """Return what runs cost on both sides, and of how many: ``$3.09``, ``$3.17`` and the unit."""
    return _priced(headline, run_unit(headline))


def of_items(headline: Headline) -> tuple[str, str, str] | None:
    """Return what items cost on both sides, and of how many (None: see ``item_unit``)."""
    unit = item_unit(headline)
    return None if unit is None else _priced(headline, unit)


def _priced(headline: Headline, unit: Unit) -> tuple[str, str, str]:
    cost = headline.cost
    sums = (unit.number * cost.baseline, unit.number * cost.distributed)
    before, after = text.amounts(*sums, currency=cost.currency)
    return before, after, unit.words


def _unit(amount: float, noun: str) -> Unit:
    """Return the smallest scale at which an amount is a whole unit of money or more."""
    number, name = next((one for one in _SCALES if one[0] * amount >= 0.9995), _SCALES[-1])
    return Unit(number, f"per {name} {noun}")
