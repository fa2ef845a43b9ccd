import copy
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from harness.model import Parameters
from harness.run.digest import digest
from harness.workload import AnyProblem, Reporter
from tests.pools import InProcessPool, ignore_progress, warmup_of
from workloads import recommend
from workloads.recommend.kernel import (
    CACHE_LINE_BYTES,
    Rows,
    aligned,
    make_basis,
    make_buffers,
    solve,
)
from workloads.recommend.rows import (
    HeldOut,
    block_bounds,
    group_by_row,
    merge_duplicates,
    share_blocks,
    split_held_out,
    transpose,
)
from workloads.recommend.state import Workspace
from workloads.recommend.steps import combine, contribute, split_blocks, start
from workloads.recommend.synthetic import draw_interactions

TINY: Parameters = {
    "users": 300,
    "items": 120,
    "interactions": 9000,
    "factors": 20,
    "iterations": 3,
    "blocks": 7,
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def problem(**changed: Any) -> AnyProblem:
    return recommend.load(
        recommend.WORKLOAD.configure(recommend.WORKLOAD.defaults | TINY | changed)
    )


def same(one: Any, other: Any) -> bool:
    """Return whether two answers, inputs or held-out sets have equal bits."""
    return digest(one, 0) == digest(other, 0)


def pairs(rows: Rows) -> set[tuple[int, int]]:
    return set(
        zip(
            np.repeat(np.arange(rows.height), np.diff(rows.starts)).tolist(),
            rows.columns.tolist(),
            strict=True,
        )
    )


def held_pairs(held: HeldOut) -> set[tuple[int, int]]:
    return set(
        zip(
            np.repeat(held.users, np.diff(held.starts)).tolist(), held.columns.tolist(), strict=True
        )
    )


def some_rows(seed: int, height: int = 30, width: int = 12, count: int = 200) -> Rows:
    """Return rows of random interactions, the same pair more than once among them."""
    random = np.random.default_rng(seed)
    who, what = random.integers(0, height, count), random.integers(0, width, count).astype(np.int32)
    return group_by_row(who, what, random.integers(1, 9, count).astype(np.float32), height)


@pytest.mark.parametrize("workers", [1, 2, 3, 5, 7])
def test_any_number_of_workers_makes_the_same_bits_as_the_baseline(workers: int) -> None:
    training = problem().input
    assert same(
        recommend.distributed(training, InProcessPool(workers), ignore_progress),
        recommend.baseline(training, ignore_progress),
    )


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_make_the_same_bits(threads: int) -> None:
    training = problem().input
    (share,), one, more = (
        split_blocks(training, 1),
        start(training),
        start(training),
    )
    one.scratch.workspaces[1:], more.scratch.workspaces[threads:] = [], []
    more.scratch.workspaces.extend(
        Workspace(300, 300, 20) for _ in range(threads - len(more.scratch.workspaces))
    )
    assert same(
        contribute(one, 0, share, training),
        contribute(more, 0, share, training),
    )


def test_loading_twice_gives_the_same_bits() -> None:
    assert same(problem(), problem())


def test_another_seed_draws_other_interactions() -> None:
    assert not same(problem(seed=1).input.users, problem(seed=2).input.users)


def test_factorizing_twice_in_one_process_makes_the_same_bits() -> None:
    training = problem().input
    assert same(
        recommend.baseline(training, ignore_progress), recommend.baseline(training, ignore_progress)
    )


def test_an_input_that_cannot_be_written_to_gives_the_same_bits() -> None:
    training = problem().input
    assert same(
        recommend.baseline(InProcessPool(1).share(training), ignore_progress),
        recommend.baseline(training, ignore_progress),
    )


def test_more_workers_than_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="7 blocks cannot occupy 8 workers"):
        recommend.distributed(problem().input, InProcessPool(8), ignore_progress)


def test_no_held_out_interaction_is_in_the_input() -> None:
    loaded = problem()
    assert not held_pairs(loaded.held_out) & pairs(loaded.input.users)


