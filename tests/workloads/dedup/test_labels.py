import numpy as np
import pytest

from tests.workloads.dedup.support import Planted, crawled, similarity
from workloads.dedup.labels import Truth, pair_f1, sample_truth, truth_of
from workloads.dedup.text import part_of


def scored(found: list[int], truth: Truth) -> float:
    return pair_f1(np.array(found, np.uint32), truth)


@pytest.mark.parametrize(
    ("found", "f1"),
    [([0, 0, 2, 2], 1.0), ([0, 1, 2, 3], 0.0), ([0, 0, 0, 0], 0.5), ([0, 0, 2, 3], 2 / 3)],
    ids=["right", "nothing found", "all in one", "half of it found"],
)
def test_the_quality_is_the_f1_of_pairs(found: list[int], f1: float) -> None:
    assert scored(found, truth_of(np.array([7, 7, 9, 9]))) == pytest.approx(f1)


def test_the_f1_of_nothing_is_not_1() -> None:
    truth = truth_of(np.arange(3))
    assert (truth.has_pairs, scored([0, 1, 2], truth)) == (False, 0.0)


def sample_of(pages: list[str], size: int, threshold: float = 0.5) -> Truth:
    given = crawled(pages)
    text = part_of(given.text, 0, int(given.offsets[-1]))
    return sample_truth(text, given.offsets, 2, threshold, size, 1)


def test_a_sample_has_all_its_duplicates_in_the_crawl() -> None:
    truth = sample_of(["a b c d e", "x y z", "a b c d f", "a b c d e", "x y q r s"], 5)
    found = {(int(truth.sample[place]), int(other)) for place, other in truth.pairs}
    assert found == {(0, 2), (2, 0), (0, 3), (3, 0), (2, 3), (3, 2)}


def test_a_sample_agrees_with_similarities_in_plain_python(grown: Planted) -> None:
    truth = sample_truth(grown.text, grown.offsets, 5, 0.7, 50, 1)
    found = {(int(truth.sample[place]), int(other)) for place, other in truth.pairs}
    every = [(one, other) for one in truth.sample.tolist() for other in range(600) if other != one]
    assert found == {
        (one, other)
        for one, other in every
        if similarity(grown.pages[one], grown.pages[other]) >= 0.7
    }
    assert found


def test_the_quality_on_a_sample_is_the_f1_of_its_pairs() -> None:
    truth = Truth(np.empty(0, np.int64), np.array([0, 3]), np.array([[0, 1], [1, 2]]))
    assert scored([0, 0, 2, 3, 4], truth) == pytest.approx(2 / 3)


def test_a_sample_counts_its_documents() -> None:
    assert sample_of(["a", "b", "c"], 2).documents == 2
