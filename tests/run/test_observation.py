import os
import signal
import subprocess
import time
from typing import Any

import pytest

from harness.events import Sample
from harness.model import Process, Side
from harness.run.host import host_key
from harness.run.observation import SAMPLE_EVERY_S, Observation
from harness.run.processes import process_tree, send_signal
from tests.builders import a_process

TRIALS = {Side.BASELINE: 3, Side.DISTRIBUTED: 4}
ONE, TWO = Side


def a_local(name: str = "core", **changes: Any) -> Process:
    return a_process(name, **({"host": host_key(), "pid": os.getpid()} | changes))


def sampled(
    observation: Observation,
    *,
    trial_at: float = 10.0,
    until: float,
    running: tuple[Side, ...] = (ONE,),
) -> list[Sample]:
    """Return the samples of a trial that is observed every quarter of a second."""
    observation.begin_trial(trial_at, [], {})
    samples: list[Sample] = []
    for frame in range(int((until - trial_at) * 4) + 1):
        time.sleep(0.002)
        samples += [
            event
            for event in observation.samples(trial_at + frame / 4, running, TRIALS)
            if isinstance(event, Sample)
        ]
    observation.end_trial()
    return samples


def test_a_worker_that_runs_is_sampled_twice_a_second() -> None:
    observation = Observation()
    observation.follow(ONE, [a_local()])
    assert [sample.at for sample in sampled(observation, until=12.0)] == [10.5, 11.0, 11.5, 12.0]


def test_a_sample_says_whose_it_is() -> None:
    observation = Observation()
    observation.follow(TWO, [a_local("w0")])
    (sample,) = sampled(observation, until=10.5, running=(TWO,))
    assert (sample.side, sample.trial, sample.worker) == (TWO, 4, "w0")


def test_a_side_that_rests_is_not_sampled() -> None:
    observation = Observation()
    observation.follow(ONE, [a_local()])
    observation.follow(TWO, [a_local("w0")])
    assert {sample.side for sample in sampled(observation, until=11.0, running=(TWO,))} == {TWO}


def test_a_worker_on_another_machine_is_not_sampled() -> None:
    observation = Observation()
    observation.follow(TWO, [a_local("w0"), a_local("w1", host="elsewhere")])
    assert {sample.worker for sample in sampled(observation, until=11.0, running=(TWO,))} == {"w0"}


def test_a_worker_that_came_back_is_followed_in_its_new_process() -> None:
    observation = Observation()
    with subprocess.Popen(["true"]) as gone:
        pass
    observation.follow(TWO, [a_local("w0", pid=gone.pid)])
    observation.follow(TWO, [a_local("w0")])
    assert {sample.worker for sample in sampled(observation, until=11.0, running=(TWO,))} == {"w0"}


def test_work_before_the_trial_is_not_in_its_first_sample() -> None:
    observation = Observation()
    observation.follow(ONE, [a_local()])
    sampled(observation, until=10.5)
    time.sleep(0.4)  # the side rests between its trials
    began = time.monotonic()
    observation.begin_trial(20.0, [], {})
    ends = time.process_time() + 0.1
    while time.process_time() < ends:
        pass
    (sample,) = observation.samples(20.0 + SAMPLE_EVERY_S, [ONE], TRIALS)
    observation.end_trial()
    assert isinstance(sample, Sample)
    assert sample.cpu >= 0.08 / (time.monotonic() - began)


def test_only_frames_of_a_trial_are_counted() -> None:
    observation = Observation()
    observation.count_frame(1.0)
    observation.begin_trial(2.0, [], {})
    for at in (2.0, 2.25, 3.0):
        observation.count_frame(at)
    observation.end_trial()
    observation.count_frame(9.0)
    said = observation.event(None)
    assert (said.frames, said.longest_gap_s) == (3, 0.75)


def test_a_stall_before_a_trials_first_frame_is_a_gap() -> None:
    observation = Observation()
    observation.begin_trial(2.0, [], {})
    observation.count_frame(3.5)
    observation.count_frame(3.75)
    assert observation.event(None).longest_gap_s == 1.5


def test_the_time_between_two_trials_is_no_gap() -> None:
    observation = Observation()
    for began in (2.0, 60.0):
        observation.begin_trial(began, [], {})
        observation.count_frame(began)
        observation.count_frame(began + 0.25)
        observation.end_trial()
    assert observation.event(None).longest_gap_s == 0.25


def test_only_the_screens_core_seconds_during_trials_are_its_cost() -> None:
    readings = iter([5.0, 5.25, 9.0, 9.5])
    observation = Observation(cpu_clock=lambda: next(readings))
    for began in (0.0, 10.0):
        observation.begin_trial(began, [], {})
        observation.end_trial()
    assert observation.event(None).cpu_s == 0.75


@pytest.mark.parametrize(("of_all_s", "told_s"), [(2.0, 0.75), (0.5, 0.5)])
def test_what_a_dashboard_uses_during_trials_is_told_as_a_part_of_watching(
    of_all_s: float, told_s: float
) -> None:
    of_all, of_dashboard = iter([0.0, 0.0, 0.0, of_all_s]), iter([5.0, 5.25, 9.0, 9.5])
    observation = Observation(cpu_clock=lambda: next(of_all))
    observation.follow_dashboard(lambda: next(of_dashboard))
    for began in (0.0, 10.0):
        observation.begin_trial(began, [], {})
        observation.end_trial()
    assert observation.event(None).dashboard_cpu_s == told_s


