from dataclasses import replace
from typing import Any

import pytest

from harness.claims.capacity import CapacityGain, capacity_gain
from harness.show import capacity_phrases as phrases
from tests.builders import a_results
from tests.capacities import a_probe, a_search, some_searches


def a_gain(**changes: Any) -> CapacityGain:
    found = capacity_gain(a_results(**some_searches()))
    assert found is not None
    return replace(found, **changes)


def test_one_line_has_both_models_their_ratio_and_the_share_of_what_is_possible() -> None:
    assert phrases.in_one_line(a_gain()) == (
        "largest trainable: 14.6 M parameters on 1 device, 29.1 M on 2 = 1.99×, 99 % of possible"
    )


def test_where_more_fits_than_was_added_the_line_has_the_reason() -> None:
    more = a_gain(together=29_400_000, superlinear="room is \x1b[2Jshared")
    assert phrases.in_one_line(more).endswith(
        "29.4 M on 2 = 2.01×, more than 2 devices add, since room is shared"
    )


def test_a_small_model_is_counted_in_full() -> None:
    small = a_gain(alone=4_663, together=9_411, beyond_alone=4_700)
    assert phrases.in_short(small) == (
        "largest trainable: 4,663 parameters on 1 device, 9,411 on 2 = 2.02×,"
        " more than 2 devices add"
    )


def test_without_a_gain_nothing_is_said() -> None:
    assert (phrases.in_one_line(None), phrases.in_short(None)) == ("", "")


def test_a_side_tells_the_largest_model_that_it_holds() -> None:
    assert phrases.largest(a_search()) == "largest trainable 14.6 M parameters"
    assert phrases.largest(replace(a_search(), largest=None)) == phrases.largest(None) == ""


@pytest.mark.parametrize(
    ("budget_bytes", "said"),
    [(144 << 20, "144 MiB"), (3 << 30, "3,072 MiB"), (1_500 << 10, "1.46 MiB")],
)
def test_a_model_without_room_is_out_of_memory_at_what_a_device_has(
    budget_bytes: int, said: str
) -> None:
    assert phrases.out_of_memory(a_search(budget_bytes=budget_bytes)) == f"OUT OF MEMORY at {said}"


def test_a_model_that_has_room_or_was_not_tried_is_not_out_of_memory() -> None:
    held = a_search(largest=700)
    untried = a_search(probes=(a_probe(487, fits=True), a_probe(488, fits=False)))
    assert [phrases.out_of_memory(search) for search in (held, untried, None)] == [""] * 3
