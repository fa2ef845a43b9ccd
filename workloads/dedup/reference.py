"""What ``dedup``'s baseline is held against: the inner loop of MinHash alone, and the same work written in a hurry.

Imports the standard library, NumPy and the numerics of ``_dedup_kernel``.
"""

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import combinations
from statistics import median

import numpy as np

from workloads.dedup.kernel import LANES, Array, compiled, minima, scratch, shingles

FEW = 2000


def signatures_per_second(
    text: Array, offsets: Array, width: int, factors: Array, terms: Array, seconds: float
) -> float:
    """Return how many documents' signatures a second the minima over their shingles allow, if nothing else is done; the median."""
    few = min(FEW, len(offsets) - 1)
    counts = shingle_counts(text, offsets, few, width)
    values = np.random.default_rng(1).integers(
        0, 1 << 32, int(counts.max()) + LANES, dtype=np.uint32
    )
    into, took = np.empty(len(factors), np.uint32), list[float]()
    all_minima(counts, values, factors, terms, into)
    while sum(took) < seconds:
        began = time.perf_counter()
        all_minima(counts, values, factors, terms, into)
        took.append(time.perf_counter() - began)
    return few / median(took)


@compiled
def shingle_counts(text: Array, offsets: Array, documents: int, width: int) -> Array:
    """Return how many shingles each of the first documents has."""
    low, gaps, bounds, hashes, found = scratch(offsets, 0, documents)
    counts = np.empty(documents, np.int64)
    for document in range(documents):
        counts[document] = shingles(
            text[offsets[document] : offsets[document + 1]], width, low, gaps, bounds, hashes, found
        )
    return counts


@compiled
def all_minima(counts: Array, values: Array, factors: Array, terms: Array, into: Array) -> None:
    """Take the minima over as many values as each document has shingles."""
    for count in counts:
        minima(values[: (count + LANES - 1) // LANES * LANES], factors, terms, into)


def hurried(
    texts: list[bytes],
    width: int,
    bands: int,
    threshold: float,
    factors: Array,
    terms: Array,
    done: Callable[[int], None],
) -> Array:
    """Return each document's cluster, found in textbook Python: a set of strings for each document, a dictionary for each band."""
    sets, buckets = list[set[bytes]](), defaultdict[tuple[int, bytes], list[int]](list)
    for document, text in enumerate(texts):
        words = text.lower().split()
        sets.append(
            {
                b" ".join(words[start : start + width])
                for start in range(max(1, len(words) - width + 1))
            }
        )
        signature = hurried_signature(sets[-1], factors, terms)
        for band, rows in enumerate(np.split(signature, bands)):
            buckets[band, rows.tobytes()].append(document)
        done(document + 1)
    clusters = list(range(len(texts)))
    for bucket in buckets.values():
        for one, other in combinations(bucket, 2):
            if clusters[one] != clusters[other] and alike(sets[one], sets[other], threshold):
                joined, gone = sorted((clusters[one], clusters[other]))
                clusters = [joined if cluster == gone else cluster for cluster in clusters]
    return np.array(clusters, np.uint32)


def hurried_signature(shingles: set[bytes], factors: Array, terms: Array) -> Array:
    """Return the MinHash signature of strings, in one large table of all permutations."""
    hashed = np.array(
        [
            int.from_bytes(hashlib.sha1(shingle).digest()[:4], "little")
            for shingle in sorted(shingles)
        ],
        np.uint64,
    )
    table = (factors.astype(np.uint64)[:, None] * hashed + terms.astype(np.uint64)[:, None]) % (
        1 << 32
    )
    signature: Array = table.min(axis=1)
    return signature


def alike(one: set[bytes], other: set[bytes], threshold: float) -> bool:
    """Return whether two sets have at least that Jaccard similarity."""
    return len(one & other) >= threshold * len(one | other)
