"""A workload of your own: what the two sides compute, and what the slide says about it.

It runs as it is: the area of a circle, from points thrown at a square. Put your own work into
``load``, ``baseline``, ``distributed`` and ``quality``, then your own sentences into ``WORKLOAD``.
Files beside this one can be imported; their code is sent to the workers too.
"""

import math
from dataclasses import dataclass

import numpy as np

from twoclocks import Axis, Metric, Pool, Problem, Reporter, Slide, Workload

POINTS_PER_CHUNK = 2_000_000

Chunk = tuple[int, int]


@dataclass(frozen=True)
class Settings:
    """The settings: ``--set chunks=600`` changes one. A ValueError refuses it, in one sentence."""

    chunks: int = 300
    seed: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.chunks <= 1_000_000:
            raise ValueError(f"chunks={self.chunks} is not between 1 and 1,000,000")


def load(settings: Settings) -> Problem[list[Chunk], float]:
    """Make the input, outside both clocks, from the settings alone.

    Both sides call this, and their digests must be equal. Neither side ever gets ``held_out``.
    ``warmup`` is a small input that each side runs once before its clock starts.
    """
    chunks = [(settings.seed, place) for place in range(settings.chunks)]
    points = len(chunks) * POINTS_PER_CHUNK
    return Problem(input=chunks, held_out=math.pi / 4 * points, items=points, warmup=chunks[:2])


def points_inside(chunk: Chunk) -> int:
    """Count a chunk's points inside the circle: the kernel, the same for both sides.

    The result depends on the chunk alone, so the answer is the same on any number of workers.
    """
    x, y = np.random.default_rng(chunk).random((2, POINTS_PER_CHUNK), dtype=np.float32)
    return int(np.count_nonzero(x * x + y * y < 1))


def baseline(chunks: list[Chunk], report: Reporter) -> int:
    """Do all of it in this process: write the best program for one machine that you can."""
    inside = 0
    for done, chunk in enumerate(chunks, start=1):
        inside += points_inside(chunk)
        report(done * POINTS_PER_CHUNK)  # items done so far; it is cheap
    return inside


def distributed(chunks: list[Chunk], pool: Pool, report: Reporter) -> int:
    """Do the same on the pool. Use 20 or more chunks per worker, of 50 to 250 ms each.

    ``pool.share(value)`` puts a large value where all workers read it. ``pool.shuffle``,
    ``pool.lockstep`` and ``pool.pipeline`` are for work that exchanges data.
    """
    results = pool.map(points_inside, chunks, items=lambda _: POINTS_PER_CHUNK, report=report)
    return sum(result.value for result in results)


def quality(answer: int, held_out: float) -> float:
    """Score an answer: the same function for both sides, after the clock has stopped.

    Where answers may differ, return a score for each held-out item instead, such as an array of
    hits: their mean is then the quality, and the slide says how sure its change is.
    """
    return 1e6 * abs(answer / held_out - 1)


WORKLOAD = Workload(
    name="mine",
    params=Settings(),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    unit="points",
    # a short name with its unit; how far it may move, fixed before the first run; what is better
    metric=Metric("error in ppm", tolerance=0.0, higher_is_better=False),
    slide=Slide(
        axis=Axis.DATA,
        bottleneck="the area is known too late",  # the sentence on slide one
        # bound="2 h a night, window 1 h",  # the number that proves it
        partition="chunks of 2,000,000 points",
        communication="one number a chunk",
        consistency="a sum of whole numbers is the same in any order",
        why_not_another_axis="no model and no request: only data",
        limitation="four times the points halve the error: speed alone buys little accuracy",
    ),
    # For --prove-baseline, settings that mean less work: is the result as good? (import Proof, too)
    # proof=Proof(effort=({"chunks": 75}, {"chunks": 150})),
)