def test_a_watcher_that_ended_during_a_trial_leaves_no_cost_below_nothing() -> None:
    of_all, of_dashboard = iter([5.0, 0.5]), iter([4.5, 0.0])
    observation = Observation(cpu_clock=lambda: next(of_all))
    observation.follow_dashboard(lambda: next(of_dashboard))
    observation.begin_trial(0.0, [], {})
    observation.end_trial()
    told = observation.event(None)
    assert (told.cpu_s, told.dashboard_cpu_s) == (0.0, 0.0)


def test_a_load_that_was_not_measured_is_unknown() -> None:
    said = Observation().event(None)
    assert (said.foreign_cpu, said.contention, said.dashboard_cpu_s) == (None, None, None)


def test_the_contention_is_passed_on() -> None:
    assert Observation().event(0.25).contention == 0.25


def test_the_foreign_load_of_a_trial_is_a_share() -> None:
    observation = Observation()
    observation.begin_trial(0.0, [], {})
    time.sleep(0.02)
    observation.end_trial()
    foreign = observation.event(None).foreign_cpu
    assert foreign is not None
    assert 0.0 <= foreign <= 1.0


class MeterOf:
    """A meter of foreign load that reads what a test says."""

    def __init__(self, *shares: float) -> None:
        self.shares = iter(shares)
        self.at_rest: list[list[int]] = []

    def __call__(self, _: list[int], at_rest: list[int]) -> "MeterOf":
        self.at_rest.append(at_rest)
        return self

    def share(self, _: float = 0.0) -> float:
        return next(self.shares)


@pytest.mark.parametrize("shares", [(0.3, 0.1), (0.1, 0.3)])
def test_the_foreign_load_is_the_worst_of_trials_and_searches(
    monkeypatch: pytest.MonkeyPatch, shares: tuple[float, float]
) -> None:
    meter = MeterOf(*shares)
    monkeypatch.setattr("harness.run.observation.ForeignLoadMeter", meter)
    observation = Observation()
    observation.begin_search([7])
    observation.begin_search([8])  # of the next rate
    observation.end_search()
    observation.begin_trial(0.0, [9], {})
    observation.end_trial()
    assert observation.event(None).foreign_cpu == 0.3
    assert meter.at_rest == [[7], [9]]


def test_a_side_that_searches_nothing_has_no_foreign_load_of_a_search() -> None:
    observation = Observation()
    observation.end_search()
    assert observation.event(None).foreign_cpu is None


def test_the_busiest_processes_of_a_program_stand_for_workers_it_does_not_name() -> None:
    observation = Observation(trees=True)
    with subprocess.Popen(["sh", "-c", "while :; do :; done & while :; do :; done"]) as program:
        observation.follow(TWO, [a_local("w0"), a_local("w1")])
        observation.begin_trial(10.0, [], {})
        time.sleep(0.6)
        samples = [
            event
            for event in observation.samples(10.0 + SAMPLE_EVERY_S, [TWO], TRIALS)
            if isinstance(event, Sample)
        ]
        observation.end_trial()
        send_signal(process_tree(program.pid), signal.SIGKILL)
    assert [sample.worker for sample in samples] == ["w0", "w1"]
    assert sum(sample.cpu for sample in samples) > 0


def test_workers_that_a_program_names_are_sampled_themselves() -> None:
    observation = Observation(trees=True)
    with subprocess.Popen(["sleep", "60"]) as other:
        observation.follow(TWO, [a_local("w0"), a_local("w1", pid=other.pid)])
        samples = sampled(observation, until=11.0, running=(TWO,))
        other.kill()
    assert {sample.worker for sample in samples} == {"w0", "w1"}


def test_the_foreign_load_is_known_while_a_trial_runs_and_every_two_seconds() -> None:
    observation = Observation()
    known = [observation.foreign_now]
    observation.begin_trial(0.0, [], {})
    for now in (1.0, 2.5, 3.0):
        observation.samples(now, (), {})
        known.append(observation.foreign_now)
    observation.end_trial()

    assert [share is None for share in known] == [True, True, False, False]
    assert known[2] is not None
    assert 0.0 <= known[2] <= 1.0
    assert known[3] is known[2]
    assert observation.foreign_now is None


def test_what_is_read_before_and_after_the_clocks_is_no_cost_of_watching(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cpu_s = 0.0

    class CostlyMeter:
        """Takes a core-second when it is made and another when it is read."""

        def __init__(self, *_: object) -> None:
            nonlocal cpu_s
            cpu_s += 1

        def share(self, _: float) -> float:
            nonlocal cpu_s
            cpu_s += 1
            return 0.0

    monkeypatch.setattr("harness.run.observation.ForeignLoadMeter", CostlyMeter)
    observation = Observation(cpu_clock=lambda: cpu_s)
    observation.begin_trial(2.0, [], {})
    cpu_s += 0.25
    observation.end_trial()
    assert observation.event(None).cpu_s == 0.25
