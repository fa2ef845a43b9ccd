"""The rival on ``dask.distributed``: a pool on a ``LocalCluster`` of processes, in the form that its documentation advises.

What is shared is scattered to every worker once. Chunks are tasks, which the scheduler hands out as workers get free.
What has to pass from worker to worker does so without scheduler or client, through a plugin on each worker, as in Dask's own P2P
shuffle: the pieces of a shuffle, whose partitions have a worker each, and the parts of a lockstep, whose state stays in a task that
lasts through all steps. The settings take away what would compete with the workers for their cores: profiling, looking at itself
fifty times a second, a limit to memory, the dashboard, and the clearing away of what was scattered to all.
"""

import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Any

import dask
from distributed import Client, LocalCluster, as_completed

from harness.run.host import THREAD_VARIABLES, usable_cores
from harness.workload import AnyLockstep, ChunkResult, Reporter
from tests.bench.rivals.dask_tasks import (
    Kept,
    Made,
    Seat,
    Shared,
    collect,
    deal,
    join,
    pin,
    run,
    walk,
)
from tests.bench.rivals.tasks import one_each
from tests.pools import ignore_progress

LOOPBACK = "127.0.0.1"
SETTINGS = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.nanny.pre-spawn-environ": dict.fromkeys(
        THREAD_VARIABLES, 1
    ),  # and the allocator stays as it is elsewhere
}


class DaskPool:
    """So many of Dask's worker processes, which have come up when this returns."""

    def __init__(self, size: int) -> None:
        self.size = size
        with dask.config.set(SETTINGS):
            self._cluster = LocalCluster(
                n_workers=size,
                threads_per_worker=1,
                processes=True,
                host=LOOPBACK,
                dashboard_address=f"{LOOPBACK}:0",  # its web server listens in any case: without an address, on every interface
                scheduler_kwargs={"dashboard": False},
                memory_limit=None,
                silence_logs=logging.CRITICAL,
            )
            self._client = Client(self._cluster, direct_to_workers=True)
        self._workers: list[str] = sorted(self._client.nthreads())
        self._client.run(
            pin, dict(zip(self._workers, itertools.cycle(usable_cores()), strict=False))
        )
        self._client.register_plugin(Seat())
        self._shared: dict[str, Any] = {}

    def forget(self) -> None:
        """Give back what was shared so far."""
        self._shared = {}

    def close(self) -> None:
        """End the workers."""
        self.forget()
        self._client.close()
        self._cluster.close()

    def share(self, value: Any) -> Shared:
        (future,) = self._client.scatter([Kept(value)], broadcast=True, direct=True, hash=False)
        self._shared[future.key] = future
        return Shared(future.key)

    def map(
        self,
        function: Callable[..., Any],
        chunks: Sequence[Any],
        *shared: Any,
        items: Callable[[Any], int] = one_each,
        report: Reporter = ignore_progress,
    ) -> list[ChunkResult[Any]]:
        tasks = self._client.map(
            run, range(len(chunks)), task=self.share((function, chunks, shared)), pure=False
        )
        self._follow(tasks, [items(chunk) for chunk in chunks], report)
        return self._parts(tasks)

    def shuffle(
        self,
        scatter: Callable[..., Any],
        chunks: Sequence[Any],
        gather: Callable[..., Any],
        partitions: int,
        *shared: Any,
        items: Callable[[Any], int] = one_each,
        report: Reporter = ignore_progress,
    ) -> list[ChunkResult[Any]]:
        task = self.share((scatter, chunks, shared))
        dealing = self._client.map(
            deal, range(len(chunks)), task=task, partitions=partitions, pure=False
        )
        self._follow(dealing, [items(chunk) for chunk in chunks], report)
        owned = {
            worker: range(place, partitions, self.size)
            for place, worker in enumerate(self._workers)
        }
        self._client.gather(
            [
                self._on(worker, collect, mine, task, self._others(worker))
                for worker, mine in owned.items()
            ]
        )
        task = self.share((gather, shared))
        return self._parts(
            [
                self._on(self._workers[partition % self.size], join, partition, task)
                for partition in range(partitions)
            ]
        )

    def lockstep(
        self,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        *shared: Any,
        items: Callable[[Any], int] = one_each,
        report: Reporter = ignore_progress,
    ) -> Any:
        if len(shares) != self.size:
            raise ValueError(f"{self.size} workers need {self.size} shares, not {len(shares)}")
        task = self.share((program, shares, steps, shared))
        walking = [
            self._on(worker, walk, place, task, self._others(worker))
            for place, worker in enumerate(self._workers)
        ]
        state, *_ = self._client.gather(walking)
        report(steps * sum(map(items, shares)))
        return state.value

    def _on(self, worker: str, function: Callable[..., Any], *args: Any) -> Any:
        return self._client.submit(function, *args, workers=[worker], pure=False)

    def _others(self, worker: str) -> list[str]:
        return [other for other in self._workers if other != worker]

    def _follow(self, tasks: Sequence[Any], items: Sequence[int], report: Reporter) -> None:
        done, counted = 0, dict(zip([task.key for task in tasks], items, strict=True))
        for task in as_completed(tasks):
            if task.status == "error":
                task.result()  # which raises what the chunk did
            done += counted[task.key]
            report(done)

    def _parts(self, tasks: Sequence[Any]) -> list[ChunkResult[Any]]:
        made: list[Made] = self._client.gather(tasks)
        return [
            ChunkResult(
                value=outcome.value, chunk=number, worker=worker, busy_s=busy_s, cpu_s=cpu_s
            )
            for number, (outcome, worker, busy_s, cpu_s) in enumerate(made)
        ]
