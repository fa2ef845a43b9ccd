"""The steps of ``dedup``, from documents to shards; both sides take the same ones.

Shingles, signatures and bands follow Broder (1997) and Leskovec, Rajaraman and Ullman, *Mining of
Massive Datasets*, chapter 3. Band keys are shuffled by band; documents that share a bucket are
candidates; each distinct pair of them is verified by its exact Jaccard similarity; one document
of each connected component is kept. Imports NumPy and this package.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from workloads.dedup.kernel import band_keys
from workloads.dedup.machine import Array
from workloads.dedup.pairs import (
    by_component,
    components,
    distinct_pairs,
    longest_each,
    merge,
    predecessors,
)
from workloads.dedup.recipe import Crawl
from workloads.dedup.shards import (
    Shard,
    json_lines,
    json_records,
    remove_beyond,
    shard_name,
    split_by_size,
    write_shard,
)
from workloads.dedup.text import ReadText, befores_of, part_of, reading
from workloads.dedup.verification import verify_pairs

Block = tuple[int, int]
Pack = tuple[int, Array]

BANDS_TOGETHER = 3
PART_BYTES = 4 << 20  # of text that a process holds at a time


class Bundle(NamedTuple):
    """Candidate pairs, component by component, and where each begins and the last one ends.

    ``documents`` count as done once the pairs are verified.
    """

    pairs: Array
    starts: Array
    documents: int


class Cleaned(NamedTuple):
    """The answer: each document's cluster, the documents that are kept, and their shards.

    A cluster is named by the first document in it.
    """

    clusters: Array
    kept: Array
    shards: tuple[Shard, ...]


def blocks(crawl: Crawl) -> list[Block]:
    """Return runs (begin, end) of documents of about equal bytes."""
    return split_by_size(np.diff(crawl.offsets), crawl.recipe.block)


def band_groups(bands: int) -> int:
    """Return the number of partitions that the bands are shuffled to."""
    return -(-bands // BANDS_TOGETHER)


def scatter(block: Block, crawl: Crawl) -> list[Array]:
    """Return a block's keys (bands, documents), one piece for each group of bands."""
    begin, end = block
    parts = split_by_size(np.diff(crawl.offsets[begin : end + 1]), PART_BYTES)
    keys = np.concatenate(
        [_keys(crawl, begin + first, begin + stop) for first, stop in parts], axis=1
    )
    return [
        keys[band : band + BANDS_TOGETHER] for band in range(0, crawl.recipe.bands, BANDS_TOGETHER)
    ]


def _keys(crawl: Crawl, begin: int, end: int) -> Array:
    offsets = crawl.offsets[begin : end + 1]
    keys: Array = band_keys(
        part_of(crawl.text, int(offsets[0]), int(offsets[-1])),
        offsets - offsets[0],
        crawl.recipe.shingle,
        crawl.factors,
        crawl.terms,
        crawl.recipe.bands,
    )
    return keys


def gather(_: int, pieces: Sequence[Array], __: Crawl) -> Array:
    """Return the candidates that a group of bands finds, distinct and ascending.

    A document is paired only with the one before it in each of its buckets. However full a bucket
    is, it costs as many comparisons as it has documents, and equal documents stay connected.
    """
    return distinct_pairs(predecessors(np.concatenate(pieces, axis=1)))


def bundles(candidates: Sequence[Array], pairs: int, documents: int) -> list[Bundle]:
    """Cut the distinct candidates of all groups of bands into bundles of about ``pairs`` pairs.

    A connected component of candidates is in one bundle, unless it is larger than a bundle. Half of
    all documents count, in proportion to the pairs.
    """
    distinct = merge(np.concatenate(candidates), np.cumsum([0, *map(len, candidates)]))
    ordered, starts = by_component(components(documents, distinct), distinct)
    cuts = [0]
    while cuts[-1] < len(ordered) or len(cuts) == 1:
        most = cuts[-1] + pairs
        start = int(starts[np.searchsorted(starts, most, side="right") - 1])
        cuts.append(start if start > cuts[-1] else min(most, len(ordered)))
    half = documents - documents // 2
    counts = np.diff([half * cut // max(1, len(ordered)) for cut in cuts[:-1]] + [half])
    return [
        Bundle(ordered[begin:end], _starts_between(starts, begin, end), int(count))
        for (begin, end), count in zip(pairwise(cuts), counts, strict=True)
    ]


def _starts_between(starts: Array, begin: int, end: int) -> Array:
    """Return where components begin, counted from ``begin``: there, up to ``end``, and the end."""
    first, stop = np.searchsorted(starts, (begin + 1, end))
    inner: Array = np.concatenate(([begin], starts[first:stop], [end])) - begin
    return inner


def count_scattered(block: Block) -> int:
    """Return half of a block's documents: the other half counts as candidates are verified."""
    begin, end = block
    return end // 2 - begin // 2


def count_verified(bundle: Bundle) -> int:
    """Return how many documents count as done once a bundle is verified."""
    return bundle.documents


def verify(bundle: Bundle, crawl: Crawl) -> Array:
    """Return the similar pairs of a bundle, as many as connect all that similar pairs connect."""
    recipe = crawl.recipe
    with reading(crawl.text) as source:
        return verify_pairs(
            source, crawl.offsets, recipe.shingle, recipe.threshold, bundle.pairs, bundle.starts
        )


def cluster(crawl: Crawl, edges: Sequence[Array]) -> tuple[Array, Array]:
    """Return each document's cluster, and the longest document of each, the first of equals."""
    clusters = components(len(crawl.offsets) - 1, np.concatenate(edges))
    return clusters, longest_each(clusters, crawl.offsets)


def packs(crawl: Crawl, kept: Array) -> list[Pack]:
    """Return the kept documents of each shard, with its number."""
    runs = split_by_size(crawl.offsets[kept + 1] - crawl.offsets[kept], crawl.recipe.shard)
    return [(number, kept[slice(*run)]) for number, run in enumerate(runs)]


def write(pack: Pack, crawl: Crawl) -> Shard:
    """Write a shard."""
    number, documents = pack
    lines = _lines(documents, crawl)
    return write_shard(lines, len(documents), crawl.recipe.shards, shard_name(number))


def _lines(documents: Array, crawl: Crawl) -> Iterator[Array]:
    """Yield documents as JSON lines, a part at a time."""
    sizes = crawl.offsets[documents + 1] - crawl.offsets[documents]
    for run in split_by_size(sizes, PART_BYTES):
        some = documents[slice(*run)]
        offsets = crawl.offsets[some[0] : some[-1] + 2]
        text = part_of(crawl.text, int(offsets[0]), int(offsets[-1]))
        if isinstance(crawl.text, ReadText):
            befores, starts = befores_of(crawl.text, int(some[0]), int(some[-1]) + 1)
            yield json_records(text, offsets - offsets[0], befores, starts, some - some[0])
        else:
            yield json_lines(text, offsets - offsets[0], some - some[0])


def finish(crawl: Crawl, clusters: Array, kept: Array, shards: Sequence[Shard]) -> Cleaned:
    """Remove the surplus shards of an earlier run, and return the answer."""
    remove_beyond(crawl.recipe.shards, len(shards))
    return Cleaned(clusters, kept, tuple(shards))
