"""Simulated work whose distributed side comes to a worse answer, so that the session is refused.

For tests of what is shown and kept of a race before its pictures are: of a refused session none are
drawn, which takes several times the core-seconds of all the rest. Imports ``harness.workload`` and
``workloads.simulated``.
"""

from dataclasses import replace

from harness.workload import Pool, Reporter
from workloads import simulated
from workloads.simulated import Schedule


def distributed(schedule: Schedule, pool: Pool, report: Reporter) -> Schedule:
    """Return the schedule without its last chunk."""
    return simulated.distributed(schedule, pool, report)[:-1]


def quality(answer: Schedule, held_out: float) -> float:
    """Return a quality that is less for fewer chunks."""
    return held_out * (1 - 1 / (1 + len(answer)))


WORKLOAD = replace(
    simulated.WORKLOAD,
    distributed=distributed,
    quality=quality,
    answers_differ="the last chunk is left out",
)
