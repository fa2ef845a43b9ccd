import copy
import gzip
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from harness.model import Parameters
from harness.workload import AnyProblem, Reporter
from tests.pools import InProcessPool, ignore_progress, warmup_of
from workloads import train
from workloads.train.digits import read_digits
from workloads.train.images import augment
from workloads.train.kernel import (
    Array,
    Block,
    Net,
    Samples,
    Scratch,
    Tree,
    gradient,
    layers,
    nodes,
    scores,
    size,
)
from workloads.train.recipe import TRAINING_IMAGES, Recipe, Training
from workloads.train.steps import combine, contribute, learning_rate, split_leaves, start

TINY: Parameters = {"steps": 3, "batch": 256, "micro_batch": 32, "hidden": 16, "copies": 1}
QUICK: Parameters = {"steps": 400, "batch": 512, "micro_batch": 128, "hidden": 128, "copies": 16}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def same(one: Any, other: Any) -> bool:
    """Return whether two nests of arrays have equal bits."""
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(np.array_equal(one, other))


def problem(**changed: Any) -> AnyProblem:
    return train.load(train.WORKLOAD.configure(train.WORKLOAD.defaults | TINY | changed))


def test_at_least_360_digits_are_held_out_a_fifth_of_each_class() -> None:
    labels = read_digits().labels
    held = train.held_out_mask(labels)
    assert held.sum() == 364
    assert np.allclose(np.bincount(labels[held]) / np.bincount(labels), 0.2, atol=0.01)


def test_what_the_held_out_images_show_changes_nothing_in_training() -> None:
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


def test_the_held_out_images_are_the_digits_as_they_are_shipped() -> None:
    images, labels = read_digits()
    held = train.held_out_mask(labels)
    assert same(problem().held_out, (images[held].reshape(-1, 64), labels[held]))


def test_a_file_of_digits_that_is_not_the_known_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "digits.csv.gz").write_bytes(gzip.compress(b"0,1,2"))
    with pytest.raises(ValueError, match=r"digits.csv.gz is not the file"):
        read_digits(tmp_path / "digits.csv.gz")


def test_ink_is_counted_in_sixteenths() -> None:
    images, labels = read_digits()
    assert images.shape == (len(labels), 8, 8)
    assert set(np.unique(images * 16)) == set(range(17))


def test_loading_twice_gives_the_same_bits() -> None:
    assert same(problem().input, problem().input)


def test_another_seed_gives_another_training_set() -> None:
    assert not same(problem(seed=1).input.samples.images, problem(seed=2).input.samples.images)


def test_every_copy_of_an_image_is_drawn_anew() -> None:
    images = np.zeros((3, 8, 8), np.float32)
    assert not same(augment(images, 1, 0), augment(images, 1, 1))


def test_another_seed_draws_every_copy_anew() -> None:
    images = np.zeros((3, 8, 8), np.float32)
    assert not same(augment(images, 1, 0), augment(images, 2, 0))


def test_an_augment_image_is_nearest_to_the_one_it_was_made_of() -> None:
    images = read_digits().images[:10]
    made = np.concatenate([augment(images, seed=1, copy=copy) for copy in range(20)])
    nearest = np.argmin(((made[:, None] - images.reshape(1, 10, 64)) ** 2).sum(axis=2), axis=1)
    assert np.mean(nearest == np.tile(np.arange(10), 20)) > 0.95


def test_an_augment_image_keeps_its_label() -> None:
    images, labels = problem(copies=3).input.samples
    digits = read_digits()
    nearest = np.argmin(
        ((images[:200, None] - digits.images.reshape(1, -1, 64)) ** 2).sum(axis=2), axis=1
    )
    assert np.mean(digits.labels[nearest] == labels[:200]) > 0.95


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


