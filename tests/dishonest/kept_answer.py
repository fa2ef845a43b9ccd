"""An answer that no other process can read: it holds a lock."""

import threading
from dataclasses import replace

from harness.workload import Pool, QualityReporter
from tests.dishonest import honest, without_ray


class Locked(list[float]):
    """An answer with a lock, which cannot be pickled."""

    def __init__(self, sums: honest.Answer) -> None:
        super().__init__(sums)
        self.lock = threading.Lock()


def distributed(given: honest.Given, pool: Pool, report: QualityReporter) -> honest.Answer:
    """Return the sums under a lock."""
    return Locked(without_ray.WORKLOAD.distributed(given, pool, report))


WORKLOAD = replace(without_ray.WORKLOAD, distributed=distributed, answers_differ="one has a lock")
