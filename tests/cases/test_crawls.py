"""Crawls as they come from elsewhere: each is read as its owner means it, or refused."""

import bz2
import datetime
import gzip
import io
import json
import lzma
import os
import random
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Parameters
from harness.workload import BadRequest
from tests.pools import InProcessPool, ignore_progress
from workloads import dedup
from workloads.dedup.files import check_input, read
from workloads.documents.documents import MOST_DOCUMENT_BYTES

PAGES = [f"page {number} of several" for number in range(6)]
Write = Callable[[Path], object]


def lines(pages: list[str] = PAGES, field: str = "text", **others: Any) -> bytes:
    return b"".join(json.dumps({**others, field: page}).encode() + b"\n" for page in pages)


PLAIN = lines()


def file(content: bytes, name: str) -> Write:
    return lambda folder: (folder / name).write_bytes(content)


def files(contents: Mapping[str, bytes]) -> Write:
    def write(folder: Path) -> None:
        for name, content in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    return write


def zstd(content: bytes) -> bytes:
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(content)
    raw: bytes = packed.getvalue().to_pybytes()
    return raw


def two_texts(folder: Path) -> None:
    """Write a table that another one was joined to."""
    pages = pa.array(PAGES)
    joined = pa.Table.from_arrays([pages, pages], names=["text", "text"])
    pq.write_table(joined, folder / "a.parquet")


def tarred(content: bytes) -> bytes:
    archived = io.BytesIO()
    with tarfile.open(fileobj=archived, mode="w:gz") as archive:
        member = tarfile.TarInfo("crawl.jsonl")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return archived.getvalue()


def table(name: str, **columns: Any) -> Write:
    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        pq.write_table(pa.table(columns), folder / name)

    return write


def several(*writes: Write) -> Write:
    def write(folder: Path) -> None:
        for one in writes:
            one(folder)

    return write


def loops(folder: Path) -> None:
    (folder / "again").symlink_to(folder)
    (folder / "deep").mkdir()
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "twice.jsonl").symlink_to(folder / "a.jsonl")
    os.mkfifo(folder / "pipe.jsonl")


@dataclass(frozen=True)
class Case:
    """What is written, what is named of it, and how it is read; ``pages`` are the documents."""

    sentence: str
    write: Write
    reading: str
    name: str = "."
    field: str = ""
    pages: tuple[str, ...] = tuple(PAGES)


