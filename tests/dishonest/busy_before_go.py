"""A baseline whose warm-up leaves a thread behind, which works until the clock starts."""

import threading
from dataclasses import replace

from harness.workload import Reporter
from tests.dishonest import honest, without_ray, working

WARMUP = honest.load(honest.Settings()).warmup

go = threading.Event()


def work() -> None:
    """Use a core until go."""
    while not go.is_set():
        working.work_for(0.01)


def baseline(given: honest.Given, report: Reporter) -> honest.Answer:
    """Add up the chunks; after a warm-up, work on."""
    if given == WARMUP:
        threading.Thread(target=work, daemon=True).start()
    else:
        go.set()
    return honest.baseline(given, report)


WORKLOAD = replace(without_ray.WORKLOAD, baseline=baseline)
