"""The fleet of ``serve``: what is encoded, what is searched, and the answer.

A request is encoded by itself: its vector then has the same bits in any micro-batch, since with
``int8`` the states of texts that are encoded together are rounded by one scale.
Imports ``harness.workload``, NumPy, ``workloads.embed`` and ``index``.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.workload import Backlog, Fleet, Pool, Reporter, Requests
from workloads.embed.encoder import Encoder, cached_encoder
from workloads.embed.model import Model
from workloads.embed.onnx_file import Array
from workloads.serve.index import (
    NEAREST,
    Index,
    Queries,
    Shard,
    choose_lists,
    cut_shard,
    merge,
    search,
    share_out,
)

NO_REPLY = -1


class Served(NamedTuple):
    """The input of both sides: what is searched, the encoder, and what each request asks."""

    corpus: Index
    model: Model
    asked: tuple[str, ...]
    probes: int
    micro_batch: int
    budget_s: float


class Encoding(NamedTuple):
    """What every worker needs to encode: the model, the lists' centres, and how many to probe."""

    model: Model
    centres: Array
    probes: int


def encode(asked: Sequence[str], encoding: Encoding) -> Queries:
    """Return the vectors of requests, one by one, and the lists that each looks into."""
    encoder = cached_encoder(encoding.model)
    return to_probe(np.concatenate([encode_alone(encoder, text) for text in asked]), encoding)


def encode_alone(encoder: Encoder, text: str) -> Array:
    """Return the unit vector (1, width) of a text that is encoded by itself."""
    ids = np.array(encoder.tokens([text]), np.int64)
    return encoder.vectors(ids, np.ones_like(ids))


def to_probe(vectors: Array, encoding: Encoding) -> Queries:
    """Return vectors with the lists that each looks into."""
    probes = [choose_lists(encoding.centres, vector, encoding.probes) for vector in vectors]
    return Queries(vectors, np.stack(probes))


def start(shard: Shard, encoding: Encoding) -> Shard:
    """Return the shard: its lists are held as they come."""
    return shard


def search_shard(shard: Shard, queries: Queries, encoding: Encoding) -> Array:
    """Return a shard's best hits for each query."""
    return search(shard, queries)


SearchFleet = Fleet[Shard, Shard, str, Queries, Array, Array]
FLEET: SearchFleet = Fleet(start, encode, search_shard, merge)


def serve_alone(fleet: SearchFleet, served: Served, requests: Requests, report: Reporter) -> Array:
    """Answer requests in this process, which holds all lists; return passages (requests, 10)."""
    shards = [cut_shard(served.corpus, range(len(served.corpus.centres)))]
    encoding = Encoding(served.model, served.corpus.centres, served.probes)
    replies = fleet.serve(
        shards, served.asked, requests, served.micro_batch, encoding, report=report
    )
    return _answer(replies)


def alone(served: Served, requests: Requests, report: Reporter) -> Array:
    """Answer requests in this process; return passages (requests, 10)."""
    return serve_alone(FLEET, served, requests, report)


def on_pool(served: Served, pool: Pool, requests: Requests, report: Reporter) -> Array:
    """Answer requests on the pool, whose workers share the lists."""
    replies = pool.serve(
        FLEET,
        [cut_shard(served.corpus, lists) for lists in share_out(served.corpus, pool.size)],
        served.asked,
        requests,
        served.micro_batch,
        pool.share(Encoding(served.model, served.corpus.centres, served.probes)),
        report=report,
    )
    return _answer(replies)


def _answer(replies: Sequence[Array | None]) -> Array:
    """Return passages (requests, 10): ``NO_REPLY`` for those that were not answered."""
    missing = np.full(NEAREST, NO_REPLY, np.int32)
    return np.array([missing if reply is None else reply for reply in replies], np.int32)


def baseline(served: Served, report: Reporter) -> Array:
    """Answer requests that are all there, in this process."""
    return alone(served, Backlog(len(served.asked)), report)


def distributed(served: Served, pool: Pool, report: Reporter) -> Array:
    """Answer requests that are all there, on the pool."""
    return on_pool(served, pool, Backlog(len(served.asked)), report)
