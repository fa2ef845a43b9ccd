"""The inside of one worker: what runs in its process, with every kernel timed.

A plain class; ``cluster`` makes a Ray actor of it. Imports neither ray nor a numeric library.
May import ``model``, ``workload`` and ``run``.
"""

import copy
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from harness.model import Host, Process
from harness.run.core_seconds import Timing
from harness.run.digest import digest, source_digest
from harness.run.host import pin, this_host, this_process
from harness.workload import AnyLockstep

Timed = tuple[Any, Timing]

MOST_COUNTED = 1_000


class Worker:
    """One worker: pinned to its cores, it runs chunks, or holds a replica of a lockstep's state."""

    def __init__(self, name: str, cores: tuple[int, ...], source_extra: str) -> None:
        pin(cores)
        self._name = name
        self._source = source_digest(source_extra)
        self._program: AnyLockstep | None = None
        self._share: Any = None
        self._shared: tuple[Any, ...] = ()
        self._state: Any = None
        self._place = 0
        self._alone = True
        self._own: Any = None
        self._combined = 0
        self._contributed = -1
        self._over = False

    def describe(self) -> Process:
        """Return what this process is, read from inside it."""
        return this_process(self._name, self._source)

    def host(self) -> Host:
        """Return the facts of this machine; the numeric libraries are those that kernels use."""
        return this_host()

    def digest(self, value: Any) -> str:
        """Return the SHA-256 of a value as it reaches this process."""
        return digest(value, 0).sha256

    def usage(self) -> tuple[float, int]:
        """Return the core-seconds of this process so far and its peak resident bytes."""
        return time.process_time(), peak_rss_bytes()

    def run(self, function: Callable[..., Any], chunk: Any, *shared: Any) -> Timed:
        """Run one chunk; return its value and what it took."""
        return _time_call(lambda: function(chunk, *shared))

    def scatter(
        self, function: Callable[..., Any], partitions: int, chunk: Any, *shared: Any
    ) -> tuple[Any, ...]:
        """Run one chunk of a shuffle; return a piece for every partition and what that took."""
        pieces, timing = _time_call(lambda: tuple(function(chunk, *shared)))
        if len(pieces) != partitions:
            raise ValueError(f"scatter returned {len(pieces)} pieces for {partitions} partitions")
        return *pieces, timing

    def gather(
        self, function: Callable[..., Any], partition: int, chunks: int, *pieces_and_shared: Any
    ) -> Timed:
        """Run one partition of a shuffle on its pieces.

        There is one piece of each chunk; they come before what is shared.
        """
        pieces, shared = list(pieces_and_shared[:chunks]), pieces_and_shared[chunks:]
        return _time_call(lambda: function(partition, pieces, *shared))

    def begin(
        self, program: AnyLockstep, share: Any, place: int, size: int, *shared: Any
    ) -> Timing:
        """Take a share of a lockstep program and make its first state; return what that took.

        As worker ``place`` of ``size``.
        """
        self._place = place
        self._alone = size == 1
        self._program = program
        self._share = share
        self._shared = shared
        self._combined = 0
        self._contributed = -1
        self._over = False
        self._state, timing = _time_call(lambda: program.start(*shared))
        return timing._replace(part_bytes=0)  # the state stays here

    def advance(self, step: int, *others: Any) -> Timed:
        """Combine all parts of the step before, unless the state has them, then contribute.

        ``others`` are the parts of the other workers in order; the own part never leaves the
        process. A lone worker returns no part, since nobody waits for it. No worker does once the
        program has stopped.
        """
        part, timing = _time_call(lambda: self._advance(step, others))
        return part, timing._replace(over=self._over)

    def _advance(self, step: int, others: tuple[Any, ...]) -> Any:
        if self._over:
            return None
        self._combine(step, others)
        self._over = self._bound().is_over(self._state, step, *self._shared)
        if self._over:
            return None
        self._own = self._bound().contribute(self._state, step, self._share, *self._shared)
        self._contributed = step
        return None if self._alone else self._own

    def _combine(self, steps: int, others: tuple[Any, ...]) -> None:
        """Bring the state to ``steps`` steps combined, if it is not there yet."""
        if self._combined < steps:
            parts = (*others[: self._place], self._own, *others[self._place :])
            self._state = self._bound().combine(self._state, steps - 1, parts, *self._shared)
            self._combined = steps

    def stand(self) -> tuple[int, int]:
        """Return the steps that the state has combined, and the last step contributed to."""
        return self._combined, self._contributed

    def snapshot(self) -> tuple[int, Any]:
        """Return (steps combined, state)."""
        return self._combined, self._state

    def restore(self, combined: int, state: Any) -> None:
        """Take over a peer's state. It arrives read-only in shared memory, hence the copy."""
        self._combined = combined
        self._contributed = combined - 1
        self._state = copy.deepcopy(state)

    def conclude(self, steps: int, *others: Any) -> Timed:
        """Combine the last parts; return the final state and what that took."""
        _, timing = _time_call(lambda: self._combine(steps, others))
        return self._state, timing

    def release(self) -> None:
        """Let go of the state and of what was shared, so that a trial starts from nothing."""
        self._program = None
        self._share = None
        self._shared = ()
        self._state = None
        self._own = None

    def _bound(self) -> AnyLockstep:
        if self._program is None:
            raise RuntimeError("the worker has not begun a lockstep program")
        return self._program


def _time_call(work: Callable[[], Any]) -> Timed:
    busy, cpu = time.perf_counter(), time.process_time()
    value = work()
    return value, Timing(time.perf_counter() - busy, time.process_time() - cpu, size(value))


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


def peak_rss_bytes() -> int:
    """Return this process's peak resident memory; Linux counts in kibibytes, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
