"""The rival on ``dask.distributed``: a pool on a ``LocalCluster`` of processes, in the form that its documentation advises.

What is shared is scattered to every worker once. Chunks are tasks, which the scheduler hands out as workers get free.
What has to pass from worker to worker does so without scheduler or client, through a plugin on each worker, as in Dask's own P2P
shuffle: the pieces of a shuffle, whose partitions have a worker each, and the parts of a lockstep, whose state stays in a task that
lasts through all steps. The settings take away what would compete with the workers for their cores: profiling, looking at itself
fifty times a second, a limit to memory, the dashboard, and the clearing away of what was scattered to all.
"""

import asyncio
import itertools
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

import dask
from distributed import Client, LocalCluster, Worker, WorkerPlugin, as_completed, get_worker
from distributed.protocol.serialize import to_serialize

from harness.run.host import THREAD_VARIABLES, usable_cores
from harness.workload import Lockstep, Part, Report
from tests.pool_tasks import complete, one_each
from tests.pools import sealed, unheard

LOOPBACK = "127.0.0.1"
SETTINGS = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.nanny.pre-spawn-environ": dict.fromkeys(THREAD_VARIABLES, 1),  # and the allocator stays as it is elsewhere
}
SEAT = "seat"


class Kept:
    """A value that Dask takes as it is: it looks for no futures in it, and sends its arrays without copying them."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Shared(NamedTuple):
    """A handle of a value that every worker has."""

    key: str


class Made(NamedTuple):
    """What became of a chunk, or of a partition, and the worker and the seconds it took."""

    outcome: Kept
    worker: str
    busy_s: float
    cpu_s: float


class Seat(WorkerPlugin):
    """What a worker holds for the others: the pieces of a shuffle, by chunk, and its parts of a lockstep, by step.

    Each goes by the key of its task. What an earlier task has left is dropped when a later one begins.
    """

    name = SEAT

    def __init__(self) -> None:
        self._pieces: dict[str, dict[int, Sequence[Any]]] = {}
        self._parts: dict[str, dict[int, Future[Any]]] = {}
        self.collected: dict[int, list[Any]] = {}

    def setup(self, worker: Worker) -> None:
        worker.handlers |= {"hand_pieces": self.hand_pieces, "hand_part": self.hand_part}

    def pieces(self, task: str) -> dict[int, Sequence[Any]]:
        """Return a shuffle's pieces."""
        return self._pieces.setdefault(task, {})

    def parts(self, task: str, step: int) -> "Future[Any]":
        """Return the future of an own part; the one who waits for it and the one who makes it may ask in any order."""
        return self._parts.setdefault(task, {}).setdefault(step, Future())

    def begin(self, task: str) -> None:
        """Drop what belongs to other tasks."""
        for held in (self._pieces, self._parts):
            for other in held.keys() - {task}:
                del held[other]

    def drop(self, task: str, step: int) -> None:
        """Let go of a part that nobody needs any more."""
        self._parts[task].pop(step, None)

    def rows(self, task: str, partitions: Sequence[int]) -> dict[int, list[Any]]:
        """Return the pieces of some partitions, by chunk."""
        return {chunk: [pieces[partition] for partition in partitions] for chunk, pieces in self.pieces(task).items()}

    async def hand_pieces(self, task: str, partitions: Sequence[int]) -> dict[str, Any]:
        """Hand another worker the pieces of its partitions."""
        return {"status": "OK", "handed": to_serialize(Kept(self.rows(task, partitions)))}

    async def hand_part(self, task: str, step: int) -> dict[str, Any]:
        """Hand another worker the own part of a step, when it is there."""
        return {"status": "OK", "handed": to_serialize(Kept(await asyncio.wrap_future(self.parts(task, step))))}


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
        self._client.run(pin, dict(zip(self._workers, itertools.cycle(usable_cores()), strict=False)))
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
        report: Report = unheard,
    ) -> list[Part]:
        tasks = self._client.map(run, range(len(chunks)), task=self.share((function, chunks, shared)), pure=False)
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
        report: Report = unheard,
    ) -> list[Part]:
        task = self.share((scatter, chunks, shared))
        dealing = self._client.map(deal, range(len(chunks)), task=task, partitions=partitions, pure=False)
        self._follow(dealing, [items(chunk) for chunk in chunks], report)
        owned = {worker: range(place, partitions, self.size) for place, worker in enumerate(self._workers)}
        self._client.gather([self._on(worker, collect, mine, task, self._others(worker)) for worker, mine in owned.items()])
        task = self.share((gather, shared))
        return self._parts([self._on(self._workers[partition % self.size], join, partition, task) for partition in range(partitions)])

    def lockstep(
        self,
        program: Lockstep,
        shares: Sequence[Any],
        steps: int,
        *shared: Any,
        items: Callable[[Any], int] = one_each,
        report: Report = unheard,
    ) -> Any:
        if len(shares) != self.size:
            raise ValueError(f"{self.size} workers need {self.size} shares, not {len(shares)}")
        task = self.share((program, shares, steps, shared))
        walking = [self._on(worker, walk, place, task, self._others(worker)) for place, worker in enumerate(self._workers)]
        state, *_ = self._client.gather(walking)
        report(steps * sum(map(items, shares)))
        return state.value

    def _on(self, worker: str, function: Callable[..., Any], *args: Any) -> Any:
        return self._client.submit(function, *args, workers=[worker], pure=False)

    def _others(self, worker: str) -> list[str]:
        return [other for other in self._workers if other != worker]

    def _follow(self, tasks: Sequence[Any], items: Sequence[int], report: Report) -> None:
        done, counted = 0, dict(zip([task.key for task in tasks], items, strict=True))
        for task in as_completed(tasks):
            if task.status == "error":
                task.result()  # which raises what the chunk did
            done += counted[task.key]
            report(done)

    def _parts(self, tasks: Sequence[Any]) -> list[Part]:
        made: list[Made] = self._client.gather(tasks)
        return [Part(outcome.value, number, worker, busy_s, cpu_s) for number, (outcome, worker, busy_s, cpu_s) in enumerate(made)]


