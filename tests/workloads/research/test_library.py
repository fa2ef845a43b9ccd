import ast
import textwrap
from pathlib import Path

import pytest

from tests.workloads.research.support import MODULE
from workloads.research.library import (
    Library,
    catalogue,
    docstring_parts,
    entries_in,
    entries_of,
    in_words,
    make_library,
    module_files,
    read_library,
    texts_at,
)


@pytest.fixture(scope="module")
def queue() -> Library:
    return read_library(("queue",))


def everything(library: Library) -> str:
    return "\n".join("\n".join(entry) for entry in entries_in(library))


def test_the_first_sentence_of_no_docstring_can_be_read(library: Library) -> None:
    sentences = [
        docstring_parts(ast.get_docstring(node) or "")[0]
        for node in ast.walk(ast.parse(MODULE))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    text = everything(library)
    assert len(sentences) > 15
    assert [sentence for sentence in sentences if sentence in text] == []


def test_nor_that_of_any_in_the_standard_library(queue: Library) -> None:
    assert "Create a queue object with a given maximum size" not in everything(queue)
    assert "Retrieves entries in priority order" not in everything(queue)


def test_what_follows_the_first_sentence_can_be_read(library: Library) -> None:
    assert "Straw stays on the field." in everything(library)


def test_every_source_is_the_definition_itself(queue: Library) -> None:
    for kind, _, name, _, _, source in entries_in(queue):
        (node,) = ast.parse(textwrap.dedent(source)).body
        assert isinstance(node, ast.ClassDef) == (kind == "class")
        assert getattr(node, "name", "") == name


def test_private_names_and_modules_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("def _f(): pass\nclass _C: pass\ndef g(): pass\n")
    assert [entry.name for entry in entries_of("m", path)] == ["g"]
    names = dict(module_files())
    assert {"collections", "json.decoder", "xml.dom"} <= set(names)
    assert not [name for name in names if "._" in f".{name}" or ".test" in f".{name}."]


def test_of_several_definitions_of_a_name_the_last_one_counts(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("if 1:\n    def f(a): pass\nelse:\n    def f(b): pass\n")
    (entry,) = entries_of("m", path)
    assert "def f(b)" in entry.source


@pytest.mark.parametrize("content", [b"def f(:", b"\xff\xfe", b"\0", b"# coding: nowhere\n"])
def test_a_module_that_cannot_be_parsed_has_no_definitions(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(content)
    assert entries_of("m", path) == []


def test_a_library_knows_itself_by_its_content(library: Library) -> None:
    entries = entries_in(library)
    assert make_library(entries) == library
    assert make_library(entries[1:]) != library


def test_a_catalogue_has_a_place_for_each_definition(library: Library) -> None:
    known = catalogue(library)
    place = known.places["farm", "Hen"]
    assert known.entries[place] == ("class", "farm", "Hen")
    assert place in known.modules["class", "farm"]
    assert texts_at(library.names, [place, 0]) == ["class farm Hen", "class farm FarmError"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("OrderedDict", "ordered dict"),
        ("get_close_matches", "get close matches"),
        ("HTMLDoc", "html doc"),
    ],
)
def test_an_identifier_is_read_as_words(name: str, words: str) -> None:
    assert in_words(name) == words


@pytest.mark.parametrize(
    ("docstring", "first", "rest"),
    [
        ("One. Two.", "One.", "Two."),
        ("One\ntwo", "One two", ""),
        ("One\n\nTwo.\nThree.", "One", "Two. Three."),
        ("Is it? e.g. this", "Is it?", "e.g. this"),
        ("", "", ""),
    ],
)
def test_a_docstring_is_its_first_sentence_and_the_rest(
    docstring: str, first: str, rest: str
) -> None:
    assert docstring_parts(docstring) == (first, rest)
