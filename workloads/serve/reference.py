"""Other ways to serve the same requests, for the proof of the baseline.

Imports ``harness.workload``, NumPy, ``workloads.embed`` and this package.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

import numpy as np

from harness.workload import Backlog, Fleet, Reporter
from workloads.embed.encoder import cached_encoder
from workloads.embed.model import as_exported
from workloads.embed.onnx_file import Array
from workloads.serve.fleet import (
    Encoding,
    SearchFleet,
    Served,
    search_shard,
    serve_alone,
    start,
    to_probe,
)
from workloads.serve.index import Queries, merge, nearest_passages


def textbook(served: Served, report: Reporter) -> Array:
    """Answer one request at a time: the graph as it was exported, padded, and a flat search."""
    encoder = cached_encoder(as_exported(served.model))
    vectors, passages = served.corpus.vectors, served.corpus.passages
    answer = []
    for number, text in enumerate(served.asked):
        (tokens,) = encoder.tokens([text])
        padding = served.model.max_tokens - len(tokens)
        ids = np.array([tokens + [encoder.padding] * padding], np.int64)
        mask = np.array([[1] * len(tokens) + [0] * padding], np.int64)
        answer.append(passages[nearest_passages(vectors, encoder.vectors(ids, mask))[0]])
        report(number + 1)
    return np.array(answer, np.int32)


def together(served: Served, report: Reporter) -> Array:
    """Answer as the baseline does, but encode texts of one length in a micro-batch together."""
    fleet: SearchFleet = Fleet(start, encode_together, search_shard, merge)
    return serve_alone(fleet, served, Backlog(len(served.asked)), report)


def encode_together(asked: Sequence[str], encoding: Encoding) -> Queries:
    """Return the vectors of requests, those of one length encoded together."""
    encoder = cached_encoder(encoding.model)
    tokens = encoder.tokens(list(asked))
    places = defaultdict(list)
    for place, ids in enumerate(tokens):
        places[len(ids)].append(place)
    vectors: dict[int, Array] = {}
    for same in places.values():
        batch = np.array([tokens[place] for place in same], np.int64)
        vectors |= zip(same, encoder.vectors(batch, np.ones_like(batch)), strict=True)
    return to_probe(np.stack([vectors[place] for place in range(len(asked))]), encoding)


def requests_per_s(served: Served, seconds: float) -> float:
    """Return the requests per second of the encoder alone, on tokens that are made already."""
    encoder = cached_encoder(served.model)
    tokens = [np.array([ids], np.int64) for ids in encoder.tokens(list(served.asked))]
    passes: list[float] = []
    while sum(passes) < seconds:
        began = time.perf_counter()
        for ids in tokens:
            encoder.run(ids, np.ones_like(ids))
        passes.append(time.perf_counter() - began)
    return len(tokens) / median(passes)
