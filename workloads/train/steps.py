"""The lockstep program of ``train``: some steps of its own on every worker, then an average.

That is local SGD (Stich 2019): between two exchanges a worker trains alone on its own part of the
order of batches; then weights, momentum and tail average are averaged, in worker order. Every so
many rounds a step validates the average, tiles divided among the workers. On one worker it is
plain training. Imports NumPy and this package.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from workloads.train.kernel import Array
from workloads.train.network import (
    Net,
    Strips,
    find_gradient,
    find_noise,
    layers,
    parameter_count,
    psnr,
    squared_errors,
)
from workloads.train.optimizer import as_model, move, rate_at, rows_of
from workloads.train.photographs import draw_batch
from workloads.train.recipe import Recipe, Training

LAST_LAYER = np.float32(0.1)  # smaller at first, so that the answer begins near the picture


class Share(NamedTuple):
    """Which of how many workers, and its run (start, stop) of validation tiles."""

    worker: int
    workers: int
    tiles: tuple[int, int]


@dataclass(frozen=True)
class State:
    """A replica: the vectors of the model as rows, the last validation's PSNR, and buffers.

    ``trained`` is what a worker makes of the model by itself.
    """

    model: Array
    found: Array
    trained: Array
    strips: Strips


def start(training: Training) -> State:
    """Return the untrained network: biases 0, weights of variance 2 / inputs (He et al. 2015)."""
    recipe = training.recipe
    random = np.random.default_rng([recipe.seed, 1])
    shape = rows_of(recipe), parameter_count(recipe.channels, recipe.depth)
    model = np.zeros(shape, np.float32)
    net = layers(model[0], recipe.channels, recipe.depth)
    for layer in net:
        weights = layer[:, :-1]
        weights[:] = random.standard_normal(weights.shape, dtype=np.float32)
        weights *= np.float32(math.sqrt(2 / weights.shape[1]))
    net[-1][:] *= LAST_LAYER
    strips = Strips(recipe.batch, recipe.crop, recipe.crop, recipe.channels, recipe.depth)
    return State(model, np.full(1, -np.inf), np.empty_like(model), strips)


def split_work(training: Training, workers: int) -> list[Share]:
    """Return each worker's share."""
    tiles = len(training.validation.clean)
    cuts = [worker * tiles // workers for worker in range(workers + 1)]
    return [Share(worker, workers, run) for worker, run in enumerate(pairwise(cuts))]


def rounds_between(recipe: Recipe, workers: int) -> int:
    """Return how many rounds of training lie between two validations: one at least."""
    return max(1, recipe.validate_every // (recipe.local_steps * workers))


def rounds_done(recipe: Recipe, steps: int, workers: int) -> int:
    """Return how many of so many steps were rounds of training; the others validate."""
    return steps - steps // (rounds_between(recipe, workers) + 1)


def steps_at_most(recipe: Recipe, workers: int) -> int:
    """Return the number of steps that come to ``batches``; at the end there is a validation.

    Raises ``ValueError`` if there are too few batches for a round on so many workers.
    """
    rounds = recipe.batches // (recipe.local_steps * workers)
    if not rounds:
        raise ValueError(
            f"batches={recipe.batches} are too few for {workers} workers: "
            f"with local_steps={recipe.local_steps} they need {recipe.local_steps * workers}"
        )
    return rounds + rounds // rounds_between(recipe, workers)


def contribute(state: State, step: int, share: Share, training: Training) -> Array:
    """Train by itself for ``local_steps`` steps; or validate, a squared error for each tile.

    What it has trained is a view of the state's buffers, valid until the next call.
    """
    recipe = training.recipe
    if _validates(recipe, step, share.workers):
        begin, end = share.tiles
        validation = training.validation
        return squared_errors(
            answer(state, recipe), validation.noisy[begin:end], validation.clean[begin:end]
        )
    state.trained[:] = state.model
    taken = rounds_done(recipe, step, share.workers) * recipe.local_steps
    for local in range(taken, taken + recipe.local_steps):
        number = local * share.workers + share.worker
        _train(state, draw_batch(training.scenes, recipe, number), local + 1, share, recipe)
    return state.trained


def _train(
    state: State, batch: tuple[Array, Array], step: int, share: Share, recipe: Recipe
) -> None:
    """Take a step of Noise2Noise (Lehtinen et al. 2018): the target is another noisy exposure.

    The expected gradient is that of a clean target, since the target's noise has the mean 0.
    """
    model, strips = as_model(state.trained), state.strips
    noisy, other = batch
    net = layers(model.weights, recipe.channels, recipe.depth)
    strips.input[:] = noisy
    error = noisy - find_noise(net, strips) - other
    strips.output_error[:] = np.float32(-2 / error.size) * error
    gradient = np.empty_like(model.weights)
    find_gradient(net, strips, layers(gradient, recipe.channels, recipe.depth))
    move(model, gradient, step, rate_at(recipe, step, share.workers), recipe)


def combine(state: State, step: int, parts: Sequence[Array], training: Training) -> State:
    """Average what all workers have trained, in their order; or keep the validation's PSNR."""
    if _validates(training.recipe, step, len(parts)):
        state.found[0] = psnr(np.concatenate(parts), training.validation.clean.size)
        return state
    state.model[:] = parts[0]
    for part in parts[1:]:
        state.model[:] += part
    state.model[:] *= np.float32(1 / len(parts))
    return state


def is_good(state: State, _: int, training: Training) -> bool:
    """Return whether the last validation found the target's PSNR; before the first it is -inf."""
    return bool(state.found[0] >= training.recipe.target)


def answer(state: State, recipe: Recipe) -> Net:
    """Return the network with the average of its last weights."""
    return layers(as_model(state.model).average, recipe.channels, recipe.depth)


def _validates(recipe: Recipe, step: int, workers: int) -> bool:
    return (step + 1) % (rounds_between(recipe, workers) + 1) == 0
