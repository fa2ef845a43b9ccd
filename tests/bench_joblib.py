"""The rival on joblib: the same training as calls of ``Parallel``, in the form that joblib's guide advises.

joblib has no worker that keeps a state of its own, so the parent keeps the model and adds up. What can stay
does: worker processes live on, each pinned to a core, and samples, weights and gradient sums lie in memory
maps that are opened once; a call carries three small values and returns nothing. What remains is joblib's own:
its parent looks every 10 ms whether a call is over.
A workload whose ``baseline`` is this, so that the harness times, scores and digests it as any side.
"""

import dataclasses
import functools
import os
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np

from harness.run.host import usable_cores
from harness.workload import Report
from tests.bench_processes import WORKERS, lengths
from workloads import train
from workloads._train_kernel import Array, Net, layers, size

MEMORY = "/dev/shm"
SETTLE_S = 0.2


class Desk(NamedTuple):
    """What one process has open: the training, the model's state with its weights in a memory map, and each worker's slot."""

    training: train.Training
    state: train.State
    slots: list[Array]


@functools.cache
def desk(folder: str) -> Desk:
    """Open what lies in the folder, once in each process."""
    training: train.Training = joblib.load(f"{folder}/training", mmap_mode="r")
    counts = lengths(training.recipe)
    weights, sums = _shared(folder, "weights", size(training.recipe.hidden)), _shared(folder, "sums", sum(counts))
    return Desk(training, dataclasses.replace(train.start(training), weights=weights), np.split(sums, np.cumsum(counts)[:-1]))


def contribute(folder: str, place: int, step: int) -> None:
    """Write one worker's gradient sums of a step into its slot."""
    training, state, slots = desk(folder)
    share = train.runs(training.recipe.leaves, WORKERS)[place]
    slots[place][:] = train.contribute(state, step, share, training)


def _shared(folder: str, name: str, length: int) -> Array:
    path = Path(folder) / name
    return np.asarray(np.memmap(path, np.float32, "r+" if path.exists() else "w+", shape=(length,)))


class OnJoblib:
    """Trains on joblib's worker processes, which its first run, the warm-up, starts, pins and lets open what they need."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(dir=MEMORY if Path(MEMORY).is_dir() else None)
        self._pinned = False

    def __call__(self, training: train.Training, report: Report) -> Net:
        recipe = training.recipe
        with joblib.Parallel(n_jobs=WORKERS, batch_size=1, pre_dispatch="all") as parallel:
            if not self._pinned:
                joblib.dump(training, f"{self._folder.name}/training")
                _pin(parallel)
                self._pinned = True
            weights = _trained(training, self._folder.name, parallel)
        report(recipe.steps * recipe.batch)
        return layers(weights, recipe.hidden)


def _trained(training: train.Training, folder: str, parallel: joblib.Parallel) -> Array:
    """Return the weights after all steps; they are moved between calls, when nobody reads them."""
    (_, kept, slots), begun = desk(folder), train.start(training)
    kept.weights[:] = begun.weights
    state = dataclasses.replace(begun, weights=kept.weights)
    for step in range(training.recipe.steps):
        parallel(joblib.delayed(contribute)(folder, place, step) for place in range(WORKERS))
        state = train.absorb(state, step, slots, training)
    return state.weights.copy()


def _pin(parallel: joblib.Parallel) -> None:
    """Bind each worker process to a core of its own, where the system can."""
    seen: set[int] = set()
    while len(seen) < WORKERS:
        seen |= set(parallel(joblib.delayed(_met)() for _ in range(WORKERS)))
    for pid, core in zip(sorted(seen), usable_cores(), strict=False):
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(pid, {core})


def _met() -> int:
    time.sleep(SETTLE_S)  # so that no worker takes two of these
    return os.getpid()


WORKLOAD = dataclasses.replace(train.WORKLOAD, baseline=OnJoblib())
