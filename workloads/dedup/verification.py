"""The compiled verification of ``dedup``: which candidate pairs are similar, by exact Jaccard.

Candidates come by connected component. A pair whose documents are connected by similar pairs
already changes no component and is not compared. Within a component every document is read and
shingled once, and one with the bytes of another not at all. Imports NumPy, ``kernel``
and ``machine``.
"""

from typing import Any, NamedTuple

import numpy as np

from workloads.dedup.kernel import buffers, shingles
from workloads.dedup.machine import ALL, HALF, ONE, Array, Source, compiled, eight_bytes, fetch

MOST_DOCUMENTS = 128  # of a component that are remembered at a time
TEXT_BYTES = 1 << 19
HASHES = 1 << 17


class Memory(NamedTuple):
    """What is known of the documents of a component: by place (``MOST_DOCUMENTS``,), and in bulk.

    ``documents`` are their numbers; ``parents`` lead to one place for all that are connected;
    ``contents`` are the places of the first documents with the same bytes, for which alone the rest
    is known: where in ``texts`` a text begins and ends, and where in ``hashes`` its set begins. A
    set is a table of ``slots`` numbers (0: not made yet) and then a list of its ``distinct``
    members. ``used`` counts places, bytes of ``texts`` and numbers of ``hashes``.
    """

    documents: Array
    parents: Array
    contents: Array
    begins: Array
    ends: Array
    sets: Array
    slots: Array
    distinct: Array
    texts: Array
    hashes: Array
    used: Array


@compiled
def table_size(count: int) -> int:
    """Return the size of a table that ``count`` hashes leave at least half empty."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@compiled
def room_of_set(size: int) -> int:
    """Return how many numbers the set of a document of ``size`` bytes takes at most."""
    most = size // 2 + 1
    return most + table_size(most)


@compiled
def empty_memory(longest: int) -> Memory:
    """Return a memory with room for at least two documents of at most ``longest`` bytes."""
    return Memory(
        np.empty(MOST_DOCUMENTS, np.int64),
        np.empty(MOST_DOCUMENTS, np.int64),
        np.empty(MOST_DOCUMENTS, np.int64),
        np.empty(MOST_DOCUMENTS, np.int64),
        np.empty(MOST_DOCUMENTS, np.int64),
        np.empty(MOST_DOCUMENTS, np.int64),
        np.empty(MOST_DOCUMENTS, np.int64),
        np.empty(MOST_DOCUMENTS, np.int64),
        np.empty(max(TEXT_BYTES, 2 * longest), np.uint8),
        np.empty(max(HASHES, 2 * room_of_set(longest)), np.uint64),
        np.zeros(3, np.int64),
    )


@compiled
def place_of(memory: Memory, document: Any) -> int:
    """Return the place of a document (-1: it has none)."""
    for place in range(memory.used[0] - 1, -1, -1):
        if memory.documents[place] == document:
            return place
    return -1


@compiled
def remember(memory: Memory, source: Source, document: Any, begin: Any, end: Any) -> Any:
    """Read a document's text; return its place."""
    place = memory.used[0]
    memory.used[0] = place + 1
    memory.documents[place] = document
    memory.parents[place] = place
    memory.contents[place] = place
    memory.begins[place] = memory.used[1]
    memory.ends[place] = memory.used[1] + end - begin
    memory.slots[place] = 0
    fetch(source, begin, end, memory.texts[memory.begins[place] :])
    memory.used[1] = memory.ends[place]
    return place


@compiled
def root(parents: Array, place: int) -> int:
    """Return the place that stands for all that are connected with this one."""
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


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
def make_set(memory: Memory, place: int, hashes: Array, count: int) -> None:
    """Keep the distinct ones of a content's ``count`` shingles; 0 is a free slot of the table."""
    begin = memory.used[2]
    slots = table_size(count)
    table = memory.hashes[begin : begin + slots]
    members = memory.hashes[begin + slots : begin + slots + count]
    table[:] = 0
    mask = np.uint64(slots - 1)
    distinct = 0
    for at in range(count):
        value = hashes[at] | ONE  # none is zero
        slot = (value >> np.uint64(20)) & mask
        while table[slot] != 0 and table[slot] != value:
            slot = (slot + ONE) & mask
        if table[slot] == 0:
            table[slot] = value
            members[distinct] = value
            distinct += 1
    memory.sets[place] = begin
    memory.slots[place] = slots
    memory.distinct[place] = distinct
    memory.used[2] = begin + slots + distinct


