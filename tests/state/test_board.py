from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import events as e
from harness.model import Fault, Side, Variant
from harness.state.board import Board, apply
from harness.state.series import Series, extend
from harness.state.side import CURVE_POINTS, SideStage, SideState
from harness.state.worker import UTILIZATION_POINTS
from tests.builders import (
    DISTRIBUTED_S,
    ITEMS,
    a_board,
    a_digest_of,
    a_process,
    a_ready,
    arming_events,
    some_differences,
    some_events,
    trial_events,
)

SIDES = st.sampled_from(Side)
TIMES = st.floats(0, 1e4)
COUNTS = st.integers(0, 10**9)
NAMES = st.sampled_from(["core", "w0", "w1", "w7", "", "w", "w" + "9" * 5_000, "\u0662", "w\u00b2"])
SHORT = st.text(max_size=8)
SAID = st.one_of(
    st.builds(e.Launched, pid=COUNTS),
    st.builds(a_ready, SIDES, st.integers(0, 3), items=COUNTS),
    st.builds(e.Probed, rate=TIMES, together=st.booleans()),
    st.builds(e.Go, order=COUNTS),
    st.builds(e.Progress, done=COUNTS),
    st.builds(e.Span, worker=NAMES, chunk=COUNTS, items=COUNTS, busy_s=TIMES, cpu_s=TIMES),
    st.builds(e.Sample, worker=NAMES, cpu=TIMES, rss_bytes=COUNTS),
    st.builds(e.Phase, name=SHORT, seconds=TIMES),
    st.builds(e.Faulted, worker=NAMES, reason=SHORT),
    st.builds(
        e.Recovered,
        worker=NAMES,
        process=st.builds(a_process, st.sampled_from(["w0", "w1"])),
        seconds=TIMES,
    ),
    st.builds(e.Finished, wall_s=TIMES, cpu_s=TIMES, peak_rss_bytes=COUNTS, items=COUNTS),
    st.builds(e.Scored, answer_sha256=SHORT, quality=TIMES),
    st.builds(e.Compared, order=COUNTS, differences=st.builds(some_differences)),
    st.builds(e.Failed, reason=SHORT, last_words=SHORT),
    st.builds(e.Observed, cpu_s=TIMES, frames=COUNTS, longest_gap_s=TIMES),
)
EVENTS = st.builds(e.stamp, SAID, TIMES, SIDES, st.integers(0, 3))
NONSENSE = st.lists(EVENTS, max_size=40)


def a_race(*events: e.Event, at: float = 10.0, side: Side = Side.DISTRIBUTED) -> SideState:
    """Return the side's lane after arming, a go at 8 s, and then the events, all at one time."""
    told = [
        e.stamp(e.Go(order=1), 8.0, side, 0),
        *(e.stamp(event, at, side, 0) for event in events),
    ]
    return a_board([*arming_events(), *told]).state_of(side)


def test_a_launched_side_is_arming() -> None:
    assert a_board(arming_events()[:1]).baseline.stage is SideStage.ARMING


def test_an_armed_side_says_how_long_its_start_took() -> None:
    assert a_board(arming_events()).distributed.armed.startup_s == pytest.approx(5.0)


def test_a_side_that_is_not_armed_has_no_start_up_yet() -> None:
    assert a_board(arming_events()[:2]).distributed.armed.startup_s is None


def test_an_armed_side_shows_its_workers() -> None:
    board = a_board(arming_events(workers=3))
    assert [worker.process.id for worker in board.distributed.workers] == ["w0", "w1", "w2"]


def test_a_probe_tells_the_rate_alone_from_the_rate_together() -> None:
    lane = a_race(e.Probed(rate=10.0, together=False), e.Probed(rate=9.0, together=True))
    assert (lane.armed.rate_alone, lane.armed.rate_together) == (10.0, 9.0)


def test_a_go_starts_the_clock_at_the_conductors_time() -> None:
    assert a_race().started_at == 8.0


def test_progress_moves_the_running_lane() -> None:
    assert a_race(e.Progress(done=700)).done == 700