def loss(flat: Array, hidden: int, samples: Samples) -> float:
    found = scores(layers(flat, hidden), samples.images)
    return float(
        np.sum(np.log(np.exp(found).sum(axis=1)) - found[np.arange(len(found)), samples.labels])
    )


def test_the_gradient_agrees_with_finite_differences() -> None:
    random, hidden, step = np.random.default_rng(0), 7, 1e-6
    samples = Samples(random.random((5, 64)), random.integers(0, 10, 5))
    flat, found = random.standard_normal(size(hidden)) / 4, np.empty(size(hidden))
    gradient(
        layers(flat, hidden), samples, Scratch(5, hidden, 1, np.float64), layers(found, hidden)
    )
    nudges = step * np.eye(len(flat))
    measured = [
        (loss(flat + nudge, hidden, samples) - loss(flat - nudge, hidden, samples)) / (2 * step)
        for nudge in nudges
    ]
    assert np.allclose(found, measured, rtol=1e-7, atol=1e-8)


def test_single_precision_follows_double() -> None:
    random, hidden = np.random.default_rng(0), 7
    images, labels, flat = (
        random.standard_normal((5, 64)),
        random.integers(0, 10, 5),
        random.standard_normal(size(hidden)),
    )
    single, double = np.empty(size(hidden), np.float32), np.empty(size(hidden))
    for kind, found in ((np.float32, single), (np.float64, double)):
        samples = Samples(images.astype(kind), labels)
        gradient(
            layers(flat.astype(kind), hidden),
            samples,
            Scratch(5, hidden, 1, kind),
            layers(found, hidden),
        )
    assert np.allclose(single, double, rtol=1e-4, atol=1e-4)


class Watched(np.ndarray[Any, Any]):
    """An array that notes the matrix products it takes part in."""

    seen: list[tuple[Any, ...]]

    def __array_ufunc__(self, ufunc: np.ufunc, method: Any, *inputs: Any, **named: Any) -> Any:
        if ufunc is np.matmul and all(array.ndim == 2 for array in inputs):
            left, right = inputs
            Watched.seen.append(
                (
                    *left.shape,
                    right.shape[1],
                    not left.flags.c_contiguous,
                    not right.flags.c_contiguous,
                )
            )
        named["out"] = tuple(array.view(np.ndarray) for array in named["out"])
        return getattr(ufunc, method)(*(array.view(np.ndarray) for array in inputs), **named)


def watched(net: Net) -> Net:
    return tuple(layer._replace(weights=layer.weights.view(Watched)) for layer in net)


def test_the_products_said_to_be_done_are_the_ones_done() -> None:
    training = problem().input
    state = start(training)
    Watched.seen = []
    into = watched(layers(np.empty(size(16), np.float32), 16))
    gradient(watched(layers(state.weights, 16)), training.micro_batch(0, 0), state.scratch, into)
    assert sorted(Watched.seen) == sorted(tuple(product)[:5] for product in train.gemms(training))


def test_a_step_counts_the_operations_of_all_its_micro_batches() -> None:
    forward = 64 * 16 + 16 * 16 + 16 * 10
    assert train.flops(problem().input) == 2 * 256 * (2 * forward + 16 * 16 + 16 * 10)


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


def test_training_written_in_a_hurry_comes_to_the_same_weights() -> None:
    training = problem().input
    written, expected = (
        train.textbook(training, ignore_progress),
        train.baseline(training, ignore_progress),
    )
    for mine, theirs in zip(written, expected, strict=True):
        assert np.allclose(mine.weights, theirs.weights, rtol=0, atol=1e-5)
        assert np.allclose(mine.bias, theirs.bias, rtol=0, atol=1e-5)


def test_training_written_in_a_hurry_moves_as_far_as_the_baseline() -> None:
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


def test_a_hurried_author_uses_double_precision() -> None:
    assert {layer.weights.dtype for layer in train.textbook(problem().input, ignore_progress)} == {
        np.dtype(float)
    }


