"""How ``train`` moves the weights: Muon, and Adam to compare with.

Muon (Jordan et al. 2024) makes the momentum of each layer's matrix orthogonal before it takes the
step, so that rare directions move as far as frequent ones. A step is then scaled as Liu et al.
2025 do, so that one rate suits matrices of all shapes, and is of the size of one of Adam's.
Imports NumPy and this package.
"""

import math
from typing import NamedTuple

import numpy as np

from workloads.train.kernel import Array
from workloads.train.network import Net, layers
from workloads.train.recipe import Recipe

MOMENTUM = np.float32(0.95)
QUINTIC = (np.float32(3.4445), np.float32(-4.7750), np.float32(2.0315))
ITERATIONS = 5
SCALE = 0.2
ADAM = (0.9, 0.99)
SMALLEST = np.float32(1e-8)

WARM_UP_STEPS = 20
SETTLED_PIXELS = 1_638_400  # from there on the rate falls
AVERAGED = 8  # the larger, the more the average is of the last weights


class Model(NamedTuple):
    """What training changes, each a flat vector: views of the rows of one matrix."""

    weights: Array
    average: Array
    momentum: Array
    squares: Array | None


def rows_of(recipe: Recipe) -> int:
    """Return how many vectors a model has."""
    return 3 if recipe.optimizer == "muon" else 4


def as_model(rows: Array) -> Model:
    """Return the model in the rows of a matrix."""
    return Model(rows[0], rows[1], rows[2], rows[3] if len(rows) > 3 else None)


def rate_at(recipe: Recipe, step: int) -> float:
    """Return the rate of a step, from 1: it rises, stays, and falls as 1 / sqrt(pixels)."""
    rate = recipe.rate * min(1, step / WARM_UP_STEPS)
    pixels = step * recipe.batch * recipe.crop**2
    return rate / math.sqrt(max(1, pixels / SETTLED_PIXELS))


def move(model: Model, gradient: Array, step: int, rate: float, recipe: Recipe) -> None:
    """Take a step, from 1, in place; the average follows.

    The average's newest weight is 9 / (step + 8), so it is of about the last ninth of the steps
    (Shamir and Zhang 2013, polynomial-decay averaging).
    """
    if model.squares is None:
        _muon(model, gradient, rate, recipe)
    else:
        _adam(model, gradient, step, rate)
    newest = np.float32((AVERAGED + 1) / (step + AVERAGED))
    model.average[:] += newest * (model.weights - model.average)


def _muon(model: Model, gradient: Array, rate: float, recipe: Recipe) -> None:
    model.momentum[:] = MOMENTUM * model.momentum + gradient
    ahead = layers(gradient + MOMENTUM * model.momentum, recipe.channels, recipe.depth)
    for layer, step in zip(_net(model.weights, recipe), ahead, strict=True):
        layer -= np.float32(rate * SCALE * math.sqrt(max(step.shape))) * orthogonal(step)


def orthogonal(matrix: Array) -> Array:
    """Return a matrix of nearly the same singular vectors whose singular values are all about 1.

    Five Newton-Schulz iterations bring them between 0.7 and 1.2 without a decomposition. They are
    done on the Gram matrix G = X X^T, which is smaller: where X becomes P X, G becomes P G P.
    """
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonal(matrix.T).T
    a, b, c = QUINTIC
    gram: Array = matrix @ matrix.T
    scale = np.float32(1 / (math.sqrt(np.trace(gram)) + 1e-7))
    gram *= scale * scale
    identity = np.eye(len(gram), dtype=np.float32)
    product = scale * identity
    for iteration in range(ITERATIONS):
        step = a * identity + b * gram + c * (gram @ gram)
        product = step @ product
        if iteration + 1 < ITERATIONS:
            gram = step @ gram @ step
    result: Array = product @ matrix
    return result


def _adam(model: Model, gradient: Array, step: int, rate: float) -> None:
    """Take a step as Kingma and Ba 2015 do."""
    assert model.squares is not None
    kept, kept_square = map(np.float32, ADAM)
    model.momentum[:] = kept * model.momentum + (1 - kept) * gradient
    model.squares[:] = kept_square * model.squares + (1 - kept_square) * gradient**2
    first, second = (np.float32(1 / (1 - share**step)) for share in ADAM)
    size = np.sqrt(model.squares * second) + SMALLEST
    model.weights[:] -= np.float32(rate) * first * model.momentum / size


def _net(flat: Array, recipe: Recipe) -> Net:
    return layers(flat, recipe.channels, recipe.depth)
