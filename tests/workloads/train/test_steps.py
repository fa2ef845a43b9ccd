import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pools import InProcessPool, ignore_progress
from tests.workloads.train.support import problem, same
from workloads import train
from workloads.train.kernel import (
    parameter_count,
)
from workloads.train.recipe import Recipe
from workloads.train.steps import combine, contribute, learning_rate, split_leaves, start


def test_more_workers_than_micro_batches_are_refused() -> None:
    with pytest.raises(ValueError, match="8 micro-batches cannot occupy 9 workers"):
        train.distributed(problem().input, InProcessPool(9), ignore_progress)


def test_a_replica_sent_in_mid_run_goes_on_with_the_same_bits() -> None:
    training = problem().input
    state = start(training)
    combine(state, 0, [contribute(state, 0, (0, 8), training)], training)
    sent, copied = pickle.loads(pickle.dumps(state)), copy.deepcopy(state)
    expected = contribute(state, 1, (0, 8), training)
    assert same(contribute(sent, 1, (0, 8), training), expected)
    assert same(contribute(copied, 1, (0, 8), training), expected)


def test_a_replica_is_sent_without_its_buffers() -> None:
    state = start(problem().input)
    assert len(pickle.dumps(state)) < 2 * state.weights.nbytes + 1000


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_an_even_split_sends_one_gradient_a_worker(workers: int) -> None:
    training = problem().input
    part = contribute(start(training), 0, split_leaves(8, workers)[-1], training)
    assert part.shape == (parameter_count(16),)


@given(leaves=st.integers(1, 200), workers=st.integers(1, 200))
def test_runs_are_even_to_one_leaf(leaves: int, workers: int) -> None:
    lengths = [stop - start for start, stop in split_leaves(max(leaves, workers), workers)]
    assert sum(lengths) == max(leaves, workers)
    assert max(lengths) - min(lengths) <= 1


@given(steps=st.integers(1, 500))
def test_the_learning_rate_stays_within_its_peak(steps: int) -> None:
    recipe = Recipe(
        steps=steps, batch=1, micro_batch=1, hidden=1, learning_rate=0.3, momentum=0.9, seed=0
    )
    rates = [learning_rate(recipe, step) for step in range(steps)]
    assert max(rates) == pytest.approx(0.3)
    assert min(rates) > 0
