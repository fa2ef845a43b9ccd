"""Near-duplicate removal over a crawl, as a MapReduce with MinHash and locality-sensitive hashing.

Shingles, signatures and bands (Broder 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3): band keys are shuffled
by band, documents that share a bucket are candidates, each distinct pair of them is verified by its exact Jaccard similarity, and of each
connected component one document is kept. All of it is integers, so the clusters are the same on any number of workers.
Imports ``harness.workload``, its own ``_dedup_*`` modules and NumPy.
"""

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.workload import Limit, Parameters, Pool, Problem, Reporter, Workload
from workloads.dedup.crawl import crawl as synthetic
from workloads.dedup.files import check_input, read
from workloads.dedup.kernel import Array, band_keys
from workloads.dedup.labels import Truth, pair_f1, planted, sampled
from workloads.dedup.pairs import components, distinct_pairs, longest_each, predecessors, verified
from workloads.dedup.reference import hurried, signatures_per_second
from workloads.dedup.shards import Shard, remove_beyond, shard_name, shares, write_shard

Block = tuple[int, int]

WARMUP_BYTES, WARMUP_SHARE = 8 << 20, 128
BANDS_TOGETHER = 12
PAIRS_AT_A_TIME = 12288
BLOCKS = (1 << 20, 4 << 20, 64 << 20)
MOST = {
    "documents": 50_000_000,
    "words": 100_000,
    "permutations": 1 << 16,
    "bands": 1 << 12,
    "shingle": 1000,
    "sample": 100_000,
}
MOST_BYTES = 1 << 30
MOST_WORDS = 1_000_000_000  # of about seven bytes: as much text as is read from files


class Recipe(NamedTuple):
    """How near-duplicates are found, and how much is done at a time: ``block`` and ``shard`` bytes of text, and ``pairs``.

    Shingles are of ``shingle`` words. Empty ``shards``: what is written is removed again.
    """

    shingle: int
    bands: int
    threshold: float
    block: int
    pairs: int
    shard: int
    shards: str


class Crawl(NamedTuple):
    """What both sides are given: all documents' UTF-8, where each begins and the last ends (documents + 1,), the permutations, the recipe.

    A permutation of 32-bit hashes is ``factor * hash + term`` modulo 2^32, with an odd factor.
    """

    text: Array
    offsets: Array
    factors: Array
    terms: Array
    recipe: Recipe


class Cleaned(NamedTuple):
    """Each document's cluster, by the first document in it, the documents that are kept, and the shards they were written to."""

    clusters: Array
    kept: Array
    shards: tuple[Shard, ...]


def check(params: Parameters) -> None:
    """Raise ``ValueError`` with one sentence for parameters that make no sense."""
    for name, most in MOST.items():
        if not 1 <= int(params[name]) <= most:
            raise ValueError(f"{name}={params[name]} is not between 1 and {most:,}")
    for name in ("block", "shard"):
        if not 1 <= int(params[name]) <= MOST_BYTES:
            raise ValueError(f"{name}={params[name]} is not between 1 and {MOST_BYTES:,} bytes")
    if int(params["seed"]) < 0:
        raise ValueError(f"seed={params['seed']} is below 0")
    if not 0 < float(params["threshold"]) <= 1:
        raise ValueError(f"threshold={params['threshold']} is not above 0 and at most 1")
    if int(params["permutations"]) % (4 * int(params["bands"])):
        raise ValueError(
            f"permutations={params['permutations']} is not a multiple of four times bands={params['bands']}"
        )
    if not params["input"] and int(params["documents"]) * int(params["words"]) > MOST_WORDS:
        raise ValueError(
            f"documents={params['documents']} of words={params['words']} are more than {MOST_WORDS:,} words"
        )
    _check_shards(str(params["shards"]))
    check_input(str(params["input"]))


def _check_shards(given: str) -> None:
    """Raise ``ValueError`` unless shards can be written to what is given; an empty one is no folder, and none stays."""
    try:
        folder = Path(given).expanduser()
        writable = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"shards={given!r} is no path: {error}") from error
    if given and not writable:
        raise ValueError(f"shards={given} is no folder that can be written to")


def load(params: Parameters) -> Problem:
    """Make the crawl, or read the one that ``input`` names; raise ``ValueError`` as ``check`` does, and for what cannot be read."""
    check(params)
    if params["input"]:
        text, offsets = read(str(params["input"]))
        recipe = _recipe(params)
        truth = sampled(
            text,
            offsets,
            recipe.shingle,
            recipe.threshold,
            int(params["sample"]),
            int(params["seed"]),
        )
        return pose(text, offsets, truth, params)
    text, offsets, clusters = synthetic(
        int(params["documents"]), int(params["words"]), int(params["seed"])
    )
    return pose(text, offsets, planted(clusters), params)


