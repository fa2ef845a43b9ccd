"""Serve a search: text to vector to the ten nearest passages, for requests that come one by one.

Every worker encodes requests with a replica of the encoder, and holds a part of the inverted lists.
Imports ``harness.workload``, NumPy, ``workloads.embed`` and this package.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.workload import (
    Axis,
    BadRequest,
    Ceiling,
    Metric,
    Problem,
    Proof,
    Service,
    Slide,
    Workload,
)
from workloads.embed import kernel
from workloads.embed.corpus import read_corpus
from workloads.embed.documentation import surely_has
from workloads.embed.encoder import Encoder, open_encoder
from workloads.embed.model import read_model, require_extra
from workloads.embed.onnx_file import Array
from workloads.embed.queries import Split, cut_queries
from workloads.serve.fleet import Served, alone, baseline, distributed, encode_alone, on_pool
from workloads.serve.index import make_index, nearest_passages
from workloads.serve.recipe import Settings
from workloads.serve.reference import requests_per_s, textbook, together

SCHEDULE_SEED = 1
BATCH_TOKENS = 256
WARMUP_REQUESTS = 48


class HeldOut(NamedTuple):
    """The exact ten nearest (queries, 10), and which query each request is (requests,)."""

    exact: Array
    queries: Array


def check(settings: Settings) -> None:
    """Raise ``BadRequest`` if the extra is missing, or for too few passages or queries.

    They are read here, before anything starts, where there may not be enough of them.
    """
    require_extra("")
    if not surely_has(settings.passages, settings.queries):
        _split(settings.passages, settings.queries, settings.seed)


def load(settings: Settings) -> Problem[Served, HeldOut]:
    """Encode the documentation of what is installed, and cut queries out of its passages.

    The settings have passed ``check``. Raises ``BadRequest`` for too few passages or queries.
    """
    model = read_model("", settings.max_tokens, settings.precision)
    encoder = open_encoder(model)
    split = _split(settings.passages, settings.queries, settings.seed)
    vectors = _vectors(encoder, split.passages)
    wanted = np.concatenate([encode_alone(encoder, text) for text in split.queries])
    draw = np.random.default_rng([settings.seed, 3])
    numbers = draw.integers(len(wanted), size=settings.requests)
    served = Served(
        corpus=make_index(vectors, settings.lists, settings.seed),
        model=model,
        asked=tuple(split.queries[number] for number in numbers),
        probes=settings.probes,
        micro_batch=settings.micro_batch,
        budget_s=settings.budget_ms / 1000,
    )
    return Problem(
        input=served,
        held_out=HeldOut(nearest_passages(vectors, wanted), numbers),
        held_out_items=settings.requests,
        items=settings.requests,
        warmup=served._replace(asked=_some(split.queries)),
        warmup_items=WARMUP_REQUESTS,
    )


@functools.lru_cache(maxsize=1)  # variants of the baseline are checked too
def _split(passages: int, queries: int, seed: int) -> Split:
    read = read_corpus("", "", passages, seed)
    if len(read.passages) < passages:
        raise BadRequest(
            f"passages={passages} are more than the {len(read.passages):,} that the"
            " installed documentation has",
            f"search no more: --set passages={len(read.passages)}",
        )
    return cut_queries(read.passages, queries, seed)


def _vectors(encoder: Encoder, texts: list[str]) -> Array:
    """Return unit vectors (texts, width), encoded in batches of texts of one length."""
    batching = kernel.make_batching(kernel.tokenize_with(encoder, texts), BATCH_TOKENS)
    everything = (0, len(batching.bounds) - 1)
    return kernel.restore_order(batching, [kernel.embed_with(encoder, everything, batching)])


def _some(texts: Sequence[str]) -> tuple[str, ...]:
    """Return texts for a warm-up, from the shortest to the longest."""
    ordered = sorted(texts, key=len)
    places = np.linspace(0, len(ordered) - 1, WARMUP_REQUESTS).astype(int)
    return tuple(ordered[place] for place in places)


def budget_s(served: Served) -> float:
    """Return the seconds within which 99 % of the requests are to be answered."""
    return served.budget_s


def count(served: Served) -> int:
    """Return how many requests come."""
    return len(served.asked)


def quality(answer: Array, held_out: HeldOut) -> Array:
    """Return the share of its ten exact nearest that each reply has: their mean is recall@10."""
    exact = held_out.exact[held_out.queries]
    found: Array = (answer[:, :, None] == exact[:, None, :]).any(axis=1).mean(axis=1)
    return found


WORKLOAD = Workload(
    name="serve",
    params=Settings(),
    check=check,
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    unit="requests",
    metric=Metric("recall@10", tolerance=0.005),
    waits="requests that have not come yet",
    superlinear="the workers share one queue, so that a request waits for the first that is free",
    slide=Slide(
        axis=Axis.INFERENCE,
        bottleneck="one machine answers too few requests a second within 100 ms at p99",
        partition="each worker has the whole encoder and a part of the inverted lists",
        communication="texts to a worker, their vectors to the others, the ten best hits back",
        consistency="none is needed: a reply depends on its request alone, in any micro-batch",
        why_not_another_axis="not the model axis: the encoder fits everywhere (MiniLM: 23 MB)",
        limitation="one process routes all requests",
    ),
    service=Service(
        budget_s=budget_s, seed=SCHEDULE_SEED, count=count, alone=alone, on_pool=on_pool
    ),
    proof=Proof(
        effort=({"probes": 4}, {"probes": 8}, {"probes": 16}),
        variants={
            "equal lengths together": together,
            "all lists": {"probes": 64},
            "float32": {"precision": "float32"},
        },
        tuned=("micro_batch", (1, 2, 4, 16)),
        reference=textbook,
        ceiling=Ceiling("the encoder alone", requests_per_s),
    ),
)
