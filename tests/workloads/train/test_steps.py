import copy
import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pools import InProcessPool, ignore_progress
from tests.workloads.train.support import problem, same
from workloads import train
from workloads.train.kernel import Array
from workloads.train.network import layers
from workloads.train.optimizer import as_model
from workloads.train.photographs import draw_group
from workloads.train.recipe import Recipe
from workloads.train.reference import textbook_gradient
from workloads.train.steps import (
    Part,
    State,
    Sum,
    add_in_pairs,
    combine,
    contribute,
    is_good,
    split_work,
    start,
)


def parts_of(state: State, step: int, training: Any, workers: int) -> list[Part]:
    return [contribute(state, step, share, training) for share in split_work(training, workers)]


def after_steps(training: Any, steps: int) -> State:
    state = start(training)
    for step in range(steps):
        state = combine(state, step, parts_of(state, step, training, 1), training)
    return state


def test_a_contribution_leaves_the_replica_as_it_was() -> None:
    training = problem().input
    state = start(training)
    before = state.model.copy()
    contribute(state, 0, split_work(training, 2)[1], training)
    assert np.array_equal(state.model, before)


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_workers_draw_different_groups_and_together_those_of_one(
    workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = list[int]()

    def noted(scenes: Any, recipe: Recipe, number: int) -> Any:
        drawn.append(number)
        return draw_group(scenes, recipe, number)

    monkeypatch.setattr("workloads.train.steps.draw_group", noted)
    training = problem().input
    state = start(training)
    for step in (0, 1):
        parts_of(state, step, training, workers)
    assert drawn == list(range(8))


def test_the_sum_is_the_gradient_of_the_whole_batch() -> None:
    training = problem().input
    state = start(training)
    [part] = parts_of(state, 0, training, 1)
    drawn = [draw_group(training.scenes, training.recipe, number) for number in range(4)]
    noisy, other = (np.concatenate(exposures) for exposures in zip(*drawn, strict=True))
    net = layers(as_model(state.model).weights, 8, 3)
    expected = np.concatenate([layer.ravel() for layer in textbook_gradient(net, noisy, other)])
    [whole] = part.sums
    assert (whole.first, whole.groups) == (0, 4)
    assert np.allclose(whole.gradient, expected, rtol=1e-3, atol=1e-6)


@given(
    groups=st.integers(1, 12),
    cuts=st.lists(st.integers(0, 12), max_size=4),
    seed=st.integers(0, 99),
)
def test_sums_have_equal_bits_wherever_they_were_added_before(
    groups: int, cuts: list[int], seed: int
) -> None:
    rows = np.random.default_rng(seed).standard_normal((groups, 5), dtype=np.float32)
    singles = [Sum(place, 1, row) for place, row in enumerate(rows)]
    ends = sorted({0, groups, *(min(cut, groups) for cut in cuts)})
    before = [add_in_pairs(singles[first:stop]) for first, stop in pairwise(ends)]
    found = add_in_pairs(one for run in before for one in run)
    expected = add_in_pairs(singles)
    assert [(one.first, one.groups) for one in found] == [
        (one.first, one.groups) for one in expected
    ]
    assert all(
        same(one.gradient, other.gradient) for one, other in zip(found, expected, strict=True)
    )
    assert np.allclose(sum(one.gradient for one in found), rows.sum(axis=0), atol=1e-5)


def test_pairs_are_added_before_pairs_of_pairs() -> None:
    small = np.float32(2**-24)
    rows: Array = np.array([[1], [small], [small], [small]], np.float32)
    [total] = add_in_pairs(Sum(place, 1, row) for place, row in enumerate(rows))
    assert total.gradient[0] == np.float32(1 + 2 * small)


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_a_validation_finds_the_same_psnr_however_the_tiles_are_divided(workers: int) -> None:
    training = problem(validate_every=1).input
    state = after_steps(training, 1)
    parts = parts_of(state, 1, training, workers)
    assert sum(len(part.errors) for part in parts) == 14
    expected = parts_of(state, 1, training, 1)
    assert same(np.concatenate([part.errors for part in parts]), expected[0].errors)


def test_validations_are_due_after_so_many_batches_and_not_before_the_first() -> None:
    training = problem(validate_every=4).input
    state = start(training)
    [share] = split_work(training, 1)
    due = [len(contribute(state, step, share, training).errors) > 0 for step in range(9)]
    assert [step for step, is_due in enumerate(due) if is_due] == [4, 8]


def test_nothing_is_good_before_the_first_validation() -> None:
    training = problem(target=0.001).input
    assert not is_good(after_steps(training, 3), 3, training)


@pytest.mark.parametrize(("target", "good"), [(0.001, True), (99.0, False)])
def test_a_validation_decides_whether_it_is_over(target: float, good: bool) -> None:
    training = problem(target=target, validate_every=2).input
    state = after_steps(training, 3)
    assert is_good(state, 3, training) is good


def test_a_good_result_is_left_as_it_was_validated() -> None:
    training = problem(target=0.001, validate_every=2).input
    state = after_steps(training, 2)
    before = state.model.copy()
    state = combine(state, 2, parts_of(state, 2, training, 2), training)
    assert is_good(state, 3, training)
    assert same(state.model, before)


def test_a_replica_sent_in_mid_run_goes_on_with_the_same_bits() -> None:
    training = problem(validate_every=1000).input
    state, share = after_steps(training, 2), split_work(training, 2)[1]
    sent, copied = pickle.loads(pickle.dumps(state)), copy.deepcopy(state)
    expected = contribute(state, 2, share, training)
    assert same(contribute(sent, 2, share, training).sums[0].gradient, expected.sums[0].gradient)
    assert same(contribute(copied, 2, share, training).sums[0].gradient, expected.sums[0].gradient)


def test_more_workers_than_groups_are_refused_with_a_way_out() -> None:
    with pytest.raises(
        ValueError,
        match="batch=4 in groups of 2 crops is too small for 3 workers: set group=1 or a larger",
    ):
        train.distributed(problem(group=2).input, InProcessPool(3), ignore_progress)


def test_the_network_begins_near_the_picture_with_biases_of_0() -> None:
    training = problem().input
    state = start(training)
    net = layers(as_model(state.model).weights, 8, 3)
    assert not any(layer[:, -1].any() for layer in net)
    assert np.abs(net[-1]).max() < np.abs(net[-2]).max() / 4
