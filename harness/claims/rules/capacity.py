"""The rule about the largest model that one device holds, and several: both are shown, alike.

May import ``model``, ``capacity``, ``rule`` and ``pairs``.
"""

from harness.claims.capacity import capacity_gain
from harness.claims.pairs import Pairs
from harness.claims.rule import (
    Caveat,
    Measure,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    fraction,
    ratio,
    refuse,
)
from harness.model import CapacitySearch, Results


def _searched_unequally(pairs: Pairs) -> Caveat | None:
    """Judge whether both sides searched among the same sizes, one on one device and one on p."""
    results = pairs.results
    one, many = results.baseline_capacity, results.distributed_capacity
    if one is None and many is None:
        return None
    if (
        one is not None
        and many is not None
        and _terms(one) == _terms(many)
        and (one.devices, many.devices) == (1, results.spec.workers)
    ):
        return None
    return Caveat(
        "capacity-unequal",
        "the sides did not search the largest model on equal terms; use the file as it was written",
        (count("searches", len(_searches(results))),),
    )


def _terms(search: CapacitySearch) -> object:
    return (
        search.name,
        search.unit,
        search.budget_bytes,
        search.least,
        search.most,
        search.own,
        search.input_sha256,
    )


def _searches(results: Results) -> list[CapacitySearch]:
    both = (results.baseline_capacity, results.distributed_capacity)
    return [search for search in both if search is not None]


def _not_shown(pairs: Pairs) -> Caveat | None:
    """Judge whether each largest model was shown to fit, and the next one not to."""
    contradicted = [search for search in _searches(pairs.results) if search.contradiction]
    if not contradicted:
        return None
    return Caveat(
        "capacity-not-shown",
        "a largest model is stated that no step has shown; use the file as it was written",
        (count("devices", contradicted[0].devices),),
    )


def _beyond_devices(pairs: Pairs) -> Caveat | None:
    gain = capacity_gain(pairs.results)
    if gain is None or not gain.is_superlinear or gain.superlinear:
        return None
    return Caveat(
        "capacity-beyond-devices",
        "more fits than the devices add; explain this before you show it: find the cause, or"
        " declare it in the capacity's superlinear",
        _gain(pairs),
    )


def _superlinear(pairs: Pairs) -> Caveat | None:
    gain = capacity_gain(pairs.results)
    if gain is None or not gain.is_superlinear or not gain.superlinear:
        return None
    return Caveat(
        "capacity-superlinear",
        f"more fits than the devices add: {gain.superlinear}; say so beside the ratio",
        _gain(pairs),
    )


def _gain(pairs: Pairs) -> tuple[Measure, ...]:
    gain = capacity_gain(pairs.results)
    if gain is None:
        return ()
    return (
        count("on one device", gain.alone),
        count(f"on {gain.devices}", gain.together),
        ratio("ratio", gain.ratio),
        fraction("of possible", gain.efficiency),
    )


def _measured(pairs: Pairs) -> Measured:
    return _gain(pairs) or Unknown("the largest model that devices hold was not searched")


CAPACITY_SHOWN = Rule(
    id="R31",
    title="capacity shown",
    demand="a largest model was shown to fit and the next one not to, on equal terms,"
    " and p devices hold at most p times as much as one",
    source="GPipe, NeurIPS'19",
    measure=_measured,
    judges=(
        refuse(_searched_unequally),
        refuse(_not_shown),
        refuse(_beyond_devices),
        caveat(_superlinear, Topic.GAIN),
    ),
)
