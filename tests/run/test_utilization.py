import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import psutil
import pytest

from harness.run import processes, utilization

SPIN = "while True: pass"
BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"
TWO = "sh -c 'while :; do :; done' & while :; do :; done"
HEIRS = (
    "import subprocess, sys, time\n"
    f"subprocess.run([sys.executable, '-c', {BURN.format(seconds=0.7)!r}])\n"
    "time.sleep(60)"
)


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def python(program: str) -> Iterator[subprocess.Popen[bytes]]:
    with running(sys.executable, "-c", program) as process:
        yield process


def test_the_first_look_has_nothing_to_compare_with() -> None:
    assert utilization.UtilizationMeter().read({"w0": os.getpid()}) == []


def test_resident_memory_is_seen_in_bytes() -> None:
    meter = utilization.UtilizationMeter()
    with running("sleep", "60") as idle:
        meter.read({"w0": idle.pid})
        time.sleep(0.02)
        (load,) = meter.read({"w0": idle.pid})
    assert 100_000 < load.rss_bytes < 100_000_000


def test_a_worker_that_is_gone_is_left_out() -> None:
    meter = utilization.UtilizationMeter()
    with running("sleep", "60") as gone:
        meter.read({"w0": gone.pid, "w1": os.getpid()})
    assert [load.worker for load in meter.read({"w0": gone.pid, "w1": os.getpid()})] == ["w1"]


def test_foreign_load_is_a_share_of_all_cores() -> None:
    meter = utilization.ForeignLoadMeter([os.getpid()])
    time.sleep(0.05)
    assert 0.0 <= meter.share() <= 1.0


def test_the_next_share_is_of_the_time_since_the_last_one() -> None:
    meter = utilization.ForeignLoadMeter([])
    spin_s = time.process_time() + 0.1
    while time.process_time() < spin_s:
        pass
    busy = meter.next_share()
    time.sleep(0.05)

    assert busy > 0.0
    assert meter.next_share() <= 1.0


def wait_until_used(pid: int, cpu_s: float) -> None:
    """Wait until a process has used so many more core-seconds, however busy the machine is."""
    process = psutil.Process(pid)
    wanted_s = sum(process.cpu_times()[:2]) + cpu_s
    while sum(process.cpu_times()[:2]) < wanted_s:
        time.sleep(0.02)


@dataclass(frozen=True)
class Spun:
    """What the meters say of a process that spins beside one that sleeps."""

    cpu: dict[str, float]
    foreign_cores: dict[str, float]


@pytest.fixture(scope="module")
def spun() -> Spun:
    meter, us = utilization.UtilizationMeter(), os.getpid()
    with python(SPIN) as busy, running("sleep", "60") as idle:
        pids = {"busy": busy.pid, "idle": idle.pid}
        foreign = {
            "ours": utilization.ForeignLoadMeter([us]),
            "nobody's": utilization.ForeignLoadMeter([]),
            "set apart": utilization.ForeignLoadMeter([us], [busy.pid]),
        }
        meter.read(pids)
        wait_until_used(busy.pid, 0.3)
        cpu = {load.worker: load.cpu for load in meter.read(pids)}
        cores = {whose: each.share() * each.cores for whose, each in foreign.items()}
        assert busy.poll() is None
    return Spun(cpu, cores)


def test_a_busy_worker_uses_more_of_its_core_than_an_idle_one(spun: Spun) -> None:
    assert spun.cpu["busy"] > spun.cpu["idle"]


def test_a_load_of_our_own_is_not_foreign(spun: Spun) -> None:
    ours = spun.foreign_cores["nobody's"] - spun.foreign_cores["ours"]
    assert ours > spun.cpu["busy"] / 2


def test_a_child_that_is_set_apart_is_foreign(spun: Spun) -> None:
    apart = spun.foreign_cores["set apart"] - spun.foreign_cores["ours"]
    assert apart > spun.cpu["busy"] / 2


def test_what_a_process_used_that_was_killed_is_ours_though_nobody_inherits_it() -> None:
    program = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        f"subprocess.Popen([sys.executable, '-c', {SPIN!r}])\ntime.sleep(60)"
    )
    with python(program) as parent:
        (child,) = wait_for_children(parent.pid)
        seen, unseen = (
            utilization.ForeignLoadMeter([os.getpid()], clock=iter([0.0, 100.0]).__next__)
            for _ in range(2)
        )
        wait_until_used(child, 1.0)  # twice as much: other programs run between two readings
        seen.look()
        os.kill(child, signal.SIGKILL)
        while psutil.pid_exists(child):
            time.sleep(0.01)
        missing_s = (unseen.share() - seen.share()) * 100.0 * seen.cores
    assert missing_s >= 0.5


