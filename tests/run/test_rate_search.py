from collections.abc import Callable

import pytest

from harness.errors import SideFailed
from harness.run.rate_search import LOWEST, climb, require_few
from harness.serving import FINE_STEPS, MOST_LOADS, ServedLoad
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
    assert climb(load) == rung - 1
    assert len({*tried}) <= 4 + abs(rung) // FINE_STEPS + 2


@pytest.mark.parametrize("unsure", [1, 2, 3])
def test_rungs_that_are_unsure_do_not_hold_and_one_is_shown_to_break(unsure: int) -> None:
    load, tried = breaking_at(6, unsure)
    assert climb(load) == 5
    assert any(asked >= 6 + unsure for asked in tried)


def test_where_a_tenth_more_does_not_break_for_sure_the_side_fails() -> None:
    load, _ = breaking_at(6, unsure=9)
    with pytest.raises(SideFailed, match="neither holds its budget for sure nor breaks it"):
        climb(load)


def test_where_hardly_any_rate_holds_the_side_fails() -> None:
    load, tried = breaking_at(LOWEST - 1)
    with pytest.raises(SideFailed, match="over the budget at a quarter of what it can answer"):
        climb(load)
    assert min(tried) >= LOWEST


def test_no_more_rungs_are_tried_than_results_can_hold() -> None:
    most = max(len({*breaking_at(rung)[1]}) for rung in range(LOWEST, 0))
    assert most <= MOST_LOADS


def test_who_answers_everything_however_fast_it_comes_is_told_to_have_more_come() -> None:
    holding = [a_load(50.0)] * MOST_LOADS
    require_few(holding[1:])
    with pytest.raises(SideFailed, match="however fast they come") as refused:
        require_few(holding)
    assert "more requests" in refused.value.hint
    with pytest.raises(SideFailed, match="none was the largest"):
        require_few([*holding[1:], a_load(50.0, late=20)])
