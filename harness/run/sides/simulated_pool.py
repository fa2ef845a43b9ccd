"""Workers that do nothing: a chunk is a number of seconds, for which a pool sleeps.

May import ``events``, ``model``, ``workload`` and ``run``.
"""

import copy
import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from harness.events import Sample, Span
from harness.run.core_seconds import CoreTimeAccount, Timing
from harness.run.host import this_process
from harness.run.progress_reports import no_report, report_quality
from harness.run.sides.simulated_crew import DoneChunk, SimulatedCrew
from harness.run.wire import SendEvent
from harness.workload import (
    AnyFleet,
    AnyLockstep,
    AnyPipeline,
    ChunkResult,
    Reporter,
    Requests,
)

SAMPLE_EVERY_S = 0.5
SAMPLES_A_SECOND = 2_000  # of all workers together: thousands of them are sampled less often


class SimulatedPool:
    """Workers that do nothing: a chunk is a number of seconds, for which ``map`` sleeps.

    Each stands for ``cores`` cores, of which it keeps one busy. They are dealt over the hosts of
    these labels (none: they are on this one), and ``spares`` behind them. ``account`` is that of
    one run, and ``crew`` its workers if they are struck (None: nobody strikes).
    """

    def __init__(
        self,
        size: int,
        send: SendEvent,
        source_sha256: str,
        cores: int = 1,
        hosts: Sequence[str] = (),
        spares: int = 0,
    ) -> None:
        self._send = send
        self._cores = cores
        self.account = CoreTimeAccount(size, cores)
        self.crew: SimulatedCrew | None = None
        self._began = 0.0
        mine = this_process("", source_sha256)
        homes = hosts or (mine.host,)
        names = [*(f"w{place}" for place in range(size)), *(f"s{one}" for one in range(spares))]
        everybody = [
            replace(
                mine,
                id=name,
                host=homes[place % len(homes)],
                threads=1,
                affinity=(place // len(homes),),
            )
            for place, name in enumerate(names)
        ]
        self.processes, self.spares = everybody[:size], everybody[size:]

    def first(self, workers: int) -> "SimulatedPool":
        """Return a pool of the first ``workers`` of the workers (0: all), for one run."""
        some = copy.copy(self)
        some.processes = self.processes[: workers or None]
        some.account = CoreTimeAccount(some.size, self._cores)
        some._began = time.perf_counter()
        return some

    @property
    def _look_every_s(self) -> float:
        return max(SAMPLE_EVERY_S, self.size / SAMPLES_A_SECOND)

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
        report: Reporter = no_report,
        activity: Callable[[Any], str] = lambda _: "",
    ) -> list[ChunkResult[Any]]:
        """Sleep for the chunks; ``function(chunk, *shared)`` returns a chunk's seconds.

        ``activity`` is not said: nothing is done with them.
        """
        seconds = [float(function(chunk, *shared)) for chunk in chunks]
        counts = [items(chunk) for chunk in chunks]
        with self.account.mapping():
            if self.crew is None:
                plan = _schedule(seconds, self.size)
                self._sleep(plan, counts, report)
            else:
                plan = self._survive(self.crew, seconds, counts, report)
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

    def _survive(
        self, crew: SimulatedCrew, seconds: Sequence[float], items: Sequence[int], report: Reporter
    ) -> list[DoneChunk]:
        """Sleep while workers that are struck do the chunks; return when and where each was."""
        elapsed = looked = time.perf_counter() - self._began
        used_s = [crew.used_s(place, looked) for place in range(self.size)]

        def sleep_until(at_s: float) -> None:
            nonlocal looked
            while (now := time.perf_counter() - self._began) < at_s:
                if now >= looked + self._look_every_s:
                    for place, before_s in enumerate(used_s):
                        used_s[place] = crew.used_s(place, now)
                        self._say_load(place, max(0.0, used_s[place] - before_s), now - looked)
                    looked = now
                time.sleep(max(0.0, min(at_s, looked + self._look_every_s) - now))

        rows, done = [], 0
        for row in crew.course(seconds, items, elapsed, sleep_until):
            rows.append(row)
            done += items[row.chunk]
            self._note(row, items[row.chunk])
            report(done)
        return rows

    def _sleep(self, plan: Sequence[DoneChunk], items: Sequence[int], report: Reporter) -> None:
        began, looked, done = time.perf_counter(), 0.0, 0
        look_every_s = self._look_every_s
        for row in plan:
            while (elapsed := time.perf_counter() - began) < row.at_s:
                if elapsed >= looked + look_every_s:
                    self._look(plan, looked, elapsed)
                    looked = elapsed
                time.sleep(max(0.0, min(row.at_s, looked + look_every_s) - elapsed))
            done += items[row.chunk]
            self._note(row, items[row.chunk])
            report(done)

    def _note(self, row: DoneChunk, items: int) -> None:
        """Say what a worker did on a chunk."""
        self.account.chunk_done(row.place, Timing(row.seconds, row.seconds))
        self._send(
            Span(
                worker=f"w{row.place}",
                chunk=row.chunk,
                items=items,
                busy_s=row.seconds,
                cpu_s=row.seconds,
            )
        )

    def shuffle(
        self,
        scatter: Callable[..., Any],
        chunks: Sequence[Any],
        gather: Callable[..., Any],
        partitions: int,
        *shared: Any,
        items: Callable[[Any], int] = lambda _: 1,
        report: Reporter = no_report,
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
        report: Reporter = no_report,
    ) -> Any:
        """Run the program here on one state: all of it is the driver's own work."""
        self._require_one_each(shares)
        state = program.start(*shared)
        for step in range(steps):
            if program.is_over(state, step, *shared):
                break
            parts = [
                copy.deepcopy(program.contribute(state, step, share, *shared)) for share in shares
            ]
            state = program.combine(state, step, parts, *shared)
            done = (step + 1) * sum(map(items, shares))
            report_quality(report, done, program.quality_so_far(state, step + 1, *shared))
        return state

    def pipeline(
        self,
        program: AnyPipeline,
        shares: Sequence[Any],
        steps: int,
        micro_batches: int,
        *shared: Any,
        items: int = 1,
        report: Reporter = no_report,
    ) -> list[Any]:
        """Run all stages here, one after the other: all of it is the driver's own work."""
        self._require_one_each(shares)
        stages = [program.start(share, *shared) for share in shares]
        for step in range(steps):
            program.take_step(stages, step, micro_batches, *shared)
            report((step + 1) * items)
        return [program.conclude(stage, *shared) for stage in stages]

    def serve(
        self,
        program: AnyFleet,
        shares: Sequence[Any],
        asked: Sequence[Any],
        requests: Requests,
        micro_batch: int,
        *shared: Any,
        report: Reporter = no_report,
    ) -> list[Any]:
        """Answer requests here, with all shards: all of it is the driver's own work."""
        self._require_one_each(shares)
        shards = [program.start(share, *shared) for share in shares]
        return program.serve(shards, asked, requests, micro_batch, *shared, report=report)

    def _require_one_each(self, shares: Sequence[Any]) -> None:
        if len(shares) != self.size:
            raise ValueError(f"{self.size} workers need {self.size} shares, not {len(shares)}")

    def _look(self, plan: Sequence[DoneChunk], since: float, until: float) -> None:
        """Say how busy each worker would have been in a window of the schedule."""
        busy = [0.0] * self.size
        for row in plan:
            busy[row.place] += max(0.0, min(row.at_s, until) - max(row.at_s - row.seconds, since))
        for place, seconds in enumerate(busy):
            self._say_load(place, seconds, until - since)

    def _say_load(self, place: int, busy_s: float, window_s: float) -> None:
        self._send(Sample(worker=f"w{place}", cpu=busy_s / window_s, rss_bytes=0))


def _schedule(durations: Sequence[float], workers: int) -> list[DoneChunk]:
    """Return when and where each chunk ends, if a free worker pulls the next chunk."""
    free = [(0.0, place) for place in range(workers)]
    rows = []
    for chunk, seconds in enumerate(durations):
        since, place = heapq.heappop(free)
        rows.append(DoneChunk(since + seconds, place, chunk, seconds))
        heapq.heappush(free, (since + seconds, place))
    return sorted(rows)
