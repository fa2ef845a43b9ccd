"""How a file holds documents, known by how it begins, whatever it is called and packed by.

A file is hostile until it is read. Every refusal is a ``ValueError`` that begins with the file's
name, without its folder. Imports ``harness.workload``, the standard library and
``words``; pyarrow only where zstd packed a file.
"""

import bz2
import codecs
import gzip
import io
import json
import lzma
import zlib
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, NamedTuple

from harness.workload import require_package
from workloads.documents.words import excerpt

FIELDS = ("text", "raw_content", "content", "body", "document", "page_content", "article")
HEAD_BYTES = 1 << 16
PARQUET_MARK = b"PAR1"
BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError)


class Unreadable(ValueError):
    """What is wrong with an input, and perhaps a hint."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence)
        self.hint = hint


class OtherKind(Unreadable):
    """A file is whole, but of a kind that is not read."""


class Kind(StrEnum):
    """How a file holds documents."""

    LINES = "JSON lines"
    ARRAY = "JSON array"
    PARQUET = "Parquet"
    TEXT = "text"


class Source(NamedTuple):
    """A file, and how it holds documents."""

    path: Path
    kind: Kind


class Mark(NamedTuple):
    """Bytes that stand at a place in all files of a kind."""

    letters: bytes
    place: int = 0


WARC = "holds WARC records: write their text as JSON lines, for example by the library warcio"
OTHER_KINDS = {
    Mark(b"WARC/"): WARC,
    Mark(b"ARROW1"): "is an Arrow file: write it as Parquet",
    Mark(b"\xff\xff\xff\xff"): "is an Arrow stream: write it as Parquet",
    Mark(b"PK\x03\x04"): "is a zip archive: unpack it",
    Mark(b"ustar", 257): "is a tar archive: unpack it",
    Mark(b"\xff\xfe"): "is UTF-16: save it as UTF-8",
    Mark(b"\xfe\xff"): "is UTF-16: save it as UTF-8",
}


def open_unpacked(path: Path) -> IO[bytes]:
    """Return a file's bytes, unpacked as its first bytes say."""
    with path.open("rb") as file:
        magic = file.read(6)
    opener = next((UNPACKERS[known] for known in UNPACKERS if magic.startswith(known)), None)
    return path.open("rb") if opener is None else opener(path)


def unreadable(name: str, error: OSError) -> Unreadable:
    """Return the refusal of a file that the system does not let us read."""
    return Unreadable(f"{name} cannot be read: {error.strerror or type(error).__name__}")


def _unzstd(path: Path) -> IO[bytes]:
    require_package("pyarrow", path.name)
    import pyarrow

    native: Any = pyarrow.CompressedInputStream(pyarrow.OSFile(str(path)), "zstd")
    return io.BufferedReader(native)


UNPACKERS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"(\xb5/\xfd": _unzstd,
}


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, unpacked; raise ``ValueError`` for forms that nobody reads.

    A mark of the order of bytes and blanks before the first letter are left out.
    """
    try:
        with open_unpacked(path) as file:
            head = file.read(HEAD_BYTES).removeprefix(codecs.BOM_UTF8).lstrip()
    except BROKEN as error:
        if isinstance(error, OSError) and error.strerror:
            raise unreadable(path.name, error) from error
        raise Unreadable(
            f"{path.name} cannot be unpacked: {excerpt(str(error).encode())}"
        ) from error
    for mark, what in OTHER_KINDS.items():
        if head[mark.place :].startswith(mark.letters):
            raise OtherKind(f"{path.name} {what}")
    return head


def kind_of(head: bytes) -> Kind | None:
    """Return how a file holds documents, by how it begins (None: it is no file of documents)."""
    if head.startswith(PARQUET_MARK):
        return Kind.PARQUET
    if head.startswith(b"{"):
        return Kind.LINES
    return Kind.ARRAY if head[:1] == b"[" and head[1:].lstrip().startswith(b"{") else None


def has_text(head: bytes, kind: Kind, field: str) -> bool:
    """Return whether the first document of a file has a text where it is looked for."""
    if kind is Kind.PARQUET:
        return True
    text = head.lstrip(b"[ \r\n\t").decode("utf-8", "replace")
    try:
        first, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    is_line = kind is Kind.ARRAY or "\n" not in text[:end]
    return is_line and any(name in first for name in ([field] if field else FIELDS))
