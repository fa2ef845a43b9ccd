"""A small real workload for the tests on Ray: a pipeline whose stages hold a piece of a state each.

Every piece adds to what passes through and changes by what comes back, in place, so that a stage
that goes on from another step, or sees a micro-batch twice, gives another answer. Given a folder, a
worker stands still at steps that a test waits for.
Imports ``harness.workload``, NumPy and the moments of ``pieces``.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.workload import Metric, Pipeline, Pool, Problem, Reporter, Workload
from tests.pieces import kernel, stand_still

Array = npt.NDArray[np.float32]

PIECES = 6
LENGTH = 50_000
MICRO_BATCHES = 4
FIRST, LAST = "first", "last"  # the stages that stand still
STEP_OF_FIRST, STEP_OF_LAST = 30, 60


class Given(NamedTuple):
    """How much work, and how long a step takes at least.

    A worker stands still below ``stands`` in the folder of so many workers.
    """

    steps: int
    rounds: int
    step_s: float
    stands: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The fields of ``Given``."""

    steps: int = 8
    rounds: int = 1
    step_s: float = 0.0
    stands: str = ""


@dataclass
class Pieces:
    """Consecutive pieces of the state, the first of which has a number; what came back so far."""

    first: int
    rows: Array
    back: list[Array]


def load(settings: Settings) -> Problem[Given, bytes]:
    """Return the amounts of work."""
    return Problem(
        input=Given(**asdict(settings)),
        held_out=b"held out",
        items=settings.steps * PIECES,
        warmup=Given(2, 1, 0.0, ""),
    )


def start(share: range, given: Given) -> Pieces:
    """Return pieces as they are at first."""
    rows = np.linspace(0, 1, PIECES * LENGTH, dtype=np.float32).reshape(PIECES, LENGTH)
    return Pieces(share.start, rows[share.start : share.stop].copy(), [])


def forward(stage: Pieces, step: int, number: int, part: Array | None, given: Given) -> Array:
    """Add the pieces one after the other."""
    if number == 1 and stage.first == 0:
        time.sleep(given.step_s)
        if step == STEP_OF_FIRST:
            stand_still(given.stands, FIRST)
    total = kernel(step + number, given.rounds) if part is None else part.copy()
    for row in stage.rows:
        total += row
    return total


def turn(stage: Pieces, step: int, number: int, part: Array, given: Given) -> Array:
    """Return what all pieces change by."""
    changes: Array = np.sin(part)
    return changes


def backward(stage: Pieces, step: int, number: int, part: Array, given: Given) -> Array:
    """Keep it for the update, and pass it on."""
    if number == 1 and stage.first > 0 and step == STEP_OF_LAST:
        stand_still(given.stands, LAST)
    stage.back.append(part)
    return part


def update(stage: Pieces, step: int, number: int, given: Given) -> None:
    """Change the pieces by the first that came back."""
    changes = stage.back.pop(0)
    for place, row in enumerate(stage.rows, stage.first):
        row -= np.float32(0.01 * (place + 1)) * changes


def conclude(stage: Pieces, given: Given) -> Array:
    """Return the pieces."""
    return stage.rows


PROGRAM = Pipeline(start, forward, turn, backward, update, conclude)


def baseline(given: Given, report: Reporter) -> Array:
    """Hold all pieces here."""
    given = given._replace(step_s=0.0, stands="")
    stage = start(range(PIECES), given)
    for step in range(given.steps):
        PROGRAM.take_step([stage], step, MICRO_BATCHES, given)
        report((step + 1) * PIECES)
    return conclude(stage, given)


def distributed(given: Given, pool: Pool, report: Reporter) -> Array:
    """Share the pieces out to the pool."""
    stands = given.stands and str(Path(given.stands, str(pool.size)))
    pieces = pool.pipeline(
        PROGRAM,
        shares_of(pool.size),
        given.steps,
        MICRO_BATCHES,
        pool.share(given._replace(stands=stands)),
        items=PIECES,
        report=report,
    )
    return np.concatenate(pieces)


def shares_of(workers: int) -> Sequence[range]:
    """Return the numbers of the pieces of each worker."""
    ends = [place * PIECES // workers for place in range(workers + 1)]
    return [range(*pair) for pair in pairwise(ends)]


def quality(answer: Array, held_out: Any) -> float:
    """Return the mean of the pieces."""
    return float(answer.mean())


WORKLOAD = Workload(
    name="stages",
    params=Settings(),
    unit="pieces",
    metric=Metric("mean"),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
)
