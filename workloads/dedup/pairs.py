"""The numerics of ``dedup`` from the keys of bands to clusters, compiled: candidates, exact Jaccard similarity, components.

Imports NumPy and the numerics of ``_dedup_kernel``. A pair is one number, the later document above the earlier one.
"""

from typing import Any

import numpy as np

from workloads.dedup.kernel import ALL, HALF, ONE, Array, buffers, compiled, eight_bytes, shingles


@compiled
def predecessors(keys: Array) -> Array:
    """Return, for keys (bands, documents), the document before each one in its bucket plus one, 0 where it is the first."""
    bands, documents = keys.shape
    size = 2
    while size < 2 * documents:
        size *= 2
    mask, table, before = (
        np.uint64(size - 1),
        np.empty(size, np.uint64),
        np.empty((bands, documents), np.uint32),
    )
    for band in range(bands):
        table[:] = 0  # a slot holds a key above the last document that had it, plus one
        for document in range(documents):
            key = np.uint64(keys[band, document])
            slot = key & mask
            while table[slot] != 0 and table[slot] >> HALF != key:
                slot = (slot + ONE) & mask
            before[band, document] = np.uint32(table[slot])
            table[slot] = (key << HALF) | np.uint64(document + 1)
    return before


@compiled
def _noted(candidate: Any, found: Array, known: int) -> int:
    """Add a candidate to the few that are known in rising order, unless it is among them; return how many are known then."""
    place = known
    while place > 0 and found[place - 1] > candidate:
        place -= 1
    if place > 0 and found[place - 1] == candidate:
        return known
    for later in range(known, place, -1):
        found[later] = found[later - 1]
    found[place] = candidate
    return known + 1


@compiled
def distinct_pairs(before: Array) -> Array:
    """Return what ``predecessors`` found as distinct pairs (later document << 32 | earlier document), in rising order."""
    bands, documents = before.shape
    few, pairs, count = np.empty(bands, np.int64), np.empty(max(1, documents // 4), np.uint64), 0
    for document in range(documents):
        known = 0
        for band in range(bands):
            if before[band, document] != 0:
                known = _noted(np.int64(before[band, document]) - 1, few, known)
        if count + known > len(pairs):
            pairs = np.concatenate((pairs, np.empty(len(pairs) + known, np.uint64)))
        for place in range(known):
            pairs[count + place] = (np.uint64(document) << HALF) | np.uint64(few[place])
        count += known
    return pairs[:count].copy()


@compiled
def fill(table: Array, hashes: Array, count: int) -> int:
    """Put hashes into an empty table, its size a power of two and zero a free slot; return how many distinct ones there are."""
    mask, distinct = np.uint64(len(table) - 1), 0
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
    """Return how many distinct hashes there are and how many of them the table ``other`` holds; ``own`` is an empty table for them."""
    mask, other_mask = np.uint64(len(own) - 1), np.uint64(len(other) - 1)
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
            distinct, shared = distinct + 1, shared + (other[slot] != 0)
    return distinct, shared


@compiled
def room(count: int) -> int:
    """Return the size of a table that so many hashes leave half empty."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@compiled
def same(one: Array, other: Array) -> bool:
    """Return whether two texts are the same bytes."""
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
    """Return the bytes of the longest document in any of the pairs."""
    longest = 0
    for pair in pairs:
        for document in (pair >> HALF, pair & (ALL >> HALF)):
            longest = max(longest, offsets[document + ONE] - offsets[document])
    return longest


@compiled
def candidates(pairs: Array, heads: Array, ends: Array, into: Array) -> tuple[Any, Any]:
    """Take the next later document from several sorted runs of pairs, and write its distinct earlier ones.

    Return (document, how many); the document is -1 where all runs are at their ends. ``heads`` move on.
    """
    later, known = np.int64(-1), 0
    for run in range(len(heads)):
        if heads[run] < ends[run]:
            document = np.int64(pairs[heads[run]] >> HALF)
            later = document if later < 0 else min(later, document)
    for run in range(len(heads)):
        while heads[run] < ends[run] and np.int64(pairs[heads[run]] >> HALF) == later:
            known = _noted(np.int64(pairs[heads[run]] & (ALL >> HALF)), into, known)
            heads[run] += 1
    return later, known


@compiled
def verified(
    text: Array, offsets: Array, width: int, threshold: float, pairs: Array, starts: Array
) -> Array:
    """Return the pairs whose Jaccard similarity is at least the threshold, each distinct one looked at once.

    ``pairs`` are sorted runs one after the other, which begin at ``starts``; its last element is where the last run ends.
    """
    low, gaps, bounds, hashes, found = buffers(longest_of(pairs, offsets))
    tables = np.empty((2, room(len(found))), np.uint64)
    heads, few, edges_found, count = (
        starts[:-1].copy(),
        np.empty(len(pairs), np.int64),
        np.empty(len(pairs), np.uint64),
        0,
    )
    while True:
        later, known = candidates(pairs, heads, starts[1:], few)
        if later < 0:
            return edges_found[:count].copy()
        own, distinct = tables[0, :0], 0
        raw = text[offsets[later] : offsets[later + 1]]
        for earlier in few[:known]:
            against = text[offsets[earlier] : offsets[earlier + 1]]
            alike = same(raw, against)
            if not alike:
                if distinct == 0:
                    own_count = shingles(raw, width, low, gaps, bounds, hashes, found)
                    own = tables[0, : room(own_count)]
                    own[:] = 0
                    distinct = fill(own, found, own_count)
                other_count = shingles(against, width, low, gaps, bounds, hashes, found)
                other = tables[1, : room(other_count)]
                other[:] = 0
                others, shared = overlap(found, other_count, other, own)
                alike = shared >= threshold * (distinct + others - shared)
            if alike:
                edges_found[count] = (np.uint64(later) << HALF) | np.uint64(earlier)
                count += 1


@compiled
def components(documents: int, pairs: Array) -> Array:
    """Return the lowest document of each one's connected component (documents,)."""
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
    for document in range(
        documents
    ):  # a parent is never the later one, and is therefore done already
        parent[document] = parent[parent[document]]
    return parent.astype(np.uint32)


@compiled
def longest_each(labels: Array, offsets: Array) -> Array:
    """Return the longest document of each cluster, the first of equals, in rising order."""
    best = np.full(len(labels), -1, np.int64)
    for document in range(len(labels)):
        cluster = labels[document]
        rival = best[cluster]
        if (
            rival < 0
            or offsets[document + 1] - offsets[document] > offsets[rival + 1] - offsets[rival]
        ):
            best[cluster] = document
    return np.sort(best[best >= 0])
