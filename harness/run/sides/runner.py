"""What every side can do, whichever it is, and what is measured around its runs.

May import ``model``, ``events``, ``run`` and ``workload``.
"""

import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Protocol

from harness.events import Event
from harness.model import Digest, Host, Process
from harness.run.host import this_host
from harness.run.processes import descendants_cpu_seconds, peak_rss_bytes, waited_seconds
from harness.run.wire import Assignment
from harness.workload import AnyCapacity, AnyService, QualityReporter, Reporter, Requests

Usage = dict[str, tuple[float, int]]
"""Core-seconds so far and peak resident bytes, by process."""

READING = "reading"
"""The key of what it took this process to read its usage, after it had looked at its own clock."""


class SideRunner(Protocol):
    """A side that is armed: it runs as often as it is asked.

    The first ``workers`` of its workers take part in a run (0: all).
    """

    def run(self, given: Any, report: QualityReporter, workers: int) -> Any:
        """Run on an input and return the answer."""

    def try_size(self, capacity: AnyCapacity, size: int, given: Any) -> None:
        """Take one step with a model of a size; raise ``MemoryError`` where it does not fit."""

    def serve(
        self, service: AnyService, given: Any, requests: Requests, report: Reporter, workers: int
    ) -> Any:
        """Answer requests as they come, on the first workers, and return the answer."""

    def warm_up_spares(self, given: Any) -> None:
        """Have those that stand by run on a small input, so that no kernel of theirs is cold."""

    def under_strikes(
        self, report: QualityReporter, items: int, workers: int
    ) -> AbstractContextManager[QualityReporter]:
        """Strike these workers as planned for as long as this is entered.

        Of a run over so many items; what it is to report to is given.
        """

    def worker_processes(self) -> Sequence[Process]:
        """Return what each worker says of itself; called once everything is warm."""

    def spares(self) -> Sequence[Process]:
        """Return what each that stands by says of itself."""

    def hosts(self) -> tuple[Host, ...]:
        """Return the facts of every host that has a worker."""

    def usage(self, workers: int) -> Usage:
        """Return what the side and these workers have used so far."""

    def waited_s(self) -> float | None:
        """Return how long a baseline was ready to run so far and had no core (None: not known)."""

    def inspect(self) -> None:
        """Report what workers that came in mid-run see as input, and who changed its terms.

        The clock has stopped.
        """

    def rest(self, next_workers: int | None) -> None:
        """Let go of the last run, and prepare for the next one (None: there is none)."""

    def time_parts(self, wall_s: float, cpu_s: float) -> tuple[Event, ...]:
        """Return where the wall time and the core-seconds of the last run went."""


class WithoutSpares:
    """What holds for a side for which nobody stands by."""

    def warm_up_spares(self, given: Any) -> None:
        """Do nothing: there are none."""

    def spares(self) -> Sequence[Process]:
        """Return none."""
        return ()


class WithoutSearch:
    """What holds for a side of a workload that has nothing to search."""

    def try_size(self, capacity: AnyCapacity, size: int, given: Any) -> None:
        """Raise ``NotImplementedError``: nobody asks for it."""
        raise NotImplementedError("a program of a command pair has no sizes")

    def serve(
        self, service: AnyService, given: Any, requests: Requests, report: Reporter, workers: int
    ) -> Any:
        """Raise ``NotImplementedError``: nobody asks for it."""
        raise NotImplementedError("a program of a command pair serves nobody")


class OneProcess(WithoutSpares):
    """What holds for a side that is one process here and keeps nothing between two runs."""

    def __init__(self, guard_pid: int | None = None) -> None:
        self._guard_pid = guard_pid

    def under_strikes(
        self, report: QualityReporter, items: int, workers: int
    ) -> AbstractContextManager[QualityReporter]:
        """Do nothing: nobody strikes a process that is alone."""
        return nullcontext(report)

    def hosts(self) -> tuple[Host, ...]:
        """Return this host."""
        return (this_host(),)

    def usage(self, workers: int) -> Usage:
        """Return what this process has used so far, however many workers it stands for."""
        return own_usage(guard_pid=self._guard_pid)

    def waited_s(self) -> float | None:
        """Return how long this process's threads were ready to run so far and had no core."""
        return waited_seconds()

    def inspect(self) -> None:
        """Do nothing: no worker comes in mid-run."""

    def rest(self, next_workers: int | None) -> None:
        """Do nothing: this side holds no workers."""


def own_usage(apart: Iterable[int] = (), guard_pid: int | None = None) -> Usage:
    """Return the core-seconds of this process and of all below it, and its peak resident bytes.

    What its guard has adopted counts too (None: there is no guard). Processes of ``apart``, with
    all below them, are left out.
    """
    own_s, began = time.process_time(), time.thread_time()
    below_s = descendants_cpu_seconds(apart, guard_pid)
    reading_s = time.thread_time() - began
    return {"own": (own_s + below_s, peak_rss_bytes()), READING: (reading_s, 0)}


def usage_between(before: Usage, after: Usage) -> tuple[float, int]:
    """Return the core-seconds between two readings, and the peak resident bytes.

    What a process used counts if it is in the second reading, gone or not. What the first reading
    took itself is no work.
    """
    cpu_s = -before.get(READING, (0.0, 0))[0]
    for process in after.keys() - {READING}:
        cpu_s += after[process][0] - before.get(process, (0.0, 0))[0]
    return max(0.0, cpu_s), sum(peak for _, peak in after.values())


def seconds_between(before_s: float | None, after_s: float | None) -> float | None:
    """Return the seconds between two readings (None: one of them is not known).

    Those of a thread that ended in between are missing, and leave no less than none.
    """
    return None if before_s is None or after_s is None else max(0.0, after_s - before_s)


def cores_of(assignment: Assignment) -> int:
    """Return how many cores each of the side's workers has."""
    pinned = len(assignment.cores[0]) if assignment.cores else 0
    return pinned or assignment.cores_per_worker


def name_of_cores(assignment: Assignment) -> str:
    """Return the baseline's one worker by its cores, such as ``core 0`` or ``4 cores``."""
    cores = assignment.cores[0] if assignment.cores else ()
    if len(cores) == 1:
        return f"core {cores[0]}"
    return f"{len(cores)} cores" if cores else "core"


def with_input(processes: Sequence[Process], input_digest: Digest) -> list[Process]:
    """Return processes that hold the input as it was loaded here, with its digest."""
    return [replace(process, input_sha256=input_digest.sha256) for process in processes]
