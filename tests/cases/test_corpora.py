"""Corpora as people have them: the passages that were meant, or one sentence before any start."""

import bz2
import codecs
import gzip
import json
import lzma
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from harness.errors import BadRequest
from tests.workloads.embed.support import LINES, needs_extra, small
from tests.workloads.embed.tiny_models import Tiny, write_model
from workloads import embed
from workloads.embed.corpus import read_corpus
from workloads.embed.queries import cut_passage

TEXTS = ["one two", "三 四", "five\nsix"]
PASSAGES = ["one two", "三 四", "five six"]
SHARED = "This first sentence stands in every text."
RECORDS = [{"id": number, "text": text} for number, text in enumerate(TEXTS)]
Write = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """What is written into a folder, and the field of its texts (empty: a usual name)."""

    sentence: str
    write: Write
    field: str = ""


def json_lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def file(name: str, content: bytes) -> Write:
    def write(folder: Path) -> Path:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        return folder / name

    return write


def in_folder(*files: Write) -> Write:
    def write(folder: Path) -> Path:
        for one in files:
            one(folder / "corpus")
        return folder / "corpus"

    return write


def zstd(content: bytes) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def parquet(name: str, kind: Any, column: str = "text") -> Write:
    def write(folder: Path) -> Path:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        table = pyarrow.table({"id": [1, 2, 3], column: pyarrow.array(TEXTS, kind)})
        pyarrow.parquet.write_table(table, folder / name)
        return folder / name

    return write


def with_empty_texts() -> bytes:
    return json_lines([{"text": None}, RECORDS[0], {"text": " "}, RECORDS[1], {}, RECORDS[2]])


LINES_OF_TEXT = "one two\n三 四\nfive six\n"
READ = (
    Case("lines of text", file("a.txt", LINES_OF_TEXT.encode())),
    Case("lines with a byte order mark", file("a.txt", codecs.BOM_UTF8 + LINES_OF_TEXT.encode())),
    Case(
        "lines that end as on Windows", file("a.txt", LINES_OF_TEXT.replace("\n", "\r\n").encode())
    ),
    Case("empty lines between", file("a.txt", LINES_OF_TEXT.replace("\n", "\n\n \n").encode())),
    Case("packed lines", file("a.txt.gz", gzip.compress(LINES_OF_TEXT.encode()))),
    Case("JSON lines", file("a.jsonl", json_lines(RECORDS))),
    Case("JSON lines by another name", file("a.ndjson", json_lines(RECORDS))),
    Case("JSON lines by no name", file("crawl", json_lines(RECORDS))),
    Case("JSON lines in gzip", file("a.jsonl.gz", gzip.compress(json_lines(RECORDS)))),
    Case("JSON lines in zstd", file("a.jsonl.zst", zstd(json_lines(RECORDS)))),
    Case("JSON lines in bzip2", file("a.jsonl.bz2", bz2.compress(json_lines(RECORDS)))),
    Case("JSON lines in xz", file("a.jsonl.xz", lzma.compress(json_lines(RECORDS)))),
    Case("a JSON array", file("a.json", json.dumps(RECORDS).encode())),
    Case("records without text", file("a.jsonl", with_empty_texts())),
    Case(
        "a text of another usual name",
        file("a.jsonl", json_lines([{"raw_content": text} for text in TEXTS])),
    ),
    Case(
        "a text of a name of one's own",
        file("a.jsonl", json_lines([{"text": "no", "abstract": text} for text in TEXTS])),
        "abstract",
    ),
    Case("Parquet", parquet("a.parquet", pyarrow.string())),
    Case("Parquet with large strings", parquet("a.parquet", pyarrow.large_string())),
    Case("Parquet by no name", parquet("crawl", pyarrow.string())),
    Case("Parquet with a column of one's own", parquet("a.pq", pyarrow.string(), "words"), "words"),
    Case("a folder of Parquet", in_folder(parquet("a/part-0.parquet", pyarrow.string()))),
    Case("a folder of a JSON array", in_folder(file("a.json", json.dumps(RECORDS).encode()))),
    Case(
        "a folder of packed JSON lines",
        in_folder(
            file("b.jsonl.gz", gzip.compress(json_lines(RECORDS[1:]))),
            file("a.jsonl", json_lines(RECORDS[:1])),
        ),
    ),
    Case(
        "a folder of texts",
        in_folder(file("a.txt", b"one\ntwo\n\n"), file("b.md", "三 四\n\nfive\nsix".encode())),
    ),
    Case(
        "hidden and other files between",
        in_folder(
            file(".hidden/a.txt", b"hidden"),
            file(".a.txt", b"hidden"),
            file("a.jsonl", json_lines(RECORDS)),
            file("package.json", b'{"name": "x"}'),
            file("a.bin", b"\xff"),
        ),
    ),
)


@pytest.mark.parametrize("case", READ, ids=lambda case: case.sentence)
def test_a_corpus_is_read_as_it_was_meant(case: Case, tmp_path: Path) -> None:
    read = read_corpus(str(case.write(tmp_path)), case.field, 100, 1)
    assert read.passages == PASSAGES


