from dataclasses import replace
from typing import Any

import pytest

from harness.capacity import MOST_SIZES
from harness.model import CapacitySearch
from harness.workload import Capacity
from tests.capacities import WORKLOAD, a_probe, a_search


def test_a_search_tells_what_it_found_and_whether_the_sessions_own_model_fits() -> None:
    search = a_search()
    assert search.largest_probe == a_probe(487, fits=True)
    assert search.next_probe == a_probe(488, fits=False)
    assert search.own_fits is False
    assert search.is_shown
    assert search.contradiction == ""


def test_of_a_search_that_was_over_too_early_nothing_is_known() -> None:
    search = replace(a_search(), probes=(), largest=None)
    assert (search.largest_probe, search.next_probe, search.own_fits) == (None, None, None)
    assert not search.is_shown
    assert search.contradiction == ""


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        (a_search(probes=(a_probe(487, fits=True),)), "it was not shown that size 487 fits"),
        (replace(a_search(), largest=488), "it was not shown that size 488 fits"),
        (a_search(probes=(a_probe(487, fits=False), a_probe(488, fits=False))), "size 487 fits"),
        (
            a_search(
                probes=(
                    a_probe(487, fits=True),
                    a_probe(488, fits=False),
                    a_probe(900, fits=True),
                )
            ),
            "size 900 fits, and size 488 does not",
        ),
        (
            a_search(
                probes=(a_probe(487, fits=True), replace(a_probe(488, fits=False), units=7)),
            ),
            "size 488 has fewer units than size 487",
        ),
        (a_search(probes=(a_probe(487, fits=True),) * 2), "a size was tried twice"),
        (a_search(own=2_001), "the session's own size is out of bounds"),
        (a_search(least=500), "a size was tried that is out of bounds"),
        (a_search(most=700, largest=700), "a size was tried that is out of bounds"),
    ],
)
def test_what_cannot_be_so_is_said(search: CapacitySearch, sentence: str) -> None:
    assert sentence in search.contradiction


@pytest.mark.parametrize(
    "bounds",
    [
        {"least": 0, "own": 5, "most": 9},
        {"least": 3, "own": 2, "most": 9},
        {"least": 3, "own": 10, "most": 9},
        {"least": 3, "own": 5, "most": 3 + MOST_SIZES},
    ],
    ids=str,
)
def test_a_workload_cannot_ask_for_sizes_that_cannot_be_searched(bounds: Any) -> None:
    assert WORKLOAD.capacity is not None
    with pytest.raises(ValueError, match=r"sizes from \d+ to [\d,]+ with \d+ among them"):
        replace(WORKLOAD.capacity, **bounds)


def test_as_many_sizes_as_the_probes_tell_apart_are_accepted() -> None:
    assert WORKLOAD.capacity is not None
    capacity: Capacity[Any] = replace(WORKLOAD.capacity, least=3, most=2 + MOST_SIZES)
    assert capacity.most - capacity.least == MOST_SIZES - 1
