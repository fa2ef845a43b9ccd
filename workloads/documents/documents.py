"""The documents of files: their text as UTF-8, and the other fields that belong to them.

Every refusal is a ``ValueError`` that begins with the file's name, without its folder, and the line
or row. Imports ``harness.workload``, the standard library, ``kinds`` and ``words``;
pyarrow only where a Parquet file is read.
"""

import codecs
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from harness.workload import require_package
from workloads.documents.kinds import (
    BROKEN,
    FIELDS,
    Kind,
    Source,
    Unreadable,
    open_unpacked,
    unreadable,
)
from workloads.documents.words import excerpt, printable_name

ROWS_AT_A_TIME = 64
MOST_DOCUMENT_BYTES = 16 << 20
MOST_LINE_BYTES = 8 * MOST_DOCUMENT_BYTES  # a byte of a document may be escaped as six
LINES_WITHOUT_FIELD = 1000
MOST_LISTED = 20
NAME_IT = "name the field with the text: --set field=NAME"
A_LINE = "write one JSON object a line, or one array of them"


class Document(NamedTuple):
    """A document's text as UTF-8 (empty: it has none), and in which file and line it stands.

    ``before`` is its JSON line up to the text's first letter, with all its other fields; ``field``
    is the name of the text's (empty: it is a file's).
    """

    where: str
    text: bytes
    before: bytes = b'{"text": "'
    field: str = ""


def documents(source: Source, field: str) -> Iterator[Document]:
    """Yield the documents of a file, whose text is in ``field`` (empty: in a usual one)."""
    path = source.path
    match source.kind:
        case Kind.TEXT:
            yield _read_text(path)
        case Kind.PARQUET:
            yield from _rows(path, field)
        case Kind.LINES:
            yield from _with_text(_lines(path), field, path.name)
        case Kind.ARRAY:
            yield from _with_text(_members(path), field, path.name)


def utf8(raw: bytes) -> bytes:
    """Return bytes with everything replaced that is not UTF-8."""
    return raw.decode("utf-8", "replace").encode()


def _read_text(path: Path) -> Document:
    """Return a file's text as UTF-8; of one that is too long, just enough to see that."""
    try:
        with path.open("rb") as file:
            return Document(path.name, utf8(file.read(MOST_DOCUMENT_BYTES + 1)))
    except OSError as error:
        raise unreadable(path.name, error) from error


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield (place, value) of every line of JSON that is not blank."""
    with _unpacked(path) as file:
        number = 0
        while line := read_unpacked(
            file.readline, MOST_LINE_BYTES + 1, f"{path.name}, line {number + 1}"
        ):
            number += 1
            where = f"{path.name}, line {number}"
            if len(line) > MOST_LINE_BYTES:
                raise Unreadable(f"{where} is longer than {MOST_LINE_BYTES:,} bytes")
            if line.strip():
                yield where, _parsed(line.removeprefix(codecs.BOM_UTF8), where)


def _unpacked(path: Path) -> IO[bytes]:
    try:
        return open_unpacked(path)
    except OSError as error:
        raise unreadable(path.name, error) from error


def read_unpacked(read: Callable[[int], bytes], size: int, where: str) -> bytes:
    """Return what ``read`` returns; raise ``ValueError`` where compressed data is damaged."""
    try:
        return read(size)
    except BROKEN as error:
        raise Unreadable(f"{where}: the compressed data is damaged here") from error


def _parsed(line: bytes, where: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{where} is not JSON: {excerpt(line)}", A_LINE) from error


def _members(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield (place, value) of the members of a JSON array, a part of the file at a time."""
    decoder, decode = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8")("replace").decode
    text, at, number, step = "", 0, 0, 1 << 16
    with _unpacked(path) as file:
        while True:
            where = f"{path.name}, member {number + 1}"
            while at < len(text) and text[at] in ",[ \r\n\t\ufeff":
                at += 1
            if text[at : at + 1] == "]":
                return
            try:
                value, end = decoder.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                raw = read_unpacked(file.read, step, where)
                if not raw or len(text) - at > MOST_LINE_BYTES:
                    raise Unreadable(
                        f"{where} is not JSON: {excerpt(text[at : at + 99].encode())}"
                    ) from error
                text, at, step = text[at:] + decode(raw), 0, 2 * step
                continue
            yield where, value
            at, number, step = end, number + 1, 1 << 16


