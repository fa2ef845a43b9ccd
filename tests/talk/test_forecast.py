import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Schedule, Side
from harness.state.board import Board
from harness.state.side import ArmedSide, SideStage, SideState
from harness.talk.agenda import Agenda, Beat
from harness.talk.forecast import (
    DeadlineBasis,
    Estimate,
    RehearsalHistory,
    deadline,
    deadlines,
    estimate_side,
    recording_deadline,
    session_time_left,
    spread,
)
from tests.builders import (
    BASELINE_S,
    DISTRIBUTED_S,
    ITEMS,
    a_board,
    a_spec,
    some_events,
    sweep_events,
)

TALK = Agenda(
    100.0, (Beat("opening", 20.0, "-"), Beat("demo", 40.0, "-"), Beat("close", 30.0, "-"))
)
REHEARSED = RehearsalHistory(
    baseline=(39.0, 41.0, 43.0), distributed=(20.0, 24.0), demos=(35.0, 45.0, 38.0), alone=(50.0,)
)
SECONDS = st.floats(0, 1e4)


def board_at(at: float, pairs: int = 1) -> Board:
    """Return the board of a race in turn: the baseline runs from 8 to 48 s, then Ray for 22 s."""
    return a_board(event for event in some_events(pairs=pairs) if event.at <= at)


@given(st.lists(SECONDS, min_size=1))
def test_a_spread_goes_from_the_least_to_the_most_around_the_median(durations: list[float]) -> None:
    found = spread(durations)
    assert found is not None
    assert (found.low, found.high, found.number) == (min(durations), max(durations), len(durations))
    assert found.low <= found.middle <= found.high


def test_nothing_kept_has_no_spread() -> None:
    assert spread(()) is None


def test_a_spread_has_the_median_not_the_mean() -> None:
    found = spread((10.0, 11.0, 30.0))
    assert found is not None
    assert found.middle == 11.0


# Until when to decide.


def test_the_live_run_must_begin_while_its_longest_demo_and_the_rest_fit() -> None:
    until = deadline(TALK, REHEARSED)
    assert (until.at, until.seconds, until.basis, until.number) == (
        25.0,
        45.0,
        DeadlineBasis.REHEARSED,
        3,
    )


def test_demos_without_a_presenter_count_only_where_there_are_no_others() -> None:
    until = deadline(TALK, RehearsalHistory(alone=(30.0, 50.0)))
    assert (until.at, until.basis, until.number) == (20.0, DeadlineBasis.ALONE, 2)


def test_without_a_rehearsal_the_budget_tells_until_when() -> None:
    until = deadline(TALK, RehearsalHistory())
    assert (until.at, until.basis, until.number) == (30.0, DeadlineBasis.BUDGET, 0)


def test_a_demo_that_never_fits_has_no_such_moment() -> None:
    assert deadline(TALK, RehearsalHistory(demos=(71.0,))).at < 0


@given(st.lists(SECONDS), st.lists(SECONDS), SECONDS)
def test_no_deadline_is_later_than_what_follows_allows(
    demos: list[float], alone: list[float], recording: float
) -> None:
    for until in (
        deadline(TALK, RehearsalHistory(demos=tuple(demos), alone=tuple(alone))),
        recording_deadline(TALK, recording),
    ):
        assert until.at <= TALK.length - TALK.after_demo
        assert until.at + until.seconds + TALK.after_demo <= TALK.length + 1e-6


@given(st.lists(SECONDS, min_size=1), SECONDS)
def test_another_rehearsal_never_gives_more_time(demos: list[float], more: float) -> None:
    assert (
        deadline(TALK, RehearsalHistory(demos=(*demos, more))).at
        <= deadline(TALK, RehearsalHistory(demos=tuple(demos))).at
    )


def test_a_recording_is_as_long_as_it_is() -> None:
    until = recording_deadline(TALK, 12.5)
    assert (until.at, until.basis) == (57.5, DeadlineBasis.RECORDING)


def test_a_recording_has_a_moment_of_its_own_beside_that_of_the_live_run() -> None:
    assert [until.basis for until in deadlines(TALK, REHEARSED, 12.5)] == [
        DeadlineBasis.REHEARSED,
        DeadlineBasis.RECORDING,
    ]
    assert [until.basis for until in deadlines(TALK, REHEARSED, None)] == [DeadlineBasis.REHEARSED]


# When the clocks will stop.


def test_a_side_that_has_not_gone_takes_the_median_of_rehearsals() -> None:
    assert estimate_side(board_at(7.0).baseline, 7.0, REHEARSED.baseline) == Estimate(None, 41.0)


