from dataclasses import replace
from math import comb

import pytest

from harness.serving import (
    FINE_STEP,
    HEADROOM,
    STEP,
    TRIES,
    RateSearch,
    most_late,
    percentile,
    tried_rates,
)
from tests.services import a_load, a_rate_search


def test_of_fewer_than_459_requests_no_99th_percentile_can_be_claimed() -> None:
    assert [most_late(number) for number in (0, 1, 458, 459)] == [None, None, None, 0]


@pytest.mark.parametrize("requests", [459, 662, 663, 1_000, 2_000])
def test_one_more_late_request_could_come_from_a_service_that_is_worse(requests: int) -> None:
    def at_most(late: int) -> float:
        """Return P(X <= late) for X binomial, from its definition."""
        return sum(
            comb(requests, one) * 0.01**one * 0.99 ** (requests - one) for one in range(late + 1)
        )

    most = most_late(requests)
    assert most is not None
    assert at_most(most) <= 0.01 < at_most(most + 1)


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    values = [float(one) for one in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]
    assert percentile([], 0.99) == 0.0


@pytest.mark.parametrize(
    ("late", "failed", "holds", "breaks"),
    [(0, 0, True, False), (2, 0, True, False), (3, 0, False, False), (11, 0, False, True)],
)
def test_a_rate_holds_breaks_or_is_neither_for_sure(
    late: int, failed: int, holds: bool, breaks: bool
) -> None:
    load = a_load(50.0, late=late, failed=failed)
    assert (load.holds, load.breaks) == (holds, breaks)


def test_a_rate_at_which_a_request_fails_does_not_hold() -> None:
    assert not a_load(50.0, failed=1).holds


def test_a_search_tells_the_rate_that_held_and_the_one_that_broke() -> None:
    search = a_rate_search()
    assert search.held is not None
    assert search.broke is not None
    assert search.held.rate == pytest.approx(HEADROOM * 50.0)
    assert search.broke.rate == pytest.approx(FINE_STEP * HEADROOM * 50.0)
    assert search.is_shown
    assert search.contradiction == ""


def of_before(headroom: float) -> RateSearch:
    """Return a search of before, which offered no rate twice."""
    held = headroom * 50.0
    return RateSearch(
        budget_s=0.1,
        workers=1,
        seed=1,
        input_sha256=a_rate_search().input_sha256,
        seconds=60.0,
        loads=(a_load(held), a_load(FINE_STEP * held, late=20)),
        raced=50.0,
        headroom=headroom,
    )


@pytest.mark.parametrize(
    ("headroom", "is_shown"),
    [(FINE_STEP, True), (STEP, True), (1.001 * STEP, False), (HEADROOM, False)],
)
def test_a_search_of_before_with_one_try_may_have_a_tenth_of_headroom(
    headroom: float, is_shown: bool
) -> None:
    assert of_before(headroom).is_shown == is_shown


def test_the_tries_of_a_rate_are_told_together_in_ascending_order_of_the_rates() -> None:
    slow, fast = a_load(50.0), a_load(60.0)
    stalled = a_load(50.0, late=20)
    rates = tried_rates((fast, stalled, slow))
    assert [rate.loads for rate in rates] == [(stalled, slow), (fast,)]
    assert [rate.holds for rate in rates] == [True, True]
    assert not rates[0].breaks(TRIES)


def test_one_stall_is_no_rate_that_broke() -> None:
    search = a_rate_search()
    held, *broke = search.loads
    stalled = replace(search, loads=(replace(held, late=20), held, *broke))
    assert stalled.is_shown
    assert stalled.held == held
    assert not replace(search, loads=(held, broke[0])).is_shown


HELD = HEADROOM * 50.0
WRONG: dict[str, RateSearch] = {
    "none broke": replace(a_rate_search(), loads=(a_load(HELD),)),
    "none held": replace(a_rate_search(), loads=(a_load(HELD, late=20),)),
    "only much more broke": replace(
        a_rate_search(), loads=(a_load(HELD), *[a_load(1.01 * STEP * HELD, late=20)] * TRIES)
    ),
    "it broke but once": replace(a_rate_search(), loads=a_rate_search().loads[:-1]),
    "a rate that had held was tried again": replace(
        a_rate_search(), loads=(a_load(HELD), *a_rate_search().loads)
    ),
    "a rate that was given up was tried again": replace(
        a_rate_search(), loads=(*a_rate_search().loads, a_rate_search().loads[-1])
    ),
    "it runs at a little less than it says": replace(a_rate_search(), raced=49.99),
    "it runs at a little more than it says": replace(a_rate_search(), raced=50.01),
    "its headroom is larger than allowed": replace(
        a_rate_search(), headroom=1.001 * HEADROOM, raced=50.0 / 1.001
    ),
    "a smaller rate broke": replace(
        a_rate_search(), loads=(*a_rate_search().loads, a_load(45.0, late=20))
    ),
    "more were late than came": replace(a_rate_search(), loads=(a_load(HELD, late=1_001),)),
    "another budget": replace(a_rate_search(), budget_s=0.2),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_search_that_does_not_show_its_rate_contradicts_itself(case: str) -> None:
    assert WRONG[case].contradiction
