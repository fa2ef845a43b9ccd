from collections.abc import Sequence
from itertools import combinations

import numpy as np

from tests.workloads.dedup.support import Planted, crawl_in_memory, similarity


def nearest(grown: Planted, page: int, others: Sequence[int]) -> float:
    return max(
        similarity(grown.pages[page], grown.pages[other]) for other in others if other != page
    )


def test_a_planted_cluster_is_of_pages_that_are_alike(grown: Planted) -> None:
    clusters = [np.flatnonzero(grown.truth == label).tolist() for label in np.unique(grown.truth)]
    near = [
        nearest(grown, page, cluster)
        for cluster in clusters
        if len(cluster) > 1
        for page in cluster
    ]
    assert len(near) > 100
    assert np.mean(np.array(near) > 0.7) > 0.95


def test_pages_of_two_planted_clusters_are_not_alike(grown: Planted) -> None:
    apart = [
        similarity(grown.pages[a], grown.pages[b])
        for a, b in combinations(range(150), 2)
        if grown.truth[a] != grown.truth[b]
    ]
    assert np.mean(np.array(apart) < 0.7) > 0.999


def test_some_pages_that_are_half_alike_are_no_duplicates(grown: Planted) -> None:
    alone = [page for page in range(600) if np.sum(grown.truth == grown.truth[page]) == 1]
    assert sum(0.3 < nearest(grown, page, range(600)) < 0.6 for page in alone[:80]) > 10


def test_the_pages_are_ascii_lines_of_words() -> None:
    text, offsets, _ = crawl_in_memory(500, 40, 1)
    assert text.tobytes().isascii()
    assert all(text[end - 1] == ord("\n") for end in offsets[1:])
