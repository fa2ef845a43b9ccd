"""The network of ``train``: it says what noise a picture holds, which is then taken away.

That is DnCNN (Zhang et al. 2017) without batch normalisation: 3x3 convolutions with a ReLU between
them. A layer is one matrix with a row for each output: nine taps for each input, then the bias.
Imports NumPy and ``kernel``.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from workloads.train.kernel import (
    TAPS,
    TOGETHER,
    Array,
    add_up,
    convolve,
    correlate,
    rectify,
    silence,
)

COLOURS = 3

Net = tuple[Array, ...]


def shapes(channels: int, depth: int) -> list[tuple[int, int]]:
    """Return the shape of each of ``depth`` layers."""
    widths = [COLOURS, *[channels] * (depth - 1), COLOURS]
    return [(outputs, TAPS * inputs + 1) for inputs, outputs in pairwise(widths)]


def parameter_count(channels: int, depth: int) -> int:
    """Return how many weights and biases the network has."""
    return sum(rows * columns for rows, columns in shapes(channels, depth))


def layers(flat: Array, channels: int, depth: int) -> Net:
    """Return views of one flat vector as the layers, which lie in it one after the other."""
    found = []
    start = 0
    for rows, columns in shapes(channels, depth):
        found.append(flat[start : start + rows * columns].reshape(rows, columns))
        start += rows * columns
    return tuple(found)


class Strips:
    """Room for a batch of pictures, for what each layer makes of them, and for the errors of that.

    A copy is made by size, without the contents.
    """

    def __init__(self, count: int, height: int, width: int, channels: int, depth: int) -> None:
        self._arguments = count, height, width, channels, depth
        self.count, self.rows, self.pitch = count, height + 1, width + 1
        self.first = self.pitch + 1
        self.stop = count * self.rows * self.pitch
        length = self.stop + self.pitch + 1
        channels = max(channels, TOGETHER)
        self.signals = np.zeros((depth + 1, channels, length), np.float32)
        self.errors = np.zeros((depth + 1, channels, length), np.float32)

    def __reduce__(self) -> tuple[Any, ...]:
        return Strips, self._arguments

    @property
    def bounds(self) -> tuple[int, int, int]:
        """Return the distance of a row to the next, the first place and the one after the last."""
        return self.pitch, self.first, self.stop

    def parts(self, number: int) -> list[tuple[int, int]]:
        """Return the first place, and the one after the last, of so many runs of pictures."""
        length = self.count // number * self.rows * self.pitch
        return [(part * length + self.first, (part + 1) * length) for part in range(number)]

    @property
    def input(self) -> Array:
        """Return a view (pictures, colours, rows, columns) of what goes in."""
        return self._pictures(self.signals[0])

    @property
    def output_error(self) -> Array:
        """Return such a view of the error of what comes out."""
        return self._pictures(self.errors[-1])

    @property
    def output(self) -> Array:
        """Return such a view of what comes out."""
        return self._pictures(self.signals[-1])

    def _pictures(self, strips: Array) -> Array:
        rows = strips[:COLOURS, : self.stop].reshape(COLOURS, self.count, self.rows, self.pitch)
        pictures: Array = rows[:, :, 1:, 1:].transpose(1, 0, 2, 3)
        return pictures


def find_noise(net: Net, strips: Strips) -> Array:
    """Return the noise of the pictures in ``strips.input``: a view of the strips."""
    for place, layer in enumerate(net):
        whole = _whole_groups(layer)
        weights = _weights(whole)
        signal, after = strips.signals[place : place + 2]
        convolve(signal[: weights.shape[1]], weights, whole[:, -1], after, *strips.bounds)
        if place + 1 < len(net):
            rectify(after[: len(layer)], strips.count, strips.rows, strips.pitch)
    return strips.output


def find_gradients(net: Net, strips: Strips, into: Sequence[Net]) -> None:
    """Write the gradients of all layers, given ``strips.output_error``, after ``find_noise``.

    The pictures are divided evenly, in their order, over the nets to write into. The bits of each
    are the same whatever other pictures are in the strips.
    """
    for place in reversed(range(len(net))):
        whole = _weights(_whole_groups(net[place]))
        outputs, inputs = len(net[place]), whole.shape[1]
        signal, error = strips.signals[place, :inputs], strips.errors[place + 1]
        gradient = np.empty_like(whole)
        for gradients, (first, stop) in zip(into, strips.parts(len(into)), strict=True):
            correlate(signal, error, gradient, strips.pitch, first, stop)
            gradients[place][:, :-1] = gradient[:outputs].reshape(outputs, -1)
            add_up(error, gradients[place][:, -1], first, stop)
        if place:
            turned = np.ascontiguousarray(whole[:outputs, :, ::-1].transpose(1, 0, 2))
            below = strips.errors[place, :inputs]
            convolve(error[:outputs], turned, np.zeros(inputs, np.float32), below, *strips.bounds)
            silence(below, signal)


def denoise(net: Net, noisy: Array) -> Array:
    """Return pictures (n, colours, rows, columns) less their noise, from 0 to 1."""
    count, _, height, width = noisy.shape
    strips = Strips(count, height, width, max(map(len, net)), len(net))
    strips.input[:] = noisy
    cleaned: Array = np.clip(noisy - find_noise(net, strips), 0, 1)
    return cleaned


def errors(net: Net, noisy: Array, clean: Array) -> Array:
    """Return the squared error of every value of denoised pictures, in their shape."""
    squared: Array = np.square((denoise(net, noisy) - clean).astype(float))
    return squared


def squared_errors(net: Net, noisy: Array, clean: Array) -> Array:
    """Return the sum of squared errors of each denoised picture."""
    total: Array = errors(net, noisy, clean).sum(axis=(1, 2, 3))
    return total


def psnr(squared: Sequence[float] | Array, values: int) -> float:
    """Return the peak signal-to-noise ratio in dB, given the squared errors of so many values."""
    return float(-10 * np.log10(np.sum(squared) / values))


def psnr_by_tile(squared: Array) -> Array:
    """Return a score in dB for each tile, given the mean squared errors of tiles of one size.

    Their mean is the PSNR of all tiles together, which is no mean of anything itself. So each score
    is that PSNR and what the tile adds to it to first order: the spread of such scores is the
    PSNR's own, by the delta method (Casella and Berger, Statistical inference, 2002, 5.5.4).
    """
    mean = squared.mean()
    scores: Array = psnr(squared, len(squared)) - 10 / np.log(10) * (squared / mean - 1)
    return scores


def _whole_groups(layer: Array) -> Array:
    """Return a copy with outputs of zeros at the end, up to a whole number of groups."""
    whole = np.zeros((-(-len(layer) // TOGETHER) * TOGETHER, layer.shape[1]), np.float32)
    whole[: len(layer)] = layer
    return whole


def _weights(layer: Array) -> Array:
    """Return the weights (outputs, inputs, 9) of a layer, in one piece."""
    return np.ascontiguousarray(layer[:, :-1]).reshape(len(layer), -1, TAPS)
