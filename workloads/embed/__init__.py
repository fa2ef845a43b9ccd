"""Embed a corpus: passages of text to unit vectors, with a real sentence encoder on ONNX Runtime.

From raw text to vectors everything is on the clock: texts are tokenised, sorted by length, cut into batches of
like length, encoded and pooled. The batches follow from the lengths alone, so that any number of workers runs the
very same ones and the vectors are equal to the last bit. Imports ``harness.workload``, NumPy and ``_embed_*``.
"""

import time
from statistics import median
from typing import NamedTuple

import numpy as np

from harness.workload import Limit, Parameters, Pool, Problem, Reporter, Workload
from workloads.embed import kernel
from workloads.embed.corpus import check_corpus, read_corpus
from workloads.embed.kernel import Corpus, Run
from workloads.embed.model import (
    Array,
    Encoder,
    Model,
    check_model,
    open_encoder,
    opened,
    read_model,
    tried,
)
from workloads.embed.queries import Queries, recall, split

BATCHES = (64, 128, 512, 1024, 2048)
QUERY_BATCH = 256
WARMUP_PASSAGES = 64
RANGES = {
    "passages": (64, 1_000_000),
    "queries": (1, 10_000),
    "batch": (1, 1 << 16),
    "max_tokens": (8, 4096),
    "seed": (0, 1 << 53),
}


class Encoding(NamedTuple):
    """What both sides are given: the texts, the model, and the most tokens of a batch, padding included."""

    corpus: Corpus
    model: Model
    batch: int


def check(params: Parameters) -> None:
    """Raise ``ValueError`` with one sentence for parameters that make no sense, or where a file is missing.

    Raises ``BadRequest`` where the extra is not installed.
    """
    for name, (least, most) in RANGES.items():
        if not least <= int(params[name]) <= most:
            raise ValueError(f"{name}={params[name]} is not between {least} and {most:,}")
    if int(params["queries"]) > int(params["passages"]):
        raise ValueError(f"queries={params['queries']} are more than passages={params['passages']}")
    check_corpus(str(params["corpus"]))
    check_model(str(params["model"]))


def load(params: Parameters) -> Problem:
    """Read passages and model, cut the queries out of the passages, and encode the queries; raise ``ValueError`` as ``check`` does."""
    check(params)
    model = read_model(str(params["model"]), int(params["max_tokens"]))
    seed = int(params["seed"])
    parts = split(
        read_corpus(str(params["corpus"]), int(params["passages"]), seed),
        int(params["queries"]),
        seed,
    )
    encoder = open_encoder(model)  # not the one that the sides warm up: it is let go of
    tokens = kernel.tokenised_by(encoder, parts.passages)
    tried(encoder, int(tokens.lengths.max()), int(tokens.ids.max()))
    few = spaced(tokens.lengths)
    encoding = Encoding(kernel.gathered(parts.passages), model, int(params["batch"]))
    return Problem(
        input=encoding,
        held_out=Queries(asked(encoder, parts.queries), np.array(parts.sources, np.int64)),
        held_out_items=len(parts.queries),
        items=int(tokens.lengths.sum()),
        warmup=encoding._replace(corpus=kernel.gathered([parts.passages[place] for place in few])),
        warmup_items=int(tokens.lengths[few].sum()),
    )


def asked(encoder: Encoder, queries: list[str]) -> Array:
    """Return the unit vectors of queries, in batches of a size that no parameter changes."""
    plan = kernel.planned(kernel.tokenised_by(encoder, queries), QUERY_BATCH)
    return kernel.restored(plan, [kernel.embedded_by(encoder, (0, len(plan.bounds) - 1), plan)])


def spaced(lengths: Array) -> list[int]:
    """Return the places of texts that stand for all in a warm-up: one in so many from the longest to the shortest."""
    order = np.argsort(-lengths, kind="stable")
    places: list[int] = order[
        np.linspace(0, len(order) - 1, min(WARMUP_PASSAGES, len(order))).astype(int)
    ].tolist()
    return places


