import time

import numpy as np

from tests.pools import ignore_progress
from tests.workloads.train.support import problem
from workloads import train
from workloads.train.reference import products_of
from workloads.train.steps import answer, start


def test_the_textbook_program_reaches_the_same_weights() -> None:
    training = problem().input
    written = train.textbook(training, ignore_progress)
    expected = train.baseline(training, ignore_progress)
    for mine, theirs in zip(written, expected, strict=True):
        assert np.allclose(mine, theirs, rtol=0, atol=2e-4)


def test_the_textbook_program_moves_far_from_where_it_began() -> None:
    training = problem().input
    written = train.textbook(training, ignore_progress)
    began = answer(start(training), training.recipe)
    assert (
        max(np.abs(mine - first).max() for mine, first in zip(written, began, strict=True)) > 0.01
    )


def test_the_ceiling_is_measured_for_as_long_as_asked() -> None:
    training, began = problem().input, time.perf_counter()
    crops_per_second = train.ceiling(training, 0.05)
    took = time.perf_counter() - began
    assert took >= 0.05
    assert crops_per_second >= training.recipe.batch / took


def test_the_products_are_two_of_the_first_layer_and_three_of_each_other() -> None:
    assert products_of(8, 3, 100) == [
        (8, 27, 100),
        (8, 100, 27),
        (8, 72, 100),
        (8, 100, 72),
        (8, 72, 100),
        (3, 72, 100),
        (3, 100, 72),
        (8, 27, 100),
    ]
