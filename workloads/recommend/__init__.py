"""A recommender's nightly factorization: alternating least squares on implicit feedback.

Each half-iteration solves all users or all items by conjugate gradients; see ``steps`` for how
they are divided. Imports ``harness.workload``, NumPy and this package.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from harness.workload import (
    Axis,
    Ceiling,
    Lockstep,
    Metric,
    Pool,
    Problem,
    Proof,
    Reporter,
    Slide,
    Workload,
)
from workloads.recommend.cache import load_or_draw
from workloads.recommend.kernel import Array, Rows
from workloads.recommend.ratings import check_ratings, read_ratings
from workloads.recommend.recall import recalls
from workloads.recommend.recipe import Settings, Training
from workloads.recommend.reference import passes_per_second, solve_exactly
from workloads.recommend.rows import HeldOut, split_held_out, transpose
from workloads.recommend.steps import (
    MODES,
    STEPS,
    Share,
    bounds,
    combine,
    contribute,
    interactions_done,
    is_good,
    split_work,
    start,
)
from workloads.recommend.synthetic import draw_interactions

TESTED_USERS = 10_000
VALIDATION_USERS = 1_000
BLOCKS = (8, 24, 384, 1536)
LESS_WORK = ({"factors": 96}, {"factors": 112}, {"cg_steps": 2}, {"iterations": 1})


class Factors(NamedTuple):
    """The answer: a row of factors for every user, and one for every item."""

    users: Array
    items: Array


def check(settings: Settings) -> None:
    """Raise ``BadRequest`` with one sentence for a file that holds no ratings."""
    if settings.ratings:
        check_ratings(settings.ratings, settings.wanted_columns)


def load(settings: Settings) -> Problem[Training, HeldOut]:
    """Draw the interactions, or read the user's own, and hold some of them out.

    Raises ``BadRequest`` as ``check`` does, and for a malformed line.
    """
    if settings.ratings:
        rows, width, reading = read_ratings(settings.ratings, settings.wanted_columns)
        return replace(make_problem(rows, width, settings), reading=reading)
    drawn_from = (*settings.draw, settings.seed)
    rows = load_or_draw(drawn_from, settings.items, lambda: draw_interactions(*drawn_from))
    return make_problem(rows, settings.items, settings)


def make_problem(rows: Rows, width: int, settings: Settings) -> Problem[Training, HeldOut]:
    """Make the problem of users' rows over ``width`` items.

    Some interactions are held out first, others to validate; the rest is weighted and transposed.
    """
    recipe = settings.recipe
    rows, held_out = split_held_out(rows, TESTED_USERS, [recipe.seed, 2])
    remaining, validation = split_held_out(rows, VALIDATION_USERS, [recipe.seed, 4])
    users = remaining._replace(strengths=remaining.strengths * np.float32(settings.alpha))
    training = Training(users, transpose(users, width), validation, recipe)
    return Problem(
        input=training,
        held_out=held_out,
        items=recipe.iterations * MODES * len(users.columns),
        held_out_items=len(held_out.columns),
        warmup=training._replace(recipe=recipe._replace(iterations=1)),
        warmup_items=MODES * len(users.columns),
    )


def baseline(training: Training, report: Reporter) -> Factors:
    """Factorize in this process alone: one run of all blocks, and nothing to exchange."""
    state = start(training)
    (share,) = split_work(training, 1)
    for step in range(STEPS * training.recipe.iterations):
        part = contribute(state, step, share, training)
        state = combine(state, step, [part], training)
        report(interactions_done(step + 1, training))
        if is_good(state, step + 1, training):
            break
    return Factors(*state.factors)


def distributed(training: Training, pool: Pool, report: Reporter) -> Factors:
    """Factorize on the pool: every worker keeps all factors and sends only what it has solved."""
    cuts = bounds(training, 0)

    a_step = len(training.users.columns)

    def count_interactions(share: Share) -> int:
        first, stop = share.blocks[0]
        begin, end = training.users.starts[[cuts[first], cuts[stop]]]
        return int(end - begin)

    state = pool.lockstep(
        Lockstep(start, contribute, combine, is_good),
        split_work(training, pool.size),
        STEPS * training.recipe.iterations,
        pool.share(training),
        items=count_interactions,
        report=lambda done: report(interactions_done(done // a_step, training)),
    )
    return Factors(*state.factors)


def quality(answer: Factors, held_out: HeldOut) -> Array:
    """Return the recall@10 of each tested user."""
    return recalls(*answer, held_out, 0, len(held_out.users))


def textbook(training: Training, report: Reporter) -> Factors:
    """Do the same alternation as a textbook writes it: each row solved exactly, in float64."""
    factors = start(training).factors
    steps = MODES * training.recipe.iterations
    solutions = solve_exactly(training.rows_by_mode, factors, training.recipe.regularization, steps)
    for step, after in enumerate(solutions, start=1):
        factors = after
        report(step * len(training.users.columns))
    return Factors(*factors)


def ceiling(training: Training, seconds: float) -> float:
    """Return the interactions per second if each were only the kernel's passes over cached rows."""
    recipe = training.recipe
    return passes_per_second(recipe.factors, seconds) / (1 + recipe.cg_steps)


def own_words(settings: Settings) -> Slide:
    """Return the words that name no figures of the default plays, where others are factorized."""
    if not settings.ratings and settings.draw == Settings().draw:
        return Slide()
    return Slide(
        bottleneck="the model is learned anew from all ratings every night, and is late",
        communication="interactions once to each machine; then new rows and Gram matrices, "
        "at every half-iteration",
        why_not_another_axis="not the model axis: both factor matrices fit everywhere, "
        "only time is short",
    )


WORKLOAD = Workload(
    name="recommend",
    params=Settings(),
    check=check,
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    unit="interactions",
    metric=Metric("recall@10", tolerance=0.002),
    until="a validation recall@10 of {target}",
    slide=Slide(
        axis=Axis.TRAINING,
        bottleneck="41 million plays since yesterday: tonight's model is late",
        partition="fixed blocks of users' and items' rows; every worker owns a run of them, "
        "equal in interactions",
        communication="interactions once to each machine; then 50 MB of new rows and Gram matrices "
        "a worker and iteration",
        consistency="synchronous: all users, then all items; blocks are added in their order, "
        "so the same bits at any p",
        why_not_another_axis="not the model axis: both factor matrices are 87 MB and fit "
        "everywhere, only time is short",
        limitation="every worker holds all factors: good while they fit one machine and rows have "
        "more plays than factors",
    ),
    own_slide=own_words,
    proof=Proof(
        effort=LESS_WORK,
        tuned=("blocks", BLOCKS),
        reference=textbook,
        ceiling=Ceiling("the kernel's passes over rows in cache", ceiling),
    ),
)
