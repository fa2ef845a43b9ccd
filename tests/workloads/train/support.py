"""What the tests of ``train`` share: small problems and how to look at them."""

from typing import Any

import numpy as np

from harness.model import Parameters
from harness.workload import AnyProblem
from workloads import train

TINY: Parameters = {"steps": 3, "batch": 256, "micro_batch": 32, "hidden": 16, "copies": 1}


def same(one: Any, other: Any) -> bool:
    """Return whether two nests of arrays have equal bits."""
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(np.array_equal(one, other))


def problem(**changed: Any) -> AnyProblem:
    return train.load(train.WORKLOAD.configure(train.WORKLOAD.defaults | TINY | changed))
