"""Values as messages between workers: large buffers as they are, the rest as a pickle.

A message is the buffers, each padded so that the next one is aligned, the pickle, the lengths of
the buffers, and a footer with the length of the pickle and the number of buffers. Both pickles are
of workers that run the same code. An array that is all of a value is not pickled, which would take
longer than to send it: its bytes are followed by a pickle of its form. Of Ray its pickle is
imported.
"""

import math
import pickle
import struct
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

from ray import cloudpickle

SMALLEST_BYTES = 4096  # of a buffer that is not copied into the pickle
ALIGNED_TO = 16  # as whatever is allocated is
LENGTH, FOOTER = struct.Struct("!Q"), struct.Struct("!QI")
ARRAY = 0xFFFFFFFF  # in the place of the number of buffers
FORMS_KEPT = 64

Keep = Callable[[pickle.PickleBuffer], bool]


def pack(value: Any) -> list[memoryview]:
    """Return the blocks of a message with a value; arrays in it are not copied."""
    if _is_plain_array(value):
        form = _form(value.dtype.str, value.shape, value.flags.writeable)
        return [memoryview(value).cast("B"), memoryview(form)]
    buffers: list[memoryview] = []

    def keep(buffer: pickle.PickleBuffer) -> bool:
        """Return whether the pickle is to hold a buffer itself."""
        try:
            raw = buffer.raw()
        except BufferError:  # it does not lie in one piece
            return True
        if raw.nbytes < SMALLEST_BYTES:
            return True
        buffers.append(raw)
        return False

    pickled = _pickled(value, keep, buffers)
    blocks = [
        block for raw in buffers for block in (raw, memoryview(bytes(-raw.nbytes % ALIGNED_TO)))
    ]
    lengths = b"".join(LENGTH.pack(raw.nbytes) for raw in buffers)
    end = pickled + lengths + FOOTER.pack(len(pickled), len(buffers))
    return [*filter(None, blocks), memoryview(end)]


def unpack(message: bytearray) -> Any:
    """Return the value of a message; arrays in it share its memory."""
    view = memoryview(message)
    size, count = FOOTER.unpack_from(message, len(message) - FOOTER.size)
    if count == ARRAY:
        end = len(message) - FOOTER.size
        return _array(message, bytes(view[end - size : end]))
    lengths_at = len(message) - FOOTER.size - count * LENGTH.size
    buffers, begin = [], 0
    for place in range(count):
        (length,) = LENGTH.unpack_from(message, lengths_at + place * LENGTH.size)
        buffers.append(view[begin : begin + length])
        begin += length + -length % ALIGNED_TO
    return pickle.loads(view[lengths_at - size : lengths_at], buffers=buffers)


def _pickled(value: Any, keep: Keep, buffers: list[memoryview]) -> bytes:
    """Return the pickle of a value, by Ray's slower one where Python's own cannot."""
    try:
        return pickle.dumps(value, protocol=5, buffer_callback=keep)
    except (pickle.PicklingError, AttributeError, TypeError):  # of functions and classes by value
        buffers.clear()
        pickled: bytes = cloudpickle.dumps(value, protocol=5, buffer_callback=keep)
        return pickled


def _is_plain_array(value: Any) -> bool:
    """Return whether a value is an array of NumPy that lies in one piece and holds no objects."""
    return (
        type(value).__name__ == "ndarray"
        and value.nbytes >= SMALLEST_BYTES
        and value.flags.c_contiguous
        and value.dtype.kind in "biufc"
    )


@lru_cache(FORMS_KEPT)
def _form(dtype: str, shape: tuple[int, ...], writeable: bool) -> bytes:
    """Return what follows the bytes of such arrays."""
    form = pickle.dumps((dtype, shape, writeable))
    return form + FOOTER.pack(len(form), ARRAY)


def _array(message: bytearray, form: bytes) -> Any:
    """Return the array that a message begins with."""
    dtype, shape, writeable = _read_form(form)
    array = import_module("numpy").frombuffer(message, dtype, math.prod(shape)).reshape(shape)
    array.flags.writeable = writeable
    return array


_read_form = lru_cache(FORMS_KEPT)(pickle.loads)
