import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from harness.events import CoreTime, Event, Inspected, Phase, Sample, Span
from harness.model import Side
from harness.run.digest import digest
from harness.run.processes import cpu_seconds
from harness.run.sides.opening import open_side
from harness.run.sides.runner import (
    READING,
    SideRunner,
    own_usage,
    seconds_between,
    usage_between,
)
from harness.run.wire import Assignment, SendEvent
from tests.builders import find_workload
from tests.pools import Heard, ignore_progress

SIMULATED = find_workload("simulated")
PROBLEM = SIMULATED.load(SIMULATED.configure(SIMULATED.defaults | {"seconds": 0.02, "chunks": 4}))
KNOWN = digest(PROBLEM.input, PROBLEM.items)


def an_assignment(side: Side, **changes: Any) -> Assignment:
    return Assignment(
        side=side,
        workload="simulated",
        params={},
        workers=3,
        cores_per_worker=1,
        cores=changes.get("cores", ((),)),
    )


def opened(side: Side, send: SendEvent) -> AbstractContextManager[SideRunner]:
    return open_side(
        assignment=an_assignment(side),
        workload=SIMULATED,
        problem=PROBLEM,
        input_digest=KNOWN,
        send=send,
        lap=lambda _: None,
    )


def ran(side: Side) -> tuple[SideRunner, Any, list[int], list[Event]]:
    heard = Heard()
    said: list[Event] = []
    with opened(side, said.append) as entered:
        return entered, entered.run(PROBLEM.input, heard, 0), heard.done, said


@pytest.mark.parametrize("side", Side)
def test_a_side_answers_and_reports_what_it_has_done(side: Side) -> None:
    _, answer, reported, _ = ran(side)
    assert answer == PROBLEM.input
    assert reported == [1, 2, 3, 4]


def test_a_brief_baseline_is_not_looked_at() -> None:
    assert [event for event in ran(Side.BASELINE)[3] if isinstance(event, Sample)] == []


@pytest.mark.parametrize(
    ("side", "names"), [(Side.BASELINE, ["core"]), (Side.DISTRIBUTED, ["w0", "w1", "w2"])]
)
def test_a_side_names_its_workers(side: Side, names: list[str]) -> None:
    assert [worker.id for worker in ran(side)[0].worker_processes()] == names


def test_a_side_runs_as_often_as_it_is_asked() -> None:
    with opened(Side.DISTRIBUTED, lambda _: None) as entered:
        answers = [entered.run(PROBLEM.input, ignore_progress, 0) for _ in range(2)]
        entered.rest(None)
    assert answers == [PROBLEM.input] * 2


@pytest.mark.parametrize(
    ("workers", "names"),
    [(1, {"w0"}), (2, {"w0", "w1"}), (0, {"w0", "w1", "w2"}), (3, {"w0", "w1", "w2"})],
)
def test_a_side_runs_on_as_many_of_its_workers_as_it_is_told(workers: int, names: set[str]) -> None:
    said: list[Event] = []
    with opened(Side.DISTRIBUTED, said.append) as entered:
        entered.run(PROBLEM.input, ignore_progress, workers)
    assert {event.worker for event in said if isinstance(event, Span)} == names


@pytest.mark.parametrize("side", Side)
def test_every_worker_that_holds_the_input_has_its_digest(side: Side) -> None:
    assert {worker.input_sha256 for worker in ran(side)[0].worker_processes()} == {KNOWN.sha256}


def test_a_simulated_baseline_computes_all_the_time_that_it_sleeps() -> None:
    split = ran(Side.BASELINE)[0].time_parts(10.0, 0.1)
    assert split == (
        Phase(name="run", seconds=10.0),
        CoreTime(compute_s=10.0, exchange_s=0.0, waiting_s=0.0, serial_s=0.0, idle_s=0.0),
    )


