"""The numerics of ``train``: a three-layer network, its gradient over a micro-batch, and the tree that adds gradients.

Imports NumPy only. Everything works in place, in buffers that ``Scratch`` makes once: what a step costs is
its matrix products, and little else.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

PIXELS, CLASSES = 64, 10


class Samples(NamedTuple):
    """Images (n, 64) and their labels (n,), 0 to 9."""

    images: Array
    labels: Array


class Layer(NamedTuple):
    """Weights (outputs, inputs) and bias (outputs,), or the gradient with respect to them."""

    weights: Array
    bias: Array


Net = tuple[Layer, ...]


class Gemm(NamedTuple):
    """A matrix product (rows, inner) x (inner, columns), which operands are read transposed, and how often it is done."""

    rows: int
    inner: int
    columns: int
    left_transposed: bool
    right_transposed: bool
    times: int = 1

    @property
    def flops(self) -> int:
        """Return the floating-point operations, a multiplication and an addition for each term."""
        return 2 * self.rows * self.inner * self.columns * self.times


def shapes(hidden: int) -> tuple[tuple[int, int], ...]:
    """Return (outputs, inputs) of the three layers."""
    return (hidden, PIXELS), (hidden, hidden), (CLASSES, hidden)


def size(hidden: int) -> int:
    """Return the number of weights and biases."""
    return sum(outputs * (inputs + 1) for outputs, inputs in shapes(hidden))


def layers(flat: Array, hidden: int) -> Net:
    """Return views of one flat vector as the layers that lie in it one after the other."""
    net, start = [], 0
    for outputs, inputs in shapes(hidden):
        middle = start + outputs * inputs
        stop = middle + outputs
        net.append(Layer(flat[start:middle].reshape(outputs, inputs), flat[middle:stop]))
        start = stop
    return tuple(net)


def scores(net: Net, images: Array) -> Array:
    """Return the unnormalised scores (n, 10) of images (n, 64)."""
    signal = images
    for layer in net[:-1]:
        signal = np.maximum(signal @ layer.weights.T + layer.bias, 0)
    result: Array = signal @ net[-1].weights.T + net[-1].bias
    return result


class Scratch:
    """Buffers that are written over at every step; copied or sent, it travels as its sizes and not as its contents.

    ``partial`` and ``joined`` hold as many gradients as a ``Tree`` over that many leaves can ever keep apart.
    """

    def __init__(
        self, rows: int, hidden: int, leaves: int, kind: type[np.floating[Any]] = np.float32
    ) -> None:
        self._made_of = rows, hidden, leaves, kind
        self.bits = 8 * np.dtype(kind).itemsize
        self.first, self.second, self.delta = (np.empty((rows, hidden), kind) for _ in range(3))
        self.scores, self.over_classes = np.empty((CLASSES, rows), kind), np.empty(rows, kind)
        self.sample, self.ones, self.zeros = (
            np.arange(rows),
            np.ones(rows, kind),
            np.zeros(hidden, kind),
        )
        self.partial, self.joined = (
            np.empty((2 * leaves.bit_length() + 1, size(hidden)), kind) for _ in range(2)
        )
        self.change = np.empty(size(hidden), kind)

    def __reduce__(self) -> tuple[Any, ...]:
        return Scratch, self._made_of


def gradient(net: Net, samples: Samples, scratch: Scratch, into: Net) -> None:
    """Write the gradient of the cross-entropy, summed over a micro-batch, into ``into``.

    Back-propagation through softmax and two ReLUs. Scores are kept a class a row: what runs over the ten
    classes is then ten long rows.
    """
    first, second, last = net
    a, b, scores, delta = scratch.first, scratch.second, scratch.scores, scratch.delta
    np.matmul(samples.images, first.weights.T, out=a)
    _rectify(a, first.bias, scratch)
    np.matmul(a, second.weights.T, out=b)
    _rectify(b, second.bias, scratch)
    np.matmul(last.weights, b.T, out=scores)
    np.add(scores, last.bias[:, None], out=scores)
    _softmax_error(samples.labels, scratch)
    np.matmul(scores, b, out=into[2].weights)
    np.matmul(scores, scratch.ones, out=into[2].bias)
    np.matmul(scores.T, last.weights, out=delta)
    _silence(delta, b, scratch)
    np.matmul(delta.T, a, out=into[1].weights)
    np.matmul(scratch.ones, delta, out=into[1].bias)
    np.matmul(delta, second.weights, out=b)
    _silence(b, a, scratch)
    np.matmul(b.T, samples.images, out=into[0].weights)
    np.matmul(scratch.ones, b, out=into[0].bias)


def gemms(rows: int, hidden: int, times: int) -> tuple[Gemm, ...]:
    """Return the matrix products that ``gradient`` does over micro-batches of ``rows`` samples, ``times`` of them."""
    forward = (
        (rows, PIXELS, hidden, False, True),
        (rows, hidden, hidden, False, True),
        (CLASSES, hidden, rows, False, True),
    )
    last = (CLASSES, rows, hidden, False, False), (rows, CLASSES, hidden, True, False)
    second = (hidden, rows, hidden, True, False), (rows, hidden, hidden, False, False)
    first = ((hidden, rows, PIXELS, True, False),)
    return tuple(Gemm(*product, times) for product in (*forward, *last, *second, *first))


def _rectify(sums: Array, bias: Array, scratch: Scratch) -> None:
    np.add(sums, bias, out=sums)
    np.maximum(
        sums, scratch.zeros, out=sums
    )  # a row: NumPy's comparison with a scalar takes three times as long


def _silence(delta: Array, activation: Array, scratch: Scratch) -> None:
    """Let nothing flow back through units that did not fire; the activation is spent on it.

    No activation is below zero. Its bits, negated as an integer, are therefore negative just where the unit
    fired; shifted right they are all ones there and all zeros elsewhere, a mask at the width of a float.
    """
    mask, flow = (array.view(f"i{scratch.bits // 8}") for array in (activation, delta))
    np.negative(mask, out=mask)
    np.right_shift(mask, scratch.bits - 1, out=mask)
    np.bitwise_and(flow, mask, out=flow)


def _softmax_error(labels: Array, scratch: Scratch) -> None:
    """Turn the scores into the gradient with respect to them: probability less one-hot label."""
    scores, over_classes = scratch.scores, scratch.over_classes
    np.maximum.reduce(scores, axis=0, out=over_classes)
    np.subtract(scores, over_classes, out=scores)
    np.exp(scores, out=scores)
    np.add.reduce(scores, axis=0, out=over_classes)
    np.divide(scores, over_classes, out=scores)
    scores[labels, scratch.sample] -= 1


class Block(NamedTuple):
    """The sum over ``leaves`` leaves from ``start`` on."""

    start: int
    leaves: int
    sum: Array


class Tree:
    """Adds blocks of leaves, pushed from left to right, along one fixed binary tree: the same sums whoever does which of them.

    Two neighbouring blocks of n leaves become one as soon as they are a node of the tree, which is when the
    left one starts at a multiple of 2n. Sums are written into ``rows``, never into what was pushed from elsewhere.
    """

    def __init__(self, rows: Array) -> None:
        self._rows = rows
        self._blocks: list[Block] = []

    def __len__(self) -> int:
        return len(self._blocks)

    @property
    def free(self) -> Array:
        """Return the row in which the next block may be written."""
        row: Array = self._rows[len(self)]
        return row

    def push(self, block: Block) -> None:
        """Take the next block, and add up every node that it completes."""
        self._blocks.append(block)
        while self._ends_in_a_node():
            self._join()

    def total(self) -> Array:
        """Return the sum of everything pushed; nodes that stay incomplete are added last, from the right."""
        while len(self) > 1:
            self._join()
        return self._blocks[0].sum

    def _ends_in_a_node(self) -> bool:
        if len(self) < 2:
            return False
        left, right = self._blocks[-2:]
        return left.leaves == right.leaves and left.start % (2 * left.leaves) == 0

    def _join(self) -> None:
        right, left = self._blocks.pop(), self._blocks.pop()
        self._blocks.append(
            Block(
                left.start, left.leaves + right.leaves, np.add(left.sum, right.sum, out=self.free)
            )
        )


def nodes(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield (start, leaves) of the largest nodes that make up a run of leaves: what a ``Tree`` is left with after it."""
    while start < stop:
        leaves = 1 << ((stop - start).bit_length() - 1)
        while start % leaves:
            leaves //= 2
        yield start, leaves
        start += leaves
