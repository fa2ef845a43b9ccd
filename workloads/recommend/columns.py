"""Blocks of lines as columns of users, items and ratings, read by pyarrow.

Imports pyarrow, NumPy, ``kernel``, ``layout`` and ``line_blocks``. As pyarrow is an extra, who
imports this module has made sure before that it is there.
"""

import bisect
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from workloads.recommend.kernel import Array
from workloads.recommend.layout import Layout, split_fields
from workloads.recommend.line_blocks import excerpt

LONGEST_NAME_BYTES = 255
HIGHEST_RATING = 1e6
UNIT_SEPARATOR = b"\x1f"
BLANK_LINE = re.compile(rb"^ +(?=\r?$)", re.MULTILINE)
NO_RATING = "has a rating that is not a number above 0 and at most 1,000,000"
WRONG_QUOTE = "has a quote that is not closed, or text behind one that is"
NAME = pa.dictionary(pa.int32(), pa.large_string())


class Columns(NamedTuple):
    """The interactions of a block; users and items are Arrow's dictionaries of names, in order."""

    users: pa.DictionaryArray
    items: pa.DictionaryArray
    ratings: Array


def read_columns(block: bytes, layout: Layout, lines_before: int) -> Columns:
    """Return the interactions of a block of whole lines; blank lines are left out.

    Raises ``ValueError`` for a malformed line, with its number, its fault and how it begins.
    """
    pa.enable_signal_handlers(False)  # a side ends at SIGINT by itself; pyarrow's need a pipe
    try:
        return _read(block, layout)
    except ValueError:  # pyarrow's own is one
        lines = block.splitlines(keepends=True)
    place = bisect.bisect_left(
        range(len(lines)), True, key=lambda last: bool(_fault(b"".join(lines[: last + 1]), layout))
    )
    fault = _fault(lines[place], layout)
    raise ValueError(f"line {lines_before + place + 1} {fault}: {excerpt(lines[place])}")


def number_names(names: Sequence[pa.DictionaryArray]) -> tuple[Array, int]:
    """Return every name's number, in order of first appearance, and how many names there are."""
    everything = pa.chunked_array(names, NAME).combine_chunks()
    return everything.indices.to_numpy(), len(everything.dictionary)


def _read(block: bytes, layout: Layout) -> Columns:
    if layout.can_quote and not _are_quotes_closed(block, layout.separator):
        raise ValueError(WRONG_QUOTE)
    table = _parse(block, layout)
    users = _trim(table.column(0).combine_chunks())
    items = _trim(table.column(1).combine_chunks())
    _check_names(users.dictionary, "user")
    _check_names(items.dictionary, "item")
    if layout.rating is None:
        return Columns(users, items, np.ones(len(table), np.float32))
    ratings = table.column(2).to_numpy()
    if not ((ratings > 0) & (ratings <= HIGHEST_RATING)).all():  # an empty one is NaN
        raise ValueError(NO_RATING)
    return Columns(users, items, ratings.astype(np.float32))


def _parse(block: bytes, layout: Layout) -> pa.Table:
    """Return the table of users, items and, where there are some, ratings."""
    if len(layout.separator) > 1:
        block = block.replace(layout.separator.encode(), UNIT_SEPARATOR)
    try:
        return _read_csv(block, layout)
    except pa.ArrowInvalid:  # perhaps at a line of blanks, which pyarrow takes for a field
        return _read_csv(BLANK_LINE.sub(b"", block) or b"\n", layout)


def _read_csv(block: bytes, layout: Layout) -> pa.Table:
    types = {layout.user: NAME, layout.item: NAME}
    if layout.rating is not None:
        types[layout.rating] = pa.float64()
    return csv.read_csv(
        pa.py_buffer(block),
        csv.ReadOptions(
            use_threads=False,
            block_size=len(block),
            column_names=[str(place) for place in range(layout.columns)],
        ),
        csv.ParseOptions(
            delimiter=layout.separator if layout.can_quote else UNIT_SEPARATOR.decode(),
            quote_char='"' if layout.can_quote else False,
        ),
        csv.ConvertOptions(
            column_types={str(place): kind for place, kind in types.items()},
            include_columns=[str(place) for place in types],
            null_values=[""],
            check_utf8=False,  # names may be in any encoding
            decimal_point=layout.decimal_point,
        ),
    )


def _are_quotes_closed(block: bytes, separator: str) -> bool:
    """Return whether no field in quotes goes on behind its line: pyarrow would join the lines."""
    if b'"' not in block:
        return True
    lines = (line for line in block.splitlines() if b'"' in line)
    return all(split_fields(line.decode("utf-8", "replace"), separator) for line in lines)


def _trim(names: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return the names without blanks around them, each once in the dictionary."""
    trimmed = pc.ascii_trim(names.dictionary, " ").dictionary_encode()
    return pa.DictionaryArray.from_arrays(trimmed.indices.take(names.indices), trimmed.dictionary)


def _check_names(names: pa.LargeStringArray, column: str) -> None:
    lengths = pc.binary_length(names).to_numpy()
    if (lengths == 0).any():
        raise ValueError(f"has no {column}")
    if (lengths > LONGEST_NAME_BYTES).any():
        raise ValueError(f"has a name of more than {LONGEST_NAME_BYTES} bytes")


def _fault(lines: bytes, layout: Layout) -> str:
    """Return what is wrong with a line, or with one of several; empty: nothing is."""
    try:
        _read(lines, layout)
    except pa.ArrowInvalid:
        fields = split_fields(lines.decode("utf-8", "replace"), layout.separator)
        if len(fields) == layout.columns:
            return NO_RATING
        return f"does not have {layout.columns} fields as line 1 does"
    except ValueError as error:
        return str(error)
    return ""
