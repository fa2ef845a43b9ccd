"""Values that pass between processes of one machine, through shared memory and without a copy.

A parcel is a pickle with its arrays beside it, at a place in a file of the memory file system.
Whoever reads it maps the file: arrays are read-only views of it, and its memory is freed with the
last of them. Imports the standard library only.
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
CACHED_PARCELS = 16


class Parcel(NamedTuple):
    """Where a value lies: a file, and the byte at which the value begins."""

    file: str
    begin: int


def memory_folder() -> str | None:
    """Return the folder whose files lie in memory (None: use the usual temporary folder)."""
    return str(MEMORY) if MEMORY.is_dir() else None


def append_value(value: Any, file: IO[bytes]) -> Parcel:
    """Append a value to an open file; others can read it when this returns."""
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


def write_file(value: Any, path: str) -> None:
    """Write a value into a file of its own, which appears complete."""
    with open(f"{path}.new", "xb") as file:
        append_value(value, file)
    os.rename(f"{path}.new", path)


def read_parcels(parcels: Sequence[Parcel]) -> list[Any]:
    """Return the values of parcels; each file is mapped once."""
    maps = {file: _map_file(file) for file in {parcel.file for parcel in parcels}}
    return [_read(maps[parcel.file], parcel.begin) for parcel in parcels]


@functools.lru_cache(CACHED_PARCELS)
def _read_once(parcel: Parcel) -> Any:
    (value,) = read_parcels([parcel])
    return value


def resolve(value: Any) -> Any:
    """Return what a parcel holds, read once in each process; return anything else as it is."""
    return _read_once(value) if isinstance(value, Parcel) else value


def _map_file(file: str) -> memoryview:
    with open(file, "rb") as opened:
        return memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))


def _read(mapped: memoryview, begin: int) -> Any:
    (count,) = struct.unpack_from(NUMBER, mapped, begin)
    sizes = struct.unpack_from(f"<{count}Q", mapped, begin + struct.calcsize(NUMBER))
    blocks = []
    at = _aligned_end(begin, (1 + count) * struct.calcsize(NUMBER))
    for size in sizes:
        blocks.append(mapped[at : at + size])
        at = _aligned_end(at, size)
    return pickle.loads(blocks[0], buffers=blocks[1:])


def _aligned_end(begin: int, size: int) -> int:
    return begin + size + -size % ALIGNMENT
