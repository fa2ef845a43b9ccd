"""A workload of your own: what the two sides do, and what the slide says of it.

It runs as it is: the area of a circle, from points thrown at a square. Put your own work into ``load``, ``baseline``, ``distributed``
and ``quality``, then your own words into ``WORKLOAD``. Neighbouring files may be imported; their code goes to the workers too.
"""

import math

import numpy as np

from harness.workload import Parameters, Pool, Problem, Reporter, Workload

POINTS_A_CHUNK = 2_000_000

Chunk = tuple[int, int]


def check(params: Parameters) -> None:
    """Say what is wrong with parameters before anything starts, in one sentence that holds the value."""
    if not 1 <= int(params["chunks"]) <= 1_000_000:
        raise ValueError(f"chunks={params['chunks']} is not between 1 and 1,000,000")


def load(params: Parameters) -> Problem:
    """Make the input, outside both clocks, from the parameters alone: both sides call this, and their digests must be equal.

    ``held_out`` is never shown to either side. ``warmup`` is a small input that each runs once before its clock starts.
    """
    chunks = [(int(params["seed"]), place) for place in range(int(params["chunks"]))]
    return Problem(
        input=chunks, held_out=math.pi, items=len(chunks) * POINTS_A_CHUNK, warmup=chunks[:2]
    )


def inside(chunk: Chunk) -> int:
    """Return how many of a chunk's points are in the circle: the kernel, the same for both sides.

    What a chunk gives depends on nothing but the chunk, so that the answer is the same on any number of workers.
    """
    x, y = np.random.default_rng(chunk).random((2, POINTS_A_CHUNK), dtype=np.float32)
    return int(np.count_nonzero(x * x + y * y < 1))


def baseline(chunks: list[Chunk], report: Reporter) -> int:
    """Do all of it in this process. This is what you are compared with: make it the best program for one machine that you can write."""
    found = 0
    for done, chunk in enumerate(chunks, start=1):
        found += inside(chunk)
        report(done * POINTS_A_CHUNK)  # cumulative, and cheap
    return found


def distributed(chunks: list[Chunk], pool: Pool, report: Reporter) -> int:
    """Do the same on the pool. Chunks of 50 to 250 ms, twenty or more a worker, hide what Ray costs.

    ``pool.share(value)`` puts a large value where all workers read it; ``pool.shuffle`` and ``pool.lockstep`` are for work that exchanges.
    """
    return sum(
        part.value
        for part in pool.map(inside, chunks, items=lambda _: POINTS_A_CHUNK, report=report)
    )


def quality(answer: int, held_out: float) -> float:
    """Return how good an answer is: the same function for both sides, after the clock has stopped."""
    return answer / held_out


WORKLOAD = Workload(
    name="mine",
    axis="data",  # data, training, model, inference, coordination, intelligence
    unit="points",
    bottleneck="the area is known too late",  # the sentence on slide one, best with its number
    partition="chunks of 2,000,000 points",
    communication="one number a chunk",
    consistency="a sum of whole numbers is the same in any order",
    neighbour="no model and no request: only data",  # why not the next axis
    limitation="four times the points halve the error: speed alone buys little accuracy",  # where the result stops holding
    metric="points inside for each unit of area",
    tolerance=0.0,  # how far the metric may move; fixed before the run
    params={"chunks": 300, "seed": 1},  # --set chunks=600 overrides
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    check=check,
)
