"""A small real shuffle for the tests on Ray: numbers go to partitions by remainder.

There they are squared and summed. Pieces are larger than what Ray sends inside a message, so that
they travel through shared memory. In either half a worker can be had to die of itself.
Imports ``harness.workload`` and NumPy.
"""

import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.workload import Metric, Pool, Problem, Reporter, Workload

Array = npt.NDArray[np.int64]
Given = tuple[Array, str]

PARTITIONS = 8
LENGTH = 200_000
LAST_OF_ITS_WORKER = 5


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The number of chunks, and a folder for what the workers that die leave (empty: none does)."""

    chunks: int = 24
    losses: str = ""


def load(settings: Settings) -> Problem[Given, bytes]:
    """Return the numbers in chunks, and the folder; nobody dies while warming up."""
    chunks = settings.chunks
    numbers = np.random.default_rng(1).integers(0, 1000, chunks * LENGTH).reshape(chunks, LENGTH)
    return Problem(
        input=(numbers, settings.losses),
        held_out=b"held out",
        items=chunks,
        warmup=(numbers[:2], ""),
    )


def scatter(chunk: int, given: Given) -> list[Array]:
    """Deal one chunk's numbers, in their order."""
    numbers, _ = given
    return [
        numbers[chunk][numbers[chunk] % PARTITIONS == partition] for partition in range(PARTITIONS)
    ]


def gather(_: int, pieces: Sequence[Array], __: Given) -> Array:
    """Return a partition's running sum, which the order of its pieces changes."""
    return np.cumsum(np.concatenate(pieces) ** 2)[::1000]


def scatter_or_die(chunk: int, given: Given) -> list[Array]:
    """Deal one chunk's numbers; the first worker that gets a certain chunk is killed by it."""
    _, losses = given
    if losses:
        (Path(losses) / f"dealt by {os.getpid()}").touch()
        if chunk == LAST_OF_ITS_WORKER:
            die_once(Path(losses) / "scattering")
    return scatter(chunk, given)


def gather_or_die(partition: int, pieces: Sequence[Array], given: Given) -> Array:
    """Return a partition's sum; the first worker here that has dealt numbers, too, is killed."""
    _, losses = given
    if losses and (Path(losses) / f"dealt by {os.getpid()}").exists():
        die_once(Path(losses) / "gathering")
    return gather(partition, pieces, given)


def die_once(mark: Path) -> None:
    """Kill this process, unless one has left the mark before."""
    with contextlib.suppress(FileExistsError):
        mark.touch(exist_ok=False)
        os.kill(os.getpid(), signal.SIGKILL)


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
        scatter_or_die,
        range(len(given[0])),
        gather_or_die,
        PARTITIONS,
        pool.share(given),
        report=report,
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
