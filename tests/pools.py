"""Pools for tests and the bench: what any pool does alike, and one that works in this process.

May import ``harness.workload``.
"""

import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from harness.run.progress_reports import report_quality
from harness.workload import (
    AnyFleet,
    AnyLockstep,
    AnyPipeline,
    AnyProblem,
    ChunkResult,
    QualityReporter,
    Reporter,
    Requests,
)

Function = Callable[..., Any]
Finished = Callable[[int], None]


def count_one(_: Any) -> int:
    """Count a chunk, or a share, as one item."""
    return 1


def ignore_progress(done: int, quality: float | None = None, /) -> None:
    """Report to nobody."""


class Heard:
    """A reporter that keeps what it is called with."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.qualities: list[float] = []

    def __call__(self, done: int, quality: float | None = None, /) -> None:
        self.done.append(done)
        if quality is not None:
            self.qualities.append(quality)


def warmup_of(problem: AnyProblem) -> Any:
    """Return the warm-up of a problem that has one."""
    assert problem.warmup is not None
    return problem.warmup


class ItemCounter:
    """Reports the items of the chunks that are finished, whatever their order."""

    def __init__(self, counts: Sequence[int], report: Reporter) -> None:
        self._counts = counts
        self._report = report
        self._done = 0

    def __call__(self, chunk: int) -> None:
        self._done += self._counts[chunk]
        self._report(self._done)


class CountingPool(ABC):
    """The signatures of ``harness.workload.Pool``, for pools that only say which chunk is done."""

    def __init__(self, size: int) -> None:
        self.size = size

    @abstractmethod
    def share(self, value: Any) -> Any:
        """Put a value where every worker reads it; return its handle."""

    @abstractmethod
    def run_map(
        self,
        function: Function,
        chunks: Sequence[Any],
        shared: tuple[Any, ...],
        finished: Finished,
    ) -> list[ChunkResult[Any]]:
        """Do a map; call ``finished(chunk)`` after each chunk, by its number."""

    @abstractmethod
    def run_shuffle(
        self,
        scatter: Function,
        chunks: Sequence[Any],
        gather: Function,
        partitions: int,
        shared: tuple[Any, ...],
        finished: Finished,
    ) -> list[ChunkResult[Any]]:
        """Do a shuffle; call ``finished(chunk)`` when a chunk is scattered."""

    @abstractmethod
    def run_lockstep(
        self,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        shared: tuple[Any, ...],
        reached: QualityReporter,
    ) -> Any:
        """Take all steps, one share per worker; return the first worker's state.

        ``reached`` is called with the number of steps done so far, and the quality if it is known.
        """

    def map(
        self,
        function: Function,
        chunks: Sequence[Any],
        *shared: Any,
        items: Callable[[Any], int] = count_one,
        report: Reporter = ignore_progress,
        activity: Callable[[Any], str] = str,
    ) -> list[ChunkResult[Any]]:
        """Run the function on every chunk; ``activity`` is for screens, of which there are none."""
        finished = ItemCounter([items(chunk) for chunk in chunks], report)
        return self.run_map(function, chunks, shared, finished)

    def shuffle(
        self,
        scatter: Function,
        chunks: Sequence[Any],
        gather: Function,
        partitions: int,
        *shared: Any,
        items: Callable[[Any], int] = count_one,
        report: Reporter = ignore_progress,
    ) -> list[ChunkResult[Any]]:
        """Exchange pieces all to all."""
        finished = ItemCounter([items(chunk) for chunk in chunks], report)
        return self.run_shuffle(scatter, chunks, gather, partitions, shared, finished)

    def lockstep(
        self,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        *shared: Any,
        items: Callable[[Any], int] = count_one,
        report: Reporter = ignore_progress,
    ) -> Any:
        """Run synchronous steps; raise ``ValueError`` unless there is a share per worker."""
        self.require_one_each(shares)
        items_per_step = sum(map(items, shares))

        def reached(steps: int, quality: float | None = None, /) -> None:
            report_quality(report, steps * items_per_step, quality)

        return self.run_lockstep(program, shares, steps, shared, reached)

    def pipeline(
        self,
        program: AnyPipeline,
        shares: Sequence[Any],
        steps: int,
        micro_batches: int,
        *shared: Any,
        items: int = 1,
        report: Reporter = ignore_progress,
    ) -> list[Any]:
        """Refuse: no rival has anything of the kind."""
        raise NotImplementedError(f"{type(self).__name__} has no pipeline")

    def serve(
        self,
        program: AnyFleet,
        shares: Sequence[Any],
        asked: Sequence[Any],
        requests: Requests,
        micro_batch: int,
        *shared: Any,
        report: Reporter = ignore_progress,
    ) -> list[Any]:
        """Refuse: no rival has anything of the kind."""
        raise NotImplementedError(f"{type(self).__name__} serves nobody")

    def require_one_each(self, shares: Sequence[Any]) -> None:
        """Raise ``ValueError`` unless there is a share per worker."""
        if len(shares) != self.size:
            raise ValueError(f"{self.size} workers need {self.size} shares, not {len(shares)}")


class InProcessPool(CountingPool):
    """A pool without processes: its workers take turns in this one.

    A worker's own part stays where it is. Others are given what a pickle makes of it, with arrays
    that cannot be written to. ``states`` are the replicas of the last lockstep.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.states: list[Any] = []

    def share(self, value: Any) -> Any:
        return read_only_copy(value)

    def run_map(
        self,
        function: Function,
        chunks: Sequence[Any],
        shared: tuple[Any, ...],
        finished: Finished,
    ) -> list[ChunkResult[Any]]:
        results = []
        for number, chunk in enumerate(chunks):
            value = read_only_copy(function(read_only_copy(chunk), *shared))
            worker = f"w{number % self.size}"
            results.append(
                ChunkResult(value=value, chunk=number, worker=worker, busy_s=0.0, cpu_s=0.0)
            )
            finished(number)
        return results

    def run_shuffle(
        self,
        scatter: Function,
        chunks: Sequence[Any],
        gather: Function,
        partitions: int,
        shared: tuple[Any, ...],
        finished: Finished,
    ) -> list[ChunkResult[Any]]:
        rows = [result.value for result in self.run_map(scatter, chunks, shared, finished)]
        assert all(len(row) == partitions for row in rows)

        def gather_column(partition: int, *shared: Any) -> Any:
            return gather(partition, [row[partition] for row in rows], *shared)

        return self.run_map(gather_column, range(partitions), shared, ignore_progress)

    def run_lockstep(
        self,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        shared: tuple[Any, ...],
        reached: QualityReporter,
    ) -> Any:
        states = [program.start(*shared) for _ in shares]
        for step in range(steps):
            if all([program.is_over(state, step, *shared) for state in states]):
                break
            own = [
                program.contribute(state, step, share, *shared)
                for state, share in zip(states, shares, strict=True)
            ]
            sent = [read_only_copy(part) for part in own]
            for place, state in enumerate(states):
                parts = [*sent[:place], own[place], *sent[place + 1 :]]
                states[place] = program.combine(state, step, parts, *shared)
            reached(step + 1, program.quality_so_far(states[0], step + 1, *shared))
        self.states = states
        return states[0]

    def pipeline(
        self,
        program: AnyPipeline,
        shares: Sequence[Any],
        steps: int,
        micro_batches: int,
        *shared: Any,
        items: int = 1,
        report: Reporter = ignore_progress,
    ) -> list[Any]:
        """Run all stages in turn."""
        self.require_one_each(shares)
        stages = [program.start(share, *shared) for share in shares]
        for step in range(steps):
            program.take_step(stages, step, micro_batches, *shared)
            report((step + 1) * items)
        return [read_only_copy(program.conclude(stage, *shared)) for stage in stages]

    def serve(
        self,
        program: AnyFleet,
        shares: Sequence[Any],
        asked: Sequence[Any],
        requests: Requests,
        micro_batch: int,
        *shared: Any,
        report: Reporter = ignore_progress,
    ) -> list[Any]:
        """Answer with all shards in turn."""
        self.require_one_each(shares)
        shards = [program.start(read_only_copy(share), *shared) for share in shares]
        return program.serve(shards, asked, requests, micro_batch, *shared, report=report)


def read_only_copy(value: Any) -> Any:
    """Return a copy whose arrays are read-only, as what comes out of shared memory is."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(pickled, buffers=[bytes(buffer.raw()) for buffer in buffers])
