import gzip
import json
import sysconfig
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.workload import BadRequest
from workloads import dedup
from workloads.dedup import files, inputs
from workloads.dedup.files import check_input, read
from workloads.documents import documents as reading

some = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def documents(given: Path | str) -> list[bytes]:
    text, offsets, _ = read(str(given))
    return [text.content[begin:end].tobytes() for begin, end in pairwise(offsets)]


def read_or_refused(path: Path) -> bool:
    """Return whether a file was read, or refused by a sentence with its name."""
    try:
        return bool(documents(path))
    except BadRequest as refused:
        return path.name in str(refused)


def written(path: Path, *lines: str) -> Path:
    content = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def columns(path: Path, **named: Sequence[object]) -> Path:
    pq.write_table(pa.table(named), path)
    return path


@pytest.mark.parametrize("name", ["crawl.jsonl", "crawl.jsonl.gz"])
def test_json_lines_are_read_packed_or_not(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, '{"text": "one"}', "", '{"id": 7, "content": "two \\u00e9"}')
    assert documents(path) == [b"one", "two é".encode()]


def test_all_files_of_a_pattern_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        written(tmp_path / f"{name}.jsonl", json.dumps({"text": name}))
    assert documents(tmp_path / "*.jsonl") == [b"a", b"b", b"c"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    for name in ("crawl1.jsonl", "crawl[1].jsonl"):
        written(tmp_path / name, json.dumps({"text": name}))
    assert documents(tmp_path / "crawl[1].jsonl") == [b"crawl[1].jsonl"]


def test_two_stars_are_folders_of_any_depth_and_no_links_that_go_round(tmp_path: Path) -> None:
    (tmp_path / "a[b" / "c").mkdir(parents=True)
    for name in ("top", "a[b/middle", "a[b/c/low"):
        written(tmp_path / f"{name}.jsonl", json.dumps({"text": name}))
    for link in ("loop", "again", "a[b/back"):
        (tmp_path / link).symlink_to(tmp_path)
    assert documents(tmp_path / "**" / "*.jsonl") == [b"a[b/c/low", b"a[b/middle", b"top"]
    assert documents(tmp_path / "**" / "c" / "**" / "*.jsonl") == [b"a[b/c/low"]


def test_two_names_of_one_file_are_read_once(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", '{"text": "one"}')
    (tmp_path / "b.jsonl").symlink_to("a.jsonl")
    assert documents(tmp_path / "*.jsonl") == [b"one"]


@pytest.mark.parametrize("field", ["text", "content"])
def test_a_parquet_file_is_read_by_its_column(tmp_path: Path, field: str) -> None:
    path = columns(
        tmp_path / "crawl.parquet",
        id=list(range(600)),
        **{field: [f"page {row}" for row in range(600)]},
    )
    assert documents(path) == [f"page {row}".encode() for row in range(600)]


def test_repeated_rows_that_are_kept_as_a_dictionary_are_read(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"text": pa.array(["one", "two", "one"]).dictionary_encode()}),
        tmp_path / "crawl.parquet",
    )
    assert documents(tmp_path / "crawl.parquet") == [b"one", b"two", b"one"]


def test_a_parquet_string_that_is_no_utf_8_is_replaced(tmp_path: Path) -> None:
    broken = pa.array([b"caf\xe9"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": broken}), tmp_path / "crawl.parquet")
    assert documents(tmp_path / "crawl.parquet") == ["caf\N{REPLACEMENT CHARACTER}".encode()]


def test_a_folder_is_read_by_name_without_what_is_no_text_or_hidden_or_a_link(
    tmp_path: Path,
) -> None:
    for name in (
        "b/two.txt",
        "a/one.PY",
        "z.md",
        "picture.png",
        ".git/x.py",
        "a/__pycache__/y.py",
        "a/site-packages/z.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link.txt").symlink_to(tmp_path / "z.md")
    assert documents(tmp_path) == [b"z.md", b"a/one.PY", b"b/two.txt"]


def test_what_is_no_utf_8_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    assert documents(tmp_path) == ["caf\N{REPLACEMENT CHARACTER}".encode()]


def test_half_a_surrogate_is_replaced(tmp_path: Path) -> None:
    assert documents(written(tmp_path / "half.jsonl", '{"text": "a\\ud800b"}')) == [b"a?b"]


def test_the_files_of_the_installed_python_are_read_without_installed_packages() -> None:
    found = [source.path for source in inputs.texts(Path(sysconfig.get_path("stdlib")))]
    assert found == [source.path for source in inputs.texts(Path(sysconfig.get_path("stdlib")))]
    assert Path(sysconfig.get_path("stdlib")) / "json" / "decoder.py" in found
    assert not any(
        {"site-packages", "__pycache__"}
        & set(path.parts[len(Path(sysconfig.get_path("stdlib")).parts) :])
        for path in found
    )


def test_a_home_folder_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path / "crawl.jsonl", '{"text": "one"}')
    assert documents("~/*.jsonl") == [b"one"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "crawl.jsonl, line 2 is not JSON: '{'"),
        ("[1, 2]", r"crawl.jsonl, line 2 is not a JSON object: '\[1, 2\]'"),
        ('{"text": 7}', "crawl.jsonl, line 2 has no text in the field text: '7'"),
        ("[" * 100_000, "crawl.jsonl, line 2 is not JSON"),
        ("9" * 10_000, "crawl.jsonl, line 2 is not JSON"),
        (
            '{"text": "' + "x" * (reading.MOST_DOCUMENT_BYTES + 1) + '"}',
            "crawl.jsonl, line 2 is a document of 16,777,217 bytes, more than",
        ),
    ],
    ids=["no JSON", "no object", "no text", "a deep nest", "a huge number", "too long"],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        read(str(written(tmp_path / "crawl.jsonl", '{"text": "one"}', line)))


