"""Processes seen from outside: their trees, their core-seconds, and how to end them.

A process is known by its pid and its creation time, since pids are used again.
May import ``model`` and ``run.process_records``.
"""

import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from harness.model import ProcessState
from harness.run.process_records import Identity, proc_file, record_of

KnownProcesses = Mapping[int, float]
Snapshot = Mapping[Identity, tuple[str, float]]

TERMINATE_THEN_KILL = (signal.SIGTERM, 1.0), (signal.SIGKILL, 2.0)
LOOK_EVERY_S = 0.02
_STATES = {
    psutil.STATUS_STOPPED: ProcessState.STOPPED,
    psutil.STATUS_TRACING_STOP: ProcessState.STOPPED,
    psutil.STATUS_DISK_SLEEP: ProcessState.DISK,
    psutil.STATUS_RUNNING: ProcessState.RUNNING,
}


def identity_of(pid: int) -> Identity | None:
    """Return a process's pid and creation time (None: it is gone)."""
    with contextlib.suppress(psutil.Error):
        return pid, psutil.Process(pid).create_time()
    return None


def cpu_seconds(pid: int) -> float:
    """Return the core-seconds of a process and of its ended children (0: it is gone)."""
    record = record_of(pid)
    return 0.0 if record is None else record.cpu_s + record.ended_children_s


def children_cpu_seconds_of(pid: int) -> float:
    """Return the core-seconds of a process's ended children (0: it is gone)."""
    record = record_of(pid)
    return 0.0 if record is None else record.ended_children_s


def cpu_seconds_with_children(pid: int) -> float:
    """Return the core-seconds of a process, of its ended children and of those that live.

    Cheap enough to be asked twice a second of each worker: of the children that live, those are
    known that the main thread started, and only on Linux; others count once they have ended.
    """
    return cpu_seconds(pid) + living_children_cpu_seconds(pid)


def living_children_cpu_seconds(pid: int) -> float:
    """Return the core-seconds of the children that ``cpu_seconds_with_children`` knows to live."""
    return sum(map(cpu_seconds_with_children, _living_children(pid)))


def adopted_cpu_seconds(guard_pid: int, pid: int) -> float:
    """Return the core-seconds of what a guard has adopted, beside the process that it guards."""
    adopted = (child for child in _living_children(guard_pid) if child != pid)
    return children_cpu_seconds_of(guard_pid) + sum(map(cpu_seconds_with_children, adopted))


def _living_children(pid: int) -> list[int]:
    return [*map(int, proc_file(pid, f"task/{pid}/children").split())]


def descendants_cpu_seconds(apart: Iterable[int] = (), guard_pid: int | None = None) -> float:
    """Return the core-seconds of every process below this one, ended or not.

    A process that ended counts once it was waited for. Those of ``apart`` and of all below them are
    left out. With those of a guard above this process, and of what it has adopted.
    """
    left_out = {os.getpid()}.union(*(process_tree(pid) for pid in apart))
    living = process_tree(guard_pid or os.getpid()).keys() - left_out
    return children_cpu_seconds() + sum(map(cpu_seconds, living))


def children_cpu_seconds() -> float:
    """Return the core-seconds of this process's children that ended and were waited for."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def watching_cpu_seconds(watchers: Iterable[int]) -> float:
    """Return the core-seconds of this process, which draws the screen, and of further watchers.

    These with all that they have started.
    """
    return cpu_seconds_of_trees(watchers) + time.process_time()


def cpu_seconds_of_trees(roots: Iterable[int]) -> float:
    """Return the core-seconds of processes with all that they have started."""
    return sum(map(cpu_seconds, {pid for root in roots for pid in process_tree(root)}))


def waited_seconds() -> float | None:
    """Return how long this process's living threads were ready to run so far and had no core.

    What a hypervisor took of all cores is added. None: the system does not say (Linux does).
    """
    on_core_ns = waited_ns = 0
    for thread in psutil.Process().threads():
        with contextlib.suppress(OSError):
            statistics = Path(f"/proc/self/task/{thread.id}/schedstat").read_text().split()
            on_core_ns += int(statistics[0])
            waited_ns += int(statistics[1])
    return waited_ns / 1e9 + stolen_seconds() if on_core_ns else None  # a kernel may count neither


def stolen_seconds() -> float:
    """Return the core-seconds that a hypervisor has taken of all cores (0: it does not say)."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def snapshot() -> Snapshot:
    """Return (name, core-seconds so far) of every process that may be looked at."""
    processes = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error), process.oneshot():
            times = process.cpu_times()
            cpu_s = float(times.user + times.system)
            processes[process.pid, process.create_time()] = (process.name(), cpu_s)
    return processes


