import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.workload import BadRequest
from workloads.embed import corpus as reading
from workloads.embed.corpus import read_corpus


def read(corpus: str, most: int = 10) -> list[str]:
    return read_corpus(corpus, "", most, 1).passages


def written(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_every_line_of_a_file_is_a_passage_but_for_empty_and_repeated_ones(tmp_path: Path) -> None:
    corpus = written(tmp_path / "a.txt", "\ufeffone  two\r\n\n three\nthree \nfour")
    assert read(corpus) == ["one two", "three", "four"]


def test_a_record_is_a_line_of_json_with_a_field_text(tmp_path: Path) -> None:
    corpus = written(tmp_path / "a.jsonl", '{"text": "one\\ntwo", "id": 3}\n\n{"text": "three"}\n')
    assert read(corpus) == ["one two", "three"]


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a").mkdir()
    written(tmp_path / "z.md", "last\n\nvery\nlast")
    written(tmp_path / "b" / "a.jsonl", json.dumps({"text": "sixth"}))
    written(tmp_path / "a" / "a.rst", "fifth")
    written(tmp_path / "a.py", '"""First."""\ndef f():\n    """Second."""\n')
    written(tmp_path / "c.bin", "not read")
    assert read(str(tmp_path)) == [
        "First.",
        "Second.",
        "last",
        "very last",
        "fifth",
        "sixth",
    ]


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    written(outside, "secret")
    (tmp_path / "in").mkdir()
    written(tmp_path / "in" / "a.txt", "told")
    (tmp_path / "in" / "b.txt").symlink_to(outside)
    assert read(str(tmp_path / "in")) == ["told"]


def test_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    corpus = written(tmp_path / "a.txt", b"one\none\ntwo\n\xff\n")
    assert read(corpus, 2) == ["one", "two"]


def test_a_home_folder_may_be_written_as_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path / "a.txt", "one")
    assert read("~/a.txt") == ["one"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", b"fine\nfine too\nb\xe4d", "a.txt, line 3: byte 2 is not UTF-8"),
        (
            "a.txt",
            b"fine\n" + b"x" * (reading.LONGEST_LINE_BYTES + 1),
            "a.txt, line 2: it is longer than 1,048,576 bytes",
        ),
        ("a.jsonl", b'{"text": "fine"}\n{"text": ', "a.jsonl, line 2 is not JSON: "),
        ("a.jsonl", b"[" * 100_000, "a.jsonl is neither JSON lines, nor a JSON array, nor Parquet"),
        (
            "a.jsonl",
            b'\n{"txet": "fine"}',
            "a.jsonl has no field text, raw_content, .*; its fields are txet",
        ),
        ("a.jsonl", b'{"text": 3}', "a.jsonl, line 1 has no text in the field text: '3'"),
        ("a.jsonl", b'["text"]', "a.jsonl is neither JSON lines, nor a JSON array, nor Parquet"),
    ],
)
def test_what_is_no_text_is_refused_by_file_and_line(
    name: str, content: bytes, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(BadRequest, match=sentence):
        read(written(tmp_path / name, content))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=200)
    | st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace")),
    name=st.sampled_from(["a.txt", "a.jsonl"]),
)
@example(content=b'{"text": 1e999}', name="a.jsonl")
@example(content=b"9" * 5000, name="a.jsonl")
def test_a_file_of_any_bytes_gives_passages_or_a_refusal(
    content: bytes, name: str, tmp_path: Path
) -> None:
    corpus = written(tmp_path / name, content)
    refusal, found = "", list[str]()
    try:
        found = read(corpus)
    except BadRequest as refused:
        refusal = str(refused)
    assert not refusal or refusal.startswith(name)
    assert all(passage.strip() == passage and passage.encode() for passage in found)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
@example(content=b"x = '\\ud800'")
@example(content=b"'''" + b"\\ud800" * 9 + b"'''")
@example(content=b"(" * 10_000)
@example(content=b'"""A class \\d of escapes."""')
def test_source_of_any_bytes_gives_docstrings_or_none(content: bytes, tmp_path: Path) -> None:
    written(tmp_path / "a.py", content)
    assert all(passage.encode() for passage in read(str(tmp_path)))


def test_a_docstring_with_a_doubtful_escape_is_read_without_a_warning(tmp_path: Path) -> None:
    written(tmp_path / "a.py", '"""Match a \\d."""')
    assert read(str(tmp_path)) == ["Match a \\d."]


def test_a_corpus_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="is neither a file nor a folder"):
        read(str(tmp_path / "nothing"))


@pytest.mark.parametrize("corpus", ["~nobodyhere/x", "x" * 300, "/" + "x" * 5000])
def test_what_is_no_path_is_refused(corpus: str) -> None:
    with pytest.raises(BadRequest, match="corpus="):
        read(corpus)


@pytest.mark.parametrize(
    ("name", "most"),
    [("a.md", reading.LARGEST_TEXT_BYTES), ("a.jsonl", reading.LARGEST_FILE_BYTES)],
)
def test_a_folder_with_a_file_that_is_too_large_is_refused(
    name: str, most: int, tmp_path: Path
) -> None:
    with (tmp_path / name).open("wb") as file:
        os.truncate(file.fileno(), most + 1)
    with pytest.raises(BadRequest, match=f"{name} has {most + 1:,} bytes, more than {most:,}"):
        read(str(tmp_path))


def test_a_folder_without_texts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        BadRequest, match=r"holds no file that ends in \.txt, \.md, \.rst, \.jsonl, \.ndjson, "
    ):
        read(str(tmp_path))


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        os.truncate(file.fileno(), reading.LARGEST_FILE_BYTES + 1)
    with pytest.raises(BadRequest, match="has 4,294,967,297 bytes, more than 4,294,967,296"):
        read(str(path))
