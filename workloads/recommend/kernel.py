"""The numerics of ``recommend``: conjugate gradients for one row of factors at a time, and the basis in which they are taken.

Imports NumPy and Numba only. Every sum is taken in an order that is fixed by the
input, so whoever does it gets the same bits.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from numba.core import cgutils, types
from numba.extending import intrinsic

Array = npt.NDArray[Any]
P = ParamSpec("P")
R = TypeVar("R")

TOGETHER = 4
AHEAD = 12
CACHE_LINE_BYTES, FLOAT_BYTES = 64, 4
SOLVED_BELOW = 1e-20
FASTER = {
    "reassoc",
    "contract",
    "nsz",
    "arcp",
}  # sums may be taken lane by lane: otherwise no loop over the factors is vectorized


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function compiled, its floating-point operations exactly as written, and kept on disk."""
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def vectorized(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function compiled so that its sums may be taken in the lanes of a vector."""
    return cast(
        Callable[P, R],
        numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTER)(function),
    )


def aligned(rows: int, columns: int) -> Array:
    """Return an empty matrix that begins with a line of the cache: no vector that is read from it then lies in two."""
    raw = np.empty(rows * columns + CACHE_LINE_BYTES // FLOAT_BYTES, np.float32)
    skipped = -raw.ctypes.data % CACHE_LINE_BYTES // FLOAT_BYTES
    matrix: Array = raw[skipped : skipped + rows * columns].reshape(rows, columns)
    return matrix


class Basis(NamedTuple):
    """A change of coordinates (factors, factors): a fixed factor y becomes ``y @ into``, a sought one x becomes ``x @ back``.

    In them the part of the equations that all rows share is the unit matrix. ``into.T`` takes a solution back.
    """

    into: Array
    back: Array


def basis(gram: Array, regularization: float) -> Basis:
    """Return the basis in which the fixed factors' Gram matrix, with the regularization on its diagonal, is the unit matrix.

    Conjugate gradients taken there are conjugate gradients preconditioned by that matrix. By its eigenvectors in double
    precision, and not by Cholesky's method: where factors outnumber rows, rounding may leave an eigenvalue below zero.
    """
    values, vectors = np.linalg.eigh(gram)
    scale = np.sqrt(np.maximum(values, 0) + regularization)
    return Basis((vectors / scale).astype(np.float32), (vectors * scale).astype(np.float32))


@vectorized
def solve(
    starts: Array,
    columns: Array,
    weights: Array,
    fixed: Array,
    first: int,
    sought: Array,
    steps: int,
    tile: Array,
    vectors: Array,
) -> None:
    """Improve ``sought``, the rows from ``first`` on, by so many steps of conjugate gradients each, in place and in the basis.

    A row x minimises λ|x|² + Σ c (p − x·y)² over all fixed y, where p is 1 and c is 1 + w if they met, else 0 and 1 (Hu, Koren and
    Volinsky 2008; Takács, Pilászy and Tikk 2011). In the basis that is (I + Σ w y yᵀ) x = Σ (1 + w) y over those it met. They
    are gathered once into ``tile``, which must hold the longest row and ``TOGETHER`` more, and are read from there, in the
    cache, once a step. ``vectors`` is room for three of them.
    """
    factors = sought.shape[1]
    residual, direction, image = vectors[0], vectors[1], vectors[2]
    weight, wanted, nothing = (
        np.empty(len(tile), np.float32),
        np.empty(len(tile), np.float32),
        np.zeros(len(tile), np.float32),
    )
    for row in range(len(sought)):
        x, begin, end = sought[row], starts[first + row], starts[first + row + 1]
        length = gather(columns[begin:end], weights[begin:end], fixed, tile, weight, wanted)
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


def _prefetch(typing: Any, matrix: Any, row: Any, column: Any) -> Any:
    """Have the processor fetch what lies at (row, column) of a matrix while it goes on; it changes no value.

    Rows are met in an order that no processor guesses, and they do not fit in the nearer caches.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tools: Any = cgutils  # it has no types
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = [
            context.cast(builder, *given, types.intp)
            for given in zip(arguments[1:], signature.args[1:], strict=True)
        ]
        pointer = tools.get_item_pointer(
            context, builder, signature.args[0], array, place, wraparound=False
        )
        address, flag = builder.bitcast(pointer, tools.voidptr_t), tools.int32_t
        kind = tools.ir.FunctionType(tools.ir.VoidType(), [address.type, flag, flag, flag])
        for_reading, keep, of_values = flag(0), flag(3), flag(1)
        builder.call(
            tools.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0"),
            [address, for_reading, keep, of_values],
        )
        return context.get_dummy_value()

    return types.void(matrix, row, column), generate


prefetch: Any = intrinsic(_prefetch)


@vectorized
def gather(
    columns: Array, weights: Array, fixed: Array, tile: Array, weight: Array, wanted: Array
) -> int:
    """Copy one row's fixed factors side by side, with weights and what is wanted of each; return the length, made even by empty ones."""
    factors, length = fixed.shape[1], -(-len(columns) // TOGETHER) * TOGETHER
    for j in range(len(columns)):
        for k in range(0, factors, CACHE_LINE_BYTES // FLOAT_BYTES):
            prefetch(fixed, columns[min(j + AHEAD, len(columns) - 1)], k)
        source = fixed[columns[j]]
        for k in range(factors):
            tile[j, k] = source[k]
        weight[j], wanted[j] = weights[j], 1 + weights[j]
    for j in range(len(columns), length):
        for k in range(factors):
            tile[j, k] = 0
        weight[j] = wanted[j] = 0
    return length


@vectorized
def reflect(tile: Array, length: int, weight: Array, wanted: Array, x: Array, into: Array) -> None:
    """Add Σ (wanted − weight · x·y) y over the first ``length`` rows y of the tile, four together."""
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
