"""The user's own documents for ``dedup``, in memory, and how they were read, in words.

Every refusal is a ``BadRequest`` of one sentence that names a file without its folder. Imports
``harness.workload``, the standard library, NumPy and this package.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.workload import BadRequest
from workloads.dedup.inputs import Input, find_input
from workloads.dedup.machine import Array
from workloads.dedup.text import ReadText
from workloads.documents.documents import MOST_DOCUMENT_BYTES, Document, documents
from workloads.documents.kinds import Unreadable, unreadable
from workloads.documents.words import number_of, printable_name

MOST_BYTES = 8 << 30
MOST_DOCUMENTS = 50_000_000
FILES_CHECKED = 200
BYTES_CHECKED = 1 << 20
MOST_FIELDS = 5


class ReadCrawl(NamedTuple):
    """Documents as they were read, where each begins and the last one ends, and a description."""

    text: ReadText
    offsets: Array
    reading: str


def check_input(name: str, field: str = "") -> None:
    """Raise ``BadRequest`` for an input with less than two documents (empty: the synthetic crawl).

    Looked at are the beginnings of its first files, and the first documents.
    """
    if not name:
        return
    with _refusing():
        crawl = find_input(name, field, FILES_CHECKED)
        if not crawl.sources:
            crawl = find_input(name, field)
        size = count = 0
        for document in _bounded(crawl, field, _short(name)):
            size += len(document.text) + len(document.before)
            count += bool(document.text.strip())
            if size > BYTES_CHECKED:
                break
        if count == 1 and len(crawl.sources) == 1 and size <= BYTES_CHECKED:
            raise Unreadable(f"{_short(name)} is one document, which cannot have a near-duplicate")


def read(name: str, field: str = "") -> ReadCrawl:
    """Return an input's documents, whose text is in ``field`` (empty: in a usual one).

    Those without text are left out. Raises ``BadRequest`` for what cannot be read and for what is
    too large.
    """
    with _refusing():
        crawl = find_input(name, field)
        text, befores = bytearray(), bytearray()
        ends, starts = [0], [0]
        fields, without = Counter[str](), 0
        for document in _bounded(crawl, field, _short(name)):
            if not document.text.strip():
                without += 1
                continue
            text += document.text
            befores += document.before
            ends.append(len(text))
            starts.append(len(befores))
            fields[document.field] += 1
    return ReadCrawl(
        ReadText(np.frombuffer(text, np.uint8), np.frombuffer(befores, np.uint8), np.array(starts)),
        np.array(ends, np.int64),
        _reading(crawl, len(ends) - 1, list(fields), without),
    )


def _bounded(crawl: Input, field: str, name: str) -> Iterator[Document]:
    """Yield the documents of an input; raise ``ValueError`` for too much, and for none."""
    count = size = 0
    for document in chain.from_iterable(documents(source, field) for source in crawl.sources):
        if len(document.text) > MOST_DOCUMENT_BYTES:
            raise Unreadable(
                f"{document.where} is a document of {len(document.text):,} bytes, "
                f"more than {MOST_DOCUMENT_BYTES:,}"
            )
        count += bool(document.text.strip())
        size += len(document.text) + len(document.before)
        if size > MOST_BYTES or count > MOST_DOCUMENTS:
            raise Unreadable(
                f"{document.where} ends more than {MOST_BYTES:,} bytes or "
                f"{MOST_DOCUMENTS:,} documents, the most that can be read"
            )
        yield document
    if not count:
        files = number_of(crawl.others + len(crawl.sources), "file")
        raise Unreadable(f"{name} holds no document with text, in {files}")


def _reading(crawl: Input, count: int, fields: list[str], without: int) -> str:
    """Return how an input was read: counts, kinds, fields, and what was left out."""
    kinds = " and ".join(sorted({str(source.kind) for source in crawl.sources}))
    named = [printable_name(field) for field in fields if field][:MOST_FIELDS]
    reading = (
        f"{number_of(count, 'document')} from {number_of(len(crawl.sources), 'file')} of {kinds}"
    )
    if named:
        reading += f", field{'s' if len(named) > 1 else ''} {' and '.join(named)}"
    if without:
        reading += f"; {without:,} without text left out"
    if crawl.others:
        reading += f"; {number_of(crawl.others, 'other file')} not read"
    return reading


def _short(name: str) -> str:
    """Return the name of an input without its folder: a take tells nobody where that is."""
    return Path(name).name


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except Unreadable as error:
        raise BadRequest(str(error), error.hint) from error
    except OSError as error:
        place = Path(str(error.filename)).name if error.filename else "the input"
        raise BadRequest(str(unreadable(place, error))) from error
