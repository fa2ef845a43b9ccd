import time

import numpy as np

from tests.pools import ignore_progress
from tests.workloads.train.support import problem
from workloads import train
from workloads.train.kernel import (
    layers,
)
from workloads.train.steps import start


def test_the_textbook_program_reaches_the_same_weights() -> None:
    training = problem().input
    written, expected = (
        train.textbook(training, ignore_progress),
        train.baseline(training, ignore_progress),
    )
    for mine, theirs in zip(written, expected, strict=True):
        assert np.allclose(mine.weights, theirs.weights, rtol=0, atol=1e-5)
        assert np.allclose(mine.bias, theirs.bias, rtol=0, atol=1e-5)


def test_the_textbook_program_moves_as_far_as_the_baseline() -> None:
    training = problem().input
    untrained, trained = (
        layers(start(training).weights, 16),
        train.textbook(training, ignore_progress),
    )
    assert (
        max(
            np.abs(mine.weights - theirs.weights).max()
            for mine, theirs in zip(trained, untrained, strict=True)
        )
        > 1e-3
    )


def test_the_textbook_program_uses_double_precision() -> None:
    assert {layer.weights.dtype for layer in train.textbook(problem().input, ignore_progress)} == {
        np.dtype(float)
    }


def test_the_ceiling_is_measured_for_as_long_as_asked() -> None:
    training, began = problem().input, time.perf_counter()
    samples_per_second = train.ceiling(training, 0.05)
    took = time.perf_counter() - began
    assert took >= 0.05
    assert samples_per_second >= training.recipe.batch / took


def test_the_values_to_tune_by_fit_the_default_batch() -> None:
    name, values = train.WORKLOAD.proof.tuned or ("", ())
    for value in values:
        train.WORKLOAD.configure(train.WORKLOAD.defaults | {name: value})


def test_the_value_in_use_is_none_of_the_others_to_tune_by() -> None:
    assert train.WORKLOAD.defaults["micro_batch"] not in train.MICRO_BATCHES
