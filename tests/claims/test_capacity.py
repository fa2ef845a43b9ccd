from dataclasses import replace

import pytest

from harness.claims.capacity import CapacityGain, capacity_gain
from tests.builders import a_report, a_results
from tests.capacities import BUDGET_BYTES, HELD_BY_ONE, UNITS, a_search, some_searches


def gain(ratio: float) -> CapacityGain:
    found = capacity_gain(a_results(**some_searches(ratio)))
    assert found is not None
    return found


def test_two_devices_hold_so_many_times_as_much_as_one_and_a_share_of_what_is_possible() -> None:
    found = gain(1.99)
    assert (found.alone, found.together) == (HELD_BY_ONE * UNITS, 969 * UNITS)
    assert found.ratio == pytest.approx(969 / 487)
    assert found.efficiency == pytest.approx(969 / 487 / 2)
    assert (found.devices, found.budget_bytes) == (2, BUDGET_BYTES)


def test_more_than_the_devices_add_is_only_what_no_size_between_two_explains() -> None:
    assert [gain(ratio).is_superlinear for ratio in (2.0, 976 / 487, 977 / 487)] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "searches",
    [
        {},
        {"distributed_capacity": None},
        {"baseline_capacity": None},
        {"baseline_capacity": replace(a_search(), largest=None)},
        {"distributed_capacity": replace(a_search(2, 969), probes=())},
        {"distributed_capacity": a_search(1)},
    ],
    ids=["none", "one side", "the other", "not found", "not shown", "one device on either"],
)
def test_without_two_models_that_were_shown_there_is_no_gain(searches: dict[str, object]) -> None:
    whole = some_searches() if searches else {}
    assert capacity_gain(a_results(**(whole | searches))) is None


def test_the_headline_holds_it() -> None:
    headline = a_report(**some_searches()).headline
    assert headline is not None
    assert headline.capacity == gain(1.99)
    bare = a_report().headline
    assert bare is not None
    assert bare.capacity is None
