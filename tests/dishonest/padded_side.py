"""A distributed side that does twice the baseline's work to come to the same result."""

from dataclasses import replace

from harness.workload import Pool, Reporter
from tests.dishonest import honest, to_a_result


def distributed(given: honest.Given, pool: Pool, report: Reporter) -> honest.Answer:
    """Add up the chunks twice."""
    honest.distributed(given, pool, report)
    return honest.distributed(given, pool, lambda done: report(honest.CHUNKS + done))


WORKLOAD = replace(to_a_result.WORKLOAD, distributed=distributed)
