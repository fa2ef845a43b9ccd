"""The search of ``serve`` compared with libraries that search vectors, each on one thread.

All have the same vectors, and answer the same micro-batches in one process, pinned to one core, by
turns, so that a drift of the core's speed cancels out. Each has the least effort with which it
finds as many of the ten nearest as the baseline's search does, within the tolerance. The baseline
encodes one request at a time before it searches: what the libraries would change of a whole request
follows from that time.
``python -m tests.bench.serve ROUNDS`` is that process.
May import ``harness``, the workload ``serve`` and its neighbours in ``tests``.
"""

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median

import msgspec
import numpy as np

from harness import text
from harness.run.host import pin, usable_cores
from tests.bench.library import THREADS, measure_apart
from tests.bench.table import Finding, Row, at_least, judged, ratios, row, unmeasured
from workloads import serve as workload
from workloads.embed.onnx_file import Array
from workloads.serve.fleet import Encoding, Served, encode, to_probe
from workloads.serve.index import NEAREST, cut_shard, merge, search

Search = Callable[[Array], Array]

REQUEST = "a request of the baseline, in speed ÷ the same with the search of"
RECALL = "recall@10 of the baseline's search and of"
PACKAGES = {"faiss, flat": "faiss", "faiss, IVF": "faiss", "voyager, HNSW": "voyager"}
EFFORT_OF = {"faiss, IVF": "nprobe", "voyager, HNSW": "ef"}
EFFORTS = (4, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256)
SLOWEST = 0.95  # of the fastest way on these cores: rule R27
TRIED = 1_000


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds a request of each round, by search, their recall@10 and their effort.

    ``encoding_s`` is what a request takes to be encoded.
    """

    searching_s: dict[str, list[float]]
    recall: dict[str, float]
    effort: dict[str, int]
    encoding_s: float


OWN = "own"


def search_libraries(rounds: int) -> Finding:
    """Compare the baseline's search with those libraries that are installed, ``rounds`` times."""
    times, foreign = measure_apart(__name__, rounds, into=Times)
    rows = [one for name in PACKAGES for one in _rows(times, name)]
    return Finding(tuple(rows), foreign)


def _rows(times: Times, name: str) -> Iterator[Row]:
    if name not in times.recall:
        yield unmeasured(REQUEST, "is not installed", than=name)
        return
    own, others = times.searching_s[OWN], times.searching_s[name]
    whole = [[times.encoding_s + seconds for seconds in taken] for taken in (others, own)]
    note = (
        f"search alone {text.seconds(median(own))} and {text.seconds(median(others))},"
        f" encoding {text.seconds(times.encoding_s)}"
    )
    if name in EFFORT_OF:
        note += f"; {EFFORT_OF[name]} {times.effort[name]}"
    yield row(REQUEST, ratios(*whole), at_least(SLOWEST), note=note, than=name)
    recalls = times.recall[OWN], times.recall[name]
    both = " and ".join(text.three_digits(recall) for recall in recalls)
    least = recalls[0] - workload.WORKLOAD.metric.tolerance
    yield judged(
        RECALL, both, recalls[1] >= least, at_least(least).text(text.three_digits), than=name
    )


def _own(served: Served) -> Search:
    shard = cut_shard(served.corpus, range(len(served.corpus.centres)))
    encoding = Encoding(served.model, served.corpus.centres, served.probes)

    def find(vectors: Array) -> Array:
        return merge([search(shard, to_probe(vectors, encoding))])

    return find


def _searches(served: Served) -> Iterator[tuple[str, Callable[[int], Search]]]:
    """Yield each library that is installed, with what makes its search of an effort."""
    makers = {"faiss, flat": _flat, "faiss, IVF": _inverted, "voyager, HNSW": _graph}
    for name, package in PACKAGES.items():
        if importlib.util.find_spec(package) is not None:
            yield name, makers[name](served)


