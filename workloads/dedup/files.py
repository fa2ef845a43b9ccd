"""Real text for ``dedup``: the installed Python's own files, a folder's, JSON lines (packed or not) and Parquet.

Imports the standard library and NumPy; pyarrow only where a Parquet file is read. Files are not trusted: sizes are limited, and whatever is
wrong with one is a ``ValueError`` that names it, and the line.
"""

import codecs
import glob
import gzip
import json
import os
import stat
import sysconfig
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness.workload import require_package
from workloads.dedup.kernel import Array

STDLIB = "stdlib"
FIELDS = ("text", "content")
LINES, PACKED, PARQUET = ".jsonl", ".jsonl.gz", ".parquet"
BEGINS = {LINES: b"{", PACKED: b"\x1f\x8b", PARQUET: b"PAR1"}
LEFT_OUT = {"site-packages", "__pycache__"}
PROSE = {
    ".txt",
    ".rst",
    ".md",
    ".html",
    ".htm",
    ".xml",
    ".json",
    ".csv",
    ".toml",
    ".cfg",
    ".ini",
    ".yaml",
    ".yml",
    ".tex",
}
SOURCE = {
    ".py",
    ".pyi",
    ".c",
    ".h",
    ".cc",
    ".cpp",
    ".hpp",
    ".rs",
    ".go",
    ".java",
    ".js",
    ".ts",
    ".css",
    ".sh",
    ".tcl",
    ".bat",
    ".ps1",
    ".sql",
}
ROWS_AT_A_TIME = 256
MOST_DOCUMENT_BYTES = 16 << 20
MOST_LINE_BYTES = 8 * MOST_DOCUMENT_BYTES  # a document's bytes may be written as six each
MOST_BYTES = 8 << 30
MOST_DOCUMENTS = 50_000_000


def check_input(given: str) -> None:
    """Raise ``ValueError`` if there is nothing to read at an input; an empty one is the synthetic crawl."""
    if not given or given == STDLIB:
        return
    if _path(given).is_dir():
        if not os.access(_path(given), os.R_OK | os.X_OK):
            raise ValueError(f"input={given} is a folder that may not be entered")
        return
    if not given.endswith(tuple(BEGINS)):
        raise ValueError(
            f"input={given} is no folder, no {LINES}, {PACKED} or {PARQUET} file, and not {STDLIB}"
        )
    if not files(given):
        raise ValueError(f"input={given} is no file")
    if given.endswith(PARQUET):
        require_package("pyarrow", f"input={given}")
    for path in files(given):
        _check_beginning(path)


def _check_beginning(path: Path) -> None:
    """Raise ``ValueError`` for a file that cannot be read, or does not begin as its name says; an empty one does."""
    try:
        with path.open("rb") as file:
            head = file.read(64).removeprefix(codecs.BOM_UTF8).lstrip()
    except OSError as error:
        raise ValueError(
            f"{path.name}: this cannot be read: {error.strerror or type(error).__name__}"
        ) from error
    kind = next(kind for kind in BEGINS if path.name.endswith(kind))
    if head and not head.startswith(BEGINS[kind]):
        raise ValueError(f"{path.name}: this does not begin like a {kind} file")


def read(given: str) -> tuple[Array, Array]:
    """Return an input's documents as UTF-8, one after the other, and where each begins and the last ends; raise ``ValueError``."""
    text, ends = bytearray(), [0]
    try:
        for source, document in documents(given):
            if len(document) > MOST_DOCUMENT_BYTES:
                raise ValueError(
                    f"{source}: a document of {len(document):,} bytes, more than {MOST_DOCUMENT_BYTES:,}"
                )
            text += document
            ends.append(len(text))
            if len(text) > MOST_BYTES or len(ends) > MOST_DOCUMENTS:
                raise ValueError(
                    f"{source}: more than {MOST_BYTES:,} bytes or {MOST_DOCUMENTS:,} documents come together here"
                )
    except OSError as error:
        name = Path(str(error.filename)).name if error.filename else f"input={given}"
        raise ValueError(
            f"{name}: this cannot be read: {error.strerror or type(error).__name__}"
        ) from error
    if len(ends) == 1:
        raise ValueError(f"input={given} holds no document")
    return np.frombuffer(text, np.uint8), np.array(ends, np.int64)


def documents(given: str) -> Iterator[tuple[str, bytes]]:
    """Yield (where it stands, the UTF-8 of) every document, in an order that is always the same."""
    if given == STDLIB or _path(given).is_dir():
        for path in texts(Path(sysconfig.get_path("stdlib")) if given == STDLIB else _path(given)):
            yield path.name, _whole(path)
        return
    for path in files(given):
        yield from rows(path) if path.suffix == PARQUET else lines(path)


