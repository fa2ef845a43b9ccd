"""A baseline that keeps itself to one of its cores once its clock runs."""

import os
from dataclasses import replace

from harness.workload import Reporter
from tests.dishonest import honest, without_ray

WARMUP = honest.load(honest.Settings()).warmup


def baseline(given: honest.Given, report: Reporter) -> honest.Answer:
    """Add up the chunks; in the run itself, on one core."""
    if given != WARMUP:
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    return honest.baseline(given, report)


WORKLOAD = replace(without_ray.WORKLOAD, baseline=baseline)