def test_the_first_look_at_a_tree_has_nothing_to_compare_with() -> None:
    assert utilization.TreeMeter().read(os.getpid(), ["w0"]) == []


def test_a_tree_without_processes_has_its_places_idle() -> None:
    tree = utilization.TreeMeter()
    with running("sleep", "60") as root:
        tree.read(root.pid, ["w0", "w1"])
        time.sleep(0.02)
        assert tree.read(root.pid, ["w0", "w1"]) == [
            utilization.WorkerLoad("w0", 0.0, 0),
            utilization.WorkerLoad("w1", 0.0, 0),
        ]


def test_the_busiest_processes_of_a_tree_take_its_places() -> None:
    tree, until, both = utilization.TreeMeter(), time.monotonic() + 20, False
    with python(f"import subprocess\nsubprocess.run(['sh', '-c', {TWO!r}])") as root:
        while not both and time.monotonic() < until:
            seen = tree.read(root.pid, ["w0", "w1"])
            both = bool(seen) and all(load.cpu > 0 for load in seen)
            time.sleep(0.1)
        processes.send_signal(processes.process_tree(root.pid), signal.SIGKILL)
    assert both


def test_what_a_tree_used_is_seen_once_though_a_process_ends_and_is_inherited() -> None:
    began = time.monotonic()
    with python(
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {HEIRS!r}])"
    ) as root:
        tree, moments, used = utilization.TreeMeter(), [time.monotonic()], 0.0
        tree.read(root.pid, ["w0"])
        while time.monotonic() < began + 30 and not ended(root.pid):
            time.sleep(0.05)
            moments.append(time.monotonic())
            used += sum(load.cpu for load in tree.read(root.pid, ["w0"])) * (
                moments[-1] - moments[-2]
            )
        spent = sum(
            processes.cpu_seconds(pid)
            for pid in processes.process_tree(root.pid)
            if pid != root.pid
        )
        processes.send_signal(processes.process_tree(root.pid), signal.SIGKILL)
    assert 0.6 <= spent < 1.2
    assert used < 1.5 * spent


def test_what_the_last_process_of_a_tree_used_until_its_end_is_seen() -> None:
    burn, tree = BURN.format(seconds=0.7), utilization.TreeMeter()
    program = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {burn!r}])\n"
    with python(f"{program}time.sleep(60)") as root:
        tree.read(root.pid, ["w0"])
        began = time.monotonic()
        wait_until_children_used(root.pid, 0.6)
        ((_, cpu, *_),) = tree.read(root.pid, ["w0"])
        seconds = time.monotonic() - began
    assert 0.5 <= cpu * seconds < 1.2


@pytest.mark.parametrize("alive", [True, False], ids=["that lives", "that has ended"])
def test_what_a_workers_child_uses_is_the_workers_work(alive: bool) -> None:
    burn = SPIN if alive else BURN.format(seconds=0.7)
    program = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {burn!r}])\n"
    with python(f"{program}time.sleep(60)") as worker:
        meter = utilization.UtilizationMeter()
        meter.read({"w0": worker.pid})
        began = time.monotonic()
        if alive:
            (child,) = wait_for_children(worker.pid)
            wait_until_used(child, 0.6)
        else:
            wait_until_children_used(worker.pid, 0.6)
        ((_, cpu, *_),) = meter.read({"w0": worker.pid})
        seconds = time.monotonic() - began
        processes.send_signal(processes.process_tree(worker.pid), signal.SIGKILL)
    assert cpu * seconds >= 0.5


def test_what_a_guard_has_adopted_is_the_work_of_the_process_below_it() -> None:
    program = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {SPIN!r}])\n"
    with running("sleep", "60") as worker, python(f"{program}time.sleep(60)") as guard:
        meter = utilization.UtilizationMeter()
        meter.guards[worker.pid] = guard.pid
        (adopted,) = wait_for_children(guard.pid)
        meter.read({"w0": worker.pid})
        began = time.monotonic()
        wait_until_used(adopted, 0.6)
        ((_, cpu, *_),) = meter.read({"w0": worker.pid})
        seconds = time.monotonic() - began
        processes.send_signal(processes.process_tree(guard.pid), signal.SIGKILL)
    assert cpu * seconds >= 0.5


