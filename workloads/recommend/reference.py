"""What ``recommend``'s baseline is held against: its passes alone, and the same alternation written in a hurry.

Imports NumPy and the modules ``_recommend_kernel`` and ``_recommend_rows``.
"""

import time
from collections.abc import Iterator
from statistics import median

import numpy as np

from workloads.recommend.kernel import Array, aligned, reflect, vectorized
from workloads.recommend.rows import Rows

IN_CACHE_BYTES = 1 << 14
OVER_AND_OVER = 2000


def passes_per_second(factors: int, seconds: float) -> float:
    """Return the rows per second of the kernel's pass over rows that stay in the first cache, the median over at least so many seconds."""
    rows = max(4, IN_CACHE_BYTES // (4 * factors) // 4 * 4)
    tile, x, into = aligned(rows, factors), aligned(1, factors)[0], aligned(1, factors)[0]
    tile[:], x[:], into[:] = 0.01, 0.01, 0
    weight, wanted, took = np.ones(rows, np.float32), np.zeros(rows, np.float32), list[float]()
    _pass(1, tile, rows, weight, wanted, x, into)
    while sum(took) < seconds:
        began = time.perf_counter()
        _pass(OVER_AND_OVER, tile, rows, weight, wanted, x, into)
        took.append(time.perf_counter() - began)
    return rows * OVER_AND_OVER / median(took)


@vectorized
def _pass(
    times: int, tile: Array, rows: int, weight: Array, wanted: Array, x: Array, into: Array
) -> None:
    for _ in range(times):
        reflect(tile, rows, weight, wanted, x, into)


def exact(
    sides: tuple[Rows, Rows], factors: tuple[Array, Array], regularization: float, steps: int
) -> Iterator[tuple[Array, Array]]:
    """Yield both sides' factors after each half-iteration, as a textbook has it, in double precision."""
    found = [matrix.astype(float) for matrix in factors]
    for step in range(steps):
        rows, other = sides[step % 2], found[1 - step % 2]
        common = other.T @ other + regularization * np.eye(other.shape[1])
        found[step % 2] = np.array(
            [_solved(rows, row, other, common) for row in range(rows.height)]
        )
        yield found[0], found[1]


def _solved(rows: Rows, row: int, other: Array, common: Array) -> Array:
    """Return the solution of a row's normal equations; ``common`` is what all rows' have in common."""
    met = slice(rows.starts[row], rows.starts[row + 1])
    mine, weights = other[rows.columns[met]], rows.strengths[met].astype(float)
    solution: Array = np.linalg.solve(common + (mine.T * weights) @ mine, mine.T @ (1 + weights))
    return solution
