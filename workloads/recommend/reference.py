"""What ``recommend``'s baseline is compared with: its passes alone, and a textbook program.

Imports NumPy and ``kernel``.
"""

import time
from collections.abc import Iterator
from statistics import median

import numpy as np

from workloads.recommend.kernel import Array, Rows, aligned, reflect, vectorized

TILE_BYTES = 1 << 14  # fits in the first cache
PASSES = 2000


def passes_per_second(factors: int, seconds: float) -> float:
    """Return the rows per second of the kernel's pass over rows in the first cache.

    This is the median over at least ``seconds``.
    """
    rows = max(4, TILE_BYTES // (4 * factors) // 4 * 4)
    tile = aligned(rows, factors)
    x = aligned(1, factors)[0]
    into = aligned(1, factors)[0]
    tile[:] = 0.01
    x[:] = 0.01
    into[:] = 0
    weight = np.ones(rows, np.float32)
    wanted = np.zeros(rows, np.float32)
    took: list[float] = []
    _repeat(1, tile, rows, weight, wanted, x, into)
    while sum(took) < seconds:
        began = time.perf_counter()
        _repeat(PASSES, tile, rows, weight, wanted, x, into)
        took.append(time.perf_counter() - began)
    return rows * PASSES / median(took)


@vectorized
def _repeat(
    times: int, tile: Array, rows: int, weight: Array, wanted: Array, x: Array, into: Array
) -> None:
    for _ in range(times):
        reflect(tile, rows, weight, wanted, x, into)


def solve_exactly(
    rows_by_mode: tuple[Rows, Rows], factors: tuple[Array, Array], regularization: float, steps: int
) -> Iterator[tuple[Array, Array]]:
    """Yield both modes' factors after each half-iteration, in float64, as a textbook does it."""
    found = [matrix.astype(float) for matrix in factors]
    for step in range(steps):
        rows = rows_by_mode[step % 2]
        other = found[1 - step % 2]
        common = other.T @ other + regularization * np.eye(other.shape[1])
        solutions = [_solve_row(rows, row, other, common) for row in range(rows.height)]
        found[step % 2] = np.array(solutions)
        yield found[0], found[1]


def _solve_row(rows: Rows, row: int, other: Array, common: Array) -> Array:
    """Solve a row's normal equations; ``common`` is the part that all rows share."""
    met = slice(rows.starts[row], rows.starts[row + 1])
    mine = other[rows.columns[met]]
    weights = rows.strengths[met].astype(float)
    solution: Array = np.linalg.solve(common + (mine.T * weights) @ mine, mine.T @ (1 + weights))
    return solution
