from hypothesis import given
from hypothesis import strategies as st

from harness.capacity import MOST_PROBES, MOST_SIZES
from harness.run.bisection import bisect_sizes


def test_sizes_are_halved_from_the_first_on() -> None:
    tried, largest = bisect_sizes(range(1, 16), 12, lambda size: size <= 5)
    assert tried == {12: False, 6: False, 3: True, 4: True, 5: True}
    assert largest == 5


def test_where_even_the_smallest_does_not_fit_nothing_is_known_of_the_largest() -> None:
    tried, largest = bisect_sizes(range(3, 9), 3, lambda _: False)
    assert (tried, largest) == ({3: False}, None)


def test_where_all_sizes_fit_the_largest_that_would_is_not_known() -> None:
    tried, largest = bisect_sizes(range(3, 9), 8, lambda _: True)
    assert (tried, largest) == ({8: True}, None)


def test_a_search_that_is_over_before_its_end_has_shown_nothing() -> None:
    answers = iter([False, False, True])
    tried, largest = bisect_sizes(range(1, 100), 50, lambda size: size <= 7, answers.__next__)
    assert (tried, largest) == ({50: False, 25: False}, None)


@given(st.data())
def test_whatever_the_sizes_the_last_that_fits_and_the_next_are_tried_and_no_more_than_needed(
    data: st.DataObject,
) -> None:
    least = data.draw(st.integers(1, 1000))
    sizes = range(least, least + data.draw(st.integers(1, MOST_SIZES)))
    first = data.draw(st.sampled_from(sizes))
    holds = data.draw(st.integers(sizes.start - 1, sizes.stop - 1))
    tried, largest = bisect_sizes(sizes, first, lambda size: size <= holds)
    assert next(iter(tried)) == first
    assert tried == {size: size <= holds for size in tried}
    assert {holds, holds + 1} & {*sizes} <= tried.keys() <= {*sizes}
    assert largest == (holds if sizes.start <= holds < sizes.stop - 1 else None)
    assert len(tried) <= MOST_PROBES
