"""What the tests of ``dedup`` share: small problems and how to look at them."""

import io
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from harness.model import Parameters
from harness.workload import AnyProblem
from workloads import dedup
from workloads.dedup.crawl import make_crawl
from workloads.dedup.kernel import ALONE
from workloads.dedup.labels import truth_of
from workloads.dedup.machine import Array
from workloads.dedup.recipe import Crawl
from workloads.dedup.text import part_of

SMALL: Parameters = {"documents": 3000, "words": 60, "block": 40_000, "shard": 60_000}


few = settings(max_examples=60, deadline=None)
wordy = st.lists(
    st.sampled_from(
        [b"a", b"B", b"b", b"cc", b" ", b"\n", b"\t ", b"longer-than-eight", b"\xc3\xa9", b"\x00"]
    ),
    max_size=80,
).map(b"".join)


def problem(**changed: Any) -> AnyProblem:
    return dedup.load(dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | SMALL | changed))


def crawl_in_memory(documents: int, words: int, seed: int) -> tuple[Array, Array, Array]:
    """Return a synthetic crawl in memory: its text, offsets and truth."""
    text = io.BytesIO()
    offsets, truth = make_crawl(documents, words, seed, text.write)
    return np.frombuffer(text.getvalue(), np.uint8), offsets, truth


def texts(given: Crawl) -> list[bytes]:
    text = part_of(given.text, 0, int(given.offsets[-1]))
    return [text[begin:end].tobytes() for begin, end in pairwise(given.offsets)]


def crawled(pages: list[str], **changed: Any) -> Crawl:
    raw = [page.encode() for page in pages]
    text, offsets = np.frombuffer(b"".join(raw), np.uint8), np.cumsum([0, *map(len, raw)])
    settings = dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | SMALL | changed)
    given: Crawl = dedup.make_problem(
        text, offsets, truth_of(np.arange(len(pages))), settings
    ).input
    return given


def shingled(page: bytes) -> set[tuple[bytes, ...]]:
    words = page.lower().split()
    return {tuple(words[at : at + 5]) for at in range(max(1, len(words) - 4))}


def similarity(one: set[tuple[bytes, ...]], other: set[tuple[bytes, ...]]) -> float:
    return len(one & other) / len(one | other)


@dataclass(frozen=True)
class Planted:
    """A crawl's pages as sets of shingles, and the cluster that each belongs to."""

    text: Array
    offsets: Array
    pages: tuple[set[tuple[bytes, ...]], ...]
    truth: Array


def packed(texts: list[bytes]) -> tuple[Array, Array]:
    """Return texts as one array, and where each begins and the last ends."""
    return np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)])


def written(text: bytes, width: int) -> list[bytes]:
    """Return a text's shingles as anybody would write them down.

    Words stand between blanks, and each character alone where a script has no blanks between words.
    """
    apart = "".join(map(_apart, text.lower().decode("utf-8", "surrogateescape")))
    words = [
        word.encode("utf-8", "surrogateescape") for word in re.split("[ \t-\r]+", apart) if word
    ]
    return [
        b" ".join(words[start : start + width]) for start in range(max(1, len(words) - width + 1))
    ]


def _apart(character: str) -> str:
    """Return a character, between blanks if it stands alone; an ideographic space is a blank."""
    if character == "\u3000":
        return " "
    return f" {character} " if any(a <= ord(character) <= b for a, b in ALONE) else character


def pairs(*which: tuple[int, int]) -> Array:
    return np.array([later << 32 | earlier for earlier, later in which], np.uint64)
