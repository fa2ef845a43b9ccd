"""A small real shuffle for the tests on Ray: numbers go to partitions by remainder.

There they are squared and summed. Pieces are larger than what Ray sends inside a message, so that
they travel through shared memory.
Imports ``harness.workload`` and NumPy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.workload import Metric, Pool, Problem, Reporter, Workload

Array = npt.NDArray[np.int64]
Given = tuple[Array, int]

PARTITIONS = 8
LENGTH = 200_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The number of chunks, and how often each is sorted in vain, so that it takes a while."""

    chunks: int = 24
    rounds: int = 40


def load(settings: Settings) -> Problem[Given, bytes]:
    """Return the numbers in chunks, and how often a chunk is sorted."""
    chunks = settings.chunks
    numbers = np.random.default_rng(1).integers(0, 1000, chunks * LENGTH).reshape(chunks, LENGTH)
    return Problem(
        input=(numbers, settings.rounds),
        held_out=b"held out",
        items=chunks,
        warmup=(numbers[:2], 1),
    )


def scatter(chunk: int, given: Given) -> list[Array]:
    """Deal one chunk's numbers, in their order."""
    numbers, rounds = given
    for _ in range(rounds):
        np.sort(numbers[chunk])
    return [
        numbers[chunk][numbers[chunk] % PARTITIONS == partition] for partition in range(PARTITIONS)
    ]


def gather(partition: int, pieces: Sequence[Array], given: Given) -> Array:
    """Return a partition's running sum, which the order of its pieces changes."""
    numbers = np.concatenate(pieces)
    for _ in range(4 * given[1]):  # long enough for a worker to be lost meanwhile
        np.sort(numbers)
    return np.cumsum(numbers**2)[::1000]


def baseline(given: Given, report: Reporter) -> list[Array]:
    """Do it all here."""
    dealt = []
    for chunk in range(len(given[0])):
        dealt.append(scatter(chunk, given))
        report(chunk + 1)
    return [
        gather(partition, [pieces[partition] for pieces in dealt], given)
        for partition in range(PARTITIONS)
    ]


def distributed(given: Given, pool: Pool, report: Reporter) -> list[Array]:
    """Do it on the pool."""
    parts = pool.shuffle(
        scatter, range(len(given[0])), gather, PARTITIONS, pool.share(given), report=report
    )
    return [part.value for part in parts]


def quality(answer: list[Array], held_out: Any) -> float:
    """Return how many sums there are."""
    return float(sum(map(len, answer)))


WORKLOAD = Workload(
    name="squares",
    params=Settings(),
    unit="chunks",
    metric=Metric("sums"),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
)
