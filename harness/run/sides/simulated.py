"""A side without Ray or work: each chunk takes the seconds that are written down for it.

It serves as test double, and as a show without a cluster. What it produces is marked simulated
everywhere. May import ``events``, ``model``, ``workload`` and ``run``.
"""

import copy
import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from harness.events import Event, Sample, Span
from harness.model import Digest, Process
from harness.run.core_seconds import CoreTimeAccount, Timing
from harness.run.host import this_process
from harness.run.sides.runner import OneProcess, with_input
from harness.run.wire import Assignment, SendEvent
from harness.workload import AnyLockstep, AnyWorkload, ChunkResult, Reporter

SAMPLE_EVERY_S = 0.5


class SimulatedSide(OneProcess):
    """Runs the workload's ``distributed`` on simulated workers."""

    def __init__(
        self,
        *,
        assignment: Assignment,
        workload: AnyWorkload,
        source_sha256: str,
        input_digest: Digest,
        send: SendEvent,
    ) -> None:
        super().__init__(assignment.guard_pid)
        self._workload = workload
        self._input_digest = input_digest
        self._armed = SimulatedPool(
            assignment.workers, send, source_sha256, assignment.cores_per_worker
        )
        self._account = self._armed.account

    def run(self, given: Any, report: Reporter, workers: int) -> Any:
        """Run on the first ``workers`` of the workers (0: all) and return the answer."""
        pool = self._armed.first(workers)
        self._account = pool.account
        answer = self._workload.distributed(given, pool, report)
        pool.account.close()
        return answer

    def worker_processes(self) -> Sequence[Process]:
        """Return the simulated workers, all of them in this process."""
        return with_input(self._armed.processes, self._input_digest)

    def time_parts(self, wall_s: float, cpu_s: float) -> tuple[Event, ...]:
        """Return where the last run's time would have gone."""
        return self._account.events(wall_s)


class SimulatedPool:
    """Workers that do nothing: a chunk is a number of seconds, for which ``map`` sleeps.

    Each stands for ``cores`` cores, of which it keeps one busy. ``account`` is that of one run.
    """

    def __init__(self, size: int, send: SendEvent, source_sha256: str, cores: int = 1) -> None:
        self._send = send
        self._cores = cores
        self.account = CoreTimeAccount(size, cores)
        mine = this_process("", source_sha256)
        self.processes = [
            replace(mine, id=f"w{place}", threads=1, affinity=(place,)) for place in range(size)
        ]

    def first(self, workers: int) -> "SimulatedPool":
        """Return a pool of the first ``workers`` of the workers (0: all), for one run."""
        some = copy.copy(self)
        some.processes = self.processes[: workers or None]
        some.account = CoreTimeAccount(some.size, self._cores)
        return some

    @property
    def size(self) -> int:
        """Return the number of workers."""
        return len(self.processes)

    def share(self, value: Any) -> Any:
        """Return the value: there is nobody to share it with."""
        return value

    def map(
        self,
        function: Callable[..., Any],
        chunks: Sequence[Any],
        *shared: Any,
        items: Callable[[Any], int] = lambda _: 1,
        report: Reporter = lambda _: None,
    ) -> list[ChunkResult[Any]]:
        """Sleep for the chunks; ``function(chunk, *shared)`` returns a chunk's seconds."""
        plan = _schedule([float(function(chunk, *shared)) for chunk in chunks], self.size)
        with self.account.mapping():
            self._sleep(plan, [items(chunk) for chunk in chunks], report)
        return [
            ChunkResult(
                value=row.seconds,
                chunk=row.chunk,
                worker=f"w{row.place}",
                busy_s=row.seconds,
                cpu_s=row.seconds,
            )
            for row in sorted(plan, key=lambda row: row.chunk)
        ]

    def _sleep(self, plan: Sequence["_Row"], items: Sequence[int], report: Reporter) -> None:
        began, looked, done = time.perf_counter(), 0.0, 0
        for row in plan:
            while (elapsed := time.perf_counter() - began) < row.ends:
                if elapsed >= looked + SAMPLE_EVERY_S:
                    self._look(plan, looked, elapsed)
                    looked = elapsed
                time.sleep(max(0.0, min(row.ends, looked + SAMPLE_EVERY_S) - elapsed))
            done += items[row.chunk]
            self.account.chunk_done(row.place, Timing(row.seconds, row.seconds))
            self._send(
                Span(
                    worker=f"w{row.place}",
                    chunk=row.chunk,
                    items=items[row.chunk],
                    busy_s=row.seconds,
                    cpu_s=row.seconds,
                )
            )
            report(done)

    def shuffle(
        self,
        scatter: Callable[..., Any],
        chunks: Sequence[Any],
        gather: Callable[..., Any],
        partitions: int,
        *shared: Any,
        items: Callable[[Any], int] = lambda _: 1,
        report: Reporter = lambda _: None,
    ) -> list[ChunkResult[Any]]:
        """Sleep for the chunks, whose pieces are seconds, then for the partitions.

        ``gather`` returns the seconds of a partition.
        """
        pieces: dict[int, list[float]] = {}

        def scattered(chunk: int) -> float:
            pieces[chunk] = [float(piece) for piece in scatter(chunks[chunk], *shared)]
            return sum(pieces[chunk])

        self.map(
            scattered, range(len(chunks)), items=lambda chunk: items(chunks[chunk]), report=report
        )
        return self.map(
            lambda partition: gather(
                partition, [pieces[chunk][partition] for chunk in sorted(pieces)], *shared
            ),
            range(partitions),
        )

    def lockstep(
        self,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        *shared: Any,
        items: Callable[[Any], int] = lambda _: 1,
        report: Reporter = lambda _: None,
    ) -> Any:
        """Run the program here on one state: all of it is the driver's own work."""
        if len(shares) != self.size:
            raise ValueError(f"{self.size} workers need {self.size} shares, not {len(shares)}")
        state = program.start(*shared)
        for step in range(steps):
            if program.is_over(state, step, *shared):
                break
            parts = [
                copy.deepcopy(program.contribute(state, step, share, *shared)) for share in shares
            ]
            state = program.combine(state, step, parts, *shared)
            report((step + 1) * sum(map(items, shares)))
        return state

    def _look(self, plan: Sequence["_Row"], since: float, until: float) -> None:
        """Say how busy each worker would have been in a window of the schedule."""
        busy = [0.0] * self.size
        for row in plan:
            busy[row.place] += max(0.0, min(row.ends, until) - max(row.ends - row.seconds, since))
        for place, seconds in enumerate(busy):
            self._send(Sample(worker=f"w{place}", cpu=seconds / (until - since), rss_bytes=0))


class _Row(NamedTuple):
    ends: float
    place: int
    chunk: int
    seconds: float


def _schedule(durations: Sequence[float], workers: int) -> list[_Row]:
    """Return when and where each chunk ends, if a free worker pulls the next chunk."""
    free = [(0.0, place) for place in range(workers)]
    rows = []
    for chunk, seconds in enumerate(durations):
        since, place = heapq.heappop(free)
        rows.append(_Row(since + seconds, place, chunk, seconds))
        heapq.heappush(free, (since + seconds, place))
    return sorted(rows)
