"""The rival on ``multiprocessing``: the same training on plain processes, as well as one would write it by hand.

Worker processes stay, each pinned to a core, with samples and model resident. A step's gradient sums go into
shared memory and one barrier a step lets everybody read the others': two sets of slots take turns, so that
nobody writes where a neighbour may still be reading. The parent sleeps until the answer comes.
A workload whose ``baseline`` is this, so that the harness times, scores and digests it as any side.
"""

import atexit
import contextlib
import dataclasses
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from multiprocessing.synchronize import Barrier
from typing import Any

import numpy as np

from harness.run.host import pin, usable_cores
from harness.workload import Report
from workloads import train
from workloads._train_kernel import Array, Net, Samples, layers, nodes, size

WORKERS = 2
STEP_WITHIN_S = 60.0

Slots = list[list[Array]]


def lengths(recipe: train.Recipe) -> list[int]:
    """Return how many numbers each worker has to exchange in a step."""
    return [len(list(nodes(*run))) * size(recipe.hidden) for run in train.runs(recipe.leaves, WORKERS)]


def slots(memory: Any, counts: Sequence[int]) -> Slots:
    """Return each worker's slot in shared memory, for even and for odd steps."""
    both = np.frombuffer(memory, np.float32, 2 * sum(counts)).reshape(2, -1)
    return [np.split(half, np.cumsum(counts)[:-1]) for half in both]


class Crew:
    """The workers, alive from the first training to the end of this process."""

    def __init__(self, training: train.Training) -> None:
        context = get_context("spawn")
        self._memory = SharedMemory(create=True, size=2 * 4 * sum(lengths(training.recipe)))
        barrier = context.Barrier(WORKERS)
        self._orders: list[Connection] = []
        for place in range(WORKERS):
            order, heard = context.Pipe()
            given = (place, heard, barrier, self._memory.name, training.samples)
            context.Process(target=work, args=given, daemon=True).start()
            heard.close()
            self._orders.append(order)

    def train(self, recipe: train.Recipe) -> Any:
        """Return the weights after a training by this recipe."""
        for order in self._orders:
            order.send(recipe)
        weights, *_ = [order.recv() for order in self._orders]
        return weights

    def close(self) -> None:
        """Let the workers go and give the shared memory back."""
        for order in self._orders:
            order.close()
        self._memory.close()
        self._memory.unlink()


def work(place: int, heard: Connection, barrier: Barrier, memory: str, samples: Samples) -> None:
    """Train by every recipe that comes, until the parent hangs up; the first worker tells the weights, the others that they are done."""
    pin(usable_cores()[place : place + 1])
    shared = SharedMemory(memory)
    with contextlib.suppress(EOFError):
        while True:
            training = train.Training(samples, heard.recv())
            weights = trained(training, place, slots(shared.buf, lengths(training.recipe)), barrier)
            heard.send(None if place else weights)


def trained(training: train.Training, place: int, exchange: Slots, barrier: Barrier) -> Array:
    """Return the weights after all steps, done in step with the other workers."""
    recipe, state = training.recipe, train.start(training)
    share = train.runs(recipe.leaves, WORKERS)[place]
    for step in range(recipe.steps):
        own, mine = train.contribute(state, step, share, training), exchange[step % 2]
        mine[place][:] = own
        barrier.wait(STEP_WITHIN_S)
        parts = [own if worker == place else part for worker, part in enumerate(mine)]
        state = train.absorb(state, step, parts, training)
    return state.weights


class OnProcesses:
    """Trains on worker processes that its first run, the warm-up, has started."""

    def __init__(self) -> None:
        self._crew: Crew | None = None

    def __call__(self, training: train.Training, report: Report) -> Net:
        recipe = training.recipe
        if self._crew is None:
            self._crew = Crew(training)
            atexit.register(self._crew.close)
        weights = self._crew.train(recipe)
        report(recipe.steps * recipe.batch)
        return layers(weights, recipe.hidden)


WORKLOAD = dataclasses.replace(train.WORKLOAD, baseline=OnProcesses())
