"""The held-out queries of ``embed``: sentences, each cut out of the passage that it must find.

Imports NumPy and ``onnx_file``.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from workloads.embed.onnx_file import Array

NEAREST = 10
QUERY_WORDS = 6
REMAINING_WORDS = 12
QUERIES_AT_A_TIME = 64
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


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

    A passage of one sentence is cut in the middle (None: it is too short to be cut).
    """
    words = len(passage.split())
    for end in SENTENCE_END.finditer(passage):
        first, rest = passage[: end.start()], passage[end.end() :]
        if len(first.split()) >= QUERY_WORDS:
            return (first, rest) if len(rest.split()) >= REMAINING_WORDS else None
    if words < QUERY_WORDS + REMAINING_WORDS:
        return None
    half = max(QUERY_WORDS, min(words // 2, words - REMAINING_WORDS))
    return " ".join(passage.split()[:half]), " ".join(passage.split()[half:])


def cut_queries(passages: Sequence[str], queries: int, seed: int) -> Split:
    """Cut ``queries`` queries out of passages drawn by the seed; none remains in any passage.

    Raises ``ValueError`` where fewer can be found.
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
        raise ValueError(
            f"queries={queries} are more than the {len(asked):,} that can be cut out of "
            f"{len(passages):,} passages"
        )
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
