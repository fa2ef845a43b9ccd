"""A small real workload for the tests on Ray: chunks that are mapped, then steps in lockstep.

The first chunk is heavy, so that the worker that has it pulls fewer. The state and the parts are
larger than what Ray sends inside a message, so that they travel through shared memory, and the
state is updated in place: a worker that is rebuilt from read-only memory, or at the wrong step,
gives another answer.
Imports ``harness.workload`` and NumPy.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.workload import Lockstep, Metric, Pool, Problem, Reporter, Workload

Array = npt.NDArray[np.float32]

LENGTH = 50_000
LANES = 4


class Given(NamedTuple):
    """How much work of which kind.

    The first chunk is ``heavy`` times as much as another; ``fail`` names the half that raises.
    """

    chunks: int
    steps: int
    rounds: int
    heavy: int
    fail: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The fields of ``Given``."""

    chunks: int = 12
    steps: int = 8
    rounds: int = 20
    heavy: int = 8
    fail: str = ""


def load(settings: Settings) -> Problem[Given, bytes]:
    """Return the amounts of work: the input is no larger than that."""
    return Problem(
        input=Given(**asdict(settings)),
        held_out=b"held out",
        items=settings.chunks + settings.steps * LANES,
        warmup=Given(4, 2, 1, 1, ""),
    )


def kernel(seed: int, rounds: int) -> Array:
    """Return numbers that take a while."""
    numbers = np.linspace(seed, seed + 1, LENGTH, dtype=np.float32)
    for _ in range(rounds):
        np.sin(numbers, out=numbers)
        np.add(numbers, np.float32(seed), out=numbers)
    return numbers


def mapped(chunk: int, given: Given) -> float:
    """Return one chunk's sum."""
    if given.fail == "map":
        raise ValueError("the author's own words")
    return float(kernel(chunk, (LANES if chunk else LANES * given.heavy) * given.rounds).sum())


def start(given: Given) -> Array:
    """Return the state before the first step."""
    return np.full(LENGTH, 0.5, dtype=np.float32)


def contribute(state: Array, step: int, share: Sequence[int], given: Given) -> Array:
    """Return a row per lane of the share."""
    if given.fail == "lockstep":
        raise ValueError("the author's own words")
    return np.stack([kernel(lane + step, given.rounds) * state for lane in share])


def combine(state: Array, step: int, parts: Sequence[Array], given: Given) -> Array:
    """Add all lanes in their order and fold the sum, in place."""
    for part in parts:
        for row in part:
            state += row
    np.sin(state, out=state)
    return state


def baseline(given: Given, report: Reporter) -> tuple[list[float], Array]:
    """Do it all here."""
    sums, state = [], start(given)
    for chunk in range(given.chunks):
        sums.append(mapped(chunk, given._replace(fail="")))
        report(chunk + 1)
    for step in range(given.steps):
        part = contribute(state, step, range(LANES), given._replace(fail=""))
        state = combine(state, step, [part], given)
        report(given.chunks + (step + 1) * LANES)
    return sums, state


def distributed(given: Given, pool: Pool, report: Reporter) -> tuple[list[float], Array]:
    """Do it on the pool."""
    shared = pool.share(given)
    parts = pool.map(mapped, range(given.chunks), shared, report=report)
    shares = [
        range(place * LANES // pool.size, (place + 1) * LANES // pool.size)
        for place in range(pool.size)
    ]
    state = pool.lockstep(
        Lockstep(start, contribute, combine),
        shares,
        given.steps,
        shared,
        items=len,
        report=lambda done: report(given.chunks + done),
    )
    return [part.value for part in parts], state


def quality(answer: tuple[list[float], Array], held_out: Any) -> float:
    """Return the mean of the state."""
    return float(answer[1].mean())


WORKLOAD = Workload(
    name="pieces",
    params=Settings(),
    unit="pieces",
    metric=Metric("mean"),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
)
