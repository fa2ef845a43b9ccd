"""A baseline that runs only when nobody else wants its core, and is as nice as before."""

import os
from dataclasses import replace

from harness.workload import Reporter
from tests.dishonest import honest, without_ray

WARMUP = honest.load(honest.Settings()).warmup


def baseline(given: honest.Given, report: Reporter) -> honest.Answer:
    """Add up the chunks; in the run itself, under another scheduling policy."""
    if given != WARMUP:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    return honest.baseline(given, report)


WORKLOAD = replace(without_ray.WORKLOAD, baseline=baseline)
