"""What the system records of each process, read in one go where it has a /proc (Linux).

Cheap enough to be read every second of all processes of a race; psutil opens several files for the
same facts, and looks at every process of the machine for the descendants of one. Imports nothing
of ours.
"""

import contextlib
import os
import resource
import sys
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

import psutil

Identity = tuple[int, float]

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_BLOCK_BYTES = 4096
_NOBODY = 0  # the parent of processes that have none

_PARENT, _USER, _SYSTEM, _ENDED_USER, _ENDED_SYSTEM, _BORN = 1, 11, 12, 13, 14, 19
"""Places in /proc/PID/stat behind the name, which may hold anything: see proc_pid_stat(5)."""

_RESIDENT, _DATA = 1, 5
"""Places in /proc/PID/statm: see proc_pid_statm(5)."""


class ProcessRecord(NamedTuple):
    """A process's parent, creation, own core-seconds, and those of its ended children.

    ``born`` is in seconds since a moment that is the same for all records.
    """

    parent: int
    born: float
    cpu_s: float
    ended_children_s: float


def record_of(pid: int) -> ProcessRecord | None:
    """Return what the system records of a process (None: it is gone)."""
    return _from_proc(pid) if psutil.LINUX else _from_psutil(pid)


class ProcessMemory(NamedTuple):
    """A process's resident memory, and its own (Linux: ``VmData`` and stack; None: not known)."""

    resident_bytes: int
    own_bytes: int | None


def memory_of(pid: int) -> ProcessMemory | None:
    """Return the memory of a process (None: it is gone).

    Its record has that, too, but not exactly: what each core has counted for itself is missing.
    """
    if psutil.LINUX:
        fields = proc_file(pid, "statm").split()
        if not fields:
            return None
        resident, own = (int(fields[place]) * _PAGE_BYTES for place in (_RESIDENT, _DATA))
        return ProcessMemory(resident, own)
    with contextlib.suppress(psutil.Error):
        return ProcessMemory(psutil.Process(pid).memory_info().rss, None)
    return None


def command_line_of(pid: int) -> Sequence[str]:
    """Return the words that a process was started with (none: it is gone)."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).cmdline()
    return ()


def variable_of(pid: int, name: str) -> str:
    """Return a variable of a process's environment (empty: it has none, or is gone)."""
    with contextlib.suppress(psutil.Error, OSError):
        return psutil.Process(pid).environ().get(name, "")
    return ""


def is_held_to_a_budget(pid: int) -> bool:
    """Return whether a process has set itself a limit of its own memory (``RLIMIT_DATA``).

    That is one below what it may set. Only Linux tells it of other processes.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            now, most = resource.prlimit(pid, resource.RLIMIT_DATA)
            return now != most
    return False


def proc_file(pid: int, name: str) -> bytes:
    """Return what stands in a file of a process's folder in /proc (nothing: it is gone).

    As ``Path.read_bytes`` does, in a third of its time.
    """
    content = b""
    try:
        descriptor = os.open(f"/proc/{pid}/{name}", os.O_RDONLY)
        try:
            while block := os.read(descriptor, _BLOCK_BYTES):  # a page at most, however much it is
                content += block
        finally:
            os.close(descriptor)
    except OSError:
        return b""
    return content


def _from_proc(pid: int) -> ProcessRecord | None:
    written = proc_file(pid, "stat")
    if not written:
        return None
    fields = written[written.rfind(b")") + 1 :].split(None, _BORN + 1)
    return ProcessRecord(
        parent=int(fields[_PARENT]),
        born=int(fields[_BORN]) / _TICKS_A_SECOND,
        cpu_s=(int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_A_SECOND,
        ended_children_s=(int(fields[_ENDED_USER]) + int(fields[_ENDED_SYSTEM])) / _TICKS_A_SECOND,
    )


def _from_psutil(pid: int) -> ProcessRecord | None:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        with process.oneshot():
            times = process.cpu_times()
            return ProcessRecord(
                parent=process.ppid(),
                born=process.create_time(),
                cpu_s=float(times.user + times.system),
                ended_children_s=float(times.children_user + times.children_system),
            )
    return None


class Descendants:
    """The ``roots`` and all processes below them, but for those of ``apart`` and below these.

    A process that is none of them never becomes one: its parent changes only when that one ends,
    and then to one above it. So it is read once, and known again by its pid and the number of its
    folder in /proc, which no later process of that pid has.
    """

    def __init__(self, roots: Iterable[int], apart: Iterable[int] = ()) -> None:
        self._roots = frozenset(roots)
        self._apart = frozenset(apart)
        self._others: set[tuple[int, int]] = set()

    def look(self) -> dict[Identity, ProcessRecord]:
        """Return the records of those that live."""
        listed = _listed()
        self._others.intersection_update(listed.items())
        records = {
            pid: record
            for pid, folder in listed.items()
            if (pid, folder) not in self._others and (record := record_of(pid)) is not None
        }
        kinship = divide(
            {pid: record.parent for pid, record in records.items()},
            roots=self._roots,
            apart=self._apart,
            others=[pid for pid, _ in self._others],
        )
        if psutil.LINUX:
            self._others.update((pid, listed[pid]) for pid in kinship.others)
        return {(pid, records[pid].born): records[pid] for pid in kinship.ours}


class Kinship(NamedTuple):
    """Which pids are descendants of the roots, and which are known to be none.

    The rest is of neither: their parents ended while the records were read.
    """

    ours: set[int]
    others: set[int]


def divide(
    parents: Mapping[int, int], *, roots: Set[int], apart: Set[int], others: Iterable[int]
) -> Kinship:
    """Tell descendants by their parents; ``others`` are more pids that are known to be none."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    living = parents.keys()
    return Kinship(
        ours=_below(roots, children, apart) & living,
        others=_below({_NOBODY, *apart, *others}, children, roots - apart) & living,
    )


def _listed() -> Mapping[int, int]:
    """Return all pids with the number of each one's folder in /proc, 0 where there is none."""
    if not psutil.LINUX:
        return dict.fromkeys(psutil.pids(), 0)
    with os.scandir("/proc") as entries:
        return {int(entry.name): entry.inode() for entry in entries if entry.name.isdigit()}


def _below(
    tops: Iterable[int], children: Mapping[int, Iterable[int]], without: Set[int]
) -> set[int]:
    """Return the tops and all below them, but for those of ``without`` and what is below these."""
    found: set[int] = set()
    waiting = [*tops]
    while waiting:
        pid = waiting.pop()
        if pid not in without and pid not in found:
            found.add(pid)
            waiting += children.get(pid, ())
    return found