def pin(cores: Mapping[str, int], dask_worker: Worker) -> None:
    """Bind every thread of a worker's process to its core."""
    if hasattr(os, "sched_setaffinity"):
        for thread in os.listdir("/proc/self/task"):
            os.sched_setaffinity(int(thread), {cores[dask_worker.address]})


def given(value: Any) -> Any:
    """Return what a handle stands for, as this worker holds it; anything else as it is."""
    if not isinstance(value, Shared):
        return value
    kept: Any = get_worker().data[value.key]
    return kept.value


def seat() -> Seat:
    """Return this worker's own."""
    own: Any = get_worker().plugins[SEAT]
    assert isinstance(own, Seat)
    return own


def run(number: int, task: Shared) -> Made:
    """Do one chunk."""
    function, chunks, shared = given(task)
    return _timed(lambda: function(given(chunks[number]), *map(given, shared)))


def _timed(work: Callable[[], Any]) -> Made:
    busy, cpu = time.perf_counter(), time.thread_time()
    outcome = work()
    return Made(Kept(outcome), get_worker().address, time.perf_counter() - busy, time.thread_time() - cpu)


def deal(number: int, task: Shared, partitions: int) -> None:
    """Scatter one chunk and keep its pieces until they are collected."""
    pieces = complete(run(number, task).outcome.value, partitions)
    seat().begin(task.key)
    seat().pieces(task.key)[number] = pieces


def collect(partitions: Sequence[int], task: Shared, others: Sequence[str]) -> None:
    """Fetch the pieces of some partitions from all workers, so that every one's lie in a row, in chunk order."""
    asked = [_ask(other, "hand_pieces", task=task.key, partitions=list(partitions)) for other in others]
    rows = seat().rows(task.key, partitions)
    for answer in asked:
        rows |= answer.result()
    in_order = [rows[chunk] for chunk in sorted(rows)]
    seat().collected = {partition: [row[place] for row in in_order] for place, partition in enumerate(partitions)}


def join(partition: int, task: Shared) -> Made:
    """Gather one partition."""
    function, shared = given(task)
    pieces = seat().collected.pop(partition)
    return _timed(lambda: function(partition, pieces, *map(given, shared)))


def walk(place: int, task: Shared, others: Sequence[str]) -> Kept | None:
    """Take all steps of a lockstep with the others; the first worker returns the state."""
    *_, steps, _ = given(task)
    seat().begin(task.key)
    try:
        state = _walked(place, task, others)
    except Exception as error:
        for part in [seat().parts(task.key, step) for step in range(steps)]:
            if not part.done():
                part.set_exception(error)
        raise
    return None if place else Kept(state)


def _walked(place: int, task: Shared, others: Sequence[str]) -> Any:
    program, shares, steps, handles = given(task)
    own_seat, share, shared = seat(), given(shares[place]), [given(handle) for handle in handles]
    state = program.start(*shared)
    for step in range(steps):
        asked = [_ask(other, "hand_part", task=task.key, step=step) for other in others]  # ahead, so that it comes as soon as it is there
        own = program.contribute(state, step, share, *shared)
        own_seat.parts(task.key, step).set_result(sealed(own))  # a copy: the part may be written over before it is sent
        handed = [answer.result() for answer in asked]
        state = program.absorb(state, step, [*handed[:place], own, *handed[place:]], *shared)
        own_seat.drop(task.key, step - 1)  # who has this step's part to give has had the last one's
    return state


def _ask(other: str, what: str, **about: Any) -> "Future[Any]":
    worker: Any = get_worker()

    async def ask() -> Any:
        answer = await getattr(worker.rpc(other), what)(**about)
        return answer["handed"].value

    return asyncio.run_coroutine_threadsafe(ask(), worker.loop.asyncio_loop)
