"""The inside of one worker: what runs in its process, with busy and CPU seconds taken around every kernel.

A plain class; ``cluster`` makes a Ray actor of it. Imports neither ray nor a numeric library.
May import ``model``, ``workload``, ``run.account``, ``run.host`` and ``run.digest``.
"""

import copy
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from harness.model import Process
from harness.run.core_seconds import Timing
from harness.run.digest import digest, source_digest
from harness.run.host import pin, this_process
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
        self._place, self._alone = 0, True
        self._own: Any = None
        self._absorbed, self._contributed = 0, -1

    def describe(self) -> Process:
        """Return what this process is, read from inside it."""
        return this_process(self._name, self._source)

    def digest(self, value: Any) -> str:
        """Return the SHA-256 of a value as it reaches this process."""
        return digest(value, 0).sha256

    def usage(self) -> tuple[float, int]:
        """Return the core-seconds used since the process began and its peak resident memory in bytes."""
        return time.process_time(), peak_rss_bytes()

    def run(self, function: Callable[..., Any], chunk: Any, *shared: Any) -> Timed:
        """Run one chunk; return its value and what it took."""
        return _timed(lambda: function(chunk, *shared))

    def scatter(
        self, function: Callable[..., Any], partitions: int, chunk: Any, *shared: Any
    ) -> tuple[Any, ...]:
        """Run one chunk of a shuffle; return a piece for every partition and what that took."""
        pieces, timing = _timed(lambda: tuple(function(chunk, *shared)))
        if len(pieces) != partitions:
            raise ValueError(f"scatter returned {len(pieces)} pieces for {partitions} partitions")
        return *pieces, timing

    def gather(
        self, function: Callable[..., Any], partition: int, chunks: int, *pieces_and_shared: Any
    ) -> Timed:
        """Run one partition of a shuffle on its pieces, one of each chunk, which come before what is shared."""
        pieces, shared = list(pieces_and_shared[:chunks]), pieces_and_shared[chunks:]
        return _timed(lambda: function(partition, pieces, *shared))

    def begin(
        self, program: AnyLockstep, share: Any, place: int, size: int, *shared: Any
    ) -> Timing:
        """Take a share of a lockstep program, as worker ``place`` of ``size``, and make its first state; return what that took."""
        self._place, self._alone = place, size == 1
        self._program, self._share, self._shared = program, share, shared
        self._absorbed, self._contributed = 0, -1
        self._state, timing = _timed(lambda: program.start(*shared))
        return timing._replace(part_bytes=0)  # the state stays here

    def advance(self, step: int, *others: Any) -> Timed:
        """Absorb all parts of the step before, unless the state is already past them, and contribute to this step.

        ``others`` are the parts of the other workers in order; the own part never leaves the process on its
        way here. A lone worker returns no part, since nobody waits for it.
        """
        return _timed(lambda: self._advance(step, others))

    def _advance(self, step: int, others: tuple[Any, ...]) -> Any:
        self._absorb(step, others)
        self._own = self._bound().contribute(self._state, step, self._share, *self._shared)
        self._contributed = step
        return None if self._alone else self._own

    def _absorb(self, steps: int, others: tuple[Any, ...]) -> None:
        """Bring the state to ``steps`` steps absorbed, if it is not there yet."""
        if self._absorbed < steps:
            parts = (*others[: self._place], self._own, *others[self._place :])
            self._state = self._bound().combine(self._state, steps - 1, parts, *self._shared)
            self._absorbed = steps

    def stand(self) -> tuple[int, int]:
        """Return how many steps the state has absorbed, and the last step contributed to (-1: none)."""
        return self._absorbed, self._contributed

    def snapshot(self) -> tuple[int, Any]:
        """Return (steps absorbed, state)."""
        return self._absorbed, self._state

    def restore(self, absorbed: int, state: Any) -> None:
        """Take over a peer's state. It arrives read-only in shared memory, hence the copy."""
        self._absorbed, self._contributed, self._state = (
            absorbed,
            absorbed - 1,
            copy.deepcopy(state),
        )

    def conclude(self, steps: int, *others: Any) -> Timed:
        """Absorb the last parts; return the final state and what that took."""
        _, timing = _timed(lambda: self._absorb(steps, others))
        return self._state, timing

    def release(self) -> None:
        """Let go of the state and of what was shared, so that the next trial starts from nothing."""
        self._program, self._share, self._shared, self._state, self._own = (
            None,
            None,
            (),
            None,
            None,
        )

    def _bound(self) -> AnyLockstep:
        if self._program is None:
            raise RuntimeError("the worker has not begun a lockstep program")
        return self._program


def _timed(work: Callable[[], Any]) -> Timed:
    busy, cpu = time.perf_counter(), time.process_time()
    value = work()
    return value, Timing(time.perf_counter() - busy, time.process_time() - cpu, size(value))


def size(value: Any) -> int | None:
    """Return the bytes of arrays, bytes, text and numbers, and of short containers of them (None: of anything else)."""
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
