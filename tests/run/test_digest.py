from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.command_pair import CommandPair
from harness.run.digest import digest, file_digest, pair_digest
from harness.run.sources import source_digest

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.binary(max_size=5)
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@dataclass(frozen=True)
class Corpus:
    words: tuple[str, ...]
    weights: Any


@dataclass(frozen=True)
class Model:
    words: tuple[str, ...]
    weights: Any


def sha(value: Any) -> str:
    return digest(value, 0).sha256


def canonical(value: Any) -> str:
    """Return the type and the content in words, dictionaries in the order of their keys."""
    match value:
        case dict():
            return f"dict({[(canonical(key), canonical(value[key])) for key in sorted(value)]})"
        case list() | tuple():
            return f"{type(value).__name__}({[canonical(part) for part in value]})"
        case _:
            return f"{type(value).__name__}({value!r})"


@given(VALUES, VALUES)
def test_two_values_have_one_digest_exactly_if_they_are_equal(one: Any, other: Any) -> None:
    assert (sha(one) == sha(other)) == (canonical(one) == canonical(other))


@given(VALUES)
def test_the_order_in_which_a_dictionary_was_filled_does_not_matter(value: Any) -> None:
    assert sha({"a": value, "b": 1}) == sha({"b": 1, "a": value})


ONE_DIGEST: dict[str, tuple[Any, Any]] = {
    "a transposed array and its copy": (
        np.arange(6).reshape(2, 3).T,
        np.arange(6).reshape(2, 3).T.copy(),
    ),
    "a strided view and its copy": (np.arange(10)[::3], np.arange(10)[::3].copy()),
    "a read-only array and its copy": (
        np.frombuffer(b"abcdefgh", "<i4"),
        np.frombuffer(b"abcdefgh", "<i4").copy(),
    ),
    "bytes and a bytearray": (b"abc", bytearray(b"abc")),
    "an array in Fortran's order": (np.ones((3, 4)), np.ones((3, 4), order="F")),
}
TWO_DIGESTS: dict[str, tuple[Any, Any]] = {
    "another element": (np.array([1, 2]), np.array([1, 3])),
    "another type": (np.array([1, 2], "<i4"), np.array([1, 2], "<u4")),
    "another byte order": (np.array([1, 2], "<i4"), np.array([1, 2], ">i4")),
    "another shape": (np.arange(6).reshape(2, 3), np.arange(6).reshape(3, 2)),
    "empty arrays of other shapes": (np.zeros((0, 3)), np.zeros((3, 0))),
    "a tuple and a list": ((1, 2), [1, 2]),
    "nesting": (((1,), 2), (1, (2,))),
    "one and true": (1, True),
    "text and bytes": ("abc", b"abc"),
    "records of two classes": (Corpus(("a",), 1), Model(("a",), 1)),
    "fields of a record": (Corpus(("a",), 1), Corpus(("a",), 2)),
    "pieces of an array": ([np.array([1, 2]), np.array([3])], [np.array([1]), np.array([2, 3])]),
}


@pytest.mark.parametrize("values", ONE_DIGEST.values(), ids=ONE_DIGEST)
def test_memory_layout_does_not_matter(values: tuple[Any, Any]) -> None:
    assert sha(values[0]) == sha(values[1])


@pytest.mark.parametrize("values", TWO_DIGESTS.values(), ids=TWO_DIGESTS)
def test_a_difference_shows(values: tuple[Any, Any]) -> None:
    assert sha(values[0]) != sha(values[1])


KINDS: dict[str, Callable[[], Any]] = {
    "no dimension": lambda: np.array(5.0),
    "a scalar": lambda: np.float32(5.0),
    "big-endian": lambda: np.array([1, 2], ">f8"),
    "half precision": lambda: np.ones(3, np.float16),
    "complex": lambda: np.ones(3, np.complex64),
    "booleans": lambda: np.array([True, False]),
    "text": lambda: np.array(["abc", "de"]),
    "bytes": lambda: np.array([b"abc", b"de"]),
    "dates": lambda: np.array(["2026-11-22"], "datetime64[D]"),
    "records": lambda: np.array([(1, 2.0)], [("id", "<i4"), ("score", "<f8")]),
    "empty": lambda: np.zeros((0, 3)),
}


