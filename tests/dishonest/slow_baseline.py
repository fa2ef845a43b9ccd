"""Both sides do it the slow way, beside which the workload has a fast one."""

from dataclasses import replace

from harness.workload import Proof, Reporter
from tests.dishonest import honest, without_ray


def in_one_pass(given: honest.Given, report: Reporter) -> honest.Answer:
    """Add up the chunks once."""
    terms, _ = given
    return honest.baseline((terms, 1), report)


WORKLOAD = replace(
    without_ray.WORKLOAD,
    params=honest.Settings(terms=300_000, passes=40),
    proof=Proof[honest.Given, honest.Answer](variants={"in one pass": in_one_pass}),
)
