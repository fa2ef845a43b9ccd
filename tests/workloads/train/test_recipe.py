from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.train.support import problem, same
from workloads import train
from workloads.train.kernel import (
    Samples,
)
from workloads.train.recipe import TRAINING_IMAGES, Recipe, Training


@given(step=st.integers(0, 10_000), leaf=st.integers(0, 7))
def test_a_micro_batch_is_whole_wherever_it_begins(step: int, leaf: int) -> None:
    images = np.arange(15 * 32)
    recipe = Recipe(
        steps=1, batch=256, micro_batch=32, hidden=1, learning_rate=1.0, momentum=0.0, seed=0
    )
    taken = Training(Samples(images, images), recipe).micro_batch(step, leaf)
    assert len(taken.images) == 32


def test_the_first_pass_shows_every_sample_once() -> None:
    samples = np.arange(16 * 32)
    recipe = Recipe(
        steps=2, batch=256, micro_batch=32, hidden=1, learning_rate=1.0, momentum=0.0, seed=0
    )
    training = Training(Samples(samples, samples), recipe)
    seen = [training.micro_batch(step, leaf).labels for step in range(2) for leaf in range(8)]
    assert same(np.concatenate(seen), samples)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"steps": 0}, "steps=0 is not between 1 and 1,000,000"),
        ({"batch": -256}, "batch=-256 is not between"),
        ({"micro_batch": 0}, "micro_batch=0 is not between"),
        ({"hidden": 0}, "hidden=0 is not between"),
        ({"copies": 1001}, "copies=1001 is not between 1 and 1,000"),
        ({"seed": -1}, "seed=-1 is below 0"),
        ({"learning_rate": 0.0}, r"learning_rate=0.0 is not above 0"),
        ({"learning_rate": float("nan")}, r"learning_rate=nan is not above 0"),
        ({"momentum": 1.0}, r"momentum=1.0 is not from 0 to below 1"),
        ({"batch": 250}, "batch=250 is not a multiple of micro_batch=32"),
        ({"batch": 1440}, "batch=1440 is more than the 1,433 images that copies=1 makes"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        problem(**changed)


def test_the_defaults_make_sense() -> None:
    train.WORKLOAD.configure(train.WORKLOAD.defaults)


def test_the_number_of_training_images_is_right() -> None:
    assert len(problem(micro_batch=1, batch=1).input.samples.labels) == TRAINING_IMAGES
