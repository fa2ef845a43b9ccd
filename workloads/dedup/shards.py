"""What ``dedup`` leaves behind: the kept documents as shards, one JSON line for each, ``{"text": …}``.

Imports the standard library, NumPy and the numerics of ``_dedup_kernel``.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workloads.dedup.kernel import Array, compiled

BEFORE, AFTER = np.frombuffer(b'{"text": "', np.uint8), np.frombuffer(b'"}\n', np.uint8)
HEXADECIMAL = np.frombuffer(b"0123456789abcdef", np.uint8)
ESCAPED = 6  # bytes of \\u001f


class Shard(NamedTuple):
    """How many documents a shard holds, its size in bytes and its SHA-256."""

    documents: int
    size_bytes: int
    sha256: str


def shares(sizes: Array, most_bytes: int) -> list[tuple[int, int]]:
    """Return runs (start, stop) of neighbours whose sizes add up to about ``most_bytes``; what is larger stands alone."""
    ends = np.cumsum(sizes)
    runs, start = [], 0
    while start < len(sizes):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + most_bytes, side="right")))
        runs.append((start, stop))
        start = stop
    return runs


def write_shard(documents: Array, text: Array, offsets: Array, folder: str, name: str) -> Shard:
    """Write documents to a shard of that name and return what it is.

    In a folder it stays, whole or not at all. Without one (empty) it goes to a temporary file, which has no name and is gone afterwards.
    """
    lines = memoryview(json_lines(text, offsets, documents).data)
    if folder:
        part = Path(folder) / f".{name}-{os.getpid()}"
        part.write_bytes(lines)
        part.replace(Path(folder) / name)
    else:
        with tempfile.TemporaryFile() as file:
            file.write(lines)
    return Shard(len(documents), len(lines), hashlib.sha256(lines).hexdigest())


def shard_name(number: int) -> str:
    """Return the name of the shard of that number."""
    return f"shard-{number:05}.jsonl"


def remove_beyond(folder: str, shards: int) -> None:
    """Remove what an earlier run with more shards has left in a folder (empty: there is none), so that what is there is of one run."""
    for path in Path(folder).glob("shard-*.jsonl") if folder else ():
        number = path.name.removeprefix("shard-").removesuffix(".jsonl")
        if number.isdecimal() and int(number) >= shards and path.name == shard_name(int(number)):
            path.unlink(missing_ok=True)


@compiled
def json_lines(text: Array, offsets: Array, documents: Array) -> Array:
    """Return the documents as JSON lines in UTF-8; they are taken to be UTF-8 themselves."""
    size = 0
    for document in documents:
        size += offsets[document + 1] - offsets[document]
    lines, at = (
        np.empty(
            size + size // 8 + len(documents) * (len(BEFORE) + len(AFTER)) + ESCAPED, np.uint8
        ),
        0,
    )
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
    """Write the bytes of a JSON string; return where what follows goes."""
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
            into[at + 1], into[at + 2], into[at + 3] = ord("u"), ord("0"), ord("0")
            into[at + 4], into[at + 5] = HEXADECIMAL[byte >> 4], HEXADECIMAL[byte & 15]
            at += ESCAPED
    return at
