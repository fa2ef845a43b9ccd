"""The augmentation of ``train``: every copy of an image shifted, turned and made noisy by draws of its own.

Imports NumPy and the numerics of ``_train_kernel``.
"""

import numpy as np

from workloads.train.kernel import PIXELS, Array

SIDE = 8
SHIFT_PIXELS, TURN_RADIANS, NOISE = 0.5, 0.2, 0.15
MARGIN = 2


def augmented(images: Array, seed: int, copy: int) -> Array:
    """Return images (n, 8, 8) as (n, 64), each shifted, turned and made noisy by draws of its own.

    A turn is drawn as the tangent of half its angle: all arithmetic is then exactly rounded, and every
    machine makes the same bits.
    """
    random = np.random.default_rng([seed, 1, copy])

    def drawn(reach: float, columns: int = 1) -> Array:
        return (random.random((len(images), columns), dtype=np.float32) * 2 - 1) * np.float32(reach)

    half, down, right = drawn(TURN_RADIANS / 2), drawn(SHIFT_PIXELS), drawn(SHIFT_PIXELS)
    cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    centre = (SIDE - 1) / 2
    y, x = (np.indices((SIDE, SIDE), dtype=np.float32) - np.float32(centre)).reshape(2, PIXELS)
    return _ink(
        images, cosine * y - sine * x + down + centre, sine * y + cosine * x + right + centre
    ) + drawn(NOISE, PIXELS)


def _ink(images: Array, rows: Array, columns: Array) -> Array:
    """Return the ink of images (n, 8, 8) at points (n, 64), bilinear between pixels, none outside."""
    padded = np.pad(images, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))
    width = padded.shape[2]
    top, left = np.floor(rows), np.floor(columns)
    lower, further = rows - top, columns - left
    at = (np.arange(len(images)) * width * width)[:, None] + (
        (top + MARGIN) * width + left + MARGIN
    ).astype(np.intp)
    ink = padded.reshape(-1)
    above = ink[at] * (1 - further) + ink[at + 1] * further
    below = ink[at + width] * (1 - further) + ink[at + width + 1] * further
    between: Array = above * (1 - lower) + below * lower
    return between
