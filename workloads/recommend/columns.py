"""Interactions as columns of users, items and ratings, and what is wrong with single ones.

Imports pyarrow, NumPy, ``kernel`` and ``workloads.documents``. As pyarrow is an extra, who imports
this module has made sure before that it is there.
"""

import bisect
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workloads.documents.kinds import Unreadable
from workloads.documents.words import excerpt
from workloads.recommend.kernel import Array

LONGEST_NAME_BYTES = 255
HIGHEST_RATING = 1e6
NO_RATING = "has a rating that is not a number from 0 to 1,000,000"
NAME = pa.dictionary(pa.int32(), pa.large_string())
COUNT_EACH = (
    "to count every line once, whatever its rating, name two columns: --set columns=USER,ITEM"
)


class Columns(NamedTuple):
    """Interactions; users and items are Arrow's dictionaries of names, in order.

    ``zeros`` counts those that are left out since their rating is 0. Without ratings (``rated`` is
    False) each counts as 1.
    """

    users: pa.DictionaryArray
    items: pa.DictionaryArray
    ratings: Array
    zeros: int = 0
    rated: bool = True


def checked_columns(users: pa.Array, items: pa.Array, ratings: pa.Array | None) -> Columns:
    """Return names and ratings (None: each counts as 1) without those of 0.

    Raises ``ValueError`` for a name or a rating that is none.
    """
    named = _trim(users, "user"), _trim(items, "item")
    if ratings is None:
        return Columns(*named, np.ones(len(users), np.float32), rated=False)
    numbers = ratings.to_numpy(zero_copy_only=False)  # an empty one is NaN
    if not ((numbers >= 0) & (numbers <= HIGHEST_RATING)).all():
        raise Unreadable(NO_RATING, COUNT_EACH)
    rated = numbers > 0
    if rated.all():
        return Columns(*named, numbers.astype(np.float32))
    users, items = (
        names.filter(pa.array(rated)).dictionary_decode().dictionary_encode() for names in named
    )
    return Columns(users, items, numbers[rated].astype(np.float32), zeros=int((~rated).sum()))


def number_names(names: Sequence[pa.DictionaryArray]) -> tuple[Array, int]:
    """Return every name's number, in order of first appearance, and how many names there are."""
    everything = pa.chunked_array(names, NAME).combine_chunks()
    return everything.indices.to_numpy(), len(everything.dictionary)


def read_lines(block: bytes, read: Callable[[bytes], Columns], lines_before: int) -> Columns:
    """Return the interactions of a block of whole lines, which ``read`` reads.

    Raises ``ValueError`` for a malformed line, with its number, its fault and how it begins.
    """
    pa.enable_signal_handlers(False)  # a side ends at SIGINT by itself; pyarrow's need a pipe
    try:
        return read(block)
    except Unreadable:
        lines = [line + b"\n" for line in block.split(b"\n")]

    def fault(last: int) -> Unreadable | None:
        return _fault(b"".join(lines[: last + 1]), read)

    place = bisect.bisect_left(range(len(lines) - 1), True, key=lambda last: bool(fault(last)))
    alone = _fault(lines[place], read) or fault(place)
    what = f"line {lines_before + place + 1} {alone}: {excerpt(lines[place])}"
    raise Unreadable(what, alone.hint if alone else "")


def _fault(lines: bytes, read: Callable[[bytes], Columns]) -> Unreadable | None:
    """Return what is wrong with a line, or with one of several (None: nothing is)."""
    try:
        read(lines)
    except Unreadable as error:
        return error
    return None


def _trim(names: pa.Array, column: str) -> pa.DictionaryArray:
    """Return the names without blanks around them, each once in the dictionary."""
    if names.null_count:
        raise Unreadable(f"has no {column}")
    encoded = names if pa.types.is_dictionary(names.type) else names.dictionary_encode()
    trimmed = pc.ascii_trim(encoded.dictionary, " ").dictionary_encode()
    _check_names(trimmed.dictionary, column)
    return pa.DictionaryArray.from_arrays(trimmed.indices.take(encoded.indices), trimmed.dictionary)


def _check_names(names: pa.LargeStringArray, column: str) -> None:
    lengths = pc.binary_length(names).to_numpy()
    if (lengths == 0).any():
        raise Unreadable(f"has no {column}")
    if (lengths > LONGEST_NAME_BYTES).any():
        raise Unreadable(f"has a name of more than {LONGEST_NAME_BYTES} bytes")