@dataclass(frozen=True)
class Refusal:
    """What is written into a folder, and the sentence that refuses it."""

    what: str
    write: Write
    sentence: str


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def a_loop(folder: Path) -> Path:
    (folder / "loop").symlink_to(folder / "loop")
    return folder / "loop"


REFUSED = (
    Refusal("UTF-16", file("a.txt", "a\nb".encode("utf-16")), "a.txt is UTF-16: save it as UTF-8"),
    Refusal("Latin-1", file("a.txt", b"fine\nd\xe9j\xe0"), "a.txt, line 2: byte 2 is not UTF-8"),
    Refusal("a zip archive", file("a.txt", b"PK\x03\x04..."), "a.txt is a zip archive: unpack it"),
    Refusal(
        "WARC", file("a.warc.gz", gzip.compress(b"WARC/1.0\r\n")), "a.warc.gz holds WARC records"
    ),
    Refusal(
        "a damaged archive",
        file("a.jsonl.gz", gzip.compress(json_lines(RECORDS * 99))[:60]),
        "a.jsonl.gz",
    ),
    Refusal(
        "a cut line", file("a.jsonl", b'{"text": "a"}\n{"text": '), "a.jsonl, line 2 is not JSON"
    ),
    Refusal(
        "no field",
        file("a.jsonl", b'{"title": "a"}\n'),
        "a.jsonl has no field text, raw_content, content, body, document, page_content or article",
    ),
    Refusal(
        "a number as text", file("a.jsonl", b'{"text": 5}\n'), "a.jsonl, line 1 has no text in"
    ),
    Refusal(
        "Parquet without a text", parquet("a.parquet", None, "words"), "a.parquet has no field"
    ),
    Refusal(
        "no texts", in_folder(file("a.bin", b"")), "corpus=corpus holds no file that ends in .txt"
    ),
    Refusal("a pipe", a_pipe, "corpus=pipe is neither a file nor a folder"),
    Refusal("links in a circle", a_loop, "corpus=loop is neither a file nor a folder"),
    Refusal(
        "nothing", lambda folder: folder / "gone", "corpus=gone is neither a file nor a folder"
    ),
    Refusal(
        "a line of 2 MB",
        file("a.txt", b"a\n" + b"b" * 2_000_000),
        "a.txt, line 2: it is longer than 1,048,576 bytes",
    ),
    Refusal(
        "an empty file", file("a.txt", b""), "the corpus has 0 different passages, of at least 64"
    ),
    Refusal(
        "texts that are all equal",
        file("a.txt", b"the same text as all the others, and as long as they are\n" * 500),
        "the corpus has 1 different passages, of at least 64",
    ),
    Refusal(
        "a corpus of fewer than ten",
        file("a.txt", "\n".join(LINES[:9]).encode()),
        "the corpus has 9 different passages, of at least 64",
    ),
    Refusal(
        "texts too short for queries",
        file("a.txt", "\n".join(f"text {number}" for number in range(99)).encode()),
        "queries=16 are more than the 0 that can be cut out of 64 passages",
    ),
    Refusal(
        "texts that all begin with one sentence",
        file("a.txt", "\n".join(f"{SHARED} {line}" for line in LINES).encode()),
        "queries=16 are more than the 0 that can be cut out of 64 passages",
    ),
)


@needs_extra
@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.what)
def test_a_corpus_that_cannot_be_used_is_refused_before_anything_starts(
    case: Refusal, tmp_path: Path
) -> None:
    params = small(tmp_path, corpus=str(case.write(tmp_path)))
    with pytest.raises((ValueError, BadRequest)) as refused:
        embed.WORKLOAD.configure(params)
    sentence = str(getattr(refused.value, "sentence", refused.value))
    assert sentence.startswith(case.sentence)
    assert str(tmp_path) not in sentence


@needs_extra
def test_how_a_corpus_and_a_model_were_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    write_model(tmp_path / "mine", Tiny())
    params = small(tmp_path, model=str(tmp_path / "mine"), passages=100)
    assert embed.load(embed.WORKLOAD.configure(params)).reading == (
        "64 passages from 1 file, 16 queries; model mine of 4 dimensions, the mean of its states"
    )


@needs_extra
def test_of_a_model_that_comes_with_the_program_nothing_is_said(tmp_path: Path) -> None:
    loaded = embed.load(embed.WORKLOAD.configure(small(tmp_path)))
    assert loaded.reading == "64 passages from 1 file, 16 queries"


def test_a_passage_without_blanks_is_cut_after_its_sentence() -> None:
    first, rest = (
        "他昨天在图书馆里读了一本书。",
        "那本书讲的是一个住在山里的老人和他的狗，他们每天都去河边走。",
    )
    assert cut_passage(first + rest) == (first, rest)


def test_a_passage_without_blanks_and_sentences_is_cut_in_the_middle() -> None:
    first, rest = cut_passage("ก" * 80) or ("", "")
    assert (len(first), len(rest)) == (40, 40)
