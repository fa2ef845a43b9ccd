"""The lockstep program of ``recommend``: a step solves the users, one the items, one validates.

Rows are solved in fixed blocks, whichever worker solves them, and the blocks' Gram matrices are
added in the order of the blocks: the same bits on any number of workers. So is the validation: the
users' batches are fixed. Every worker keeps both factor matrices; new rows pass from worker to
worker. Imports NumPy and this package.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from workloads.recommend.kernel import Array, make_basis
from workloads.recommend.recall import BATCH, recalls
from workloads.recommend.recipe import Training
from workloads.recommend.rows import block_bounds, share_blocks
from workloads.recommend.state import Equations, Scratch, SolvedRows, State, solve_blocks

Run = tuple[int, int]
Part = SolvedRows | Array

MODES = 2  # a mode is one of the matrix's two ways to be read: 0 by user, 1 by item
VALIDATION = MODES  # what the step after both modes does
STEPS = MODES + 1  # of an iteration
START_BELOW = np.float32(0.01)


class Share(NamedTuple):
    """A worker's runs (start, stop): of each mode's blocks, and of batches of validation users."""

    blocks: tuple[Run, Run]
    batches: Run


def start(training: Training) -> State:
    """Return the first state, with the items' Gram matrix.

    The items' factors are random, from 0 to below 0.01; the users', which are solved first, are 0.
    """
    recipe = training.recipe
    random = np.random.default_rng([recipe.seed, 3])
    users = np.zeros((training.users.height, recipe.factors), np.float32)
    items = random.random((training.items.height, recipe.factors), dtype=np.float32) * START_BELOW
    scratch = Scratch(
        rows=max(rows.height for rows in training.rows_by_mode),
        longest=max(int(np.diff(rows.starts).max(initial=0)) for rows in training.rows_by_mode),
        factors=recipe.factors,
        blocks=recipe.blocks,
    )
    square = (recipe.factors, recipe.factors)
    grams = np.zeros(square), np.zeros(square)
    state = State((users, items), grams, np.zeros(1), scratch)
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


def contribute(state: State, step: int, share: Share, training: Training) -> Part:
    """Solve a run of blocks of one mode against the other mode's factors; or validate.

    Solved rows are views of the state's buffers, valid until the next call. A validation is the
    recall of each user of a run of batches.
    """
    mode = step % STEPS
    if mode == VALIDATION:
        return _validate(state, share.batches, training)
    recipe = training.recipe
    other = state.factors[1 - mode]
    basis = make_basis(state.grams[1 - mode], recipe.regularization)
    moved = np.matmul(other, basis.into, out=state.scratch.other_factors[: len(other)])
    first, stop = share.blocks[mode]
    equations = Equations(
        rows=training.rows_by_mode[mode], other_factors=moved, basis=basis, steps=recipe.cg_steps
    )
    cuts = bounds(training, mode)[first : stop + 1]
    return solve_blocks(equations, state.factors[mode], cuts, state.scratch)


def _validate(state: State, batches: Run, training: Training) -> Array:
    begin, end = (min(BATCH * batch, len(training.validation.users)) for batch in batches)
    return recalls(*state.factors, training.validation, begin, end)


def combine(state: State, step: int, parts: Sequence[Any], training: Training) -> State:
    """Copy all workers' new factors, and add their Gram matrices in the order of the blocks.

    After a validation, keep the mean recall.
    """
    mode = step % STEPS
    if mode == VALIDATION:
        state.recall[0] = np.concatenate(parts).mean()
        return state
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


def is_good(state: State, steps: int, training: Training) -> bool:
    """Return whether an iteration has just been validated and its recall is the target's."""
    return steps % STEPS == 0 and bool(state.recall[0] >= training.recipe.target)


def interactions_done(steps: int, training: Training) -> int:
    """Return how many interactions so many steps went through: all of them in both modes."""
    iterations, step = divmod(steps, STEPS)
    return (MODES * iterations + min(step, MODES)) * len(training.users.columns)


def split_work(training: Training, workers: int) -> list[Share]:
    """Return each worker's share of the blocks, even in interactions, and of the batches."""
    users, items = (
        share_blocks(np.diff(rows.starts[bounds(training, mode)]), workers)
        for mode, rows in enumerate(training.rows_by_mode)
    )
    batches = -(-len(training.validation.users) // BATCH)
    cuts = [worker * batches // workers for worker in range(workers + 1)]
    blocks = zip(users, items, strict=True)
    return [Share(*share) for share in zip(blocks, pairwise(cuts), strict=True)]
