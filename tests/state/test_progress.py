import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from harness import events as e
from harness.claims.pairs import complete_pairs
from harness.model import Side
from harness.state.board import Board
from harness.state.progress import Scale, latest, scales, workers_at_work
from harness.state.to_results import results_of
from tests.builders import a_board, a_spec, an_opening, arming_events, sweep_events, trial_events

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
        ((), Scale(2)),
        (((0, 0, 20.0),), Scale(2)),
        (((0, 0, 20.0), (2, 0, 10.0)), Scale(2, 1, 10.0, 2.0)),
        (((0, 0, 20.0), (1, 0, 10.0)), Scale(2)),
        (((2, 0, 10.0),), Scale(2, 0, 10.0, None)),
        (((2, 0, 10.0), (0, 1, 20.0)), Scale(2, 0, 10.0, None)),
        (((0, 0, 20.0), (2, 0, 10.0), (2, 1, 30.0)), Scale(2, 1, 20.0, 2.0)),
        (((0, 0, 20.0), (2, 0, 10.0), (2, 1, 30.0), (0, 1, 60.0)), Scale(2, 2, 20.0, 2.0)),
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
def test_a_scale_has_a_speedup_once_it_has_a_pair(runs: tuple[Run, ...], known: Scale) -> None:
    assert scales(a_sweep_of(*runs), SPEC)[1] == known


def test_every_scale_is_there_from_the_start() -> None:
    assert scales(Board(), SPEC) == (Scale(1), Scale(2))


def test_a_scale_that_was_not_asked_for_is_left_out() -> None:
    assert [
        scale.workers
        for scale in scales(a_sweep_of((0, 0, 20.0), (2, 0, 10.0)), a_spec(points=(1, 4)))
    ] == [1, 4]


@pytest.mark.parametrize("wall_s", [0.0, -1.0])
def test_a_trial_that_took_no_time_counts_for_nothing(wall_s: float) -> None:
    board = a_sweep_of((0, 0, 20.0), (2, 0, 10.0))
    idle = replace(board.trials[1], wall_s=wall_s)

    assert scales(replace(board, trials=(board.trials[0], idle)), SPEC)[1] == Scale(2)


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
        latest(a_board([event for event in events if event.at <= at]))
        for at in (7.0, 15.0, 40.0, 200.0)
    ]

    assert [None if lane is None else (lane.side, workers_at_work(lane)) for lane in moments] == [
        None,
        (Side.BASELINE, 1),
        (Side.DISTRIBUTED, 1),
        (Side.DISTRIBUTED, 2),
    ]
