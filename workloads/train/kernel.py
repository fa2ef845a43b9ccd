"""The loops of ``train``: convolutions of 3x3 taps over strips, and their gradients.

A strip is a channel of all pictures of a batch, one below the other, with a row and a column of
zeros between them. A tap of a convolution is then a shift of the strip, and a pass over it one
long loop. Imports NumPy and Numba only.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
F = np.float32
Nine = tuple[F, F, F, F, F, F, F, F, F]
P = ParamSpec("P")
R = TypeVar("R")

TAPS = 9
TOGETHER = 4  # outputs that one pass over a strip computes
AT_A_TIME = 512  # places of a strip, so that all channels of them stay in a cache
ZERO = np.float32(0)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that adds in the order written, products unrounded; cache it on disk."""
    return cast(
        Callable[P, R],
        numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})(function),
    )


def summing(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function whose sums may be taken in the lanes of a vector; cache it on disk."""
    fast = {"contract", "reassoc", "nsz"}
    return cast(
        Callable[P, R],
        numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=fast)(function),
    )


@compiled
def convolve(
    signal: Array, weights: Array, bias: Array, into: Array, pitch: int, first: int, stop: int
) -> None:
    """Write the weighted taps of all strips of a signal, and a bias, from ``first`` to ``stop``.

    ``weights`` (outputs, inputs, 9) have whole groups of ``TOGETHER`` outputs. ``pitch`` is the
    distance of one row to the next.
    """
    for begin in range(first, stop, AT_A_TIME):
        end = min(stop, begin + AT_A_TIME)
        for out in range(0, len(weights), TOGETHER):
            z0, z1 = into[out, begin:end], into[out + 1, begin:end]
            z2, z3 = into[out + 2, begin:end], into[out + 3, begin:end]
            z0[:], z1[:], z2[:], z3[:] = bias[out], bias[out + 1], bias[out + 2], bias[out + 3]
            for channel in range(len(signal)):
                above = signal[channel, begin - pitch - 1 : end - pitch + 1]
                here = signal[channel, begin - 1 : end + 1]
                below = signal[channel, begin + pitch - 1 : end + pitch + 1]
                # tuples stay in registers, which elements of an array do not
                w0, w1 = taps_of(weights, out, channel), taps_of(weights, out + 1, channel)
                w2, w3 = taps_of(weights, out + 2, channel), taps_of(weights, out + 3, channel)
                for i in range(end - begin):
                    s0 = plus_taps(z0[i], w0, above, here, below, i)
                    s1 = plus_taps(z1[i], w1, above, here, below, i)
                    s2 = plus_taps(z2[i], w2, above, here, below, i)
                    s3 = plus_taps(z3[i], w3, above, here, below, i)
                    z0[i], z1[i], z2[i], z3[i] = s0, s1, s2, s3


@summing
def correlate(signal: Array, error: Array, into: Array, pitch: int, first: int, stop: int) -> None:
    """Write the gradient of ``convolve`` with respect to its weights: an even number of outputs."""
    for out in range(0, len(into), 2):
        e0, e1 = error[out, first:stop], error[out + 1, first:stop]
        for channel in range(len(signal)):
            above = signal[channel, first - pitch - 1 : stop - pitch + 1]
            here = signal[channel, first - 1 : stop + 1]
            below = signal[channel, first + pitch - 1 : stop + pitch + 1]
            s0 = (ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO)
            s1 = s0
            for i in range(stop - first):
                s0 = plus_products(s0, e0[i], above, here, below, i)
                s1 = plus_products(s1, e1[i], above, here, below, i)
            for tap in range(TAPS):
                into[out, channel, tap] = s0[tap]
                into[out + 1, channel, tap] = s1[tap]


@summing
def add_up(error: Array, into: Array, first: int, stop: int) -> None:
    """Write the gradient of ``convolve`` with respect to its bias."""
    for out in range(len(into)):
        strip = error[out, first:stop]
        total = ZERO
        for i in range(len(strip)):
            total += strip[i]
        into[out] = total


@compiled
def rectify(strips: Array, count: int, rows: int, pitch: int) -> None:
    """Set to 0 what is below it, and the places between the pictures."""
    for channel in range(len(strips)):
        strip = strips[channel]
        for i in range(len(strip)):
            strip[i] = max(strip[i], ZERO)
        for row in range(count * rows):
            strip[row * pitch] = ZERO
        for picture in range(1, count):
            strip[picture * rows * pitch : (picture * rows + 1) * pitch] = ZERO


@compiled
def silence(errors: Array, signals: Array) -> None:
    """Set the flow back to 0 where a channel did not fire."""
    for channel in range(len(errors)):
        error, signal = errors[channel], signals[channel]
        for i in range(len(error)):
            error[i] = error[i] if signal[i] > 0 else ZERO


@compiled
def taps_of(weights: Array, out: int, channel: int) -> Nine:
    """Return the nine weights of one output and one input."""
    w = weights[out, channel]
    return w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8]


@compiled
def plus_taps(
    total: np.float32, w: Nine, above: Array, here: Array, below: Array, i: int
) -> np.float32:
    """Return a sum and the nine weighted taps around place ``i``."""
    total += w[0] * above[i]
    total += w[1] * above[i + 1]
    total += w[2] * above[i + 2]
    total += w[3] * here[i]
    total += w[4] * here[i + 1]
    total += w[5] * here[i + 2]
    total += w[6] * below[i]
    total += w[7] * below[i + 1]
    total += w[8] * below[i + 2]
    return total


@summing
def plus_products(
    sums: Nine, error: np.float32, above: Array, here: Array, below: Array, i: int
) -> Nine:
    """Return nine sums, each with the product of an error and its tap."""
    return (
        sums[0] + error * above[i],
        sums[1] + error * above[i + 1],
        sums[2] + error * above[i + 2],
        sums[3] + error * here[i],
        sums[4] + error * here[i + 1],
        sums[5] + error * here[i + 2],
        sums[6] + error * below[i],
        sums[7] + error * below[i + 1],
        sums[8] + error * below[i + 2],
    )
