"""The interactions of ``recommend``: who met what, how strongly, row by row; merged, turned round, cut into blocks and split.

Imports NumPy and ``_recommend_kernel``.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from workloads.recommend.kernel import Array, compiled

TESTED_AT_MOST = 10_000
TESTED_WITH = 10
HELD_OUT_EVERY = 5
ROW_COSTS = 4


class Rows(NamedTuple):
    """Sparse rows: row r has the ``columns`` and ``strengths`` from ``starts[r]`` to below ``starts[r + 1]``."""

    starts: Array
    columns: Array
    strengths: Array

    @property
    def height(self) -> int:
        """Return how many rows there are; some may be empty."""
        return len(self.starts) - 1


class HeldOut(NamedTuple):
    """What was held out of the interactions of the tested ``users``, and the items that training saw of them; both sparse."""

    users: Array
    starts: Array
    columns: Array
    seen_starts: Array
    seen_columns: Array


def grouped(rows: Array, columns: Array, strengths: Array, count: int) -> Rows:
    """Return single interactions, in any order, as ``count`` rows; within a row they stay in the order they came in."""
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=count), out=starts[1:])
    return Rows(starts, *_dealt(rows, columns, strengths, starts[:-1].copy()))


@compiled
def _dealt(rows: Array, columns: Array, strengths: Array, free: Array) -> tuple[Array, Array]:
    moved, carried = np.empty_like(columns), np.empty_like(strengths)
    for j in range(len(rows)):
        place = free[rows[j]]
        free[rows[j]] = place + 1
        moved[place], carried[place] = columns[j], strengths[j]
    return moved, carried


def merged(rows: Rows, width: int) -> Rows:
    """Return rows in which each column comes once: strengths of the same pair are added in the order they come in."""
    return Rows(*_merged(*rows, width))


@compiled
def _merged(
    starts: Array, columns: Array, strengths: Array, width: int
) -> tuple[Array, Array, Array]:
    begins, kept, sums = np.zeros_like(starts), np.empty_like(columns), np.empty_like(strengths)
    last = np.full(width, -1, np.int64)
    used = 0
    for row in range(len(starts) - 1):
        for j in range(starts[row], starts[row + 1]):
            place = last[columns[j]]
            if place >= begins[row]:
                sums[place] += strengths[j]
            else:
                last[columns[j]], kept[used], sums[used] = used, columns[j], strengths[j]
                used += 1
        begins[row + 1] = used
    return begins, kept[:used].copy(), sums[:used].copy()


def transposed(rows: Rows, width: int) -> Rows:
    """Return the columns as rows; within each, what were the rows come in ascending order."""
    starts = np.zeros(width + 1, np.int64)
    np.cumsum(np.bincount(rows.columns, minlength=width), out=starts[1:])
    return Rows(starts, *_turned(*rows, starts[:-1].copy()))


@compiled
def _turned(starts: Array, columns: Array, strengths: Array, free: Array) -> tuple[Array, Array]:
    turned, carried = np.empty_like(columns), np.empty_like(strengths)
    for row in range(len(starts) - 1):
        for j in range(starts[row], starts[row + 1]):
            place = free[columns[j]]
            free[columns[j]] = place + 1
            turned[place], carried[place] = row, strengths[j]
    return turned, carried


def split(rows: Rows, seed: int) -> tuple[Rows, HeldOut]:
    """Hold a fifth out of the items of up to 10,000 users who have ten or more, drawn by the seed; return what is left, and that.

    Raises ``ValueError`` where no user has so many.
    """
    random = np.random.default_rng([seed, 2])
    able = np.flatnonzero(np.diff(rows.starts) >= TESTED_WITH)
    if not len(able):
        raise ValueError(f"no user has {TESTED_WITH} items or more, so that none can be held out")
    users = np.sort(random.permutation(able)[:TESTED_AT_MOST])
    held = np.zeros(len(rows.columns), bool)
    for begin, end in zip(rows.starts[users], rows.starts[users + 1], strict=True):
        held[begin + random.choice(end - begin, (end - begin) // HELD_OUT_EVERY, replace=False)] = (
            True
        )
    out, left = _where(rows, held), _where(rows, ~held)
    starts, columns = _picked(out, users)
    return left, HeldOut(users, starts, columns, *_picked(left, users))


def _where(rows: Rows, chosen: Array) -> Rows:
    before = np.concatenate([[0], np.cumsum(chosen)])
    return Rows(before[rows.starts], rows.columns[chosen], rows.strengths[chosen])


def _picked(rows: Rows, users: Array) -> tuple[Array, Array]:
    pieces = [
        rows.columns[begin:end]
        for begin, end in zip(rows.starts[users], rows.starts[users + 1], strict=True)
    ]
    return np.cumsum([0, *map(len, pieces)]), np.concatenate(pieces)


def blocks(starts: Array, factors: int, count: int) -> Array:
    """Return the bounds (count + 1,) of blocks of rows that take about the same time, whoever solves them.

    A row costs as much as its interactions and a constant share of changing coordinates, about one interaction per four factors.
    """
    cost = starts + np.arange(len(starts)) * (factors // ROW_COSTS)
    bounds: Array = np.searchsorted(cost, cost[-1] * np.arange(count + 1) // count)
    bounds[-1] = len(starts) - 1
    return bounds


def runs(cost: Array, workers: int) -> list[tuple[int, int]]:
    """Return each worker's run (start, stop) of blocks, as even as may be by their cost; raise ``ValueError`` if there are too few."""
    if workers > len(cost):
        raise ValueError(f"{len(cost)} blocks cannot occupy {workers} workers: raise blocks")
    before = np.concatenate([[0], np.cumsum(cost)])
    wanted = before[-1] * np.arange(1, workers) / workers
    cuts = [0, *(int(np.argmin(np.abs(before - share))) for share in wanted), len(cost)]
    return list(pairwise(cuts))