def test_nothing_is_known_of_a_side_without_progress_or_rehearsals() -> None:
    assert estimate_side(board_at(8.0).baseline, 9.0, ()) == Estimate(None, None)


def test_a_running_side_is_estimated_by_its_progress_and_by_rehearsals() -> None:
    board = board_at(8.0 + BASELINE_S * 4 / 9)
    found = estimate_side(board.baseline, board.at, REHEARSED.baseline)
    assert found.by_progress == pytest.approx(BASELINE_S * 5 / 9, rel=1e-3)
    assert found.by_rehearsals == pytest.approx(41.0 - BASELINE_S * 4 / 9)


def test_a_side_that_is_slower_than_ever_has_nothing_left_by_rehearsals() -> None:
    assert estimate_side(board_at(8.0).baseline, 200.0, REHEARSED.baseline).by_rehearsals == 0.0


@given(st.integers(0, ITEMS * 2), st.floats(0, 1e6))
def test_an_estimate_is_never_below_zero(done: int, at: float) -> None:
    lane = SideState(
        side=Side.BASELINE,
        stage=SideStage.RUNNING,
        armed=ArmedSide(items=ITEMS),
        done=done,
        started_at=0.0,
    )
    found = estimate_side(lane, at, (40.0,))
    assert all(
        seconds is None or seconds >= 0 for seconds in (found.by_progress, found.by_rehearsals)
    )


@pytest.mark.parametrize(
    "lane",
    [
        SideState(side=Side.BASELINE, stage=SideStage.SCORED, started_at=1.0, wall_s=4.0),
        SideState(side=Side.BASELINE, stage=SideStage.FAILED),
    ],
)
def test_a_clock_that_has_stopped_is_not_estimated(lane: SideState) -> None:
    assert estimate_side(lane, 9.0, (40.0,)) == Estimate()


def test_the_runs_own_progress_is_what_to_go_by() -> None:
    assert (Estimate(3.0, 5.0).best, Estimate(None, 5.0).best, Estimate(0.0, 5.0).best) == (
        3.0,
        5.0,
        0.0,
    )


def test_a_run_in_turn_takes_both_sides_together() -> None:
    assert session_time_left(board_at(7.0), a_spec(), 7.0, REHEARSED) == 41.0 + 22.0


def test_a_run_together_takes_as_long_as_its_longer_side() -> None:
    board = a_board(event for event in some_events() if event.at <= 5.2)
    at_once = Board(
        schedule=Schedule.TOGETHER, baseline=board.baseline, distributed=board.distributed
    )
    assert session_time_left(at_once, a_spec(), 7.0, REHEARSED) == 41.0


def test_the_running_side_goes_by_its_own_progress_in_the_whole_run_too() -> None:
    board = board_at(8.0 + BASELINE_S * 4 / 9)
    assert session_time_left(board, a_spec(), board.at, REHEARSED) == pytest.approx(
        BASELINE_S * 5 / 9 + 22.0, rel=1e-3
    )


def test_once_only_the_last_side_runs_no_rehearsal_is_needed() -> None:
    board = board_at(50.0 + DISTRIBUTED_S * 4 / 9)
    assert session_time_left(board, a_spec(), board.at, RehearsalHistory()) == pytest.approx(
        DISTRIBUTED_S * 5 / 9, rel=1e-3
    )


def test_a_run_whose_other_side_was_never_rehearsed_is_not_estimated() -> None:
    board = board_at(8.0 + BASELINE_S * 4 / 9)
    assert session_time_left(board, a_spec(), board.at, RehearsalHistory()) is None


def test_rounds_that_are_to_come_are_counted() -> None:
    board = board_at(7.0, pairs=3)
    assert session_time_left(board, a_spec(trials=3), 7.0, REHEARSED) == 3 * (41.0 + 22.0)


def test_nothing_is_left_of_a_run_whose_clocks_have_stopped() -> None:
    assert session_time_left(board_at(200.0), a_spec(), 200.0, REHEARSED) == 0.0


def test_a_sweep_is_not_estimated() -> None:
    board = a_board(event for event in sweep_events() if event.at <= 7.0)
    assert session_time_left(board, a_spec(points=(1, 2, 4)), 7.0, REHEARSED) is None


def test_a_run_has_no_estimate_before_its_schedule_is_known() -> None:
    assert session_time_left(board_at(6.0), a_spec(), 6.0, REHEARSED) is None