def busiest(
    before: Snapshot, after: Snapshot, seconds: float, least: float, apart: Iterable[int] = ()
) -> list[tuple[str, float]]:
    """Return (name, fraction of one core) of every process that used ``least`` or more.

    The busiest comes first. Pids in ``apart`` are left out, as are processes that are in one
    snapshot only.
    """
    left_out = set(apart)
    shares = [
        (after[identity][0], (after[identity][1] - before[identity][1]) / seconds)
        for identity in after.keys() & before.keys()
        if identity[0] not in left_out
    ]
    return sorted(
        (share for share in shares if share[1] >= least), key=lambda share: (-share[1], share[0])
    )


def listening(pids: Iterable[int]) -> set[str]:
    """Return every address at which one of the processes accepts connections.

    A process that is gone, or that may not be asked, has none.
    """
    addresses = set()
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            links = psutil.Process(pid).net_connections("tcp")
            addresses |= {link.laddr.ip for link in links if link.status == psutil.CONN_LISTEN}
    return addresses


class Signs(NamedTuple):
    """What a tree of processes shows: its core-seconds, and the process that says most of it."""

    cpu_s: float
    pid: int
    name: str
    state: ProcessState


def signs(roots: Iterable[int], workers: Collection[int]) -> Signs | None:
    """Look at trees of processes (None: they are gone).

    A process that is stopped says most, whichever it is. Otherwise it is one of the roots or of the
    workers: one that waits for a disk, runs, or sleeps.
    """
    cpu_s, candidates = 0.0, list[tuple[int, int, str, ProcessState]]()
    roots = set(roots)
    for pid in {pid for root in roots for pid in process_tree(root)}:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            state = _STATES.get(process.status(), ProcessState.SLEEPING)
            cpu_s += cpu_seconds(pid)
            if state is ProcessState.STOPPED or pid in roots or pid in workers:
                candidates.append(([*ProcessState].index(state), pid, process.name(), state))
    return Signs(cpu_s, *min(candidates)[1:]) if candidates else None


def process_tree(root: int) -> dict[int, float]:
    """Return the pids of a process and all its descendants with their creation times."""
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(root)
        return {
            process.pid: process.create_time()
            for process in [parent, *parent.children(recursive=True)]
        }
    return {}


def children(parent: int) -> dict[int, float]:
    """Return the pids of the processes that a process started itself, with creation times."""
    with contextlib.suppress(psutil.Error):
        return {process.pid: process.create_time() for process in psutil.Process(parent).children()}
    return {}


def session_members(leader: int) -> dict[int, float]:
    """Return the pids of a POSIX session with creation times: orphans stay in their session."""
    members = {}
    for pid in psutil.pids():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(pid) == leader:
                members[pid] = psutil.Process(pid).create_time()
    return members


def still_running(known: KnownProcesses) -> list[int]:
    """Return the known pids whose process lives.

    A zombie does not, nor does a process that was given the pid of another.
    """
    living = []
    for pid, born in known.items():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.create_time() == born and process.status() != psutil.STATUS_ZOMBIE:
                living.append(pid)
    return living


def send_signal(known: KnownProcesses, signal_number: int) -> None:
    """Signal every known process that still lives."""
    for pid in still_running(known):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal_number)


def wait_for_end(
    known: KnownProcesses, seconds: float, meanwhile: Callable[[], object] = lambda: None
) -> bool:
    """Return whether all known processes ended, as soon as they did or after that many seconds.

    ``meanwhile`` is called at every look. Not ``psutil.wait_procs``: it takes a child's exit code
    from its ``Popen``, and waits for zombies whose parent does not.
    """
    until = time.monotonic() + seconds
    while True:
        meanwhile()
        if not still_running(known):
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK_EVERY_S)


def end_tree(
    look: Callable[[], KnownProcesses],
    steps: Iterable[tuple[int | None, float]] = TERMINATE_THEN_KILL,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[int]:
    """End every process that ``look`` returns, and those that they start while they are ended.

    Each step is a signal (None: none) and how many seconds to wait for its effect. Return the pids
    that survived all steps.
    """
    known = dict(look())
    for signal_number, seconds in steps:
        if signal_number is not None:
            send_signal(known, signal_number)
        wait_for_end(known, seconds, meanwhile)
        known |= look()
        if not still_running(known):
            break
    return still_running(known)


def peak_rss_bytes() -> int:
    """Return this process's peak resident memory; Linux counts in kibibytes, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def command_lines(name: str) -> Iterator[Sequence[str]]:
    """Yield the command line of every process of that name, where it may be read."""
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == name:
            yield process.info["cmdline"] or ()
