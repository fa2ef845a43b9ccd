"""A baseline that sleeps three times as long as it works, however fast the machine is."""

import time
from dataclasses import replace

from harness.workload import Reporter
from tests.dishonest import honest, without_ray


def baseline(given: honest.Given, report: Reporter) -> honest.Answer:
    """Add up the chunks, and sleep after each."""
    woke = time.perf_counter()

    def sleep(done: int) -> None:
        nonlocal woke
        time.sleep(3 * (time.perf_counter() - woke))
        report(done)
        woke = time.perf_counter()

    return honest.baseline(given, sleep)


WORKLOAD = replace(without_ray.WORKLOAD, baseline=baseline)
