"""The rival on ``multiprocessing``: a pool of plain processes, as well as one would write it by hand.

Worker processes stay, each pinned to a core. They pull chunks off one shared counter, so that nobody waits for the
parent between two of them; a lockstep's state stays in its worker, and one barrier a step lets everybody read the others' parts.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError
from typing import Any, NamedTuple
from unittest.mock import patch

from harness.run.host import THREAD_VARIABLES, pin, usable_cores
from tests.bench.rivals.parcels import Parcel, given, put
from tests.bench.rivals.tasks import Made, MemoryPool, perform

LEAVE_WITHIN_S = 10.0


class Post(NamedTuple):
    """What a worker is given: its place, its end of the pipe, the number of the next chunk, and where all meet."""

    place: int
    parent: Connection
    counter: "Synchronized[int]"
    barrier: Barrier


class Over(NamedTuple):
    """A worker is done with an order; ``error`` is what it raised."""

    error: Exception | None = None


class ProcessPool(MemoryPool):
    """So many worker processes, which have come up when this returns."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        context = get_context("spawn")
        self._counter: Synchronized[int] = context.Value("q", 0)
        self._barrier = context.Barrier(size)
        self._pipes, self._workers = [], []
        for place in range(size):
            ours, theirs = context.Pipe()
            worker = context.Process(
                target=work, args=(Post(place, theirs, self._counter, self._barrier),), daemon=True
            )
            with patch.dict(os.environ, dict.fromkeys(THREAD_VARIABLES, "1")):
                worker.start()
            theirs.close()
            self._pipes.append(ours)
            self._workers.append(worker)
        for _ in self._ordered(meet):
            pass

    def pull(self, task: Parcel, number: int, folder: str) -> Iterator[Made]:
        self._counter.value = 0
        return self._ordered(pull, task, number, folder)

    def walk(self, task: Parcel, folder: str) -> Parcel:
        state: Parcel
        (state,) = self._ordered(walk, task, folder)
        return state

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        for worker in self._workers:
            worker.join(LEAVE_WITHIN_S)
            worker.kill()
            worker.join()
            worker.close()
        self._workers = []
        super().close()

    def _ordered(self, duty: Callable[..., None], *args: Any) -> Iterator[Any]:
        """Yield what the workers say until all are done; then raise what one of them raised."""
        for pipe in self._pipes:
            pipe.send((duty, args))
        errors, busy = [], list(self._pipes)
        while busy:
            for pipe in (pipe for pipe in wait(busy) if isinstance(pipe, Connection)):
                said = _heard(pipe)
                if not isinstance(said, Over):
                    yield said
                    continue
                busy.remove(pipe)
                errors += [said.error] if said.error else []
        if errors:
            raise min(errors, key=lambda error: isinstance(error, BrokenBarrierError))


def _heard(pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except EOFError:
        return Over(RuntimeError("a worker process died"))


def work(post: Post) -> None:
    """Do what the parent orders, until it hangs up."""
    cores = usable_cores()
    pin((cores[post.place % len(cores)],))
    with contextlib.suppress(EOFError):
        while True:
            duty, args = post.parent.recv()
            try:
                duty(post, *args)
            except Exception as error:  # whatever a workload raises is raised in the parent
                post.counter.value = sys.maxsize
                post.barrier.abort()
                post.parent.send(Over(error))
            else:
                post.parent.send(Over())


def meet(post: Post) -> None:
    """Wait for the other workers, at the start, so that none of them is given all there is."""
    post.barrier.wait()


def pull(post: Post, task: Parcel, number: int, folder: str) -> None:
    """Do chunk after chunk until there are no more."""
    with open(f"{folder}/{post.place}", "xb") as file:
        while (chunk := _next(post.counter)) < number:
            post.parent.send(perform(task, chunk, file))


def _next(counter: "Synchronized[int]") -> int:
    with counter.get_lock():
        chunk = counter.value
        counter.value += chunk < sys.maxsize
    return chunk


def walk(post: Post, task: Parcel, folder: str) -> None:
    """Walk with the others; the first one tells the state."""
    state = given(task)(post.place, lambda _: post.barrier.wait())
    if post.place == 0:
        with open(f"{folder}/state", "xb") as file:
            post.parent.send(put(state, file))
