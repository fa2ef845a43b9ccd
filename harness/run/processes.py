"""Processes seen from outside: utilization of workers, what else the machine does, who is still there.

With ``host`` the only importer of psutil. May import ``model`` and ``events``.
"""

import contextlib
import os
import resource
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import psutil

Seen = tuple[str, float, int]
Identity = tuple[int, float]
Census = Mapping[Identity, tuple[str, float]]

ENDING = signal.SIGTERM, signal.SIGKILL
SEATED_ABOVE = 0.1


class Probe:
    """Utilization of processes between two looks. Ticks are 10 ms: look no more often than every 0.4 s."""

    def __init__(self) -> None:
        self._before: dict[int, tuple[float, float]] = {}

    def look(self, pids: Mapping[str, int]) -> list[Seen]:
        """Return (name, fraction of one core since the last look, resident bytes); a process that is gone, or new, is left out."""
        seen = []
        for name, pid in pids.items():
            reading = _reading(pid)
            if reading is None:
                continue
            now, cpu, rss = reading
            before = self._before.get(pid)
            self._before[pid] = (now, cpu)
            if (
                before is not None and now > before[0] and cpu >= before[1]
            ):  # less than before: the number was given anew
                seen.append((name, (cpu - before[1]) / (now - before[0]), rss))
        return seen


def _reading(pid: int) -> tuple[float, float, int] | None:
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            times, memory = process.cpu_times(), process.memory_info()
    except psutil.Error:
        return None
    return time.monotonic(), times.user + times.system, memory.rss


class Reading(NamedTuple):
    """A process as it was seen: its core-seconds, those of its ended children among them, its resident bytes, and its parent."""

    cpu_s: float
    rss_bytes: int
    parent: int


class Tree:
    """The processes below a root as so many places: the busiest take one each and keep it while they live."""

    def __init__(self) -> None:
        self._before: dict[Identity, Reading] = {}
        self._looked: float | None = None
        self._places: dict[Identity, str] = {}

    def look(self, root: int, names: Sequence[str]) -> list[Seen]:
        """Return (name, fraction of one core since the last look, resident bytes) of every place; nothing the first time.

        A process without a place counts with the place that is least busy.
        """
        now, readings = time.monotonic(), _readings(root)
        span, self._looked = None if self._looked is None else now - self._looked, now
        used = _used(self._before, readings)
        self._before = readings
        if not span:
            return []
        self._seat(used, names, span)
        seen = {name: (0.0, 0) for name in names}
        for process in sorted(used, key=lambda process: process not in self._places):
            name = self._places.get(process) or min(names, key=lambda name: seen[name][0])
            busy, rss = seen[name]
            seen[name] = busy + used[process] / span, rss + readings[process].rss_bytes
        return [(name, busy, rss) for name, (busy, rss) in seen.items()]

    def _seat(self, used: Mapping[Identity, float], names: Sequence[str], span: float) -> None:
        self._places = {process: name for process, name in self._places.items() if process in used}
        free = [name for name in names if name not in self._places.values()]
        waiting = [
            process
            for process in used
            if process not in self._places and used[process] >= SEATED_ABOVE * span
        ]
        for process, name in zip(
            sorted(waiting, key=lambda process: -used[process]), free, strict=False
        ):
            self._places[process] = name


def _used(
    before: Mapping[Identity, Reading], now: Mapping[Identity, Reading]
) -> dict[Identity, float]:
    """Return the core-seconds of every process between two looks: what one that ended had used is on its parent's account now."""
    gone = {pid: reading for (pid, born), reading in before.items() if (pid, born) not in now}
    passed_on: dict[int, float] = {}
    for reading in gone.values():
        heir = reading.parent
        while heir in gone:
            heir = gone[heir].parent
        passed_on[heir] = passed_on.get(heir, 0.0) + reading.cpu_s
    known = {
        process: (before[process].cpu_s if process in before else 0.0)
        + passed_on.get(process[0], 0.0)
        for process in now
    }
    return {process: max(0.0, reading.cpu_s - known[process]) for process, reading in now.items()}


def _readings(root: int) -> dict[Identity, Reading]:
    """Return what is seen of every process below a root."""
    found = {}
    for pid, born in family(root).items():
        if pid != root:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                found[pid, born] = Reading(spent(pid), process.memory_info().rss, process.ppid())
    return found


