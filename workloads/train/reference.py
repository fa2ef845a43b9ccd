"""What ``train``'s baseline is compared with: its matrix products alone, a textbook program.

Imports NumPy and the numerics of ``kernel``.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Any

import numpy as np

from workloads.train.kernel import CLASSES, Array, Gemm, Layer, Net, Samples

SAMPLES_AT_A_TIME = 32


def products(gemms: Sequence[Gemm]) -> Iterator[None]:
    """Do a step's matrix products at every iteration, each shape on operands that stay in place."""
    random = np.random.default_rng(1)
    operands = [(_operands(gemm, random), gemm.times) for gemm in gemms]
    while True:
        for (left, right, into), times in operands:
            for _ in range(times):
                np.matmul(left, right, out=into)
        yield


def _operands(gemm: Gemm, random: np.random.Generator) -> tuple[Any, Any, Any]:
    """Return random operands and a place for the product."""

    def draw(rows: int, columns: int, transposed: bool) -> Array:
        if transposed:
            return random.random((columns, rows), dtype=np.float32).T
        return random.random((rows, columns), dtype=np.float32)

    left = draw(gemm.rows, gemm.inner, gemm.left_transposed)
    right = draw(gemm.inner, gemm.columns, gemm.right_transposed)
    return left, right, np.empty((gemm.rows, gemm.columns), np.float32)


def products_per_second(gemms: Sequence[Gemm], seconds: float) -> float:
    """Return how many times a second these products can be done: the median over ``seconds``."""
    product_rounds = products(gemms)
    took: list[float] = []
    next(product_rounds)  # the first write to a page of memory is slow
    while sum(took) < seconds:
        began = time.perf_counter()
        next(product_rounds)
        took.append(time.perf_counter() - began)
    return 1 / median(took)


def textbook_training(
    net: Net, steps: Iterable[tuple[Sequence[Samples], float]], momentum: float
) -> Iterator[Net]:
    """Yield the net after each step, given a step's samples and its learning rate.

    It is the baseline's gradient descent with momentum as a textbook writes it: every array is
    allocated anew, in NumPy's usual double precision.
    """
    net = tuple(Layer(layer.weights.astype(float), layer.bias.astype(float)) for layer in net)
    velocity = _zeros(net)
    for batches, rate in steps:
        total = _zeros(net)
        for images, labels in batches:
            for begin in range(0, len(labels), SAMPLES_AT_A_TIME):
                few = slice(begin, begin + SAMPLES_AT_A_TIME)
                total = _add(total, _gradient(net, images[few], labels[few]))
        velocity = _add(_times(momentum, velocity), _times(-rate, total))
        net = _add(net, velocity)
        yield net


def _gradient(net: Net, images: Array, labels: Array) -> Net:
    """Return the gradient of the cross-entropy, summed over the samples."""
    first, second, last = net
    a = np.maximum(images @ first.weights.T + first.bias, 0)
    b = np.maximum(a @ second.weights.T + second.bias, 0)
    scores = b @ last.weights.T + last.bias
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    error = exponentials / exponentials.sum(axis=1, keepdims=True) - np.eye(CLASSES)[labels]
    error_b = (error @ last.weights) * (b > 0)
    error_a = (error_b @ second.weights) * (a > 0)
    flows = ((error_a, images), (error_b, a), (error, b))
    return tuple(Layer(flow.T @ signal, flow.sum(axis=0)) for flow, signal in flows)


def _zeros(net: Net) -> Net:
    return tuple(Layer(np.zeros_like(layer.weights), np.zeros_like(layer.bias)) for layer in net)


def _add(one: Net, other: Net) -> Net:
    return tuple(
        Layer(a.weights + b.weights, a.bias + b.bias) for a, b in zip(one, other, strict=True)
    )


def _times(factor: float, net: Net) -> Net:
    return tuple(Layer(factor * layer.weights, factor * layer.bias) for layer in net)
