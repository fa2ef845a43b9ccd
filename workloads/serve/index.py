"""An index of unit vectors in inverted lists: how it is made, shared out, and searched.

The lists that a query looks into are those with the nearest centres (Sivic and Zisserman, ICCV'03;
Jégou et al., TPAMI'11). A list is searched for one query at a time: so the bits of a score depend
on nothing but the two, whichever worker holds the list. Imports NumPy and ``workloads.embed``.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from workloads.embed.onnx_file import Array

NEAREST = 10
ROUNDS = 8  # of k-means; more change no recall
NOBODY = np.iinfo(np.int32).max
NO_HIT = np.array((-np.inf, NOBODY), [("score", np.float32), ("passage", np.int32)])


class Index(NamedTuple):
    """Vectors (n, width) list by list, the passage of each (n,), and the bounds (lists + 1,).

    ``centres`` (lists, width) have length 1.
    """

    vectors: Array
    passages: Array
    bounds: Array
    centres: Array


class Shard(NamedTuple):
    """Some lists by number: the vectors (rows, width) of each, and their passages (rows,)."""

    vectors: dict[int, Array]
    passages: dict[int, Array]


class Queries(NamedTuple):
    """The vectors (queries, width) of a micro-batch, and the lists (queries, probes) to probe."""

    vectors: Array
    probes: Array


def make_index(vectors: Array, lists: int, seed: int) -> Index:
    """Return the index of unit vectors (n, width), by spherical k-means from a seeded start."""
    start = np.random.default_rng([seed, 2]).choice(len(vectors), lists, replace=False)
    centres = vectors[np.sort(start)]
    for _ in range(ROUNDS):
        nearest = np.argmax(vectors @ centres.T, axis=1)
        sums = np.zeros_like(centres, np.float64)
        np.add.at(sums, nearest, vectors)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.maximum(lengths, 1e-12), centres)
        centres = centres.astype(np.float32)
    nearest = np.argmax(vectors @ centres.T, axis=1)
    order = np.argsort(nearest, kind="stable")
    bounds = np.searchsorted(nearest[order], np.arange(lists + 1))
    return Index(vectors[order], order.astype(np.int32), bounds, centres)


def share_out(index: Index, workers: int) -> list[list[int]]:
    """Return the numbers of the lists that each worker holds: about equally many vectors."""
    shares: list[list[int]] = [[] for _ in range(workers)]
    held = [0] * workers
    sizes = np.diff(index.bounds)
    for number in np.argsort(-sizes, kind="stable").tolist():
        fewest = held.index(min(held))
        shares[fewest].append(number)
        held[fewest] += int(sizes[number])
    return shares


def cut_shard(index: Index, numbers: Sequence[int]) -> Shard:
    """Return some lists of an index."""
    runs = {number: slice(*index.bounds[number : number + 2]) for number in numbers}
    return Shard(
        {number: index.vectors[run] for number, run in runs.items()},
        {number: index.passages[run] for number, run in runs.items()},
    )


def choose_lists(centres: Array, vector: Array, probes: int) -> Array:
    """Return the numbers (probes,) of the lists with the nearest centres, the nearest first."""
    return np.argsort(-(centres @ vector), kind="stable")[:probes]


def search(shard: Shard, queries: Queries) -> Array:
    """Return a shard's ten best hits (queries, 10) for each query; fewer end with ``NOBODY``."""
    hits = np.full((len(queries.vectors), NEAREST), NO_HIT)
    for row, vector, probes in zip(hits, queries.vectors, queries.probes.tolist(), strict=True):
        here = [number for number in probes if number in shard.vectors]
        if not here:
            continue
        scores = np.concatenate([shard.vectors[number] @ vector for number in here])
        passages = np.concatenate([shard.passages[number] for number in here])
        best = _best(scores, passages)
        row["score"][: len(best)] = scores[best]
        row["passage"][: len(best)] = passages[best]
    return hits


def _best(scores: Array, passages: Array) -> Array:
    """Return the places of the ten best, of two with one score the earlier passage first."""
    if len(scores) > NEAREST:
        tenth = np.partition(scores, -NEAREST)[-NEAREST]
        (near,) = np.nonzero(scores >= tenth)
        return near[np.lexsort((passages[near], -scores[near]))[:NEAREST]]
    return np.lexsort((passages, -scores))[:NEAREST]


def merge(parts: Sequence[Array]) -> Array:
    """Return the passages (queries, 10) of the best hits of all shards, the best first."""
    if len(parts) == 1:
        return parts[0]["passage"]
    hits = np.concatenate(parts, axis=1)
    order = np.lexsort((hits["passage"], -hits["score"]), axis=1)[:, :NEAREST]
    return np.take_along_axis(hits["passage"], order, axis=1)


def nearest_passages(vectors: Array, queries: Array) -> Array:
    """Return the ten nearest of all vectors for each of the queries (queries, 10): exact search."""
    found = np.empty((len(queries), NEAREST), np.int32)
    for row, query in zip(found, queries, strict=True):
        row[:] = _best(vectors @ query, np.arange(len(vectors), dtype=np.int32))
    return found
