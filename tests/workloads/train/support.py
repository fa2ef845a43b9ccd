"""What the tests of ``train`` share: small problems and how to look at them."""

from typing import Any

import numpy as np

from harness.model import Parameters
from harness.run.digest import digest
from harness.workload import AnyProblem
from workloads import train

TINY: Parameters = {
    "batches": 12,
    "target": 99.0,
    "batch": 4,
    "group": 1,
    "crop": 9,
    "channels": 8,
    "depth": 3,
    "validate_every": 4,
}


def problem(**changed: Any) -> AnyProblem:
    return train.load(train.WORKLOAD.configure(train.WORKLOAD.defaults | TINY | changed))


def same(one: Any, other: Any) -> bool:
    """Return whether two answers, inputs or held-out sets have equal bits."""
    return digest(one, 0) == digest(other, 0)


def some_pictures(seed: int, count: int = 2, height: int = 7, width: int = 5) -> Any:
    """Return random pictures, not square."""
    random = np.random.default_rng(seed)
    return random.random((count, 3, height, width), dtype=np.float32)
