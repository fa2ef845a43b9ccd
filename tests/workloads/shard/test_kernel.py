from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workloads.shard.corpus import as_text
from workloads.shard.kernel import (
    FIRST_SQUARES,
    Array,
    add_rows,
    change_rows,
    compile_all,
    count_bits,
    find_rows,
    turn_to_errors,
)


def rows_of(text: bytes, begin: int, count: int, first: int, sizes: list[int]) -> Array:
    into = np.zeros((count, len(sizes), 2), np.int32)
    find_rows(as_text(text), begin, first, np.array(sizes), into)
    return into


texts = st.binary(min_size=2, max_size=40)


@settings(max_examples=50, deadline=None)
@given(texts, st.integers(1, 5), st.integers(1, 1000))
def test_rows_lie_within_their_tables(text: bytes, orders: int, rows: int) -> None:
    found = rows_of(text, 0, len(text), 0, [rows] * orders)
    assert found.min() >= 0
    assert found.max() < rows


@settings(max_examples=50, deadline=None)
@given(texts, st.integers(0, 4))
def test_a_row_is_the_same_whichever_orders_are_asked_for(text: bytes, first: int) -> None:
    sizes = [1 << 20] * 6
    whole = rows_of(text, 0, len(text), 0, sizes)
    assert (rows_of(text, 0, len(text), first, sizes[first:]) == whole[:, first:]).all()


@settings(max_examples=50, deadline=None)
@given(texts, st.data())
def test_a_row_is_the_same_wherever_the_micro_batch_begins(
    text: bytes, data: st.DataObject
) -> None:
    begin = data.draw(st.integers(0, len(text) - 1))
    whole = rows_of(text, 0, len(text), 0, [1 << 20] * 4)
    assert (rows_of(text, begin, len(text) - begin, 0, [1 << 20] * 4) == whole[begin:]).all()


def test_a_row_depends_on_the_context_and_on_nothing_before_it() -> None:
    one, other = (rows_of(text, 5, 1, 0, [1 << 30] * 5)[0] for text in (b"abcdeX", b"ZbcdeX"))
    assert (one[:5] == other[:5]).all()
    longer = [rows_of(text, 5, 1, 5, [1 << 30])[0] for text in (b"abcdeX", b"ZbcdeX")]
    assert (longer[0] != longer[1]).all()


def test_the_first_symbol_of_a_byte_does_not_see_the_byte_and_the_second_sees_the_first() -> None:
    a, b, q = (rows_of(b"ab" + last, 2, 1, 0, [1 << 30] * 3)[0] for last in (b"a", b"b", b"q"))
    assert (a[:, 0] == q[:, 0]).all()
    assert (a[:, 1] == b[:, 1]).all()
    assert (a[:, 1] != q[:, 1]).all()


def test_errors_are_what_softmax_expects_less_what_came() -> None:
    logits = np.random.default_rng(1).standard_normal((1, 2, 16)).astype(np.float32)
    expected = np.exp(np.concatenate([logits[0, :, :15], np.zeros((2, 1))], axis=1))
    expected /= expected.sum(axis=1, keepdims=True)
    expected[0, 4] -= 1
    expected[1, 15] -= 1
    turn_to_errors(logits, as_text(b"xO"), 1)
    np.testing.assert_allclose(logits[0, :, :15], expected[:, :15], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(logits[0, :, 15], (expected[:, :15] ** 2).sum(axis=1), rtol=1e-5)


def test_logits_that_are_very_large_give_no_nan() -> None:
    logits = np.full((1, 2, 16), 1e30, np.float32)
    turn_to_errors(logits, as_text(b"a"), 0)
    assert np.isfinite(logits).all()


def test_bits_of_equal_logits_are_four_for_each_symbol() -> None:
    bits = np.zeros(3)
    count_bits(np.zeros((3, 2, 16), np.float32), as_text(b"abc"), 0, bits)
    assert (bits == 8).all()


def test_rows_are_added_for_each_symbol() -> None:
    table = np.arange(48, dtype=np.float32).reshape(3, 16)
    into = np.ones((1, 2, 16), np.float32)
    add_rows(table, np.array([[2, 0]], np.int32), into)
    np.testing.assert_array_equal(into[0], 1 + table[[2, 0]])


def test_a_step_is_by_the_root_of_the_squares_so_far_one_symbol_after_the_other() -> None:
    table = np.zeros((1, 16), np.float32)
    errors = np.zeros((1, 2, 16), np.float32)
    errors[0, :, 0], errors[0, :, 15] = 2.0, 4.0
    change_rows(table, np.zeros((1, 2), np.int32), errors, np.float32(0.1))
    moved = 0.2 / np.sqrt(FIRST_SQUARES + 4) + 0.2 / np.sqrt(FIRST_SQUARES + 8)
    np.testing.assert_allclose(table[0, [0, 1, 15]], [-moved, 0, 8], rtol=1e-6)


def test_all_loops_are_compiled_for_what_they_will_be_given() -> None:
    compile_all()
    before = compiled_kinds()
    rows = rows_of(b"abcd", 0, 4, 0, [10, 10, 10])
    logits, table = np.zeros((4, 2, 16), np.float32), np.zeros((10, 16), np.float32)
    add_rows(table[2:], rows[:, -1], logits)
    turn_to_errors(logits, as_text(b"abcd"), 0)
    change_rows(table, rows[:, -2], logits, np.float32(0.1))
    assert compiled_kinds() == before


def compiled_kinds() -> list[int]:
    """Return for how many kinds of arguments each loop has been compiled."""
    loops: list[Any] = [find_rows, add_rows, turn_to_errors, change_rows]
    return [len(loop.signatures) for loop in loops]
