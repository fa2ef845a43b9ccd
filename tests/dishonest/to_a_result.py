"""The honest workload as one that stops at a result: a side may need more chunks for it."""

from dataclasses import replace

from harness.workload import Problem
from tests.dishonest import honest, without_ray


def load(settings: honest.Settings) -> Problem[honest.Given, float]:
    """Let a side do twice the chunks."""
    return replace(honest.load(settings), items=2 * honest.CHUNKS)


WORKLOAD = replace(without_ray.WORKLOAD, load=load, until="a sum of {terms} terms")
