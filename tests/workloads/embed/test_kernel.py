from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workloads.embed import kernel
from workloads.embed.kernel import Tokens

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=80)


def tokens_of(lengths: list[int]) -> Tokens:
    """Return texts of these lengths, whose ids tell the text and the place in it."""
    ids = [100 * text + place for text, length in enumerate(lengths) for place in range(length)]
    return Tokens(np.array(ids, np.int32), np.array(lengths, np.int64))


@given(lengths=LENGTHS, batch=st.integers(1, 500))
def test_every_text_stands_in_just_one_batch_with_its_own_ids(
    lengths: list[int], batch: int
) -> None:
    batching, seen = kernel.make_batching(tokens_of(lengths), batch), []
    for number in range(len(batching.bounds) - 1):
        seen += kernel.batch_ids(batching, number).tolist()
    placed = dict(zip(batching.order.tolist(), seen, strict=True))
    assert placed == {
        text: [100 * text + place for place in range(length)] for text, length in enumerate(lengths)
    }


@given(lengths=LENGTHS, batch=st.integers(1, 500))
def test_no_batch_has_more_tokens_than_are_allowed_but_for_a_long_text_alone(
    lengths: list[int], batch: int
) -> None:
    batching = kernel.make_batching(tokens_of(lengths), batch)
    shapes = [
        kernel.batch_ids(batching, number).shape for number in range(len(batching.bounds) - 1)
    ]
    assert all(rows == 1 or rows * width <= batch for rows, width in shapes)


@given(lengths=LENGTHS, batch=st.integers(1, 500))
def test_no_batch_could_have_another_text_of_its_length(lengths: list[int], batch: int) -> None:
    batching = kernel.make_batching(tokens_of(lengths), batch)
    shapes = [
        kernel.batch_ids(batching, number).shape for number in range(len(batching.bounds) - 1)
    ]
    assert all(
        (rows + 1) * width > batch
        for (rows, width), (_, next_width) in pairwise(shapes)
        if width == next_width
    )


@given(lengths=LENGTHS, batch=st.integers(1, 500))
def test_the_longest_texts_come_first(lengths: list[int], batch: int) -> None:
    batching = kernel.make_batching(tokens_of(lengths), batch)
    assert np.diff(batching.starts).tolist() == sorted(lengths, reverse=True)


@given(lengths=LENGTHS, batch=st.integers(1, 500))
def test_chunks_cover_every_batch_once_and_in_order(lengths: list[int], batch: int) -> None:
    batching = kernel.make_batching(tokens_of(lengths), batch)
    numbers = [number for run in kernel.chunks(batching) for number in range(*run)]
    assert numbers == list(range(len(batching.bounds) - 1))
    assert sum(map(batching.tokens, kernel.chunks(batching))) == sum(lengths)


def test_chunks_are_no_larger_than_their_room_unless_a_single_batch_is() -> None:
    batching = kernel.make_batching(tokens_of([40] * 4000), 160)
    assert {batching.tokens(run) for run in kernel.chunks(batching)} == {1920, 640}


def test_a_small_corpus_makes_chunks_of_one_batch() -> None:
    batching = kernel.make_batching(tokens_of([8] * 200), 16)
    assert len(kernel.chunks(batching)) == 100 > 64


@given(
    texts=st.lists(
        st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=200
    ).filter(any)
)
def test_text_chunks_cover_every_text_once_and_in_order(texts: list[str]) -> None:
    corpus = kernel.make_corpus(texts)
    assert [text for run in kernel.text_chunks(corpus) for text in corpus.texts(run)] == texts


def test_text_chunks_are_even_in_bytes_not_in_texts() -> None:
    corpus = kernel.make_corpus(["x" * 10] * 640 + ["x" * 100] * 640)
    sizes = [sum(map(len, corpus.texts(run))) for run in kernel.text_chunks(corpus)]
    assert max(sizes) <= 1.1 * min(sizes)
    assert len(sizes) == 16


@given(
    cuts=st.lists(st.integers(0, 20), max_size=5),
    lengths=st.lists(st.integers(1, 9), min_size=20, max_size=20),
)
def test_tokens_of_runs_joined_are_those_of_the_whole(cuts: list[int], lengths: list[int]) -> None:
    whole, edges = tokens_of(lengths), [0, *sorted(cuts), 20]
    ends = np.concatenate(([0], np.cumsum(lengths)))
    parts = [Tokens(whole.ids[ends[a] : ends[b]], whole.lengths[a:b]) for a, b in pairwise(edges)]
    found = kernel.join_tokens(parts)
    assert np.array_equal(found.ids, whole.ids)
    assert np.array_equal(found.lengths, whole.lengths)


def test_vectors_are_put_back_in_the_order_of_the_texts() -> None:
    batching = kernel.make_batching(tokens_of([3, 9, 5]), 1)
    rows = np.array([[9.0], [5.0], [3.0]])
    assert kernel.restore_order(batching, [rows[:1], rows[1:]]).tolist() == [[3.0], [9.0], [5.0]]