@pytest.mark.parametrize(("workers", "working"), [(0, 3), (1, 1), (2, 2)])
def test_the_core_seconds_of_a_run_are_those_of_the_workers_that_it_had(
    workers: int, working: int
) -> None:
    with opened(Side.DISTRIBUTED, lambda _: None) as entered:
        entered.run(PROBLEM.input, ignore_progress, workers)
    serial, pool, spent = entered.time_parts(0.0, 0.0)
    assert isinstance(serial, Phase)
    assert isinstance(pool, Phase)
    assert isinstance(spent, CoreTime)
    parts = spent.compute_s, spent.exchange_s, spent.waiting_s, spent.serial_s, spent.idle_s
    assert sum(parts) == pytest.approx(working * (serial.seconds + pool.seconds))
    assert spent.compute_s == pytest.approx(sum(PROBLEM.input))


def test_core_seconds_are_what_was_used_between_two_looks() -> None:
    before, after = {"own": (1.0, 10), "w0 7": (2.0, 20)}, {"own": (1.5, 11), "w0 7": (4.0, 25)}
    assert usage_between(before, after) == (2.5, 36)


def test_a_worker_that_came_back_used_all_that_its_process_used() -> None:
    assert usage_between({"w0 7": (9.0, 20)}, {"w0 8": (3.0, 25)}) == (3.0, 25)


def test_a_worker_that_is_gone_takes_nothing_back() -> None:
    assert usage_between({"own": (1.0, 10), "w0 7": (9.0, 20)}, {"own": (1.5, 10)}) == (0.5, 10)


def test_one_process_is_all_there_is_to_a_baseline() -> None:
    cpu_s, peak = usage_between(own_usage(), own_usage())
    assert cpu_s >= 0
    assert peak > 1_000_000


def test_what_it_takes_to_read_what_a_side_has_used_is_no_work() -> None:
    before = {"own": (1.0, 10), READING: (0.2, 0)}
    after = {"own": (2.5, 10), READING: (0.3, 0)}
    assert usage_between(before, after) == (1.3, 10)
    assert own_usage()[READING][0] > 0


@contextmanager
def a_busy_child(core_s: float) -> Iterator[int]:
    """Yield the pid of a process below this one once it has used so much; it ends with ``with``."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
        while cpu_seconds(child.pid) < core_s:
            time.sleep(0.01)
        yield child.pid
        child.kill()


def test_what_a_side_starts_counts_as_its_own_work() -> None:
    before = own_usage()
    with a_busy_child(0.3):
        assert usage_between(before, own_usage())[0] >= 0.3


def test_what_is_apart_does_not_count_while_it_lives() -> None:
    before = own_usage()
    with a_busy_child(0.3) as pid:
        assert usage_between(before, own_usage([pid]))[0] < 0.3


def test_between_readings_that_are_not_both_known_nothing_is() -> None:
    assert (seconds_between(None, 1.0), seconds_between(1.0, None)) == (None, None)


def test_a_thread_that_ended_takes_nothing_back() -> None:
    assert (seconds_between(1.0, 1.5), seconds_between(1.5, 1.0)) == (0.5, 0.0)


def test_a_baseline_on_the_terms_that_it_was_armed_with_says_nothing_of_them() -> None:
    said: list[Event] = []
    with opened(Side.BASELINE, said.append) as side:
        side.worker_processes()
        side.inspect()
    assert said == []


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no core can be chosen")
def test_a_baseline_that_was_moved_to_other_cores_says_so_once() -> None:
    said: list[Event] = []
    cores = os.sched_getaffinity(0)
    with opened(Side.BASELINE, said.append) as side:
        (process,) = side.worker_processes()
        try:
            os.sched_setaffinity(0, [min(cores)])
            side.inspect()
            side.inspect()
        finally:
            os.sched_setaffinity(0, cores)
    expected = Inspected(worker=process.id, nice=process.nice, affinity=(min(cores),))
    assert said == ([expected] if len(cores) > 1 else [])
