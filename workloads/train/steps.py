"""The lockstep program of ``train``: a replica of the model, a worker's part, and the next state.

The leaves of a global batch are fixed micro-batches, and gradients are added along one fixed
binary tree over them. A worker adds up the nodes inside its own leaves and sends their sums; then
every worker adds the sums of all, up to the root. These are the same additions in the same order
for any number of workers, so the weights are equal to the last bit. Imports NumPy, ``kernel`` and
``recipe``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workloads.train.kernel import (
    Array,
    Block,
    Scratch,
    Tree,
    gradient,
    layers,
    parameter_count,
    tree_nodes,
)
from workloads.train.recipe import Recipe, Training

Leaves = tuple[int, int]

WARM_UP_SHARE = 0.1  # of the steps: the learning rate rises


@dataclass(frozen=True)
class State:
    """A replica of the model: flat weights and velocity, updated in place, and its buffers."""

    weights: Array
    velocity: Array
    scratch: Scratch


def start(training: Training) -> State:
    """Return the untrained model: biases 0, weights of variance 2 / inputs (He et al. 2015)."""
    recipe = training.recipe
    random = np.random.default_rng([recipe.seed, 3])
    weights = np.zeros(parameter_count(recipe.hidden), np.float32)
    for layer in layers(weights, recipe.hidden):
        reach = np.float32(math.sqrt(6 / layer.weights.shape[1]))
        layer.weights[:] = (random.random(layer.weights.shape, dtype=np.float32) * 2 - 1) * reach
    return State(
        weights=weights,
        velocity=np.zeros_like(weights),
        scratch=Scratch(recipe.micro_batch, recipe.hidden, recipe.leaves),
    )


def split_leaves(leaves: int, workers: int) -> list[Leaves]:
    """Return each worker's run (start, stop) of leaves, as even as possible.

    Raises ``ValueError`` if there are fewer leaves than workers.
    """
    if workers > leaves:
        raise ValueError(
            f"{leaves} micro-batches cannot occupy {workers} workers: "
            "raise batch or lower micro_batch"
        )
    cuts = [worker * leaves // workers for worker in range(workers + 1)]
    return list(pairwise(cuts))


def contribute(state: State, step: int, share: Leaves, training: Training) -> Array:
    """Return the gradient sums of the tree nodes that make up a run of leaves, in one flat vector.

    The result is a view of the state's buffers, valid until the next call.
    """
    recipe = training.recipe
    tree = Tree(state.scratch.partial)
    net = layers(state.weights, recipe.hidden)
    for leaf in range(*share):
        row = tree.free
        samples = training.micro_batch(step, leaf)
        gradient(net, samples, state.scratch, layers(row, recipe.hidden))
        tree.push(Block(leaf, 1, row))
    return state.scratch.partial[: len(tree)].reshape(-1)


def combine(state: State, step: int, parts: Sequence[Array], training: Training) -> State:
    """Add all workers' sums along the tree; take a step of gradient descent with momentum."""
    recipe = training.recipe
    tree = Tree(state.scratch.joined)
    for run, part in zip(split_leaves(recipe.leaves, len(parts)), parts, strict=True):
        for node, sums in zip(tree_nodes(*run), part.reshape(-1, len(state.weights)), strict=True):
            tree.push(Block(*node, sums))
    rate = np.float32(-learning_rate(recipe, step) / recipe.batch)
    np.multiply(tree.total(), rate, out=state.scratch.change)
    np.multiply(state.velocity, np.float32(recipe.momentum), out=state.velocity)
    np.add(state.velocity, state.scratch.change, out=state.velocity)
    np.add(state.weights, state.velocity, out=state.weights)
    return state


def learning_rate(recipe: Recipe, step: int) -> float:
    """Return a step's learning rate: linear over the first tenth, then half a cosine towards 0."""
    rise = max(1, round(WARM_UP_SHARE * recipe.steps))
    if step < rise:
        return recipe.learning_rate * (step + 1) / rise
    fall = (step - rise) / (recipe.steps - rise)
    return recipe.learning_rate * (1 + math.cos(math.pi * fall)) / 2
