"""The text of all documents, one after the other: in memory as it was read, or in a file as made.

Imports the standard library, NumPy, ``cache`` and ``machine``.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workloads.dedup.cache import MadeText
from workloads.dedup.machine import TOO_SHORT, Array, Source


@dataclass(frozen=True)
class ReadText:
    """Documents that were read, with the rest of the JSON lines that they stand in.

    ``content`` is UTF-8. ``befores`` are the beginnings of the documents' lines, up to the text,
    one after the other; ``starts`` (documents + 1,) say where each begins and the last one ends.
    """

    content: Array
    befores: Array
    starts: Array


IN_FILE = np.empty(0, np.uint8)
IN_FILE.flags.writeable = False

Text = Array | MadeText | ReadText
"""All documents one after the other, in memory or in a file."""


def part_of(text: Text, begin: int, end: int) -> Array:
    """Return the bytes of a text from ``begin`` to ``end``, which are not to be written to.

    Raises ``ValueError`` if its file ends before.
    """
    match text:
        case MadeText():
            part = np.fromfile(text.file, np.uint8, end - begin, offset=begin)
            if len(part) < end - begin:
                raise ValueError(TOO_SHORT)
        case ReadText():
            part = text.content[begin:end]
        case _:
            part = text[begin:end]
    return sealed(part)


def sealed(part: Array) -> Array:
    """Return an array that is not to be written to.

    All are: else each kind would be compiled for by itself.
    """
    part.flags.writeable = False
    return part


def befores_of(text: ReadText, begin: int, end: int) -> tuple[Array, Array]:
    """Return the beginnings of the lines from document ``begin`` to ``end``, and their starts."""
    starts = text.starts[begin : end + 1]
    return sealed(text.befores[starts[0] : starts[-1]]), starts - starts[0]


def first_documents(text: Text, offsets: Array, count: int) -> Text:
    """Return the first ``count`` documents in memory, with what belongs to them."""
    content = part_of(text, 0, int(offsets[count]))
    if not isinstance(text, ReadText):
        return content
    befores, starts = befores_of(text, 0, count)
    return ReadText(content, befores, starts)


@contextlib.contextmanager
def reading(text: Text) -> Iterator[Source]:
    """Yield where single documents of a text are read from."""
    if isinstance(text, MadeText):
        with text.file.open("rb", buffering=0) as file:
            yield Source(IN_FILE, file.fileno())
        return
    content = text.content if isinstance(text, ReadText) else text
    yield Source(part_of(content, 0, len(content)), -1)
