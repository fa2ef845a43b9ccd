from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.workload import QualityReporter
from tests.pools import Heard, InProcessPool, ignore_progress, warmup_of
from tests.workloads.train.support import TINY, problem, same
from workloads import train
from workloads.train.network import psnr, squared_errors
from workloads.train.photographs import read_photographs
from workloads.train.steps import answer, start

QUICK = {"channels": 16, "depth": 3, "batch": 8, "group": 4, "crop": 16}


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
    assert warmup_of(loaded).recipe == loaded.input.recipe._replace(batches=5)


@pytest.mark.parametrize(("batches", "crops"), [(2, 8), (5, 20), (12, 20)])
def test_the_crops_of_the_warm_up_are_counted(batches: int, crops: int) -> None:
    loaded, heard = problem(batches=batches), Heard()
    train.baseline(warmup_of(loaded), heard)
    assert loaded.warmup_items == heard.done[-1] == crops


def run_on_three(training: Any, report: QualityReporter) -> Any:
    return train.distributed(training, InProcessPool(3), report)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (train.baseline, list(range(4, 52, 4))),
        (run_on_three, list(range(4, 52, 4))),
        (train.textbook, list(range(4, 52, 4))),
    ],
)
def test_crops_done_are_reported_after_every_step(
    run: Callable[[Any, QualityReporter], Any], expected: list[int]
) -> None:
    loaded, heard = problem(), Heard()
    run(loaded.input, heard)
    assert heard.done == expected
    assert heard.done[-1] == loaded.items


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_any_number_of_workers_makes_the_bits_of_the_baseline(workers: int) -> None:
    training, pool = problem().input, InProcessPool(workers)
    assert same(
        train.distributed(training, pool, ignore_progress),
        train.baseline(training, ignore_progress),
    )
    assert all(same(state.model, pool.states[0].model) for state in pool.states)


def test_the_default_groups_make_the_bits_of_the_baseline_too() -> None:
    training = problem(batch=16, group=4, crop=16, channels=32, depth=4, batches=5).input
    assert same(
        train.distributed(training, InProcessPool(2), ignore_progress),
        train.baseline(training, ignore_progress),
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_both_sides_stop_at_the_same_psnr_before_their_last_batch(workers: int) -> None:
    loaded = problem(**QUICK, batches=600, target=26.0, validate_every=32)
    heard = Heard()
    pool = InProcessPool(workers)
    net = train.distributed(loaded.input, pool, heard)
    assert pool.states[0].found[0] >= 26.0
    assert heard.done[-1] < loaded.items
    assert same(net, train.baseline(loaded.input, ignore_progress))
    assert train.quality(net, loaded.held_out).mean() == pytest.approx(26.0, abs=1.5)


def test_both_sides_report_the_psnr_of_each_validation_until_it_is_good() -> None:
    training = problem(**QUICK, batches=600, target=26.0, validate_every=32).input
    alone, together = Heard(), Heard()
    train.baseline(training, alone)
    train.distributed(training, InProcessPool(2), together)
    assert alone.qualities == together.qualities
    assert alone.qualities[0] < 26.0 <= alone.qualities[-1]
    assert len(alone.qualities) == len(alone.done) - 32  # of no step before the first validation


def test_the_baseline_stops_at_its_target() -> None:
    loaded = problem(**QUICK, batches=600, target=26.0, validate_every=32)
    heard = Heard()
    train.baseline(loaded.input, heard)
    assert heard.done[-1] < loaded.items


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
