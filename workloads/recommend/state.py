"""What a worker of ``recommend`` keeps: all factors, their Gram matrices, and buffers.

Imports NumPy, Numba and ``kernel``.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numba
import numpy as np

from workloads.recommend.kernel import Array, Basis, Buffers, Rows, aligned, make_buffers, solve


class Workspace:
    """One thread's memory: the rows of the block that it solves, and the buffers of ``solve``."""

    def __init__(self, rows: int, longest: int, factors: int) -> None:
        self.block_rows = aligned(rows, factors)
        self.buffers: Buffers = make_buffers(longest, factors)


class Scratch:
    """Buffers that every step overwrites; a copy is made by size, without the contents.

    ``other_factors`` holds the factors of the mode that a step leaves as it is, in the basis;
    ``solutions`` and ``grams`` hold the rows that it solves, and each block's Gram matrix.
    """

    def __init__(self, rows: int, longest: int, factors: int, blocks: int) -> None:
        self._arguments = rows, longest, factors, blocks
        self.other_factors = aligned(rows, factors)
        self.solutions = aligned(rows, factors)
        self.grams = np.empty((blocks, factors, factors), np.float32)
        threads = numba.get_num_threads()
        self.workspaces = [Workspace(rows, longest, factors) for _ in range(threads)]

    def __reduce__(self) -> tuple[Any, ...]:
        return Scratch, self._arguments


@dataclass(frozen=True)
class State:
    """A replica, updated in place: both modes' factors, their Gram matrices in float64, buffers.

    ``recall`` (1,) is that of the last validation.
    """

    factors: tuple[Array, Array]
    grams: tuple[Array, Array]
    recall: Array
    scratch: Scratch


class SolvedRows(NamedTuple):
    """A worker's part: the new factors of its run of blocks, and the Gram matrix of each block."""

    rows: Array
    grams: Array


class Equations(NamedTuple):
    """One mode's rows, the other mode's factors in the basis, the basis, and the CG steps."""

    rows: Rows
    other_factors: Array
    basis: Basis
    steps: int


def solve_blocks(
    equations: Equations, factors: Array, bounds: Sequence[int], scratch: Scratch
) -> SolvedRows:
    """Solve the blocks of rows between ``bounds``, starting from the mode's present ``factors``.

    As many threads as Numba was given take part. No block depends on another, so their number
    changes no bit. The results are views of the buffers, valid until the next call.
    """
    back = np.ascontiguousarray(equations.basis.into.T)
    threads = len(scratch.workspaces)

    def work(thread: int) -> None:
        workspace = scratch.workspaces[thread]
        for block, (begin, end) in list(enumerate(pairwise(bounds)))[thread::threads]:
            rows = workspace.block_rows[: end - begin]
            np.matmul(factors[begin:end], equations.basis.back, out=rows)
            solve(
                equations.rows,
                equations.other_factors,
                begin,
                rows,
                equations.steps,
                workspace.buffers,
            )
            solution = scratch.solutions[begin - bounds[0] : end - bounds[0]]
            np.matmul(rows, back, out=solution)
            np.matmul(solution.T, solution, out=scratch.grams[block])

    if threads == 1:
        work(0)
    else:
        with ThreadPoolExecutor(threads) as executor:
            list(executor.map(work, range(threads)))
    return SolvedRows(scratch.solutions[: bounds[-1] - bounds[0]], scratch.grams[: len(bounds) - 1])