def test_what_is_held_out_and_what_is_left_are_all_interactions() -> None:
    loaded = problem()
    assert held_pairs(loaded.held_out) | pairs(loaded.input.users) == pairs(
        draw_interactions(300, 120, 9000, 1)
    )


def test_the_held_out_set_knows_what_training_saw_of_its_users() -> None:
    loaded = problem()
    held = loaded.held_out
    seen = held_pairs(held._replace(starts=held.seen_starts, columns=held.seen_columns))
    assert seen == {
        (user, item) for user, item in pairs(loaded.input.users) if user in set(held.users.tolist())
    }


def test_a_fifth_is_held_out_of_users_who_have_ten_items_or_more() -> None:
    rows = merge_duplicates(some_rows(1, count=600), 12)
    left, held = split_held_out(rows, 1)
    had = np.diff(rows.starts)
    assert 0 < len(held.users) < 30
    assert held.users.tolist() == np.flatnonzero(had >= 10).tolist()
    assert (had - np.diff(left.starts)).tolist() == [
        count // 5 if count >= 10 else 0 for count in had
    ]


def test_interactions_of_which_none_can_be_held_out_are_refused() -> None:
    with pytest.raises(ValueError, match="no user has 10 items or more"):
        split_held_out(
            Rows(np.array([0, 3]), np.arange(3, dtype=np.int32), np.ones(3, np.float32)), 1
        )


def test_both_sides_hold_the_same_weights() -> None:
    users, items, _ = problem(alpha=2.5).input
    assert same(transpose(transpose(users, 120), 300), transpose(items, 300))
    assert sorted(users.strengths) == sorted(items.strengths)
    assert users.strengths.min() == 2.5


def test_strengths_of_the_same_pair_are_added() -> None:
    rows = some_rows(2)
    dense = np.zeros((30, 12), np.float32)
    np.add.at(dense, (np.repeat(np.arange(30), np.diff(rows.starts)), rows.columns), rows.strengths)
    found = merge_duplicates(rows, 12)
    again = np.zeros_like(dense)
    again[np.repeat(np.arange(30), np.diff(found.starts)), found.columns] = found.strengths
    assert len(found.columns) == np.count_nonzero(dense)
    assert np.array_equal(again, dense)


def test_popularity_and_activity_fall_like_a_power() -> None:
    rows = draw_interactions(2000, 1000, 200_000, 1)
    for counts in (np.diff(rows.starts), np.bincount(rows.columns, minlength=1000)):
        assert np.percentile(counts, 99) > 3 * np.median(counts)


def test_about_as_many_interactions_are_drawn_as_asked_for() -> None:
    assert draw_interactions(2000, 1000, 200_000, 1).strengths.sum() == pytest.approx(
        200_000, rel=0.02
    )


def test_tastes_can_be_learnt_better_than_popularity() -> None:
    loaded = problem(users=2000, items=1000, interactions=150_000, iterations=5)
    answer = recommend.baseline(loaded.input, ignore_progress)
    popular = np.bincount(loaded.input.users.columns, minlength=1000).astype(np.float32)
    by_popularity = recommend.Factors(np.ones((2000, 1), np.float32), popular[:, None])
    assert recommend.quality(answer, loaded.held_out) > 1.5 * recommend.quality(
        by_popularity, loaded.held_out
    )


def test_recall_counts_what_is_among_the_ten_best_that_were_not_seen() -> None:
    scores = np.arange(20, dtype=np.float32)[::-1]  # item 0 is the best
    held = HeldOut(
        np.array([0]), np.array([0, 3]), np.array([2, 11, 12]), np.array([0, 2]), np.array([0, 1])
    )
    answer = recommend.Factors(np.ones((1, 1), np.float32), scores[:, None])
    assert recommend.quality(answer, held) == pytest.approx(2 / 3)


