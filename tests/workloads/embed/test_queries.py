import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.workload import BadRequest
from workloads.embed.queries import cut_passage, cut_queries


def test_a_first_sentence_is_cut_from_what_follows_it() -> None:
    first, rest = (
        "Return the sum of all values.",
        "It is added from left to right, in double precision, whatever came in.",
    )
    assert cut_passage(f"{first} {rest}") == (first, rest)


def test_too_short_a_sentence_is_cut_together_with_the_next() -> None:
    first, rest = (
        "See e.g. the sum of all values?",
        "It is added from left to right, in double precision, whatever came in.",
    )
    assert cut_passage(f"{first} {rest}") == (first, rest)


def test_a_passage_without_a_sentence_is_cut_in_the_middle() -> None:
    words = [f"w{place}" for place in range(40)]
    assert cut_passage(" ".join(words)) == (" ".join(words[:20]), " ".join(words[20:]))


@pytest.mark.parametrize("words", [0, 1, 17])
def test_a_short_passage_is_not_cut(words: int) -> None:
    assert cut_passage("word " * words) is None


@given(st.lists(st.sampled_from(["a", "word", "end.", "why?", "so!", "…"]), max_size=60))
def test_a_cut_loses_no_word(words: list[str]) -> None:
    pieces = cut_passage(" ".join(words))
    assert pieces is None or " ".join(pieces).split() == words


TOLD = [
    f"The number {n} is a number that has many friends. Among them are {n + 1}, {n + 2} "
    "and all that follow them, without end or aim."
    for n in range(30)
]


def test_a_query_stands_nowhere_in_what_remains() -> None:
    parts = cut_queries(TOLD, 10, 1)
    kept = "\n".join(parts.passages)
    assert not [query for query in parts.queries if query in kept]
    assert [TOLD[place] for place in parts.sources] == [
        f"{query} {parts.passages[place]}"
        for query, place in zip(parts.queries, parts.sources, strict=True)
    ]


def test_passages_that_are_not_asked_for_stay_as_they_are() -> None:
    parts = cut_queries(TOLD, 10, 1)
    assert all(
        parts.passages[place] == TOLD[place] for place in range(30) if place not in parts.sources
    )
    assert len(set(parts.sources)) == 10


def test_a_sentence_that_stands_elsewhere_too_is_no_query() -> None:
    shared = [f"All of them begin with this sentence. {passage}" for passage in TOLD]
    with pytest.raises(BadRequest) as refused:
        cut_queries(shared, 1, 1)
    assert (
        refused.value.sentence == "queries=1 are more than the 0 that can be cut out of 30 passages"
    )
    assert refused.value.hint.endswith("that begin with different sentences")


def test_what_remains_of_two_passages_is_never_the_same_text() -> None:
    same_tail = [
        f"The beginning of number {n} is its own. {'Its end is shared with all the others ' * 3}"
        for n in range(30)
    ]
    with pytest.raises(BadRequest, match="more than the 1 that can be cut out") as refused:
        cut_queries(same_tail, 2, 1)
    assert refused.value.hint == "cut no more, --set queries=1, or give more passages"
