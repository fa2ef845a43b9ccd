"""The compiled numerics of ``dedup`` from band keys to clusters: candidates, Jaccard, components.

A pair is one number: the later document in the upper half, the earlier one in the lower half.
Imports NumPy and ``kernel``.
"""

from typing import Any

import numpy as np

from workloads.dedup.kernel import (
    ALL,
    HALF,
    ONE,
    Array,
    Source,
    buffers,
    compiled,
    eight_bytes,
    fetch,
    shingles,
)


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
def fill(table: Array, hashes: Array, count: int) -> int:
    """Put hashes into an empty table; return how many distinct ones there are.

    The size of a table is a power of two; 0 is a free slot.
    """
    mask = np.uint64(len(table) - 1)
    distinct = 0
    for place in range(count):
        value = hashes[place] | ONE  # none is zero
        slot = (value >> np.uint64(20)) & mask
        while table[slot] != 0 and table[slot] != value:
            slot = (slot + ONE) & mask
        distinct += table[slot] == 0
        table[slot] = value
    return distinct


@compiled
def overlap(hashes: Array, count: int, own: Array, other: Array) -> tuple[int, int]:
    """Return how many distinct hashes there are, and how many of them the table ``other`` holds.

    ``own`` is an empty table for them.
    """
    mask = np.uint64(len(own) - 1)
    other_mask = np.uint64(len(other) - 1)
    distinct = shared = 0
    for place in range(count):
        value = hashes[place] | ONE
        slot = (value >> np.uint64(20)) & mask
        while own[slot] != 0 and own[slot] != value:
            slot = (slot + ONE) & mask
        if own[slot] == 0:
            own[slot] = value
            slot = (value >> np.uint64(20)) & other_mask
            while other[slot] != 0 and other[slot] != value:
                slot = (slot + ONE) & other_mask
            distinct += 1
            shared += other[slot] != 0
    return distinct, shared


@compiled
def table_size(count: int) -> int:
    """Return the size of a table that ``count`` hashes leave at least half empty."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@compiled
def empty_table(memory: Array, count: int) -> Array:
    """Return an empty table for ``count`` hashes at the beginning of ``memory``."""
    table = memory[: table_size(count)]
    table[:] = 0
    return table


@compiled
def equal(one: Array, other: Array) -> bool:
    """Return whether two texts have equal bytes."""
    if len(one) != len(other):
        return False
    at = 0
    while at + 8 <= len(one) and eight_bytes(one, at) == eight_bytes(other, at):
        at += 8
    while at < len(one) and one[at] == other[at]:
        at += 1
    return at == len(one)


@compiled
def longest_of(pairs: Array, offsets: Array) -> int:
    """Return the size of the longest document in any of the pairs."""
    longest = 0
    for pair in pairs:
        for document in (pair >> HALF, pair & (ALL >> HALF)):
            longest = max(longest, offsets[document + ONE] - offsets[document])
    return longest


@compiled
def candidates(pairs: Array, heads: Array, ends: Array, earlier: Array) -> tuple[Any, Any]:
    """Take the next later document from several sorted runs; write its distinct ``earlier`` ones.

    Return (document, how many); the document is -1 where all runs have ended. ``heads`` advance.
    """
    later = np.int64(-1)
    length = 0
    for run in range(len(heads)):
        if heads[run] < ends[run]:
            document = np.int64(pairs[heads[run]] >> HALF)
            later = document if later < 0 else min(later, document)
    for run in range(len(heads)):
        while heads[run] < ends[run] and np.int64(pairs[heads[run]] >> HALF) == later:
            length = insert(np.int64(pairs[heads[run]] & (ALL >> HALF)), earlier, length)
            heads[run] += 1
    return later, length


@compiled
def verify_pairs(
    source: Source, offsets: Array, width: int, threshold: float, pairs: Array, starts: Array
) -> Array:
    """Return the pairs whose Jaccard similarity reaches the threshold, each distinct one once.

    ``pairs`` are sorted runs one after the other, which begin at ``starts``; the last element of
    ``starts`` is where the last run ends.
    """
    longest = longest_of(pairs, offsets)
    texts = np.empty((2, longest), np.uint8)
    low, gaps, bounds, hashes, found = buffers(longest)
    tables = np.empty((2, table_size(len(found))), np.uint64)
    heads = starts[:-1].copy()
    candidates_of_later = np.empty(len(pairs), np.int64)
    edges_found = np.empty(len(pairs), np.uint64)
    count = 0
    while True:
        later, length = candidates(pairs, heads, starts[1:], candidates_of_later)
        if later < 0:
            return edges_found[:count].copy()
        own, distinct = tables[0, :0], 0
        raw = fetch(source, offsets[later], offsets[later + 1], texts[0])
        for earlier in candidates_of_later[:length]:
            against = fetch(source, offsets[earlier], offsets[earlier + 1], texts[1])
            similar = equal(raw, against)
            if not similar:
                if distinct == 0:
                    own_count = shingles(raw, width, low, gaps, bounds, hashes, found)
                    own = empty_table(tables[0], own_count)
                    distinct = fill(own, found, own_count)
                other_count = shingles(against, width, low, gaps, bounds, hashes, found)
                other = empty_table(tables[1], other_count)
                others, shared = overlap(found, other_count, other, own)
                similar = shared >= threshold * (distinct + others - shared)
            if similar:
                edges_found[count] = (np.uint64(later) << HALF) | np.uint64(earlier)
                count += 1


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
