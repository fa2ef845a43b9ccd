"""Real text for ``dedup``: Python's own files, a folder's files, JSON lines and Parquet.

Files are not trusted: sizes are limited, and anything wrong with one raises a ``ValueError`` that
names the file and the line. Imports ``harness.workload``, the standard library and NumPy; pyarrow
only where a Parquet file is read.
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
LINES = ".jsonl"
GZIPPED = ".jsonl.gz"
PARQUET = ".parquet"
FIRST_BYTES = {LINES: b"{", GZIPPED: b"\x1f\x8b", PARQUET: b"PAR1"}
SKIPPED_FOLDERS = {"site-packages", "__pycache__"}
PROSE = set(
    [
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
    ]
)
SOURCE = set(
    [
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
    ]
)
ROWS_AT_A_TIME = 256
MOST_DOCUMENT_BYTES = 16 << 20
MOST_LINE_BYTES = 8 * MOST_DOCUMENT_BYTES  # a byte of a document may be escaped as six
MOST_BYTES = 8 << 30
MOST_DOCUMENTS = 50_000_000


def check_input(name: str) -> None:
    """Raise ``ValueError`` if there is nothing to read at an input (empty: the synthetic crawl)."""
    if not name or name == STDLIB:
        return
    if _path(name).is_dir():
        if not os.access(_path(name), os.R_OK | os.X_OK):
            raise ValueError(f"input={name} is a folder that may not be entered")
        return
    if not name.endswith(tuple(FIRST_BYTES)):
        raise ValueError(
            f"input={name} is not a folder, not a {LINES}, {GZIPPED} or {PARQUET} file, "
            f"and not {STDLIB}"
        )
    if not files(name):
        raise ValueError(f"input={name} is not a file")
    if name.endswith(PARQUET):
        require_package("pyarrow", f"input={name}")
    for path in files(name):
        _check_beginning(path)


def _check_beginning(path: Path) -> None:
    """Raise ``ValueError`` for an unreadable file, and for one whose first bytes belie its name."""
    try:
        with path.open("rb") as file:
            head = file.read(64).removeprefix(codecs.BOM_UTF8).lstrip()
    except OSError as error:
        raise _unreadable(path.name, error) from error
    kind = next(kind for kind in FIRST_BYTES if path.name.endswith(kind))
    if head and not head.startswith(FIRST_BYTES[kind]):
        raise ValueError(f"{path.name}: this does not begin like a {kind} file")


def _unreadable(name: str, error: OSError) -> ValueError:
    return ValueError(f"{name}: this cannot be read: {error.strerror or type(error).__name__}")


def read(name: str) -> tuple[Array, Array]:
    """Return an input's documents as UTF-8, one after the other, and their offsets.

    The offsets (documents + 1,) are where each document begins and the last one ends. Raises
    ``ValueError`` for what cannot be read and for what is too large.
    """
    text = bytearray()
    ends = [0]
    try:
        for source, document in documents(name):
            if len(document) > MOST_DOCUMENT_BYTES:
                raise ValueError(
                    f"{source}: a document of {len(document):,} bytes, "
                    f"more than {MOST_DOCUMENT_BYTES:,}"
                )
            text += document
            ends.append(len(text))
            if len(text) > MOST_BYTES or len(ends) > MOST_DOCUMENTS:
                raise ValueError(
                    f"{source}: more than {MOST_BYTES:,} bytes or {MOST_DOCUMENTS:,} documents "
                    "up to here"
                )
    except OSError as error:
        place = Path(str(error.filename)).name if error.filename else f"input={name}"
        raise _unreadable(place, error) from error
    if len(ends) == 1:
        raise ValueError(f"input={name} holds no document")
    return np.frombuffer(text, np.uint8), np.array(ends, np.int64)


def documents(name: str) -> Iterator[tuple[str, bytes]]:
    """Yield (place, UTF-8) of every document, always in the same order."""
    folder = Path(sysconfig.get_path("stdlib")) if name == STDLIB else _path(name)
    if folder.is_dir():
        for path in texts(folder):
            yield path.name, _read_text(path)
        return
    for path in files(name):
        yield from rows(path) if path.suffix == PARQUET else lines(path)


def _path(name: str) -> Path:
    """Return the path of an input; raise ``ValueError`` if the system refuses it as a path."""
    try:
        path = Path(name).expanduser()
        path.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"input={name!r} is not a path: {error}") from error
    return path


def files(name: str) -> list[Path]:
    """Return the file of that name or, if there is none, the files that match it as a pattern.

    They are sorted; of several names of one file the first counts. Raises ``ValueError`` for a
    folder that cannot be searched.
    """
    path = _path(name)
    by_inode: dict[tuple[int, int], Path] = {}
    try:
        for candidate in [path] if path.is_file() else sorted(map(Path, _glob(str(path)))):
            if candidate.is_file():
                status = candidate.stat()
                by_inode.setdefault((status.st_dev, status.st_ino), candidate)
    except OSError as error:
        raise ValueError(f"input={name} cannot be searched: {error.strerror}") from error
    return list(by_inode.values())


def _glob(pattern: str) -> Iterator[str]:
    """Yield the matches of a pattern, some of them twice.

    ``**`` matches any folders but hidden ones and links, which may lead in circles.
    """
    anchored = f"./{pattern}" if pattern.startswith("**/") else pattern
    before, deep, after = anchored.partition("/**/")
    if not deep:
        yield from glob.iglob(pattern)
        return
    for root in glob.iglob(before or "/"):
        for place, folders, _ in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from _glob(f"{glob.escape(place)}/{after}")


def texts(folder: Path) -> Iterator[Path]:
    """Yield every source and text file below a folder, by name.

    Links are not followed; hidden folders and installed packages are skipped.
    """
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name not in SKIPPED_FOLDERS and not name.startswith(".")
        )
        for path in (Path(place) / name for name in sorted(names)):
            if path.suffix.lower() in PROSE | SOURCE and stat.S_ISREG(path.lstat().st_mode):
                yield path


def _read_text(path: Path) -> bytes:
    """Return a file's text as UTF-8; of one that is too long, just enough to see that."""
    with path.open("rb") as file:
        return utf8(file.read(MOST_DOCUMENT_BYTES + 1))


