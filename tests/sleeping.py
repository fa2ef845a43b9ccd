"""A workload whose chunks take their seconds whatever the load: they sleep.

Imports ``harness.workload``.
"""

import time
from dataclasses import dataclass

from harness.workload import Metric, Pool, Problem, Reporter, Workload


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How many chunks there are, and how long each takes."""

    chunks: int = 2
    seconds: float = 4.0


def load(settings: Settings) -> Problem[Settings, int]:
    """Return the settings: the input is no larger than that."""
    warmup = Settings(chunks=2, seconds=0.0)
    return Problem(input=settings, held_out=1, items=settings.chunks, warmup=warmup)


def slept(chunk: int, seconds: float) -> int:
    """Return the chunk's number, after a while."""
    time.sleep(seconds)
    return chunk


def baseline(given: Settings, report: Reporter) -> list[int]:
    """Return the numbers at once: this side is of no interest."""
    report(given.chunks)
    return [*range(given.chunks)]


def distributed(given: Settings, pool: Pool, report: Reporter) -> list[int]:
    """Return the numbers after all chunks have slept."""
    parts = pool.map(slept, range(given.chunks), given.seconds, report=report)
    return [part.value for part in parts]


def quality(answer: list[int], held_out: int) -> float:
    """Return how many there are."""
    return float(len(answer))


WORKLOAD = Workload(
    name="sleeping",
    params=Settings(),
    unit="chunks",
    metric=Metric("chunks"),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
)