def test_progress_before_the_go_changes_nothing() -> None:
    early = e.stamp(e.Progress(done=700), 6.0, Side.BASELINE, 0)
    assert a_board([*arming_events(), early]).baseline == a_board(arming_events()).baseline


def test_a_finished_lane_stops_its_clock() -> None:
    lane = a_race(
        e.Finished(wall_s=22.0, cpu_s=44.0, peak_rss_bytes=9, items=ITEMS), e.Progress(done=1)
    )
    assert (lane.stage, lane.wall_s, lane.done) == (SideStage.FINISHED, 22.0, ITEMS)


def test_a_scored_lane_becomes_a_trial() -> None:
    board = a_board()
    assert [(lane.side, lane.wall_s) for lane in board.trials] == [
        (Side.BASELINE, 40.0),
        (Side.DISTRIBUTED, 22.0),
    ]


def test_a_score_without_a_finish_is_no_trial() -> None:
    early = e.stamp(e.Scored(answer_sha256="", quality=1.0), 9.0, Side.BASELINE, 0)
    assert a_board([*arming_events(), early]).trials == ()


def test_the_trials_stand_in_the_order_in_which_they_were_scored() -> None:
    assert [lane.order for lane in a_board(some_events(pairs=3)).trials] == [0, 1, 2, 3, 4, 5]


def test_the_next_go_clears_what_was_measured_and_keeps_what_arming_found() -> None:
    told = [*some_events(), e.stamp(e.Go(order=2), 90.0, Side.DISTRIBUTED, 1)]
    lane = a_board(told).distributed
    assert (lane.wall_s, lane.done, lane.quality, lane.workers[0].busy_s) == (None, 0, None, 0.0)
    assert (lane.armed.items, lane.armed.ready_at, len(lane.workers)) == (ITEMS, 5.2, 2)


def test_a_trial_is_not_changed_by_the_next_one() -> None:
    told = some_events()
    more = trial_events(Side.DISTRIBUTED, 90.0, 30.0, trial=1, order=2)
    assert a_board([*told, *more]).trials[:2] == a_board(told).trials


def test_a_failed_side_keeps_its_last_words() -> None:
    lane = a_race(e.Failed(reason="raised", last_words="ValueError: no"))
    assert (lane.stage, lane.reason, lane.last_words) == (
        SideStage.FAILED,
        "raised",
        "ValueError: no",
    )


def test_spans_add_up_on_their_worker() -> None:
    span = e.Span(worker="w1", chunk=0, items=10, busy_s=0.5, cpu_s=0.4)
    lane = a_race(span, span)
    assert (lane.workers[1].chunks, lane.workers[1].busy_s, lane.workers[1].cpu_s) == (2, 1.0, 0.8)


def test_a_worker_does_what_its_last_span_says() -> None:
    spans = [
        e.Span(worker="w1", chunk=chunk, items=1, busy_s=0.5, cpu_s=0.4, activity=activity)
        for chunk, activity in enumerate(["reader", "seeker"])
    ]
    assert [worker.activity for worker in a_race(*spans).workers] == ["", "seeker"]


def test_spans_do_not_touch_other_workers() -> None:
    lane = a_race(e.Span(worker="w1", chunk=0, items=10, busy_s=0.5, cpu_s=0.4))
    assert lane.workers[0] == a_race().workers[0]


def test_a_worker_is_found_by_its_name_wherever_it_stands() -> None:
    ready = a_ready(Side.DISTRIBUTED, workers=2)
    swapped = msgspec.structs.replace(ready, workers=ready.workers[::-1])
    lane = a_race(swapped, e.Sample(worker="w0", cpu=0.5, rss_bytes=1))
    assert [worker.cpu for worker in lane.workers] == [None, 0.5]


def test_a_sample_of_a_stranger_changes_nothing() -> None:
    assert a_race(e.Sample(worker="w99", cpu=0.5, rss_bytes=1)) == a_race()


