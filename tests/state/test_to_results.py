from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harness import event_lines
from harness import events as e
from harness.files.results import decode, encode
from harness.model import CoreSeconds, Kind, Rate, Results, Side, Status, Trial, Variant
from harness.state.board import Board
from harness.state.to_results import results_of
from tests.builders import (
    BASELINE_S,
    DISTRIBUTED_S,
    ITEMS,
    a_board,
    a_digest_of,
    a_held_out,
    a_host,
    a_process,
    a_ready,
    a_spec,
    an_input,
    an_opening,
    arming_events,
    some_differences,
    some_events,
    some_words,
    trial_events,
)
from tests.capacities import a_search

SESSION = some_events()


def recorded(board: Board, **changes: Any) -> Results:
    """Return the results of a session that was opened and closed as usual, with changes."""
    closed = e.Closed(
        status=changes.pop("status", Status.COMPLETE), remark=changes.pop("remark", "")
    )
    board = replace(board, opened=an_opening(**changes), closed=closed)
    return results_of(board, a_digest_of("journal"))


def last_trial(*events: e.Event, at: float = 10.0) -> Trial:
    """Return the distributed trial that starts at 8 s and has these events."""
    told = [
        e.stamp(e.Go(order=1), 8.0, Side.DISTRIBUTED, 0),
        *(e.stamp(event, at, Side.DISTRIBUTED, 0) for event in events),
    ]
    return recorded(a_board([*arming_events(), *told])).trials[-1]


def a_finish(wall_s: float = DISTRIBUTED_S) -> e.Finished:
    """Return the end of a trial."""
    return e.Finished(wall_s=wall_s, cpu_s=2 * wall_s, peak_rss_bytes=9, items=ITEMS)


def test_a_session_keeps_both_trials_with_their_times() -> None:
    trials = recorded(a_board()).trials
    assert [(trial.side, trial.workers, trial.wall_s) for trial in trials] == [
        (Side.BASELINE, 1, BASELINE_S),
        (Side.DISTRIBUTED, 2, DISTRIBUTED_S),
    ]


def test_a_session_keeps_how_its_input_was_read() -> None:
    events = [*SESSION[:3], e.stamp(a_ready(reading="7 users"), 5.0, Side.BASELINE, 0)]

    assert recorded(a_board(events)).reading == "7 users"


def test_a_session_keeps_the_largest_model_that_each_sides_devices_hold() -> None:
    searches = {Side.BASELINE: a_search(), Side.DISTRIBUTED: a_search(2, 969)}
    events = [
        e.stamp(a_ready(side, capacity=search), 5.0, side, 0) for side, search in searches.items()
    ]
    results = recorded(a_board([*SESSION[:3], *events]))
    assert results.baseline_capacity == searches[Side.BASELINE]
    assert results.distributed_capacity == searches[Side.DISTRIBUTED]
    assert decode(encode(results)) == results


def test_what_can_be_read_back_is_what_was_recorded() -> None:
    results = recorded(a_board())
    assert decode(encode(results)) == results


def test_the_frame_is_kept_as_given() -> None:
    results = recorded(a_board(), kind=Kind.SIMULATED, status=Status.FAILED, remark="a rehearsal")
    assert (results.kind, results.status, results.remark, results.run_id) == (
        Kind.SIMULATED,
        Status.FAILED,
        "a rehearsal",
        "7c21",
    )


def test_each_trial_keeps_the_digests_that_its_own_side_saw() -> None:
    other = e.stamp(
        a_ready(Side.DISTRIBUTED, input=an_input(sha256=a_digest_of("other"))),
        5.2,
        Side.DISTRIBUTED,
        0,
    )
    baseline, distributed = recorded(a_board([*SESSION[:4], other, *SESSION[5:]])).trials
    assert (baseline.input_sha256, distributed.input_sha256) == (
        an_input().sha256,
        a_digest_of("other"),
    )


def test_the_session_names_the_baselines_input_and_held_out_set() -> None:
    results = recorded(a_board())
    assert (results.input, results.held_out) == (an_input(), a_held_out())


def test_start_up_and_wall_time_are_two_numbers() -> None:
    trial = recorded(a_board()).trials[1]
    assert (trial.began_s, trial.startup_s, trial.wall_s) == (50.0, 5.0, DISTRIBUTED_S)


def test_a_host_that_both_sides_name_is_kept_once() -> None:
    assert recorded(a_board()).hosts == (a_host(),)


def test_the_cost_of_watching_is_kept() -> None:
    observer = recorded(a_board()).observer
    assert (observer.cpu_s, observer.frames, observer.foreign_cpu) == (0.6, 250, 0.01)


def test_a_foreign_share_below_nothing_is_nothing() -> None:
    observed = e.Observed(cpu_s=0.6, frames=250, longest_gap_s=0.3, foreign_cpu=-0.01)
    assert recorded(a_board([observed])).observer.foreign_cpu == 0.0