def test_recall_over_fewer_items_than_ten_counts_them_all() -> None:
    held = HeldOut(
        np.array([0]), np.array([0, 2]), np.array([2, 3]), np.array([0, 1]), np.array([0])
    )
    answer = recommend.Factors(np.ones((1, 1), np.float32), np.ones((4, 1), np.float32))
    assert recommend.quality(answer, held) == 1


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 1000), factors=st.integers(1, 40), regularization=st.floats(0.1, 10))
def test_as_many_steps_as_factors_solve_the_equations_of_every_row(
    seed: int, factors: int, regularization: float
) -> None:
    random, rows = np.random.default_rng(seed), merge_duplicates(some_rows(seed), 12)
    other, sought = (
        random.standard_normal((12, factors)).astype(np.float32),
        np.zeros((30, factors), np.float32),
    )
    change = make_basis(other.astype(float).T @ other, regularization)
    solve(rows, other @ change.into, 0, sought, factors + 10, make_buffers(12, factors))
    found = sought @ change.into.T
    for row in range(30):
        met = slice(rows.starts[row], rows.starts[row + 1])
        mine, weights = other[rows.columns[met]].astype(float), rows.strengths[met].astype(float)
        left = (
            other.astype(float).T @ other
            + (mine.T * weights) @ mine
            + regularization * np.eye(factors)
        )
        assert np.allclose(
            found[row], np.linalg.solve(left, mine.T @ (1 + weights)), rtol=1e-3, atol=1e-3
        )


def test_more_factors_than_rows_have_a_basis_all_the_same() -> None:
    other = np.random.default_rng(1).standard_normal((3, 16)).astype(np.float32)
    change = make_basis((other.T @ other).astype(float), 1e-3)
    assert np.allclose(change.into.T @ change.back, np.eye(16), atol=1e-3)


