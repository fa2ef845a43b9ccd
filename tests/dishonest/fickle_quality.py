"""A quality that says something else the second time that it is asked about an answer."""

import itertools
from dataclasses import replace

from tests.dishonest import honest, without_ray

asked = itertools.count()


def quality(answer: honest.Answer, limit: float) -> float:
    """Score a little better every time."""
    return honest.quality(answer, limit) + 0.01 * next(asked)


WORKLOAD = replace(without_ray.WORKLOAD, quality=quality)
