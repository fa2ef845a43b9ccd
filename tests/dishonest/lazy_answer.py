"""A distributed side that hands over an empty answer, and adds up when it is scored."""

from dataclasses import replace

from harness.workload import Pool, Reporter
from tests.dishonest import honest, without_ray, working

put_off: list[honest.Given] = []


def distributed(given: honest.Given, pool: Pool, report: Reporter) -> honest.Answer:
    """Put everything off."""
    put_off.append(given)
    report(honest.CHUNKS)
    return []


def quality(answer: honest.Answer, limit: float) -> float:
    """Add up what was put off, then score."""
    if not answer:
        working.work_for(1.5)
        answer += honest.baseline(put_off.pop(), lambda _: None)
    return honest.quality(answer, limit)


WORKLOAD = replace(without_ray.WORKLOAD, distributed=distributed, quality=quality)
