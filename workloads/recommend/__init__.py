"""A recommender's nightly factorization: implicit-feedback alternating least squares with conjugate gradients.

Users, then items, are solved in fixed blocks of rows, whoever solves them, and the blocks' Gram matrices are added in the blocks'
order: the same bits on any number of workers. Every worker keeps both factor matrices; new rows pass from worker to worker.
Imports ``harness.workload``, the modules ``_recommend_…``, and NumPy.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from harness.workload import Limit, Lockstep, Parameters, Pool, Problem, Reporter, Workload
from workloads.recommend.cache import kept
from workloads.recommend.kernel import Array, basis
from workloads.recommend.ratings import examine, read
from workloads.recommend.reference import exact, passes_per_second
from workloads.recommend.rows import HeldOut, Rows, blocks, runs, split, transposed
from workloads.recommend.state import Equations, Scratch, Solved, State, solved
from workloads.recommend.synthetic import drawn

Share = tuple[tuple[int, int], tuple[int, int]]

SIDES = 2
WITHIN_FIRST = np.float32(0.01)
TOP = 10
SCORED_TOGETHER = 256
MOST_IN_GRAMS = 250_000_000
BLOCKS = (8, 24, 384, 1536)
MOST = {
    "users": 10_000_000,
    "items": 10_000_000,
    "interactions": 200_000_000,
    "factors": 1024,
    "iterations": 100_000,
    "cg_steps": 1000,
    "blocks": 1 << 16,
}


class Recipe(NamedTuple):
    """How the factors are found; ``blocks`` is the number of blocks that the rows of either side are solved in."""

    factors: int
    iterations: int
    cg_steps: int
    blocks: int
    regularization: float
    seed: int


class Training(NamedTuple):
    """What both sides are given: the interactions by user and by item, strengths times alpha as weights, and the recipe."""

    users: Rows
    items: Rows
    recipe: Recipe

    @property
    def sides(self) -> tuple[Rows, Rows]:
        """Return the rows solved in even steps, and those solved in odd ones."""
        return self.users, self.items


class Factors(NamedTuple):
    """The answer: a row of factors for every user, and one for every item."""

    users: Array
    items: Array


def check(params: Parameters) -> None:
    """Raise ``ValueError`` with one sentence for parameters that make no sense, or a file that holds no ratings."""
    for name, most in MOST.items():
        if not 1 <= int(params[name]) <= most:
            raise ValueError(f"{name}={params[name]} is not between 1 and {most:,}")
    if int(params["blocks"]) * int(params["factors"]) ** 2 > MOST_IN_GRAMS:
        raise ValueError(
            f"blocks={params['blocks']} with factors={params['factors']} make Gram matrices of more than 1 GB"
        )
    if not 0 <= int(params["seed"]) < 1 << 63:
        raise ValueError(f"seed={params['seed']} is not from 0 to below 2 to the 63")
    if not 0 < float(params["regularization"]) <= 1e6:
        raise ValueError(
            f"regularization={params['regularization']} is not above 0 and at most 1,000,000"
        )
    if not 0 < float(params["alpha"]) <= 1e6:
        raise ValueError(f"alpha={params['alpha']} is not above 0 and at most 1,000,000")
    if params["ratings"]:
        examine(str(params["ratings"]))


def load(params: Parameters) -> Problem:
    """Draw the interactions, or read the user's own, and hold some out; raise ``ValueError`` as ``check`` does, or for a malformed line."""
    check(params)
    if params["ratings"]:
        everything, width = read(str(params["ratings"]))
    else:
        users, width, draws, seed = (
            int(params[name]) for name in ("users", "items", "interactions", "seed")
        )
        everything = kept(
            (users, width, draws, seed), width, lambda: drawn(users, width, draws, seed)
        )
    return pose(everything, width, params)


def pose(everything: Rows, width: int, params: Parameters) -> Problem:
    """Make the problem of users' rows over ``width`` items: hold out first, then weigh and turn round what is left."""
    recipe = _recipe(params)
    left, held = split(everything, recipe.seed)
    users = left._replace(strengths=left.strengths * np.float32(params["alpha"]))
    training = Training(users, transposed(users, width), recipe)
    brief = training._replace(recipe=recipe._replace(iterations=1))
    return Problem(
        input=training,
        held_out=held,
        items=recipe.iterations * SIDES * len(users.columns),
        held_out_items=len(held.columns),
        warmup=brief,
        warmup_items=SIDES * len(users.columns),
    )


def _recipe(params: Parameters) -> Recipe:
    return Recipe(
        factors=int(params["factors"]),
        iterations=int(params["iterations"]),
        cg_steps=int(params["cg_steps"]),
        blocks=int(params["blocks"]),
        regularization=float(params["regularization"]),
        seed=int(params["seed"]),
    )


def start(training: Training) -> State:
    """Return factors drawn by the seed, from 0 to below 0.01, and the items' Gram matrix, which the first step needs."""
    recipe, random = training.recipe, np.random.default_rng([training.recipe.seed, 3])
    users, items = (
        random.random((rows.height, recipe.factors), dtype=np.float32) * WITHIN_FIRST
        for rows in training.sides
    )
    longest = max(int(np.diff(rows.starts).max(initial=0)) for rows in training.sides)
    scratch = Scratch(
        max(rows.height for rows in training.sides), longest, recipe.factors, recipe.blocks
    )
    square = recipe.factors, recipe.factors
    state = State((users, items), (np.zeros(square), np.zeros(square)), scratch)
    for begin, end in pairwise(_bounds(training, 1)):
        state.grams[1][:] += items[begin:end].T @ items[begin:end]
    return state


