import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.model import Parameters
from harness.run.digest import digest
from harness.workload import AnyProblem
from tests.pools import InProcessPool, ignore_progress, warmup_of
from workloads import dedup
from workloads.dedup.crawl import make_crawl
from workloads.dedup.kernel import Array
from workloads.dedup.labels import Truth, pair_f1, planted, sampled
from workloads.dedup.recipe import Crawl
from workloads.dedup.steps import Cleaned, band_groups, blocks, bundles, gather, packs, scatter

SMALL: Parameters = {"documents": 3000, "words": 60, "block": 40_000, "shard": 60_000}


def problem(**changed: Any) -> AnyProblem:
    return dedup.load(dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | SMALL | changed))


@pytest.fixture(scope="module")
def posed() -> AnyProblem:
    return problem()


@pytest.fixture(scope="module")
def cleaned(posed: AnyProblem) -> Cleaned:
    return dedup.baseline(posed.input, ignore_progress)


def known(value: Any) -> str:
    return digest(value, 0).sha256


def texts(given: Crawl) -> list[bytes]:
    return [given.text[begin:end].tobytes() for begin, end in pairwise(given.offsets)]


def crawled(pages: list[str], **changed: Any) -> Crawl:
    raw = [page.encode() for page in pages]
    text, offsets = np.frombuffer(b"".join(raw), np.uint8), np.cumsum([0, *map(len, raw)])
    settings = dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | SMALL | changed)
    given: Crawl = dedup.make_problem(text, offsets, planted(np.arange(len(pages))), settings).input
    return given


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_comes_to_the_same_clusters_and_shards(
    workers: int, posed: AnyProblem, cleaned: Cleaned
) -> None:
    assert known(dedup.distributed(posed.input, InProcessPool(workers), ignore_progress)) == known(
        cleaned
    )


def test_loading_twice_gives_the_same_bits(posed: AnyProblem) -> None:
    again = problem()
    assert (known(again.input), known(again.held_out)) == (
        known(posed.input),
        known(posed.held_out),
    )


def test_another_seed_gives_another_crawl(posed: AnyProblem) -> None:
    assert known(problem(seed=2).input.text) != known(posed.input.text)


def test_the_block_changes_no_answer(posed: AnyProblem, cleaned: Cleaned) -> None:
    other = posed.input._replace(recipe=posed.input.recipe._replace(block=7_000))
    assert known(dedup.baseline(other, ignore_progress)) == known(cleaned)


def test_planted_duplicates_are_found_and_hardly_anything_else(
    posed: AnyProblem, cleaned: Cleaned
) -> None:
    assert dedup.quality(cleaned, posed.held_out) > 0.95


def test_written_in_a_hurry_it_comes_to_the_same_clusters() -> None:
    given = problem(
        documents=400, permutations=1024, bands=128
    ).input  # so many bands of eight rows miss no pair
    hurried, expected = (
        dedup.textbook(given, ignore_progress),
        dedup.baseline(given, ignore_progress),
    )
    assert hurried.clusters.tolist() == expected.clusters.tolist()
    assert hurried.shards == expected.shards


def test_what_is_kept_is_one_document_of_each_cluster(cleaned: Cleaned) -> None:
    assert sorted(cleaned.clusters[cleaned.kept].tolist()) == sorted(set(cleaned.clusters.tolist()))


def test_the_shards_hold_what_is_kept_in_order(tmp_path: Path, posed: AnyProblem) -> None:
    given = posed.input._replace(recipe=posed.input.recipe._replace(shards=str(tmp_path)))
    cleaned, pages = dedup.baseline(given, ignore_progress), texts(given)
    lines = [line for path in sorted(tmp_path.iterdir()) for line in path.read_bytes().splitlines()]
    assert [json.loads(line)["text"].encode() for line in lines] == [
        pages[document] for document in cleaned.kept
    ]


def test_shards_that_nobody_asked_for_leave_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, posed: AnyProblem
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert dedup.baseline(posed.input, ignore_progress).shards
    assert list(tmp_path.iterdir()) == []


def test_a_shard_that_stays_may_be_read_like_any_other_file(
    tmp_path: Path, posed: AnyProblem
) -> None:
    given = posed.input._replace(recipe=posed.input.recipe._replace(shards=str(tmp_path)))
    dedup.baseline(given, ignore_progress)
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    (tmp_path / "another").touch()
    assert modes == {(tmp_path / "another").stat().st_mode & 0o777}


