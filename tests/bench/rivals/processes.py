"""The rival on ``multiprocessing``: plain worker processes, as well as one would write it by hand.

Worker processes live on, each pinned to a core. They pull chunks off one shared counter, so none
waits for the parent between two of them. A lockstep's state stays in its worker, and one barrier a
step lets everybody read the others' parts.
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
from tests.bench.rivals.parcels import Parcel, append_value, resolve
from tests.bench.rivals.tasks import Outcome, SharedMemoryPool, run_chunk

LEAVE_WITHIN_S = 10.0


class WorkerSetup(NamedTuple):
    """A worker's place, its end of the pipe, the next chunk's number, and where all meet."""

    place: int
    parent: Connection
    counter: "Synchronized[int]"
    barrier: Barrier


class OrderEnded(NamedTuple):
    """A worker is done with an order; ``error`` is what it raised (None: nothing)."""

    error: Exception | None = None


class ProcessPool(SharedMemoryPool):
    """A number of worker processes, which are up when this returns."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        context = get_context("spawn")
        self._counter: Synchronized[int] = context.Value("q", 0)
        self._barrier = context.Barrier(size)
        self._pipes = []
        self._workers = []
        for place in range(size):
            ours, theirs = context.Pipe()
            setup = WorkerSetup(
                place=place, parent=theirs, counter=self._counter, barrier=self._barrier
            )
            worker = context.Process(target=obey, args=(setup,), daemon=True)
            with patch.dict(os.environ, dict.fromkeys(THREAD_VARIABLES, "1")):
                worker.start()
            theirs.close()
            self._pipes.append(ours)
            self._workers.append(worker)
        for _ in self._order(meet):
            pass

    def run_chunks(self, task: Parcel, number: int, folder: str) -> Iterator[Outcome]:
        self._counter.value = 0
        return self._order(pull_chunks, task, number, folder)

    def run_together(self, task: Parcel, folder: str) -> Parcel:
        end: Parcel
        (end,) = self._order(run_steps, task, folder)
        return end

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

    def _order(self, order: Callable[..., None], *args: Any) -> Iterator[Any]:
        """Yield what the workers send until all are done; then raise what one of them raised."""
        for pipe in self._pipes:
            pipe.send((order, args))
        errors = []
        busy = list(self._pipes)
        while busy:
            for pipe in (pipe for pipe in wait(busy) if isinstance(pipe, Connection)):
                message = _receive(pipe)
                if not isinstance(message, OrderEnded):
                    yield message
                    continue
                busy.remove(pipe)
                errors += [message.error] if message.error else []
        if errors:
            raise min(errors, key=lambda error: isinstance(error, BrokenBarrierError))


def _receive(pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except EOFError:
        return OrderEnded(RuntimeError("a worker process died"))


def obey(setup: WorkerSetup) -> None:
    """Do what the parent orders, until it hangs up."""
    cores = usable_cores()
    pin((cores[setup.place % len(cores)],))
    with contextlib.suppress(EOFError):
        while True:
            order, args = setup.parent.recv()
            try:
                order(setup, *args)
            except Exception as error:  # whatever a workload raises is raised in the parent
                setup.counter.value = sys.maxsize
                setup.barrier.abort()
                setup.parent.send(OrderEnded(error))
            else:
                setup.parent.send(OrderEnded())


def meet(setup: WorkerSetup) -> None:
    """Wait for the other workers, at the start, so that none of them pulls all chunks."""
    setup.barrier.wait()


def pull_chunks(setup: WorkerSetup, task: Parcel, number: int, folder: str) -> None:
    """Do chunk after chunk until there are no more."""
    with open(f"{folder}/{setup.place}", "xb") as file:
        while (chunk := _next_chunk(setup.counter)) < number:
            setup.parent.send(run_chunk(task, chunk, file))


def _next_chunk(counter: "Synchronized[int]") -> int:
    with counter.get_lock():
        chunk = counter.value
        counter.value += chunk < sys.maxsize
    return chunk


def run_steps(setup: WorkerSetup, task: Parcel, folder: str) -> None:
    """Take all steps of a lockstep with the others; the first worker sends the end."""
    end = resolve(task)(setup.place, lambda _: setup.barrier.wait())
    if setup.place == 0:
        with open(f"{folder}/end", "xb") as file:
            setup.parent.send(append_value(end, file))