def test_the_limit_is_measured_for_as_long_as_is_asked() -> None:
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


def test_more_workers_than_micro_batches_are_refused() -> None:
    with pytest.raises(ValueError, match="8 micro-batches cannot occupy 9 workers"):
        train.distributed(problem().input, InProcessPool(9), ignore_progress)


def test_training_twice_in_one_process_makes_the_same_bits() -> None:
    training = problem().input
    assert same(
        train.baseline(training, ignore_progress), train.baseline(training, ignore_progress)
    )


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
    assert part.shape == (size(16),)


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


def added(tree: Tree, values: Array, run: tuple[int, int]) -> None:
    """Push a run of leaves as a worker does, each written into the tree's own rows first."""
    for leaf in range(*run):
        row = tree.free
        row[:] = values[leaf]
        tree.push(Block(leaf, 1, row))


@settings(deadline=None)  # the machine may be busy
@given(leaves=st.integers(1, 70), share=st.floats(0, 1), seed=st.integers(0, 100))
@example(leaves=62, share=3 / 62, seed=0)  # as many separate nodes in a run as there can be
def test_the_tree_gives_the_same_bits_however_its_leaves_are_dealt_out(
    leaves: int, share: float, seed: int
) -> None:
    values = np.random.default_rng(seed).standard_normal((leaves, size(1))).astype(np.float32)
    whole, joined = Tree(Scratch(1, 1, leaves).partial), Tree(Scratch(1, 1, leaves).joined)
    added(whole, values, (0, leaves))
    for run in split_leaves(leaves, max(1, round(share * leaves))):
        rows = Scratch(1, 1, leaves).partial
        added(tree := Tree(rows), values, run)
        for node, block in zip(nodes(*run), rows[: len(tree)], strict=True):
            joined.push(Block(*node, block))
    assert same(joined.total(), whole.total())


@settings(deadline=None)
@given(leaves=st.integers(1, 70))
def test_the_tree_gives_the_sum_of_its_leaves(leaves: int) -> None:
    values = np.arange(leaves * size(1), dtype=np.float64).reshape(leaves, size(1))
    tree = Tree(Scratch(1, 1, leaves, np.float64).partial)
    added(tree, values, (0, leaves))
    assert same(tree.total(), values.sum(axis=0))


@given(start=st.integers(0, 1000), length=st.integers(0, 1000))
def test_nodes_cover_a_run_without_gap_or_overlap(start: int, length: int) -> None:
    covered = [
        leaf
        for begin, leaves in nodes(start, start + length)
        for leaf in range(begin, begin + leaves)
    ]
    assert covered == list(range(start, start + length))


@given(start=st.integers(0, 1000), length=st.integers(0, 1000))
def test_every_node_begins_at_a_multiple_of_its_size(start: int, length: int) -> None:
    assert all(
        begin % leaves == 0 and leaves.bit_count() == 1
        for begin, leaves in nodes(start, start + length)
    )


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


def test_a_quick_run_reaches_the_accuracy() -> None:
    loaded = problem(**QUICK)
    assert train.quality(train.baseline(loaded.input, ignore_progress), loaded.held_out) >= 0.97


def test_an_untrained_model_guesses() -> None:
    loaded = problem()
    untrained = layers(start(loaded.input).weights, 16)
    assert train.quality(untrained, loaded.held_out) < 0.4


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


def test_no_reason_is_given_for_answers_to_differ() -> None:
    assert train.WORKLOAD.answers_differ is None


def test_the_held_out_digits_are_counted() -> None:
    loaded = problem()
    assert loaded.held_out_items == len(loaded.held_out.labels) == 364


def test_the_defaults_make_sense() -> None:
    train.WORKLOAD.configure(train.WORKLOAD.defaults)


def test_the_training_images_are_as_many_as_the_check_believes() -> None:
    assert len(problem(micro_batch=1, batch=1).input.samples.labels) == TRAINING_IMAGES
