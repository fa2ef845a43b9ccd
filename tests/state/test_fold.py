from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import events as e
from harness.state.board import Board, apply
from harness.state.fold import fold
from tests.builders import some_events, sweep_events
from tests.lies import SWEPT

EVENTS = some_events(pairs=2)


@pytest.mark.parametrize("events", [SWEPT, EVENTS, sweep_events()], ids=["real", "race", "sweep"])
def test_events_folded_at_once_make_the_board_that_they_make_one_by_one(
    events: list[e.Event],
) -> None:
    assert fold(events) == reduce(apply, events, Board())


@given(st.lists(st.sampled_from(EVENTS), max_size=60))
def test_so_do_events_in_whatever_order(events: list[e.Event]) -> None:
    assert fold(events) == reduce(apply, events, Board())


@given(st.integers(0, len(EVENTS)))
def test_a_board_is_folded_further_from_any_moment(place: int) -> None:
    assert fold(EVENTS[place:], fold(EVENTS[:place])) == fold(EVENTS)
