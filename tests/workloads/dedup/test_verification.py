"""Which candidates are similar: compared with sets of shingles in plain Python."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.dedup.support import few, packed, pairs, wordy, written
from workloads.dedup.machine import Array, Source, fetch
from workloads.dedup.pairs import components
from workloads.dedup.verification import MOST_DOCUMENTS, verify_pairs


def verified(
    texts: list[bytes], candidates: Array, width: int = 2, threshold: float = 0.5
) -> Array:
    """Return the similar pairs of candidates that are all of one component."""
    text, offsets = packed(texts)
    starts = np.array([0, len(candidates)])
    found: Array = verify_pairs(Source(text, -1), offsets, width, threshold, candidates, starts)
    return found


def similar(one: bytes, other: bytes, width: int, threshold: float) -> bool:
    a, b = set(written(one, width)), set(written(other, width))
    return len(a & b) >= threshold * len(a | b)


@few
@given(
    one=wordy, other=wordy, width=st.integers(1, 3), threshold=st.sampled_from([0.1, 0.5, 0.7, 1.0])
)
def test_a_pair_is_verified_by_its_exact_similarity(
    one: bytes, other: bytes, width: int, threshold: float
) -> None:
    found = verified([one, other], pairs((0, 1)), width, threshold)
    assert bool(len(found)) == similar(one, other, width, threshold)


@few
@given(
    texts=st.lists(wordy, min_size=1, max_size=4),
    chosen=st.lists(st.integers(0, 3), min_size=8, max_size=8),
    which=st.sets(
        st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1])
    ),
    threshold=st.sampled_from([0.1, 0.5, 1.0]),
)
def test_what_similar_pairs_connect_is_connected_and_nothing_twice(
    texts: list[bytes], chosen: list[int], which: set[tuple[int, int]], threshold: float
) -> None:
    pages = [texts[place % len(texts)] for place in chosen]
    candidates = np.sort(pairs(*which))
    found = verified(pages, candidates, 2, threshold)
    alike = [pair for pair in which if similar(pages[pair[0]], pages[pair[1]], 2, threshold)]
    clusters = components(len(pages), pairs(*alike)).tolist()
    assert set(found.tolist()) <= set(pairs(*alike).tolist())
    assert components(len(pages), found).tolist() == clusters
    assert len(found) == len(pages) - len(set(clusters))


def test_a_component_of_more_than_is_remembered_is_verified_whole() -> None:
    random = np.random.default_rng(1)
    words = [f"word{number}" for number in range(1000)]
    topics = [random.choice(words, 500) for _ in range(3)]
    topic = random.integers(0, 3, 3 * MOST_DOCUMENTS)
    texts = [
        " ".join(
            np.where(random.random(500) < 0.02, random.choice(words, 500), topics[at])
        ).encode()
        for at in topic
    ]
    candidates = pairs(*((max(0, at - 3 - at % 150), at) for at in range(1, len(texts))))
    alike = [pair for pair in candidates.tolist() if topic[pair >> 32] == topic[pair & 0xFFFFFFFF]]
    clusters = components(len(texts), np.array(alike, np.uint64))
    assert 3 < len(set(clusters.tolist())) < len(texts)
    assert components(len(texts), verified(texts, candidates)).tolist() == clusters.tolist()


def test_components_are_verified_one_by_one() -> None:
    text, offsets = packed([b"same words here"] * 5)
    candidates = pairs((0, 2), (1, 3), (3, 4))
    found = verify_pairs(Source(text, -1), offsets, 2, 0.5, candidates, np.array([0, 1, 3]))
    assert found.tolist() == candidates.tolist()


def test_a_document_is_fetched_from_memory_or_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"0123456789")
    text, into = np.frombuffer(b"0123456789", np.uint8), np.zeros(3, np.uint8)
    with (tmp_path / "text").open("rb") as file:
        source = Source(text[:0], file.fileno())
        assert fetch(source, 1, 4, into).tobytes() == b"123"
        assert fetch(Source(text, -1), 7, 9, into).tobytes() == b"78"
        with pytest.raises(ValueError, match="cannot be read to its end"):
            fetch(source, 8, 11, into)
