"""The held-out queries of ``embed``: first sentences, each cut out of the passage that it is to find again.

Imports NumPy.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from workloads.embed.model import Array

NEAREST = 10
WORDS_CUT, WORDS_LEFT = 6, 12
AT_A_TIME = 64
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


class Queries(NamedTuple):
    """Unit vectors (queries, width) of what was cut out, and the place (queries,) of the passage that each came from."""

    vectors: Array
    sources: Array


class Split(NamedTuple):
    """The passages without what was cut out of them; what was cut out; and out of which passage."""

    passages: list[str]
    queries: list[str]
    sources: list[int]


def cut(passage: str) -> tuple[str, str] | None:
    """Return the first sentence that has six words, and what follows it, twelve words at least.

    A passage of one sentence is cut in the middle; None: it is too short for that.
    """
    words = len(passage.split())
    for end in SENTENCE_END.finditer(passage):
        first, rest = passage[: end.start()], passage[end.end() :]
        if len(first.split()) >= WORDS_CUT:
            return (first, rest) if len(rest.split()) >= WORDS_LEFT else None
    if words < WORDS_CUT + WORDS_LEFT:
        return None
    half = max(WORDS_CUT, min(words // 2, words - WORDS_LEFT))
    return " ".join(passage.split()[:half]), " ".join(passage.split()[half:])


def split(passages: Sequence[str], queries: int, seed: int) -> Split:
    """Cut so many queries out of passages drawn by the seed; none is left standing anywhere in what remains.

    Raises ``ValueError`` where fewer can be found.
    """
    remaining, everything, known = list(passages), "\n".join(passages), set(passages)
    asked, sources = list[str](), list[int]()
    for place in np.random.default_rng([seed, 1]).permutation(len(passages)).tolist():
        if len(asked) == queries:
            break
        pieces = cut(passages[place])
        if pieces is None or pieces[1] in known or everything.count(pieces[0]) > 1:
            continue
        remaining[place] = pieces[1]
        known.add(pieces[1])
        asked.append(pieces[0])
        sources.append(place)
    if len(asked) < queries:
        raise ValueError(
            f"queries={queries} are more than the {len(asked):,} that can be cut out of {len(passages):,} passages"
        )
    return Split(remaining, asked, sources)


def recall(vectors: Array, queries: Queries) -> float:
    """Return the share of queries whose own passage is among the ten nearest of all, by exact search.

    A tie counts against a query, and so does what is no number.
    Nearest is what has the largest inner product; ``vectors`` (passages, width) and those of the queries have length 1.
    """
    found = 0
    for begin in range(0, len(queries.sources), AT_A_TIME):
        sources = queries.sources[begin : begin + AT_A_TIME]
        near = queries.vectors[begin : begin + AT_A_TIME] @ vectors.T
        own = near[np.arange(len(sources)), sources]
        found += int(
            np.sum(np.sum(~(near < own[:, None]), axis=1) <= NEAREST)
        )  # the passage itself is one of them
    return found / len(queries.sources)
