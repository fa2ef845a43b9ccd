"""Values as messages between workers: large buffers as they are, the rest as a pickle.

A message is the buffers, each padded so that the next one is aligned, the pickle, the lengths of
the buffers, and a footer with the length of the pickle and the number of buffers. Both pickles are
of workers that run the same code. Of Ray its pickle is imported.
"""

import pickle
import struct
from collections.abc import Callable
from typing import Any

from ray import cloudpickle

SMALLEST_BYTES = 4096  # of a buffer that is not copied into the pickle
ALIGNED_TO = 16  # as whatever is allocated is
LENGTH, FOOTER = struct.Struct("!Q"), struct.Struct("!QI")

Keep = Callable[[pickle.PickleBuffer], bool]


def pack(value: Any) -> list[memoryview]:
    """Return the blocks of a message with a value; arrays in it are not copied."""
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