def test_a_row_without_interactions_has_no_factors() -> None:
    nothing = Rows(np.zeros(2, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    sought = np.ones((1, 5), np.float32)
    solve(nothing, np.ones((4, 5), np.float32), 0, sought, 3, make_buffers(0, 5))
    assert np.allclose(sought, 0, atol=1e-6)


@given(rows=st.integers(1, 9), columns=st.integers(1, 70))
def test_an_aligned_matrix_begins_with_a_line_of_the_cache(rows: int, columns: int) -> None:
    matrix = aligned(rows, columns)
    assert matrix.ctypes.data % CACHE_LINE_BYTES == 0
    assert matrix.shape == (rows, columns)


def test_solving_written_in_a_hurry_comes_to_the_same_recall() -> None:
    loaded = problem(iterations=8, cg_steps=8)
    written, expected = (
        run(loaded.input, ignore_progress) for run in (recommend.textbook, recommend.baseline)
    )
    assert np.allclose(
        written.users @ written.items.T, expected.users @ expected.items.T, atol=0.02
    )


@pytest.mark.parametrize(
    "run",
    [
        recommend.baseline,
        recommend.textbook,
        lambda given, report: recommend.distributed(given, InProcessPool(3), report),
    ],
)
def test_interactions_done_are_reported_after_every_half_iteration(
    run: Callable[[Any, Reporter], Any],
) -> None:
    loaded, heard = problem(), list[int]()
    run(loaded.input, heard.append)
    assert heard == [step * loaded.items // 6 for step in range(1, 7)]


def test_the_interactions_of_the_warm_up_are_counted() -> None:
    loaded, heard = problem(), list[int]()
    recommend.baseline(warmup_of(loaded), heard.append)
    assert loaded.warmup_items == heard[-1]


def test_the_warm_up_is_the_same_interactions_for_one_iteration() -> None:
    loaded = problem()
    assert warmup_of(loaded).users is loaded.input.users
    assert warmup_of(loaded).recipe == loaded.input.recipe._replace(iterations=1)


def test_a_replica_sent_in_mid_run_goes_on_with_the_same_bits() -> None:
    training = problem().input
    (share,), state = split_blocks(training, 1), start(training)
    combine(state, 0, [contribute(state, 0, share, training)], training)
    sent, copied = pickle.loads(pickle.dumps(state)), copy.deepcopy(state)
    expected = digest(contribute(state, 1, share, training), 0)
    assert digest(contribute(sent, 1, share, training), 0) == expected
    assert digest(contribute(copied, 1, share, training), 0) == expected


def test_a_step_that_is_done_again_makes_the_same_bits() -> None:
    training = problem().input
    (share,), state = split_blocks(training, 1), start(training)
    expected = digest(contribute(state, 0, share, training), 0)
    assert digest(contribute(state, 0, share, training), 0) == expected


def test_a_replica_is_sent_without_its_buffers() -> None:
    state = start(problem().input)
    assert (
        len(pickle.dumps(state))
        < sum(array.nbytes for array in (*state.factors, *state.grams)) + 1000
    )


@given(counts=st.lists(st.integers(0, 50), min_size=1, max_size=60), number=st.integers(1, 20))
def test_blocks_cover_all_rows_once(counts: list[int], number: int) -> None:
    bounds = block_bounds(np.cumsum([0, *counts]), 16, number)
    assert (bounds[0], bounds[-1], len(bounds)) == (0, len(counts), number + 1)
    assert np.all(np.diff(bounds) >= 0)


@given(cost=st.lists(st.integers(0, 50), min_size=1, max_size=60), workers=st.integers(1, 60))
def test_runs_cover_all_blocks_once(cost: list[int], workers: int) -> None:
    dealt = share_blocks(np.array(cost), min(workers, len(cost)))
    assert [block for run in dealt for block in range(*run)] == list(range(len(cost)))


def test_shares_are_even_in_interactions_not_in_rows() -> None:
    starts = np.cumsum([0, *[100] * 20, *[10] * 200])
    cost = np.diff(starts[block_bounds(starts, 4, 40)])
    halves = [cost[begin:end].sum() for begin, end in share_blocks(cost, 2)]
    assert max(halves) / sum(halves) < 0.55


def test_the_limit_is_measured_for_as_long_as_is_asked() -> None:
    training, began = problem().input, time.perf_counter()
    assert recommend.ceiling(training, 0.05) > 0
    assert time.perf_counter() - began >= 0.05


def test_the_value_in_use_is_none_of_the_others_to_tune_by() -> None:
    name, values = recommend.WORKLOAD.proof.tuned or ("", ())
    assert recommend.WORKLOAD.defaults[name] not in values


def test_the_values_to_tune_by_make_sense() -> None:
    name, values = recommend.WORKLOAD.proof.tuned or ("", ())
    for value in values:
        recommend.WORKLOAD.configure(recommend.WORKLOAD.defaults | {name: value})


def test_the_held_out_interactions_are_counted() -> None:
    loaded = problem()
    assert loaded.held_out_items == len(held_pairs(loaded.held_out)) > 0


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"users": 0}, "users=0 is not between 1 and 10,000,000"),
        ({"items": 0}, "items=0 is not between"),
        ({"interactions": 10**9}, "interactions=1000000000 is not between 1 and 200,000,000"),
        ({"factors": 1025}, "factors=1025 is not between 1 and 1,024"),
        ({"iterations": 0}, "iterations=0 is not between"),
        ({"cg_steps": 0}, "cg_steps=0 is not between"),
        ({"blocks": -1}, "blocks=-1 is not between"),
        (
            {"blocks": 1000, "factors": 600},
            "blocks=1000 with factors=600 make Gram matrices of more than 1 GB",
        ),
        ({"seed": -1}, "seed=-1 is not from 0"),
        ({"regularization": 0.0}, "regularization=0.0 is not above 0"),
        ({"regularization": float("nan")}, "regularization=nan is not above 0"),
        ({"alpha": -1.0}, "alpha=-1.0 is not above 0"),
        ({"ratings": "/no/such/file"}, "ratings=/no/such/file is not a file"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        problem(**changed)


def test_the_defaults_make_sense() -> None:
    recommend.WORKLOAD.configure(recommend.WORKLOAD.defaults)
