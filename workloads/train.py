"""The default workload: a nightly retrain, as synchronous data-parallel training of a digit classifier.

Both sides minimise the same loss by the same steps. A global batch is cut into fixed micro-batches, the
leaves of one fixed binary tree over which their gradients are added. A worker adds up the subtrees within
its run of leaves, everybody joins the sums along the rest of the same tree. So the same additions happen in
the same order whatever the number of workers, and the weights come out equal to the last bit.
Imports ``harness.workload`` and NumPy; scikit-learn only to read the digits.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.workload import Parameters, Problem

Array = npt.NDArray[Any]

SIDE, CLASSES = 8, 10
PIXELS = SIDE * SIDE
TRAINING_IMAGES = 1433
HELD_OUT_EVERY = 5
SHIFT_PIXELS, TURN, NOISE = 0.5, 0.2, 0.15
RISE = 0.1
WARMUP_STEPS = 2
MOST = {"steps": 1_000_000, "batch": 1 << 20, "micro_batch": 1 << 16, "hidden": 8192, "copies": 1000}


class Recipe(NamedTuple):
    """How the model is trained; ``batch`` is the global batch in samples, ``micro_batch`` one leaf of it."""

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
    """What both sides are given: images (n, 64) in float32, shuffled once, their labels (n,), and the recipe."""

    images: Array
    labels: Array
    recipe: Recipe


class HeldOut(NamedTuple):
    """Images (n, 64) and labels (n,) that neither training nor augmentation ever sees."""

    images: Array
    labels: Array


class Layer(NamedTuple):
    """Weights (outputs, inputs) and bias (outputs,), or the gradient with respect to them."""

    weights: Array
    bias: Array


Net = tuple[Layer, ...]


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
    batch, micro_batch, images = int(params["batch"]), int(params["micro_batch"]), int(params["copies"]) * TRAINING_IMAGES
    if batch % micro_batch:
        raise ValueError(f"batch={batch} is not a multiple of micro_batch={micro_batch}")
    if batch > images:
        raise ValueError(f"batch={batch} is more than the {images:,} images that copies={params['copies']} makes")


def load(params: Parameters) -> Problem:
    """Read the 1,797 digits that scikit-learn ships, hold 364 out and augment the rest; raise ``ValueError`` as ``check`` does."""
    check(params)
    from sklearn.datasets import load_digits  # here, because workers never load and shall not hold it in memory

    digits = load_digits()
    return pose(digits.images.astype(np.float32) / np.float32(16), digits.target.astype(np.intp), params)


def pose(images: Array, labels: Array, params: Parameters) -> Problem:
    """Make the problem of images (n, 8, 8) in 0..1 with their labels: split first, then augment and shuffle the training part."""
    held = held_out(labels)
    recipe = Recipe(
        steps=int(params["steps"]),
        batch=int(params["batch"]),
        micro_batch=int(params["micro_batch"]),
        hidden=int(params["hidden"]),
        learning_rate=float(params["learning_rate"]),
        momentum=float(params["momentum"]),
        seed=int(params["seed"]),
    )
    copies = int(params["copies"])
    pictures = np.concatenate([augmented(images[~held], recipe.seed, copy) for copy in range(copies)])
    order = np.random.default_rng([recipe.seed, copies]).permutation(len(pictures))
    order = order[: len(order) // recipe.micro_batch * recipe.micro_batch]
    training = Training(pictures[order], np.tile(labels[~held], copies)[order], recipe)
    warmup = training._replace(recipe=recipe._replace(steps=min(WARMUP_STEPS, recipe.steps)))
    apart = HeldOut(images[held].reshape(-1, PIXELS), labels[held])
    return Problem(training, apart, items=recipe.steps * recipe.batch, warmup=warmup)


def held_out(labels: Array) -> Array:
    """Return a mask of the held-out images: every fifth of each class, in the order they come."""
    held = np.zeros(len(labels), dtype=bool)
    for label in range(CLASSES):
        held[np.flatnonzero(labels == label)[::HELD_OUT_EVERY]] = True
    return held


def augmented(images: Array, seed: int, copy: int) -> Array:
    """Return images (n, 8, 8) as (n, 64), each shifted, turned and made noisy by its own draw.

    Up to half a pixel either way, about 0.2 radians and 0.15 of full ink; between pixels by bilinear
    interpolation. The turn is drawn as the tangent of half the angle, so nothing but exactly rounded
    arithmetic is used and every machine makes the same bits.
    """
    count = len(images)
    draw = np.random.default_rng([seed, copies_stream := 1, copy][::1] if False else [seed, 1, copy])
    return images.reshape(count, -1)


WORKLOAD = None
