"""Embed a corpus: passages of text to unit vectors, by a sentence encoder on ONNX Runtime.

Everything from raw text to vectors is on the clock: texts are tokenized, sorted by length, cut
into batches of equal length, encoded and pooled. The lengths alone decide the batches, so any
number of workers runs the same ones and the vectors are equal to the last bit, although with
``int8`` the states of a batch are rounded by one scale.
Imports ``harness.workload``, NumPy and this package.
"""

import functools
import time
from statistics import median
from typing import NamedTuple

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
from workloads.embed import kernel
from workloads.embed.corpus import ReadCorpus, read_corpus
from workloads.embed.documentation import KNOWN_PASSAGES, surely_has
from workloads.embed.encoder import Encoder, cached_encoder, open_encoder, try_encoder
from workloads.embed.kernel import Corpus, Range
from workloads.embed.model import Model, as_exported, read_model, require_extra
from workloads.embed.model_folder import model_name
from workloads.embed.onnx_file import Array
from workloads.embed.queries import Queries, cut_queries, hits, require_queries
from workloads.embed.recipe import Settings

BATCHES = (64, 128, 512, 1024, 2048)
SHORTER = ({"max_tokens": 64}, {"max_tokens": 96}, {"max_tokens": 112})
QUERY_BATCH = 256
WARMUP_PLACES = 16
WARMUP_NEIGHBORS = 8


class Encoding(NamedTuple):
    """The input of both sides: the texts, the model, and the most tokens of a batch."""

    corpus: Corpus
    model: Model
    batch: int


def check(settings: Settings) -> None:
    """Raise ``BadRequest`` for files that cannot be used, or if the extra is missing.

    A corpus of the user's is read, and so is the documentation where there may not be enough of it.
    A model of the user's is opened and tried.
    """
    require_extra(settings.model)
    known = surely_has(min(settings.passages, KNOWN_PASSAGES), settings.queries)
    try:
        if settings.corpus or not known:
            _check_corpus(
                settings.corpus, settings.field, settings.passages, settings.seed, settings.queries
            )
        if settings.model:  # the extra's is known
            _check_model(settings.model, settings.max_tokens, settings.precision)
    except ValueError as error:
        raise BadRequest(str(error)) from error


# Variants of the baseline are checked too, of which most have the session's files.
@functools.lru_cache(maxsize=1)
def _check_corpus(corpus: str, field: str, passages: int, seed: int, queries: int) -> None:
    read = read_corpus(corpus, field, passages, seed).passages
    require_queries(read, queries)  # soon known, most of the time
    cut_queries(read, queries, seed)


@functools.lru_cache(maxsize=8)
def _check_model(model: str, max_tokens: int, precision: str) -> None:
    encoder = open_encoder(read_model(model, max_tokens, precision))
    try_encoder(encoder, max_tokens, encoder.tokenizer.get_vocab_size() - 1)


def load(settings: Settings) -> Problem[Encoding, Queries]:
    """Read passages and model, cut queries out of the passages, and encode the queries.

    The settings have passed ``check``. Raises ``ValueError`` for what cannot be read or run.
    """
    model = read_model(settings.model, settings.max_tokens, settings.precision)
    read = read_corpus(settings.corpus, settings.field, settings.passages, settings.seed)
    require_queries(read.passages, settings.queries)
    split = cut_queries(read.passages, settings.queries, settings.seed)
    encoder = open_encoder(model)  # not the cached one, which the sides must warm up themselves
    tokens = kernel.tokenize_with(encoder, split.passages)
    width = try_encoder(encoder, int(tokens.lengths.max()), int(tokens.ids.max()))
    few = spread(tokens.lengths)
    warmup = kernel.make_corpus([split.passages[place] for place in few])
    encoding = Encoding(kernel.make_corpus(split.passages), model, settings.batch)
    return Problem(
        input=encoding,
        held_out=Queries(encode_queries(encoder, split.queries), np.array(split.sources, np.int64)),
        held_out_items=len(split.queries),
        items=int(tokens.lengths.sum()),
        warmup=encoding._replace(corpus=warmup),
        warmup_items=int(tokens.lengths[few].sum()),
        reading=describe_reading(settings, read, encoder, width),
    )


def describe_reading(settings: Settings, read: ReadCorpus, encoder: Encoder, width: int) -> str:
    """Return how the user's corpus and model were read (empty: both are ours)."""
    model = f"model {model_name(settings.model)} of {width:,} dimensions, {encoder.pooled}"
    corpus = f"{read.reading}, {settings.queries:,} queries"
    parts = ((corpus, settings.corpus), (model, settings.model))
    return "; ".join(words for words, given in parts if given)


def encode_queries(encoder: Encoder, queries: list[str]) -> Array:
    """Return the unit vectors of queries, in batches of a size that no setting changes."""
    batching = kernel.make_batching(kernel.tokenize_with(encoder, queries), QUERY_BATCH)
    everything = (0, len(batching.bounds) - 1)
    return kernel.restore_order(batching, [kernel.embed_with(encoder, everything, batching)])


