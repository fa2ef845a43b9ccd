"""A small real map on Ray that stands still once, at a moment of the race, until it is let go on.

Whoever comes first to the ``moment`` leaves its pid in the file ``here`` of the folder ``stands``
and waits for the file ``on``: no load can make a test miss the moment.
Imports ``harness.workload`` and NumPy.
"""

import contextlib
import os
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.workload import Metric, Pool, Problem, Reporter, Workload

HERE, ON = "here", "on"
ARMING, FIRST, MIDDLE, LAST = "arming", "first tenth", "middle", "last tenth"
MERGING, SCORING = "merging", "scoring"
CHUNKS = 20
CHUNK_AT = {FIRST: 1, MIDDLE: CHUNKS // 2, LAST: CHUNKS - 1}
LENGTH, ROUNDS = 50_000, 60
STANDS_FOR_S = 300.0
MORE_THAN_THERE_IS = 1 << 40

_sides: list[str] = []


class Given(NamedTuple):
    """Who stands still when, and whether this is the warm-up; ``deed`` is done before going on."""

    chunks: int
    stands: str
    moment: str
    side: str
    deed: str
    warming: bool


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A folder (empty: nobody stands still), a moment, a side, and a deed (such as ``memory``)."""

    stands: str = ""
    moment: str = ""
    side: str = "distributed"
    deed: str = ""


def load(settings: Settings) -> Problem[Given, Given]:
    """Return what is to happen; there is no other input."""
    given = Given(chunks=CHUNKS, warming=False, **asdict(settings))
    return Problem(
        input=given,
        held_out=given._replace(chunks=0),  # scored on other input than the answer was made from
        items=CHUNKS,
        warmup=given._replace(chunks=4, warming=True),
    )


def stand_still(given: Given, moment: str, side: str) -> None:
    """Stand here until let go, if this is the moment and nobody has stood there before."""
    if not given.stands or (given.moment, given.side) != (moment, side):
        return
    folder = Path(given.stands)
    with contextlib.suppress(FileExistsError):
        with (folder / HERE).open("x") as mark:
            mark.write(str(os.getpid()))
        until = time.monotonic() + STANDS_FOR_S
        while not (folder / ON).exists() and time.monotonic() < until:
            time.sleep(0.02)
        if given.deed == "memory":
            run_out_of_memory()


def run_out_of_memory() -> None:
    """Ask for more memory than this process may have from now on."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MORE_THAN_THERE_IS // 2, hard))
    bytearray(MORE_THAN_THERE_IS)


def part_of(chunk: int, given: Given, side: str) -> float:
    """Return one chunk's sum."""
    if given.warming:
        stand_still(given, ARMING, side)
    elif chunk == CHUNK_AT.get(given.moment):
        stand_still(given, given.moment, side)
    numbers = np.linspace(chunk, chunk + 1, LENGTH)
    for _ in range(ROUNDS):
        np.sin(numbers, out=numbers)
        numbers += chunk
    return float(numbers.sum())


def mapped(chunk: int, given: Given) -> float:
    """Return one chunk's sum, on a worker."""
    return part_of(chunk, given, "distributed")


def baseline(given: Given, report: Reporter) -> list[float]:
    """Do it all here."""
    _sides[:] = ["baseline"]
    sums = []
    for chunk in range(given.chunks):
        sums.append(part_of(chunk, given, "baseline"))
        report(chunk + 1)
    if not given.warming:
        stand_still(given, MERGING, "baseline")
    return sums


def distributed(given: Given, pool: Pool, report: Reporter) -> list[float]:
    """Do it on the pool; putting the parts together is the driver's own part."""
    _sides[:] = ["distributed"]
    parts = pool.map(mapped, range(given.chunks), pool.share(given), report=report)
    if not given.warming:
        stand_still(given, MERGING, "distributed")
    return [part.value for part in parts]


def quality(answer: list[float], given: Given) -> float:
    """Return the sum of the sums."""
    for side in _sides:
        stand_still(given, SCORING, side)
    return sum(answer)


WORKLOAD = Workload(
    name="standing",
    params=Settings(),
    metric=Metric("sum"),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
)
