"""What a worker of ``recommend`` keeps: both sides' factors, their Gram matrices, and the buffers to solve blocks of rows in.

Imports NumPy and Numba, and the modules ``_recommend_kernel`` and ``_recommend_rows``.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numba
import numpy as np

from workloads.recommend.kernel import TOGETHER, Array, Basis, aligned, solve
from workloads.recommend.rows import Rows


class Desk:
    """One thread's buffers: the rows of a block that it solves, a row's fixed factors side by side, and three vectors."""

    def __init__(self, rows: int, longest: int, factors: int) -> None:
        self.sought, self.tile, self.vectors = (
            aligned(rows, factors),
            aligned(longest + TOGETHER, factors),
            aligned(3, factors),
        )


class Scratch:
    """Buffers that are written over at every step; copied or sent, it travels as its sizes and not as its contents."""

    def __init__(self, rows: int, longest: int, factors: int, blocks: int) -> None:
        self._made_of = rows, longest, factors, blocks
        self.fixed, self.solved = aligned(rows, factors), aligned(rows, factors)
        self.grams = np.empty((blocks, factors, factors), np.float32)
        self.desks = [Desk(rows, longest, factors) for _ in range(numba.get_num_threads())]

    def __reduce__(self) -> tuple[Any, ...]:
        return Scratch, self._made_of


@dataclass(frozen=True)
class State:
    """A replica: both sides' factors and Gram matrices (in double precision), moved in place, and the buffers to do it in."""

    factors: tuple[Array, Array]
    grams: tuple[Array, Array]
    scratch: Scratch


class Solved(NamedTuple):
    """A worker's part: the new factors of its run of blocks, row after row, and the Gram matrix of each block."""

    rows: Array
    grams: Array


class Equations(NamedTuple):
    """One side's rows, the other side's factors in the basis, the basis, and how many steps of conjugate gradients are taken."""

    rows: Rows
    fixed: Array
    change: Basis
    steps: int


def solved(equations: Equations, sought: Array, bounds: Sequence[int], scratch: Scratch) -> Solved:
    """Solve blocks of rows that lie between ``bounds``, from where ``sought`` stands, on as many threads as Numba was given.

    No block knows of the others, so threads change no bit. What is returned are views of the buffers, good until the next call.
    """
    back = np.ascontiguousarray(equations.change.into.T)

    def work(thread: int) -> None:
        desk = scratch.desks[thread]
        for block, (begin, end) in list(enumerate(pairwise(bounds)))[thread :: len(scratch.desks)]:
            moved = np.matmul(
                sought[begin:end], equations.change.back, out=desk.sought[: end - begin]
            )
            solve(
                *equations.rows,
                equations.fixed,
                begin,
                moved,
                equations.steps,
                desk.tile,
                desk.vectors,
            )
            found = np.matmul(moved, back, out=scratch.solved[begin - bounds[0] : end - bounds[0]])
            np.matmul(found.T, found, out=scratch.grams[block])

    if len(scratch.desks) == 1:
        work(0)
    else:
        with ThreadPoolExecutor(len(scratch.desks)) as threads:
            list(threads.map(work, range(len(scratch.desks))))
    return Solved(scratch.solved[: bounds[-1] - bounds[0]], scratch.grams[: len(bounds) - 1])
