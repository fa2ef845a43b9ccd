"""The output of ``dedup``: shards of JSON lines, ``{"text": …}``, one for each kept document.

Imports the standard library, NumPy and ``kernel``.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workloads.dedup.kernel import Array, compiled

BEFORE = np.frombuffer(b'{"text": "', np.uint8)
AFTER = np.frombuffer(b'"}\n', np.uint8)
HEXADECIMAL = np.frombuffer(b"0123456789abcdef", np.uint8)
ESCAPED = 6  # bytes of \\u001f


class Shard(NamedTuple):
    """The number of documents in a shard, its size and its SHA-256."""

    documents: int
    size_bytes: int
    sha256: str


def split_by_size(sizes: Array, most_bytes: int) -> list[tuple[int, int]]:
    """Return runs (start, stop) of at most ``most_bytes``; a larger item is a run by itself."""
    ends = np.cumsum(sizes)
    runs = []
    start = 0
    while start < len(sizes):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + most_bytes, side="right")))
        runs.append((start, stop))
        start = stop
    return runs


def write_shard(documents: Array, text: Array, offsets: Array, folder: str, name: str) -> Shard:
    """Write documents to a shard of that name, and return its size and digest.

    In a folder it is written atomically. Without one (empty) it goes to a temporary file, which is
    deleted at once.
    """
    lines = memoryview(json_lines(text, offsets, documents).data)
    if folder:
        unfinished = Path(folder) / f".{name}-{os.getpid()}"
        unfinished.write_bytes(lines)
        unfinished.replace(Path(folder) / name)
    else:
        with tempfile.TemporaryFile() as file:
            file.write(lines)
    return Shard(len(documents), len(lines), hashlib.sha256(lines).hexdigest())


def shard_name(number: int) -> str:
    """Return the name of a shard's file."""
    return f"shard-{number:05}.jsonl"


def remove_beyond(folder: str, shards: int) -> None:
    """Remove the surplus shards that an earlier run left in the folder (empty: there is none)."""
    for path in Path(folder).glob("shard-*.jsonl") if folder else ():
        number = path.name.removeprefix("shard-").removesuffix(".jsonl")
        if number.isdecimal() and int(number) >= shards and path.name == shard_name(int(number)):
            path.unlink(missing_ok=True)


@compiled
def json_lines(text: Array, offsets: Array, documents: Array) -> Array:
    """Return the documents, which are UTF-8, as JSON lines in UTF-8."""
    size = 0
    for document in documents:
        size += offsets[document + 1] - offsets[document]
    around = len(documents) * (len(BEFORE) + len(AFTER))
    lines = np.empty(size + size // 8 + around + ESCAPED, np.uint8)
    at = 0
    for document in documents:
        raw = text[offsets[document] : offsets[document + 1]]
        most = at + len(BEFORE) + ESCAPED * len(raw) + len(AFTER)
        if most > len(lines):
            lines = np.concatenate((lines[:at], np.empty(most - at + size // 8, np.uint8)))
        lines[at : at + len(BEFORE)] = BEFORE
        at = write_escaped(raw, lines, at + len(BEFORE))
        lines[at : at + len(AFTER)] = AFTER
        at += len(AFTER)
    return lines[:at]


@compiled
def write_escaped(raw: Array, into: Array, at: int) -> int:
    """Write the bytes of a JSON string, escaped; return where to go on."""
    for byte in raw:
        if byte >= 32 and byte != ord('"') and byte != ord("\\"):
            into[at] = byte
            at += 1
            continue
        into[at] = ord("\\")
        if byte >= 32:
            into[at + 1] = byte
            at += 2
        elif byte == ord("\n"):
            into[at + 1] = ord("n")
            at += 2
        else:
            into[at + 1] = ord("u")
            into[at + 2] = ord("0")
            into[at + 3] = ord("0")
            into[at + 4] = HEXADECIMAL[byte >> 4]
            into[at + 5] = HEXADECIMAL[byte & 15]
            at += ESCAPED
    return at
