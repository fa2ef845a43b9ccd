"""Near-duplicate removal over a crawl: MapReduce with MinHash and locality-sensitive hashing.

``steps`` has the steps and their sources. All of it is integers, so the clusters are the same on
any number of workers. Imports ``harness.workload``, NumPy and this package.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from harness.workload import (
    Axis,
    BadRequest,
    Ceiling,
    Metric,
    Pool,
    Problem,
    Proof,
    Reporter,
    Slide,
    Workload,
)
from workloads.dedup.cache import load_or_make
from workloads.dedup.files import check_input, read
from workloads.dedup.labels import Truth, pair_f1, sample_truth, truth_of
from workloads.dedup.machine import Array
from workloads.dedup.pairs import longest_each
from workloads.dedup.recipe import Crawl, Recipe, Settings, check_shards
from workloads.dedup.reference import find_clusters, signatures_per_second
from workloads.dedup.steps import (
    Cleaned,
    band_groups,
    blocks,
    bundles,
    cluster,
    count_scattered,
    count_verified,
    finish,
    gather,
    packs,
    scatter,
    verify,
    write,
)
from workloads.dedup.text import Text, first_documents, part_of

WARMUP_BYTES = 8 << 20
WARMUP_STEPS = 32
WARMUP_SHARE = 256
BLOCKS = (4 << 20, 16 << 20, 256 << 20)
FEWER = (
    {"permutations": 32, "bands": 8},
    {"permutations": 40, "bands": 10},
    {"permutations": 48, "bands": 12},
)


def check(settings: Settings) -> None:
    """Raise ``ValueError`` or ``BadRequest`` for a folder or an input that cannot be used."""
    check_shards(settings.shards)
    check_input(settings.input, settings.field)


def load(settings: Settings) -> Problem[Crawl, Truth]:
    """Make the crawl or find it in the cache, or read the one that ``input`` names.

    Raises ``ValueError`` as ``check`` does, for an input that cannot be read, and for a crawl that
    cannot be kept.
    """
    if settings.input:
        text, offsets, reading = read(settings.input, settings.field)
        truth = sample_truth(
            part_of(text, 0, int(offsets[-1])),
            offsets,
            settings.shingle,
            settings.threshold,
            settings.sample,
            settings.seed,
        )
        _require_pairs(truth, "--set sample=N looks for those of more, threshold=T for others")
        return replace(make_problem(text, offsets, truth, settings), reading=reading)
    made = load_or_make((settings.documents, settings.words, settings.seed))
    truth = truth_of(made.truth)
    _require_pairs(truth, "make more: --set documents=N")
    return make_problem(made.text, made.offsets, truth, settings)


def _require_pairs(truth: Truth, hint: str) -> None:
    """Raise ``BadRequest`` if no near-duplicates are known: an F1 of nothing says nothing."""
    if not truth.has_pairs:
        raise BadRequest(
            f"none of the {truth.documents:,} documents whose near-duplicates were looked for has "
            "any, so nothing can be scored",
            hint,
        )


def make_problem(
    text: Text, offsets: Array, truth: Truth, settings: Settings
) -> Problem[Crawl, Truth]:
    """Make the problem of documents and what is known about their clusters."""
    random = np.random.default_rng([settings.seed, 2])
    factors, terms = random.integers(0, 1 << 32, (2, settings.permutations), dtype=np.uint32)
    crawl = Crawl(text, offsets, factors | np.uint32(1), terms, settings.recipe)
    few = max(1, int(np.searchsorted(offsets, WARMUP_BYTES, side="right")) - 1)
    warmup = crawl._replace(
        text=first_documents(text, offsets, few),
        offsets=offsets[: few + 1],
        recipe=_in_small_steps(crawl.recipe, int(offsets[few])),
    )
    return Problem(
        input=crawl,
        held_out=truth,
        items=len(offsets) - 1,
        warmup=warmup,
        held_out_items=truth.documents,
        warmup_items=few,
    )


def _in_small_steps(recipe: Recipe, size: int) -> Recipe:
    """Return the recipe for a small crawl of ``size`` bytes.

    Every worker gets some of the steps, and blocks of any size make as many of them.
    """
    step = max(1, size // WARMUP_STEPS)
    return recipe._replace(
        block=step,
        pairs=max(1, recipe.pairs // WARMUP_SHARE),
        shard=step,
        shards="",
    )


def baseline(crawl: Crawl, report: Reporter) -> Cleaned:
    """Clean the crawl in this process alone, in the same steps, with nothing to exchange."""
    keys, edges, done = [], [], 0
    for block in blocks(crawl):
        keys.append(scatter(block, crawl))
        report(done := done + count_scattered(block))
    candidates = [
        gather(group, [pieces[group] for pieces in keys], crawl)
        for group in range(band_groups(crawl.recipe.bands))
    ]
    for bundle in bundles(candidates, crawl.recipe.pairs, len(crawl.offsets) - 1):
        edges.append(verify(bundle, crawl))
        report(done := done + count_verified(bundle))
    clusters, kept = cluster(crawl, edges)
    return finish(crawl, clusters, kept, [write(pack, crawl) for pack in packs(crawl, kept)])


def distributed(crawl: Crawl, pool: Pool, report: Reporter) -> Cleaned:
    """Clean the crawl on the pool: keys are shuffled by band, then pairs and shards are mapped."""
    shared = pool.share(crawl)
    candidates = pool.shuffle(
        scatter,
        blocks(crawl),
        gather,
        band_groups(crawl.recipe.bands),
        shared,
        items=count_scattered,
        report=report,
    )
    documents = len(crawl.offsets) - 1
    edges = pool.map(
        verify,
        bundles([result.value for result in candidates], crawl.recipe.pairs, documents),
        shared,
        items=count_verified,
        report=lambda done: report(documents // 2 + done),
    )
    clusters, kept = cluster(crawl, [result.value for result in edges])
    shards = pool.map(write, packs(crawl, kept), shared, items=_count_nothing)
    return finish(crawl, clusters, kept, [result.value for result in shards])


def _count_nothing(_: object) -> int:
    """Count no documents: all are counted before they are written."""
    return 0


def quality(answer: Cleaned, held_out: Truth) -> float:
    """Return the F1 of the pairs in one cluster, against the pairs that belong together."""
    return pair_f1(answer.clusters, held_out)


def textbook(crawl: Crawl, report: Reporter) -> Cleaned:
    """Do the baseline's work in textbook Python.

    The clusters are the same wherever every similar pair is a candidate.
    """
    text = part_of(crawl.text, 0, int(crawl.offsets[-1]))
    texts = [text[begin:end].tobytes() for begin, end in pairwise(crawl.offsets)]
    clusters = find_clusters(texts, crawl.recipe, crawl.factors, crawl.terms, report)
    kept = longest_each(clusters, crawl.offsets)
    return finish(crawl, clusters, kept, [write(pack, crawl) for pack in packs(crawl, kept)])


def ceiling(crawl: Crawl, seconds: float) -> float:
    """Return the documents per second of a run that only takes the minima of signatures."""
    return signatures_per_second(crawl, seconds)


def own_words(settings: Settings) -> Slide:
    """Return the words that are true of another crawl than the default one."""
    if settings.input:
        return Slide(
            bottleneck="the crawl has to be cleaned before anything can be trained on it",
            communication="documents once to each machine; four bytes a document and band, by "
            "band; pairs through the driver",
            limitation="near-duplicates share most runs of five words: the same in other words is "
            "not found",
        )
    if settings.documents != Settings().documents:
        return Slide(bottleneck="a night's pages are cleaned too late for the morning's training")
    return Slide()


WORKLOAD = Workload(
    name="dedup",
    params=Settings(),
    check=check,
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    unit="documents",
    metric=Metric("pair F1", tolerance=0.0005),
    slide=Slide(
        axis=Axis.DATA,
        bottleneck="2.5 million pages a night are cleaned too late for the morning's training",
        partition="blocks of 64 MB of text, then groups of three bands, then runs of candidate "
        "pairs, then shards",
        communication="every machine reads its own crawl; four bytes a document and band, by band; "
        "pairs through the driver",
        consistency="MapReduce: each step waits for the one before; integers alone, "
        "so the same clusters at any p",
        why_not_another_axis="not the training axis: nothing is learned, and no document waits "
        "for another before the shuffle",
        limitation="the crawl is planted: real pages differ in more ways than by edited words; "
        "--set input=FILE takes yours",
    ),
    own_slide=own_words,
    proof=Proof(
        effort=FEWER,
        tuned=("block", BLOCKS),
        reference=textbook,
        ceiling=Ceiling("minima of signatures", ceiling),
    ),
)
