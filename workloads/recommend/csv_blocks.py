"""Blocks of separated fields as columns of users, items and ratings, read by pyarrow.

Imports pyarrow, ``columns``, ``layout`` and ``workloads.documents``.
"""

import re

import pyarrow as pa
from pyarrow import csv

from workloads.documents.kinds import Unreadable
from workloads.recommend.columns import COUNT_EACH, NAME, NO_RATING, Columns, checked_columns
from workloads.recommend.layout import Layout, split_fields

UNIT_SEPARATOR = b"\x1f"
BLANK_LINE = re.compile(rb"^ +(?=\r?$)", re.MULTILINE)
HEADER_AGAIN = "is the header again"
LEAVE_IT_OUT = "leave it out, or name a folder of the files as they were before they were joined"
WRONG_QUOTE = "has a quote that is not closed, or text behind one that is"


def read_csv_block(block: bytes, layout: Layout) -> Columns:
    """Return the interactions of a block of whole lines; blank lines are left out.

    Raises ``ValueError`` with what is wrong in one of its lines.
    """
    if _has_header(block, layout.header):
        raise Unreadable(HEADER_AGAIN, LEAVE_IT_OUT)
    if layout.can_quote and not _are_quotes_closed(block, layout.separator):
        raise Unreadable(WRONG_QUOTE)
    if block.count(b"\r") > block.count(b"\r\n"):  # pyarrow would end a line there
        raise Unreadable("has a carriage return within it")
    try:
        table = _parse(block, layout)
    except pa.ArrowException as error:
        fields = split_fields(block.decode("utf-8", "replace"), layout.separator)
        if len(fields) == layout.columns:
            raise Unreadable(NO_RATING, COUNT_EACH) from error
        raise Unreadable(f"does not have {layout.columns} fields as line 1 does") from error
    columns = [column.combine_chunks() for column in table.columns]
    return checked_columns(columns[0], columns[1], columns[2] if len(columns) > 2 else None)


def _has_header(block: bytes, header: bytes) -> bool:
    """Return whether a line is the header, as in files that were joined: nobody has its names."""
    if not header or header not in block:
        return False
    line = rb"^(?:\xef\xbb\xbf)?" + re.escape(header) + rb" *\r?$"
    return re.search(line, block, re.MULTILINE) is not None


def _parse(block: bytes, layout: Layout) -> pa.Table:
    """Return the table of users, items and, where there are some, ratings."""
    if len(layout.separator) > 1:
        block = block.replace(layout.separator.encode(), UNIT_SEPARATOR)
    try:
        return _read_csv(block, layout)
    except pa.ArrowInvalid:  # perhaps at a line of blanks, which pyarrow takes for a field
        return _read_csv(BLANK_LINE.sub(b"", block) or b"\n", layout)


def _read_csv(block: bytes, layout: Layout) -> pa.Table:
    user, item, rating = layout.places
    types = {str(user): NAME, str(item): NAME}
    if rating is not None:
        types[str(rating)] = pa.float64()
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
            column_types=types,
            include_columns=list(types),
            null_values=[""],
            check_utf8=False,  # names may be in any encoding
            decimal_point=layout.decimal_point,
        ),
    )


def _are_quotes_closed(block: bytes, separator: str) -> bool:
    """Return whether no field in quotes goes on behind its line: pyarrow would join the lines."""
    if b'"' not in block:
        return True
    lines = (line for line in block.split(b"\n") if b'"' in line)
    return all(split_fields(line.decode("utf-8", "replace"), separator) for line in lines)