@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_an_array_of_any_kind_has_a_digest(made: Callable[[], Any]) -> None:
    assert digest(made(), 0) == digest(made().copy(), 0)
    assert digest(made(), 0).bytes == made().nbytes


@pytest.mark.parametrize(
    "value",
    [{1, 2}, object(), {1: "a", "b": 2}, Corpus],
    ids=["a set", "an object", "keys of two types", "a class"],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        digest(value, 0)


def test_an_array_of_objects_is_refused_in_plain_words() -> None:
    with pytest.raises(TypeError, match="no canonical digest for an array of objects"):
        digest(np.array([object()]), 0)


def test_bytes_count_the_raw_content() -> None:
    assert digest((np.zeros(10, np.float32), b"abc", "de"), 7).bytes == 45


def test_items_are_kept_as_they_are_given() -> None:
    assert digest((), 7).items == 7


def test_a_digest_does_not_change_from_version_to_version() -> None:
    assert sha((1, "a", b"b", None, 0.5, np.array([1, 2], "<i4"))).startswith("d797")


def test_the_source_digest_is_the_same_every_time() -> None:
    assert source_digest() == source_digest()


def test_an_adopted_file_changes_the_source_digest(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("one")
    before = source_digest(file_digest(file))
    file.write_text("two")
    assert len({source_digest(), before, source_digest(file_digest(file))}) == 3


def a_pair_in(folder: Path, **changes: Any) -> CommandPair:
    (folder / "a.py").write_text("print(42)")
    fields: dict[str, Any] = {
        "name": "made",
        "baseline": "python {here}/a.py {answer}",
        "distributed": "b {answer}",
        "here": str(folder),
    }
    return CommandPair(**(fields | changes))


def test_programs_have_one_digest_as_long_as_nothing_of_them_changes(tmp_path: Path) -> None:
    assert pair_digest(a_pair_in(tmp_path), []) == pair_digest(a_pair_in(tmp_path), [])


def test_a_program_that_was_edited_has_another_digest(tmp_path: Path) -> None:
    before = pair_digest(pair := a_pair_in(tmp_path), [])
    (tmp_path / "a.py").write_text("print(43)")
    assert pair_digest(pair, []) != before


@pytest.mark.parametrize(
    "changes", [{"distributed": "c {answer}"}, {"baseline": "python -O {here}/a.py {answer}"}]
)
def test_another_command_has_another_digest(changes: dict[str, str], tmp_path: Path) -> None:
    assert pair_digest(a_pair_in(tmp_path, **changes), []) != pair_digest(a_pair_in(tmp_path), [])


def test_a_command_whose_quotes_do_not_close_has_a_digest(tmp_path: Path) -> None:
    assert pair_digest(a_pair_in(tmp_path, baseline="echo '"), [])


def test_a_path_is_known_by_what_its_file_holds_and_not_by_its_name(tmp_path: Path) -> None:
    for name, content in (("one", b"x" * 3_000_000), ("same", b"x" * 3_000_000), ("other", b"y")):
        (tmp_path / name).write_bytes(content)
    assert digest((tmp_path / "one",), 1) == digest((tmp_path / "same",), 1)
    assert sha(tmp_path / "one") != sha(tmp_path / "other")
    assert digest(tmp_path / "one", 1).bytes == 3_000_000


def test_a_path_is_not_taken_for_the_bytes_or_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"x")
    assert len({sha(tmp_path / "one"), sha(b"x"), sha("x"), sha(str(tmp_path / "one"))}) == 4


def test_a_path_without_a_file_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="absent"):
        digest(tmp_path / "absent", 1)
