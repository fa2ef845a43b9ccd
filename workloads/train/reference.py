"""What ``train``'s baseline is held against: its matrix products alone, and the same training written in a hurry.

Imports NumPy and the numerics of ``_train_kernel``.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Any

import numpy as np

from workloads.train.kernel import CLASSES, Array, Gemm, Layer, Net, Samples

FEW = 32


def products(gemms: Sequence[Gemm]) -> Iterator[None]:
    """Do the matrix products of a step over and over, each shape in a row on operands that stay where they are."""
    random = np.random.default_rng(1)
    made = [(_operands(gemm, random), gemm.times) for gemm in gemms]
    while True:
        for (left, right, into), times in made:
            for _ in range(times):
                np.matmul(left, right, out=into)
        yield


def _operands(gemm: Gemm, random: np.random.Generator) -> tuple[Any, Any, Any]:
    left = random.random(
        (gemm.inner, gemm.rows) if gemm.left_transposed else (gemm.rows, gemm.inner),
        dtype=np.float32,
    )
    right = random.random(
        (gemm.columns, gemm.inner) if gemm.right_transposed else (gemm.inner, gemm.columns),
        dtype=np.float32,
    )
    into = np.empty((gemm.rows, gemm.columns), np.float32)
    return (
        left.T if gemm.left_transposed else left,
        right.T if gemm.right_transposed else right,
        into,
    )


def products_per_second(gemms: Sequence[Gemm], seconds: float) -> float:
    """Return the steps per second that consist of these products, the median over at least so many seconds."""
    multiplied, took = products(gemms), list[float]()
    next(multiplied)  # the pages of what is written into are made at the first touch
    while sum(took) < seconds:
        began = time.perf_counter()
        next(multiplied)
        took.append(time.perf_counter() - began)
    return 1 / median(took)


def descend(
    net: Net, steps: Iterable[tuple[Sequence[Samples], float]], momentum: float
) -> Iterator[Net]:
    """Yield the net after each step, given a step's samples and its learning rate, as a textbook has it.

    It is gradient descent with momentum like the baseline's, but nothing is kept: every array is made anew, in
    NumPy's usual double precision.
    """
    net = tuple(Layer(layer.weights.astype(float), layer.bias.astype(float)) for layer in net)
    velocity = _zeros(net)
    for batches, rate in steps:
        total = _zeros(net)
        for images, labels in batches:
            for begin in range(0, len(labels), FEW):
                total = _add(
                    total, _gradient(net, images[begin : begin + FEW], labels[begin : begin + FEW])
                )
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
