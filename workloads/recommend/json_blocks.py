"""Blocks of JSON lines as columns of users, items and ratings, read by pyarrow.

Imports the standard library, pyarrow, ``columns``, ``layout`` and
``workloads.documents``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.json

from workloads.documents.kinds import Unreadable
from workloads.documents.words import excerpt
from workloads.recommend.columns import Columns, checked_columns
from workloads.recommend.layout import Places, find_by_names, find_wanted

NO_FIELDS = "is no JSON object with the fields and types of line 1"


@dataclass(frozen=True, kw_only=True)
class Fields:
    """The ``names`` of the first object's fields, which of them are read, and of what types."""

    names: tuple[str, ...]
    places: Places
    types: tuple[pa.DataType, ...]


def find_fields(head: bytes, wanted: Sequence[str] = ()) -> Fields:
    """Return the fields by the first object; raise ``ValueError`` if it is none, or has none."""
    line = next((line for line in head.split(b"\n") if line.strip()), b"")
    try:
        first = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"line 1 is not JSON, one object a line: {excerpt(line)}") from error
    names = tuple(first)
    places = find_wanted(names, wanted) if wanted else find_by_names(names)
    types = [_type_of(first[names[place]], names[place]) for place in places.taken]
    if places.rating is not None and types[-1] == pa.int64():
        types[-1] = pa.float64()  # other ratings may have decimals
    return Fields(names=names, places=places, types=tuple(types))


def read_json_block(block: bytes, fields: Fields) -> Columns:
    """Return the interactions of a block of whole lines; raise ``ValueError`` for a malformed one.

    A rating is a number, or a string that is one.
    """
    names = [fields.names[place] for place in fields.places.taken]
    schema = pa.schema(list(zip(names, fields.types, strict=True)))
    if not block.strip():
        none = pa.array([], pa.large_string())
        return checked_columns(none, none, None)
    try:
        table = pyarrow.json.read_json(
            pa.BufferReader(block),
            pyarrow.json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        columns = [table.column(name).combine_chunks() for name in names]
        users, items = (column.cast(pa.large_string()) for column in columns[:2])
        ratings = columns[2].cast(pa.float64()) if len(columns) > 2 else None
    except pa.ArrowException as error:
        raise Unreadable(NO_FIELDS) from error
    return checked_columns(users, items, ratings)


def _type_of(value: Any, name: str) -> pa.DataType:
    match value:
        case bool():
            pass
        case str():
            return pa.large_string()
        case int() if -(1 << 63) <= value < 1 << 63:
            return pa.int64()
        case float():
            return pa.float64()
    raise Unreadable(f"line 1 has neither text nor a number in {name[:40]!r}")
