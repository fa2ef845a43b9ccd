"""The default workload: a nightly retrain, as synchronous data-parallel training of a digit classifier.

A global batch is cut into fixed micro-batches, the leaves of one fixed binary tree over which gradients are
added. A worker adds the nodes inside its run of leaves, then everybody joins those sums along the rest of the
tree: the same additions in the same order on any number of workers, so the weights are equal to the last bit.
Imports ``harness.workload``, its neighbours and NumPy.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from harness.workload import Limit, Lockstep, Parameters, Pool, Problem, Reporter, Workload
from workloads.train.digits import read_digits
from workloads.train.images import augmented
from workloads.train.kernel import (
    CLASSES,
    PIXELS,
    Array,
    Block,
    Gemm,
    Net,
    Samples,
    Scratch,
    Tree,
    gradient,
    layers,
    nodes,
    scores,
    size,
)
from workloads.train.kernel import gemms as gemms_of
from workloads.train.reference import descend, products_per_second

Share = tuple[int, int]

TRAINING_IMAGES = 1433
HELD_OUT_EVERY = 5
RISE = 0.1
WARMUP_STEPS = 2
MICRO_BATCHES = (96, 384, 1536, 6144)
MOST = {
    "steps": 1_000_000,
    "batch": 1 << 20,
    "micro_batch": 1 << 16,
    "hidden": 8192,
    "copies": 1000,
}


class Recipe(NamedTuple):
    """How the model is trained; ``batch`` is the global batch and ``micro_batch`` a leaf of it, in samples."""

    steps: int
    batch: int
    micro_batch: int
    hidden: int
    learning_rate: float
    momentum: float
    seed: int

    @property
    def leaves(self) -> int:
        """Return the number of micro-batches in a global batch."""
        return self.batch // self.micro_batch


class Training(NamedTuple):
    """What both sides are given: the augmented samples in float32, shuffled once, and the recipe."""

    samples: Samples
    recipe: Recipe


def check(params: Parameters) -> None:
    """Raise ``ValueError`` with one sentence for parameters that make no sense."""
    for name, most in MOST.items():
        if not 1 <= int(params[name]) <= most:
            raise ValueError(f"{name}={params[name]} is not between 1 and {most:,}")
    if int(params["seed"]) < 0:
        raise ValueError(f"seed={params['seed']} is below 0")
    if not 0 < float(params["learning_rate"]) <= 100:
        raise ValueError(f"learning_rate={params['learning_rate']} is not above 0 and at most 100")
    if not 0 <= float(params["momentum"]) < 1:
        raise ValueError(f"momentum={params['momentum']} is not from 0 to below 1")
    batch, micro_batch, images = (
        int(params["batch"]),
        int(params["micro_batch"]),
        int(params["copies"]) * TRAINING_IMAGES,
    )
    if batch % micro_batch:
        raise ValueError(f"batch={batch} is not a multiple of micro_batch={micro_batch}")
    if batch > images:
        raise ValueError(
            f"batch={batch} is more than the {images:,} images that copies={params['copies']} makes"
        )


def load(params: Parameters) -> Problem:
    """Read the 1,797 digits, hold 364 out, augment the rest; raise ``ValueError`` as ``check`` does."""
    check(params)
    digits = read_digits()
    return pose(digits.images, digits.labels, params)


def pose(images: Array, labels: Array, params: Parameters) -> Problem:
    """Make the problem of images (n, 8, 8), ink from 0 to 1, and their labels: split first, then augment and shuffle the training part."""
    recipe, held = _recipe(params), held_out(labels)
    pictures = [
        augmented(images[~held], recipe.seed, copy) for copy in range(int(params["copies"]))
    ]
    order = np.random.default_rng([recipe.seed, 2]).permutation(sum(map(len, pictures)))
    order = order[
        : len(order) // recipe.micro_batch * recipe.micro_batch
    ]  # so that every micro-batch is one slice
    brief = recipe._replace(steps=min(WARMUP_STEPS, recipe.steps))
    samples = Samples(np.concatenate(pictures)[order], np.tile(labels[~held], len(pictures))[order])
    return Problem(
        input=Training(samples, recipe),
        held_out=Samples(images[held].reshape(-1, PIXELS), labels[held]),
        items=recipe.steps * recipe.batch,
        held_out_items=int(held.sum()),
        warmup=Training(samples, brief),
        warmup_items=brief.steps * brief.batch,
    )


def _recipe(params: Parameters) -> Recipe:
    return Recipe(
        steps=int(params["steps"]),
        batch=int(params["batch"]),
        micro_batch=int(params["micro_batch"]),
        hidden=int(params["hidden"]),
        learning_rate=float(params["learning_rate"]),
        momentum=float(params["momentum"]),
        seed=int(params["seed"]),
    )


def held_out(labels: Array) -> Array:
    """Return a mask of the held-out images: every fifth of each class, in the order they come, whatever the seed."""
    held = np.zeros(len(labels), dtype=bool)
    for label in range(CLASSES):
        held[np.flatnonzero(labels == label)[::HELD_OUT_EVERY]] = True
    return held


@dataclass(frozen=True)
class State:
    """A replica of the model: flat weights and momentum, moved in place, and the buffers to do it in."""

    weights: Array
    velocity: Array
    scratch: Scratch


def start(training: Training) -> State:
    """Return the untrained model: biases zero, weights uniform with variance 2 / inputs (He et al. 2015)."""
    recipe = training.recipe
    random = np.random.default_rng([recipe.seed, 3])
    weights = np.zeros(size(recipe.hidden), np.float32)
    for layer in layers(weights, recipe.hidden):
        reach = np.float32(math.sqrt(6 / layer.weights.shape[1]))
        layer.weights[:] = (random.random(layer.weights.shape, dtype=np.float32) * 2 - 1) * reach
    return State(
        weights, np.zeros_like(weights), Scratch(recipe.micro_batch, recipe.hidden, recipe.leaves)
    )


def runs(leaves: int, workers: int) -> list[Share]:
    """Return each worker's run (start, stop) of leaves, as even as may be; raise ``ValueError`` if there are too few."""
    if workers > leaves:
        raise ValueError(
            f"{leaves} micro-batches cannot occupy {workers} workers: raise batch or lower micro_batch"
        )
    return [
        (worker * leaves // workers, (worker + 1) * leaves // workers) for worker in range(workers)
    ]


def micro_batch(training: Training, step: int, leaf: int) -> Samples:
    """Return a leaf's samples as slices; steps read the shuffled samples round and round, however many passes that makes."""
    recipe, (images, labels) = training.recipe, training.samples
    begin = (step * recipe.leaves + leaf) * recipe.micro_batch % len(labels)
    end = begin + recipe.micro_batch
    return Samples(images[begin:end], labels[begin:end])


def contribute(state: State, step: int, share: Share, training: Training) -> Array:
    """Return the gradient sums of the nodes that make up a run of leaves, one after the other in one flat vector.

    It is a view of the state's buffers, good until the next call.
    """
    recipe, tree = training.recipe, Tree(state.scratch.partial)
    net = layers(state.weights, recipe.hidden)
    for leaf in range(*share):
        row = tree.free
        gradient(net, micro_batch(training, step, leaf), state.scratch, layers(row, recipe.hidden))
        tree.push(Block(leaf, 1, row))
    return state.scratch.partial[: len(tree)].reshape(-1)


def combine(state: State, step: int, parts: Sequence[Array], training: Training) -> State:
    """Join all workers' sums along the tree and take one step of gradient descent with momentum, in place."""
    recipe, tree = training.recipe, Tree(state.scratch.joined)
    for run, part in zip(runs(recipe.leaves, len(parts)), parts, strict=True):
        for node, added in zip(nodes(*run), part.reshape(-1, len(state.weights)), strict=True):
            tree.push(Block(*node, added))
    np.multiply(
        tree.total(), np.float32(-rate(recipe, step) / recipe.batch), out=state.scratch.change
    )
    np.multiply(state.velocity, np.float32(recipe.momentum), out=state.velocity)
    np.add(state.velocity, state.scratch.change, out=state.velocity)
    np.add(state.weights, state.velocity, out=state.weights)
    return state


def rate(recipe: Recipe, step: int) -> float:
    """Return the learning rate of a step: a straight rise over the first tenth, then half a cosine down towards zero."""
    rise = max(1, round(RISE * recipe.steps))
    if step < rise:
        return recipe.learning_rate * (step + 1) / rise
    return (
        recipe.learning_rate * (1 + math.cos(math.pi * (step - rise) / (recipe.steps - rise))) / 2
    )


def baseline(training: Training, report: Reporter) -> Net:
    """Train in this process alone: the leaves are one run, and nothing is exchanged."""
    recipe, state = training.recipe, start(training)
    for step in range(recipe.steps):
        part = contribute(state, step, (0, recipe.leaves), training)
        state = combine(state, step, [part], training)
        report((step + 1) * recipe.batch)
    return layers(state.weights, recipe.hidden)


def distributed(training: Training, pool: Pool, report: Reporter) -> Net:
    """Train on the pool: every worker keeps the model, and only gradient sums are exchanged."""
    recipe = training.recipe
    shares, shared = runs(recipe.leaves, pool.size), pool.share(training)

    def samples(share: Share) -> int:
        return (share[1] - share[0]) * recipe.micro_batch

    program = Lockstep(start, contribute, combine)
    state: State = pool.lockstep(
        program, shares, recipe.steps, shared, items=samples, report=report
    )
    return layers(state.weights, recipe.hidden)


def quality(answer: Net, held_out: Samples) -> float:
    """Return the accuracy: the fraction of held-out images whose highest score is that of their label."""
    return float(np.mean(np.argmax(scores(answer, held_out.images), axis=1) == held_out.labels))


def naive(training: Training, report: Reporter) -> Net:
    """Do the baseline's training in textbook code: a few samples at a time, in double precision, everything made anew."""
    recipe = training.recipe
    batches = (
        [micro_batch(training, step, leaf) for leaf in range(recipe.leaves)]
        for step in range(recipe.steps)
    )
    pace = (rate(recipe, step) / recipe.batch for step in range(recipe.steps))
    net = layers(start(training).weights, recipe.hidden)
    for step, moved in enumerate(
        descend(net, zip(batches, pace, strict=True), recipe.momentum), start=1
    ):
        net = moved
        report(step * recipe.batch)
    return net


def limit(training: Training, seconds: float) -> float:
    """Return the samples per second of a training that is its matrix products and nothing else."""
    return training.recipe.batch * products_per_second(gemms(training), seconds)


def gemms(training: Training) -> tuple[Gemm, ...]:
    """Return every matrix product of one step."""
    return gemms_of(training.recipe.micro_batch, training.recipe.hidden, training.recipe.leaves)


def flops(training: Training) -> int:
    """Return the floating-point operations in one step's matrix products."""
    return sum(product.flops for product in gemms(training))


WORKLOAD = Workload(
    name="train",
    axis="training",
    unit="samples",
    bottleneck="the nightly retrain misses its deploy window",
    partition="each global batch is cut into fixed micro-batches; every worker owns an equal run of them",
    communication="1.2 MB of gradient sums per worker and step, from worker to worker; weights and samples never move",
    consistency="synchronous: one model, gradients added along one fixed tree, the same bits on any number of workers",
    neighbour="not the model axis: the model is 1.2 MB and fits everywhere, only time is short",
    limitation="the exchange costs milliseconds a step, so batches are large; small ones reach this accuracy in fewer samples",
    metric="accuracy",
    tolerance=0.003,
    params={
        "steps": 67,
        "batch": 24576,
        "micro_batch": 768,
        "hidden": 512,
        "copies": 64,
        "learning_rate": 0.3,
        "momentum": 0.9,
        "seed": 1,
    },
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    check=check,
    tuned=("micro_batch", MICRO_BATCHES),
    naive=naive,
    limit=Limit("matrix products", limit),
)
