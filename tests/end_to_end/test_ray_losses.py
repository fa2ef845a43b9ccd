"""A real sweep on Ray that loses workers on every scale, offline where that is permitted.

On one and on two workers each is lost at a moment at which it stands still, in the map and in the
lockstep; the third one is lost while it stands by.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from functools import cache, partial

import pytest

from harness import events as e
from harness.model import Side, Status
from harness.run.host import usable_cores
from tests.pieces import AFTER_A_SNAPSHOT, AT_THE_END, IN_THE_MAP, STEP_TO_STAND_AT
from tests.races import (
    Act,
    Events,
    Raced,
    Witness,
    accounted,
    code_when_quiet,
    raced,
    refused_when_quiet,
)
from tests.terminals import Terminal

pytestmark = pytest.mark.ray

CHUNKS = 12
STEPS = STEP_TO_STAND_AT + 4
SCALES_WITH_LOSSES = [1, 2]
NO_NETWORK = (
    "unshare",
    "-n" if os.geteuid() == 0 else "-rn",
    "sh",
    "-c",
    'ip link set lo up && exec "$@"',
    "sh",
)


@cache
def network_can_be_left() -> bool:
    """Return whether this system lets us run a program without a network."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False).returncode == 0


def goes(events: Events) -> int:
    """Return how often a clock was started."""
    return sum(isinstance(event, e.Go) for event in events)


def came_back(events: Events, times: int) -> bool:
    """Return whether so many workers came back since the last go, and have been sampled."""
    last_go = max(at for at, event in enumerate(events) if isinstance(event, e.Go))
    course = events[last_go:]
    returns = [event for event in course if isinstance(event, e.Recovered)]
    return len(returns) >= times and all(samples_since(back, course) for back in returns[:times])


def samples_since(back: e.Recovered, course: Events) -> list[e.Sample]:
    """Return the samples of a worker since it came back."""
    return [
        event
        for event in course
        if isinstance(event, e.Sample) and event.worker == back.worker and event.at > back.at
    ]


def stands_after(moment: str, returns: int) -> Callable[[Events, Witness], bool]:
    """Return whether a worker stands still at a moment, and so many came back before."""
    return lambda events, witness: witness.standing(moment) > 0 and came_back(events, returns)


def losses(workers: int) -> list[Act]:
    """Return the killing of who stands still in the map and in the lockstep on so many workers.

    A replacement is lost, and the trial ends, only once it has been seen at work.
    """
    in_the_map, after_a_snapshot, at_the_end = (
        f"{workers}/{moment}" for moment in (IN_THE_MAP, AFTER_A_SNAPSHOT, AT_THE_END)
    )

    def strike(moment: str) -> Callable[[Events, Witness], None]:
        return lambda _, witness: os.kill(witness.standing(moment), signal.SIGKILL)

    return [
        Act(stands_after(in_the_map, 0), strike(in_the_map)),
        Act(stands_after(after_a_snapshot, 1), strike(after_a_snapshot)),
        Act(
            stands_after(at_the_end, 2),
            lambda _, witness: (witness.stands / at_the_end).unlink(),
        ),
    ]


def kill_idle(events: Events, _: Witness) -> None:
    """Kill the third worker."""
    [pid] = [
        process.pid
        for event in events
        if isinstance(event, e.Ready)
        for process in event.workers
        if process.id == "w2"
    ]
    os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def swept() -> Raced:
    """Return a sweep on a terminal that loses workers."""
    return raced(
        "--workers",
        "1,2,3",
        "--oversubscribe",
        "--no-prove-baseline",
        "--set",
        f"chunks={CHUNKS}",
        "--set",
        f"steps={STEPS}",
        "--set",
        "rounds=40",
        verb="sweep",
        stands=SCALES_WITH_LOSSES,
        acts=[
            Act(lambda events, _: goes(events) == 2, kill_idle),
            *(act for workers in SCALES_WITH_LOSSES for act in losses(workers)),
        ],
        prefix=NO_NETWORK if network_can_be_left() else (),
        program=partial(Terminal, rows=40),
    )


# Workers killed in a map and in lockstep: one of two, and the only one.


on_one_and_two = pytest.mark.parametrize("workers", SCALES_WITH_LOSSES)


def test_a_sweep_that_lost_workers_ends_with_the_baselines_answer_at_every_scale(
    swept: Raced,
) -> None:
    code = code_when_quiet(swept.said.exit_code, swept.results)
    assert (code, swept.results.status, len(swept.answers)) == (
        0,
        Status.COMPLETE,
        1,
    )


@on_one_and_two
def test_each_loss_is_recorded_with_when_it_was_noticed_and_what_it_cost(
    workers: int, swept: Raced
) -> None:
    trial = swept.trial_on(workers)
    first, second = trial.faults
    assert 0 < first.at_s < second.at_s < trial.wall_s
    assert all(0 < (fault.cost_s or 0) < trial.wall_s for fault in trial.faults)


def test_the_lost_worker_is_named(swept: Raced) -> None:
    assert [fault.worker for fault in swept.trial_on(2).faults] == ["w1", "w0"]


@on_one_and_two
def test_each_loss_and_each_return_is_in_the_journal(workers: int, swept: Raced) -> None:
    course = [
        type(event)
        for event in swept.course_on(workers)
        if isinstance(event, e.Faulted | e.Recovered)
    ]
    assert course == [e.Faulted, e.Recovered, e.Faulted, e.Recovered]


