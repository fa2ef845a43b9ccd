from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.workload import Reporter
from tests.pools import InProcessPool, ignore_progress, warmup_of
from tests.workloads.train.support import TINY, problem, same
from workloads import train
from workloads.train.network import psnr, squared_errors
from workloads.train.photographs import read_photographs
from workloads.train.steps import answer, start

QUICK = {"channels": 16, "depth": 3, "batch": 8, "crop": 16, "local_steps": 8}


def test_the_held_out_columns_change_nothing_in_training() -> None:
    photographs = read_photographs()
    settings = train.WORKLOAD.configure(train.WORKLOAD.defaults | TINY)
    scrambled = photographs.copy()
    scrambled[..., 480:] = 0.5
    assert same(
        train.make_problem(photographs, settings).input,
        train.make_problem(scrambled, settings).input,
    )


def test_the_held_out_pictures_and_the_validation_have_noise_of_their_own() -> None:
    loaded = problem()
    held_out, validation = loaded.held_out, loaded.input.validation
    for exposures in (held_out, validation):
        assert (exposures.noisy - exposures.clean).std() == pytest.approx(25 / 255, rel=0.02)
    first = validation.noisy.size
    noises = [(one.noisy - one.clean).ravel()[:first] for one in (held_out, validation)]
    assert abs(np.corrcoef(*noises)[0, 1]) < 0.02


def test_loading_twice_gives_the_same_bits() -> None:
    assert same(problem().input, problem().input)
    assert same(problem().held_out, problem().held_out)


def test_the_held_out_pictures_and_the_validation_are_the_same_whatever_the_seed() -> None:
    one, other = problem(seed=1), problem(seed=2)
    assert same(one.held_out, other.held_out)
    assert same(one.input.validation, other.input.validation)
    assert not same(one.input, other.input)


def test_the_held_out_pixels_are_counted() -> None:
    assert problem().held_out_items == 2 * 427 * 160


def test_the_warm_up_is_the_same_training_up_to_its_first_validation() -> None:
    loaded = problem()
    assert warmup_of(loaded).scenes is loaded.input.scenes
    assert warmup_of(loaded).recipe == loaded.input.recipe._replace(batches=4)


@pytest.mark.parametrize(("batches", "crops"), [(2, 4), (4, 8), (12, 8), (3, 4)])
def test_the_crops_of_the_warm_up_are_counted(batches: int, crops: int) -> None:
    loaded, heard = problem(batches=batches), list[int]()
    train.baseline(warmup_of(loaded), heard.append)
    assert loaded.warmup_items == heard[-1] == crops


def run_on_three(training: Any, report: Reporter) -> Any:
    return train.distributed(training, InProcessPool(3), report)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (train.baseline, [4, 8, 8, 12, 16, 16, 20, 24, 24]),
        (run_on_three, [12, 12, 24, 24]),
        (train.textbook, list(range(2, 26, 2))),
    ],
)
def test_crops_done_are_reported_after_every_step(
    run: Callable[[Any, Reporter], Any], expected: list[int]
) -> None:
    loaded, heard = problem(), list[int]()
    run(loaded.input, heard.append)
    assert heard == expected
    assert heard[-1] == loaded.items


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_so_many_workers_make_the_same_bits_from_run_to_run(workers: int) -> None:
    pools = InProcessPool(workers), InProcessPool(workers)
    one, two = (train.distributed(problem().input, pool, ignore_progress) for pool in pools)
    assert same(one, two)
    assert all(same(state.model, pools[0].states[0].model) for state in pools[0].states)


def test_one_worker_makes_the_bits_of_the_baseline() -> None:
    training = problem().input
    assert same(
        train.distributed(training, InProcessPool(1), ignore_progress),
        train.baseline(training, ignore_progress),
    )


def test_another_number_of_workers_makes_other_bits_and_it_is_said_why() -> None:
    training = problem().input
    assert not same(
        train.distributed(training, InProcessPool(2), ignore_progress),
        train.baseline(training, ignore_progress),
    )
    assert "alone between exchanges" in (train.WORKLOAD.answers_differ or "")


@pytest.mark.parametrize("workers", [1, 2])
def test_both_sides_stop_at_the_same_psnr_before_their_last_batch(workers: int) -> None:
    loaded = problem(**QUICK, batches=600, target=26.0, validate_every=32)
    heard = list[int]()
    pool = InProcessPool(workers)
    net = train.distributed(loaded.input, pool, heard.append)
    assert pool.states[0].found[0] >= 26.0
    assert heard[-1] < loaded.items
    assert train.quality(net, loaded.held_out).mean() == pytest.approx(26.0, abs=1.5)


def test_the_baseline_stops_at_its_target() -> None:
    loaded = problem(**QUICK, batches=600, target=26.0, validate_every=32)
    heard = list[int]()
    train.baseline(loaded.input, heard.append)
    assert heard[-1] < loaded.items


def test_the_target_is_said_in_words() -> None:
    said = train.WORKLOAD.words_with(train.WORKLOAD.defaults | {"target": 30.5}).until
    assert said == "a validation PSNR of 30.5 dB"


def test_a_network_that_is_not_trained_leaves_the_noise() -> None:
    loaded = problem()
    untrained = answer(start(loaded.input), loaded.input.recipe)
    assert 19.5 < train.quality(untrained, loaded.held_out).mean() < 21.5


def test_the_quality_is_a_score_for_each_tile_and_their_mean_the_psnr_of_whole_strips() -> None:
    loaded = problem()
    net = answer(start(loaded.input), loaded.input.recipe)
    scores = train.quality(net, loaded.held_out)
    whole = psnr(squared_errors(net, *loaded.held_out), loaded.held_out.clean.size)
    assert scores.shape == (2 * 7 * 4,)
    assert scores.mean() == pytest.approx(whole, abs=1e-9)
