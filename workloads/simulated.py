"""Simulated work: both sides sleep through a written schedule, without a cluster.

Its results are marked as simulated and never make a headline. The schedule has ``chunks`` chunks
of ``seconds`` ÷ ``chunks`` on average, in uneven lengths of a fixed pattern, so that the workers
do not move in step. They are dealt over as many ``hosts``. Imports ``harness.workload``.
"""

import time
from dataclasses import dataclass

from harness.workload import Metric, Pool, Problem, Reporter, Slide, Workload, require_between

PATTERN = (0.8, 1.1, 1.0, 1.2, 0.9)

Schedule = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What ``--set`` can change; raises ``ValueError`` for a schedule that cannot be slept."""

    seconds: float = 12.0
    chunks: int = 400
    quality: float = 0.97
    hosts: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= 3600:
            raise ValueError(f"seconds={self.seconds} is not between 0 and 3600")
        require_between(self, {"chunks": (1, 100_000), "hosts": (1, 10_000)})


def load(settings: Settings) -> Problem[Schedule, float]:
    """Write the schedule: the seconds of every chunk."""
    shape = [PATTERN[chunk % len(PATTERN)] for chunk in range(settings.chunks)]
    scale = settings.seconds / sum(shape)
    schedule = tuple(scale * part for part in shape)
    return Problem(input=schedule, held_out=settings.quality, items=settings.chunks)


def baseline(schedule: Schedule, report: Reporter) -> Schedule:
    """Sleep through the chunks one after the other."""
    began = time.perf_counter()
    due = 0.0
    for done, seconds in enumerate(schedule, start=1):
        due += seconds
        time.sleep(max(0.0, due - (time.perf_counter() - began)))
        report(done)
    return schedule


def distributed(schedule: Schedule, pool: Pool, report: Reporter) -> Schedule:
    """Let simulated workers pull the chunks."""
    results = pool.map(_seconds, schedule, report=report)
    return tuple(result.value for result in results)


def _seconds(chunk: float) -> float:
    """Return the seconds of a chunk, which is all that it is."""
    return chunk


def quality(answer: Schedule, held_out: float) -> float:
    """Return the quality that the settings name."""
    return held_out


WORKLOAD = Workload(
    name="simulated",
    params=Settings(),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    unit="chunks",
    metric=Metric("simulated quality"),
    slide=Slide(
        bottleneck="nothing is measured here: both sides sleep through a written schedule",
        partition="chunks of sleep",
        communication="none",
        consistency="none",
        why_not_another_axis="none: nothing is computed",
        limitation="simulated work proves nothing about speed",
    ),
    simulated=True,
)
