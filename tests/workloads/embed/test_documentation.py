import pytest

from workloads.embed import documentation as reading
from workloads.embed.corpus import read_corpus
from workloads.embed.documentation import TOPICS, surely_has


def first(seed: int) -> list[str]:
    return read_corpus("", "", 100, seed).passages


@pytest.fixture(scope="module")
def documentation() -> list[str]:
    return first(1)


def test_the_documentation_of_what_is_installed_comes_in_one_order_for_one_seed(
    documentation: list[str],
) -> None:
    assert len(documentation) == len(set(documentation)) == 100
    assert first(1) == documentation
    assert first(2) != documentation


@pytest.mark.parametrize(
    ("passages", "queries", "known"),
    [
        (1000, 333, True),
        (1000, 334, False),
        (999, 1, False),
        (5000, 1500, True),
        (5001, 1, False),
    ],
)
def test_only_so_many_passages_and_queries_are_there_without_reading_them(
    passages: int, queries: int, known: bool
) -> None:
    assert surely_has(passages, queries) == known


def test_passages_of_what_is_installed_have_eight_words_at_least(
    documentation: list[str],
) -> None:
    assert min(len(passage.split()) for passage in documentation) >= 8


def test_the_language_reference_that_python_ships_is_among_the_sources() -> None:
    (topics,) = [source for source in reading.library() if source.name == TOPICS]
    assert any("with" in passage and "statement" in passage for passage in topics.passages())
    assert len(list(topics.passages())) > 500


def test_packages_are_read_for_docstrings_and_metadata_but_ours_is_not() -> None:
    names = [source.name for source in reading.packages()]
    assert "numpy/METADATA" in names
    assert "numpy/linalg/_linalg.py" in names
    assert not [
        name for name in names if name.startswith(("twoclocks", "workloads/")) or "/tests/" in name
    ]
