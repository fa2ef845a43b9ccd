import json
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.dedup.support import few, packed, pairs, wordy, written
from workloads.dedup.kernel import (
    LANES,
    band_keys,
    hash_shingles,
    minima,
    scratch,
    shingles,
    signature,
)
from workloads.dedup.machine import put_eight_bytes
from workloads.dedup.pairs import (
    by_component,
    components,
    distinct_pairs,
    longest_each,
    merge,
    predecessors,
)
from workloads.dedup.shards import json_lines, split_by_size


def hashed(text: bytes, width: int) -> list[int]:
    raw, offsets = packed([text])
    low, gaps, bounds, hashes, found = scratch(offsets, 0, 1)
    count = shingles(raw, width, low, gaps, bounds, hashes, found)
    return [int(value) for value in found[:count]]


@few
@given(text=st.binary(max_size=400) | wordy, width=st.integers(1, 6))
def test_equal_shingles_have_equal_hashes_and_no_others(text: bytes, width: int) -> None:
    found, expected = hashed(text, width), written(text, width)
    assert len(found) == len(expected)
    assert len(set(zip(found, expected, strict=True))) == len(set(found)) == len(set(expected))


@few
@given(text=st.text("aÉ é漢字。　กข\U00020000\n가", max_size=80), width=st.integers(1, 6))
def test_characters_are_words_where_a_script_has_no_blanks(text: str, width: int) -> None:
    found, expected = hashed(text.encode(), width), written(text.encode(), width)
    assert len(found) == len(expected)
    assert len(set(zip(found, expected, strict=True))) == len(set(found)) == len(set(expected))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("近似重复的网页", 7),
        ("日本語のWeb page、です", 9),
        ("ภาษาไทย", 7),
        ("ខ្មែរ", 5),
        ("한국어 문서", 2),
        ("Ünïcode wörds", 2),
        ("漢\u3000字 \U00020000\U0002a6d6", 4),
    ],
)
def test_words_are_counted_by_script(text: str, words: int) -> None:
    assert len(hashed(text.encode(), 1)) == words


def test_a_character_that_breaks_off_belongs_to_a_word() -> None:
    assert [len(hashed("a漢".encode()[:size], 1)) for size in (2, 3, 4)] == [1, 1, 2]


@few
@given(text=wordy, width=st.integers(1, 6))
def test_capitals_and_the_width_of_gaps_change_no_shingle(text: bytes, width: int) -> None:
    assert hashed(text, width) == hashed(b"\r\n" + b"  ".join(text.upper().split()), width)


def test_the_order_of_words_counts() -> None:
    assert hashed(b"one two", 2) != hashed(b"two one", 2)


def test_a_text_without_words_is_one_shingle() -> None:
    assert len(hashed(b" \n ", 5)) == 1


@few
@given(values=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=100), seed=st.integers(0, 9))
def test_the_minima_are_those_of_the_permutations(values: list[int], seed: int) -> None:
    factors, terms = np.random.default_rng(seed).integers(0, 2**32, (2, 8), dtype=np.uint32)
    given_values = np.resize(np.array(values, np.uint32), -(-len(values) // LANES) * LANES)
    into = np.empty(8, np.uint32)
    minima(given_values, factors, terms, into)
    expected = [
        min((int(factor) * value + int(term)) % 2**32 for value in values)
        for factor, term in zip(factors, terms, strict=True)
    ]
    assert into.tolist() == expected


@pytest.mark.parametrize("count", [1, 63, 64, 65])
def test_a_signature_is_of_the_shingles_and_of_nothing_beside_them(count: int) -> None:
    hashes = np.random.default_rng(1).integers(1 << 63, 1 << 64, 100, dtype=np.uint64)
    factors, terms = np.ones(4, np.uint32), np.zeros(4, np.uint32)
    into = np.empty(4, np.uint32)
    signature(hashes, count, factors, terms, np.empty(200, np.uint32), into)
    assert into.tolist() == [int(hashes[:count].min()) >> 32] * 4


def test_the_bands_in_which_two_texts_agree_tell_how_similar_they_are() -> None:
    words = [f"word{place}".encode() for place in range(1000)]
    text, offsets = packed([b" ".join(words[:800]), b" ".join(words[200:])])
    factors, terms = np.random.default_rng(1).integers(0, 2**32, (2, 4096), dtype=np.uint32)
    keys = band_keys(text, offsets, 1, factors | np.uint32(1), terms, 4096)
    assert np.mean(keys[:, 0] == keys[:, 1]) == pytest.approx(0.6, abs=0.03)


def test_a_text_has_the_same_keys_wherever_it_stands() -> None:
    texts = [b"one two three", b"", b"x" * 300, b"one two three"]
    text, offsets = packed(texts)
    factors, terms = np.random.default_rng(1).integers(0, 2**32, (2, 64), dtype=np.uint32)
    keys = band_keys(text, offsets, 2, factors, terms, 8)
    assert (
        keys[:, 0].tolist()
        == keys[:, 3].tolist()
        == band_keys(*packed(texts[3:]), 2, factors, terms, 8)[:, 0].tolist()
    )


@few
@given(
    keys=st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 5), min_size=1, max_size=60),
    bands=st.integers(1, 3),
)
def test_a_predecessor_is_the_last_document_with_the_same_key(keys: list[int], bands: int) -> None:
    table = np.resize(np.array(keys, np.uint32), (bands, len(keys)))
    for row, found in zip(table.tolist(), predecessors(table).tolist(), strict=True):
        last = defaultdict[int, int](int)
        for document, key in enumerate(row):
            assert found[document] == last[key]
            last[key] = document + 1


