"""A quality that looks at the process it runs in: on the distributed side it is a little better."""

import sys
from dataclasses import replace

from tests.dishonest import honest, without_ray

MORE = 0.01


def quality(answer: honest.Answer, limit: float) -> float:
    """Score the answer of the distributed side's process better, and within the tolerance."""
    is_distributed = '"side":"distributed"' in "".join(sys.argv)
    return honest.quality(answer, limit) + MORE * is_distributed


WORKLOAD = replace(without_ray.WORKLOAD, quality=quality, answers_differ="it is said to")
