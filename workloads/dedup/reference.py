"""What ``dedup``'s baseline is compared with: MinHash's inner loop alone, and a textbook program.

Imports the standard library, ``harness.workload``, NumPy and its neighbours.
"""

import hashlib
import re
import time
from collections import defaultdict
from itertools import combinations
from statistics import median

import numpy as np

from harness.workload import Reporter
from workloads.dedup.kernel import ALONE, LANES, minima, scratch, shingles
from workloads.dedup.machine import Array, compiled
from workloads.dedup.recipe import Crawl, Recipe
from workloads.dedup.text import part_of

MOST_DOCUMENTS = 2000
ALONE_SET = "".join(f"{chr(first)}-{chr(last)}" for first, last in ALONE)
BLANK = " \t-\r\u3000"
WORDS = re.compile(f"(?![{BLANK}])[{ALONE_SET}]|[^{BLANK}{ALONE_SET}]+")


def signatures_per_second(crawl: Crawl, seconds: float) -> float:
    """Return the documents per second if only the minima over their shingles are taken.

    This is the median over at least ``seconds``.
    """
    few = min(MOST_DOCUMENTS, len(crawl.offsets) - 1)
    text = part_of(crawl.text, 0, int(crawl.offsets[few]))
    counts = shingle_counts(text, crawl.offsets, few, crawl.recipe.shingle)
    random = np.random.default_rng(1)
    values = random.integers(0, 1 << 32, int(counts.max()) + LANES, dtype=np.uint32)
    into = np.empty(len(crawl.factors), np.uint32)
    took: list[float] = []
    all_minima(counts, values, crawl.factors, crawl.terms, into)
    while sum(took) < seconds:
        began = time.perf_counter()
        all_minima(counts, values, crawl.factors, crawl.terms, into)
        took.append(time.perf_counter() - began)
    return few / median(took)


@compiled
def shingle_counts(text: Array, offsets: Array, documents: int, width: int) -> Array:
    """Return the number of shingles in each of the first documents."""
    low, gaps, bounds, hashes, found = scratch(offsets, 0, documents)
    counts = np.empty(documents, np.int64)
    for document in range(documents):
        raw = text[offsets[document] : offsets[document + 1]]
        counts[document] = shingles(raw, width, low, gaps, bounds, hashes, found)
    return counts


@compiled
def all_minima(counts: Array, values: Array, factors: Array, terms: Array, into: Array) -> None:
    """Take the minima of every document, over as many values as it has shingles."""
    for count in counts:
        minima(values[: (count + LANES - 1) // LANES * LANES], factors, terms, into)


def find_clusters(
    texts: list[bytes], recipe: Recipe, factors: Array, terms: Array, report: Reporter
) -> Array:
    """Return each document's cluster, found in textbook Python.

    There is a set of strings for each document and a dictionary entry for each bucket.
    """
    sets: list[set[bytes]] = []
    buckets = defaultdict[tuple[int, bytes], list[int]](list)
    for document, text in enumerate(texts):
        sets.append(shingle_set(text, recipe.shingle))
        minhash = signature(sets[-1], factors, terms)
        for band, rows in enumerate(np.split(minhash, recipe.bands)):
            buckets[band, rows.tobytes()].append(document)
        report(document + 1)
    clusters = list(range(len(texts)))
    for bucket in buckets.values():
        for one, other in combinations(bucket, 2):
            if clusters[one] == clusters[other]:
                continue
            if is_similar(sets[one], sets[other], recipe.threshold):
                first, second = sorted((clusters[one], clusters[other]))
                clusters = [first if cluster == second else cluster for cluster in clusters]
    return np.array(clusters, np.uint32)


def shingle_set(text: bytes, width: int) -> set[bytes]:
    """Return every ``width`` consecutive words of a text; a shorter text is one shingle."""
    words = words_of(text.lower())
    starts = range(max(1, len(words) - width + 1))
    return {b" ".join(words[start : start + width]) for start in starts}


def words_of(text: bytes) -> list[bytes]:
    """Return the words of a text, and every character alone where none has blanks around it."""
    if text.isascii():
        return text.split()
    return [word.encode() for word in WORDS.findall(text.decode("utf-8", "replace"))]


def signature(shingles: set[bytes], factors: Array, terms: Array) -> Array:
    """Return the MinHash signature of strings, by one large table of all permutations."""
    digests = [hashlib.sha1(shingle).digest() for shingle in sorted(shingles)]
    hashes = np.array([int.from_bytes(digest[:4], "little") for digest in digests], np.uint64)
    products = factors.astype(np.uint64)[:, None] * hashes
    table = (products + terms.astype(np.uint64)[:, None]) % (1 << 32)
    minhash: Array = table.min(axis=1)
    return minhash


def is_similar(one: set[bytes], other: set[bytes], threshold: float) -> bool:
    """Return whether the Jaccard similarity of two sets reaches the threshold."""
    return len(one & other) >= threshold * len(one | other)
