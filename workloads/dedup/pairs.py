"""The compiled numerics of ``dedup`` from band keys to clusters: candidates, Jaccard, components.

A pair is one number: the later document in the upper half, the earlier one in the lower half.
Imports NumPy and ``machine``.
"""

from typing import Any

import numpy as np

from workloads.dedup.machine import ALL, HALF, ONE, Array, compiled


@compiled
def predecessors(keys: Array) -> Array:
    """Return, for keys (bands, documents), which document comes before each one in its bucket.

    0: none does; else its index + 1.
    """
    bands, documents = keys.shape
    size = 2
    while size < 2 * documents:
        size *= 2
    mask = np.uint64(size - 1)
    table = np.empty(size, np.uint64)
    before = np.empty((bands, documents), np.uint32)
    for band in range(bands):
        table[:] = 0  # a slot holds a key and, in the lower half, its last document plus one
        for document in range(documents):
            key = np.uint64(keys[band, document])
            slot = key & mask
            while table[slot] != 0 and table[slot] >> HALF != key:
                slot = (slot + ONE) & mask
            before[band, document] = np.uint32(table[slot])
            table[slot] = (key << HALF) | np.uint64(document + 1)
    return before


@compiled
def insert(candidate: Any, ascending: Array, length: int) -> int:
    """Insert a candidate into the first ``length`` values unless it is there; return their number.

    The values are ``ascending`` before and after.
    """
    place = length
    while place > 0 and ascending[place - 1] > candidate:
        place -= 1
    if place > 0 and ascending[place - 1] == candidate:
        return length
    for later in range(length, place, -1):
        ascending[later] = ascending[later - 1]
    ascending[place] = candidate
    return length + 1


@compiled
def distinct_pairs(before: Array) -> Array:
    """Return the result of ``predecessors`` as distinct ascending pairs."""
    bands, documents = before.shape
    earlier = np.empty(bands, np.int64)
    pairs = np.empty(max(1, documents // 4), np.uint64)
    count = 0
    for document in range(documents):
        length = 0
        for band in range(bands):
            if before[band, document] != 0:
                length = insert(np.int64(before[band, document]) - 1, earlier, length)
        if count + length > len(pairs):
            pairs = np.concatenate((pairs, np.empty(len(pairs) + length, np.uint64)))
        for place in range(length):
            pairs[count + place] = (np.uint64(document) << HALF) | np.uint64(earlier[place])
        count += length
    return pairs[:count].copy()


@compiled
def merge(pairs: Array, starts: Array) -> Array:
    """Return the distinct pairs of ascending runs, ascending.

    The runs follow one on the other: ``starts`` are where each begins and the last one ends.
    """
    heads = starts[:-1].copy()
    merged = np.empty_like(pairs)
    count = 0
    while True:
        least = ALL  # no pair: a document is not earlier than itself
        for run in range(len(heads)):
            if heads[run] < starts[run + 1]:
                least = min(least, pairs[heads[run]])
        if least == ALL:
            return merged[:count].copy()
        for run in range(len(heads)):
            heads[run] += heads[run] < starts[run + 1] and pairs[heads[run]] == least
        merged[count] = least
        count += 1


@compiled
def by_component(clusters: Array, pairs: Array) -> tuple[Array, Array]:
    """Return the pairs of one component after the other, and where each begins and the last ends.

    ``clusters`` are the result of ``components``. Within one the pairs keep their order.
    """
    ends = np.zeros(len(clusters) + 1, np.int64)
    for pair in pairs:
        ends[np.int64(clusters[pair >> HALF]) + 1] += 1
    begins = [0]
    for cluster in range(len(clusters)):
        if ends[cluster + 1] > 0:
            begins.append(begins[-1] + ends[cluster + 1])
        ends[cluster + 1] += ends[cluster]
    ordered = np.empty_like(pairs)
    for pair in pairs:
        cluster = clusters[pair >> HALF]
        ordered[ends[cluster]] = pair
        ends[cluster] += 1
    return ordered, np.array(begins)


@compiled
def components(documents: int, pairs: Array) -> Array:
    """Return the first document of each document's connected component (documents,)."""
    parent = np.arange(documents)
    for pair in pairs:
        one, other = np.int64(pair >> HALF), np.int64(pair & (ALL >> HALF))
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        while parent[other] != other:
            parent[other] = parent[parent[other]]
            other = parent[other]
        parent[max(one, other)] = min(one, other)
    for document in range(documents):  # a parent is never the later one: it is complete already
        parent[document] = parent[parent[document]]
    return parent.astype(np.uint32)


@compiled
def longest_each(clusters: Array, offsets: Array) -> Array:
    """Return the longest document of each cluster, the first of equals, ascending."""
    best = np.full(len(clusters), -1, np.int64)
    for document in range(len(clusters)):
        cluster = clusters[document]
        rival = best[cluster]
        size = offsets[document + 1] - offsets[document]
        if rival < 0 or size > offsets[rival + 1] - offsets[rival]:
            best[cluster] = document
    return np.sort(best[best >= 0])
