from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.workload import Reporter
from tests.pools import InProcessPool, ignore_progress, warmup_of
from tests.workloads.recommend.support import problem, same
from workloads import recommend
from workloads.recommend.rows import (
    HeldOut,
)


@pytest.mark.parametrize("workers", [1, 2, 3, 5, 7])
def test_any_number_of_workers_makes_the_same_bits_as_the_baseline(workers: int) -> None:
    training = problem().input
    assert same(
        recommend.distributed(training, InProcessPool(workers), ignore_progress),
        recommend.baseline(training, ignore_progress),
    )


@pytest.mark.parametrize("workers", [1, 3])
def test_both_sides_stop_after_the_first_iteration_that_reaches_the_target(workers: int) -> None:
    recalls = list[float]()
    for iterations in (1, 2, 3):
        few = problem(iterations=iterations).input
        recalls.append(
            recommend.quality(recommend.baseline(few, ignore_progress), few.validation).mean()
        )
    assert recalls[0] < recalls[1]
    training, heard = problem(target=(recalls[0] + recalls[1]) / 2).input, list[int]()
    answers = (
        recommend.baseline(training, ignore_progress),
        recommend.distributed(training, InProcessPool(workers), heard.append),
        recommend.baseline(problem(iterations=2).input, ignore_progress),
    )
    assert same(answers[0], answers[1])
    assert same(answers[0], answers[2])
    assert heard[-1] == 2 * 2 * len(training.users.columns)


def test_loading_twice_gives_the_same_bits() -> None:
    assert same(problem(), problem())


def test_another_seed_draws_other_interactions() -> None:
    assert not same(problem(seed=1).input.users, problem(seed=2).input.users)


def test_factorizing_twice_in_one_process_makes_the_same_bits() -> None:
    training = problem().input
    assert same(
        recommend.baseline(training, ignore_progress), recommend.baseline(training, ignore_progress)
    )


def test_an_input_that_cannot_be_written_to_gives_the_same_bits() -> None:
    training = problem().input
    assert same(
        recommend.baseline(InProcessPool(1).share(training), ignore_progress),
        recommend.baseline(training, ignore_progress),
    )


def test_recall_counts_what_is_among_the_ten_best_that_were_not_seen() -> None:
    scores = np.arange(20, dtype=np.float32)[::-1]  # item 0 is the best
    held = HeldOut(
        np.array([0]), np.array([0, 3]), np.array([2, 11, 12]), np.array([0, 2]), np.array([0, 1])
    )
    answer = recommend.Factors(np.ones((1, 1), np.float32), scores[:, None])
    assert recommend.quality(answer, held) == pytest.approx([2 / 3])


def test_recall_over_fewer_items_than_ten_counts_them_all() -> None:
    held = HeldOut(
        np.array([0]), np.array([0, 2]), np.array([2, 3]), np.array([0, 1]), np.array([0])
    )
    answer = recommend.Factors(np.ones((1, 1), np.float32), np.ones((4, 1), np.float32))
    assert recommend.quality(answer, held).tolist() == [1]


@pytest.mark.parametrize(
    "run",
    [
        recommend.baseline,
        recommend.textbook,
        lambda given, report: recommend.distributed(given, InProcessPool(3), report),
    ],
)
def test_interactions_done_are_reported_after_every_half_iteration(
    run: Callable[[Any, Reporter], Any],
) -> None:
    loaded, heard = problem(), list[int]()
    run(loaded.input, heard.append)
    assert sorted({*heard}) == [step * loaded.items // 6 for step in range(1, 7)]
    assert heard == sorted(heard)


def test_the_interactions_of_the_warm_up_are_counted() -> None:
    loaded, heard = problem(), list[int]()
    recommend.baseline(warmup_of(loaded), heard.append)
    assert loaded.warmup_items == heard[-1]


def test_the_warm_up_is_the_same_interactions_for_one_iteration() -> None:
    loaded = problem()
    assert warmup_of(loaded).users is loaded.input.users
    assert warmup_of(loaded).recipe == loaded.input.recipe._replace(iterations=1)