def test_a_session_stopped_while_arming_has_no_trial() -> None:
    assert recorded(a_board(arming_events())).trials == ()


def test_a_session_stopped_before_anything_was_known_is_kept() -> None:
    results = recorded(a_board([]))
    assert (results.input, results.hosts, results.trials, results.observer.frames) == (
        None,
        (),
        (),
        0,
    )


def test_a_trial_stopped_in_mid_run_is_kept_with_the_time_it_had() -> None:
    trial = last_trial(e.Progress(done=700))
    assert (trial.wall_s, trial.items, trial.failure) == (2.0, 700, "stopped before its end")


def test_a_trial_that_failed_is_kept_with_its_reason() -> None:
    assert last_trial(e.Failed(reason="it raised")).failure == "it raised"


def test_a_trial_that_was_never_scored_keeps_its_wall_time() -> None:
    trial = last_trial(a_finish())
    assert (trial.wall_s, trial.failure) == (DISTRIBUTED_S, "stopped before its answer was scored")


def test_a_scored_trial_has_no_failure() -> None:
    assert [trial.failure for trial in recorded(a_board()).trials] == ["", ""]


def test_a_side_that_fails_after_its_last_trial_has_no_trial_more() -> None:
    told = [*SESSION, e.stamp(e.Failed(reason="it would not end"), 90.0, Side.DISTRIBUTED, 0)]
    assert recorded(a_board(told)).trials == recorded(a_board()).trials


def test_trials_stand_in_the_order_in_which_they_went() -> None:
    told = [
        *arming_events(),
        e.stamp(e.Go(order=0), 8.0, Side.DISTRIBUTED, 0),
        *trial_events(Side.BASELINE, 9.0, 4.0, order=1),
    ]
    assert [trial.order for trial in recorded(a_board(told)).trials] == [0, 1]


def test_a_lost_worker_is_kept() -> None:
    back = e.Recovered(worker="w1", process=a_process("w1"), seconds=1.5)
    (fault,) = last_trial(e.Faulted(worker="w1", reason="killed"), back).faults
    assert (fault.worker, fault.reason, fault.at_s, fault.cost_s) == ("w1", "killed", 2.0, 1.5)


def test_what_each_worker_did_is_kept() -> None:
    worker = last_trial(
        e.Span(worker="w1", chunk=0, items=10, busy_s=0.5, cpu_s=0.4)
    ).workers_detail[1]
    assert (worker.process, worker.chunks, worker.busy_s, worker.cpu_s) == (
        a_process("w1"),
        1,
        0.5,
        0.4,
    )


def test_a_curve_ends_with_the_trial() -> None:
    assert recorded(a_board()).trials[1].curve[-1] == (DISTRIBUTED_S, ITEMS)


def test_progress_that_arrived_after_the_end_is_moved_onto_it() -> None:
    trial = last_trial(e.Progress(done=ITEMS), a_finish(wall_s=1.9), at=10.0)
    assert trial.curve == ((0.0, 0), (1.9, ITEMS), (1.9, ITEMS))


def test_a_long_trial_keeps_the_ends_of_its_curve() -> None:
    curve = a_long_session(beats=1_000).trials[1].curve
    assert (curve[0], curve[-1]) == ((0.0, 0), (DISTRIBUTED_S, ITEMS))
    assert 100 <= len(curve) <= 200


def test_a_long_trial_keeps_at_most_a_hundred_points_of_utilization() -> None:
    assert {
        50 <= len(worker.utilization) <= 100
        for worker in a_long_session(beats=1_000).trials[1].workers_detail
    } == {True}


def test_utilization_is_read_at_evenly_spaced_moments() -> None:
    told = [e.stamp(e.Go(order=1), 0.0, Side.DISTRIBUTED, 0)]
    told += [
        e.stamp(e.Sample(worker="w0", cpu=cpu, rss_bytes=1), at, Side.DISTRIBUTED, 0)
        for at, cpu in ((2.0, 0.25), (3.0, 0.5), (10.0, 1.0))
    ]
    told += [e.stamp(a_finish(wall_s=12.0), 12.0, Side.DISTRIBUTED, 0)]
    trial = recorded(a_board([*arming_events(), *told])).trials[-1]
    assert trial.workers_detail[0].utilization == (0.25, 1.0, 1.0)


def test_a_worker_that_was_never_sampled_has_no_utilization() -> None:
    assert last_trial(a_finish()).workers_detail[0].utilization == ()


def test_six_pairs_on_eight_workers_fit_into_two_hundred_kilobytes() -> None:
    assert len(encode(a_long_session(workers=8, pairs=6, beats=400))) < 200_000


def test_a_thousand_workers_fit_into_a_file() -> None:
    results = a_long_session(workers=1_000, beats=3)
    assert decode(encode(results)) == results


