import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminals import ROOT
from tests.workloads.recommend.support import some_rows
from workloads.recommend.kernel import (
    CACHE_LINE_BYTES,
    Rows,
    aligned,
    make_basis,
    make_buffers,
    solve,
)
from workloads.recommend.rows import (
    merge_duplicates,
)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), factors=st.integers(1, 40), regularization=st.floats(0.1, 10))
def test_as_many_steps_as_factors_solve_the_equations_of_every_row(
    seed: int, factors: int, regularization: float
) -> None:
    random, rows = np.random.default_rng(seed), merge_duplicates(some_rows(seed), 12)
    other, sought = (
        random.standard_normal((12, factors)).astype(np.float32),
        np.zeros((30, factors), np.float32),
    )
    change = make_basis(other.astype(float).T @ other, regularization)
    solve(rows, other @ change.into, 0, sought, factors + 10, make_buffers(12, factors))
    found = sought @ change.into.T
    for row in range(30):
        met = slice(rows.starts[row], rows.starts[row + 1])
        mine, weights = other[rows.columns[met]].astype(float), rows.strengths[met].astype(float)
        left = (
            other.astype(float).T @ other
            + (mine.T * weights) @ mine
            + regularization * np.eye(factors)
        )
        assert np.allclose(
            found[row], np.linalg.solve(left, mine.T @ (1 + weights)), rtol=1e-3, atol=1e-3
        )


def test_more_factors_than_rows_have_a_basis_all_the_same() -> None:
    other = np.random.default_rng(1).standard_normal((3, 16)).astype(np.float32)
    change = make_basis((other.T @ other).astype(float), 1e-3)
    assert np.allclose(change.into.T @ change.back, np.eye(16), atol=1e-3)


def test_a_row_without_interactions_has_no_factors() -> None:
    nothing = Rows(np.zeros(2, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    sought = np.ones((1, 5), np.float32)
    solve(nothing, np.ones((4, 5), np.float32), 0, sought, 3, make_buffers(0, 5))
    assert np.allclose(sought, 0, atol=1e-6)


@given(rows=st.integers(1, 9), columns=st.integers(1, 70))
def test_an_aligned_matrix_begins_with_a_line_of_the_cache(rows: int, columns: int) -> None:
    matrix = aligned(rows, columns)
    assert matrix.ctypes.data % CACHE_LINE_BYTES == 0
    assert matrix.shape == (rows, columns)


SOLVED = """
from harness.run.digest import digest
from workloads import recommend
from tests.workloads.recommend.support import problem

print(digest(recommend.baseline(problem().input, lambda done: None), 0).sha256)
"""


def test_code_from_the_cache_gives_the_bits_of_code_just_compiled(tmp_path: Path) -> None:
    surroundings = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", SOLVED]
    compiled, cached = (
        subprocess.check_output(command, cwd=ROOT, env=surroundings) for _ in range(2)
    )
    assert compiled == cached
