from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.run.ray.shares import deal, shares_of

Holders = tuple[int, ...]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, set[int]]]:
    """Return a number of shares, with the places that are filled, several times over."""
    size = draw(st.integers(1, 7))
    present = st.sets(st.integers(0, size - 1), min_size=1)
    return [(size, places) for places in draw(st.lists(present, min_size=1, max_size=6))]


def deals(history: list[tuple[int, set[int]]]) -> list[tuple[Holders, set[int], Holders]]:
    """Return (holders before, places filled, holders after) of each dealing of a history."""
    holders: Holders = tuple(range(history[0][0]))
    course = []
    for _, places in history:
        before, holders = holders, deal(holders, places)
        course.append((before, places, holders))
    return course


def is_fair(holders: Holders, places: set[int]) -> bool:
    counts = [holders.count(place) for place in places]
    at_home = all(share not in places or holders[share] == share for share in range(len(holders)))
    return set(holders) <= places and at_home and max(counts) - min(counts) <= 1


def moves(before: Holders, after: Holders) -> int:
    return sum(one != other for one, other in zip(before, after, strict=True))


@given(histories())
def test_every_share_is_contributed_by_one_worker_that_is_there(
    history: list[tuple[int, set[int]]],
) -> None:
    for _, places, holders in deals(history):
        contributed = [share for place in places for share in shares_of(place, holders)]
        assert sorted(contributed) == list(range(len(holders)))


@given(histories())
def test_a_worker_that_is_there_has_its_own_share_and_nobody_much_more_than_another(
    history: list[tuple[int, set[int]]],
) -> None:
    assert all(is_fair(holders, places) for _, places, holders in deals(history))


@given(histories().filter(lambda history: history[0][0] <= 5))
def test_no_more_shares_move_than_must(history: list[tuple[int, set[int]]]) -> None:
    for before, places, after in deals(history):
        others = product(sorted(places), repeat=len(before))
        fewest = min(moves(before, other) for other in others if is_fair(other, places))
        assert moves(before, after) == fewest


def test_two_workers_of_which_one_is_lost_and_comes_back() -> None:
    alone = deal((0, 1), {1})
    assert (alone, deal(alone, {0, 1})) == ((1, 1), (0, 1))


def test_a_share_stays_with_who_took_it_while_others_come_and_go() -> None:
    without_three = deal((0, 1, 2, 3), {0, 1, 2})
    assert without_three == (0, 1, 2, 0)
    assert deal(without_three, {0, 2}) == (0, 2, 2, 0)


def test_nobody_can_contribute_where_nobody_is() -> None:
    with pytest.raises(ValueError, match="nobody"):
        deal((0, 1), set())
