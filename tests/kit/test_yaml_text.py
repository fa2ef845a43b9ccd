"""YAML as it is read back."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.kit.yaml_text import document, scalar

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
TREES = st.recursive(
    TEXT | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, TREES, min_size=1, max_size=4))
def test_a_document_is_read_back_as_it_was(tree: dict[str, Any]) -> None:
    assert yaml.safe_load(document(tree)) == tree


@pytest.mark.parametrize(
    "text",
    ["", "yes", "No", "null", "~", "1", "1e3", "0x1f", "2026-11-29", "- a", "a: b", "#", "{}", "%",
     "a\nb", "'", '"', "\\", "\t", "\x85", "\u2028", "\ufeff", "\x7f", "\U0001f600", "=", "<<"],
)  # fmt: skip
def test_a_string_is_never_taken_for_anything_else(text: str) -> None:
    assert yaml.safe_load(scalar(text)) == text
    assert yaml.safe_load(document({text or "k": [text, {"k": text}]})) == {
        text or "k": [text, {"k": text}]
    }


def test_comments_stand_above_and_say_nothing_to_a_reader() -> None:
    drawn = document({"a": 1}, ["one", "two: three"])
    assert drawn == "# one\n# two: three\na: 1\n"