def test_the_highest_memory_seen_is_kept() -> None:
    lane = a_race(*(e.Sample(worker="w0", cpu=0.5, rss_bytes=size) for size in (5, 9, 7)))
    assert (lane.workers[0].rss_bytes, lane.workers[0].peak_rss_bytes) == (7, 9)


def test_a_sample_before_the_go_is_shown_but_not_recorded() -> None:
    early = e.stamp(e.Sample(worker="core", cpu=0.5, rss_bytes=1), 6.0, Side.BASELINE, 0)
    worker = a_board([*arming_events(), early]).baseline.workers[0]
    assert (worker.cpu, worker.utilization) == (0.5, Series())


def test_a_lost_worker_is_recorded_at_its_moment_of_the_run() -> None:
    lane = a_race(e.Faulted(worker="w1", reason="killed"), at=13.0)
    assert lane.faults == (Fault("w1", "killed", at_s=5.0),)
    assert lane.workers[1].lost_at == 13.0


def test_a_worker_that_came_back_tells_what_its_loss_cost() -> None:
    lane = a_race(
        e.Faulted(worker="w1", reason="killed"),
        e.Recovered(worker="w1", process=a_process("w1", pid=99), seconds=1.5),
    )
    assert [fault.cost_s for fault in lane.faults] == [1.5]
    assert (lane.workers[1].lost_at, lane.workers[1].process.pid) == (None, 99)


def test_a_second_loss_does_not_rewrite_what_the_first_one_cost() -> None:
    back = e.Recovered(worker="w1", process=a_process("w1"), seconds=1.5)
    lost = e.Faulted(worker="w1", reason="killed")
    lane = a_race(lost, back, lost, msgspec.structs.replace(back, seconds=2.5))
    assert [fault.cost_s for fault in lane.faults] == [1.5, 2.5]


def test_a_worker_that_came_back_says_later_what_input_it_sees() -> None:
    back = e.Recovered(worker="w1", process=a_process("w1", pid=99), seconds=1.5)
    lane = a_race(
        e.Faulted(worker="w1", reason="killed"),
        back,
        e.Inspected(worker="w1", input_sha256="ab" * 32),
    )
    told = a_process("w1", pid=99, input_sha256="ab" * 32)
    assert (lane.workers[1].process, lane.armed.processes[1]) == (told, told)
    assert [fault.cost_s for fault in lane.faults] == [1.5]


def test_a_proof_that_failed_touches_no_lane() -> None:
    stopped = e.ProofStopped(
        variant=Variant.TEXTBOOK, label="textbook program", reason="ValueError: no", at=99.0
    )
    before = a_board()
    assert apply(before, stopped) == msgspec.structs.replace(before, proof_stopped=stopped, at=99.0)


def test_phases_of_one_name_add_up() -> None:
    assert a_race(
        e.Phase(name="exchange", seconds=1.0), e.Phase(name="exchange", seconds=2.0)
    ).phases == {"exchange": 3.0}


def test_what_observing_cost_touches_no_lane() -> None:
    observed = e.Observed(cpu_s=1.0, frames=5, longest_gap_s=0.2, at=99.0)
    before = a_board()
    assert apply(before, observed) == msgspec.structs.replace(before, observed=observed, at=99.0)


@given(NONSENSE)
def test_no_order_of_events_raises(events: list[e.Event]) -> None:
    assert isinstance(a_board([*arming_events(), *events]), Board)


@given(NONSENSE)
def test_one_side_never_moves_the_other(events: list[e.Event]) -> None:
    of_one = [event for event in events if event.side is Side.BASELINE]
    assert a_board([*arming_events(), *of_one]).distributed == a_board(arming_events()).distributed


@given(NONSENSE)
def test_done_is_never_shown_above_what_was_sent(events: list[e.Event]) -> None:
    board = a_board([*arming_events(), *events])
    for side in Side:
        assert board.state_of(side).done <= max(_sent(events, side), default=0)


def _sent(events: Sequence[e.Event], side: Side) -> list[int]:
    told = [event for event in events if event.side is side]
    return [event.done for event in told if isinstance(event, e.Progress)] + [
        event.items for event in told if isinstance(event, e.Finished)
    ]


