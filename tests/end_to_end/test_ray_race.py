"""A real race on Ray as a user runs it: two workers, two pairs, on a cluster of its own.

The environment would make the terms unequal.
"""

import os
from dataclasses import astuple, replace
from itertools import pairwise

import pytest

from harness import events as e
from harness.model import Host, Side, Status
from harness.run.ray.lockstep import CALL_S
from tests.races import Raced, accounted, code_when_quiet, raced

pytestmark = pytest.mark.ray

CHUNKS = 12
UNEQUAL_TERMS = {
    "RAY_worker_niceness": "15",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "2",
    "RAY_AUTH_MODE": "disabled",
}


@pytest.fixture(scope="module")
def pairs() -> Raced:
    """Return a race of two pairs on two workers."""
    work = (
        "--set",
        f"chunks={CHUNKS}",
        "--set",
        "heavy=64",
        "--set",
        "rounds=80",  # long enough for watching to be cheap beside it
        "--set",
        f"late={1.5 * CALL_S}",
    )
    return raced("--workers", "2", "--trials", "2", *work, environment=UNEQUAL_TERMS)


def test_a_race_on_ray_ends_with_a_headline(pairs: Raced) -> None:
    assert (
        code_when_quiet(pairs.said.exit_code, pairs.results),
        pairs.said.errors,
        pairs.results.status,
    ) == (
        0,
        "",
        Status.COMPLETE,
    )


def test_the_answers_of_both_sides_are_equal_to_the_last_bit(pairs: Raced) -> None:
    assert (len(pairs.results.trials), len(pairs.answers)) == (4, 1)


def test_pairs_alternate(pairs: Raced) -> None:
    one, other = Side.BASELINE, Side.DISTRIBUTED
    assert [
        trial.side for trial in sorted(pairs.results.trials, key=lambda trial: trial.order)
    ] == [one, other, other, one]


def test_trials_in_turn_do_not_overlap(pairs: Raced) -> None:
    trials = sorted(pairs.results.trials, key=lambda trial: trial.order)
    assert all(
        before.began_s + before.wall_s <= after.began_s for before, after in pairwise(trials)
    )


def test_a_worker_that_needs_another_call_keeps_nobody_waiting_for_ever(pairs: Raced) -> None:
    """The call of the late worker ends a step before the other's, which waits for its part."""
    steps = [span for span in pairs.spans_on(2)[CHUNKS:] if span.chunk == 0]
    assert len(steps) == 2
    assert pairs.results.status is Status.COMPLETE


def test_every_chunk_is_mapped_once(pairs: Raced) -> None:
    assert sorted(span.chunk for span in pairs.spans_on(2)[:CHUNKS]) == list(range(CHUNKS))


def test_the_worker_with_the_heavy_chunk_pulls_fewer(pairs: Raced) -> None:
    spans = pairs.spans_on(2)[:CHUNKS]
    held_up = next(span.worker for span in spans if span.chunk == 0)
    assert sum(span.worker == held_up for span in spans) < CHUNKS / 2


def test_all_items_are_counted_on_both_sides(pairs: Raced) -> None:
    assert {trial.items for trial in pairs.results.trials} == {pairs.results.trials[0].items}


def test_the_core_seconds_of_every_trial_add_up_to_the_wall_time_of_all_its_cores(
    pairs: Raced,
) -> None:
    assert [accounted(trial) for trial in pairs.results.trials] == pytest.approx(
        [1.0] * 4, rel=0.02
    )


def test_the_phases_of_every_trial_add_up_to_its_wall_time(pairs: Raced) -> None:
    assert [
        sum(trial.phases.values()) / trial.wall_s for trial in pairs.results.trials
    ] == pytest.approx([1.0] * 4, rel=0.02)


def test_the_computing_is_what_the_kernels_used(pairs: Raced) -> None:
    for trial in pairs.trials(Side.DISTRIBUTED):
        assert trial.core_seconds is not None
        assert trial.core_seconds.compute_s == pytest.approx(
            sum(worker.cpu_s for worker in trial.workers_detail), rel=0.05
        )
        assert min(part for part in astuple(trial.core_seconds)) >= 0


def test_starting_a_lockstep_is_computing_beside_its_steps(pairs: Raced) -> None:
    for trial in pairs.trials(Side.DISTRIBUTED):
        assert trial.core_seconds is not None
        assert trial.core_seconds.compute_s > sum(worker.cpu_s for worker in trial.workers_detail)


def test_a_heavy_chunk_keeps_the_other_worker_waiting(pairs: Raced) -> None:
    [heavy] = [span for span in pairs.spans_on(2)[:CHUNKS] if span.chunk == 0]
    others = sum(span.busy_s for span in pairs.spans_on(2)[:CHUNKS] if span.worker != heavy.worker)
    spent = pairs.trials(Side.DISTRIBUTED)[0].core_seconds
    assert spent is not None
    assert spent.waiting_s > (heavy.busy_s - others) / 2


def test_everybody_listens_on_the_loopback_interface_alone(pairs: Raced) -> None:
    assert pairs.witness.listening
    assert pairs.witness.listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_workers_run_as_nice_as_the_baseline(pairs: Raced) -> None:
    everybody = [*pairs.workers(Side.BASELINE), *pairs.workers(Side.DISTRIBUTED)]
    assert {process.nice for process in everybody} == {os.nice(0)}


def test_workers_have_as_many_threads_as_the_baseline(pairs: Raced) -> None:
    everybody = [*pairs.workers(Side.BASELINE), *pairs.workers(Side.DISTRIBUTED)]
    assert {process.threads for process in everybody} == {1}


def test_workers_are_pinned_like_the_baseline_each_to_a_core_of_its_own(pairs: Raced) -> None:
    [baseline], workers = pairs.workers(Side.BASELINE), pairs.workers(Side.DISTRIBUTED)
    assert [len(process.affinity) for process in (baseline, *workers)] == [1, 1, 1]
    assert len({process.affinity for process in workers}) == 2


def test_workers_run_the_baselines_source(pairs: Raced) -> None:
    everybody = [*pairs.workers(Side.BASELINE), *pairs.workers(Side.DISTRIBUTED)]
    assert len({process.source_sha256 for process in everybody}) == 1


def without_psutil(host: Host) -> Host:
    """Return a host's facts but for psutil: earlier versions of Ray bring one for their workers."""
    others = {name: version for name, version in host.packages.items() if name != "psutil"}
    return replace(host, packages=others)


def test_the_machine_is_described_by_its_workers_with_the_blas_that_kernels_use(
    pairs: Raced,
) -> None:
    [baselines], [workers] = (pairs.events_of(e.Ready, side)[0].hosts for side in Side)
    assert without_psutil(workers) == without_psutil(baselines)


def test_starting_ray_is_measured_and_not_on_the_clock(pairs: Raced) -> None:
    [ready] = pairs.events_of(e.Ready, Side.DISTRIBUTED)
    assert ready.startup["workers"] > 0.5
    assert all(trial.began_s > ready.at for trial in pairs.trials(Side.DISTRIBUTED))


def test_a_race_leaves_no_process_and_nothing_in_the_home_or_the_scratch_folder(
    pairs: Raced,
) -> None:
    assert pairs.left_behind == ([], ())
