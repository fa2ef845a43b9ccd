"""The numerics of ``train``: a three-layer network, its gradient, and the tree that adds gradients.

Everything works in place, in buffers that ``Scratch`` allocates once, so that a step costs little
more than its matrix products. Imports NumPy only.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

PIXELS = 64
CLASSES = 10


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
    """A matrix product (rows, inner) x (inner, columns), done ``times`` times.

    An operand that is transposed lies in memory the other way round.
    """

    rows: int
    inner: int
    columns: int
    left_transposed: bool
    right_transposed: bool
    times: int = 1

    @property
    def flops(self) -> int:
        """Return its floating-point operations: a multiplication and an addition for each term."""
        return 2 * self.rows * self.inner * self.columns * self.times


def shapes(hidden: int) -> tuple[tuple[int, int], ...]:
    """Return (outputs, inputs) of the three layers."""
    return (hidden, PIXELS), (hidden, hidden), (CLASSES, hidden)


def parameter_count(hidden: int) -> int:
    """Return how many weights and biases the model has."""
    return sum(outputs * (inputs + 1) for outputs, inputs in shapes(hidden))


def layers(flat: Array, hidden: int) -> Net:
    """Return views of one flat vector as the layers, which lie in it one after the other."""
    net = []
    start = 0
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
    """Buffers that every step overwrites; a copy is made by size, without the contents.

    ``partial`` and ``joined`` hold as many gradients as a ``Tree`` over ``leaves`` leaves can ever
    keep apart.
    """

    def __init__(
        self, rows: int, hidden: int, leaves: int, kind: type[np.floating[Any]] = np.float32
    ) -> None:
        self._arguments = rows, hidden, leaves, kind
        self.bits = 8 * np.dtype(kind).itemsize
        self.first = np.empty((rows, hidden), kind)
        self.second = np.empty((rows, hidden), kind)
        self.delta = np.empty((rows, hidden), kind)
        self.scores = np.empty((CLASSES, rows), kind)
        self.over_classes = np.empty(rows, kind)
        self.sample = np.arange(rows)
        self.ones = np.ones(rows, kind)
        self.zeros = np.zeros(hidden, kind)
        sums = 2 * leaves.bit_length() + 1
        self.partial = np.empty((sums, parameter_count(hidden)), kind)
        self.joined = np.empty((sums, parameter_count(hidden)), kind)
        self.change = np.empty(parameter_count(hidden), kind)

    def __reduce__(self) -> tuple[Any, ...]:
        return Scratch, self._arguments


def gradient(net: Net, samples: Samples, scratch: Scratch, into: Net) -> None:
    """Write the gradient of the cross-entropy, summed over a micro-batch, into ``into``.

    This is back-propagation through softmax and two ReLUs. The scores have one row per class, so
    that operations over the ten classes work on long rows.
    """
    first, second, last = net
    a, b = scratch.first, scratch.second
    scores, delta = scratch.scores, scratch.delta
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


def gradient_gemms(rows: int, hidden: int, times: int) -> tuple[Gemm, ...]:
    """Return the matrix products of ``gradient`` on ``times`` micro-batches of ``rows`` samples."""
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
    # a row of zeros: NumPy's comparison with a scalar takes three times as long
    np.maximum(sums, scratch.zeros, out=sums)


def _silence(delta: Array, activation: Array, scratch: Scratch) -> None:
    """Set the flow back to 0 at units that did not fire; this overwrites the activation.

    No activation is below zero. Its bits, negated as an integer, are therefore negative exactly
    where the unit fired. Shifted right, they are all ones there and all zeros elsewhere: a mask as
    wide as a float.
    """
    mask, flow = (array.view(f"i{scratch.bits // 8}") for array in (activation, delta))
    np.negative(mask, out=mask)
    np.right_shift(mask, scratch.bits - 1, out=mask)
    np.bitwise_and(flow, mask, out=flow)


def _softmax_error(labels: Array, scratch: Scratch) -> None:
    """Replace the scores by the gradient with respect to them: probability minus one-hot label."""
    scores = scratch.scores
    over_classes = scratch.over_classes
    np.maximum.reduce(scores, axis=0, out=over_classes)
    np.subtract(scores, over_classes, out=scores)
    np.exp(scores, out=scores)
    np.add.reduce(scores, axis=0, out=over_classes)
    np.divide(scores, over_classes, out=scores)
    scores[labels, scratch.sample] -= 1


class Block(NamedTuple):
    """The sum of the gradients of ``leaves`` leaves, the first of which is ``start``."""

    start: int
    leaves: int
    sum: Array


class Tree:
    """Adds blocks of leaves, pushed from left to right, along one fixed binary tree.

    The sums are the same however the leaves are divided among workers. Two adjacent blocks of n
    leaves are added as soon as they form a node of the tree, which is when the left one starts at
    a multiple of 2n. Sums are written into ``rows``, never into a block that was pushed.
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
        """Append the next block, and add every node that it completes."""
        self._blocks.append(block)
        while self._ends_in_a_node():
            self._join()

    def total(self) -> Array:
        """Return the sum of all blocks; incomplete nodes are added last, from the right."""
        while len(self) > 1:
            self._join()
        return self._blocks[0].sum

    def _ends_in_a_node(self) -> bool:
        if len(self) < 2:
            return False
        left, right = self._blocks[-2:]
        return left.leaves == right.leaves and left.start % (2 * left.leaves) == 0

    def _join(self) -> None:
        right = self._blocks.pop()
        left = self._blocks.pop()
        total = np.add(left.sum, right.sum, out=self.free)
        self._blocks.append(Block(left.start, left.leaves + right.leaves, total))


def tree_nodes(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield (start, leaves) of the nodes that a ``Tree`` keeps after a run of leaves."""
    while start < stop:
        leaves = 1 << ((stop - start).bit_length() - 1)
        while start % leaves:
            leaves //= 2
        yield start, leaves
        start += leaves
