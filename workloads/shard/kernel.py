"""The loops of ``shard``: rows of tables are looked up, added, and changed.

A byte is two symbols of four bits each, and a table has a row of 16 numbers for every context of a
symbol, or rather for every value of its hash: 15 logits (that of the last symbol is 0), and the sum
of the squared errors that the row was changed by. Imports NumPy, Numba and ``prefetch``.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from workloads.prefetch import prefetch

Array = npt.NDArray[Any]
P = ParamSpec("P")
R = TypeVar("R")

LOGITS = 16
SQUARES = LOGITS - 1  # where a row has the sum of squares
SYMBOLS = 2  # in a byte
AHEAD = 8  # bytes of text whose rows are fetched before they are needed
FIRST_SQUARES = np.float32(0.1)
ZERO, ONE = np.float32(0), np.float32(1)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that adds in the order written, products unrounded; cache it on disk."""
    return cast(
        Callable[P, R],
        numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})(function),
    )


@compiled
def find_rows(text: Array, begin: int, first_order: int, sizes: Array, into: Array) -> None:
    """Write the rows of the symbols of bytes from ``begin`` on.

    ``into`` (bytes, orders, 2) is for as many orders from ``first_order`` on as there are
    ``sizes``, which are the rows of their tables. Before the text are zeros.
    """
    for i in range(len(into)):
        place = begin + i
        high = np.uint64(text[place] >> 4) + np.uint64(1)
        hashed = np.uint64(0x9E3779B97F4A7C15)
        for order in range(first_order + len(sizes)):
            if order > 0:
                before = text[place - order] if place >= order else np.uint8(0)
                hashed = mixed(hashed ^ np.uint64(before + 1))
            if order >= first_order:
                rows = np.uint64(sizes[order - first_order])
                into[i, order - first_order, 0] = scaled(mixed(hashed), rows)
                into[i, order - first_order, 1] = scaled(mixed(hashed + high), rows)


@compiled
def mixed(value: np.uint64) -> np.uint64:
    """Return a hash of a value, as MurmurHash3's 64-bit finalizer mixes it."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@compiled
def scaled(value: np.uint64, rows: np.uint64) -> np.int64:
    """Return a row of so many for a hash (Lemire's reduction of its upper half)."""
    return np.int64(((value >> np.uint64(32)) * rows) >> np.uint64(32))


@compiled
def add_rows(table: Array, rows: Array, into: Array) -> None:
    """Add each symbol's row of one table: ``rows`` (bytes, 2) to ``into`` (bytes, 2, 16)."""
    for i in range(len(rows)):
        for symbol in range(SYMBOLS):
            prefetch(table, rows[min(i + AHEAD, len(rows) - 1), symbol], 0)
            row, total = table[rows[i, symbol]], into[i, symbol]
            for j in range(LOGITS):
                total[j] += row[j]


@compiled
def turn_to_errors(logits: Array, text: Array, begin: int) -> None:
    """Make of logits (bytes, 2, 16) their errors: what softmax expects, less what came.

    The last place of a symbol is for the sum of their squares.
    """
    for i in range(len(logits)):
        byte = np.int64(text[begin + i])
        for symbol in range(SYMBOLS):
            errors = logits[i, symbol]
            came = byte >> 4 if symbol == 0 else byte & 15
            expect(errors)
            errors[came] -= ONE
            squares = ZERO
            for j in range(SQUARES):
                squares += errors[j] * errors[j]
            errors[SQUARES] = squares


@compiled
def expect(logits: Array) -> None:
    """Make of 15 logits, and a last one of 0, the probabilities of 16 symbols (softmax)."""
    logits[SQUARES] = ZERO
    largest = ZERO
    for j in range(SQUARES):
        largest = max(largest, logits[j])
    total = ZERO
    for j in range(LOGITS):
        logits[j] = np.exp(logits[j] - largest)
        total += logits[j]
    for j in range(LOGITS):
        logits[j] /= total


@compiled
def change_rows(table: Array, rows: Array, errors: Array, rate: np.float32) -> None:
    """Change each symbol's row of one table by its errors, one symbol after the other.

    A row's step is ``rate`` by the root of its squared errors so far (row-wise Adagrad).
    """
    for i in range(len(rows)):
        for symbol in range(SYMBOLS):
            prefetch(table, rows[min(i + AHEAD, len(rows) - 1), symbol], 0)
            row, error = table[rows[i, symbol]], errors[i, symbol]
            row[SQUARES] += error[SQUARES]
            step = rate / np.sqrt(FIRST_SQUARES + row[SQUARES])
            for j in range(SQUARES):
                row[j] -= step * error[j]


@compiled
def count_bits(logits: Array, text: Array, begin: int, into: Array) -> None:
    """Write the bits that each byte takes whose symbols have these logits (bytes, 2, 16)."""
    for i in range(len(logits)):
        byte = np.int64(text[begin + i])
        bits = 0.0
        for symbol in range(SYMBOLS):
            expected = logits[i, symbol]
            expect(expected)
            bits -= np.log2(np.float64(expected[byte >> 4 if symbol == 0 else byte & 15]))
        into[i] = bits


def compile_all() -> None:
    """Run every loop once on next to nothing, so that no compiler needs a device's memory."""
    text = np.frombuffer(b"ab", np.uint8)
    rows = np.zeros((2, 2, SYMBOLS), np.int32)  # of two orders: those of one are not contiguous
    logits = np.zeros((2, SYMBOLS, LOGITS), np.float32)
    table = np.zeros((1, LOGITS), np.float32)
    find_rows(text, 0, 0, np.array([1, 1]), rows)
    add_rows(table, rows[:, 0], logits)
    turn_to_errors(logits, text, 0)
    change_rows(table, rows[:, 0], logits, np.float32(1))
