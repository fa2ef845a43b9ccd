"""The steps of ``dedup``, from documents to shards; both sides take the same ones.

Shingles, signatures and bands follow Broder (1997) and Leskovec, Rajaraman and Ullman, *Mining of
Massive Datasets*, chapter 3. Band keys are shuffled by band; documents that share a bucket are
candidates; each distinct pair of them is verified by its exact Jaccard similarity; one document
of each connected component is kept. Imports NumPy and this package.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from workloads.dedup.cache import part_of, reading
from workloads.dedup.kernel import Array, band_keys
from workloads.dedup.pairs import (
    components,
    distinct_pairs,
    longest_each,
    predecessors,
    verify_pairs,
)
from workloads.dedup.recipe import Crawl
from workloads.dedup.shards import Shard, remove_beyond, shard_name, split_by_size, write_shard

Block = tuple[int, int]
Pack = tuple[int, Array]

BANDS_TOGETHER = 3


class Bundle(NamedTuple):
    """The candidates, a run for each group of bands, of the later documents from begin to end."""

    begin: int
    end: int
    runs: tuple[Array, ...]


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
    offsets = crawl.offsets[begin : end + 1]
    keys = band_keys(
        part_of(crawl.text, int(offsets[0]), int(offsets[-1])),
        offsets - offsets[0],
        crawl.recipe.shingle,
        crawl.factors,
        crawl.terms,
        crawl.recipe.bands,
    )
    return [
        keys[band : band + BANDS_TOGETHER] for band in range(0, crawl.recipe.bands, BANDS_TOGETHER)
    ]


def gather(_: int, pieces: Sequence[Array], __: Crawl) -> Array:
    """Return the candidates that a group of bands finds, distinct and ascending.

    A document is paired only with the one before it in each of its buckets. However full a bucket
    is, it costs as many comparisons as it has documents, and equal documents stay connected.
    """
    return distinct_pairs(predecessors(np.concatenate(pieces, axis=1)))


def bundles(candidates: Sequence[Array], pairs: int, documents: int) -> list[Bundle]:
    """Cut the candidates of all groups of bands into bundles of about ``pairs`` pairs.

    A bundle holds what all groups have found for the same documents.
    """
    later = (max(candidates, key=len) >> np.uint64(32)).astype(np.int64)
    cuts = later[::pairs][1:]
    numbers = cuts.astype(np.uint64) << np.uint64(32)
    places = [[0, *np.searchsorted(run, numbers).tolist(), len(run)] for run in candidates]
    bounds = [0, *cuts.tolist(), documents]
    return [
        Bundle(
            begin,
            end,
            tuple(run[at[n] : at[n + 1]] for run, at in zip(candidates, places, strict=True)),
        )
        for n, (begin, end) in enumerate(pairwise(bounds))
    ]


def count_scattered(block: Block) -> int:
    """Return half of a block's documents: the other half counts when candidates are verified."""
    begin, end = block
    return end // 2 - begin // 2


def count_verified(bundle: Bundle) -> int:
    """Return the other half of the documents whose candidates a bundle holds."""
    return bundle.end - bundle.begin - count_scattered((bundle.begin, bundle.end))


def verify(bundle: Bundle, crawl: Crawl) -> Array:
    """Return the pairs of a bundle whose similarity reaches the threshold.

    The later documents lie close together and are read at once, the earlier ones one by one.
    """
    starts = np.cumsum([0, *map(len, bundle.runs)])
    pairs = np.concatenate(bundle.runs)
    if not len(pairs):
        return pairs
    recipe, offsets = crawl.recipe, crawl.offsets
    later = pairs >> np.uint64(32)
    begin, end = int(offsets[int(later.min())]), int(offsets[int(later.max()) + 1])
    with reading(crawl.text, begin, end) as source:
        return verify_pairs(source, offsets, recipe.shingle, recipe.threshold, pairs, starts)


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
    first, last = documents[0], documents[-1]
    offsets = crawl.offsets[first : last + 2]
    return write_shard(
        documents - first,
        part_of(crawl.text, int(offsets[0]), int(offsets[-1])),
        offsets - offsets[0],
        crawl.recipe.shards,
        shard_name(number),
    )


def finish(crawl: Crawl, clusters: Array, kept: Array, shards: Sequence[Shard]) -> Cleaned:
    """Remove the surplus shards of an earlier run, and return the answer."""
    remove_beyond(crawl.recipe.shards, len(shards))
    return Cleaned(clusters, kept, tuple(shards))