def _with_text(values: Iterator[tuple[str, Any]], wanted: str, name: str) -> Iterator[Document]:
    """Yield the documents of JSON objects; raise ``ValueError`` if none of the first has a text."""
    field, fields = wanted, dict[str, None]()
    is_known = False
    count = 0
    for count, (where, value) in enumerate(values, start=1):
        if not isinstance(value, dict):
            raise Unreadable(f"{where} is not a JSON object: {excerpt(json.dumps(value).encode())}")
        own = field if field in value else wanted or _usual_field(value)
        field = field or own
        is_known = is_known or own in value
        if not is_known:
            fields |= dict.fromkeys(list(value)[:MOST_LISTED])
            if count == LINES_WITHOUT_FIELD:
                break
        yield _document(value, own, where)
    if count and not is_known:
        raise without_field(name, wanted, list(fields))


def without_field(name: str, wanted: str, fields: list[str]) -> Unreadable:
    """Return the refusal of a file that has no text where it is looked for."""
    looked_for = printable_name(wanted) if wanted else f"{', '.join(FIELDS[:-1])} or {FIELDS[-1]}"
    listed = ", ".join(map(printable_name, fields[:MOST_LISTED])) or "none"
    return Unreadable(f"{name} has no field {looked_for}; its fields are {listed}", NAME_IT)


def _usual_field(value: dict[str, Any]) -> str:
    """Return the first usual field with a text, else the first that is there (empty: none is)."""
    there = [field for field in FIELDS if field in value]
    return next((field for field in there if value[field]), there[0] if there else "")


def _document(value: dict[str, Any], field: str, where: str) -> Document:
    text = value.pop(field, None)
    if text is not None and not isinstance(text, str):
        instead = excerpt(json.dumps(text).encode())
        raise Unreadable(f"{where} has no text in the field {printable_name(field)}: {instead}")
    return Document(
        where=where,
        text=(text or "").encode("utf-8", "replace"),
        before=_before(value, field) if text else b"",
        field=field,
    )


def _before(others: dict[str, Any], field: str) -> bytes:
    """Return the JSON of a document's other fields, and of the text's name, up to the text."""
    try:
        written = json.dumps(others, ensure_ascii=False, allow_nan=False, default=_as_text)
        name = json.dumps(field, ensure_ascii=False)
        return f'{written[:-1]}{", " if others else ""}{name}: "'.encode()
    except UnicodeEncodeError:  # half a surrogate
        return f'{json.dumps(others)[:-1]}{", " if others else ""}{json.dumps(field)}: "'.encode()
    except ValueError:
        return _before({name: _finite(value) for name, value in others.items()}, field)


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _finite(value: Any) -> Any:
    """Return a value in which what JSON has no number for is null."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {str(name): _finite(member) for name, member in value.items()}
        case list() | tuple():
            return [_finite(member) for member in value]
        case _:
            return value


def _rows(path: Path, wanted: str) -> Iterator[Document]:
    """Yield the documents of a Parquet file."""
    require_package("pyarrow", path.name)
    import pyarrow
    import pyarrow.parquet

    row = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            field = next((name for name in ([wanted] if wanted else FIELDS) if name in names), "")
            if not field:
                raise without_field(path.name, wanted, names)
            _require_own_names(path.name, names)
            for batch in file.iter_batches(ROWS_AT_A_TIME, use_threads=False):
                texts = _cells(batch.column(names.index(field)), path.name, field)
                others = batch.drop_columns([field]).to_pylist()
                for raw, other in zip(texts, others, strict=True):
                    row += 1
                    before = _before(other, field) if raw else b""
                    yield Document(f"{path.name}, row {row:,}", utf8(raw or b""), before, field)
    except (pyarrow.ArrowException, OSError, IndexError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path.name} cannot be read as Parquet beyond row {row:,}") from error


def _require_own_names(file: str, names: Sequence[str]) -> None:
    """Raise ``ValueError`` if two columns have one name: a document keeps all its fields."""
    for name in names:
        if names.count(name) > 1:
            twice = printable_name(name)
            raise Unreadable(f"{file} has two columns called {twice}: give each its own name")


def _cells(column: Any, name: str, field: str) -> Iterator[bytes | None]:
    """Yield a column's strings as bytes, one at a time (None: no value); they may be no UTF-8."""
    from pyarrow import large_binary, large_string, types

    values, places = column, range(len(column))
    if types.is_dictionary(column.type):
        values, places = column.dictionary, column.indices.to_pylist()
    if types.is_string_view(values.type):
        values = values.cast(large_string())
    if not (types.is_string(values.type) or types.is_large_string(values.type)):
        raise Unreadable(
            f"{name} holds {values.type} in the column {printable_name(field)}, not text"
        )
    raw = values.cast(large_binary())
    yield from (None if place is None else raw[place].as_py() for place in places)
