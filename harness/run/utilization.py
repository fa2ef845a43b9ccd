"""How busy processes and the machine are: three meters, each read twice for one figure.

May import ``events``, ``run.process_records`` and ``run.processes``.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import psutil

from harness.events import Sample
from harness.run.process_records import (
    Descendants,
    Identity,
    ProcessMemory,
    ProcessRecord,
    is_held_to_a_budget,
    memory_of,
    record_of,
)
from harness.run.processes import adopted_cpu_seconds, living_children_cpu_seconds

BUSY_ABOVE = 0.1

Clock = Callable[[], float]


class WorkerLoad(NamedTuple):
    """A worker's use of one core since the last reading (1.0: all of it) and its memory.

    ``taken_bytes`` is what it has taken of a budget of memory that it is held to (None: it is held
    to none, or that is not known).
    """

    worker: str
    cpu: float
    rss_bytes: int
    taken_bytes: int | None = None


def sample_of(load: WorkerLoad) -> Sample:
    """Return the load of a worker as an event."""
    return Sample(
        worker=load.worker,
        cpu=load.cpu,
        rss_bytes=load.rss_bytes,
        taken_bytes=load.taken_bytes,
    )


class UtilizationMeter:
    """Utilization of processes between two readings.

    The kernel counts in ticks of 10 ms, so read no more often than every 0.4 s. ``guards`` are the
    pids of processes that have adopted what a process left running, by that one's pid.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.guards: dict[int, int] = {}
        self._clock = clock
        self._before: dict[int, tuple[float, float]] = {}
        self._own_bytes_before: dict[int, int] = {}

    def read(self, pids: Mapping[str, int]) -> list[WorkerLoad]:
        """Return the load of each worker; a process that is gone, or new, is left out."""
        loads = []
        for worker, pid in pids.items():
            usage = _usage(pid, self.guards.get(pid))
            if usage is None:
                continue
            now = self._clock()
            cpu_s, memory = usage
            then, cpu_then_s = self._before.get(pid, (now, cpu_s))
            self._before[pid] = (now, cpu_s)
            taken = self._taken_bytes(pid, memory)
            if now > then and cpu_s >= cpu_then_s:  # less than before: another process has the pid
                cpu = (cpu_s - cpu_then_s) / (now - then)
                loads.append(WorkerLoad(worker, cpu, memory.resident_bytes, taken))
        return loads

    def note_memory(self, pids: Iterable[int]) -> None:
        """Note what processes have before they are held to a budget of memory."""
        for pid in pids:
            if (memory := memory_of(pid)) is not None:
                self._taken_bytes(pid, memory)

    def _taken_bytes(self, pid: int, memory: ProcessMemory) -> int | None:
        """Return what a process has taken since it was last seen without a budget."""
        if memory.own_bytes is None:
            return None
        if not is_held_to_a_budget(pid):
            self._own_bytes_before[pid] = memory.own_bytes
            return None
        before = self._own_bytes_before.get(pid)
        return None if before is None else max(0, memory.own_bytes - before)


def _usage(pid: int, guard_pid: int | None) -> tuple[float, ProcessMemory] | None:
    """Return the core-seconds and the memory of a process (None: it is gone).

    What its children use is its work, and so is what its guard has adopted (None: it has none).
    """
    record, memory = record_of(pid), memory_of(pid)
    if record is None or memory is None:
        return None
    children_s = record.ended_children_s + living_children_cpu_seconds(pid)
    adopted_s = 0.0 if guard_pid is None else adopted_cpu_seconds(guard_pid, pid)
    return record.cpu_s + children_s + adopted_s, memory


class TreeProcess(NamedTuple):
    """A process of a tree: core-seconds with those of its ended children, memory, parent's pid."""

    cpu_s: float
    rss_bytes: int
    parent: int


