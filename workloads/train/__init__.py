"""The default workload: a nightly retrain of a digit classifier, data-parallel and synchronous.

Every worker keeps the model and computes gradients for its share of each global batch; see
``steps``. The weights are equal to the last bit on any number of workers.
Imports ``harness.workload``, NumPy and this package.
"""

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
from workloads.train.digits import read_digits
from workloads.train.images import augment
from workloads.train.kernel import (
    CLASSES,
    PIXELS,
    Array,
    Gemm,
    Net,
    Samples,
    gradient_gemms,
    layers,
    scores,
)
from workloads.train.recipe import Settings, Training
from workloads.train.reference import products_per_second, textbook_training
from workloads.train.steps import Leaves, combine, contribute, learning_rate, split_leaves, start

HELD_OUT_EVERY = 5
WARMUP_STEPS = 2
MICRO_BATCHES = (96, 384, 1536, 6144)


def load(settings: Settings) -> Problem[Training, Samples]:
    """Read the 1,797 digits; hold 364 out and augment the rest."""
    digits = read_digits()
    return make_problem(digits.images, digits.labels, settings)


def make_problem(images: Array, labels: Array, settings: Settings) -> Problem[Training, Samples]:
    """Make the problem of images (n, 8, 8), ink from 0 to 1, and their labels (n,).

    The images are split first; then the training part is augmented and shuffled.
    """
    recipe = settings.recipe
    held_out = held_out_mask(labels)
    copies = [augment(images[~held_out], recipe.seed, copy) for copy in range(settings.copies)]
    order = np.random.default_rng([recipe.seed, 2]).permutation(sum(map(len, copies)))
    # whole micro-batches only, so that each of them is one slice
    order = order[: len(order) // recipe.micro_batch * recipe.micro_batch]
    repeated = np.tile(labels[~held_out], len(copies))
    samples = Samples(np.concatenate(copies)[order], repeated[order])
    brief = recipe._replace(steps=min(WARMUP_STEPS, recipe.steps))
    return Problem(
        input=Training(samples, recipe),
        held_out=Samples(images[held_out].reshape(-1, PIXELS), labels[held_out]),
        items=recipe.steps * recipe.batch,
        held_out_items=int(held_out.sum()),
        warmup=Training(samples, brief),
        warmup_items=brief.steps * brief.batch,
    )


def held_out_mask(labels: Array) -> Array:
    """Return a mask (n,) of the held-out images: every fifth of each class, whatever the seed."""
    held_out = np.zeros(len(labels), dtype=bool)
    for label in range(CLASSES):
        held_out[np.flatnonzero(labels == label)[::HELD_OUT_EVERY]] = True
    return held_out


def baseline(training: Training, report: Reporter) -> Net:
    """Train in this process alone: one run of all leaves, and nothing to exchange."""
    recipe = training.recipe
    state = start(training)
    for step in range(recipe.steps):
        part = contribute(state, step, (0, recipe.leaves), training)
        state = combine(state, step, [part], training)
        report((step + 1) * recipe.batch)
    return layers(state.weights, recipe.hidden)


def distributed(training: Training, pool: Pool, report: Reporter) -> Net:
    """Train on the pool: every worker keeps the model, and only gradient sums are exchanged."""
    recipe = training.recipe

    def count_samples(share: Leaves) -> int:
        return (share[1] - share[0]) * recipe.micro_batch

    state = pool.lockstep(
        Lockstep(start, contribute, combine),
        split_leaves(recipe.leaves, pool.size),
        recipe.steps,
        pool.share(training),
        items=count_samples,
        report=report,
    )
    return layers(state.weights, recipe.hidden)


def quality(answer: Net, held_out: Samples) -> float:
    """Return the accuracy: the fraction of held-out images whose label has the highest score."""
    return float(np.mean(np.argmax(scores(answer, held_out.images), axis=1) == held_out.labels))


def textbook(training: Training, report: Reporter) -> Net:
    """Do the baseline's training as a textbook writes it: few samples at a time, in float64."""
    recipe = training.recipe
    steps = (
        (
            [training.micro_batch(step, leaf) for leaf in range(recipe.leaves)],
            learning_rate(recipe, step) / recipe.batch,
        )
        for step in range(recipe.steps)
    )
    net = layers(start(training).weights, recipe.hidden)
    for step, after in enumerate(textbook_training(net, steps, recipe.momentum), start=1):
        net = after
        report(step * recipe.batch)
    return net


def ceiling(training: Training, seconds: float) -> float:
    """Return the samples per second of a training that consists of matrix products alone."""
    return training.recipe.batch * products_per_second(gemms(training), seconds)


def gemms(training: Training) -> tuple[Gemm, ...]:
    """Return every matrix product of one step."""
    recipe = training.recipe
    return gradient_gemms(recipe.micro_batch, recipe.hidden, recipe.leaves)


def flops(training: Training) -> int:
    """Return the floating-point operations of one step's matrix products."""
    return sum(product.flops for product in gemms(training))


WORKLOAD = Workload(
    name="train",
    params=Settings(),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    unit="samples",
    metric=Metric("accuracy", tolerance=0.003),
    slide=Slide(
        axis=Axis.TRAINING,
        bottleneck="the nightly retrain misses its deploy window",
        partition="each global batch is cut into fixed micro-batches; "
        "every worker owns an equal run of them",
        communication="1.2 MB of gradient sums per worker and step, from worker to worker; "
        "weights and samples never move",
        consistency="synchronous: one model, gradients added along one fixed tree, "
        "the same bits on any number of workers",
        why_not_another_axis="not the model axis: the model is 1.2 MB and fits everywhere, "
        "only time is short",
        limitation="the exchange costs milliseconds a step, so batches are large; "
        "small ones reach this accuracy in fewer samples",
    ),
    proof=Proof(
        tuned=("micro_batch", MICRO_BATCHES),
        reference=textbook,
        ceiling=Ceiling("matrix products", ceiling),
    ),
)
