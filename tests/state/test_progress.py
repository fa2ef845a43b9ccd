import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harness import events as e
from harness.claims.pairs import complete_pairs
from harness.model import Side
from harness.state.board import Board
from harness.state.progress import (
    ScaleProgress,
    arming_s,
    latest_started,
    scales,
    stalled_s,
    workers_at_work,
)
from harness.state.to_results import results_of
from tests.builders import (
    ITEMS,
    a_board,
    a_ready,
    a_spec,
    an_opening,
    arming_events,
    sweep_events,
    trial_events,
)

SPEC = a_spec(workers=2, points=(1, 2), trials=2)

Run = tuple[int, int, float]
"""A trial: its p (0: the baseline), its round, its seconds."""


def a_sweep_of(*runs: Run) -> Board:
    """Return the board after these trials, in this order."""
    events: list[e.Event] = [an_opening(spec=SPEC), *arming_events(2)]
    for order, (scale, trial, wall_s) in enumerate(runs):
        side = Side.DISTRIBUTED if scale else Side.BASELINE
        events += trial_events(
            side,
            10.0 + 100 * order,
            wall_s,
            workers=scale,
            trial=trial,
            order=order,
            beats=1,
            scale=scale,
        )
    return a_board(events)


@pytest.mark.parametrize(
    ("runs", "known"),
    [
        ((), ScaleProgress(workers=2)),
        (((0, 0, 20.0),), ScaleProgress(workers=2)),
        (
            ((0, 0, 20.0), (2, 0, 10.0)),
            ScaleProgress(workers=2, pairs=1, distributed_s=10.0, speedup=2.0),
        ),
        (((0, 0, 20.0), (1, 0, 10.0)), ScaleProgress(workers=2)),
        (((2, 0, 10.0),), ScaleProgress(workers=2, pairs=0, distributed_s=10.0, speedup=None)),
        (
            ((2, 0, 10.0), (0, 1, 20.0)),
            ScaleProgress(workers=2, pairs=0, distributed_s=10.0, speedup=None),
        ),
        (
            ((0, 0, 20.0), (2, 0, 10.0), (2, 1, 30.0)),
            ScaleProgress(workers=2, pairs=1, distributed_s=20.0, speedup=2.0),
        ),
        (
            ((0, 0, 20.0), (2, 0, 10.0), (2, 1, 30.0), (0, 1, 60.0)),
            ScaleProgress(workers=2, pairs=2, distributed_s=20.0, speedup=2.0),
        ),
    ],
    ids=[
        "nothing",
        "no trial",
        "a pair",
        "another scale",
        "no baseline",
        "a baseline of another round",
        "half a round",
        "two rounds",
    ],
)
def test_a_scale_has_a_speedup_once_it_has_a_pair(
    runs: tuple[Run, ...], known: ScaleProgress
) -> None:
    assert scales(a_sweep_of(*runs), SPEC)[1] == known


def test_every_scale_is_there_from_the_start() -> None:
    assert scales(Board(), SPEC) == (ScaleProgress(workers=1), ScaleProgress(workers=2))


def test_a_scale_that_was_not_asked_for_is_left_out() -> None:
    assert [
        scale.workers
        for scale in scales(a_sweep_of((0, 0, 20.0), (2, 0, 10.0)), a_spec(points=(1, 4)))
    ] == [1, 4]


@pytest.mark.parametrize("wall_s", [0.0, -1.0])
def test_a_trial_that_took_no_time_counts_for_nothing(wall_s: float) -> None:
    board = a_sweep_of((0, 0, 20.0), (2, 0, 10.0))
    idle = replace(board.trials[1], wall_s=wall_s)

    assert scales(replace(board, trials=(board.trials[0], idle)), SPEC)[1] == ScaleProgress(
        workers=2
    )


A_RUN = st.tuples(
    st.sampled_from([0, 1, 2]),
    st.integers(min_value=0, max_value=2),
    st.floats(min_value=0.1, max_value=1e4),
)


@given(st.lists(A_RUN, max_size=9, unique_by=lambda run: run[:2]))
def test_the_speedup_on_the_screen_is_the_one_in_the_results_file(runs: list[Run]) -> None:
    board = a_sweep_of(*runs)
    claimed = {scale: complete_pairs(results_of(board), scale) for scale in SPEC.scales}

    assert {scale.workers: scale.speedup for scale in scales(board, SPEC)} == {
        scale: None if seen is None else seen.speedup for scale, seen in claimed.items()
    }


def test_the_side_that_went_last_is_the_latest_whether_or_not_it_is_done() -> None:
    events = sweep_events((1, 2))
    moments = [
        latest_started(a_board([event for event in events if event.at <= at]))
        for at in (7.0, 15.0, 40.0, 200.0)
    ]

    assert [None if lane is None else (lane.side, workers_at_work(lane)) for lane in moments] == [
        None,
        (Side.BASELINE, 1),
        (Side.DISTRIBUTED, 1),
        (Side.DISTRIBUTED, 2),
    ]


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


def test_a_wait_for_hosts_is_no_arming_that_takes_too_long() -> None:
    launched = e.stamp(e.Launched(pid=1), 3.0, Side.DISTRIBUTED, 0)
    waits = e.stamp(e.AwaitsHosts(workers=1, seconds=50.0), 55.0, Side.DISTRIBUTED, 0)
    assert arming_s(a_board([launched, waits]), 63.0) == 10.0


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
