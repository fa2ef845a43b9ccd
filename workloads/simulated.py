"""Simulated work without a cluster: both sides sleep a written schedule. Its results are simulated, never a headline.

The schedule is ``chunks`` pieces of ``seconds`` ÷ ``chunks`` each, unevenly cut by a fixed pattern so that the
workers do not move as one; ``serial`` is the part of it that only one worker can do.
"""

import time

from harness.workload import Parameters, Pool, Problem, Reporter, Workload

PATTERN = (0.8, 1.1, 1.0, 1.2, 0.9)

Chunks = tuple[float, ...]


def check(params: Parameters) -> None:
    """Raise ``ValueError`` for a schedule that cannot be slept."""
    if not 0 < float(params["seconds"]) <= 3600:
        raise ValueError(f"seconds={params['seconds']} is not between 0 and 3600")
    if not 1 <= int(params["chunks"]) <= 100_000:
        raise ValueError(f"chunks={params['chunks']} is not between 1 and 100,000")


def load(params: Parameters) -> Problem:
    """Write the schedule: the seconds of every chunk."""
    chunks = int(params["chunks"])
    shape = [PATTERN[chunk % len(PATTERN)] for chunk in range(chunks)]
    seconds = tuple(float(params["seconds"]) * part / sum(shape) for part in shape)
    return Problem(input=seconds, held_out=float(params["quality"]), items=chunks)


def baseline(schedule: Chunks, report: Reporter) -> Chunks:
    """Sleep through the chunks one after the other."""
    began, due = time.perf_counter(), 0.0
    for done, seconds in enumerate(schedule, start=1):
        due += seconds
        time.sleep(max(0.0, due - (time.perf_counter() - began)))
        report(done)
    return schedule


def distributed(schedule: Chunks, pool: Pool, report: Reporter) -> Chunks:
    """Let pretend workers pull the chunks."""
    parts = pool.map(lambda seconds: seconds, schedule, report=report)
    return tuple(part.value for part in parts)


def quality(answer: Chunks, held_out: float) -> float:
    """Return the quality that is written down."""
    return held_out


WORKLOAD = Workload(
    name="simulated",
    axis="none",
    unit="chunks",
    bottleneck="nothing is measured here: both sides sleep a written schedule",
    partition="chunks of sleep",
    communication="none",
    consistency="none",
    neighbour="none",
    limitation="simulated work proves nothing about speed",
    metric="pretend quality",
    tolerance=0.0,
    params={"seconds": 12.0, "chunks": 400, "quality": 0.97},
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    check=check,
    simulated=True,
)
