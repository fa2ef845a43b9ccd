"""What the workers of the rival on ``dask.distributed`` do: its tasks, and a plugin.

By the plugin, workers hand each other pieces and parts. May import its neighbours.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from distributed import Worker, WorkerPlugin, get_worker
from distributed.protocol.serialize import to_serialize

from tests.bench.rivals.tasks import require_all_pieces
from tests.pools import read_only_copy

PLUGIN = "worker-store"


class Opaque:
    """A value that Dask takes as it is.

    It looks for no futures in it, and sends its arrays without copying them.
    """

    def __init__(self, value: Any) -> None:
        self.value = value


class Handle(NamedTuple):
    """A handle of a value that every worker has."""

    key: str


class Outcome(NamedTuple):
    """The result of a chunk or a partition, the worker that made it and the seconds it took."""

    value: Opaque
    worker: str
    busy_s: float
    cpu_s: float


class WorkerStore(WorkerPlugin):
    """What a worker holds for the others: pieces by chunk, and parts of a lockstep by step.

    Each goes by the key of its task. When a task begins, what belongs to earlier ones is dropped.
    """

    name = PLUGIN

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
        """Return the future of an own part; who makes it may ask before or after who waits."""
        return self._parts.setdefault(task, {}).setdefault(step, Future())

    def begin(self, task: str) -> None:
        """Drop what belongs to other tasks."""
        for held in (self._pieces, self._parts):
            for other in held.keys() - {task}:
                del held[other]

    def drop(self, task: str, step: int) -> None:
        """Drop a part that nobody needs any more."""
        self._parts[task].pop(step, None)

    def rows(self, task: str, partitions: Sequence[int]) -> dict[int, list[Any]]:
        """Return the pieces of some partitions, by chunk."""
        return {
            chunk: [pieces[partition] for partition in partitions]
            for chunk, pieces in self.pieces(task).items()
        }

    async def hand_pieces(self, task: str, partitions: Sequence[int]) -> dict[str, Any]:
        """Hand another worker the pieces of its partitions."""
        return {"status": "OK", "handed": to_serialize(Opaque(self.rows(task, partitions)))}

    async def hand_part(self, task: str, step: int) -> dict[str, Any]:
        """Hand another worker the own part of a step, when it is there."""
        return {
            "status": "OK",
            "handed": to_serialize(Opaque(await asyncio.wrap_future(self.parts(task, step)))),
        }


def pin(cores: Mapping[str, int], dask_worker: Worker) -> None:
    """Bind every thread of a worker's process to its core."""
    if hasattr(os, "sched_setaffinity"):
        for thread in os.listdir("/proc/self/task"):
            os.sched_setaffinity(int(thread), {cores[dask_worker.address]})


def resolve(value: Any) -> Any:
    """Return what a handle stands for on this worker; return anything else as it is."""
    if not isinstance(value, Handle):
        return value
    opaque: Any = get_worker().data[value.key]
    return opaque.value


def worker_store() -> WorkerStore:
    """Return this worker's own store."""
    own: Any = get_worker().plugins[PLUGIN]
    assert isinstance(own, WorkerStore)
    return own


def run_chunk(number: int, task: Handle) -> Outcome:
    """Do one chunk."""
    function, chunks, shared = resolve(task)
    return _timed(lambda: function(resolve(chunks[number]), *map(resolve, shared)))


def _timed(work: Callable[[], Any]) -> Outcome:
    began_s = time.perf_counter()
    cpu_began_s = time.thread_time()
    value = work()
    busy_s = time.perf_counter() - began_s
    cpu_s = time.thread_time() - cpu_began_s
    worker = get_worker().address
    return Outcome(value=Opaque(value), worker=worker, busy_s=busy_s, cpu_s=cpu_s)


def scatter_chunk(number: int, task: Handle, partitions: int) -> None:
    """Scatter one chunk and store its pieces until they are collected."""
    pieces = require_all_pieces(run_chunk(number, task).value.value, partitions)
    worker_store().begin(task.key)
    worker_store().pieces(task.key)[number] = pieces


def collect_pieces(partitions: Sequence[int], task: Handle, others: Sequence[str]) -> None:
    """Fetch the pieces of some partitions from all workers, in chunk order."""
    asked = [
        _ask(other, "hand_pieces", task=task.key, partitions=list(partitions)) for other in others
    ]
    rows = worker_store().rows(task.key, partitions)
    for answer in asked:
        rows |= answer.result()
    in_order = [rows[chunk] for chunk in sorted(rows)]
    worker_store().collected = {
        partition: [row[place] for row in in_order] for place, partition in enumerate(partitions)
    }


def gather_partition(partition: int, task: Handle) -> Outcome:
    """Gather one partition."""
    function, shared = resolve(task)
    pieces = worker_store().collected.pop(partition)
    return _timed(lambda: function(partition, pieces, *map(resolve, shared)))


def run_steps(place: int, task: Handle, others: Sequence[str]) -> Opaque | None:
    """Take all steps of a lockstep with the others; the first worker returns the end."""
    *_, steps, _ = resolve(task)
    worker_store().begin(task.key)
    try:
        end = _run_steps(place, task, others)
    except Exception as error:
        for part in [worker_store().parts(task.key, step) for step in range(steps)]:
            if not part.done():
                part.set_exception(error)
        raise
    return None if place else Opaque(end)


def _run_steps(place: int, task: Handle, others: Sequence[str]) -> tuple[int, Any]:
    program, shares, steps, handles = resolve(task)
    store = worker_store()
    share = resolve(shares[place])
    shared = [resolve(handle) for handle in handles]
    state = program.start(*shared)
    for step in range(steps):
        if program.is_over(state, step, *shared):
            return step, state
        # asked for ahead, so that they come as soon as they are there
        asked = [_ask(other, "hand_part", task=task.key, step=step) for other in others]
        own = program.contribute(state, step, share, *shared)
        # a copy: the part may be written over before it is sent
        store.parts(task.key, step).set_result(read_only_copy(own))
        handed = [answer.result() for answer in asked]
        state = program.combine(state, step, [*handed[:place], own, *handed[place:]], *shared)
        store.drop(task.key, step - 1)  # who hands this step's part has received the last one's
    return steps, state


def _ask(other: str, handler: str, **arguments: Any) -> "Future[Any]":
    worker: Any = get_worker()

    async def ask() -> Any:
        answer = await getattr(worker.rpc(other), handler)(**arguments)
        return answer["handed"].value

    return asyncio.run_coroutine_threadsafe(ask(), worker.loop.asyncio_loop)
