"""The output of ``dedup``: shards of JSON lines, one for each kept document.

A made page is ``{"text": …}``; a document that was read keeps its other fields, before the text.

Imports the standard library, NumPy and ``machine``.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from workloads.dedup.machine import Array, compiled, eight_bytes, put_eight_bytes

BEFORE = np.frombuffer(b'{"text": "', np.uint8)
AFTER = np.frombuffer(b'"}\n', np.uint8)
HEXADECIMAL = np.frombuffer(b"0123456789abcdef", np.uint8)
EACH = np.uint64(0x0101010101010101)
HIGHEST = np.uint64(0x8080808080808080)
QUOTE, BACKSLASH, BLANK = np.uint64(ord('"')), np.uint64(ord("\\")), np.uint64(32)
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


def write_shard(lines: Iterable[Array], documents: int, folder: str, name: str) -> Shard:
    """Write the lines of documents to a shard of that name, and return its size and digest.

    In a folder it is written atomically. Without one (empty) it goes to a temporary file, which is
    deleted at once.
    """
    if not folder:
        with tempfile.TemporaryFile() as file:
            return _written(lines, documents, file)
    unfinished = Path(folder) / f".{name}-{os.getpid()}"
    with unfinished.open("wb") as file:
        shard = _written(lines, documents, file)
    unfinished.replace(Path(folder) / name)
    return shard


def _written(lines: Iterable[Array], documents: int, file: IO[bytes]) -> Shard:
    size, known = 0, hashlib.sha256()
    for part in lines:
        file.write(part.data)
        known.update(part.data)
        size += len(part)
    return Shard(documents, size, known.hexdigest())


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
def json_records(
    text: Array, offsets: Array, befores: Array, starts: Array, documents: Array
) -> Array:
    """Return the documents as JSON lines, each begun by what is before its text."""
    size = 0
    for document in documents:
        size += starts[document + 1] - starts[document]
        size += ESCAPED * (offsets[document + 1] - offsets[document]) + len(AFTER)
    lines = np.empty(size, np.uint8)
    at = 0
    for document in documents:
        before = befores[starts[document] : starts[document + 1]]
        lines[at : at + len(before)] = before
        at = write_escaped(text[offsets[document] : offsets[document + 1]], lines, at + len(before))
        lines[at : at + len(AFTER)] = AFTER
        at += len(AFTER)
    return lines[:at]


@compiled
def has_special(eight: Any) -> Any:
    """Return whether one of eight bytes has to be escaped: below 32, a quote or a backslash.

    A byte is below n if its highest bit is set in ``eight - n`` and not in ``eight``; whatever the
    bytes borrow from each other, some bit is set only if one byte is (Anderson, Bit Twiddling
    Hacks).
    """
    quotes, slashes = eight ^ (EACH * QUOTE), eight ^ (EACH * BACKSLASH)
    below = (eight - EACH * BLANK) & ~eight
    return ((below | (quotes - EACH) & ~quotes | (slashes - EACH) & ~slashes) & HIGHEST) != 0


@compiled
def write_escaped(raw: Array, into: Array, at: int) -> int:
    """Write the bytes of a JSON string, escaped; return where to go on."""
    place = 0
    while place < len(raw):
        if place + 8 <= len(raw):
            eight = eight_bytes(raw, place)
            if not has_special(eight):
                put_eight_bytes(into, at, eight)
                place += 8
                at += 8
                continue
        at = write_byte(raw[place], into, at)
        place += 1
    return at


@compiled
def write_byte(byte: Any, into: Array, at: int) -> int:
    """Write a byte of a JSON string, escaped; return where to go on."""
    if byte >= 32 and byte != ord('"') and byte != ord("\\"):
        into[at] = byte
        return at + 1
    into[at] = ord("\\")
    if byte >= 32:
        into[at + 1] = byte
        return at + 2
    if byte == ord("\n"):
        into[at + 1] = ord("n")
        return at + 2
    into[at + 1] = ord("u")
    into[at + 2] = ord("0")
    into[at + 3] = ord("0")
    into[at + 4] = HEXADECIMAL[byte >> 4]
    into[at + 5] = HEXADECIMAL[byte & 15]
    return at + ESCAPED