class TreeMeter:
    """Utilization of the processes below a root, which are taken for workers.

    The busiest processes become the workers, and stay so while they live. A process that is no
    worker counts with the worker that is least busy, and so does what one used that has ended.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._descendants: dict[int, Descendants] = {}
        self._before: dict[Identity, TreeProcess] = {}
        self._read_at: float | None = None
        self._workers: dict[Identity, str] = {}

    def read(self, root: int, workers: Sequence[str]) -> list[WorkerLoad]:
        """Return the load of each worker since the last reading; none the first time."""
        now = self._clock()
        processes = self._below(root)
        seconds = None if self._read_at is None else now - self._read_at
        used_s = _used(self._before, processes)
        self._read_at = now
        self._before = processes
        if not seconds:
            return []
        below = {process: used_s[process] for process in used_s if process[0] != root}
        self._assign(below, workers, seconds)
        cpu = dict.fromkeys(workers, 0.0)
        rss_bytes = dict.fromkeys(workers, 0)
        for process in sorted(used_s, key=lambda process: process not in self._workers):
            worker = self._workers.get(process) or min(workers, key=lambda worker: cpu[worker])
            cpu[worker] += used_s[process] / seconds
            rss_bytes[worker] += processes[process].rss_bytes
        return [WorkerLoad(worker, cpu[worker], rss_bytes[worker]) for worker in workers]

    def _below(self, root: int) -> dict[Identity, TreeProcess]:
        """Return every process below a root, and for it itself what its ended ones had used."""
        descendants = self._descendants.setdefault(root, Descendants([root]))
        return {
            (pid, born): TreeProcess(record.ended_children_s, 0, record.parent)
            if pid == root
            else _tree_process(record, memory_of(pid))
            for (pid, born), record in descendants.look().items()
        }

    def _assign(
        self, used_s: Mapping[Identity, float], workers: Sequence[str], seconds: float
    ) -> None:
        """Make the busiest of the other processes the workers that are not taken."""
        self._workers = {
            process: worker for process, worker in self._workers.items() if process in used_s
        }
        free = [worker for worker in workers if worker not in self._workers.values()]
        busy = [
            process
            for process, cpu_s in used_s.items()
            if process not in self._workers and cpu_s >= BUSY_ABOVE * seconds
        ]
        busy.sort(key=lambda process: -used_s[process])
        self._workers |= dict(zip(busy, free, strict=False))


def _used(
    before: Mapping[Identity, TreeProcess], now: Mapping[Identity, TreeProcess]
) -> dict[Identity, float]:
    """Return the core-seconds that each process used between two readings.

    What an ended process had used is by now counted with its parent, and is taken off there.
    """
    ended = {pid: process for (pid, born), process in before.items() if (pid, born) not in now}
    inherited: dict[int, float] = {}
    for process in ended.values():
        heir = process.parent
        while heir in ended:
            heir = ended[heir].parent
        inherited[heir] = inherited.get(heir, 0.0) + process.cpu_s
    used = {}
    for identity, process in now.items():
        then_s = before[identity].cpu_s if identity in before else 0.0
        used[identity] = max(0.0, process.cpu_s - then_s - inherited.get(identity[0], 0.0))
    return used


def _tree_process(record: ProcessRecord, memory: ProcessMemory | None = None) -> TreeProcess:
    rss_bytes = 0 if memory is None else memory.resident_bytes
    return TreeProcess(record.cpu_s + record.ended_children_s, rss_bytes, record.parent)


class ForeignLoadMeter:
    """The machine's busy core-seconds less ours, hypervisor theft included.

    Ours are the ``roots`` with all their descendants, without those of ``apart``. What an ended
    process of ours used is known up to the last look at it: not every parent inherits that, such as
    one that ignores the end of its children.
    """

    def __init__(
        self, roots: Iterable[int], apart: Iterable[int] = (), clock: Clock = time.monotonic
    ) -> None:
        self._descendants = Descendants(roots, apart)
        self._clock = clock
        self.cores = psutil.cpu_count() or 1
        self.restart()

    def restart(self) -> None:
        """Begin anew."""
        self._processes = self._ours()
        self._ours_s = 0.0
        self._began = self._latest = self._now()

    def look(self) -> None:
        """Add up what ours have used since the last look."""
        processes = self._ours()
        self._ours_s += sum(_used(self._processes, processes).values())
        self._processes = processes

    def share(self, elsewhere_s: float = 0.0) -> float:
        """Return the share of all cores that others used since ``restart``, 0 to 1.

        ``elsewhere_s`` are core-seconds of this machine that ours used without being below a root.
        """
        self.look()
        return self._share(self._began, self._now(), elsewhere_s)

    def next_share(self, elsewhere_s: float = 0.0) -> float:
        """Return the share since this was last asked, or since ``restart``."""
        self.look()
        before, self._latest = self._latest, self._now()
        return self._share(before, self._latest, elsewhere_s)

    def _now(self) -> "_Reading":
        return _Reading(self._clock(), _machine_busy(), self._ours_s)

    def _share(self, before: "_Reading", now: "_Reading", elsewhere_s: float) -> float:
        seconds = now.at - before.at
        others_s = now.machine_s - before.machine_s - (now.ours_s - before.ours_s) - elsewhere_s
        return min(1.0, max(0.0, others_s / (seconds * self.cores))) if seconds > 0 else 0.0

    def _ours(self) -> dict[Identity, TreeProcess]:
        living = self._descendants.look()
        return {identity: _tree_process(record) for identity, record in living.items()}


class _Reading(NamedTuple):
    """A moment, and the core-seconds that the machine and ours had used by then."""

    at: float
    machine_s: float
    ours_s: float


def _machine_busy() -> float:
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return float(sum(times) - idle - guests)