ONE = "6 documents from 1 file of"
CASES = (
    Case("JSON lines", file(PLAIN, "a.jsonl"), f"{ONE} JSON lines, field text", "a.jsonl"),
    Case("ndjson", file(PLAIN, "a.ndjson"), f"{ONE} JSON lines, field text", "a.ndjson"),
    Case("json.gz", file(gzip.compress(PLAIN), "a.json.gz"), f"{ONE} JSON lines, field text"),
    Case(
        "zstd",
        file(zstd(PLAIN[:50]) + zstd(PLAIN[50:]), "a.jsonl.zst"),
        f"{ONE} JSON lines, field text",
    ),
    Case("bz2", file(bz2.compress(PLAIN), "a.jsonl.bz2"), f"{ONE} JSON lines, field text"),
    Case("xz", file(lzma.compress(PLAIN), "a.jsonl.xz"), f"{ONE} JSON lines, field text"),
    Case(
        "a wiki's dump without an ending of its name",
        files(
            {f"A{name}/wiki_00": lines([page]) for name, page in zip("CEABDF", PAGES, strict=True)}
        ),
        "6 documents from 6 files of JSON lines, field text",
        pages=tuple(PAGES[place] for place in (2, 3, 0, 4, 1, 5)),
    ),
    Case(
        "a folder of gz",
        files(
            {
                "b.jsonl.gz": gzip.compress(lines(PAGES[3:])),
                "a.jsonl.gz": gzip.compress(lines(PAGES[:3])),
            }
        ),
        "6 documents from 2 files of JSON lines, field text",
    ),
    Case(
        "an array of objects",
        file(json.dumps([{"text": page} for page in PAGES], indent=1).encode(), "a.json"),
        f"{ONE} JSON array, field text",
    ),
    Case(
        "a folder that is called like a file of Parquet",
        several(
            table("crawl.parquet/0.parquet", text=PAGES[:2]),
            table("crawl.parquet/1.parquet", text=PAGES[2:]),
        ),
        "6 documents from 2 files of Parquet, field text",
        "crawl.parquet",
    ),
    Case(
        "a pattern of names",
        files({"a.jsonl": lines(PAGES[:1]), "b.jsonl": lines(PAGES[1:]), "c.json": b"?"}),
        "6 documents from 2 files of JSON lines, field text",
        "*.jsonl",
    ),
    Case(
        "RedPajama's raw_content",
        file(lines(field="raw_content", url="x", title="text"), "a.jsonl"),
        f"{ONE} JSON lines, field raw_content",
    ),
    Case("a body", file(lines(field="body", id=7), "a.jsonl"), f"{ONE} JSON lines, field body"),
    Case(
        "a field of any name",
        file(lines(field="Seite", text="not this"), "a.jsonl"),
        f"{ONE} JSON lines, field Seite",
        field="Seite",
    ),
    Case(
        "null, nothing and blanks are left out and counted",
        file(
            b'{"text": null, "title": "x"}\n{"text": ""}\n{"id": 1}\n{"text": " \\n"}\n' + PLAIN,
            "a.jsonl",
        ),
        f"{ONE} JSON lines, field text; 4 without text left out",
    ),
    Case(
        "rows without text are, too",
        table("a.parquet", text=[None, *PAGES, ""]),
        f"{ONE} Parquet, field text; 2 without text left out",
    ),
    Case(
        "views",
        table("a.parquet", body=pa.array(PAGES, pa.string_view()), id=list(range(6))),
        f"{ONE} Parquet, field body",
    ),
    Case(
        "large strings",
        table("a.parquet", text=pa.array(PAGES, pa.large_string())),
        f"{ONE} Parquet, field text",
    ),
    Case(
        "dictionaries",
        table("a.parquet", text=pa.array(PAGES).dictionary_encode()),
        f"{ONE} Parquet, field text",
    ),
    Case(
        "a crawl beside notes",
        files(
            {"README.md": b"x", ".a.jsonl": b"?", "_SUCCESS": b"", "a.jsonl": PLAIN, "a.png": b"x"}
        ),
        f"{ONE} JSON lines, field text; 2 other files not read",
    ),
    Case(
        "sources beside a small file of JSON",
        files({"a.py": b"x = 1\n" * 99, "package.json": b'{"name": "x"}', "a.jsonl": PLAIN}),
        "2 documents from 2 files of text; 1 other file not read",
        pages=("x = 1\n" * 99, '{"name": "x"}'),
    ),
    Case(
        "texts beside archives and a damaged one",
        files(
            {
                "a.txt": PLAIN,
                "b.gz": tarred(b"x"),
                "c.gz": gzip.compress(b"x")[:-9],
                "d.txt": PLAIN,
            }
        ),
        "2 documents from 2 files of text; 2 other files not read",
        pages=(PLAIN.decode(),) * 2,
    ),
    Case(
        "JSON lines and Parquet",
        several(file(lines(PAGES[:3]), "a.jsonl"), table("b.parquet", content=PAGES[3:])),
        "6 documents from 2 files of JSON lines and Parquet, fields text and content",
    ),
    Case(
        "links that go round, a second name and a pipe",
        several(file(PLAIN, "a.jsonl"), loops),
        f"{ONE} JSON lines, field text; 1 other file not read",
    ),
    Case(
        "lines end at a newline and nowhere else",
        file(
            lines(["a\u2028b\x0b\x0c\x85c", "d"]).replace(b"\\u2028", "\u2028".encode()), "a.jsonl"
        ),
        "2 documents from 1 file of JSON lines, field text",
        pages=("a\u2028b\x0b\x0c\x85c", "d"),
    ),
    Case(
        "a mark and DOS lines",
        file(b"\xef\xbb\xbf" + PLAIN.replace(b"\n", b"\r\n"), "a.jsonl"),
        f"{ONE} JSON lines, field text",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_a_crawl_is_read_as_its_owner_means_it(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    name = str(tmp_path / case.name)
    check_input(name, case.field)
    text, offsets, reading = read(name, case.field)
    assert [text.content[begin:end].tobytes().decode() for begin, end in pairwise(offsets)] == [
        *case.pages
    ]
    assert reading == case.reading


@dataclass(frozen=True)
class Refusal:
    """What is written, what is named of it, and the sentence and the hint."""

    sentence: str
    write: Write
    says: str
    hint: str = ""
    name: str = "a.jsonl"
    field: str = ""


NAME_IT = "name the field with the text: --set field=NAME"
A_LINE = "write one JSON object a line, or one array of them"
USUAL = "text, raw_content, content, body, document, page_content or article"
REFUSALS = (
    Refusal(
        "one text file",
        files({"x/a.txt": b"all of it in one file\n"}),
        "x is one document, which cannot have a near-duplicate",
        name="x",
    ),
    Refusal(
        "a line that is no JSON",
        file(PLAIN + b"{'text': 'single quotes'}\n", "a.jsonl"),
        "a.jsonl, line 7 is not JSON: \"{'text': 'single quotes'}\"",
        A_LINE,
    ),
    Refusal(
        "a line that is no object",
        file(PLAIN + b'"alone"\n', "a.jsonl"),
        "a.jsonl, line 7 is not a JSON object: '\"alone\"'",
    ),
    Refusal(
        "a text that is a number",
        file(PLAIN + b'{"text": 7}\n', "a.jsonl"),
        "a.jsonl, line 7 has no text in the field text: '7'",
    ),
    Refusal(
        "fields that nobody knows",
        file(lines(field="Seite", id=1), "a.jsonl"),
        f"a.jsonl has no field {USUAL}; its fields are id, Seite",
        NAME_IT,
    ),
    Refusal(
        "a field that is not there",
        file(PLAIN, "a.jsonl"),
        "a.jsonl has no field Seite; its fields are text",
        NAME_IT,
        field="Seite",
    ),
    Refusal(
        "columns that nobody knows",
        table("a.parquet", url=["x"]),
        f"a.parquet has no field {USUAL}; its fields are url",
        NAME_IT,
        name="a.parquet",
    ),
    Refusal(
        "two columns of one name",
        two_texts,
        "a.parquet has two columns called text: give each its own name",
        name="a.parquet",
    ),
    Refusal(
        "a column of numbers",
        table("a.parquet", text=[1]),
        "a.parquet holds int64 in the column text, not text",
        name="a.parquet",
    ),
    Refusal(
        "an array that breaks off",
        file(b'[{"text": "one"}, {"te', "a.json"),
        "a.json, member 2 is not JSON: '{\"te'",
        name="a.json",
    ),
    Refusal(
        "one object over many lines",
        file(b'{\n "text": "one"\n}', "a.json"),
        "a.json, line 1 is not JSON: '{'",
        A_LINE,
        name="a.json",
    ),
    Refusal(
        "WARC",
        file(gzip.compress(b"WARC/1.0\r\n"), "a.warc.gz"),
        "a.warc.gz holds WARC records: write their text as JSON lines, for example by the library "
        "warcio",
        name="a.warc.gz",
    ),
    Refusal(
        "a folder of nothing but WARC",
        file(b"WARC/1.0\r\n", "a.warc.wet"),
        "a.warc.wet holds WARC records",
        name=".",
    ),
    Refusal(
        "a tar", file(tarred(PLAIN), "a.tgz"), "a.tgz is a tar archive: unpack it", name="a.tgz"
    ),
    Refusal("a zip", file(b"PK\3\4", "a.zip"), "a.zip is a zip archive: unpack it", name="a.zip"),
    Refusal(
        "Arrow", file(b"ARROW1", "a.arrow"), "a.arrow is an Arrow file: write it", name="a.arrow"
    ),
    Refusal(
        "UTF-16", file(PLAIN.decode().encode("utf-16"), "a.jsonl"), "a.jsonl is UTF-16: save it"
    ),
    Refusal(
        "a crawl of which a part breaks off",
        files({"a.jsonl": PLAIN, "b.jsonl.gz": gzip.compress(PLAIN)[:-9]}),
        "b.jsonl.gz cannot be unpacked",
        name=".",
    ),
    Refusal(
        "a crawl of which a part is another file",
        files({"a.jsonl": PLAIN, "b.jsonl": b"<html>"}),
        "b.jsonl is neither JSON lines, nor a JSON array, nor Parquet: it begins with '<html>'",
        "write one JSON object a line, or name a folder of text files",
        name=".",
    ),
    Refusal(
        "a file of text",
        file(b"once upon a time", "a.txt"),
        "a.txt is neither JSON lines, nor a JSON array, nor Parquet: it begins with "
        "'once upon a time'",
        "write one JSON object a line, or name a folder of text files",
        name="a.txt",
    ),
    Refusal(
        "gz that breaks off", file(gzip.compress(PLAIN)[:-9], "a.jsonl"), "a.jsonl cannot be unp"
    ),
    Refusal(
        "no Parquet",
        file(b"PAR1" + PLAIN, "a.parquet"),
        "a.parquet cannot be read as",
        name="a.parquet",
    ),
    Refusal("nothing", file(b"", "a.jsonl"), "a.jsonl holds no document with text, in 1 file"),
    Refusal(
        "blank lines",
        file(b"\n\n{}\n", "a.jsonl"),
        f"a.jsonl has no field {USUAL}; its fields are none",
        NAME_IT,
    ),
    Refusal(
        "no text in any",
        file(b'{"text": null}\n', "a.jsonl"),
        "a.jsonl holds no document with text",
    ),
    Refusal(
        "pictures",
        files({"x/a.png": b"1", "x/b.png": b"2"}),
        "x holds no document with text, in 2 files",
        name="x",
    ),
    Refusal("a pipe", lambda folder: os.mkfifo(folder / "a.jsonl"), "is not there, or no file"),
    Refusal(
        "a device",
        lambda folder: (folder / "a.jsonl").symlink_to("/dev/zero"),
        "is not there, or no file",
    ),
    Refusal(
        "a document without end",
        file(lines(["x" * (MOST_DOCUMENT_BYTES + 1)]), "a.jsonl"),
        "a.jsonl, line 1 is a document of 16,777,217 bytes, more than 16,777,216",
    ),
)


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.sentence)
def test_what_holds_no_documents_is_refused_before_anything_starts(
    case: Refusal, tmp_path: Path
) -> None:
    case.write(tmp_path)
    name = str(tmp_path / case.name)
    given: Parameters = {"input": name, "field": case.field}
    with pytest.raises(BadRequest) as refused:
        dedup.WORKLOAD.require_valid(dedup.WORKLOAD.defaults | given)
    said = refused.value.sentence.removeprefix(f"input={name} ")
    assert said.startswith(case.says)
    assert refused.value.hint == case.hint
    assert str(tmp_path) not in said


def test_what_is_wrong_far_behind_the_head_names_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines(["long " * 1000] * 300) + b"?\n")
    check_input(str(path))
    with pytest.raises(BadRequest) as refused:
        read(str(path))
    assert refused.value.sentence == "a.jsonl, line 301 is not JSON: '?'"


def solved(folder: Path, **settings_given: Any) -> tuple[Any, Any, float]:
    """Return the problem of a folder, its answer on one process, and the F1."""
    given = dedup.WORKLOAD.defaults | {"input": str(folder), "sample": 1000} | settings_given
    problem = dedup.load(dedup.WORKLOAD.configure(given))
    answer = dedup.baseline(problem.input, ignore_progress)
    distributed = dedup.distributed(problem.input, InProcessPool(2), ignore_progress)
    assert np.array_equal(answer.clusters, distributed.clusters)
    assert answer.shards == distributed.shards
    return problem, answer, dedup.quality(answer, problem.held_out)


def page_of(letters: str, chance: random.Random, length: int = 400) -> str:
    return "".join(chance.choices(letters, k=length))


SCRIPTS = {
    "Chinese": "".join(map(chr, range(0x4E00, 0x4E00 + 800))) + "。，",
    "Japanese": "".join(map(chr, range(0x3041, 0x3097))) + "日本語文書網頁",
    "Thai": "".join(map(chr, range(0x0E01, 0x0E2F))) + "\u0e30\u0e31\u0e34",
    "Khmer": "".join(map(chr, range(0x1780, 0x17B4))),
    "rare ideographs": "".join(map(chr, range(0x20000, 0x20000 + 400))),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_near_duplicates_are_found_where_words_have_no_blanks(tmp_path: Path, script: str) -> None:
    chance = random.Random(1)
    pages = [page_of(SCRIPTS[script], chance) for _ in range(100)]
    near = [page[:200] + page[203:] for page in pages[:20]]
    (tmp_path / "a.jsonl").write_bytes(lines([*pages, *near]))
    _, answer, f1 = solved(tmp_path)
    assert answer.clusters[100:].tolist() == list(range(20))
    assert len(answer.kept) == 100
    assert f1 == 1.0


def test_unlike_pages_of_a_script_without_blanks_stay_apart(tmp_path: Path) -> None:
    chance = random.Random(2)
    pages = [page_of(SCRIPTS["Chinese"], chance) for _ in range(40)]
    (tmp_path / "a.jsonl").write_bytes(lines([*pages, pages[0]]))
    _, answer, _ = solved(tmp_path)
    assert len(answer.kept) == 40


def test_a_crawl_without_near_duplicates_has_no_f1_of_1(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(PLAIN)
    with pytest.raises(BadRequest, match=r"none of the 6 documents .* has any, so nothing can be"):
        solved(tmp_path)


def test_the_other_fields_stay_beside_the_text_in_the_shards(tmp_path: Path) -> None:
    records: list[dict[str, object]] = [
        {"id": 1, "url": "https://a", "tags": ["ü", None], "raw_content": 'one "1"\n\x01\u2028 漢'},
        {"id": 2, "raw_content": "two", "score": float("nan")},
        {"raw_content": "two", "\ud800": "\ud800"},
        {"id": 4, "raw_content": "four \U0001f600"},
    ]
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    content = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "in" / "a.jsonl").write_text(content)
    solved(tmp_path / "in", shards=str(tmp_path / "out"), shard=20)
    found = b"".join(path.read_bytes() for path in sorted((tmp_path / "out").iterdir()))
    kept = [json.loads(line) for line in found.split(b"\n") if line]
    assert kept == [records[0], records[1] | {"score": None}, records[3]]
    assert len(list((tmp_path / "out").iterdir())) > 1


def test_columns_of_parquet_stay_beside_the_text_in_the_shards(tmp_path: Path) -> None:
    day = datetime.date(2026, 11, 28)
    write = table("a.parquet", text=["one", "one", "two"], day=[day] * 3, raw=[b"\xff"] * 3)
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    write(tmp_path / "in")
    solved(tmp_path / "in", shards=str(tmp_path / "out"))
    kept = (tmp_path / "out" / "shard-00000.jsonl").read_text("utf-8").split("\n")
    assert [json.loads(line) for line in kept if line] == [
        {"day": "2026-11-28", "raw": "\ufffd", "text": text} for text in ("one", "two")
    ]


@settings(deadline=None, max_examples=30)
@given(
    pages=st.lists(st.text(max_size=20), min_size=1, max_size=8),
    form=st.sampled_from(["lines", "array", "gz", "zst", "parquet"]),
    ascii_only=st.booleans(),
)
def test_any_form_of_the_same_pages_is_the_same_crawl(
    tmp_path_factory: pytest.TempPathFactory, pages: list[str], form: str, ascii_only: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "form"
    records = [{"text": page.encode("utf-8", "replace").decode()} for page in [*pages, "last"]]
    written = [json.dumps(record, ensure_ascii=ascii_only) for record in records]
    content = "\n".join(written).encode()
    packed = {
        "lines": content,
        "array": f"[{', '.join(written)}]".encode(),
        "gz": gzip.compress(content),
        "zst": zstd(content),
    }
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    else:
        path.write_bytes(packed[form])
    text, offsets, _ = read(str(path))
    assert [text.content[begin:end].tobytes().decode() for begin, end in pairwise(offsets)] == [
        record["text"] for record in records if record["text"].encode().strip()
    ]