def baseline(encoding: Encoding, report: Reporter) -> Array:
    """Encode in this process alone; return the unit vectors (passages, width) in the order of the passages."""
    corpus, model, batch = encoding
    plan = kernel.planned(kernel.tokenised((0, len(corpus.ends)), corpus, model), batch)
    parts, done = [], 0
    for run in kernel.chunks(plan):
        parts.append(kernel.embedded(run, plan, model))
        done += plan.tokens(run)
        report(done)
    return kernel.restored(plan, parts)


def distributed(encoding: Encoding, pool: Pool, report: Reporter) -> Array:
    """Encode on the pool: texts are tokenised there, then batches of all texts are encoded there; the driver sorts in between."""
    corpus, model = pool.share(encoding.corpus), pool.share(encoding.model)
    tokenised = pool.map(
        kernel.tokenised, kernel.text_chunks(encoding.corpus), corpus, model, items=_nothing_encoded
    )
    plan = kernel.planned(kernel.joined([part.value for part in tokenised]), encoding.batch)
    parts = pool.map(
        kernel.embedded,
        kernel.chunks(plan),
        pool.share(plan),
        model,
        items=plan.tokens,
        report=report,
    )
    return kernel.restored(plan, [part.value for part in parts])


def _nothing_encoded(_: Run) -> int:
    return 0


def quality(answer: Array, held_out: Queries) -> float:
    """Return recall@10: the share of held-out sentences that find the passage they were cut out of among their ten nearest."""
    return recall(answer, held_out)


def naive(encoding: Encoding, report: Reporter) -> Array:
    """Encode as a first draft does: one passage at a time, each padded to the most tokens that the model is asked to take."""
    encoder, done, vectors = opened(encoding.model), 0, []
    for text in encoding.corpus.texts((0, len(encoding.corpus.ends))):
        (tokens,) = encoder.tokens([text])
        padding = encoding.model.max_tokens - len(tokens)
        ids = np.array([tokens + [encoder.padding] * padding], np.int64)
        mask = np.array([[1] * len(tokens) + [0] * padding], np.int64)
        vectors.append(kernel.pooled(encoder.states(ids, mask), mask))
        done += len(tokens)
        report(done)
    return np.concatenate(vectors)


def limit(encoding: Encoding, seconds: float) -> float:
    """Return the tokens per second of ONNX Runtime alone: the same batches, made ready beforehand, their states thrown away."""
    corpus, model, batch = encoding
    encoder = opened(model)
    plan = kernel.planned(kernel.tokenised((0, len(corpus.ends)), corpus, model), batch)
    ready = [kernel.pad(plan, number, encoder.padding) for number in range(len(plan.bounds) - 1)]
    passes = list[float]()
    while sum(passes) < seconds:
        began = time.perf_counter()
        for ids, mask in ready:
            encoder.states(ids, mask)
        passes.append(time.perf_counter() - began)
    return plan.tokens((0, len(ready))) / median(passes)


WORKLOAD = Workload(
    name="embed",
    axis="inference",
    unit="tokens",
    bottleneck="the search index is a day behind the documents",
    partition="texts sorted by length in fixed batches; workers pull runs of about 512 tokens, the longest first",
    communication="model and texts once to each machine; token ids there and back; 1.5 kB a passage back",
    consistency="none is needed: a vector depends on its own batch alone, and batches are the same everywhere",
    neighbour="not the model axis: 23 MB of weights fit everywhere, and nobody waits for a single passage",
    limitation="a batch of another shape rounds otherwise in the last bit; int8 weights are computed with in float32",
    metric="recall@10",
    tolerance=0.005,
    params={
        "model": "",
        "corpus": "",
        "passages": 1000,
        "batch": 256,
        "max_tokens": 256,
        "queries": 300,
        "seed": 1,
    },
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    check=check,
    tuned=("batch", BATCHES),
    naive=naive,
    limit=Limit("the encoder alone", limit),
)