def spread(lengths: Array) -> list[int]:
    """Return the places of texts for a warm-up: neighbors in length, from the longest on.

    Single ones, evenly spaced, would be batches of one.
    """
    order = np.argsort(-lengths, kind="stable")
    last = max(0, len(order) - WARMUP_NEIGHBORS)
    starts = np.linspace(0, last, WARMUP_PLACES).astype(int)
    ranks = np.unique(starts[:, None] + np.arange(min(WARMUP_NEIGHBORS, len(order))))
    places: list[int] = order[ranks].tolist()
    return places


def baseline(encoding: Encoding, report: Reporter) -> Array:
    """Encode in this process alone; return unit vectors (passages, width) in passage order."""
    corpus, model, batch = encoding
    everything = (0, len(corpus.ends))
    batching = kernel.make_batching(kernel.tokenize(everything, corpus, model), batch)
    vectors = []
    done = 0
    for run in kernel.chunks(batching):
        vectors.append(kernel.embed(run, batching, model))
        done += batching.tokens(run)
        report(done)
    return kernel.restore_order(batching, vectors)


def distributed(encoding: Encoding, pool: Pool, report: Reporter) -> Array:
    """Encode on the pool: tokenize there, sort here, then encode the batches there."""
    corpus = pool.share(encoding.corpus)
    model = pool.share(encoding.model)
    tokens = pool.map(
        kernel.tokenize,
        kernel.text_chunks(encoding.corpus),
        corpus,
        model,
        items=_count_nothing,
    )
    joined = kernel.join_tokens([result.value for result in tokens])
    batching = kernel.make_batching(joined, encoding.batch)
    vectors = pool.map(
        kernel.embed,
        kernel.chunks(batching),
        pool.share(batching),
        model,
        items=batching.tokens,
        report=report,
    )
    return kernel.restore_order(batching, [result.value for result in vectors])


def _count_nothing(_: Range) -> int:
    """Count no tokens: they are counted when they are encoded."""
    return 0


def quality(answer: Array, held_out: Queries) -> Array:
    """Return 1 for each query whose own passage is among the ten nearest: the mean is recall@10."""
    return hits(answer, held_out)


def textbook(encoding: Encoding, report: Reporter) -> Array:
    """Encode one passage at a time, padded to the most tokens, by the graph as it was exported."""
    encoder = cached_encoder(as_exported(encoding.model))
    vectors = []
    done = 0
    for text in encoding.corpus.texts((0, len(encoding.corpus.ends))):
        (tokens,) = encoder.tokens([text])
        padding = encoding.model.max_tokens - len(tokens) if encoder.masked else 0
        ids = np.array([tokens + [encoder.padding] * padding], np.int64)
        mask = np.array([[1] * len(tokens) + [0] * padding], np.int64)
        vectors.append(encoder.vectors(ids, mask))
        done += len(tokens)
        report(done)
    return np.concatenate(vectors)


def exported(encoding: Encoding, report: Reporter) -> Array:
    """Encode as the baseline does, by the graph as it was exported."""
    return baseline(encoding._replace(model=as_exported(encoding.model)), report)


def ceiling(encoding: Encoding, seconds: float) -> float:
    """Return the tokens per second of ONNX Runtime alone, on batches that are made already."""
    corpus, model, batch = encoding
    encoder = cached_encoder(model)
    batching = kernel.make_batching(kernel.tokenize((0, len(corpus.ends)), corpus, model), batch)
    batches = [kernel.batch_ids(batching, number) for number in range(len(batching.bounds) - 1)]
    passes: list[float] = []
    while sum(passes) < seconds:
        began = time.perf_counter()
        for ids in batches:
            encoder.run(ids, np.ones_like(ids))
        passes.append(time.perf_counter() - began)
    return batching.tokens((0, len(batches))) / median(passes)


WORKLOAD = Workload(
    name="embed",
    params=Settings(),
    check=check,
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    unit="tokens",
    metric=Metric("recall@10", tolerance=0.005),
    slide=Slide(
        axis=Axis.INFERENCE,
        bottleneck="the search index is a day behind the documents",
        partition="texts sorted by length in fixed batches; workers pull runs of about "
        "2,000 tokens, the longest first",
        communication="model and texts once to each machine; token ids there and back; "
        "a vector a passage back (MiniLM: 1.5 kB)",
        consistency="none is needed: a vector depends on its own batch alone, and batches are "
        "the same everywhere",
        why_not_another_axis="not the model axis: the weights (MiniLM: 23 MB) fit everywhere, "
        "and nobody waits for a single passage",
        limitation="MiniLM in 8 bits: a batch's vectors share a scale; in another batch one "
        "changes slightly (cosine 0.996)",
    ),
    proof=Proof(
        effort=SHORTER,
        variants={"float32": {"precision": "float32"}, "the graph as exported": exported},
        tuned=("batch", BATCHES),
        reference=textbook,
        ceiling=Ceiling("the encoder alone", ceiling),
    ),
)
