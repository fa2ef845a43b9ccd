import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pools import InProcessPool, ignore_progress
from tests.workloads.train.support import TINY, problem, same
from workloads import train
from workloads.train.network import layers
from workloads.train.optimizer import as_model
from workloads.train.photographs import draw_batch
from workloads.train.recipe import Recipe
from workloads.train.steps import (
    State,
    combine,
    contribute,
    is_good,
    rounds_between,
    rounds_done,
    split_work,
    start,
    steps_at_most,
)


def after_one_round(training: Any, workers: int) -> State:
    state = start(training)
    parts = [
        contribute(state, 0, share, training).copy() for share in split_work(training, workers)
    ]
    return combine(state, 0, parts, training)


def test_a_round_leaves_the_replica_as_it_was() -> None:
    training = problem().input
    state = start(training)
    before = state.model.copy()
    contribute(state, 0, split_work(training, 2)[1], training)
    assert np.array_equal(state.model, before)


def test_workers_draw_different_batches_and_together_those_of_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = list[int]()

    def noted(scenes: Any, recipe: Recipe, number: int) -> Any:
        drawn.append(number)
        return draw_batch(scenes, recipe, number)

    monkeypatch.setattr("workloads.train.steps.draw_batch", noted)
    training = problem(validate_every=1000).input
    state = start(training)
    for step in (0, 1):
        for share in split_work(training, 3):
            contribute(state, step, share, training)
    assert drawn[:6] == [0, 3, 1, 4, 2, 5]
    assert sorted(drawn) == list(range(12))


def test_the_next_model_is_the_average_of_what_all_have_trained() -> None:
    training = problem().input
    state = start(training)
    parts = [contribute(state, 0, share, training).copy() for share in split_work(training, 3)]
    assert not same(parts[0], parts[1])
    combined = combine(state, 0, parts, training)
    assert np.allclose(combined.model, np.mean(parts, axis=0), rtol=0, atol=1e-6)


def test_one_worker_takes_its_own_steps_and_nothing_else() -> None:
    one, many = (
        train.baseline(problem(local_steps=steps, validate_every=12).input, ignore_progress)
        for steps in (1, 6)
    )
    assert same(one, many)


@pytest.mark.parametrize("workers", [1, 2, 5, 14, 20])
def test_a_validation_finds_the_same_psnr_however_the_tiles_are_divided(workers: int) -> None:
    training = problem(validate_every=1).input
    state = start(training)
    parts = [contribute(state, 1, share, training) for share in split_work(training, workers)]
    assert sum(map(len, parts)) == 14
    assert same(combine(state, 1, parts, training).found, _found_alone(training))


def _found_alone(training: Any) -> Any:
    state, (share,) = start(training), split_work(training, 1)
    return combine(state, 1, [contribute(state, 1, share, training)], training).found


def test_nothing_is_good_before_the_first_validation() -> None:
    training = problem(target=0.001).input
    state = after_one_round(training, 1)
    assert not is_good(state, 1, training)


@pytest.mark.parametrize(("target", "good"), [(0.001, True), (99.0, False)])
def test_a_validation_decides_whether_it_is_over(target: float, good: bool) -> None:
    training = problem(target=target, validate_every=2).input
    state, (share,) = after_one_round(training, 1), split_work(training, 1)
    state = combine(state, 1, [contribute(state, 1, share, training)], training)
    assert is_good(state, 2, training) is good


def test_a_replica_sent_in_mid_run_goes_on_with_the_same_bits() -> None:
    training = problem(validate_every=1000).input
    state, share = after_one_round(training, 2), split_work(training, 2)[1]
    sent, copied = pickle.loads(pickle.dumps(state)), copy.deepcopy(state)
    expected = contribute(state, 1, share, training)
    assert same(contribute(sent, 1, share, training), expected)
    assert same(contribute(copied, 1, share, training), expected)


def test_too_few_batches_for_the_workers_are_refused() -> None:
    with pytest.raises(
        ValueError, match="batches=12 are too few for 7 workers: with local_steps=2 they need 14"
    ):
        train.distributed(problem().input, InProcessPool(7), ignore_progress)


def recipe(batches: int, local_steps: int, validate_every: int) -> Recipe:
    asked = {"batches": batches, "local_steps": local_steps, "validate_every": validate_every}
    return train.WORKLOAD.configure(train.WORKLOAD.defaults | TINY | asked).recipe


@given(
    workers=st.integers(1, 20),
    local_steps=st.integers(1, 20),
    rounds=st.integers(1, 50),
    every=st.integers(1, 500),
)
def test_the_most_steps_are_all_rounds_and_the_validations_between_them(
    workers: int, local_steps: int, rounds: int, every: int
) -> None:
    asked = recipe(rounds * workers * local_steps, local_steps, every)
    steps = steps_at_most(asked, workers)
    assert rounds_done(asked, steps, workers) == rounds
    assert steps - rounds == rounds // rounds_between(asked, workers)


def test_more_workers_validate_after_as_many_batches_as_one() -> None:
    asked = recipe(1000, 8, 96)
    assert [rounds_between(asked, workers) for workers in (1, 2, 3, 4, 12, 100)] == [
        12,
        6,
        4,
        3,
        1,
        1,
    ]


def test_the_network_begins_near_the_picture_with_biases_of_0() -> None:
    training = problem().input
    state = start(training)
    net = layers(as_model(state.model).weights, 8, 3)
    assert not any(layer[:, -1].any() for layer in net)
    assert np.abs(net[-1]).max() < np.abs(net[-2]).max() / 4