def _bounds(training: Training, side: int) -> list[int]:
    """Return where the blocks of a side begin, and where the last one ends: the same for any number of workers."""
    bounds: list[int] = blocks(
        training.sides[side].starts, training.recipe.factors, training.recipe.blocks
    ).tolist()
    return bounds


def contribute(state: State, step: int, share: Share, training: Training) -> Solved:
    """Solve a run of blocks of users (even steps) or items (odd ones) against the other side's factors.

    What is returned are views of the state's buffers, good until the next call.
    """
    side, recipe = step % SIDES, training.recipe
    sought, other = state.factors[side], state.factors[1 - side]
    change = basis(state.grams[1 - side], recipe.regularization)
    fixed = np.matmul(other, change.into, out=state.scratch.fixed[: len(other)])
    first, stop = share[side]
    equations = Equations(training.sides[side], fixed, change, recipe.cg_steps)
    return solved(equations, sought, _bounds(training, side)[first : stop + 1], state.scratch)


def combine(state: State, step: int, parts: Sequence[Solved], training: Training) -> State:
    """Take over all workers' new factors, and add their Gram matrices in the order of the blocks."""
    side, begin = step % SIDES, 0
    factors, gram = state.factors[side], state.grams[side]
    gram[:] = 0
    for part in parts:
        factors[begin : begin + len(part.rows)] = part.rows
        begin += len(part.rows)
        for block in part.grams:
            np.add(gram, block, out=gram)
    return state


def shares(training: Training, workers: int) -> list[Share]:
    """Return each worker's runs of blocks, of users and of items, as even as may be in interactions."""
    users, items = (
        runs(np.diff(rows.starts[_bounds(training, side)]), workers)
        for side, rows in enumerate(training.sides)
    )
    return list(zip(users, items, strict=True))


def baseline(training: Training, report: Reporter) -> Factors:
    """Factorize in this process alone: one run of all blocks, and nothing is exchanged."""
    recipe, state, (share,) = training.recipe, start(training), shares(training, 1)
    for step in range(SIDES * recipe.iterations):
        state = combine(state, step, [contribute(state, step, share, training)], training)
        report((step + 1) * len(training.users.columns))
    return Factors(*state.factors)


def distributed(training: Training, pool: Pool, report: Reporter) -> Factors:
    """Factorize on the pool: every worker keeps both sides' factors, and only new rows and Gram matrices are exchanged."""
    bounds, shared = _bounds(training, 0), pool.share(training)

    def interactions(share: Share) -> int:
        begin, end = training.users.starts[[bounds[share[0][0]], bounds[share[0][1]]]]
        return int(end - begin)

    program, steps = Lockstep(start, contribute, combine), SIDES * training.recipe.iterations
    state: State = pool.lockstep(
        program, shares(training, pool.size), steps, shared, items=interactions, report=report
    )
    return Factors(*state.factors)


def quality(answer: Factors, held_out: HeldOut) -> float:
    """Return recall@10: the share of a tested user's held-out items (ten at most) among the ten best not seen in training; the mean."""
    recalls = [
        _recall(answer, held_out, place) for place in range(0, len(held_out.users), SCORED_TOGETHER)
    ]
    return float(np.concatenate(recalls).mean())


def _recall(answer: Factors, held_out: HeldOut, first: int) -> Array:
    users = held_out.users[first : first + SCORED_TOGETHER]
    scores = answer.users[users] @ answer.items.T
    recalls = np.empty(len(users))
    for place, score in enumerate(scores, start=first):
        score[
            held_out.seen_columns[held_out.seen_starts[place] : held_out.seen_starts[place + 1]]
        ] = -np.inf
        wanted = held_out.columns[held_out.starts[place] : held_out.starts[place + 1]]
        best = np.argpartition(score, -min(TOP, len(score)))[-TOP:]
        recalls[place - first] = np.isin(wanted, best).sum() / min(TOP, len(wanted))
    return recalls


def naive(training: Training, report: Reporter) -> Factors:
    """Do the same alternation in textbook code: every row's equations formed and solved exactly, in double precision."""
    users, items = start(training).factors
    found = exact(
        training.sides,
        (users, items),
        training.recipe.regularization,
        SIDES * training.recipe.iterations,
    )
    for step, factors in enumerate(found, start=1):
        users, items = factors
        report(step * len(training.users.columns))
    return Factors(users, items)


def limit(training: Training, seconds: float) -> float:
    """Return the interactions per second if each were the kernel's passes over rows that lie in the first cache, and nothing else."""
    return passes_per_second(training.recipe.factors, seconds) / (1 + training.recipe.cg_steps)


WORKLOAD = Workload(
    name="recommend",
    axis="training",
    unit="interactions",
    bottleneck="10 million plays, gone through 60 times: last night's reach nobody in time",
    partition="fixed blocks of users' and items' rows; every worker owns a run of them, equal in interactions",
    communication="interactions once to each machine; then 7 MB of new rows and Gram matrices an iteration at p = 2",
    consistency="synchronous: all users, then all items; blocks are added in their order, so the same bits at any p",
    neighbour="not the model axis: both factor matrices are 11 MB and fit everywhere, only time is short",
    limitation="every worker holds all factors: good while they fit one machine and rows have more plays than factors",
    metric="recall@10",
    tolerance=0.005,
    params={
        "users": 32_000,
        "items": 10_000,
        "interactions": 18_000_000,
        "factors": 64,
        "iterations": 30,
        "cg_steps": 3,
        "blocks": 96,
        "regularization": 1.0,
        "alpha": 10.0,
        "seed": 1,
        "ratings": "",
    },
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    check=check,
    tuned=("blocks", BLOCKS),
    naive=naive,
    limit=Limit("the kernel's passes over rows in cache", limit),
)
