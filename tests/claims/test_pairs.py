from dataclasses import replace
from typing import Any

import pytest

from harness.claims.pairs import Pairs, complete_pairs
from harness.model import Kind, Process, Results
from harness.serving import FINE_STEP
from tests.builders import (
    a_host,
    a_process,
    a_results,
    a_spec,
    a_sweep,
    a_trial,
    a_worker,
    golden_results,
    some_pairs,
)
from tests.services import a_rate_search, serving


def pairs_of(results: Results, scale: int | None = None) -> Pairs:
    """Return the pairs of results that have one at this scale."""
    pairs = complete_pairs(results, scale)
    assert pairs is not None
    return pairs


def a_race_of(*processes: Process, **changes: Any) -> Results:
    """Return a race whose workers are these processes, on two hosts of two cores."""
    baseline, distributed = some_pairs([40.0], [22.0], len(processes))
    distributed = replace(
        distributed, workers_detail=tuple(a_worker(process) for process in processes)
    )
    hosts = tuple(a_host(id=name, cores=2) for name in ("h0", "h1"))
    fields: dict[str, Any] = {
        "hosts": hosts,
        "trials": (baseline, distributed),
        "spec": a_spec(workers=len(processes)),
    }
    return a_results(**(fields | changes))


def test_a_sweep_has_pairs_at_every_scale() -> None:
    assert [pairs_of(a_sweep(), scale).wall_times for scale in (1, 2, 4)] == [
        ((40.0, 41.0),),
        ((40.0, 21.2),),
        ((40.0, 11.3),),
    ]


def test_without_a_scale_the_headlines_is_meant() -> None:
    assert pairs_of(a_sweep()).scale == 4


def test_a_scale_that_was_not_measured_has_no_pairs() -> None:
    assert complete_pairs(a_sweep(), 8) is None


def test_trials_pair_within_their_round() -> None:
    sweep = a_sweep({1: (41.0, 42.0), 2: (21.0, 22.0)}, [40.0, 50.0])
    assert pairs_of(sweep, 1).wall_times == ((40.0, 41.0), (50.0, 42.0))


def test_a_round_without_its_baseline_is_no_pair() -> None:
    sweep = a_sweep({2: (21.0, 22.0)}, [40.0, 50.0])
    broken = tuple(
        replace(trial, failure="raised") if trial.wall_s == 50.0 else trial
        for trial in sweep.trials
    )
    assert pairs_of(replace(sweep, trials=broken)).wall_times == ((40.0, 21.0),)


def test_a_worker_for_every_core_is_not_oversubscribed() -> None:
    assert not pairs_of(a_race_of(a_process("w0"), a_process("w1"))).oversubscribed


def test_more_workers_than_their_host_has_cores_are_oversubscribed() -> None:
    assert pairs_of(a_race_of(*(a_process(f"w{place}") for place in range(3)))).oversubscribed


def test_cores_of_another_host_do_not_help() -> None:
    assert pairs_of(
        a_race_of(
            a_process("w0"),
            a_process("w1"),
            a_process("w2", affinity=(0,)),
            a_process("w3", host="h1"),
        )
    ).oversubscribed


def test_workers_spread_over_hosts_need_only_the_cores_of_their_own() -> None:
    spread = [
        a_process(f"w{place}", host=f"h{place // 2}", affinity=(place % 2,)) for place in range(4)
    ]
    assert not pairs_of(a_race_of(*spread)).oversubscribed


def test_workers_pinned_to_one_core_are_oversubscribed_however_many_the_host_has() -> None:
    assert pairs_of(
        a_race_of(a_process("w0", affinity=(0,)), a_process("w1", affinity=(0,)))
    ).oversubscribed


def test_workers_that_may_run_anywhere_are_judged_by_their_host() -> None:
    assert not pairs_of(
        a_race_of(a_process("w0", affinity=()), a_process("w1", affinity=()))
    ).oversubscribed


def test_one_pinned_worker_does_not_speak_for_those_that_may_run_anywhere() -> None:
    assert not pairs_of(
        a_race_of(a_process("w0", affinity=(0,)), a_process("w1", affinity=()))
    ).oversubscribed


def test_every_core_of_a_worker_counts() -> None:
    wide = a_race_of(a_process("w0", affinity=(0, 1)), a_process("w1", affinity=(0, 1)))
    assert pairs_of(replace(wide, spec=replace(wide.spec, cores_per_worker=2))).oversubscribed


def test_hosts_that_are_not_described_are_not_judged() -> None:
    unknown = a_race_of(*(a_process(f"w{place}", affinity=()) for place in range(3)), hosts=())
    assert not pairs_of(unknown).oversubscribed


def test_simulated_work_needs_no_cores() -> None:
    assert not pairs_of(
        a_race_of(*(a_process(f"w{place}") for place in range(3)), kind=Kind.SIMULATED)
    ).oversubscribed


def test_declared_workers_are_not_judged() -> None:
    assert not pairs_of(golden_results()).oversubscribed


def test_declared_runs_have_no_interval() -> None:
    walls = {2: (21.0, 22.0, 21.5, 21.0, 22.0, 23.0)}
    assert pairs_of(a_sweep(walls)).interval is not None
    assert pairs_of(a_sweep(walls, kind=Kind.DECLARED)).interval is None


def test_a_searched_rate_is_known_to_a_rung_of_its_ladder_and_so_is_the_speedup() -> None:
    walls = {2: (21.0, 22.0, 21.5, 21.0, 22.0, 23.0)}
    low, high = pairs_of(a_sweep(walls)).interval or (0.0, 0.0)
    served = serving(a_sweep(walls))
    assert pairs_of(served).interval == pytest.approx((low / FINE_STEP, high * FINE_STEP))
    one_side = replace(served, baseline_service=None)
    assert pairs_of(one_side).interval == pytest.approx((low, high * FINE_STEP))
    unsearched = replace(a_rate_search(), loads=(), raced=None)
    nothing_broke = replace(served, distributed_service=unsearched)
    assert pairs_of(nothing_broke).interval == pytest.approx((low / FINE_STEP, high))


def test_a_baseline_alone_is_no_evidence() -> None:
    assert complete_pairs(a_results(trials=(a_trial(),))) is None
