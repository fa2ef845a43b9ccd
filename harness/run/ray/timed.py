"""How long a kernel takes in a worker, and how large its result is. May import ``run``."""

import time
from collections.abc import Callable
from typing import Any

from harness.run.core_seconds import Timing
from harness.run.processes import children_cpu_seconds

Timed = tuple[Any, Timing]

MOST_COUNTED = 1_000


def time_call(work: Callable[[], Any]) -> Timed:
    """Return what the work returns, and what it took."""
    busy, cpu = time.perf_counter(), cpu_seconds()
    value = work()
    return value, Timing(time.perf_counter() - busy, cpu_seconds() - cpu, size(value))


def cpu_seconds() -> float:
    """Return the core-seconds of this process, and of programs that it ran to their end.

    It takes some microseconds: the system adds up those of all threads.
    """
    return time.process_time() + children_cpu_seconds()


def size(value: Any) -> int | None:
    """Return the bytes of a result (None: not known).

    Of arrays, bytes, text and numbers, and of short containers of them.
    """
    match value:
        case None:
            return 0
        case bool() | int() | float():
            return 8
        case bytes() | str():
            return len(value)
        case tuple() | list() if len(value) <= MOST_COUNTED:
            sizes = [size(member) for member in value]
            return None if None in sizes else sum(known for known in sizes if known is not None)
        case _:
            nbytes = getattr(value, "nbytes", None)
            return nbytes if isinstance(nbytes, int) else None
