"""A small real workload for the tests on Ray: chunks that are mapped, then steps in lockstep.

The first chunk is heavy, so that the worker that has it pulls fewer. The state and the parts are
larger than what Ray sends inside a message, so that they travel through shared memory, and the
state is updated in place: a worker that is rebuilt from read-only memory, or at the wrong step,
gives another answer.

Given a folder, a worker stands still at moments that a test waits for, to be killed there or to be
let go: no test has to hit a moment by the clock.
Imports ``harness.workload`` and NumPy.
"""

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.workload import Lockstep, Metric, Pool, Problem, Reporter, Workload

Array = npt.NDArray[np.float32]

LENGTH = 50_000
LANES = 4

IN_THE_MAP, AFTER_A_SNAPSHOT, AFTER_A_LOSS, AT_THE_END = "map", "snapshot", "loss", "end"
HELD, BEGUN = "held", "begun"
CHUNK_TO_STAND_AT = 3  # the last of those that are sent at first, one or two to each worker
STEP_TO_STAND_AT = 40  # the first snapshot, of step 32, has arrived at the driver by then
STEP_AFTER_A_LOSS = 60
STANDS_FOR_S = 120.0

_late_s: list[float] = []


class Given(NamedTuple):
    """How much work of which kind.

    The first chunk is ``heavy`` times as much as another; ``fail`` names the half that raises. A
    worker stands still below ``stands``, in the folder named after the number of workers if there
    is one. The worker with the first lane needs ``late`` seconds more to combine the first step.
    """

    chunks: int
    steps: int
    rounds: int
    heavy: int
    fail: str
    stands: str
    late: float


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The fields of ``Given``."""

    chunks: int = 12
    steps: int = 8
    rounds: int = 50
    heavy: int = 8
    fail: str = ""
    stands: str = ""
    late: float = 0.0


def load(settings: Settings) -> Problem[Given, bytes]:
    """Return the amounts of work: the input is no larger than that."""
    return Problem(
        input=Given(**asdict(settings)),
        held_out=b"held out",
        items=settings.chunks + settings.steps * LANES,
        warmup=Given(4, 2, 1, 1, "", "", 0.0),
    )


def kernel(seed: int, rounds: int) -> Array:
    """Return numbers that take a while."""
    numbers = np.linspace(seed, seed + 1, LENGTH, dtype=np.float32)
    for _ in range(rounds):
        np.sin(numbers, out=numbers)
        np.add(numbers, np.float32(seed), out=numbers)
    return numbers


def stand_still(folder: str, moment: str) -> None:
    """Stand at a moment, unless a worker has stood there, until the file named after it is gone.

    The file holds the pid of this process.
    """
    mark = Path(folder, moment)
    if not folder or mark.exists() or not mark.parent.is_dir():
        return
    with contextlib.suppress(FileNotFoundError):  # everybody was let go just now
        mark.write_text(str(os.getpid()))
    wait_for_the_end_of(mark)


def wait_for_the_end_of(mark: Path) -> None:
    """Wait until a file is gone."""
    until = time.monotonic() + STANDS_FOR_S
    while mark.exists() and time.monotonic() < until:
        time.sleep(0.02)


def mapped(chunk: int, given: Given) -> float:
    """Return one chunk's sum."""
    if given.fail == "map":
        raise ValueError("the author's own words")
    if chunk == CHUNK_TO_STAND_AT:
        stand_still(given.stands, IN_THE_MAP)
    return float(kernel(chunk, (LANES if chunk else LANES * given.heavy) * given.rounds).sum())


def start(given: Given) -> Array:
    """Return the state before the first step.

    Who begins while workers are held waits, and leaves its pid afterwards.
    """
    if given.stands:
        wait_for_the_end_of(Path(given.stands, HELD))
        with contextlib.suppress(FileNotFoundError):  # of another scale, or all are let go
            Path(given.stands, BEGUN).write_text(str(os.getpid()))
    return np.full(LENGTH, 0.5, dtype=np.float32)


def contribute(state: Array, step: int, share: Sequence[int], given: Given) -> Array:
    """Return a row per lane of the share."""
    if given.fail == "lockstep":
        raise ValueError("the author's own words")
    if 0 in share and step == STEP_TO_STAND_AT:
        stand_still(given.stands, AFTER_A_SNAPSHOT)
    if 0 in share and step == STEP_AFTER_A_LOSS:
        stand_still(given.stands, AFTER_A_LOSS)
    if 0 in share and step == given.steps - 1:
        stand_still(given.stands, AT_THE_END)
    if 0 in share and step == 0:
        _late_s.append(given.late)
    return np.stack([kernel(lane + step, given.rounds) * state for lane in share])


def combine(state: Array, step: int, parts: Sequence[Array], given: Given) -> Array:
    """Add all lanes in their order and fold the sum, in place."""
    while _late_s:  # only where this process contributed the first lane of the first step
        time.sleep(_late_s.pop())
    for part in parts:
        for row in part:
            state += row
    np.sin(state, out=state)
    return state


def baseline(given: Given, report: Reporter) -> tuple[list[float], Array]:
    """Do it all here."""
    given = given._replace(fail="", stands="", late=0.0)
    sums, state = [], start(given)
    for chunk in range(given.chunks):
        sums.append(mapped(chunk, given))
        report(chunk + 1)
    for step in range(given.steps):
        part = contribute(state, step, range(LANES), given)
        state = combine(state, step, [part], given)
        report(given.chunks + (step + 1) * LANES)
    return sums, state


def distributed(given: Given, pool: Pool, report: Reporter) -> tuple[list[float], Array]:
    """Do it on the pool."""
    stands = given.stands and str(Path(given.stands, str(pool.size)))
    shared = pool.share(given._replace(stands=stands))
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
