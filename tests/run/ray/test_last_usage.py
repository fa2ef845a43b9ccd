import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.model import Process
from harness.run.host import host_key
from harness.run.processes import cpu_seconds
from harness.run.ray.last_usage import LastUsage
from harness.run.ray.spares import key
from harness.run.sides.runner import usage_between
from tests.builders import a_process

SPIN = "while True: pass"
WITHIN_S = 60.0


def process_of(pid: int, host: str | None = None) -> Process:
    return replace(a_process("w0"), pid=pid, host=host or host_key())


@pytest.fixture
def spinning() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SPIN]) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until_used(pid: int, cpu_s: float) -> None:
    until = time.monotonic() + WITHIN_S
    while cpu_seconds(pid) < cpu_s and time.monotonic() < until:
        time.sleep(0.02)


def test_what_a_worker_had_used_that_was_killed_is_kept(spinning: subprocess.Popen[bytes]) -> None:
    process = process_of(spinning.pid)
    last = LastUsage(lambda: [process], every_s=0.05)
    before = last.with_those_gone({key(process): (cpu_seconds(process.pid), 1000)})
    with last.watching():
        wait_until_used(process.pid, 0.5)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGKILL)
        spinning.wait()
        time.sleep(0.2)
    cpu_s, peak_rss_bytes = usage_between(before, last.with_those_gone({}))

    assert cpu_s >= 0.3
    assert peak_rss_bytes == 0


def test_a_worker_that_is_asked_speaks_for_itself(spinning: subprocess.Popen[bytes]) -> None:
    process = process_of(spinning.pid)
    last = LastUsage(lambda: [process])
    wait_until_used(process.pid, 0.1)
    last.look()

    assert last.with_those_gone({key(process): (7.0, 1000)}) == {key(process): (7.0, 1000)}


def test_a_worker_that_was_not_asked_is_not_taken_for_lost() -> None:
    process = process_of(os.getpid())
    last = LastUsage(lambda: [process])
    last.look()

    assert last.with_those_gone({}, {key(process)}) == {}
    assert last.with_those_gone({}).keys() == {key(process)}


def test_a_worker_on_another_host_is_not_looked_at_here() -> None:
    last = LastUsage(lambda: [process_of(os.getpid(), "elsewhere")])
    last.look()

    assert last.with_those_gone({}) == {}


def test_what_a_lost_worker_said_last_is_what_it_used_at_least() -> None:
    process = process_of(2**22 + 1, "elsewhere")
    last = LastUsage(lambda: [process])
    last.with_those_gone({key(process): (3.0, 1000)})

    assert last.with_those_gone({}) == {key(process): (3.0, 0)}


def test_who_was_lost_in_an_earlier_trial_is_none_of_the_next_ones() -> None:
    last = LastUsage(list)
    last.with_those_gone({"lost": (3.0, 1000)})
    before = last.with_those_gone({"w1": (1.0, 1000)})
    after = last.with_those_gone({"w1": (1.5, 1000)})

    assert usage_between(before, after) == (0.5, 1000)
