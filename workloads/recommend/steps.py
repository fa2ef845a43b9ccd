"""The lockstep program of ``recommend``: even steps solve the users, odd steps the items.

Rows are solved in fixed blocks, whichever worker solves them, and the blocks' Gram matrices are
added in the order of the blocks: the same bits on any number of workers. Every worker keeps both
factor matrices; new rows pass from worker to worker. Imports NumPy and this package.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from workloads.recommend.kernel import make_basis
from workloads.recommend.recipe import Training
from workloads.recommend.rows import block_bounds, share_blocks
from workloads.recommend.state import Equations, Scratch, SolvedRows, State, solve_blocks

Share = tuple[tuple[int, int], tuple[int, int]]

MODES = 2  # a mode is one of the matrix's two ways to be read: 0 by user, 1 by item
START_BELOW = np.float32(0.01)


def start(training: Training) -> State:
    """Return the first state: random factors from 0 to below 0.01, and the items' Gram matrix."""
    recipe = training.recipe
    random = np.random.default_rng([recipe.seed, 3])
    users, items = (
        random.random((rows.height, recipe.factors), dtype=np.float32) * START_BELOW
        for rows in training.rows_by_mode
    )
    scratch = Scratch(
        rows=max(rows.height for rows in training.rows_by_mode),
        longest=max(int(np.diff(rows.starts).max(initial=0)) for rows in training.rows_by_mode),
        factors=recipe.factors,
        blocks=recipe.blocks,
    )
    square = (recipe.factors, recipe.factors)
    state = State((users, items), (np.zeros(square), np.zeros(square)), scratch)
    for begin, end in pairwise(bounds(training, 1)):
        state.grams[1][:] += items[begin:end].T @ items[begin:end]
    return state


def bounds(training: Training, mode: int) -> list[int]:
    """Return where a mode's blocks begin and the last one ends, for any number of workers."""
    recipe = training.recipe
    cuts: list[int] = block_bounds(
        training.rows_by_mode[mode].starts, recipe.factors, recipe.blocks
    ).tolist()
    return cuts


def contribute(state: State, step: int, share: Share, training: Training) -> SolvedRows:
    """Solve a run of blocks of one mode against the other mode's factors.

    The results are views of the state's buffers, valid until the next call.
    """
    mode = step % MODES
    recipe = training.recipe
    other = state.factors[1 - mode]
    basis = make_basis(state.grams[1 - mode], recipe.regularization)
    moved = np.matmul(other, basis.into, out=state.scratch.other_factors[: len(other)])
    first, stop = share[mode]
    equations = Equations(
        rows=training.rows_by_mode[mode], other_factors=moved, basis=basis, steps=recipe.cg_steps
    )
    cuts = bounds(training, mode)[first : stop + 1]
    return solve_blocks(equations, state.factors[mode], cuts, state.scratch)


def combine(state: State, step: int, parts: Sequence[SolvedRows], training: Training) -> State:
    """Copy all workers' new factors, and add their Gram matrices in the order of the blocks."""
    mode = step % MODES
    factors = state.factors[mode]
    gram = state.grams[mode]
    gram[:] = 0
    begin = 0
    for part in parts:
        factors[begin : begin + len(part.rows)] = part.rows
        begin += len(part.rows)
        for block in part.grams:
            np.add(gram, block, out=gram)
    return state


def split_blocks(training: Training, workers: int) -> list[Share]:
    """Return each worker's run of users' blocks and of items' blocks, even in interactions."""
    users, items = (
        share_blocks(np.diff(rows.starts[bounds(training, mode)]), workers)
        for mode, rows in enumerate(training.rows_by_mode)
    )
    return list(zip(users, items, strict=True))