def a_long_session(workers: int = 2, pairs: int = 1, beats: int = 8) -> Results:
    """Return the results of a session that reported often."""
    told, orders = arming_events(workers), iter(range(2 * pairs))
    for trial in range(pairs):
        for side, wall_s in zip(Side, (BASELINE_S, DISTRIBUTED_S), strict=True):
            told += trial_events(
                side,
                100.0 * trial,
                wall_s,
                workers=workers,
                trial=trial,
                order=next(orders),
                beats=beats,
            )
    return recorded(a_board(told))


def test_a_reason_of_many_lines_is_kept_on_one() -> None:
    assert (
        last_trial(e.Failed(reason="Traceback:\n\tone\x1b[31m two")).failure == "Traceback: one two"
    )


def test_words_of_many_lines_are_kept_on_one() -> None:
    spec = a_spec(
        workload=some_words(limitation="holds while\na step lasts"), params={"na\nme": "a\tb"}
    )
    kept = recorded(a_board(), spec=spec).spec
    assert (kept.workload.limitation, kept.params) == ("holds while a step lasts", {"na me": "a b"})


@settings(max_examples=50)
@given(st.text(), st.text(), st.text())
def test_whatever_a_side_says_can_be_kept(reason: str, name: str, model: str) -> None:
    ready = a_ready(Side.DISTRIBUTED, hosts=(a_host(cpu_model=model),))
    told = [
        e.stamp(ready, 5.2, Side.DISTRIBUTED, 0),
        e.stamp(e.Go(order=1), 8.0, Side.DISTRIBUTED, 0),
    ]
    told += [e.stamp(e.Phase(name=name, seconds=1.0), 9.0, Side.DISTRIBUTED, 0)]
    told += [e.stamp(e.Failed(reason=reason), 9.0, Side.DISTRIBUTED, 0)]
    results = recorded(a_board([*arming_events()[:3], *told]))
    assert decode(encode(results)) == results


def test_the_records_of_equal_boards_are_equal() -> None:
    again = a_board([event_lines.decode(event_lines.encode(event)) for event in SESSION])
    assert encode(recorded(again)) == encode(recorded(a_board()))


def test_a_record_is_made_of_the_nouns_of_the_model() -> None:
    results = recorded(a_board())
    assert msgspec.convert(msgspec.to_builtins(results), Results) == results


def test_who_folds_the_journal_again_gets_the_same_facts() -> None:
    journal = [event_lines.decode(event_lines.encode(event)) for event in SESSION]
    assert results_of(a_board(journal), a_digest_of("journal")) == results_of(
        a_board(SESSION), a_digest_of("journal")
    )


def test_a_session_without_its_end_has_failed() -> None:
    assert results_of(a_board(SESSION[:-1])).status is Status.FAILED


def test_a_session_that_was_never_opened_has_no_results() -> None:
    with pytest.raises(ValueError, match="not opened"):
        results_of(a_board(SESSION[1:]))


def test_a_variant_of_the_baseline_that_was_timed_is_kept() -> None:
    rated = e.Rated(variant=Variant.TEXTBOOK, items_per_s=900.0, seconds=3.0, cores=1)
    assert recorded(a_board([*SESSION, rated])).rates == (Rate(Variant.TEXTBOOK, 900.0, 3.0, 1),)


def test_a_whole_pass_is_kept_with_its_settings_seconds_and_quality() -> None:
    rated = e.Rated(
        variant=Variant.EFFORT,
        items_per_s=900.0,
        seconds=3.0,
        cores=1,
        settings={"steps": 20},
        quality=0.9,
        pass_s=3.0,
    )
    (kept,) = recorded(a_board([*SESSION, rated])).rates
    assert (kept.settings, kept.quality, kept.pass_s) == ({"steps": 20}, 0.9, 3.0)


def test_a_trial_keeps_where_its_core_seconds_went() -> None:
    spent = e.CoreTime(compute_s=20.0, exchange_s=2.0, waiting_s=1.0, serial_s=0.5, idle_s=0.5)
    assert last_trial(spent, a_finish()).core_seconds == CoreSeconds(20.0, 2.0, 1.0, 0.5, 0.5)


def test_a_trial_of_a_sweep_has_as_many_workers_as_worked_in_it() -> None:
    told = [
        e.stamp(e.Go(order=1, workers=1), 8.0, Side.DISTRIBUTED, 0),
        e.stamp(a_finish(), 30.0, Side.DISTRIBUTED, 0),
    ]
    trial = recorded(a_board([*arming_events(workers=2), *told])).trials[-1]
    assert (trial.workers, [worker.process.id for worker in trial.workers_detail]) == (1, ["w0"])


def test_how_the_scores_of_a_pair_differ_is_kept_with_its_distributed_trial() -> None:
    compared = e.stamp(
        e.Compared(order=1, differences=some_differences()), 99.0, Side.DISTRIBUTED, 0
    )
    one, other = recorded(a_board([*SESSION, compared])).trials
    assert (one.side, one.score_differences) == (Side.BASELINE, None)
    assert (other.side, other.score_differences) == (Side.DISTRIBUTED, some_differences())