def _flat(served: Served) -> Callable[[int], Search]:
    import faiss

    faiss.omp_set_num_threads(THREADS)
    index = faiss.IndexFlatIP(served.corpus.vectors.shape[1])
    index.add(served.corpus.vectors)
    return lambda effort: lambda vectors: _passages(served, index.search(vectors, NEAREST)[1])


def _inverted(served: Served) -> Callable[[int], Search]:
    """Return searches of inverted lists, as many as ours, made by the library's own k-means."""
    import faiss

    faiss.omp_set_num_threads(THREADS)
    width, lists = served.corpus.vectors.shape[1], len(served.corpus.centres)
    centres = faiss.IndexFlatIP(width)
    index = faiss.IndexIVFFlat(centres, width, lists, faiss.METRIC_INNER_PRODUCT)
    index.train(served.corpus.vectors)
    index.add(served.corpus.vectors)

    def of_effort(effort: int) -> Search:
        def find(vectors: Array) -> Array:
            index.nprobe = effort
            return _passages(served, index.search(vectors, NEAREST)[1])

        return find

    return of_effort


def _graph(served: Served) -> Callable[[int], Search]:
    import voyager

    width = served.corpus.vectors.shape[1]
    index = voyager.Index(voyager.Space.InnerProduct, width, M=16, ef_construction=200)
    index.add_items(served.corpus.vectors, num_threads=THREADS)

    def of_effort(effort: int) -> Search:
        most = max(NEAREST, effort)

        def find(vectors: Array) -> Array:
            near = index.query(vectors, NEAREST, num_threads=THREADS, query_ef=most)[0]
            return _passages(served, near)

        return find

    return of_effort


def _passages(served: Served, places: Array) -> Array:
    """Return the numbers of passages by their places in the index."""
    found: Array = served.corpus.passages[places.astype(np.int64)]
    return found


def _measure(rounds: int) -> Times:
    """Return the seconds of each round, taking turns at going first, once all are warm."""
    loaded = workload.load(workload.WORKLOAD.params)
    served = loaded.input
    asked = served.asked[:TRIED]
    encoding = Encoding(served.model, served.corpus.centres, served.probes)
    encode(asked[:48], encoding)
    began = time.perf_counter()
    vectors = encode(asked, encoding).vectors
    encoding_s = (time.perf_counter() - began) / len(asked)
    exact = loaded.held_out.exact[loaded.held_out.queries[:TRIED]]
    searches = {OWN: _own(served)}
    recall, effort = {OWN: _recall(searches[OWN], vectors, exact)}, {OWN: served.probes}
    least = recall[OWN] - workload.WORKLOAD.metric.tolerance
    for name, of_effort in _searches(served):
        for effort[name] in EFFORTS:
            searches[name] = of_effort(effort[name])
            recall[name] = _recall(searches[name], vectors, exact)
            if recall[name] >= least:
                break
    taken: Mapping[str, list[float]] = {name: [] for name in searches}
    for turn in range(rounds):
        for name in [*searches][:: 1 if turn % 2 == 0 else -1]:
            taken[name].append(_time(searches[name], vectors, served.micro_batch))
    return Times(searching_s=dict(taken), recall=recall, effort=effort, encoding_s=encoding_s)


def _recall(find: Search, vectors: Array, exact: Array) -> float:
    """Return the share of the ten exact nearest that a search finds."""
    found = find(vectors)
    return float((found[:, :, None] == exact[:, None, :]).any(axis=1).mean())


def _time(find: Search, vectors: Array, micro_batch: int) -> float:
    """Return the seconds that a search takes a request, in micro-batches."""
    began = time.perf_counter()
    for begin in range(0, len(vectors), micro_batch):
        find(vectors[begin : begin + micro_batch])
    return (time.perf_counter() - began) / len(vectors)


def main(rounds: int) -> None:
    """Measure on the first core and write the times to standard output."""
    pin(usable_cores()[:1])
    sys.stdout.buffer.write(msgspec.json.encode(_measure(rounds)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
