"""How good ``dedup``'s clusters are: the truth about planted ones, or exact similarities of a sample of real documents.

Imports NumPy and the numerics of ``_dedup_kernel``. All of it is computed outside the clocks.
"""

from typing import NamedTuple

import numpy as np

from workloads.dedup.kernel import ALL, HALF, ONE, Array, compiled, scratch, shingles

NONE = np.empty(0, np.int64)


class Truth(NamedTuple):
    """The true cluster of every document, or else (none) a sample of documents and each one's true duplicates.

    ``pairs`` (n, 2) are places in the sample and documents of the whole crawl.
    """

    clusters: Array
    sample: Array
    pairs: Array

    @property
    def documents(self) -> int:
        """Return how many documents the truth is known of."""
        return len(self.clusters) or len(self.sample)


def planted(clusters: Array) -> Truth:
    """Return the truth about documents whose clusters are known."""
    return Truth(clusters, NONE, NONE.reshape(0, 2))


def pair_f1(found: Array, truth: Truth) -> float:
    """Return the harmonic mean of precision and recall over pairs in one cluster; 1 where there are none and none was found."""
    right, claimed, true = (
        _of_all(found, truth.clusters) if len(truth.clusters) else _of_sample(found, truth)
    )
    return 2 * right / (claimed + true) if claimed + true else 1.0


def _of_all(found: Array, clusters: Array) -> tuple[int, int, int]:
    """Return how many pairs are in one cluster both found and true, found, and true."""
    _, number = np.unique(clusters, return_inverse=True)
    both = found.astype(np.int64) * len(found) + number
    return _pairs(both), _pairs(found), _pairs(number)


def _pairs(labels: Array) -> int:
    _, counts = np.unique(labels, return_counts=True)
    return int((counts * (counts - 1) // 2).sum())


def _of_sample(found: Array, truth: Truth) -> tuple[int, int, int]:
    own = found[truth.sample]
    right = int((own[truth.pairs[:, 0]] == found[truth.pairs[:, 1]]).sum())
    _, place, counts = np.unique(found, return_inverse=True, return_counts=True)
    return right, int((counts[place[truth.sample]] - 1).sum()), len(truth.pairs)


def sampled(
    text: Array, offsets: Array, width: int, threshold: float, size: int, seed: int
) -> Truth:
    """Return the exact truth about a seeded sample of documents: everything in the crawl that is as similar as the threshold asks."""
    documents = len(offsets) - 1
    sample = np.sort(
        np.random.default_rng([seed, 3]).choice(documents, min(size, documents), replace=False)
    )
    hashes, owners, counts = postings(text, offsets, width, sample)
    order = np.argsort(hashes, kind="stable")
    places, others = neighbours(
        text, offsets, width, threshold, hashes[order], owners[order], counts
    )
    apart = sample[places] != others
    return Truth(NONE, sample, np.stack([places[apart], others[apart]], axis=1))


@compiled
def distinct(hashes: Array, count: int) -> Array:
    """Return the distinct hashes of a document in rising order, their lowest bit set as everywhere."""
    ordered = np.sort(hashes[:count] | ONE)
    kept = 1
    for place in range(1, count):
        if ordered[place] != ordered[place - 1]:
            ordered[kept] = ordered[place]
            kept += 1
    return ordered[:kept]


@compiled
def postings(text: Array, offsets: Array, width: int, sample: Array) -> tuple[Array, Array, Array]:
    """Return the sample's distinct shingles, the place in the sample that each is from, and how many each place has."""
    low, gaps, bounds, words, found = scratch(offsets, 0, len(offsets) - 1)
    counts, filled = np.zeros(len(sample), np.int64), 0
    hashes, owners = np.empty(1024, np.uint64), np.empty(1024, np.int64)
    for place, document in enumerate(sample):
        own = distinct(
            found,
            shingles(
                text[offsets[document] : offsets[document + 1]],
                width,
                low,
                gaps,
                bounds,
                words,
                found,
            ),
        )
        while filled + len(own) > len(hashes):
            hashes, owners = np.concatenate((hashes, hashes)), np.concatenate((owners, owners))
        hashes[filled : filled + len(own)] = own
        owners[filled : filled + len(own)] = place
        counts[place] = len(own)
        filled += len(own)
    return hashes[:filled], owners[:filled], counts


@compiled
def starts_of(hashes: Array) -> Array:
    """Return a table of slots that hold a hash's first place in a sorted array plus one, 0 where free."""
    size = 16
    while size < 2 * len(hashes):
        size *= 2
    table, mask = np.zeros(size, np.int64), np.uint64(size - 1)
    for place in range(len(hashes)):
        if place == 0 or hashes[place] != hashes[place - 1]:
            slot = (hashes[place] >> np.uint64(20)) & mask
            while table[slot] != 0:
                slot = (slot + ONE) & mask
            table[slot] = place + 1
    return table


@compiled
def neighbours(
    text: Array,
    offsets: Array,
    width: int,
    threshold: float,
    hashes: Array,
    owners: Array,
    counts: Array,
) -> tuple[Array, Array]:
    """Return (places in the sample, documents) of all pairs as similar as the threshold asks; ``hashes`` are sorted, with their owners."""
    low, gaps, bounds, words, found = scratch(offsets, 0, len(offsets) - 1)
    table, mask, shared = starts_of(hashes), np.uint64(0), np.zeros(len(counts), np.int64)
    mask = np.uint64(len(table) - 1)
    pairs, filled = np.empty(1024, np.uint64), 0
    for document in range(len(offsets) - 1):
        own = distinct(
            found,
            shingles(
                text[offsets[document] : offsets[document + 1]],
                width,
                low,
                gaps,
                bounds,
                words,
                found,
            ),
        )
        shared[:] = 0
        for value in own:
            slot = (value >> np.uint64(20)) & mask
            while table[slot] != 0 and hashes[table[slot] - 1] != value:
                slot = (slot + ONE) & mask
            place = table[slot] - 1
            while 0 <= place < len(hashes) and hashes[place] == value:
                shared[owners[place]] += 1
                place += 1
        for place in range(len(counts)):
            if shared[place] >= threshold * (counts[place] + len(own) - shared[place]):
                if filled == len(pairs):
                    pairs = np.concatenate((pairs, pairs))
                pairs[filled] = (np.uint64(place) << HALF) | np.uint64(document)
                filled += 1
    return (pairs[:filled] >> HALF).astype(np.int64), (pairs[:filled] & (ALL >> HALF)).astype(
        np.int64
    )
