"""The pool that ``distributed`` is given: map by dynamic pull, shuffle, lockstep, pipeline, serve.

Lost workers are the pool's business: their chunks are redone, their state is rebuilt, and the
answer is the one that would have come without the loss. May import ``workload`` and ``run``.
"""

from collections.abc import Callable, Sequence
from typing import Any

import ray

from harness.run.core_seconds import CoreTimeAccount
from harness.run.progress_reports import no_report
from harness.run.ray.fleet_places import FleetPlaces
from harness.run.ray.lockstep import LockstepRun
from harness.run.ray.mapping import FinishedChunk, MapRun, SentChunk
from harness.run.ray.pipelining import PipelineRun
from harness.run.ray.serving import FleetRun
from harness.run.ray.workers import Workers
from harness.workload import (
    AnyFleet,
    AnyLockstep,
    AnyPipeline,
    ChunkResult,
    Reporter,
    Requests,
)


def count_one(_: Any) -> int:
    """Count a chunk, or a share, as one item."""
    return 1


def say_nothing(_: Any) -> str:
    """Say nothing about what is done with a chunk."""
    return ""


class RayPool:
    """Workers on a Ray cluster, as ``harness.workload.Pool`` describes them, for one run.

    ``account`` says where the run's core-seconds went; each worker has ``cores`` cores.
    """

    def __init__(self, workers: Workers, cores: int) -> None:
        self._workers = workers
        self.account = CoreTimeAccount(workers.size, cores)

    @property
    def size(self) -> int:
        """Return the number of workers, p."""
        return self._workers.size

    def share(self, value: Any) -> Any:
        """Put a value into shared memory once; every worker reads it without a copy."""
        with self.account.sharing():
            return ray.put(value)

    def map(
        self,
        function: Callable[..., Any],
        chunks: Sequence[Any],
        *shared: Any,
        items: Callable[[Any], int] = count_one,
        report: Reporter = no_report,
        activity: Callable[[Any], str] = say_nothing,
    ) -> list[ChunkResult[Any]]:
        """Run ``function(chunk, *shared)`` over the chunks; return results in chunk order.

        A worker that is free pulls the next chunk, which is what ``activity`` says it does.
        """
        work = ray.put(function)

        def send(actor: Any, chunk: int) -> SentChunk:
            return SentChunk(*actor.run.options(num_returns=2).remote(work, chunks[chunk], *shared))

        with self.account.mapping():
            run = self._mapping(
                len(chunks),
                send,
                ray.get,
                lambda chunk: items(chunks[chunk]),
                lambda chunk: activity(chunks[chunk]),
            )
            return _parts(run.run(report))

    def shuffle(
        self,
        scatter: Callable[..., Any],
        chunks: Sequence[Any],
        gather: Callable[..., Any],
        partitions: int,
        *shared: Any,
        items: Callable[[Any], int] = count_one,
        report: Reporter = no_report,
    ) -> list[ChunkResult[Any]]:
        """Scatter the chunks into pieces, gather each partition's; return results in order.

        A piece stays in the store of the machine that made it until the worker that gathers it asks
        for it.
        """
        with self.account.mapping():
            scattered = self._scatter(scatter, chunks, partitions, shared, items, report)
        with self.account.mapping():
            return _parts(self._gather(gather, scattered, partitions, shared))

    def _scatter(
        self,
        scatter: Callable[..., Any],
        chunks: Sequence[Any],
        partitions: int,
        shared: tuple[Any, ...],
        items: Callable[[Any], int],
        report: Reporter,
    ) -> list[FinishedChunk]:
        work = ray.put(scatter)

        def send(actor: Any, chunk: int) -> SentChunk:
            *pieces, timing = actor.scatter.options(num_returns=partitions + 1).remote(
                work, partitions, chunks[chunk], *shared
            )
            return SentChunk(pieces, timing)

        run = self._mapping(len(chunks), send, list, lambda chunk: items(chunks[chunk]))
        return run.run(report)

    def _gather(
        self,
        gather: Callable[..., Any],
        scattered: Sequence[FinishedChunk],
        partitions: int,
        shared: tuple[Any, ...],
    ) -> list[FinishedChunk]:
        work = ray.put(gather)

        def send(actor: Any, partition: int) -> SentChunk:
            pieces = [chunk.outcome[partition] for chunk in scattered]
            sent = actor.gather.options(num_returns=2)
            return SentChunk(*sent.remote(work, partition, len(pieces), *pieces, *shared))

        run = self._mapping(partitions, send, ray.get, lambda _: 0, first=len(scattered))
        return run.run(no_report)

    def lockstep(
        self,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        *shared: Any,
        items: Callable[[Any], int] = count_one,
        report: Reporter = no_report,
    ) -> Any:
        """Run ``steps`` synchronous steps with one share per worker; return the final state."""
        self._require_one_each(shares)
        with self.account.stepping():
            counts = [items(share) for share in shares]
            run = LockstepRun(self._workers, self.account, program, shares, steps, shared, counts)
            return run.run(report)

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
        """Run ``steps`` steps with one stage per worker; return what each stage concludes."""
        self._require_one_each(shares)
        with self.account.stepping():
            run = PipelineRun(
                self._workers, self.account, program, shares, steps, micro_batches, shared, items
            )
            return run.run(report)

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
        """Answer requests until they are over, with one shard per worker; return the replies."""
        self._require_one_each(shares)
        with self.account.stepping():
            places = FleetPlaces(self._workers, program, shares, asked[:1], shared)
            run = FleetRun(self._workers, self.account, places, asked, requests, micro_batch)
            return run.run(report)

    def _require_one_each(self, shares: Sequence[Any]) -> None:
        if len(shares) != self.size:
            raise ValueError(f"{self.size} workers need {self.size} shares, not {len(shares)}")

    def _mapping(
        self,
        chunks: int,
        send: Callable[[Any, int], SentChunk],
        fetch: Callable[[Any], Any],
        items: Callable[[int], int],
        activity: Callable[[int], str] = say_nothing,
        first: int = 0,
    ) -> MapRun:
        return MapRun(self._workers, self.account, chunks, send, fetch, items, activity, first)


def _parts(landed: Sequence[FinishedChunk]) -> list[ChunkResult[Any]]:
    return [
        ChunkResult(
            value=outcome,
            chunk=chunk,
            worker=f"w{place}",
            busy_s=timing.busy_s,
            cpu_s=timing.cpu_s,
        )
        for chunk, (outcome, place, timing) in enumerate(landed)
    ]
