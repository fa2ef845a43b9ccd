import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.recommend.support import problem, same, some_rows
from workloads.recommend.kernel import (
    Rows,
)
from workloads.recommend.rows import (
    HeldOut,
    block_bounds,
    merge_duplicates,
    share_blocks,
    split_held_out,
    transpose,
)
from workloads.recommend.synthetic import draw_interactions


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


def test_no_held_out_interaction_is_in_the_input() -> None:
    loaded = problem()
    assert not held_pairs(loaded.held_out) & pairs(loaded.input.users)


def test_what_is_held_out_and_what_is_left_are_all_interactions() -> None:
    loaded = problem()
    parts = (
        held_pairs(loaded.held_out),
        held_pairs(loaded.input.validation),
        pairs(loaded.input.users),
    )
    assert set().union(*parts) == pairs(draw_interactions(300, 120, 9000, 1))


def test_the_held_out_set_knows_what_training_saw_of_its_users() -> None:
    loaded = problem()
    held = loaded.held_out
    seen = held_pairs(held._replace(starts=held.seen_starts, columns=held.seen_columns))
    known = pairs(loaded.input.users) | held_pairs(loaded.input.validation)
    assert seen == {(user, item) for user, item in known if user in set(held.users.tolist())}


def test_what_validates_is_in_neither_the_rows_nor_the_held_out_set() -> None:
    loaded = problem()
    validating = held_pairs(loaded.input.validation)
    assert len(validating) > 100
    assert not validating & (pairs(loaded.input.users) | held_pairs(loaded.held_out))


def test_a_fifth_is_held_out_of_users_who_have_ten_items_or_more() -> None:
    rows = merge_duplicates(some_rows(1, count=600), 12)
    left, held = split_held_out(rows, 40, [1])
    had = np.diff(rows.starts)
    assert 0 < len(held.users) < 30
    assert held.users.tolist() == np.flatnonzero(had >= 10).tolist()
    assert (had - np.diff(left.starts)).tolist() == [
        count // 5 if count >= 10 else 0 for count in had
    ]


def test_interactions_of_which_none_can_be_held_out_are_refused() -> None:
    with pytest.raises(ValueError, match="no user has 10 items or more"):
        split_held_out(
            Rows(np.array([0, 3]), np.arange(3, dtype=np.int32), np.ones(3, np.float32)), 40, [1]
        )


def test_both_sides_hold_the_same_weights() -> None:
    users, items, *_ = problem(alpha=2.5).input
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


def test_the_held_out_interactions_are_counted() -> None:
    loaded = problem()
    assert loaded.held_out_items == len(held_pairs(loaded.held_out)) > 0
