"""A distributed side that says it has finished while a thread of it still adds up."""

import threading
from dataclasses import replace

from harness.workload import Pool, Reporter
from tests.dishonest import honest, without_ray, working

threads: list[threading.Thread] = []


def distributed(given: honest.Given, pool: Pool, report: Reporter) -> honest.Answer:
    """Return a list that a thread fills."""
    answer: honest.Answer = []

    def add_up() -> None:
        working.work_for(1.5)
        answer.extend(honest.baseline(given, lambda _: None))

    threads.append(threading.Thread(target=add_up))
    threads[-1].start()
    report(honest.CHUNKS)
    return answer


def quality(answer: honest.Answer, limit: float) -> float:
    """Wait for the thread, then score."""
    for thread in threads:
        thread.join()
    return honest.quality(answer, limit)


WORKLOAD = replace(without_ray.WORKLOAD, distributed=distributed, quality=quality)
