from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.model import Parameters
from harness.workload import Reporter
from tests.pools import InProcessPool, ignore_progress, warmup_of
from tests.workloads.train.support import TINY, problem, same
from workloads import train
from workloads.train.digits import read_digits
from workloads.train.kernel import (
    layers,
)
from workloads.train.steps import start

QUICK: Parameters = {"steps": 400, "batch": 512, "micro_batch": 128, "hidden": 128, "copies": 16}


def test_at_least_360_digits_are_held_out_a_fifth_of_each_class() -> None:
    labels = read_digits().labels
    held = train.held_out_mask(labels)
    assert held.sum() == 364
    assert np.allclose(np.bincount(labels[held]) / np.bincount(labels), 0.2, atol=0.01)


def test_the_held_out_images_change_nothing_in_training() -> None:
    images, labels = read_digits()
    settings = train.WORKLOAD.configure(train.WORKLOAD.defaults | TINY)
    scrambled = images.copy()
    scrambled[train.held_out_mask(labels)] = 99
    assert same(
        train.make_problem(images, labels, settings).input,
        train.make_problem(scrambled, labels, settings).input,
    )


def test_the_held_out_set_is_the_same_whatever_the_seed() -> None:
    assert same(problem(seed=1).held_out, problem(seed=2).held_out)


def test_the_held_out_images_are_not_augmented() -> None:
    images, labels = read_digits()
    held = train.held_out_mask(labels)
    assert same(problem().held_out, (images[held].reshape(-1, 64), labels[held]))


def test_loading_twice_gives_the_same_bits() -> None:
    assert same(problem().input, problem().input)


def test_another_seed_gives_another_training_set() -> None:
    assert not same(problem(seed=1).input.samples.images, problem(seed=2).input.samples.images)


def test_training_images_are_single_precision_and_contiguous() -> None:
    images = problem().input.samples.images
    assert images.dtype == np.float32
    assert images.flags.c_contiguous


def test_the_warm_up_is_the_same_samples_for_two_steps() -> None:
    loaded = problem()
    assert warmup_of(loaded).samples is loaded.input.samples
    assert warmup_of(loaded).recipe == loaded.input.recipe._replace(steps=2)


@pytest.mark.parametrize(("steps", "items"), [(1, 256), (2, 512), (3, 512)])
def test_the_samples_of_the_warm_up_are_counted(steps: int, items: int) -> None:
    loaded, heard = problem(steps=steps), list[int]()
    train.baseline(warmup_of(loaded), heard.append)
    assert loaded.warmup_items == heard[-1] == items


@pytest.mark.parametrize("batch", [256, 224], ids=["8 leaves", "7 leaves"])
@pytest.mark.parametrize("workers", [1, 2, 3, 4, 5, 7])
def test_any_number_of_workers_makes_the_same_bits_as_the_baseline(
    workers: int, batch: int
) -> None:
    training, table = problem(batch=batch).input, InProcessPool(workers)
    assert same(
        train.distributed(training, table, ignore_progress),
        train.baseline(training, ignore_progress),
    )
    assert all(same(state.weights, table.states[0].weights) for state in table.states)


def test_as_many_workers_as_micro_batches_make_the_same_bits_as_the_baseline() -> None:
    training = problem().input
    assert same(
        train.distributed(training, InProcessPool(8), ignore_progress),
        train.baseline(training, ignore_progress),
    )


def test_training_twice_in_one_process_gives_the_same_bits() -> None:
    training = problem().input
    assert same(
        train.baseline(training, ignore_progress), train.baseline(training, ignore_progress)
    )


@pytest.mark.parametrize(
    "run",
    [
        train.baseline,
        train.textbook,
        lambda training, report: train.distributed(training, InProcessPool(3), report),
    ],
)
def test_samples_done_are_reported_after_every_step(run: Callable[[Any, Reporter], Any]) -> None:
    loaded, heard = problem(), list[int]()
    run(loaded.input, heard.append)
    assert heard == [256, 512, loaded.items]


def test_a_quick_run_reaches_the_accuracy() -> None:
    loaded = problem(**QUICK)
    assert train.quality(train.baseline(loaded.input, ignore_progress), loaded.held_out) >= 0.97


def test_an_untrained_model_guesses() -> None:
    loaded = problem()
    untrained = layers(start(loaded.input).weights, 16)
    assert train.quality(untrained, loaded.held_out) < 0.4


def test_no_reason_is_given_for_answers_to_differ() -> None:
    assert train.WORKLOAD.answers_differ is None


def test_the_held_out_digits_are_counted() -> None:
    loaded = problem()
    assert loaded.held_out_items == len(loaded.held_out.labels) == 364
