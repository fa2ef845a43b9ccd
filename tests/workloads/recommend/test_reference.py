import time

import numpy as np

from tests.pools import ignore_progress
from tests.workloads.recommend.support import problem
from workloads import recommend


def test_the_textbook_program_reaches_the_same_recall() -> None:
    loaded = problem(iterations=8, cg_steps=8)
    written, expected = (
        run(loaded.input, ignore_progress) for run in (recommend.textbook, recommend.baseline)
    )
    assert np.allclose(
        written.users @ written.items.T, expected.users @ expected.items.T, atol=0.02
    )


def test_the_ceiling_is_measured_for_as_long_as_asked() -> None:
    training, began = problem().input, time.perf_counter()
    assert recommend.ceiling(training, 0.05) > 0
    assert time.perf_counter() - began >= 0.05