def test_shards_of_an_earlier_run_do_not_stay_among_those_of_a_later_one(
    tmp_path: Path, posed: AnyProblem
) -> None:
    recipe = posed.input.recipe._replace(shards=str(tmp_path))
    written = [
        len(
            dedup.baseline(
                posed.input._replace(recipe=recipe._replace(shard=size)), ignore_progress
            ).shards
        )
        for size in (60_000, 240_000)
    ]
    (tmp_path / "shard-of-mine.jsonl").touch()
    dedup.distributed(
        posed.input._replace(recipe=recipe._replace(shard=240_000)),
        InProcessPool(2),
        ignore_progress,
    )
    assert written[0] > written[1]
    names = [f"shard-{number:05}.jsonl" for number in range(written[1])]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names, "shard-of-mine.jsonl"]


def test_documents_without_a_word_are_duplicates_of_each_other() -> None:
    given = crawled(["", "some text of its own", " \n", "another text of its own", ""])
    assert dedup.baseline(given, ignore_progress).clusters.tolist() == [0, 1, 0, 3, 0]


def test_a_crawl_of_one_document_keeps_it() -> None:
    assert dedup.baseline(crawled(["alone"]), ignore_progress).kept.tolist() == [0]


def test_copies_of_one_page_are_one_cluster_however_many_they_are() -> None:
    given = crawled(["the same page again and again and again"] * 500)
    assert set(dedup.baseline(given, ignore_progress).clusters.tolist()) == {0}


def test_reports_count_every_document(posed: AnyProblem) -> None:
    heard, told = list[int](), list[int]()
    dedup.baseline(posed.input, heard.append)
    dedup.distributed(posed.input, InProcessPool(2), told.append)
    assert heard[-1] == told[-1] == posed.items == 3000


def test_the_truth_is_no_part_of_the_input() -> None:
    text, offsets, clusters = make_crawl(100, 20, 1)
    settings = dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | SMALL)
    one, other = (
        dedup.make_problem(text, offsets, planted(truth), settings)
        for truth in (clusters, clusters[::-1].copy())
    )
    assert known(one.input) == known(other.input)


def test_the_warm_up_is_the_first_documents_and_its_shards_never_stay(tmp_path: Path) -> None:
    posed = problem(documents=20_000, shards=str(tmp_path))
    assert (posed.input.recipe.shards, warmup_of(posed).recipe.shards) == (str(tmp_path), "")
    assert len(warmup_of(posed).offsets) - 1 == posed.warmup_items
    assert (
        warmup_of(posed).text.tobytes() == posed.input.text[: len(warmup_of(posed).text)].tobytes()
    )
    assert 0 < len(warmup_of(posed).text) <= dedup.WARMUP_BYTES < len(posed.input.text)


def test_the_warm_up_has_enough_of_every_step_for_many_workers() -> None:
    warmup = warmup_of(problem(documents=20_000, words=200, block=16 << 20, shard=16 << 20))
    found = cut(warmup)
    kept = np.arange(len(warmup.offsets) - 1)
    assert (
        min(
            len(blocks(warmup)),
            len(bundles(found, warmup.recipe.pairs)),
            len(packs(warmup, kept)),
        )
        >= 16
    )


def shingled(page: bytes) -> set[tuple[bytes, ...]]:
    words = page.lower().split()
    return {tuple(words[at : at + 5]) for at in range(max(1, len(words) - 4))}


def similarity(one: set[tuple[bytes, ...]], other: set[tuple[bytes, ...]]) -> float:
    return len(one & other) / len(one | other)


@dataclass(frozen=True)
class Planted:
    """A crawl's pages as sets of shingles, and the cluster that each belongs to."""

    text: Array
    offsets: Array
    pages: tuple[set[tuple[bytes, ...]], ...]
    truth: Array


@pytest.fixture(scope="module")
def grown() -> Planted:
    text, offsets, truth = make_crawl(600, 150, 3)
    return Planted(
        text,
        offsets,
        tuple(shingled(text[begin:end].tobytes()) for begin, end in pairwise(offsets)),
        truth,
    )


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
    assert sum(0.3 < nearest(grown, page, range(600)) < 0.6 for page in alone) > 10


