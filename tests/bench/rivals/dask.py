"""The rival on ``dask.distributed``: a ``LocalCluster`` of processes, as its documentation advises.

A shared value is scattered to every worker once. Chunks are tasks, which the scheduler hands out as
workers get free. What passes from worker to worker goes neither by the scheduler nor by the client,
but through a plugin on each worker, as in Dask's own P2P shuffle: the pieces of a shuffle, whose
partitions have a worker each, and the parts of a lockstep, whose state stays in a task that lasts
through all steps. The settings switch off what would compete with the workers for their cores:
profiling, looking at itself fifty times a second, a limit to memory, the dashboard, and the
clearing away of what was scattered to all.
"""

import itertools
import logging
from collections.abc import Sequence
from typing import Any

import dask
from distributed import Client, LocalCluster, as_completed

from harness.run.host import THREAD_VARIABLES, usable_cores
from harness.workload import AnyLockstep, ChunkResult, QualityReporter
from tests.bench.rivals.dask_tasks import (
    Handle,
    Opaque,
    Outcome,
    WorkerStore,
    collect_pieces,
    gather_partition,
    pin,
    run_chunk,
    run_steps,
    scatter_chunk,
)
from tests.pools import CountingPool, Finished, Function

LOOPBACK = "127.0.0.1"
SETTINGS = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.active-memory-manager.start": False,
    # and the allocator stays as it is elsewhere
    "distributed.nanny.pre-spawn-environ": dict.fromkeys(THREAD_VARIABLES, 1),
}


class DaskPool(CountingPool):
    """A number of Dask's worker processes, which are up when this returns."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        with dask.config.set(SETTINGS):
            self._cluster = LocalCluster(
                n_workers=size,
                threads_per_worker=1,
                processes=True,
                host=LOOPBACK,
                # its web server listens in any case: without an address, on every interface
                dashboard_address=f"{LOOPBACK}:0",
                scheduler_kwargs={"dashboard": False},
                memory_limit=None,
                silence_logs=logging.CRITICAL,
            )
            self._client = Client(self._cluster, direct_to_workers=True)
        self._workers: list[str] = sorted(self._client.nthreads())
        cores = itertools.cycle(usable_cores())
        self._client.run(pin, dict(zip(self._workers, cores, strict=False)))
        self._client.register_plugin(WorkerStore())
        self._shared: dict[str, Any] = {}

    def forget(self) -> None:
        """Give back what was shared so far."""
        self._shared = {}

    def close(self) -> None:
        """End the workers."""
        self.forget()
        self._client.close()
        self._cluster.close()

    def share(self, value: Any) -> Handle:
        (future,) = self._client.scatter([Opaque(value)], broadcast=True, direct=True, hash=False)
        self._shared[future.key] = future
        return Handle(future.key)

    def run_map(
        self,
        function: Function,
        chunks: Sequence[Any],
        shared: tuple[Any, ...],
        finished: Finished,
    ) -> list[ChunkResult[Any]]:
        task = self.share((function, chunks, shared))
        futures = self._client.map(run_chunk, range(len(chunks)), task=task, pure=False)
        _wait_for_all(futures, finished)
        return self._results(futures)

    def run_shuffle(
        self,
        scatter: Function,
        chunks: Sequence[Any],
        gather: Function,
        partitions: int,
        shared: tuple[Any, ...],
        finished: Finished,
    ) -> list[ChunkResult[Any]]:
        task = self.share((scatter, chunks, shared))
        scattering = self._client.map(
            scatter_chunk, range(len(chunks)), task=task, partitions=partitions, pure=False
        )
        _wait_for_all(scattering, finished)
        collecting = [
            self._submit(
                worker,
                collect_pieces,
                range(place, partitions, self.size),
                task,
                self._others(worker),
            )
            for place, worker in enumerate(self._workers)
        ]
        self._client.gather(collecting)
        task = self.share((gather, shared))
        gathering = [
            self._submit(self._workers[partition % self.size], gather_partition, partition, task)
            for partition in range(partitions)
        ]
        return self._results(gathering)

    def run_lockstep(
        self,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        shared: tuple[Any, ...],
        reached: QualityReporter,
    ) -> Any:
        task = self.share((program, shares, steps, shared))
        running = [
            self._submit(worker, run_steps, place, task, self._others(worker))
            for place, worker in enumerate(self._workers)
        ]
        end, *_ = self._client.gather(running)
        taken, state = end.value
        reached(taken)
        return state

    def _submit(self, worker: str, function: Function, *args: Any) -> Any:
        return self._client.submit(function, *args, workers=[worker], pure=False)

    def _others(self, worker: str) -> list[str]:
        return [other for other in self._workers if other != worker]

    def _results(self, futures: Sequence[Any]) -> list[ChunkResult[Any]]:
        outcomes: list[Outcome] = self._client.gather(futures)
        return [
            ChunkResult(
                value=outcome.value.value,
                chunk=number,
                worker=outcome.worker,
                busy_s=outcome.busy_s,
                cpu_s=outcome.cpu_s,
            )
            for number, outcome in enumerate(outcomes)
        ]


def _wait_for_all(futures: Sequence[Any], finished: Finished) -> None:
    numbers = {future.key: number for number, future in enumerate(futures)}
    for future in as_completed(futures):
        if future.status == "error":
            future.result()  # which raises what the chunk did
        finished(numbers[future.key])
