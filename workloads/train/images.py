"""The augmentation of ``train``: shifted, turned and noisy copies of an image.

Imports NumPy and the numerics of ``kernel``.
"""

import numpy as np

from workloads.train.kernel import PIXELS, Array

SIDE = 8
SHIFT_PIXELS = 0.5
TURN_RADIANS = 0.2
NOISE = 0.15
MARGIN = 2


def augment(images: Array, seed: int, copy: int) -> Array:
    """Return images (n, 8, 8) as (n, 64), each with random shift, turn and noise of its own.

    A turn is drawn as the tangent of half its angle: all arithmetic is then exactly rounded, and
    every machine makes the same bits.
    """
    random = np.random.default_rng([seed, 1, copy])

    def draw(reach: float, columns: int = 1) -> Array:
        return (random.random((len(images), columns), dtype=np.float32) * 2 - 1) * np.float32(reach)

    half = draw(TURN_RADIANS / 2)
    down = draw(SHIFT_PIXELS)
    right = draw(SHIFT_PIXELS)
    cosine = (1 - half * half) / (1 + half * half)
    sine = 2 * half / (1 + half * half)
    centre = (SIDE - 1) / 2
    y, x = (np.indices((SIDE, SIDE), dtype=np.float32) - np.float32(centre)).reshape(2, PIXELS)
    rows = cosine * y - sine * x + down + centre
    columns = sine * y + cosine * x + right + centre
    return _interpolate(images, rows, columns) + draw(NOISE, PIXELS)


def _interpolate(images: Array, rows: Array, columns: Array) -> Array:
    """Return the ink of images (n, 8, 8) at points (n, 64): bilinear, none outside."""
    padded = np.pad(images, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))
    width = padded.shape[2]
    top = np.floor(rows)
    left = np.floor(columns)
    lower = rows - top
    further = columns - left
    first = (np.arange(len(images)) * width * width)[:, None]
    at = first + ((top + MARGIN) * width + left + MARGIN).astype(np.intp)
    ink = padded.reshape(-1)
    above = ink[at] * (1 - further) + ink[at + 1] * further
    below = ink[at + width] * (1 - further) + ink[at + width + 1] * further
    between: Array = above * (1 - lower) + below * lower
    return between