def utf8(raw: bytes) -> bytes:
    """Return bytes with everything replaced that is not UTF-8."""
    return raw.decode("utf-8", "replace").encode()


def lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (place, UTF-8) of the documents of a file of JSON lines; raise ``ValueError``."""
    with _open(path) as file:
        for number in range(1, MOST_DOCUMENTS + 1):
            where = f"{path.name}, line {number}"
            try:
                line = file.readline(MOST_LINE_BYTES + 1)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise ValueError(f"{where}: the compressed data is damaged here") from error
            if not line:
                return
            if len(line) > MOST_LINE_BYTES:
                raise ValueError(f"{where}: longer than {MOST_LINE_BYTES:,} bytes")
            if line.strip():
                yield where, _document(line, where)


def _open(path: Path) -> Any:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _document(line: bytes, where: str) -> bytes:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: this is not JSON") from error
    if not isinstance(document, dict):
        raise ValueError(f"{where}: this is not a JSON object")
    for field in FIELDS:
        if isinstance(document.get(field), str):
            return str(document[field]).encode("utf-8", "replace")
    raise ValueError(f"{where}: there is no text in a field {' or '.join(FIELDS)}")


def rows(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (place, UTF-8) of the documents of a Parquet file; raise ``ValueError``."""
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
            f"{path.name}: this Parquet file cannot be read beyond row {number}"
        ) from error


def _cells(column: Any, path: Path) -> Iterator[bytes | None]:
    """Yield a column's strings as bytes, one at a time (None: no value).

    A file may contain strings that are not UTF-8.
    """
    from pyarrow import binary, large_binary, types

    values, places = column, range(len(column))
    if types.is_dictionary(column.type):
        values, places = column.dictionary, column.indices.to_pylist()
    if not (types.is_string(values.type) or types.is_large_string(values.type)):
        raise ValueError(f"{path.name}: the column holds {values.type}, not text")
    raw = values.cast(binary() if types.is_string(values.type) else large_binary())
    yield from (None if place is None else raw[place].as_py() for place in places)
