"""The lockstep program of ``train``: a gradient from every worker, and one step of all.

Workers have whole groups of each batch. The groups' gradients are added in a fixed order of pairs,
whoever has which, so that the answer's bits are the same on any number of workers. Before some
steps they also validate, tiles divided among them. Imports NumPy and this package.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from workloads.train.kernel import Array
from workloads.train.network import (
    Net,
    Strips,
    find_gradients,
    find_noise,
    layers,
    parameter_count,
    psnr,
    squared_errors,
)
from workloads.train.optimizer import as_model, move, rate_at, rows_of
from workloads.train.photographs import draw_group
from workloads.train.recipe import Recipe, Training

LAST_LAYER = np.float32(0.1)  # smaller at first, so that the answer begins near the picture


class Share(NamedTuple):
    """A worker's run (start, stop) of the groups of a batch, and of validation tiles."""

    groups: tuple[int, int]
    tiles: tuple[int, int]


class Sum(NamedTuple):
    """The sum of the gradients of so many ``groups`` from ``first`` on."""

    first: int
    groups: int
    gradient: Array


class Part(NamedTuple):
    """What a worker contributes: sums of gradients, and its tiles' squared errors if it is time."""

    sums: list[Sum]
    errors: Array


@dataclass(frozen=True)
class State:
    """A replica: the vectors of the model as rows, the last validation's PSNR, and buffers.

    ``strips`` are by the number of pictures that they have room for.
    """

    model: Array
    found: Array
    strips: dict[int, Strips]


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
    return State(model, np.full(1, -np.inf), {})


def split_work(training: Training, workers: int) -> list[Share]:
    """Return each worker's share. Raises ``ValueError`` if there are more workers than groups."""
    recipe = training.recipe
    if workers > recipe.groups:
        raise ValueError(
            f"batch={recipe.batch} in groups of {recipe.group} crops is too small for {workers} "
            f"workers: set group={max(1, recipe.batch // workers)} or a larger batch"
        )
    groups = _runs(recipe.groups, workers)
    return [*map(Share, groups, _runs(len(training.validation.clean), workers))]


def _runs(count: int, workers: int) -> list[tuple[int, int]]:
    return [*pairwise(worker * count // workers for worker in range(workers + 1))]


def contribute(state: State, step: int, share: Share, training: Training) -> Part:
    """Return the sums of the gradients of this worker's groups of crops."""
    first, stop = share.groups
    gradients = _gradients(state, range(first, stop), step, training)
    sums = [Sum(first + place, 1, gradient) for place, gradient in enumerate(gradients)]
    return Part(add_in_pairs(sums), _validate(state, step, share, training))


def _validate(state: State, step: int, share: Share, training: Training) -> Array:
    """Return the squared errors of this worker's tiles; none where no validation is due."""
    if not _validates(training.recipe, step):
        return np.zeros(0)
    begin, end = share.tiles
    noisy, clean = (pictures[begin:end] for pictures in training.validation)
    return squared_errors(answer(state, training.recipe), noisy, clean)


def _gradients(state: State, groups: range, step: int, training: Training) -> Array:
    """Return a row for each group: the gradient of its share of the batch's mean error.

    That is Noise2Noise (Lehtinen et al. 2018): the target is another noisy exposure. The expected
    gradient is that of a clean target, since the target's noise has the mean 0.
    """
    recipe = training.recipe
    drawn = [draw_group(training.scenes, recipe, step * recipe.groups + group) for group in groups]
    noisy, other = (np.concatenate(exposures) for exposures in zip(*drawn, strict=True))
    weights = as_model(state.model).weights
    net = layers(weights, recipe.channels, recipe.depth)
    strips = _room_for(state, len(noisy), recipe)
    strips.input[:] = noisy
    error = noisy - find_noise(net, strips) - other
    strips.output_error[:] = np.float32(-2 / (error[0].size * recipe.batch)) * error
    found = np.empty((len(groups), len(weights)), np.float32)
    nets = [layers(row, recipe.channels, recipe.depth) for row in found]
    find_gradients(net, strips, nets)
    return found


def _room_for(state: State, pictures: int, recipe: Recipe) -> Strips:
    if pictures not in state.strips:
        size = recipe.crop, recipe.crop, recipe.channels, recipe.depth
        state.strips[pictures] = Strips(pictures, *size)
    return state.strips[pictures]


def add_in_pairs(sums: Iterable[Sum]) -> list[Sum]:
    """Add sums of neighbours, given in their order, as far as those of whole pairs are there.

    Pairs of groups are added, then pairs of pairs. The bits of what remains do not depend on how
    often and where the sums were added before.
    """
    added: list[Sum] = []
    for one in sums:
        added.append(one)
        while len(added) > 1 and _are_a_pair(added[-2], added[-1]):
            left, right = added[-2:]
            added[-2:] = [Sum(left.first, 2 * left.groups, left.gradient + right.gradient)]
    return added


def _are_a_pair(left: Sum, right: Sum) -> bool:
    return left.groups == right.groups and left.first % (2 * left.groups) == 0


def combine(state: State, step: int, parts: Sequence[Part], training: Training) -> State:
    """Take the step of all gradients, in place; or none, if a validation finds the result good."""
    recipe = training.recipe
    if _validates(recipe, step):
        errors = np.concatenate([part.errors for part in parts])
        state.found[0] = psnr(errors, training.validation.clean.size)
        if is_good(state, step, training):
            return state
    first, *others = add_in_pairs(sum_ for part in parts for sum_ in part.sums)
    gradient = first.gradient
    for other in others:
        gradient = gradient + other.gradient
    move(as_model(state.model), gradient, step + 1, rate_at(recipe, step + 1), recipe)
    return state


def is_good(state: State, _: int, training: Training) -> bool:
    """Return whether the last validation found the target's PSNR; before the first it is -inf."""
    return bool(state.found[0] >= training.recipe.target)


def validation_psnr(state: State, _: int, __: Training) -> float | None:
    """Return the PSNR in dB that the last validation found (None: there was none yet)."""
    found = float(state.found[0])
    return found if math.isfinite(found) else None


def answer(state: State, recipe: Recipe) -> Net:
    """Return the network with the average of its last weights."""
    return layers(as_model(state.model).average, recipe.channels, recipe.depth)


def _validates(recipe: Recipe, step: int) -> bool:
    return step > 0 and step % recipe.validate_every == 0
