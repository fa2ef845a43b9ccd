from itertools import combinations

import numpy as np
import pytest

from harness.workload import AnyProblem
from tests.pools import ignore_progress, warmup_of
from tests.workloads.dedup.support import crawled, problem
from workloads import dedup
from workloads.dedup.machine import Array
from workloads.dedup.pairs import components
from workloads.dedup.recipe import Crawl
from workloads.dedup.steps import (
    Cleaned,
    band_groups,
    blocks,
    bundles,
    count_scattered,
    count_verified,
    gather,
    packs,
    scatter,
)


def test_what_is_kept_is_one_document_of_each_cluster(cleaned: Cleaned) -> None:
    assert sorted(cleaned.clusters[cleaned.kept].tolist()) == sorted(set(cleaned.clusters.tolist()))


def test_documents_without_a_word_are_duplicates_of_each_other() -> None:
    given = crawled(["", "some text of its own", " \n", "another text of its own", ""])
    assert dedup.baseline(given, ignore_progress).clusters.tolist() == [0, 1, 0, 3, 0]


def test_a_crawl_of_one_document_keeps_it() -> None:
    assert dedup.baseline(crawled(["alone"]), ignore_progress).kept.tolist() == [0]


def test_copies_of_one_page_are_one_cluster_however_many_they_are() -> None:
    given = crawled(["the same page again and again and again"] * 500)
    assert set(dedup.baseline(given, ignore_progress).clusters.tolist()) == {0}


def test_the_warm_up_has_enough_of_every_step_for_many_workers() -> None:
    warmup = warmup_of(problem(documents=20_000, words=200, block=64 << 20, shard=64 << 20))
    found = cut(warmup)
    kept = np.arange(len(warmup.offsets) - 1)
    assert (
        min(
            len(blocks(warmup)),
            len(bundles(found, warmup.recipe.pairs, len(kept))),
            len(packs(warmup, kept)),
        )
        >= 16
    )


def cut(given: Crawl) -> list[Array]:
    dealt = [scatter(block, given) for block in blocks(given)]
    return [
        gather(group, [keys[group] for keys in dealt], given)
        for group in range(band_groups(given.recipe.bands))
    ]


@pytest.mark.parametrize("size", [1, 50])
def test_bundles_hold_every_pair_once_and_components_whole(posed: AnyProblem, size: int) -> None:
    found = np.unique(np.concatenate(cut(posed.input)))
    cuts = bundles(cut(posed.input), size, posed.items)
    assert len(cuts) > 3
    assert sorted(np.concatenate([bundle.pairs for bundle in cuts]).tolist()) == found.tolist()
    clusters = components(posed.items, found)
    for bundle in cuts:
        of_pair = clusters[bundle.pairs >> np.uint64(32)]
        changes = (np.flatnonzero(np.diff(of_pair)) + 1).tolist()
        assert bundle.starts.tolist() == [0, *changes, len(of_pair)]
    whole = [cut for cut in cuts if len(cut.starts) > 2]
    inside = [set(clusters[cut.pairs >> np.uint64(32)].tolist()) for cut in whole]
    assert all(one.isdisjoint(other) for one, other in combinations(inside, 2))
    assert all(len(bundle.pairs) <= size for bundle in cuts)


@pytest.mark.parametrize("size", [1, 7, 40_000])
def test_every_document_counts_once_in_halves(posed: AnyProblem, size: int) -> None:
    found = cut(posed.input)
    scattered = sum(map(count_scattered, blocks(posed.input)))
    verified = sum(map(count_verified, bundles(found, size, posed.items)))
    assert (scattered, scattered + verified) == (posed.items // 2, posed.items)
