"""A small honest workload: the sum of 1/k², whose error is one over the number of terms.

It counts in thousandths, since a simulated worker sleeps for as many seconds as a chunk's value.
"""

import math
from dataclasses import dataclass

from harness.workload import Metric, Pool, Problem, Proof, Reporter, Workload

CHUNKS = 20

Given = tuple[int, int]
Answer = list[float]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How many terms are added, and how often."""

    terms: int = 3_000_000
    passes: int = 1


def load(settings: Settings) -> Problem[Given, float]:
    """Return a chunk's number of terms and the passes as the input; the limit is held out."""
    return Problem(
        input=(settings.terms // CHUNKS, settings.passes),
        held_out=math.pi**2 / 6_000,
        items=CHUNKS,
        warmup=(1_000, 1),
    )


def chunk_sum(chunk: int, given: Given) -> float:
    """Return the sum of a chunk's terms, which every pass adds anew."""
    terms, passes = given
    total = 0.0
    for _ in range(passes):
        total = sum(1e-3 / (k * k) for k in range(chunk * terms + 1, (chunk + 1) * terms + 1))
    return total


def baseline(given: Given, report: Reporter) -> Answer:
    """Add up the chunks one after the other."""
    sums = []
    for chunk in range(CHUNKS):
        sums.append(chunk_sum(chunk, given))
        report(chunk + 1)
    return sums


def distributed(given: Given, pool: Pool, report: Reporter) -> Answer:
    """Add up the chunks on the pool."""
    parts = pool.map(chunk_sum, range(CHUNKS), pool.share(given), report=report)
    return [part.value for part in parts]


def quality(answer: Answer, limit: float) -> float:
    """Return how many decimals of the sum are those of its limit."""
    return -math.log10(abs(sum(answer) - limit))


WORKLOAD = Workload(
    name="sum",
    params=Settings(),
    metric=Metric("right decimals", tolerance=0.1),
    unit="chunks",
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    proof=Proof(effort=({"terms": 1_500_000},), variants={"three passes": {"passes": 3}}),
)
