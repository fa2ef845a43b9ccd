import os
import signal
import subprocess
import time
from typing import Any

from harness.events import Sample
from harness.model import Process, Side
from harness.run.host import host_key
from harness.run.processes import end, family
from harness.run.utilization import LOOK_EVERY_S, Watch
from tests.builders import a_process

TRIALS = {Side.BASELINE: 3, Side.DISTRIBUTED: 4}
ONE, TWO = Side


def a_local(name: str = "core", **changes: Any) -> Process:
    return a_process(name, **({"host": host_key(), "pid": os.getpid()} | changes))


def looked(
    watch: Watch, *, trial_at: float = 10.0, until: float, running: tuple[Side, ...] = (ONE,)
) -> list[Sample]:
    """Return the samples of a trial that is looked at every quarter of a second of the conductor's clock."""
    watch.begin(trial_at, [], {})
    samples: list[Sample] = []
    for frame in range(int((until - trial_at) * 4) + 1):
        time.sleep(0.002)
        samples += [
            event
            for event in watch.looks(trial_at + frame / 4, running, TRIALS)
            if isinstance(event, Sample)
        ]
    watch.end()
    return samples


def test_a_worker_that_runs_is_looked_at_twice_a_second() -> None:
    watch = Watch()
    watch.follow(ONE, [a_local()])
    assert [sample.at for sample in looked(watch, until=12.0)] == [10.5, 11.0, 11.5, 12.0]


def test_a_sample_says_whose_it_is() -> None:
    watch = Watch()
    watch.follow(TWO, [a_local("w0")])
    (sample,) = looked(watch, until=10.5, running=(TWO,))
    assert (sample.side, sample.trial, sample.worker) == (TWO, 4, "w0")


def test_a_side_that_rests_is_not_looked_at() -> None:
    watch = Watch()
    watch.follow(ONE, [a_local()])
    watch.follow(TWO, [a_local("w0")])
    assert {sample.side for sample in looked(watch, until=11.0, running=(TWO,))} == {TWO}


def test_a_worker_on_another_machine_is_not_ours_to_look_at() -> None:
    watch = Watch()
    watch.follow(TWO, [a_local("w0"), a_local("w1", host="elsewhere")])
    assert {sample.worker for sample in looked(watch, until=11.0, running=(TWO,))} == {"w0"}


def test_a_worker_that_came_back_is_followed_in_its_new_process() -> None:
    watch = Watch()
    with subprocess.Popen(["true"]) as gone:
        pass
    watch.follow(TWO, [a_local("w0", pid=gone.pid)])
    watch.follow(TWO, [a_local("w0")])
    assert {sample.worker for sample in looked(watch, until=11.0, running=(TWO,))} == {"w0"}


def test_what_a_worker_did_before_the_trial_is_not_in_its_first_sample() -> None:
    watch = Watch()
    watch.follow(ONE, [a_local()])
    looked(watch, until=10.5)
    time.sleep(0.4)  # the side rests between its trials
    began = time.monotonic()
    watch.begin(20.0, [], {})
    ends = time.process_time() + 0.1
    while time.process_time() < ends:
        pass
    (sample,) = watch.looks(20.0 + LOOK_EVERY_S, [ONE], TRIALS)
    watch.end()
    assert isinstance(sample, Sample)
    assert sample.cpu >= 0.08 / (time.monotonic() - began)


def test_only_frames_of_a_trial_are_counted() -> None:
    watch = Watch()
    watch.frame(1.0)
    watch.begin(2.0, [], {})
    for at in (2.0, 2.25, 3.0):
        watch.frame(at)
    watch.end()
    watch.frame(9.0)
    said = watch.event(None)
    assert (said.frames, said.longest_gap_s) == (3, 0.75)


def test_the_time_between_two_trials_is_no_gap() -> None:
    watch = Watch()
    for began in (2.0, 60.0):
        watch.begin(began, [], {})
        watch.frame(began)
        watch.frame(began + 0.25)
        watch.end()
    assert watch.event(None).longest_gap_s == 0.25


def test_only_what_the_screen_used_during_trials_is_its_cost() -> None:
    watch = Watch()
    ends = time.process_time() + 0.05
    while time.process_time() < ends:
        pass
    watch.begin(0.0, [], {})
    watch.end()
    assert watch.event(None).cpu_s < 0.05


def test_what_was_not_measured_is_unknown() -> None:
    said = Watch().event(None)
    assert (said.foreign_cpu, said.contention) == (None, None)


def test_the_contention_is_passed_on() -> None:
    assert Watch().event(0.25).contention == 0.25


def test_the_foreign_load_of_a_trial_is_a_share() -> None:
    watch = Watch()
    watch.begin(0.0, [], {})
    time.sleep(0.02)
    watch.end()
    foreign = watch.event(None).foreign_cpu
    assert foreign is not None
    assert 0.0 <= foreign <= 1.0


def test_a_program_whose_workers_are_not_told_is_seen_by_the_places_in_its_tree() -> None:
    watch = Watch(trees=True)
    with subprocess.Popen(["sh", "-c", "while :; do :; done & while :; do :; done"]) as program:
        watch.follow(TWO, [a_local("w0"), a_local("w1")])
        watch.begin(10.0, [], {})
        time.sleep(0.6)
        samples = [
            event
            for event in watch.looks(10.0 + LOOK_EVERY_S, [TWO], TRIALS)
            if isinstance(event, Sample)
        ]
        watch.end()
        end(family(program.pid), signal.SIGKILL)
    assert [sample.worker for sample in samples] == ["w0", "w1"]
    assert sum(sample.cpu for sample in samples) > 0


def test_workers_that_a_program_told_are_looked_at_themselves() -> None:
    watch = Watch(trees=True)
    with subprocess.Popen(["sleep", "60"]) as other:
        watch.follow(TWO, [a_local("w0"), a_local("w1", pid=other.pid)])
        samples = looked(watch, until=11.0, running=(TWO,))
        other.kill()
    assert {sample.worker for sample in samples} == {"w0", "w1"}
