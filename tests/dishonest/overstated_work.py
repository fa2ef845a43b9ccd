"""A distributed side that reports three times its work, as if its workers were faster."""

from dataclasses import replace

from harness.workload import Pool, Reporter
from tests.dishonest import honest, to_a_result


def distributed(given: honest.Given, pool: Pool, report: Reporter) -> honest.Answer:
    """Add up the chunks, and count each of them three times."""
    return honest.distributed(given, pool, lambda done: report(3 * done))


WORKLOAD = replace(to_a_result.WORKLOAD, distributed=distributed)
