"""The held-out queries of ``embed``: sentences, each cut out of the passage that it must find.

Imports ``harness.workload``, NumPy and ``onnx_file``.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.workload import BadRequest
from workloads.embed.onnx_file import Array

NEAREST = 10
FEWEST_PASSAGES = 64
QUERY_WORDS = 6
REMAINING_WORDS = 12
QUERIES_AT_A_TIME = 64
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？｡])\s*")
# Han, kana, Thai, Lao, Tibetan, Burmese and Khmer have no blanks between words, of which most have
# two letters or so.
_UNSPACED = (
    r"\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff"
)
WORD = re.compile(rf"[{_UNSPACED}]{{1,2}}|[^\s{_UNSPACED}]+")


class Queries(NamedTuple):
    """The unit vectors (queries, width) of queries, and the places (queries,) of their passages."""

    vectors: Array
    sources: Array


class Split(NamedTuple):
    """The passages without the queries, the queries, and the place of each one's passage."""

    passages: list[str]
    queries: list[str]
    sources: list[int]


def cut_passage(passage: str) -> tuple[str, str] | None:
    """Return the first sentence of six words or more, and the twelve or more words after it.

    A passage of one sentence is cut in the middle (None: it is too short to be cut). Two letters
    are a word where a script has no blanks between words.
    """
    for end in SENTENCE_END.finditer(passage):
        first, rest = passage[: end.start()], passage[end.end() :]
        if len(WORD.findall(first)) >= QUERY_WORDS:
            return (first, rest) if len(WORD.findall(rest)) >= REMAINING_WORDS else None
    starts = [word.start() for word in WORD.finditer(passage)]
    if len(starts) < QUERY_WORDS + REMAINING_WORDS:
        return None
    half = starts[max(QUERY_WORDS, min(len(starts) // 2, len(starts) - REMAINING_WORDS))]
    return passage[:half].rstrip(), passage[half:]


def require_queries(passages: Sequence[str], queries: int) -> None:
    """Raise ``ValueError`` for fewer than 64 passages, of which any vectors would find ten.

    Raises ``BadRequest`` if fewer than ``queries`` are long enough to be cut. It takes less time
    than to cut them.
    """
    if len(passages) < FEWEST_PASSAGES:
        raise ValueError(
            f"the corpus has {len(passages):,} different passages, of at least {FEWEST_PASSAGES}"
        )
    most = sum(cut_passage(passage) is not None for passage in passages)
    if most < queries:
        raise _too_few(queries, most, passages)


def _too_few(queries: int, most: int, passages: Sequence[str]) -> BadRequest:
    words = QUERY_WORDS + REMAINING_WORDS
    return BadRequest(
        f"queries={queries} are more than the {most:,} that can be cut out of "
        f"{len(passages):,} passages",
        f"cut no more, --set queries={most}, or give more passages"
        if most
        else f"give passages of {words} words or more that begin with different sentences",
    )


def cut_queries(passages: Sequence[str], queries: int, seed: int) -> Split:
    """Cut ``queries`` queries out of passages drawn by the seed; none remains in any passage.

    Raises ``BadRequest`` where fewer can be found.
    """
    remaining = list(passages)
    everything = "\n".join(passages)
    known = set(passages)
    asked: list[str] = []
    sources: list[int] = []
    for place in np.random.default_rng([seed, 1]).permutation(len(passages)).tolist():
        if len(asked) == queries:
            break
        pieces = cut_passage(passages[place])
        if pieces is None or pieces[1] in known or everything.count(pieces[0]) > 1:
            continue
        remaining[place] = pieces[1]
        known.add(pieces[1])
        asked.append(pieces[0])
        sources.append(place)
    if len(asked) < queries:
        raise _too_few(queries, len(asked), passages)
    return Split(remaining, asked, sources)


def hits(vectors: Array, queries: Queries) -> Array:
    """Return for each query whether its own passage is among the ten nearest, by exact search.

    The nearest passages have the largest inner products; ``vectors`` (passages, width) and those
    of the queries have length 1. A tie counts against a query, and so does a NaN.
    """
    found = np.zeros(len(queries.sources))
    for begin in range(0, len(queries.sources), QUERIES_AT_A_TIME):
        sources = queries.sources[begin : begin + QUERIES_AT_A_TIME]
        near = queries.vectors[begin : begin + QUERIES_AT_A_TIME] @ vectors.T
        own = near[np.arange(len(sources)), sources]
        ranks = np.sum(~(near < own[:, None]), axis=1)  # counts the passage itself
        found[begin : begin + len(sources)] = ranks <= NEAREST
    return found