def pose(text: Array, offsets: Array, truth: Truth, params: Parameters) -> Problem:
    """Make the problem of documents and what is known of their clusters."""
    random, count = np.random.default_rng([int(params["seed"]), 2]), int(params["permutations"])
    factors, terms = random.integers(0, 1 << 32, (2, count), dtype=np.uint32)
    crawl = Crawl(text, offsets, factors | np.uint32(1), terms, _recipe(params))
    documents = len(offsets) - 1
    few = max(1, int(np.searchsorted(offsets, WARMUP_BYTES, side="right")) - 1)
    warmup = crawl._replace(
        text=text[: offsets[few]], offsets=offsets[: few + 1], recipe=_in_morsels(crawl.recipe)
    )
    return Problem(
        input=crawl,
        held_out=truth,
        items=documents,
        warmup=warmup,
        held_out_items=truth.documents,
        warmup_items=few,
    )


def _in_morsels(recipe: Recipe) -> Recipe:
    """Return the recipe for a small crawl, in steps so small that every worker gets some of each."""
    block, pairs, shard = (
        max(1, size // WARMUP_SHARE) for size in (recipe.block, recipe.pairs, recipe.shard)
    )
    return recipe._replace(block=block, pairs=pairs, shard=shard, shards="")


def _recipe(params: Parameters) -> Recipe:
    return Recipe(
        shingle=int(params["shingle"]),
        bands=int(params["bands"]),
        threshold=float(params["threshold"]),
        block=int(params["block"]),
        pairs=PAIRS_AT_A_TIME,
        shard=int(params["shard"]),
        shards=str(Path(str(params["shards"])).expanduser()) if params["shards"] else "",
    )


def blocks(crawl: Crawl) -> list[Block]:
    """Return runs (begin, end) of documents of about as many bytes each, whoever takes them."""
    return shares(np.diff(crawl.offsets), crawl.recipe.block)


def groups(bands: int) -> int:
    """Return how many partitions the bands are shuffled to."""
    return -(-bands // BANDS_TOGETHER)


def scatter(block: Block, crawl: Crawl) -> list[Array]:
    """Return a block's keys (bands, documents) in groups of bands."""
    keys = band_keys(
        crawl.text,
        crawl.offsets,
        *block,
        crawl.recipe.shingle,
        crawl.factors,
        crawl.terms,
        crawl.recipe.bands,
    )
    return [
        keys[band : band + BANDS_TOGETHER] for band in range(0, crawl.recipe.bands, BANDS_TOGETHER)
    ]


def gather(_: int, pieces: Sequence[Array], __: Crawl) -> Array:
    """Return the candidates that a group of bands finds, distinct and in rising order.

    A document is paired with the one before it in each of its buckets and with no other: however hot a bucket is, it costs as many
    comparisons as it has documents, and documents that are all alike are still connected.
    """
    return distinct_pairs(predecessors(np.concatenate(pieces, axis=1)))


def bundles(found: Sequence[Array], pairs: int) -> list[tuple[Array, ...]]:
    """Return what all groups of bands found of the same documents, in bundles of about that many pairs."""
    later = max(found, key=len) >> np.uint64(32)
    cuts = later[::pairs][1:].astype(np.uint64) << np.uint64(32)
    places = [[0, *np.searchsorted(run, cuts).tolist(), len(run)] for run in found]
    return [
        tuple(run[at[n] : at[n + 1]] for run, at in zip(found, places, strict=True))
        for n in range(len(cuts) + 1)
    ]


def verify(bundle: Sequence[Array], crawl: Crawl) -> Array:
    """Return a bundle's pairs that are as similar as the threshold asks."""
    starts = np.cumsum([0, *map(len, bundle)])
    return verified(
        crawl.text,
        crawl.offsets,
        crawl.recipe.shingle,
        crawl.recipe.threshold,
        np.concatenate(bundle),
        starts,
    )


def conclude(crawl: Crawl, edges: Sequence[Array]) -> tuple[Array, Array]:
    """Return each document's cluster and the documents to keep: the longest of each, the first of equals."""
    clusters = components(len(crawl.offsets) - 1, np.concatenate(edges))
    return clusters, longest_each(clusters, crawl.offsets)


def packs(crawl: Crawl, kept: Array) -> list[tuple[int, Array]]:
    """Return the kept documents by shards, each with its number."""
    runs = shares(crawl.offsets[kept + 1] - crawl.offsets[kept], crawl.recipe.shard)
    return [(number, kept[slice(*run)]) for number, run in enumerate(runs)]


def write(pack: tuple[int, Array], crawl: Crawl) -> Shard:
    """Write a shard."""
    number, documents = pack
    return write_shard(
        documents, crawl.text, crawl.offsets, crawl.recipe.shards, shard_name(number)
    )


def finished(crawl: Crawl, clusters: Array, kept: Array, shards: Sequence[Shard]) -> Cleaned:
    """Return the answer, once no shard of an earlier run is left among its own."""
    remove_beyond(crawl.recipe.shards, len(shards))
    return Cleaned(clusters, kept, tuple(shards))


def baseline(crawl: Crawl, report: Reporter) -> Cleaned:
    """Clean the crawl in this process alone, in the same steps, with nothing to hand over."""
    dealt = []
    for begin, end in blocks(crawl):
        dealt.append(scatter((begin, end), crawl))
        report(end)
    found = [
        gather(group, [keys[group] for keys in dealt], crawl)
        for group in range(groups(crawl.recipe.bands))
    ]
    clusters, kept = conclude(
        crawl, [verify(bundle, crawl) for bundle in bundles(found, crawl.recipe.pairs)]
    )
    return finished(crawl, clusters, kept, [write(pack, crawl) for pack in packs(crawl, kept)])


def distributed(crawl: Crawl, pool: Pool, report: Reporter) -> Cleaned:
    """Clean the crawl on the pool: keys go from worker to worker by band, pairs and shards are dealt out as they come."""
    shared = pool.share(crawl)
    parts = pool.shuffle(
        scatter,
        blocks(crawl),
        gather,
        groups(crawl.recipe.bands),
        shared,
        items=_documents,
        report=report,
    )
    edges = pool.map(
        verify, bundles([part.value for part in parts], crawl.recipe.pairs), shared, items=_none
    )
    clusters, kept = conclude(crawl, [part.value for part in edges])
    written = pool.map(write, packs(crawl, kept), shared, items=_none)
    return finished(crawl, clusters, kept, [part.value for part in written])


def _documents(block: Block) -> int:
    return block[1] - block[0]


def _none(_: Any) -> int:
    return 0


def quality(answer: Cleaned, held_out: Truth) -> float:
    """Return the F1 of the pairs of documents that are in one cluster, against the pairs that belong there."""
    return pair_f1(answer.clusters, held_out)


def naive(crawl: Crawl, report: Reporter) -> Cleaned:
    """Do the baseline's work in textbook code; it comes to the same clusters wherever candidates are all found."""
    texts = [crawl.text[begin:end].tobytes() for begin, end in pairwise(crawl.offsets)]
    recipe = crawl.recipe
    clusters = hurried(
        texts, recipe.shingle, recipe.bands, recipe.threshold, crawl.factors, crawl.terms, report
    )
    kept = longest_each(clusters, crawl.offsets)
    return finished(crawl, clusters, kept, [write(pack, crawl) for pack in packs(crawl, kept)])


def limit(crawl: Crawl, seconds: float) -> float:
    """Return the documents per second of a run that takes the minima of signatures and does nothing else."""
    return signatures_per_second(
        crawl.text, crawl.offsets, crawl.recipe.shingle, crawl.factors, crawl.terms, seconds
    )


WORKLOAD = Workload(
    name="dedup",
    axis="data",
    unit="documents",
    bottleneck="600,000 pages a night are cleaned too late for the morning's training run",
    partition="blocks of 16 MB of text, then groups of twelve bands, then runs of candidate pairs, then shards",
    communication="text once to each machine; four bytes a document and band, by band; pairs by way of the driver",
    consistency="MapReduce: each step waits for the one before; integers alone, so the same clusters at any p",
    neighbour="not the training axis: nothing is learned, and no document waits for another before the shuffle",
    limitation="1,536 permutations are more than this F1 needs: 128 take a quarter of the time, at lower efficiency",
    metric="pair F1",
    tolerance=0.0,
    params={
        "documents": 600_000,
        "words": 200,
        "permutations": 1536,
        "bands": 96,
        "shingle": 5,
        "threshold": 0.8,
        "seed": 1,
        "input": "",
        "sample": 500,
        "shards": "",
        "block": 16 << 20,
        "shard": 16 << 20,
    },
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    check=check,
    tuned=("block", BLOCKS),
    naive=naive,
    limit=Limit("minima of signatures", limit),
)
