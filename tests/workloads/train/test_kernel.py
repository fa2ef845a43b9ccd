from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.workloads.train.support import problem, same
from workloads import train
from workloads.train.kernel import (
    Array,
    Block,
    Net,
    Samples,
    Scratch,
    Tree,
    gradient,
    layers,
    parameter_count,
    scores,
    tree_nodes,
)
from workloads.train.steps import split_leaves, start


def loss(flat: Array, hidden: int, samples: Samples) -> float:
    found = scores(layers(flat, hidden), samples.images)
    return float(
        np.sum(np.log(np.exp(found).sum(axis=1)) - found[np.arange(len(found)), samples.labels])
    )


def test_the_gradient_agrees_with_finite_differences() -> None:
    random, hidden, step = np.random.default_rng(0), 7, 1e-6
    samples = Samples(random.random((5, 64)), random.integers(0, 10, 5))
    flat, found = (
        random.standard_normal(parameter_count(hidden)) / 4,
        np.empty(parameter_count(hidden)),
    )
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
        random.standard_normal(parameter_count(hidden)),
    )
    single, double = (
        np.empty(parameter_count(hidden), np.float32),
        np.empty(parameter_count(hidden)),
    )
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


def test_the_listed_products_are_those_that_are_computed() -> None:
    training = problem().input
    state = start(training)
    Watched.seen = []
    into = watched(layers(np.empty(parameter_count(16), np.float32), 16))
    gradient(watched(layers(state.weights, 16)), training.micro_batch(0, 0), state.scratch, into)
    assert sorted(Watched.seen) == sorted(tuple(product)[:5] for product in train.gemms(training))


def test_a_step_counts_the_operations_of_all_its_micro_batches() -> None:
    forward = 64 * 16 + 16 * 16 + 16 * 10
    assert train.flops(problem().input) == 2 * 256 * (2 * forward + 16 * 16 + 16 * 10)


def added(tree: Tree, values: Array, run: tuple[int, int]) -> None:
    """Push a run of leaves as a worker does, each written into the tree's own rows first."""
    for leaf in range(*run):
        row = tree.free
        row[:] = values[leaf]
        tree.push(Block(leaf, 1, row))


@settings(deadline=None)  # the machine may be busy
@given(leaves=st.integers(1, 70), share=st.floats(0, 1), seed=st.integers(0, 100))
@example(leaves=62, share=3 / 62, seed=0)  # as many separate nodes in a run as there can be
def test_the_tree_gives_the_same_bits_however_its_leaves_are_divided(
    leaves: int, share: float, seed: int
) -> None:
    values = (
        np.random.default_rng(seed).standard_normal((leaves, parameter_count(1))).astype(np.float32)
    )
    whole, joined = Tree(Scratch(1, 1, leaves).partial), Tree(Scratch(1, 1, leaves).joined)
    added(whole, values, (0, leaves))
    for run in split_leaves(leaves, max(1, round(share * leaves))):
        rows = Scratch(1, 1, leaves).partial
        added(tree := Tree(rows), values, run)
        for node, block in zip(tree_nodes(*run), rows[: len(tree)], strict=True):
            joined.push(Block(*node, block))
    assert same(joined.total(), whole.total())


@settings(deadline=None)
@given(leaves=st.integers(1, 70))
def test_the_tree_gives_the_sum_of_its_leaves(leaves: int) -> None:
    values = np.arange(leaves * parameter_count(1), dtype=np.float64).reshape(
        leaves, parameter_count(1)
    )
    tree = Tree(Scratch(1, 1, leaves, np.float64).partial)
    added(tree, values, (0, leaves))
    assert same(tree.total(), values.sum(axis=0))


@given(start=st.integers(0, 1000), length=st.integers(0, 1000))
def test_nodes_cover_a_run_without_gap_or_overlap(start: int, length: int) -> None:
    covered = [
        leaf
        for begin, leaves in tree_nodes(start, start + length)
        for leaf in range(begin, begin + leaves)
    ]
    assert covered == list(range(start, start + length))


@given(start=st.integers(0, 1000), length=st.integers(0, 1000))
def test_every_node_begins_at_a_multiple_of_its_size(start: int, length: int) -> None:
    assert all(
        begin % leaves == 0 and leaves.bit_count() == 1
        for begin, leaves in tree_nodes(start, start + length)
    )
