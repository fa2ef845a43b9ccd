"""Values that pass between the processes of one machine: written once into shared memory, opened without a copy.

A parcel is a pickle and beside it the arrays that it holds, at a place in a file of the memory file system. Whoever opens it
maps the file: arrays are views of it that cannot be written to, and its memory is given back with the last of them.
"""

import functools
import mmap
import os
import pickle
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

MEMORY = Path("/dev/shm")
ALIGNMENT = 64
NUMBER = "<Q"
OPEN_AT_ONCE = 16


class Parcel(NamedTuple):
    """Where a value lies: a file, and where in it the value begins, in bytes."""

    file: str
    begin: int


def memory() -> str | None:
    """Return the folder whose files lie in memory (None: this system has none, and the usual temporary folder must do)."""
    return str(MEMORY) if MEMORY.is_dir() else None


def put(value: Any, file: IO[bytes]) -> Parcel:
    """Append a value to an open file, and have it there for others when this returns."""
    arrays: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=arrays.append)
    blocks = [memoryview(pickled), *(array.raw() for array in arrays)]
    begin = file.tell()
    index = struct.pack(f"<{1 + len(blocks)}Q", len(blocks), *map(len, blocks))
    for block in (memoryview(index), *blocks):
        file.write(block)
        file.write(bytes(-len(block) % ALIGNMENT))
    file.flush()
    return Parcel(file.name, begin)


def leave(value: Any, path: str) -> None:
    """Put a value into a file of its own, which is there all at once."""
    with open(f"{path}.new", "xb") as file:
        put(value, file)
    os.rename(f"{path}.new", path)


def opened(parcels: Sequence[Parcel]) -> list[Any]:
    """Return the values of parcels, each file mapped once, when all of them are there."""
    maps = {file: _mapped(file) for file in {parcel.file for parcel in parcels}}
    return [_read(maps[parcel.file], parcel.begin) for parcel in parcels]


@functools.lru_cache(OPEN_AT_ONCE)
def _kept(parcel: Parcel) -> Any:
    (value,) = opened([parcel])
    return value


def given(value: Any) -> Any:
    """Return what a parcel holds, opened once in each process for as long as it is in use; anything else as it is."""
    return _kept(value) if isinstance(value, Parcel) else value


def _mapped(file: str) -> memoryview:
    with open(file, "rb") as held:
        return memoryview(mmap.mmap(held.fileno(), 0, access=mmap.ACCESS_READ))


def _read(mapped: memoryview, begin: int) -> Any:
    (count,) = struct.unpack_from(NUMBER, mapped, begin)
    sizes = struct.unpack_from(f"<{count}Q", mapped, begin + struct.calcsize(NUMBER))
    blocks, at = [], _next(begin, (1 + count) * struct.calcsize(NUMBER))
    for size in sizes:
        blocks.append(mapped[at : at + size])
        at = _next(at, size)
    return pickle.loads(blocks[0], buffers=blocks[1:])


def _next(at: int, size: int) -> int:
    return at + size + -size % ALIGNMENT
