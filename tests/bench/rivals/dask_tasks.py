"""What the workers of the rival on ``dask.distributed`` do: its tasks, and the plugin by which workers hand each other what they need."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from distributed import Worker, WorkerPlugin, get_worker
from distributed.protocol.serialize import to_serialize

from tests.bench.rivals.tasks import complete
from tests.pools import sealed

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
        return {
            chunk: [pieces[partition] for partition in partitions]
            for chunk, pieces in self.pieces(task).items()
        }

    async def hand_pieces(self, task: str, partitions: Sequence[int]) -> dict[str, Any]:
        """Hand another worker the pieces of its partitions."""
        return {"status": "OK", "handed": to_serialize(Kept(self.rows(task, partitions)))}

    async def hand_part(self, task: str, step: int) -> dict[str, Any]:
        """Hand another worker the own part of a step, when it is there."""
        return {
            "status": "OK",
            "handed": to_serialize(Kept(await asyncio.wrap_future(self.parts(task, step)))),
        }


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
    return Made(
        Kept(outcome), get_worker().address, time.perf_counter() - busy, time.thread_time() - cpu
    )


def deal(number: int, task: Shared, partitions: int) -> None:
    """Scatter one chunk and keep its pieces until they are collected."""
    pieces = complete(run(number, task).outcome.value, partitions)
    seat().begin(task.key)
    seat().pieces(task.key)[number] = pieces


def collect(partitions: Sequence[int], task: Shared, others: Sequence[str]) -> None:
    """Fetch the pieces of some partitions from all workers, so that every one's lie in a row, in chunk order."""
    asked = [
        _ask(other, "hand_pieces", task=task.key, partitions=list(partitions)) for other in others
    ]
    rows = seat().rows(task.key, partitions)
    for answer in asked:
        rows |= answer.result()
    in_order = [rows[chunk] for chunk in sorted(rows)]
    seat().collected = {
        partition: [row[place] for row in in_order] for place, partition in enumerate(partitions)
    }


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
        asked = [
            _ask(other, "hand_part", task=task.key, step=step) for other in others
        ]  # ahead, so that it comes as soon as it is there
        own = program.contribute(state, step, share, *shared)
        own_seat.parts(task.key, step).set_result(
            sealed(own)
        )  # a copy: the part may be written over before it is sent
        handed = [answer.result() for answer in asked]
        state = program.combine(state, step, [*handed[:place], own, *handed[place:]], *shared)
        own_seat.drop(task.key, step - 1)  # who has this step's part to give has had the last one's
    return state


def _ask(other: str, what: str, **about: Any) -> "Future[Any]":
    worker: Any = get_worker()

    async def ask() -> Any:
        answer = await getattr(worker.rpc(other), what)(**about)
        return answer["handed"].value

    return asyncio.run_coroutine_threadsafe(ask(), worker.loop.asyncio_loop)
