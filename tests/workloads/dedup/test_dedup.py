from pathlib import Path
from typing import Any

import pytest

from harness.run.digest import digest
from harness.workload import AnyProblem
from tests.pools import InProcessPool, ignore_progress, warmup_of
from tests.workloads.dedup.support import SMALL, crawl_in_memory, problem
from workloads import dedup
from workloads.dedup.labels import truth_of
from workloads.dedup.steps import Cleaned
from workloads.dedup.text import part_of


def digest_of(value: Any) -> str:
    return digest(value, 0).sha256


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_comes_to_the_same_clusters_and_shards(
    workers: int, posed: AnyProblem, cleaned: Cleaned
) -> None:
    assert digest_of(
        dedup.distributed(posed.input, InProcessPool(workers), ignore_progress)
    ) == digest_of(cleaned)


def test_loading_twice_gives_the_same_bits(posed: AnyProblem) -> None:
    again = problem()
    assert (digest_of(again.input), digest_of(again.held_out)) == (
        digest_of(posed.input),
        digest_of(posed.held_out),
    )


def test_another_seed_gives_another_crawl(posed: AnyProblem) -> None:
    assert digest_of(problem(seed=2).input.text) != digest_of(posed.input.text)


def test_the_block_changes_no_answer(posed: AnyProblem, cleaned: Cleaned) -> None:
    other = posed.input._replace(recipe=posed.input.recipe._replace(block=7_000))
    assert digest_of(dedup.baseline(other, ignore_progress)) == digest_of(cleaned)


def test_planted_duplicates_are_found_and_hardly_anything_else(
    posed: AnyProblem, cleaned: Cleaned
) -> None:
    assert dedup.quality(cleaned, posed.held_out) > 0.95


def test_reports_count_every_document(posed: AnyProblem) -> None:
    heard, told = list[int](), list[int]()
    dedup.baseline(posed.input, heard.append)
    dedup.distributed(posed.input, InProcessPool(2), told.append)
    assert heard[-1] == told[-1] == posed.items == 3000


def test_the_truth_is_no_part_of_the_input() -> None:
    text, offsets, clusters = crawl_in_memory(100, 20, 1)
    settings = dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | SMALL)
    one, other = (
        dedup.make_problem(text, offsets, truth_of(truth), settings)
        for truth in (clusters, clusters[::-1].copy())
    )
    assert digest_of(one.input) == digest_of(other.input)


def test_the_warm_up_is_the_first_documents_and_keeps_no_shards(tmp_path: Path) -> None:
    posed = problem(documents=20_000, shards=str(tmp_path))
    assert (posed.input.recipe.shards, warmup_of(posed).recipe.shards) == (str(tmp_path), "")
    assert len(warmup_of(posed).offsets) - 1 == posed.warmup_items
    assert (
        warmup_of(posed).text.tobytes()
        == part_of(posed.input.text, 0, len(warmup_of(posed).text)).tobytes()
    )
    assert 0 < len(warmup_of(posed).text) <= dedup.WARMUP_BYTES < posed.input.offsets[-1]


@pytest.mark.parametrize("block", [1, 40_000, 64 << 20])
def test_the_warm_up_has_as_many_steps_whatever_the_blocks_are(block: int) -> None:
    warmup = warmup_of(problem(block=block, shard=block))
    assert {warmup.recipe.block, warmup.recipe.shard} == {
        int(warmup.offsets[-1]) // dedup.WARMUP_STEPS
    }
