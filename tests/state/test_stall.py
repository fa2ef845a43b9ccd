from hypothesis import given
from hypothesis import strategies as st

from harness import events as e
from harness.model import Side
from harness.state.board import Board
from harness.state.stall import arming_s, stalled_s
from tests.builders import ITEMS, a_board, a_ready, arming_events

BASELINE, DISTRIBUTED = Side


def going(*said: tuple[float, Side, e.Event]) -> Board:
    """Return the board of a session whose sides are armed, after that was said."""
    return a_board([*arming_events(), *(e.stamp(event, at, side, 0) for at, side, event in said)])


def test_before_go_nothing_stands_still() -> None:
    assert stalled_s(going(), 99.0) is None


def test_a_side_that_has_done_nothing_stands_still_since_go() -> None:
    assert stalled_s(going((10.0, BASELINE, e.Go(order=0))), 14.0) == 4.0


def test_a_side_stands_still_since_its_last_item() -> None:
    board = going((10.0, BASELINE, e.Go(order=0)), (12.0, BASELINE, e.Progress(done=5)))
    assert stalled_s(board, 15.0) == 3.0


def test_a_report_of_nothing_new_is_no_progress() -> None:
    board = going(
        (10.0, BASELINE, e.Go(order=0)),
        (12.0, BASELINE, e.Progress(done=5)),
        (14.0, BASELINE, e.Progress(done=5)),
    )
    assert stalled_s(board, 15.0) == 3.0


def test_of_two_sides_the_one_counts_that_has_been_still_for_longer() -> None:
    gone = (10.0, BASELINE, e.Go(order=0)), (10.0, DISTRIBUTED, e.Go(order=1))
    assert stalled_s(going(*gone, (13.0, DISTRIBUTED, e.Progress(done=5))), 14.0) == 4.0


def test_a_side_with_no_items_left_that_does_not_finish_stands_still() -> None:
    assert (
        stalled_s(
            going((10.0, BASELINE, e.Go(order=0)), (12.0, BASELINE, e.Progress(done=ITEMS))), 99.0
        )
        == 87.0
    )


def test_a_side_that_does_not_get_armed_is_told_since_its_launch() -> None:
    board = a_board([e.stamp(e.Launched(pid=7), 3.0, BASELINE, 0)])
    assert (arming_s(board, 63.0), stalled_s(board, 63.0)) == (60.0, None)


def test_an_armed_session_is_arming_no_more() -> None:
    assert arming_s(going(), 99.0) is None


def test_a_side_that_has_finished_is_not_waited_for() -> None:
    ended = e.Finished(wall_s=2.0, cpu_s=2.0, peak_rss_bytes=1, items=ITEMS)
    assert stalled_s(going((10.0, BASELINE, e.Go(order=0)), (12.0, BASELINE, ended)), 99.0) is None


def test_a_side_without_items_cannot_be_told_to_stand_still() -> None:
    ready = e.stamp(a_ready(BASELINE, 1, items=0), 1.0, BASELINE, 0)
    assert stalled_s(a_board([ready, e.stamp(e.Go(order=0), 2.0, BASELINE, 0)]), 99.0) is None


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_side_never_stands_still_for_less_than_no_time(started_at: float, at: float) -> None:
    assert (stalled_s(going((started_at, BASELINE, e.Go(order=0))), at) or 0.0) >= 0.0
