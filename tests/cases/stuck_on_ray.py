"""A small real workload on Ray whose workers are stuck, each once, in a map and in a lockstep.

In the folder ``marks`` a worker that comes to a moment leaves a file, is stopped there, or waits
without an end. Whoever comes there after it finds the file, and goes on.
Imports ``harness.workload``.
"""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.workload import Lockstep, Metric, Pool, Problem, Reporter, Workload

CHUNKS, STEPS, LANES = 12, 12, 2
CHUNK_STOPPED, CHUNK_WITHOUT_END = 3, 6
STEP_STOPPED, STEP_WITHOUT_END = 4, 8


@dataclass(frozen=True)
class Settings:
    """Where the marks are left (empty: nobody is stuck)."""

    marks: str = ""


def be_stopped() -> None:
    """Stop this process, as Ctrl-Z does."""
    os.kill(os.getpid(), signal.SIGSTOP)


def wait_without_end() -> None:
    """Wait for what never comes."""
    time.sleep(600)


def once(marks: str, moment: str, deed: Callable[[], None]) -> None:
    """Do it, unless a worker has done so before."""
    mark = Path(marks, moment)
    if marks and not mark.exists():
        mark.touch()
        deed()


def mapped(chunk: int, marks: str) -> int:
    """Return a chunk's square."""
    if chunk == CHUNK_STOPPED:
        once(marks, "chunk stopped", be_stopped)
    if chunk == CHUNK_WITHOUT_END:
        once(marks, "chunk without end", wait_without_end)
    return chunk * chunk


def start(marks: str) -> int:
    """Return the state before the first step."""
    return 1


def contribute(state: int, step: int, share: Sequence[int], marks: str) -> int:
    """Return the sum of a share's lanes."""
    if 0 in share and step == STEP_STOPPED:
        once(marks, "step stopped", be_stopped)
    if 1 in share and step == STEP_WITHOUT_END:
        once(marks, "step without end", wait_without_end)
    return sum(lane + state for lane in share)


def combine(state: int, step: int, parts: Sequence[int], marks: str) -> int:
    """Add the parts."""
    return (state + sum(parts)) % 1_000_003


def baseline(marks: str, report: Reporter) -> tuple[list[int], int]:
    """Do it all here."""
    squares = [mapped(chunk, "") for chunk in range(CHUNKS)]
    report(CHUNKS)
    state = start("")
    for step in range(STEPS):
        state = combine(state, step, [contribute(state, step, range(LANES), "")], "")
    report(CHUNKS + STEPS)
    return squares, state


def distributed(marks: str, pool: Pool, report: Reporter) -> tuple[list[int], int]:
    """Do it on the pool."""
    squares = [part.value for part in pool.map(mapped, range(CHUNKS), marks, report=report)]
    program = Lockstep(start, contribute, combine)
    shares = [[0], [1]] if pool.size == LANES else [[0, 1]]
    state = pool.lockstep(program, shares, STEPS, marks, report=lambda done: report(CHUNKS))
    report(CHUNKS + STEPS)
    return squares, state


def load(settings: Settings) -> Problem[str, None]:
    """Return where the marks are left."""
    return Problem(input=settings.marks, held_out=None, items=CHUNKS + STEPS)


def quality(answer: tuple[list[int], int], held_out: Any) -> float:
    """Return the state."""
    return float(answer[1])


WORKLOAD = Workload(
    name="stuck",
    params=Settings(),
    metric=Metric("state"),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
)
