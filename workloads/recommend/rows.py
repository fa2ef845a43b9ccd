"""The interactions of ``recommend`` as sparse rows: grouped, merged, transposed, split, in blocks.

Imports NumPy and ``kernel``.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from workloads.recommend.kernel import Array, Rows, compiled

FEWEST_ITEMS = 10  # of a user who is tested
HELD_OUT_EVERY = 5
FACTORS_PER_INTERACTION = 4  # changing coordinates of so many costs what an interaction costs


class HeldOut(NamedTuple):
    """The held-out items of the tested ``users``, and the items that training saw; both sparse."""

    users: Array
    starts: Array
    columns: Array
    seen_starts: Array
    seen_columns: Array


def group_by_row(rows: Array, columns: Array, strengths: Array, count: int) -> Rows:
    """Return single interactions, in any order, as ``count`` rows; each row keeps their order."""
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=count), out=starts[1:])
    return Rows(starts, *_place_by_row(rows, columns, strengths, starts[:-1].copy()))


@compiled
def _place_by_row(
    rows: Array, columns: Array, strengths: Array, free: Array
) -> tuple[Array, Array]:
    moved = np.empty_like(columns)
    carried = np.empty_like(strengths)
    for j in range(len(rows)):
        place = free[rows[j]]
        free[rows[j]] = place + 1
        moved[place] = columns[j]
        carried[place] = strengths[j]
    return moved, carried


def merge_duplicates(rows: Rows, width: int) -> Rows:
    """Return rows in which each column is once; its strengths are added in their order."""
    return Rows(*_merge(*rows, width))


@compiled
def _merge(
    starts: Array, columns: Array, strengths: Array, width: int
) -> tuple[Array, Array, Array]:
    begins = np.zeros_like(starts)
    unique = np.empty_like(columns)
    sums = np.empty_like(strengths)
    last = np.full(width, -1, np.int64)
    used = 0
    for row in range(len(starts) - 1):
        for j in range(starts[row], starts[row + 1]):
            place = last[columns[j]]
            if place >= begins[row]:
                sums[place] += strengths[j]
            else:
                last[columns[j]] = used
                unique[used] = columns[j]
                sums[used] = strengths[j]
                used += 1
        begins[row + 1] = used
    return begins, unique[:used].copy(), sums[:used].copy()


def transpose(rows: Rows, width: int) -> Rows:
    """Return the columns as rows; within each, the old row numbers ascend."""
    starts = np.zeros(width + 1, np.int64)
    np.cumsum(np.bincount(rows.columns, minlength=width), out=starts[1:])
    return Rows(starts, *_transpose(*rows, starts[:-1].copy()))


@compiled
def _transpose(starts: Array, columns: Array, strengths: Array, free: Array) -> tuple[Array, Array]:
    rows = np.empty_like(columns)
    carried = np.empty_like(strengths)
    for row in range(len(starts) - 1):
        for j in range(starts[row], starts[row + 1]):
            place = free[columns[j]]
            free[columns[j]] = place + 1
            rows[place] = row
            carried[place] = strengths[j]
    return rows, carried


def split_held_out(rows: Rows, most_users: int, seed: Sequence[int]) -> tuple[Rows, HeldOut]:
    """Return the rows that remain, and a fifth of the items of up to ``most_users`` random users.

    Only users with ten items or more are drawn; raises ``ValueError`` if there are none.
    """
    random = np.random.default_rng(seed)
    eligible = np.flatnonzero(np.diff(rows.starts) >= FEWEST_ITEMS)
    if not len(eligible):
        raise ValueError(f"no user has {FEWEST_ITEMS} items or more, so none can be held out")
    users = np.sort(random.permutation(eligible)[:most_users])
    chosen = np.zeros(len(rows.columns), bool)
    for begin, end in zip(rows.starts[users], rows.starts[users + 1], strict=True):
        few = (end - begin) // HELD_OUT_EVERY
        chosen[begin + random.choice(end - begin, few, replace=False)] = True
    remaining = _select(rows, ~chosen)
    starts, columns = _columns_of(_select(rows, chosen), users)
    seen_starts, seen_columns = _columns_of(remaining, users)
    held_out = HeldOut(
        users=users,
        starts=starts,
        columns=columns,
        seen_starts=seen_starts,
        seen_columns=seen_columns,
    )
    return remaining, held_out


def _select(rows: Rows, chosen: Array) -> Rows:
    """Return the rows with the chosen interactions only."""
    before = np.concatenate([[0], np.cumsum(chosen)])
    return Rows(before[rows.starts], rows.columns[chosen], rows.strengths[chosen])


def _columns_of(rows: Rows, users: Array) -> tuple[Array, Array]:
    """Return where each user's columns begin, and the columns."""
    pieces = [
        rows.columns[begin:end]
        for begin, end in zip(rows.starts[users], rows.starts[users + 1], strict=True)
    ]
    return np.cumsum([0, *map(len, pieces)]), np.concatenate(pieces)


def block_bounds(starts: Array, factors: int, count: int) -> Array:
    """Return the bounds (count + 1,) of blocks of rows that take about the same time to solve.

    The cost of a row is its interactions, and one more per four factors for its change of
    coordinates.
    """
    cost = starts + np.arange(len(starts)) * (factors // FACTORS_PER_INTERACTION)
    bounds: Array = np.searchsorted(cost, cost[-1] * np.arange(count + 1) // count)
    bounds[-1] = len(starts) - 1
    return bounds


def share_blocks(cost: Array, workers: int) -> list[tuple[int, int]]:
    """Return each worker's run (start, stop) of blocks, as even as possible by their cost.

    Raises ``ValueError`` if there are fewer blocks than workers.
    """
    if workers > len(cost):
        raise ValueError(f"{len(cost)} blocks cannot occupy {workers} workers: raise blocks")
    before = np.concatenate([[0], np.cumsum(cost)])
    wanted = before[-1] * np.arange(1, workers) / workers
    cuts = [0, *(int(np.argmin(np.abs(before - share))) for share in wanted), len(cost)]
    return list(pairwise(cuts))
