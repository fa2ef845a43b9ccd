"""The memory of a device: what a process may use for a model, and no more.

The tables that are made here are counted, and what would go beyond the device is refused. On Linux
the system holds the whole process to it, too (``RLIMIT_DATA``), with room for what Ray allocates
beside the model. Imports NumPy and the standard library.
"""

import mmap
import resource
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

STATUS = Path("/proc/self/status")
RUNTIME_BYTES = 64 << 20  # for buffers of Ray's, and the stacks of threads that it starts (8 MiB)

_used_bytes = 0  # by arrays that are made here and live
_budget_bytes: int | None = None  # for all of them


def limit_memory(budget_bytes: int) -> None:
    """Have this process be a device of so many bytes, beside what it uses now, until that ends."""
    global _budget_bytes
    lift_limit()
    _budget_bytes = _used_bytes + budget_bytes
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = data_bytes() + budget_bytes + RUNTIME_BYTES
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def lift_limit() -> None:
    """Allow this process as much as the system does."""
    global _budget_bytes
    _budget_bytes = None
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


@contextmanager
def limited_memory(budget_bytes: int) -> Iterator[None]:
    """Have this process be a device of so many bytes for a while."""
    limit_memory(budget_bytes)
    try:
        yield
    finally:
        lift_limit()


def zeros(*shape: int) -> Array:
    """Return an array of zeros (float32) in this device's memory, in large pages if there are any.

    It is of memory that the process did not have: what it has freed itself counts for no limit.
    Raises ``MemoryError`` if it does not fit.
    """
    global _used_bytes
    size = 4 * int(np.prod(shape))
    if _budget_bytes is not None and _used_bytes + size > _budget_bytes:
        raise MemoryError(f"{size} bytes do not fit into the device")
    try:
        room = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"{size} bytes do not fit into the device") from error
    _used_bytes += size
    weakref.finalize(room, _freed, size)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        room.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(room, np.float32).reshape(shape)


def _freed(size: int) -> None:
    global _used_bytes
    _used_bytes -= size


def data_bytes() -> int:
    """Return how much memory of its own this process has (Linux: ``VmData``)."""
    for line in STATUS.read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    raise OSError("the system does not say how much memory the process has")