@on_one_and_two
def test_what_lost_workers_cost_is_in_the_core_seconds_beside_kernels(
    workers: int, swept: Raced
) -> None:
    trial = swept.trial_on(workers)
    assert trial.core_seconds is not None
    assert trial.core_seconds.exchange_s + trial.core_seconds.waiting_s >= sum(
        fault.cost_s or 0.0 for fault in trial.faults
    )
    assert accounted(trial) == pytest.approx(1.0, rel=0.02)


def test_a_replacement_stands_where_the_lost_worker_stood(swept: Raced) -> None:
    lost = {process.id: process for process in swept.workers(Side.DISTRIBUTED)}
    for new in (event.process for event in swept.events_of(e.Recovered)):
        assert (new.affinity, new.nice, new.threads) == (
            lost[new.id].affinity,
            lost[new.id].nice,
            lost[new.id].threads,
        )
        assert new.pid != lost[new.id].pid


@on_one_and_two
def test_a_replacement_is_watched(workers: int, swept: Raced) -> None:
    course = swept.course_on(workers)
    first = next(event for event in course if isinstance(event, e.Recovered))
    assert samples_since(first, course)


@pytest.mark.parametrize("worker", ["w1", "w0"])
def test_the_panel_says_that_a_worker_is_lost_and_then_that_it_is_back(
    worker: str, swept: Raced
) -> None:
    rows = [
        re.search(rf"│ {worker} [^│]*(LOST|back after)", picture) for picture in swept.said.pictures
    ]
    said = [row.group(1) for row in rows if row is not None]
    assert list(dict.fromkeys(said)) == ["LOST", "back after"]


@on_one_and_two
def test_chunks_of_a_lost_worker_are_redone(workers: int, swept: Raced) -> None:
    mapped = swept.spans_on(workers)[:CHUNKS]
    assert sorted(span.chunk for span in mapped) == list(range(CHUNKS))


def test_a_session_needs_no_network(swept: Raced) -> None:
    if not network_can_be_left():
        pytest.skip("this system does not permit unshare -n, or has no ip")
    assert code_when_quiet(swept.said.exit_code, swept.results) == 0


# The sweep over one, two and three workers.


def test_a_sweep_measures_the_baseline_and_every_scale_one_after_the_other(swept: Raced) -> None:
    trials = sorted(swept.results.trials, key=lambda trial: trial.order)
    assert not refused_when_quiet(swept.results)
    assert [(trial.side, trial.workers) for trial in trials] == [
        (Side.BASELINE, 1),
        *((Side.DISTRIBUTED, p) for p in (1, 2, 3)),
    ]


def test_the_headline_of_a_sweep_is_about_the_largest_scale_that_fits(swept: Raced) -> None:
    spec = swept.results.spec
    assert (spec.points, spec.workers, spec.oversubscribe) == (
        (1, 2, 3),
        min(3, len(usable_cores())),
        True,
    )


def test_only_the_workers_of_its_scale_work_in_a_trial(swept: Raced) -> None:
    for trial in swept.trials(Side.DISTRIBUTED):
        assert [worker.process.id for worker in trial.workers_detail] == [
            f"w{place}" for place in range(trial.workers)
        ]
        lost = {fault.worker for fault in trial.faults}  # the others may have done it all meanwhile
        assert all(
            worker.chunks for worker in trial.workers_detail if worker.process.id not in lost
        )


def test_a_worker_alone_has_the_baselines_core(swept: Raced) -> None:
    [baseline], workers = swept.workers(Side.BASELINE), swept.workers(Side.DISTRIBUTED)
    assert workers[0].affinity == baseline.affinity


def test_a_worker_that_stands_by_is_replaced_in_the_first_trial_that_needs_it(swept: Raced) -> None:
    lost = {
        trial.workers: [fault.worker for fault in trial.faults]
        for trial in swept.trials(Side.DISTRIBUTED)
    }
    assert lost == {1: ["w0", "w0"], 2: ["w1", "w0"], 3: ["w2"]}


def test_every_worker_sees_the_baselines_input(swept: Raced) -> None:
    [baseline], workers = swept.workers(Side.BASELINE), swept.workers(Side.DISTRIBUTED)
    assert {worker.input_sha256 for worker in (baseline, *workers)} == {
        swept.events_of(e.Ready)[0].input.sha256
    }


def test_a_replacement_is_not_asked_for_its_input_while_the_clock_runs(swept: Raced) -> None:
    assert {event.process.input_sha256 for event in swept.events_of(e.Recovered)} == {""}


def test_a_replacement_says_what_input_it_sees_once_the_clock_stands(swept: Raced) -> None:
    results = swept.results
    assert results.input is not None
    workers = [
        worker.process.input_sha256 for trial in results.trials for worker in trial.workers_detail
    ]
    assert set(workers) == {results.input.sha256}


def test_the_results_name_the_source_that_every_process_ran(swept: Raced) -> None:
    ran = {
        worker.process.source_sha256
        for trial in swept.results.trials
        for worker in trial.workers_detail
    }
    assert ran == {swept.results.code.source_sha256}


def test_a_sweep_leaves_no_process_and_nothing_in_the_home_or_the_scratch_folder(
    swept: Raced,
) -> None:
    assert swept.left_behind == ([], ())
