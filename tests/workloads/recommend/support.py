"""What the tests of ``recommend`` share: small problems and how to look at them."""

from typing import Any

import numpy as np

from harness.model import Parameters
from harness.run.digest import digest
from harness.workload import AnyProblem
from workloads import recommend
from workloads.recommend.kernel import (
    Rows,
)
from workloads.recommend.rows import (
    group_by_row,
)

TINY: Parameters = {
    "users": 300,
    "items": 120,
    "interactions": 9000,
    "factors": 20,
    "iterations": 3,
    "target": 1.0,
    "blocks": 7,
}


def problem(**changed: Any) -> AnyProblem:
    return recommend.load(
        recommend.WORKLOAD.configure(recommend.WORKLOAD.defaults | TINY | changed)
    )


def same(one: Any, other: Any) -> bool:
    """Return whether two answers, inputs or held-out sets have equal bits."""
    return digest(one, 0) == digest(other, 0)


def some_rows(seed: int, height: int = 30, width: int = 12, count: int = 200) -> Rows:
    """Return rows of random interactions, the same pair more than once among them."""
    random = np.random.default_rng(seed)
    who, what = random.integers(0, height, count), random.integers(0, width, count).astype(np.int32)
    return group_by_row(who, what, random.integers(1, 9, count).astype(np.float32), height)
