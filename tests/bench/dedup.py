"""The baseline of ``dedup`` compared with the libraries rensa and datasketch on one thread.

All go from the same raw text to clusters, with equal permutations and bands. Each library is used
as its own documentation advises for many documents at once. All run in one process, pinned to one
core, by turns, so that a drift of the core's speed cancels out. The baseline also verifies every
pair exactly and writes its shards, which the libraries need not.
``python -m tests.bench.dedup ROUNDS PERMUTATIONS BANDS`` is that process.
May import ``harness``, the workload ``dedup`` and its neighbours in ``tests``.
"""

import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec
import numpy as np
import rensa

from harness.run.host import pin, usable_cores
from harness.text import three_digits
from tests.bench.library import QUALITY, SPEED, measure_apart
from tests.bench.table import (
    Aim,
    Finding,
    Row,
    at_least,
    at_most,
    judged,
    largest_share,
    ratios,
    row,
)
from tests.pools import warmup_of
from workloads import dedup as workload
from workloads.dedup.labels import pair_f1
from workloads.dedup.machine import Array
from workloads.dedup.pairs import components
from workloads.dedup.recipe import Crawl, Recipe
from workloads.dedup.text import part_of

OWN = "baseline"
AIMS: dict[str, Aim] = {"rensa": at_least(3.0), "datasketch": at_least(10.0)}
F1_BEHIND = at_most(0.005)
SIGNATURES = ((60, 12), (128, 16))
DOCUMENTS = 8_000
SEED = 42

Edges = Iterator[tuple[int, int]]


class Rounds(msgspec.Struct, frozen=True):
    """Seconds of every round, and the pair F1, by contestant."""

    seconds: dict[str, list[float]]
    f1: dict[str, float]


def dedup(rounds: int) -> Finding:
    """Compare the baseline with both libraries, with its own signatures and with longer ones."""
    measured = [
        measure_apart(__name__, rounds, *signature, into=Rounds) for signature in SIGNATURES
    ]
    rows = [
        row
        for (taken, _), (permutations, _) in zip(measured, SIGNATURES, strict=True)
        for row in _rows(taken, permutations)
    ]
    return Finding(tuple(rows), largest_share(foreign for _, foreign in measured))


def _rows(rounds: Rounds, permutations: int) -> Iterator[Row]:
    for rival, aim in AIMS.items():
        than = f"{rival}, {permutations:,} permutations:"
        yield row(SPEED, ratios(rounds.seconds[rival], rounds.seconds[OWN]), aim, than=than)
        both = f"{three_digits(rounds.f1[OWN])} and {three_digits(rounds.f1[rival])}"
        behind = rounds.f1[rival] - rounds.f1[OWN]
        target = f"≤ {F1_BEHIND.limit} behind"
        yield judged(QUALITY, both, F1_BEHIND.met(behind), target, than=than)


def shingles(text: str, width: int) -> list[str]:
    """Return a text's shingles; of several ways to write this, the fastest that we found."""
    tokens = text.lower().split()
    return [*map(" ".join, zip(*(tokens[start:] for start in range(width)), strict=False))] or [
        " ".join(tokens)
    ]


def by_rensa(texts: list[str], recipe: Recipe, permutations: int) -> Edges:
    """Yield rensa's pairs of duplicates: sketches in bulk, then its deduplicator with bands."""
    sketches = rensa.RMinHash.from_token_sets(
        [shingles(text, recipe.shingle) for text in texts], permutations, SEED
    )
    deduplicator = rensa.RMinHashDeduplicator(
        threshold=recipe.threshold,
        num_perm=permutations,
        use_lsh=True,
        num_bands=recipe.bands,
        seed=SEED,
    )
    deduplicator.add_pairs((str(document), sketch) for document, sketch in enumerate(sketches))
    for document, others in enumerate(deduplicator.get_duplicate_sets(sketches)):
        yield from ((document, int(other)) for other in others)


def by_datasketch(texts: list[str], recipe: Recipe, permutations: int) -> Edges:
    """Yield datasketch's pairs: sketches in bulk, its index of bands, an estimate per candidate."""
    import datasketch  # and with it most of SciPy

    tokens = ([shingle.encode() for shingle in shingles(text, recipe.shingle)] for text in texts)
    sketches = datasketch.MinHash.bulk(tokens, num_perm=permutations, seed=SEED)
    index = datasketch.MinHashLSH(
        num_perm=permutations, params=(recipe.bands, permutations // recipe.bands)
    )
    for document, sketch in enumerate(sketches):
        for other in index.query(sketch):
            if sketch.jaccard(sketches[other]) >= recipe.threshold:
                yield document, other
        index.insert(document, sketch)


def clusters(edges: Edges, documents: int) -> Array:
    """Return each document's cluster."""
    pairs = [max(pair) << 32 | min(pair) for pair in edges]
    return components(documents, np.array(pairs, np.uint64))


def main(rounds: int, permutations: int, bands: int) -> None:
    """Measure on the first core and write the rounds to standard output."""
    pin(usable_cores()[:1])
    values = workload.WORKLOAD.defaults | {
        "documents": DOCUMENTS,
        "permutations": permutations,
        "bands": bands,
    }
    problem = workload.load(workload.WORKLOAD.configure(values))
    crawl: Crawl = problem.input
    text = part_of(crawl.text, 0, int(crawl.offsets[-1]))
    texts = [text[begin:end].tobytes().decode() for begin, end in pairwise(crawl.offsets)]
    contestants: dict[str, Callable[[], Array]] = {
        OWN: lambda: workload.baseline(crawl, lambda _: None).clusters,
        "rensa": lambda: clusters(by_rensa(texts, crawl.recipe, permutations), len(texts)),
        "datasketch": lambda: clusters(
            by_datasketch(texts, crawl.recipe, permutations), len(texts)
        ),
    }
    workload.baseline(warmup_of(problem), lambda _: None)
    for find in (by_rensa, by_datasketch):
        list(find(texts[:1], crawl.recipe, permutations))
    seconds, f1 = {name: list[float]() for name in contestants}, dict[str, float]()
    for turn in range(rounds):
        for name in list(contestants)[:: 1 if turn % 2 == 0 else -1]:
            began = time.perf_counter()
            labels = contestants[name]()
            seconds[name].append(time.perf_counter() - began)
            f1[name] = pair_f1(labels, problem.held_out)
    sys.stdout.buffer.write(msgspec.json.encode(Rounds(seconds, f1)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
