"""A process on a host of the cluster that answers what is asked before a race.

It is sent by value, since the host may have nothing of ours yet. Imports the standard library and
Ray only.
"""

import os
import platform
import statistics
import time
from collections.abc import Sequence
from typing import Any

import ray

CALLS = 10


class Probe:
    """Holds no core."""

    def look(self) -> tuple[int, int, str, str]:
        """Return memory, free bytes of shared memory, and the versions of Ray and Python here."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        try:
            shared = os.statvfs("/dev/shm")
            free = shared.f_bavail * shared.f_frsize
        except OSError:  # as on macOS
            free = 0
        return memory, free, ray.__version__, platform.python_version()

    def now(self) -> float:
        """Return the time of this host's clock."""
        return time.time()

    def make(self, size: int) -> list[Any]:
        """Return as many values of ``size`` bytes as are measured, kept in this host's store."""
        return [ray.put(os.urandom(size)) for _ in range(CALLS)]

    def fetch_s(self, values: Sequence[Any]) -> float:
        """Return the median time in which one of these values comes here from where it is."""
        times = []
        for value in values:
            began = time.perf_counter()
            ray.get(value)
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    def call_s(self, other: Any) -> float:
        """Return the median time in which a process on another host answers this one."""
        return median_call_s(other)


def median_call_s(other: Any) -> float:
    """Return the median time in which a process answers, once it has answered before."""
    times = []
    for _ in range(1 + CALLS):
        began = time.perf_counter()
        ray.get(other.now.remote())
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])