@few
@given(st.lists(st.lists(st.integers(0, 4), min_size=7, max_size=7), min_size=1, max_size=5))
def test_candidates_are_distinct_and_in_rising_order(rows: list[list[int]]) -> None:
    before = np.array(rows, np.uint32)
    expected = sorted(
        {
            document << 32 | (row[document] - 1)
            for row in rows
            for document in range(7)
            if row[document]
        }
    )
    assert distinct_pairs(before).tolist() == expected


def test_a_hot_bucket_costs_as_many_comparisons_as_it_has_documents() -> None:
    keys = np.zeros((16, 5000), np.uint32)
    assert len(distinct_pairs(predecessors(keys))) == 4999


@few
@given(st.lists(st.lists(st.integers(1, 2**64 - 2), max_size=9), min_size=1, max_size=4))
def test_runs_are_merged_to_their_distinct_pairs(runs: list[list[int]]) -> None:
    ascending = [np.array(sorted(set(run)), np.uint64) for run in runs]
    merged = merge(np.concatenate(ascending), np.cumsum([0, *map(len, ascending)]))
    assert merged.tolist() == sorted({pair for run in runs for pair in run})


@few
@given(
    st.sets(
        st.tuples(st.integers(0, 19), st.integers(0, 19)).filter(lambda pair: pair[0] < pair[1])
    )
)
def test_pairs_are_ordered_by_component(which: set[tuple[int, int]]) -> None:
    found = np.sort(pairs(*which))
    clusters = components(20, found)
    ordered, starts = by_component(clusters, found)
    of_pair = [int(clusters[pair >> 32]) for pair in ordered.tolist()]
    firsts = [at for at, cluster in enumerate(of_pair) if of_pair[at - 1 : at] != [cluster]]
    expected = sorted(found.tolist(), key=lambda pair: (clusters[pair >> 32], pair))
    assert ordered.tolist() == expected
    assert starts.tolist() == [*firsts, len(found)]


@few
@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_a_component_goes_by_its_lowest_document(edges: list[tuple[int, int]]) -> None:
    labels = list(range(20))
    for _ in range(20):
        for one, other in edges:
            labels[one] = labels[other] = min(labels[one], labels[other])
    assert components(20, pairs(*edges)).tolist() == labels


def test_the_longest_of_a_cluster_is_kept_and_the_first_of_equals() -> None:
    clusters = np.array([0, 0, 2, 0, 2], np.uint32)
    offsets = np.cumsum([0, 5, 9, 4, 9, 4])
    assert longest_each(clusters, offsets).tolist() == [1, 2]


@few
@given(st.lists(st.text(max_size=40) | st.text('a !"#[\\]\x1f\x00\x7f', max_size=40), max_size=6))
def test_a_shard_reads_back_as_json_lines(texts: list[str]) -> None:
    raw = [text.encode("utf-8", "replace") for text in texts]
    lines = json_lines(*packed(raw), np.arange(len(raw))).tobytes()
    assert [json.loads(line)["text"].encode() for line in lines.splitlines()] == raw


def test_a_shard_of_nothing_but_control_characters_finds_room() -> None:
    raw = [bytes(range(32)) * 1000, b"\x00" * 5000]
    lines = json_lines(*packed(raw), np.arange(2)).tobytes()
    assert [json.loads(line)["text"].encode() for line in lines.splitlines()] == raw


@given(sizes=st.lists(st.integers(0, 50), max_size=40), most=st.integers(1, 60))
def test_shares_are_whole_and_no_larger_than_they_may_be(sizes: list[int], most: int) -> None:
    runs = split_by_size(np.array(sizes, np.int64), most)
    assert [place for run in runs for place in range(*run)] == list(range(len(sizes)))
    assert all(stop == start + 1 or sum(sizes[start:stop]) <= most for start, stop in runs)
    assert all(sum(sizes[start : end + 1]) > most for (start, end), _ in pairwise(runs))


def test_eight_bytes_are_written_the_lowest_first() -> None:
    from numba import njit

    array = np.zeros(10, np.uint8)
    njit(lambda into, number: put_eight_bytes(into, 1, number))(
        array, np.uint64(0x0807060504030201)
    )
    assert array.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]


def test_a_rolling_hash_is_the_hash_of_its_words_alone() -> None:
    hashes = np.arange(1, 40, dtype=np.uint64) * np.uint64(0x123456789ABCDEF1)
    rolled, alone = np.empty(40, np.uint64), np.empty(40, np.uint64)
    hash_shingles(hashes, 39, 5, rolled)
    hash_shingles(hashes[20:25], 5, 5, alone)
    assert rolled[20] == alone[0]
