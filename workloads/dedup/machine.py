"""What the kernels of ``dedup`` are compiled by, and the instructions that NumPy lacks.

Compiled code is cached on disk by the time stamp of its own file only: after a change here, delete
the cache of the modules that call it. Imports NumPy and Numba only.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

Array = npt.NDArray[Any]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
SPREAD = np.uint64(0xC2B2AE3D27D4EB4F)
STEP = np.uint64(0xD6E8FEB86659FD93)
MIX = np.uint64(0xBF58476D1CE4E5B9)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ONE = np.uint64(1)
HALF = np.uint64(32)
TOO_SHORT = "the crawl's text cannot be read to its end"


class Source(NamedTuple):
    """Where a text is read from: an open file, or memory (``file`` is then -1)."""

    text: Array
    file: int


def compiled(function: Kernel) -> Kernel:
    """Compile a function at its first call, and cache it on disk for the next process."""
    dispatcher: Any = njit(cache=True)(function)
    return cast(Kernel, dispatcher)


def _address(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """Return the address of a byte of an array, as the address of an eight-byte number."""
    first = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(
        builder.gep(first, [at]), context.get_value_type(types.uint64).as_pointer()
    )


def _read(_: Any, array: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        number = builder.load(_address(context, builder, signature.args[0], *given))
        number.align = 1
        return number

    return types.uint64(array, types.int64), generate


def _write(_: Any, array: Any, at: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        builder.store(given[2], _address(context, builder, signature.args[0], *given[:2])).align = 1
        return context.get_dummy_value()

    return types.void(array, types.int64, types.uint64), generate


def _count_zeros(_: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], context.get_constant(types.boolean, True))

    return types.int64(types.uint64), generate


# Processor instructions that NumPy lacks: (array, at) reads eight bytes, aligned or not, as one
# little-endian number; (array, at, number) writes them; (number) counts its trailing zeros.
eight_bytes: Any = intrinsic(_read)
put_eight_bytes: Any = intrinsic(_write)
lowest_bit: Any = intrinsic(_count_zeros)

# The system's own: (file, address, bytes, place in the file) reads, and returns how many it read.
_read_file: Any = types.ExternalFunction(
    "pread", types.intp(types.intc, types.uintp, types.uintp, types.int64)
)


@compiled
def fetch(source: Source, begin: int, end: int, into: Array) -> Array:
    """Write the bytes of a text from ``begin`` to ``end``; return what is written."""
    text, file = source
    raw = into[: end - begin]
    if file < 0:
        raw[:] = text[begin:end]
        return raw
    at = begin
    while at < end:
        read = _read_file(file, raw.ctypes.data + (at - begin), end - at, at)
        if read <= 0:
            raise ValueError(TOO_SHORT)
        at += read
    return raw
