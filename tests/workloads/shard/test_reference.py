import time

import numpy as np
import pytest

from tests.pools import ignore_progress
from tests.workloads.shard.support import problem
from workloads import shard
from workloads.shard.reference import bytes_per_second, textbook


def test_the_textbook_program_needs_about_as_many_bits() -> None:
    given = problem()
    written = shard.quality(textbook(given.input, ignore_progress), given.held_out).mean()
    own = shard.quality(shard.baseline(given.input, ignore_progress), given.held_out).mean()
    assert written == pytest.approx(own, abs=0.1)


def test_the_textbook_program_comes_to_the_same_tables_where_no_row_is_met_twice() -> None:
    given = problem(batch=1, micro_batches=1, rows=1 << 18, orders=3, device="60MiB").input
    few = given._replace(text=given.text[:4])
    written, own = textbook(few, ignore_progress), shard.baseline(few, ignore_progress)
    for mine, theirs in zip(written, own, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


def test_the_ceiling_is_measured_for_as_long_as_asked() -> None:
    began = time.perf_counter()
    rate = bytes_per_second(problem().input.recipe, 0.05)
    assert time.perf_counter() - began >= 0.05
    assert rate > 0
