from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import SideFailed
from harness.run.rate_search import LOWEST, Tries, climb, require_few
from harness.serving import FINE_STEPS, MOST_LOADS, TRIES, ServedLoad
from tests.services import a_load


def breaking_at(rung: int, unsure: int = 0) -> tuple[Callable[[int], ServedLoad], list[int]]:
    """Return loads that break from a rung on, the first of them unsure, and the rungs asked for."""
    tried: list[int] = []

    def load(asked: int) -> ServedLoad:
        tried.append(asked)
        late = 0 if asked < rung else 5 if asked < rung + unsure else 20
        return a_load(50.0, late=late)

    return load, tried


@pytest.mark.parametrize("rung", [-17, -4, -3, 0, 1, 2, 3, 4, 5, 9, 14])
def test_the_largest_rung_that_holds_is_found(rung: int) -> None:
    load, tried = breaking_at(rung)
    assert climb(Tries(load)) == rung - 1
    assert len({*tried}) <= 4 + abs(rung) // FINE_STEPS + 2


@given(rung=st.integers(LOWEST + 1, 20), stalls=st.sets(st.integers(0, 60)))
def test_one_stall_at_a_rung_changes_nothing_whenever_it_comes(rung: int, stalls: set[int]) -> None:
    steady, _ = breaking_at(rung)
    asked: list[int] = []
    met: set[int] = set()

    def load(at: int) -> ServedLoad:
        asked.append(at)
        if len(asked) in stalls and at not in met:
            met.add(at)
            return a_load(50.0, late=20)
        return steady(at)

    assert climb(Tries(load)) == rung - 1
    assert all(asked.count(at) <= TRIES for at in asked)


def test_a_rung_that_held_is_not_offered_again_and_one_that_did_not_is() -> None:
    load, tried = breaking_at(1)
    assert climb(Tries(load)) == 0
    assert {at: tried.count(at) for at in tried} == {0: 1, 4: 2, 2: 2, 1: 2}


def test_a_rung_that_breaks_at_one_of_two_tries_is_not_shown_to_break() -> None:
    answers = iter([0, 5, 20, 5, 20, 5, 20, 5, 20, 20, 5])
    with pytest.raises(SideFailed, match="neither holds its budget for sure nor breaks it"):
        climb(Tries(lambda _: a_load(50.0, late=next(answers))))


@pytest.mark.parametrize("unsure", [1, 2, 3])
def test_rungs_that_are_unsure_do_not_hold_and_one_is_shown_to_break(unsure: int) -> None:
    load, tried = breaking_at(6, unsure)
    assert climb(Tries(load)) == 5
    assert any(asked >= 6 + unsure for asked in tried)


def test_where_a_tenth_more_does_not_break_for_sure_the_side_fails() -> None:
    load, _ = breaking_at(6, unsure=9)
    with pytest.raises(SideFailed, match="neither holds its budget for sure nor breaks it"):
        climb(Tries(load))


def test_where_hardly_any_rate_holds_the_side_fails() -> None:
    load, tried = breaking_at(LOWEST - 1)
    with pytest.raises(SideFailed, match="over the budget at a quarter of what it can answer"):
        climb(Tries(load))
    assert min(tried) >= LOWEST


def test_no_more_rungs_are_tried_than_results_can_hold() -> None:
    for rung in range(LOWEST + 1, 0):
        load, tried = breaking_at(rung)
        climb(Tries(load))
        assert len(tried) <= MOST_LOADS


def test_who_answers_everything_however_fast_it_comes_is_told_to_have_more_come() -> None:
    holding = [a_load(50.0)] * MOST_LOADS
    require_few(holding[1:])
    with pytest.raises(SideFailed, match="however fast they come") as refused:
        require_few(holding)
    assert "more requests" in refused.value.hint
    with pytest.raises(SideFailed, match="no rate was shown to be the largest"):
        require_few([*holding[1:], a_load(50.0, late=20)])