@compiled
def shared(memory: Memory, one: int, other: int) -> int:
    """Return how many members the sets of two contents have in common."""
    begin = memory.sets[other]
    table = memory.hashes[begin : begin + memory.slots[other]]
    begin = memory.sets[one] + memory.slots[one]
    mask = np.uint64(len(table) - 1)
    count = 0
    for value in memory.hashes[begin : begin + memory.distinct[one]]:
        slot = (value >> np.uint64(20)) & mask
        while table[slot] != 0 and table[slot] != value:
            slot = (slot + ONE) & mask
        count += table[slot] != 0
    return count


@compiled
def are_similar(memory: Memory, one: int, other: int, threshold: float) -> Any:
    """Return whether the Jaccard similarity of two contents reaches the threshold."""
    sizes = memory.distinct[one], memory.distinct[other]
    if min(sizes) < threshold * max(sizes):  # even if one held the other
        return False
    common = shared(memory, one, other)
    return common >= threshold * (sizes[0] + sizes[1] - common)


@compiled
def text_of(memory: Memory, content: int) -> Array:
    """Return the bytes of a content."""
    return memory.texts[memory.begins[content] : memory.ends[content]]


@compiled
def longest_of(pairs: Array, offsets: Array) -> int:
    """Return the size of the longest document in any of the pairs."""
    longest = 0
    for pair in pairs:
        for document in (pair >> HALF, pair & (ALL >> HALF)):
            longest = max(longest, offsets[document + ONE] - offsets[document])
    return longest


@compiled
def places_of(memory: Memory, source: Source, offsets: Array, pair: Any) -> tuple[int, int]:
    """Return the places of a pair's later and earlier document, which are read if they are new."""
    later, earlier = np.int64(pair >> HALF), np.int64(pair & (ALL >> HALF))
    one, other = place_of(memory, later), place_of(memory, earlier)
    if one >= 0 and other >= 0:
        return one, other
    size = offsets[later + 1] - offsets[later] + offsets[earlier + 1] - offsets[earlier]
    if memory.used[0] + 2 > MOST_DOCUMENTS or memory.used[1] + size > len(memory.texts):
        memory.used[:] = 0
        one = other = -1
    if other < 0:
        other = remember(memory, source, earlier, offsets[earlier], offsets[earlier + 1])
    if one < 0:
        one = remember(memory, source, later, offsets[later], offsets[later + 1])
        content = memory.contents[other]
        if equal(text_of(memory, one), text_of(memory, content)):
            memory.contents[one] = content
            memory.used[1] = memory.begins[one]  # the same bytes are kept once
    return one, other


@compiled
def make_sets(
    memory: Memory, contents: tuple[int, int], width: int, shingling: tuple[Array, ...]
) -> None:
    """Make the sets of two contents, where they are not made yet."""
    low, gaps, bounds, hashes, found = shingling
    room = 0
    for content in contents:
        room += room_of_set(len(text_of(memory, content)))
    if memory.used[2] + room > len(memory.hashes):
        memory.slots[:] = 0
        memory.used[2] = 0
    for content in contents:
        if memory.slots[content] == 0:
            raw = text_of(memory, content)
            count = shingles(raw, width, low, gaps, bounds, hashes, found)
            make_set(memory, content, found, count)


@compiled
def verify_pairs(
    source: Source, offsets: Array, width: int, threshold: float, pairs: Array, starts: Array
) -> Array:
    """Return the similar pairs without those that connect nothing anew.

    A pair is similar if its Jaccard similarity reaches the threshold. ``starts`` are where in
    ``pairs`` each component begins and the last one ends.
    """
    longest = longest_of(pairs, offsets)
    memory, shingling = empty_memory(longest), buffers(longest)
    similar_pairs = np.empty(len(pairs), np.uint64)
    count = 0
    for component in range(len(starts) - 1):
        memory.used[:] = 0
        for pair in pairs[starts[component] : starts[component + 1]]:
            one, other = places_of(memory, source, offsets, pair)
            roots = root(memory.parents, one), root(memory.parents, other)
            if roots[0] == roots[1]:
                continue
            contents = memory.contents[one], memory.contents[other]
            similar = contents[0] == contents[1]
            if not similar:
                make_sets(memory, contents, width, shingling)
                similar = are_similar(memory, contents[0], contents[1], threshold)
            if similar:
                memory.parents[roots[0]] = roots[1]
                similar_pairs[count] = pair
                count += 1
    return similar_pairs[:count].copy()
