"""The numerics of ``recommend``: conjugate gradients for one row of factors at a time.

Every sum has an order that only the input fixes, so that every worker gets the same bits.
Imports NumPy and Numba only.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from workloads.prefetch import prefetch

Array = npt.NDArray[Any]
P = ParamSpec("P")
R = TypeVar("R")

TOGETHER = 4  # rows of a tile that one pass takes at a time
AHEAD = 12  # rows that are fetched before they are needed
CACHE_LINE_BYTES = 64
FLOAT_BYTES = 4
SOLVED_BELOW = 1e-20
# sums may be taken lane by lane: otherwise no loop over the factors is vectorized
FASTER = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function, with floating-point operations exactly as written; cache it on disk."""
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def vectorized(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function whose sums may be taken in the lanes of a vector; cache it on disk."""
    return cast(
        Callable[P, R],
        numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTER)(function),
    )


def aligned(rows: int, columns: int) -> Array:
    """Return an empty matrix that begins at a cache line: no vector then straddles two lines."""
    raw = np.empty(rows * columns + CACHE_LINE_BYTES // FLOAT_BYTES, np.float32)
    skipped = -raw.ctypes.data % CACHE_LINE_BYTES // FLOAT_BYTES
    matrix: Array = raw[skipped : skipped + rows * columns].reshape(rows, columns)
    return matrix


class Rows(NamedTuple):
    """Sparse rows.

    Row r has the ``columns`` and ``strengths`` from ``starts[r]`` to below ``starts[r + 1]``.
    """

    starts: Array
    columns: Array
    strengths: Array

    @property
    def height(self) -> int:
        """Return the number of rows; some may be empty."""
        return len(self.starts) - 1


class Buffers(NamedTuple):
    """The memory of ``solve``: a row's gathered factors, three vectors, and numbers per factor.

    ``tile`` (longest row + ``TOGETHER``, factors) holds the fixed factors of one row; ``weight``,
    ``wanted`` and ``nothing`` (all zeros) have one number for each of them.
    """

    tile: Array
    vectors: Array
    weight: Array
    wanted: Array
    nothing: Array


def make_buffers(longest: int, factors: int) -> Buffers:
    """Return buffers for rows of at most ``longest`` interactions."""
    height = longest + TOGETHER
    return Buffers(
        tile=aligned(height, factors),
        vectors=aligned(3, factors),
        weight=np.empty(height, np.float32),
        wanted=np.empty(height, np.float32),
        nothing=np.zeros(height, np.float32),
    )


class Basis(NamedTuple):
    """A change of coordinates (factors, factors).

    A fixed factor y becomes ``y @ into``, a sought one x becomes ``x @ back``. In the new
    coordinates, the part of the equations that all rows share is the unit matrix. ``into.T`` takes
    a solution back.
    """

    into: Array
    back: Array


def make_basis(gram: Array, regularization: float) -> Basis:
    """Return the basis in which the regularized Gram matrix becomes the unit matrix.

    Conjugate gradients in this basis are conjugate gradients preconditioned by that matrix. It is
    computed from eigenvectors in float64, not by Cholesky's method: where factors outnumber rows,
    rounding may leave an eigenvalue below zero.
    """
    values, vectors = np.linalg.eigh(gram)
    scale = np.sqrt(np.maximum(values, 0) + regularization)
    return Basis((vectors / scale).astype(np.float32), (vectors * scale).astype(np.float32))


# The steps stand in one function: compiled apart, code from the cache and code just compiled may
# round differently.
@vectorized
def solve(
    rows: Rows, fixed: Array, first: int, sought: Array, steps: int, buffers: Buffers
) -> None:
    """Improve ``sought``, the rows from ``first`` on, in place, by conjugate-gradient steps.

    A row x minimises λ|x|² + Σ c (p − x·y)² over the other mode's factors y, where p = 1 and
    c = 1 + w if they met, else p = 0 and c = 1 (Hu, Koren and Volinsky 2008; Takács, Pilászy and
    Tikk 2011). In the basis that is (I + Σ w y yᵀ) x = Σ (1 + w) y over the y that the row met.
    """
    tile, vectors, weight, wanted, nothing = buffers
    residual, direction, image = vectors[0], vectors[1], vectors[2]
    factors = sought.shape[1]
    for row in range(len(sought)):
        x = sought[row]
        met = slice(rows.starts[first + row], rows.starts[first + row + 1])
        length = gather(rows.columns[met], rows.strengths[met], fixed, tile, weight, wanted)
        for k in range(factors):
            residual[k] = -x[k]
        reflect(tile, length, weight, wanted, x, residual)
        for k in range(factors):
            direction[k] = residual[k]
        old = dot(residual, residual)
        for _ in range(steps):
            if not old > SOLVED_BELOW:
                break
            for k in range(factors):
                image[k] = -direction[k]
            reflect(tile, length, weight, nothing, direction, image)
            stride = -old / dot(direction, image)
            for k in range(factors):
                x[k] += stride * direction[k]
                residual[k] += stride * image[k]
            new = dot(residual, residual)
            turn = new / old
            for k in range(factors):
                direction[k] = residual[k] + turn * direction[k]
            old = new


@vectorized
def gather(
    columns: Array, weights: Array, fixed: Array, tile: Array, weight: Array, wanted: Array
) -> int:
    """Copy one row's fixed factors, weights and wanted values; return how many, padded with zeros.

    The padding makes the length a multiple of ``TOGETHER``.
    """
    factors = fixed.shape[1]
    length = -(-len(columns) // TOGETHER) * TOGETHER
    for j in range(len(columns)):
        for k in range(0, factors, CACHE_LINE_BYTES // FLOAT_BYTES):
            prefetch(fixed, columns[min(j + AHEAD, len(columns) - 1)], k)
        source = fixed[columns[j]]
        for k in range(factors):
            tile[j, k] = source[k]
        weight[j] = weights[j]
        wanted[j] = 1 + weights[j]
    for j in range(len(columns), length):
        for k in range(factors):
            tile[j, k] = 0
        weight[j] = wanted[j] = 0
    return length


@vectorized
def reflect(tile: Array, length: int, weight: Array, wanted: Array, x: Array, into: Array) -> None:
    """Add Σ (wanted − weight · x·y) y over the first ``length`` rows y of the tile."""
    factors = x.shape[0]
    for j in range(0, length, TOGETHER):
        a = b = c = d = np.float32(0)
        for k in range(factors):
            a += tile[j, k] * x[k]
            b += tile[j + 1, k] * x[k]
            c += tile[j + 2, k] * x[k]
            d += tile[j + 3, k] * x[k]
        a = wanted[j] - weight[j] * a
        b = wanted[j + 1] - weight[j + 1] * b
        c = wanted[j + 2] - weight[j + 2] * c
        d = wanted[j + 3] - weight[j + 3] * d
        for k in range(factors):
            into[k] += (a * tile[j, k] + b * tile[j + 1, k]) + (
                c * tile[j + 2, k] + d * tile[j + 3, k]
            )


@vectorized
def dot(one: Array, other: Array) -> Any:
    """Return the inner product of two vectors."""
    total = np.float32(0)
    for k in range(one.shape[0]):
        total += one[k] * other[k]
    return total