@given(NONSENSE)
def test_scored_trials_are_never_taken_back(events: list[e.Event]) -> None:
    board = a_board(arming_events())
    for event in events:
        before, board = board, apply(board, event)
        assert board.trials[: len(before.trials)] == before.trials


@given(st.integers(0, 2_000), st.integers(2, 50))
def test_a_trace_never_holds_more_points_than_its_limit(offered: int, limit: int) -> None:
    trace = _a_trace(offered, limit)
    assert len(trace.points) <= limit


@given(st.integers(1, 2_000), st.integers(2, 50))
def test_a_thinned_trace_keeps_its_first_point_and_even_steps(offered: int, limit: int) -> None:
    times = [at for at, _ in _a_trace(offered, limit).points]
    assert times == [step * (times[1] if len(times) > 1 else 1.0) for step in range(len(times))]


@given(st.integers(1, 2_000), st.integers(2, 50))
def test_a_thinned_trace_reaches_to_the_last_step_before_its_end(offered: int, limit: int) -> None:
    trace = _a_trace(offered, limit)
    assert offered - trace.stride <= trace.points[-1][0] < offered


def _a_trace(offered: int, limit: int) -> Series:
    trace = Series()
    for step in range(offered):
        trace = extend(trace, float(step), 0.5, limit)
    return trace


def test_a_long_run_keeps_its_traces_within_bounds() -> None:
    lane = a_long_run()
    assert len(lane.curve.points) <= CURVE_POINTS + 1
    assert all(
        50 <= len(worker.utilization.points) <= UTILIZATION_POINTS for worker in lane.workers
    )


def test_a_long_run_keeps_the_end_of_its_curve() -> None:
    assert a_long_run().curve.points[-1] == (DISTRIBUTED_S, ITEMS)


def a_long_run() -> SideState:
    """Return the lane of a trial that reported a thousand times."""
    return a_board(
        [*arming_events(), *trial_events(Side.DISTRIBUTED, 8.0, DISTRIBUTED_S, beats=1_000)]
    ).distributed


def test_both_sides_answers_are_kept_with_their_trials() -> None:
    assert {lane.answer_sha256 for lane in a_board().trials} == {a_digest_of("answer")}


def a_comparison(order: int, side: Side = Side.DISTRIBUTED) -> e.Event:
    return e.stamp(e.Compared(order=order, differences=some_differences()), 50.0, side, 0)


def a_round(*compared: e.Event) -> Board:
    """Return a round that ran in the order BA on two workers and one, and what was compared."""
    events = [
        *arming_events(),
        *trial_events(Side.DISTRIBUTED, 20.0, 2.0, order=0, scale=2),
        *trial_events(Side.DISTRIBUTED, 30.0, 3.0, order=1, scale=1),
        *trial_events(Side.BASELINE, 40.0, 4.0, order=2),
    ]
    return a_board([*events, *compared])


def orders_compared(board: Board) -> list[int]:
    return [state.order for state in board.trials if state.score_differences is not None]


@pytest.mark.parametrize("order", [0, 1])
def test_a_comparison_belongs_to_its_trial_though_another_has_run_since(order: int) -> None:
    assert orders_compared(a_round(a_comparison(order))) == [order]


@pytest.mark.parametrize(
    "comparison",
    [
        a_comparison(2),
        a_comparison(9),
        a_comparison(2, Side.BASELINE),
        a_comparison(0, Side.BASELINE),
    ],
    ids=["a baseline's order", "no order", "a baseline's", "of the other side"],
)
def test_a_comparison_of_no_distributed_trial_changes_nothing(comparison: e.Event) -> None:
    assert orders_compared(a_round(comparison)) == []


def test_the_next_trial_begins_without_a_comparison() -> None:
    board = a_round(a_comparison(1), e.stamp(e.Go(order=3), 60.0, Side.DISTRIBUTED, 1))
    assert board.distributed.score_differences is None
    assert orders_compared(board) == [1]