def test_the_pages_are_ascii_lines_of_words() -> None:
    text, offsets, _ = make_crawl(500, 40, 1)
    assert text.tobytes().isascii()
    assert all(text[end - 1] == ord("\n") for end in offsets[1:])


def scored(found: list[int], truth: Truth) -> float:
    return pair_f1(np.array(found, np.uint32), truth)


@pytest.mark.parametrize(
    ("found", "f1"),
    [([0, 0, 2, 2], 1.0), ([0, 1, 2, 3], 0.0), ([0, 0, 0, 0], 0.5), ([0, 0, 2, 3], 2 / 3)],
    ids=["right", "nothing found", "all in one", "half of it found"],
)
def test_the_quality_is_the_f1_of_pairs(found: list[int], f1: float) -> None:
    assert scored(found, planted(np.array([7, 7, 9, 9]))) == pytest.approx(f1)


def test_where_there_is_no_pair_and_none_was_found_all_is_well() -> None:
    assert scored([0, 1, 2], planted(np.arange(3))) == 1.0


def sample_of(pages: list[str], size: int, threshold: float = 0.5) -> Truth:
    given = crawled(pages)
    return sampled(given.text, given.offsets, 2, threshold, size, 1)


def test_a_sample_knows_everything_in_the_crawl_that_is_like_it() -> None:
    truth = sample_of(["a b c d e", "x y z", "a b c d f", "a b c d e", "x y q r s"], 5)
    found = {(int(truth.sample[place]), int(other)) for place, other in truth.pairs}
    assert found == {(0, 2), (2, 0), (0, 3), (3, 0), (2, 3), (3, 2)}


def test_a_sample_agrees_with_similarities_written_down(grown: Planted) -> None:
    truth = sampled(grown.text, grown.offsets, 5, 0.7, 50, 1)
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


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"documents": 0}, "documents=0 is not between 1"),
        ({"threshold": 0.0}, "threshold=0.0 is not above 0"),
        ({"threshold": float("nan")}, "threshold=nan"),
        ({"seed": -1}, "seed=-1 is below 0"),
        ({"permutations": 100}, "permutations=100 is not a multiple of four times bands=96"),
        ({"block": 0}, "block=0 is not between 1"),
        ({"shards": "/no/such/folder"}, "shards=/no/such/folder is not a folder"),
        ({"shards": "/etc/hostname"}, "shards=/etc/hostname is not a folder"),
        ({"shards": "~nobodyhere/x"}, "shards='~nobodyhere/x' is no path"),
        ({"shards": "x" * 5000}, "shards=.* is no"),
        ({"input": "~nobodyhere/x"}, "input='~nobodyhere/x' is no path"),
        ({"input": "x" * 5000}, "input=.* is no"),
        (
            {"documents": 50_000_000, "words": 21},
            "documents=50000000 of words=21 are more than 1,000,000,000 words",
        ),
        ({"input": "/no/such/thing"}, "input=/no/such/thing is not a folder"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(changed: Parameters, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | changed)


def test_the_values_to_tune_by_are_allowed_and_none_is_in_use() -> None:
    for value in dedup.BLOCKS:
        dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | {"block": value})
    assert dedup.WORKLOAD.defaults["block"] not in dedup.BLOCKS


def test_the_limit_is_a_speed(posed: AnyProblem) -> None:
    assert dedup.ceiling(posed.input, 0.02) > 0


def cut(given: Crawl) -> list[Array]:
    dealt = [scatter(block, given) for block in blocks(given)]
    return [
        gather(group, [keys[group] for keys in dealt], given)
        for group in range(band_groups(given.recipe.bands))
    ]


def test_bundles_hold_every_pair_once_and_a_document_in_one_of_them(posed: AnyProblem) -> None:
    found = cut(posed.input)
    cuts = bundles(found, 50)
    assert len(cuts) > 3
    for group, run in enumerate(found):
        assert np.concatenate([bundle[group] for bundle in cuts]).tolist() == run.tolist()
    later = [set((np.concatenate(bundle) >> np.uint64(32)).tolist()) for bundle in cuts]
    assert all(one.isdisjoint(other) for one, other in combinations(later, 2))
