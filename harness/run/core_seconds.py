"""Where a trial's core-seconds went: every core that was given, for the whole wall time.

The driver keeps the account while the trial runs. It knows when it entered and left the pool, and
is told of every kernel how long it ran and what it used. The rest of the pool's time, beside
kernels and waiting, is exchange: communication, serialization, Ray's scheduling, and what lost
workers cost. Pure but for its clock. May import ``model`` and ``events``.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from harness.events import CoreTime, Event, Phase
from harness.model import CoreSeconds

SERIAL, POOL, RUN = "serial", "pool", "run"


class Timing(NamedTuple):
    """One kernel, timed by the worker that ran it: seconds, core-seconds, bytes of its result.

    ``part_bytes`` is None where the size of the result is not known.
    """

    busy_s: float
    cpu_s: float
    part_bytes: int | None = None


def together(timings: Sequence[Timing]) -> Timing:
    """Return what kernels of one worker took that ran one after the other."""
    sizes = [timing.part_bytes for timing in timings]
    return Timing(
        sum(timing.busy_s for timing in timings),
        sum(timing.cpu_s for timing in timings),
        None if None in sizes else sum(size for size in sizes if size is not None),
    )


class CoreTimeAccount:
    """The account of one distributed trial on ``workers`` workers of ``cores`` cores each.

    It starts when it is made. Kernels are timed where they run, everything else by the driver's
    ``clock``. All that a kernel does is computing; so are, in lockstep, the ``start`` and the
    ``combine`` that every worker repeats and the baseline does once. A kernel counts when its
    result has come: one that a lost worker had begun is exchange.
    """

    def __init__(
        self, workers: int, cores: int, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._workers = workers
        self._cores = cores
        self._clock = clock
        self._wall_s = {SERIAL: 0.0, POOL: 0.0}
        self._busy_s = self._cpu_s = self._waiting_s = 0.0
        self._part_bytes: int | None = 0
        self._last_chunk_at: list[float] = []
        self._calls = 0
        self._last = clock()

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Account for making a shared value: no worker works meanwhile, so it is all exchange."""
        with self._in_pool():
            yield

    @contextmanager
    def mapping(self) -> Iterator[None]:
        """Account for one map call.

        A worker waits from its last chunk until the map ends; one without a chunk waits throughout.
        """
        with self._call():
            self._last_chunk_at = [self._last] * self._workers
            yield
            ended = self._clock()
            self._waiting_s += sum(ended - last_chunk_at for last_chunk_at in self._last_chunk_at)

    @contextmanager
    def stepping(self) -> Iterator[None]:
        """Account for one lockstep."""
        with self._call():
            yield

    def chunk_done(self, place: int, timing: Timing) -> None:
        """Add a chunk of a map that has come back now."""
        self._add_kernel(timing)
        self._last_chunk_at[place] = self._clock()

    def step_done(self, timings: Sequence[Timing]) -> None:
        """Add what workers did at the same time: a step, or their first states.

        They wait for the one that takes longest. After a loss only the new workers make first
        states; for the others that time is exchange.
        """
        longest = max((timing.busy_s for timing in timings), default=0.0)
        for timing in timings:
            self._add_kernel(timing)
            self._waiting_s += longest - timing.busy_s

    def kernel_done(self, timing: Timing) -> None:
        """Add what a stage of a pipeline did in a step."""
        self._add_kernel(timing)

    def waited(self, seconds: float) -> None:
        """Add what a stage of a pipeline waited for its neighbours."""
        self._waiting_s += seconds

    def close(self) -> None:
        """Stop the clock: the answer is there."""
        self._lap(SERIAL)

    def events(self, wall_s: float) -> tuple[Event, ...]:
        """Return the parts of the wall time, and where the core-seconds went if that is known.

        What the side's clock has beyond this account, which begins a little later and ends a little
        earlier, is the driver's: a busy host may suspend it between two readings.
        """
        self._wall_s[SERIAL] += max(0.0, wall_s - sum(self._wall_s.values()))
        spent = self.core_seconds()
        if spent is None:
            return (Phase(name=RUN, seconds=sum(self._wall_s.values())),)
        return (
            *(Phase(name=name, seconds=seconds) for name, seconds in self._wall_s.items()),
            to_event(spent, self._part_bytes),
        )

    def core_seconds(self) -> CoreSeconds | None:
        """Return the parts in core-seconds (None: the workers were never called).

        No part is below zero. A kernel that used more CPU than its cores have is kept as measured;
        the parts then add up to more than was given.
        """
        if not self._calls:
            return None
        beside_kernels_s = self._workers * self._wall_s[POOL] - self._busy_s - self._waiting_s
        return CoreSeconds(
            compute_s=self._cpu_s,
            exchange_s=self._cores * max(0.0, beside_kernels_s),
            waiting_s=self._cores * self._waiting_s,
            serial_s=self._cores * self._workers * self._wall_s[SERIAL],
            idle_s=max(0.0, self._cores * self._busy_s - self._cpu_s),
        )

    @contextmanager
    def _call(self) -> Iterator[None]:
        self._calls += 1
        with self._in_pool():
            yield

    @contextmanager
    def _in_pool(self) -> Iterator[None]:
        self._lap(SERIAL)
        try:
            yield
        finally:
            self._lap(POOL)

    def _lap(self, name: str) -> None:
        now = self._clock()
        self._wall_s[name] += now - self._last
        self._last = now

    def _add_kernel(self, timing: Timing) -> None:
        self._busy_s += timing.busy_s
        self._cpu_s += timing.cpu_s
        known = self._part_bytes is not None and timing.part_bytes is not None
        self._part_bytes = (self._part_bytes or 0) + (timing.part_bytes or 0) if known else None


def baseline_time_parts(wall_s: float, cpu_s: float, cores: int) -> tuple[Event, ...]:
    """Return the parts of a baseline: its process computes, or is off its cores."""
    spent = CoreSeconds(
        compute_s=cpu_s,
        exchange_s=0.0,
        waiting_s=0.0,
        serial_s=0.0,
        idle_s=max(0.0, cores * wall_s - cpu_s),
    )
    return Phase(name=RUN, seconds=wall_s), to_event(spent)


def to_event(spent: CoreSeconds, part_bytes: int | None = None) -> CoreTime:
    """Return the parts as an event, with the bytes of all results (None: not known)."""
    return CoreTime(
        compute_s=spent.compute_s,
        exchange_s=spent.exchange_s,
        waiting_s=spent.waiting_s,
        serial_s=spent.serial_s,
        idle_s=spent.idle_s,
        part_bytes=part_bytes,
    )
