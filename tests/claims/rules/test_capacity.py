from dataclasses import replace
from typing import Any

import pytest

from harness.claims.pairs import complete_pairs
from harness.claims.rule import Unknown
from harness.claims.rules.capacity import CAPACITY_SHOWN
from harness.model import CapacitySearch
from tests.builders import a_results, a_spec
from tests.capacities import a_probe, a_search, some_searches
from tests.claims.rules.sessions import a_spotless_session, caveat_keys, refusal_keys

MANY = a_search(2, 969)

REFUSED: dict[str, tuple[str, dict[str, CapacitySearch | None]]] = {
    "another budget": ("capacity-unequal", {"distributed_capacity": replace(MANY, budget_bytes=9)}),
    "other bounds": ("capacity-unequal", {"distributed_capacity": replace(MANY, most=1_000)}),
    "another lower bound": ("capacity-unequal", {"baseline_capacity": a_search(least=2)}),
    "another input": (
        "capacity-unequal",
        {"distributed_capacity": replace(MANY, input_sha256="cd" * 32)},
    ),
    "another model of its own": (
        "capacity-unequal",
        {"distributed_capacity": replace(MANY, own=5)},
    ),
    "one side alone": ("capacity-unequal", {"baseline_capacity": None}),
    "two devices for the baseline": ("capacity-unequal", {"baseline_capacity": a_search(2)}),
    "more devices than workers": ("capacity-unequal", {"distributed_capacity": a_search(3, 969)}),
    "the next size was not tried": (
        "capacity-not-shown",
        {"distributed_capacity": replace(MANY, probes=(a_probe(969, fits=True),))},
    ),
    "the largest was not tried": (
        "capacity-not-shown",
        {"baseline_capacity": a_search(probes=(a_probe(488, fits=False),))},
    ),
    "the next size fits as well": (
        "capacity-not-shown",
        {"baseline_capacity": a_search(probes=(a_probe(487, fits=True), a_probe(488, fits=True)))},
    ),
    "more than two devices add": (
        "capacity-beyond-devices",
        {"distributed_capacity": a_search(2, 977)},
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_was_not_shown_alike_on_both_sides_is_refused(case: str) -> None:
    key, searches = REFUSED[case]
    assert refusal_keys(a_spotless_session(**(some_searches() | searches))) == [key]


HELD: dict[str, Any] = {
    "nothing was searched": {},
    "both were shown": some_searches(),
    "neither was found in time": {
        "baseline_capacity": replace(a_search(), largest=None),
        "distributed_capacity": replace(MANY, largest=None),
    },
    "as much more as a step of the search explains": some_searches(976 / 487),
}


@pytest.mark.parametrize("case", HELD)
def test_what_was_shown_or_is_not_stated_holds(case: str) -> None:
    session = a_spotless_session(**HELD[case])
    assert (refusal_keys(session), caveat_keys(session)) == ([], [])


def test_more_than_the_devices_add_is_said_with_its_reason() -> None:
    explained = replace(a_search(2, 977), superlinear="room is shared")
    session = a_spotless_session(**(some_searches() | {"distributed_capacity": explained}))
    assert (refusal_keys(session), caveat_keys(session)) == ([], ["capacity-superlinear"])


def test_the_audit_measures_both_models_their_ratio_and_its_share_of_what_is_possible() -> None:
    pairs = complete_pairs(a_results(**some_searches()))
    assert pairs is not None
    measured = CAPACITY_SHOWN.measure(pairs)
    assert not isinstance(measured, Unknown)
    assert {one.name: one.value for one in measured} == {
        "on one device": 14_610_000,
        "on 2": 29_070_000,
        "ratio": pytest.approx(969 / 487),
        "of possible": pytest.approx(969 / 487 / 2),
    }


def test_where_nothing_was_searched_nothing_is_measured() -> None:
    pairs = complete_pairs(a_results(spec=a_spec()))
    assert pairs is not None
    assert isinstance(CAPACITY_SHOWN.measure(pairs), Unknown)