def test_a_packed_line_that_never_ends_is_not_unpacked_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_LINE_BYTES", 1 << 20)
    written(tmp_path / "bomb.jsonl.gz", "{" + "x" * (4 << 20))
    with pytest.raises(BadRequest, match=r"bomb.jsonl.gz, line 1 is longer than 1,048,576 bytes"):
        read(str(tmp_path / "bomb.jsonl.gz"))


def test_more_text_than_there_may_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    with pytest.raises(BadRequest, match=r"crawl.jsonl, line 1 ends more than 10 bytes"):
        read(str(written(tmp_path / "crawl.jsonl", *['{"text": "four"}'] * 4)))


def test_a_packed_file_that_breaks_off_is_named_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "crawl.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "one"}\n' * 10_000)[:-12])
    with pytest.raises(
        BadRequest, match=r"crawl.jsonl.gz, line \d+: the compressed data is damaged here"
    ):
        read(str(path))


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"title": ["x"]}, "crawl.parquet has no field text, .* or article; its fields are title"),
        ({"text": [1, 2]}, "crawl.parquet holds int64 in the column text, not text"),
    ],
    ids=["no column", "no text"],
)
def test_a_bad_parquet_file_is_named(
    tmp_path: Path, named: dict[str, list[object]], says: str
) -> None:
    with pytest.raises(BadRequest, match=says):
        read(str(columns(tmp_path / "crawl.parquet", **named)))


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="holds no document with text, in 0 files"):
        read(str(tmp_path))


@pytest.mark.parametrize(
    "given",
    [
        "/no/such/folder",
        "/no/such/*.jsonl",
        "/no/such.parquet",
        "stdlibs",
        "\0.jsonl",
        "~nobodyhere/x",
        f"{'x' * 300}.jsonl",
    ],
)
def test_what_is_not_there_is_known_before_anything_starts(given: str) -> None:
    with pytest.raises(BadRequest, match="input="):
        check_input(given)


@pytest.mark.parametrize("name", ["crawl.jsonl", "crawl.jsonl.gz", "crawl.parquet"])
def test_a_file_of_no_kind_that_is_known_is_refused_before_anything_starts(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"<html>")
    says = f"{name} is neither JSON lines, nor a JSON array, nor Parquet: it begins with '<html>'"
    with pytest.raises(BadRequest, match=says):
        check_input(str(tmp_path / name))


def test_files_of_their_kind_are_let_through(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl.gz"):
        mark = "\ufeff " if name == "a.jsonl" else ""
        written(tmp_path / name, mark + '{"text": "one"}\n{"text": "two"}')
    columns(tmp_path / "c.parquet", text=["one", "two"])
    for pattern in ("*.jsonl", "*.jsonl.gz", "*.parquet"):
        check_input(str(tmp_path / pattern))
        assert documents(tmp_path / pattern) == [b"one", b"two"]


def test_a_link_to_nowhere_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "gone.jsonl"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadRequest, match="is not there, or no file"):
        check_input(str(path))


@some
@given(
    content=st.binary(max_size=200) | st.text(max_size=60).map(str.encode),
    name=st.sampled_from(["x.jsonl", "x.jsonl.gz", "x.parquet"]),
)
def test_whatever_a_file_holds_it_is_read_or_refused(
    tmp_path: Path, content: bytes, name: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert read_or_refused(tmp_path / name)


@some
@given(
    place=st.integers(0, 400),
    bits=st.integers(1, 255),
    name=st.sampled_from(["x.jsonl.gz", "x.parquet"]),
)
def test_a_damaged_file_is_read_or_refused(
    tmp_path: Path, place: int, bits: int, name: str
) -> None:
    rows = [f"row {row} of some text" for row in range(50)]
    path = (
        written(tmp_path / name, *(json.dumps({"text": row}) for row in rows))
        if name.endswith("gz")
        else columns(tmp_path / name, text=[*rows])
    )
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= bits
    path.write_bytes(content)
    assert read_or_refused(path)


@some
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8).map(lambda texts: ["x", *texts]))
def test_shards_are_an_input(tmp_path: Path, texts: list[str]) -> None:
    path = written(tmp_path / "shard.jsonl", *(json.dumps({"text": text}) for text in texts))
    encoded = [text.encode("utf-8", "replace") for text in texts]
    assert documents(path) == [text for text in encoded if text.strip()]


def test_real_text_is_posed_with_a_sample_and_its_exact_duplicates(tmp_path: Path) -> None:
    pages = [
        "one two three four five six",
        "something else altogether here",
        "one two three four five six",
    ]
    path = written(tmp_path / "crawl.jsonl", *(json.dumps({"text": page}) for page in pages))
    posed = dedup.load(
        dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | {"input": str(path), "sample": 10})
    )
    assert (posed.items, posed.held_out_items) == (3, 3)
    answer = dedup.baseline(posed.input, lambda _: None)
    assert dedup.quality(answer, posed.held_out) == 1.0
    assert answer.kept.tolist() == [0, 1]
