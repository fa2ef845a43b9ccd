"""What ``train``'s baseline is compared with: its matrix products alone, a textbook's gradient.

Imports NumPy and this package.
"""

import time
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from workloads.train.kernel import TAPS, Array
from workloads.train.network import COLOURS, Net

Shape = tuple[int, int, int]


def products_of(channels: int, depth: int, pixels: int) -> list[Shape]:
    """Return (rows, inner, columns) of every matrix product of a step on so many pixels.

    Forwards, for the weights and, except in the first layer, for what went in.
    """
    widths = [COLOURS, *[channels] * (depth - 1), COLOURS]
    found = []
    for place, (inputs, outputs) in enumerate(pairwise(widths)):
        found.append((outputs, inputs * TAPS, pixels))
        found.append((outputs, pixels, inputs * TAPS))
        if place:
            found.append((inputs, outputs * TAPS, pixels))
    return found


def products(shapes: list[Shape]) -> Iterator[None]:
    """Do a step's matrix products at every iteration, each on operands that stay in place."""
    random = np.random.default_rng(1)
    operands = [
        (
            random.random((rows, inner), dtype=np.float32),
            random.random((inner, columns), dtype=np.float32),
            np.empty((rows, columns), np.float32),
        )
        for rows, inner, columns in shapes
    ]
    while True:
        for left, right, into in operands:
            np.matmul(left, right, out=into)
        yield


def products_per_second(shapes: list[Shape], seconds: float) -> float:
    """Return how many times a second these products can be done: the median over ``seconds``."""
    product_rounds = products(shapes)
    took: list[float] = []
    next(product_rounds)  # the first write to a page of memory is slow
    while sum(took) < seconds:
        began = time.perf_counter()
        next(product_rounds)
        took.append(time.perf_counter() - began)
    return 1 / median(took)


def textbook_gradient(net: Net, noisy: Array, target: Array) -> Net:
    """Return the gradient of the mean squared error, in double precision.

    As a textbook writes it: a convolution is a product with all 3x3 windows of a picture.
    """
    signals = [noisy.astype(float)]
    for place, layer in enumerate(net):
        weights, bias = _parts(layer)
        sums = _convolved(signals[-1], weights) + bias[:, None, None]
        signals.append(np.maximum(sums, 0) if place + 1 < len(net) else sums)
    error = (signals[0] - signals[-1] - target) * (-2 / target.size)
    gradient: list[Array] = []
    for place in reversed(range(len(net))):
        weights, _ = _parts(net[place])
        taps = np.einsum("nohw,nihwrc->oirc", error, _windows(signals[place]), optimize=True)
        flat = taps.reshape(len(weights), -1)
        gradient.insert(0, np.column_stack([flat, error.sum(axis=(0, 2, 3))]))
        turned = weights[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        error = _convolved(error, turned) * (signals[place] > 0)
    return tuple(gradient)


def _parts(layer: Array) -> tuple[Array, Array]:
    """Return the weights (outputs, inputs, 3, 3) and the bias of a layer."""
    return layer[:, :-1].astype(float).reshape(len(layer), -1, 3, 3), layer[:, -1]


def _windows(pictures: Array) -> Array:
    """Return the 3x3 window around every pixel; outside a picture there are zeros."""
    padded = np.pad(pictures, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows: Array = sliding_window_view(padded, (3, 3), axis=(2, 3))
    return windows


def _convolved(pictures: Array, weights: Array) -> Array:
    sums: Array = np.einsum("nihwrc,oirc->nohw", _windows(pictures), weights, optimize=True)
    return sums