def wait_for_children(pid: int) -> list[int]:
    """Wait until a process has children; return their pids."""
    while not (started := [*processes.children(pid)]):
        time.sleep(0.02)
    return started


def wait_until_children_used(pid: int, cpu_s: float) -> None:
    """Wait until the children of a process have ended and used so many core-seconds."""
    while processes.children_cpu_seconds_of(pid) < cpu_s:
        time.sleep(0.02)


def ended(root: int) -> bool:
    """Return whether the busy process has ended and its parent has its core-seconds."""
    below = [pid for pid in processes.process_tree(root) if pid != root]
    return len(below) == 1 and processes.cpu_seconds(below[0]) >= 0.6


def a_reading(cpu_s: float, parent: int) -> utilization.TreeProcess:
    return utilization.TreeProcess(cpu_s, 1000, parent)


def test_a_whole_branch_that_ended_is_on_the_account_of_who_is_left() -> None:
    before = {(2, 0.0): a_reading(1.0, 1), (3, 0.0): a_reading(5.0, 2), (4, 0.0): a_reading(7.0, 3)}
    assert utilization._used(before, {(2, 0.0): a_reading(13.5, 1)}) == {(2, 0.0): 0.5}


def test_a_process_that_has_anothers_number_begins_at_nothing() -> None:
    assert utilization._used({(2, 0.0): a_reading(9.0, 1)}, {(2, 5.0): a_reading(0.5, 1)}) == {
        (2, 5.0): 0.5
    }


def test_a_process_keeps_its_place_while_it_lives() -> None:
    tree = utilization.TreeMeter()
    tree._assign({(2, 0.0): 0.4, (3, 0.0): 0.9}, ["w0", "w1"], 1.0)
    tree._assign({(2, 0.0): 0.9, (3, 0.0): 0.1, (4, 0.0): 1.0}, ["w0", "w1"], 1.0)
    assert tree._workers == {(3, 0.0): "w0", (2, 0.0): "w1"}


def test_a_place_that_was_left_is_taken_by_the_next() -> None:
    tree = utilization.TreeMeter()
    tree._assign({(2, 0.0): 0.9}, ["w0"], 1.0)
    tree._assign({(4, 0.0): 1.0}, ["w0"], 1.0)
    assert tree._workers == {(4, 0.0): "w0"}


TAKES_MEMORY = """
import mmap, resource, sys

print("ready", flush=True)
sys.stdin.readline()
_, most = resource.getrlimit(resource.RLIMIT_DATA)
resource.setrlimit(resource.RLIMIT_DATA, (1 << 40, most))
room = mmap.mmap(-1, 48 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
print("taken", flush=True)
sys.stdin.readline()
resource.setrlimit(resource.RLIMIT_DATA, (most, most))
print("lifted", flush=True)
sys.stdin.readline()
"""


@contextmanager
def taking_memory() -> Iterator[tuple[int, IO[str], IO[str]]]:
    """Yield the pid of a process that takes memory, and the pipes to it and from it."""
    command = [sys.executable, "-c", TAKES_MEMORY]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        yield worker.pid, worker.stdin, worker.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells limits of other processes")
def test_what_a_worker_takes_of_a_budget_is_counted_from_when_it_is_held_to_it() -> None:
    with taking_memory() as (pid, orders, said):
        meter = utilization.UtilizationMeter(clock=iter(range(9)).__next__)

        def after(word: str) -> int | None:
            orders.write("go on\n")
            orders.flush()
            assert said.readline() == f"{word}\n"
            return taken()

        def taken() -> int | None:
            (load,) = meter.read({"w0": pid})
            return load.taken_bytes

        assert said.readline() == "ready\n"
        meter.note_memory([pid])
        meter.read({"w0": pid})
        before, held, lifted = taken(), after("taken"), after("lifted")
        orders.write("end\n")

    assert before is None
    assert held is not None
    assert 48 << 20 <= held < 50 << 20
    assert lifted is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells limits of other processes")
def test_what_a_worker_had_taken_before_anybody_looked_is_not_known() -> None:
    with taking_memory() as (pid, orders, said):
        orders.write("go on\n")
        orders.flush()
        assert [said.readline() for _ in range(2)] == ["ready\n", "taken\n"]
        meter = utilization.UtilizationMeter(clock=iter(range(9)).__next__)
        meter.read({"w0": pid})
        (load,) = meter.read({"w0": pid})
        orders.write("go on\nend\n")
    assert load.taken_bytes is None