def _path(given: str) -> Path:
    """Return the path that is meant; raise ``ValueError`` for one that cannot be looked at."""
    try:
        path = Path(given).expanduser()
        path.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"input={given!r} is no path: {error}") from error
    return path


def files(given: str) -> list[Path]:
    """Return the file of that name or, if there is none, the regular files that it names as a pattern, in the order of their names.

    Of several names of one file the first counts. Raises ``ValueError`` where one cannot be looked at.
    """
    path, found = _path(given), dict[tuple[int, int], Path]()
    try:
        for candidate in [path] if path.is_file() else sorted(map(Path, _matching(str(path)))):
            if candidate.is_file():
                known = candidate.stat()
                found.setdefault((known.st_dev, known.st_ino), candidate)
    except OSError as error:
        raise ValueError(f"input={given} cannot be looked through: {error.strerror}") from error
    return list(found.values())


def _matching(pattern: str) -> Iterator[str]:
    """Yield what a pattern names, some of it twice; ``**`` is any folders that are neither hidden nor links: those may go round."""
    before, deep, after = (f"./{pattern}" if pattern.startswith("**/") else pattern).partition(
        "/**/"
    )
    if not deep:
        yield from glob.iglob(pattern)
        return
    for root in glob.iglob(before or "/"):
        for place, folders, _ in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from _matching(f"{glob.escape(place)}/{after}")


def texts(folder: Path) -> Iterator[Path]:
    """Yield every source and text file below a folder, by name; links are not followed, hidden folders and installed packages left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name not in LEFT_OUT and not name.startswith(".")
        )
        for path in (Path(place) / name for name in sorted(names)):
            if path.suffix.lower() in PROSE | SOURCE and stat.S_ISREG(path.lstat().st_mode):
                yield path


def _whole(path: Path) -> bytes:
    """Return a file's text, what is no UTF-8 in it replaced; no more than is needed to see that it is too long."""
    with path.open("rb") as file:
        return utf8(file.read(MOST_DOCUMENT_BYTES + 1))


def utf8(raw: bytes) -> bytes:
    """Return bytes with whatever is no UTF-8 replaced."""
    return raw.decode("utf-8", "replace").encode()


def lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the documents of a file of JSON lines; raise ``ValueError`` with file and line."""
    with _opened(path) as file:
        for number in range(1, MOST_DOCUMENTS + 1):
            where = f"{path.name}, line {number}"
            try:
                line = file.readline(MOST_LINE_BYTES + 1)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise ValueError(f"{where}: what was packed here is damaged") from error
            if not line:
                return
            if len(line) > MOST_LINE_BYTES:
                raise ValueError(f"{where}: longer than {MOST_LINE_BYTES:,} bytes")
            if line.strip():
                yield where, _document(line, where)


def _opened(path: Path) -> Any:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _document(line: bytes, where: str) -> bytes:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: this is no JSON") from error
    if not isinstance(record, dict):
        raise ValueError(f"{where}: this is no JSON object")
    for field in FIELDS:
        if isinstance(record.get(field), str):
            return str(record[field]).encode("utf-8", "replace")
    raise ValueError(f"{where}: there is no text in a field {' or '.join(FIELDS)}")


def rows(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the documents of a Parquet file; raise ``ValueError`` with file and row."""
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            field = next((field for field in FIELDS if field in file.schema_arrow.names), None)
            if field is None:
                raise ValueError(f"{path.name}: there is no column {' or '.join(FIELDS)}")
            for batch in file.iter_batches(ROWS_AT_A_TIME, columns=[field], use_threads=False):
                for raw in _cells(batch.column(0), path):
                    number += 1
                    if raw is None:
                        raise ValueError(f"{path.name}, row {number}: there is no text here")
                    yield f"{path.name}, row {number}", utf8(raw)
    except (pyarrow.ArrowException, OSError, IndexError) as error:
        raise ValueError(
            f"{path.name}: this is no Parquet file that can be read beyond row {number}"
        ) from error


def _cells(column: Any, path: Path) -> Iterator[bytes | None]:
    """Yield a column's texts as bytes, one at a time, since what a file calls a string need not be one (None: no value)."""
    from pyarrow import binary, large_binary, types

    held, places = (
        (column.dictionary, column.indices.to_pylist())
        if types.is_dictionary(column.type)
        else (column, range(len(column)))
    )
    if not (types.is_string(held.type) or types.is_large_string(held.type)):
        raise ValueError(f"{path.name}: the column holds {held.type}, no text")
    raw = held.cast(binary() if types.is_string(held.type) else large_binary())
    yield from (None if place is None else raw[place].as_py() for place in places)
