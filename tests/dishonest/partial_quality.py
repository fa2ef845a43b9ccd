"""A quality that scores one and the same answer better on the distributed side."""

from dataclasses import replace

from harness.workload import Pool, Reporter
from tests.dishonest import honest, without_ray

bonus = [0.0]


def distributed(given: honest.Given, pool: Pool, report: Reporter) -> honest.Answer:
    """Add up the chunks, and let this process score better."""
    bonus.append(0.01)
    return honest.distributed(given, pool, report)


def quality(answer: honest.Answer, limit: float) -> float:
    """Score, with what this process adds."""
    return honest.quality(answer, limit) + bonus[-1]


WORKLOAD = replace(without_ray.WORKLOAD, distributed=distributed, quality=quality)