class Ledger:
    """The machine's busy core-seconds against ours: the difference is foreign load, hypervisor theft included.

    Ours are the ``roots`` with all their descendants, but for those of ``apart``. What our processes used stays
    on their parents' accounts once they have ended.
    """

    def __init__(self, roots: Iterable[int], apart: Iterable[int] = ()) -> None:
        self._roots, self._apart = tuple(roots), tuple(apart)
        self.cores = psutil.cpu_count() or 1
        self.restart()

    def restart(self) -> None:
        """Begin a new interval."""
        self._began, self._busy, self._ours = time.monotonic(), _machine_busy(), self._own()

    def foreign(self) -> float:
        """Return the share of all cores that others used since ``restart``, 0 to 1."""
        span = time.monotonic() - self._began
        others = (_machine_busy() - self._busy) - (self._own() - self._ours)
        return min(1.0, max(0.0, others / (span * self.cores))) if span > 0 else 0.0

    def _own(self) -> float:
        pids = {pid for root in self._roots for pid in family(root)} - {
            pid for root in self._apart for pid in family(root)
        }
        return sum(map(spent, pids))


def _machine_busy() -> float:
    times = psutil.cpu_times()
    return float(
        sum(times)
        - times.idle
        - getattr(times, "iowait", 0.0)
        - getattr(times, "guest", 0.0)
        - getattr(times, "guest_nice", 0.0)
    )


def spent(pid: int) -> float:
    """Return the core-seconds of a process and of its children that have ended (0: it is gone)."""
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def below(root: int) -> float:
    """Return the core-seconds of everything below this very process, ended or not.

    ``root`` is this process. What ended is on its account once it was waited for.
    """
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = {pid for pid in family(root) if pid != root}
    return ended.ru_utime + ended.ru_stime + sum(map(spent, living))


def census() -> Census:
    """Return (name, core-seconds so far) of every process that may be looked at, by its pid and creation time."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error), process.oneshot():
            times = process.cpu_times()
            found[process.pid, process.create_time()] = (
                process.name(),
                float(times.user + times.system),
            )
    return found


def heavy(
    before: Census, after: Census, seconds: float, least: float, apart: Iterable[int] = ()
) -> list[tuple[str, float]]:
    """Return (name, fraction of one core) of what used at least so much between two censuses, the heaviest first.

    Pids in ``apart`` are left out; a process that is in one census only is not counted.
    """
    others = after.keys() & before.keys() - {
        identity for identity in after if identity[0] in set(apart)
    }
    shares = [
        (after[identity][0], (after[identity][1] - before[identity][1]) / seconds)
        for identity in others
    ]
    return sorted(
        [seen for seen in shares if seen[1] >= least], key=lambda seen: (-seen[1], seen[0])
    )


def listening(pids: Iterable[int]) -> set[str]:
    """Return every address at which one of the processes accepts connections; one that is gone, or not ours to ask, has none."""
    found = set()
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            links = psutil.Process(pid).net_connections("tcp")
            found |= {link.laddr.ip for link in links if link.status == psutil.CONN_LISTEN}
    return found


def family(root: int) -> dict[int, float]:
    """Return the pids of a process and all its descendants with their creation times."""
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(root)
        return {
            process.pid: process.create_time()
            for process in [parent, *parent.children(recursive=True)]
        }
    return {}


def children(parent: int) -> dict[int, float]:
    """Return the pids of the processes that a process has started itself, with their creation times."""
    with contextlib.suppress(psutil.Error):
        return {process.pid: process.create_time() for process in psutil.Process(parent).children()}
    return {}


def session(leader: int) -> dict[int, float]:
    """Return the pids of a session with their creation times: its leader's orphans stay in it when it has ended."""
    found = {}
    for pid in psutil.pids():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(pid) == leader:
                found[pid] = psutil.Process(pid).create_time()
    return found


def alive(recorded: Mapping[int, float]) -> list[int]:
    """Return the recorded pids whose very process still lives; a zombie or a reused pid does not count."""
    living = []
    for pid, born in recorded.items():
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.create_time() == born and process.status() != psutil.STATUS_ZOMBIE:
                living.append(pid)
    return living


def end(recorded: Mapping[int, float], signal_number: int) -> None:
    """Signal every recorded process that still lives; never one that merely has its number."""
    for pid in alive(recorded):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal_number)
