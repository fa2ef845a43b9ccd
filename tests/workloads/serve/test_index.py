from itertools import chain

import numpy as np
import pytest

from workloads.embed.onnx_file import Array
from workloads.serve.index import (
    NEAREST,
    NOBODY,
    Index,
    Queries,
    cut_shard,
    make_index,
    merge,
    nearest_passages,
    search,
    share_out,
)

LISTS = 7
DRAW = np.random.default_rng(5)


def units(rows: int) -> Array:
    """Return unit vectors of 16 numbers."""
    vectors: Array = DRAW.normal(size=(rows, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


VECTORS, WANTED = units(200), units(30)


@pytest.fixture(scope="module")
def index() -> Index:
    return make_index(VECTORS, LISTS, 1)


def everywhere(rows: Array) -> Queries:
    """Return queries that look into all lists."""
    return Queries(rows, np.tile(np.arange(LISTS), (len(rows), 1)))


def search_shards(index: Index, queries: Queries, workers: int) -> Array:
    """Return the hits of a search of an index that is cut into a shard for each worker."""
    shards = [cut_shard(index, lists) for lists in share_out(index, workers)]
    return merge([search(shard, queries) for shard in shards])


def test_an_index_has_every_vector_once_with_its_passage(index: Index) -> None:
    assert sorted(index.passages.tolist()) == [*range(200)]
    assert np.array_equal(index.vectors, VECTORS[index.passages])
    assert (index.bounds[0], index.bounds[-1]) == (0, 200)


def test_a_vector_lies_in_the_list_whose_centre_is_nearest(index: Index) -> None:
    nearest = np.argmax(VECTORS @ index.centres.T, axis=1)
    lists = np.repeat(np.arange(LISTS), np.diff(index.bounds))
    assert np.array_equal(nearest[index.passages], lists)


@pytest.mark.parametrize("workers", [1, 2, 3, 9])
def test_all_lists_together_have_the_exact_nearest_however_they_are_shared(
    index: Index, workers: int
) -> None:
    exact = nearest_passages(VECTORS, WANTED)
    assert np.array_equal(search_shards(index, everywhere(WANTED), workers), exact)


@pytest.mark.parametrize("workers", [2, 3])
def test_shards_find_together_what_one_finds(index: Index, workers: int) -> None:
    queries = Queries(WANTED, np.tile(np.array([4, 1]), (len(WANTED), 1)))
    assert np.array_equal(search_shards(index, queries, workers), search_shards(index, queries, 1))


def test_a_query_finds_the_same_alone_and_among_others(index: Index) -> None:
    together = search_shards(index, everywhere(WANTED), 2)
    single = [search_shards(index, everywhere(row[None]), 2)[0] for row in WANTED]
    assert np.array_equal(together, single)


def test_of_two_passages_with_one_score_the_earlier_comes_first() -> None:
    same = np.repeat(units(1), 20, axis=0)
    assert nearest_passages(same, same[:1]).tolist() == [[*range(NEAREST)]]
    halves = [
        search(cut_shard(make_index(same, 1, 1), [0]), Queries(same[:1], np.zeros((1, 1), int)))
        for _ in range(2)
    ]
    assert merge(halves[:1]).tolist() == [[*range(NEAREST)]]


def test_lists_with_fewer_than_ten_vectors_leave_places_to_nobody() -> None:
    index = make_index(VECTORS[:4], 1, 1)
    queries = Queries(WANTED[:1], np.zeros((1, 1), int))
    (row,) = search_shards(index, queries, 1)
    assert sorted(row[:4].tolist()) == [0, 1, 2, 3]
    assert row[4:].tolist() == [NOBODY] * 6


def test_the_lists_are_shared_out_evenly_and_each_once(index: Index) -> None:
    shares = share_out(index, 2)
    assert sorted(chain.from_iterable(shares)) == [*range(LISTS)]
    sizes = np.diff(index.bounds)
    held = [int(sizes[share].sum()) for share in shares]
    assert max(held) - min(held) <= int(sizes.max())
