"""The labels of ``dedup`` and its F1: planted clusters, or exact duplicates of a sample.

All of it is computed outside the clocks. Imports NumPy, ``kernel`` and ``machine``.
"""

from typing import NamedTuple

import numpy as np

from workloads.dedup.kernel import scratch, shingles
from workloads.dedup.machine import ALL, HALF, ONE, Array, compiled

NONE = np.empty(0, np.int64)


class Truth(NamedTuple):
    """The true cluster of every document; if there are none, the true duplicates of a sample.

    ``pairs`` (n, 2) are places in the sample and documents of the whole crawl.
    """

    clusters: Array
    sample: Array
    pairs: Array

    @property
    def documents(self) -> int:
        """Return the number of documents whose truth is known."""
        return len(self.clusters) or len(self.sample)

    @property
    def has_pairs(self) -> bool:
        """Return whether any two documents belong together: else there is nothing to score."""
        return bool(len(self.pairs)) or len(np.unique(self.clusters)) < len(self.clusters)


def truth_of(clusters: Array) -> Truth:
    """Return the truth about documents whose clusters are known."""
    return Truth(clusters=clusters, sample=NONE, pairs=NONE.reshape(0, 2))


def pair_f1(clusters: Array, truth: Truth) -> float:
    """Return the harmonic mean of precision and recall over pairs in one cluster.

    It is 0 where there are no such pairs, neither true nor claimed: nothing was shown.
    """
    count = _count_all if len(truth.clusters) else _count_sample
    right, claimed, true = count(clusters, truth)
    return 2 * right / (claimed + true) if claimed + true else 0.0


def _count_all(clusters: Array, truth: Truth) -> tuple[int, int, int]:
    """Count the pairs of all documents that are right, claimed, and true."""
    _, number = np.unique(truth.clusters, return_inverse=True)
    both = clusters.astype(np.int64) * len(clusters) + number
    return _count_pairs(both), _count_pairs(clusters), _count_pairs(number)


def _count_pairs(labels: Array) -> int:
    _, counts = np.unique(labels, return_counts=True)
    return int((counts * (counts - 1) // 2).sum())


def _count_sample(clusters: Array, truth: Truth) -> tuple[int, int, int]:
    """Count the pairs with a document of the sample that are right, claimed, and true."""
    own = clusters[truth.sample]
    right = int((own[truth.pairs[:, 0]] == clusters[truth.pairs[:, 1]]).sum())
    _, place, counts = np.unique(clusters, return_inverse=True, return_counts=True)
    return right, int((counts[place[truth.sample]] - 1).sum()), len(truth.pairs)


def sample_truth(
    text: Array, offsets: Array, width: int, threshold: float, size: int, seed: int
) -> Truth:
    """Return the exact duplicates, in the whole crawl, of a seeded sample of documents."""
    documents = len(offsets) - 1
    random = np.random.default_rng([seed, 3])
    sample = np.sort(random.choice(documents, min(size, documents), replace=False))
    index = make_index(text, offsets, width, sample)
    places, others = similar_pairs(text, offsets, width, threshold, index)
    different = sample[places] != others
    pairs = np.stack([places[different], others[different]], axis=1)
    return Truth(clusters=NONE, sample=sample, pairs=pairs)


class Index(NamedTuple):
    """The distinct shingles of a sample: ascending ``hashes`` and their places in the sample.

    ``table`` finds a hash: each slot holds its first position in ``hashes`` plus one, 0 where the
    slot is free. ``counts`` has the number of shingles of each place.
    """

    hashes: Array
    owners: Array
    counts: Array
    table: Array


def make_index(text: Array, offsets: Array, width: int, sample: Array) -> Index:
    """Return the index of the sample's shingles."""
    hashes, owners, counts = postings(text, offsets, width, sample)
    order = np.argsort(hashes, kind="stable")
    hashes = hashes[order]
    return Index(hashes=hashes, owners=owners[order], counts=counts, table=make_table(hashes))


@compiled
def distinct(hashes: Array, count: int) -> Array:
    """Return the distinct hashes of a document, ascending, with the lowest bit set."""
    ordered = np.sort(hashes[:count] | ONE)
    kept = 1
    for place in range(1, count):
        if ordered[place] != ordered[place - 1]:
            ordered[kept] = ordered[place]
            kept += 1
    return ordered[:kept]


@compiled
def postings(text: Array, offsets: Array, width: int, sample: Array) -> tuple[Array, Array, Array]:
    """Return the sample's distinct shingles, their places in the sample, and counts by place."""
    low, gaps, bounds, words, found = scratch(offsets, 0, len(offsets) - 1)
    counts = np.zeros(len(sample), np.int64)
    hashes = np.empty(1024, np.uint64)
    owners = np.empty(1024, np.int64)
    filled = 0
    for place, document in enumerate(sample):
        raw = text[offsets[document] : offsets[document + 1]]
        own = distinct(found, shingles(raw, width, low, gaps, bounds, words, found))
        while filled + len(own) > len(hashes):
            hashes = np.concatenate((hashes, hashes))
            owners = np.concatenate((owners, owners))
        hashes[filled : filled + len(own)] = own
        owners[filled : filled + len(own)] = place
        counts[place] = len(own)
        filled += len(own)
    return hashes[:filled], owners[:filled], counts


@compiled
def make_table(hashes: Array) -> Array:
    """Return the table of ``Index`` for ascending hashes."""
    size = 16
    while size < 2 * len(hashes):
        size *= 2
    table = np.zeros(size, np.int64)
    mask = np.uint64(size - 1)
    for place in range(len(hashes)):
        if place == 0 or hashes[place] != hashes[place - 1]:
            slot = (hashes[place] >> np.uint64(20)) & mask
            while table[slot] != 0:
                slot = (slot + ONE) & mask
            table[slot] = place + 1
    return table


@compiled
def count_shared(own: Array, index: Index, shared: Array) -> None:
    """Write how many of a document's distinct hashes each place of the sample has too."""
    mask = np.uint64(len(index.table) - 1)
    shared[:] = 0
    for value in own:
        slot = (value >> np.uint64(20)) & mask
        while index.table[slot] != 0 and index.hashes[index.table[slot] - 1] != value:
            slot = (slot + ONE) & mask
        place = index.table[slot] - 1
        while 0 <= place < len(index.hashes) and index.hashes[place] == value:
            shared[index.owners[place]] += 1
            place += 1


@compiled
def similar_pairs(
    text: Array, offsets: Array, width: int, threshold: float, index: Index
) -> tuple[Array, Array]:
    """Return (places in the sample, documents) of all pairs that reach the threshold."""
    low, gaps, bounds, words, found = scratch(offsets, 0, len(offsets) - 1)
    shared = np.zeros(len(index.counts), np.int64)
    pairs = np.empty(1024, np.uint64)
    filled = 0
    for document in range(len(offsets) - 1):
        raw = text[offsets[document] : offsets[document + 1]]
        own = distinct(found, shingles(raw, width, low, gaps, bounds, words, found))
        count_shared(own, index, shared)
        for place in range(len(shared)):
            either = index.counts[place] + len(own) - shared[place]
            if shared[place] >= threshold * either:
                if filled == len(pairs):
                    pairs = np.concatenate((pairs, pairs))
                pairs[filled] = (np.uint64(place) << HALF) | np.uint64(document)
                filled += 1
    places = (pairs[:filled] >> HALF).astype(np.int64)
    return places, (pairs[:filled] & (ALL >> HALF)).astype(np.int64)
