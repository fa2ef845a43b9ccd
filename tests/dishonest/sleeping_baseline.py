"""A baseline that sleeps for as long as it works."""

import time
from dataclasses import replace

from harness.workload import Reporter
from tests.dishonest import honest, without_ray


def baseline(given: honest.Given, report: Reporter) -> honest.Answer:
    """Add up the chunks, and sleep after each."""

    def sleep(done: int) -> None:
        time.sleep(0.05)
        report(done)

    return honest.baseline(given, sleep)


WORKLOAD = replace(without_ray.WORKLOAD, baseline=baseline)
