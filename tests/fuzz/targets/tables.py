"""Ratings, crawls and corpora: tables and texts in every form in which people have them."""

import gzip
import io
import json
import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq

from harness.errors import BadRequest
from harness.run.describe import Refused, describe
from tests.fuzz import hostile
from tests.fuzz.example import Example
from tests.fuzz.mutations import (
    Change,
    change_bytes,
    change_json_line,
    change_lines,
    change_number,
    change_somehow,
    write_zip,
)
from tests.fuzz.outputs import faults_of, unshowable
from tests.fuzz.target import Run, Target, description_faults, outcome_of
from tests.workloads.embed.support import LINES
from workloads.dedup.files import read
from workloads.embed.corpus import read_corpus
from workloads.recommend.ratings import read_ratings

Records = list[dict[str, object]]

USERS, ITEMS, EACH = 20, 40, 13
RATED = [
    (100 + user, 500 + (3 * user + item) % ITEMS, 1 + (user + item) % 9 / 2)
    for user in range(USERS)
    for item in range(EACH)
]
NAMES = ("user_id", "item_id", "rating")
ROWS: Records = [dict(zip(NAMES, rated, strict=True)) for rated in RATED]
CSV = "\n".join((",".join(NAMES), *(f"{user},{item},{rating}" for user, item, rating in RATED)))
PAGES: Records = [{"url": f"https://{place}", "text": line} for place, line in enumerate(LINES)]
LARGE = (
    "x" * 2_000_000,
    '{"text": "' + "x" * 2_000_000,
    "\n" * 2_000_000,
    "," * 2_000_000,
    '{"a":' * 200_000,
    "[" * 1_000_000,
)


def json_lines(records: Records) -> bytes:
    """Return records as JSON, one a line."""
    return "\n".join(map(json.dumps, records)).encode() + b"\n"


@cache
def parquet(of: str, kind: str = "string") -> bytes:
    """Return the ratings or the pages as Parquet, the texts of some type of Arrow's."""
    table = pa.Table.from_pylist(ROWS if of == "ratings" else PAGES)
    if of != "ratings" and kind != "string":
        types = {"large": pa.large_string(), "view": pa.string_view(), "binary": pa.binary()}
        place = table.column_names.index("text")
        texts = (
            table.column("text").combine_chunks().dictionary_encode()
            if kind == "dictionary"
            else table.column("text").cast(types[kind])
        )
        table = table.set_column(place, "text", texts)
    written = io.BytesIO()
    pq.write_table(table, written, compression="zstd" if kind == "large" else "snappy")
    return written.getvalue()


@cache
def swollen(of: str) -> bytes:
    """Return a small file of Parquet that says the same long text a great many times."""
    texts = pa.array(["x" * 1_000_000] * 600).dictionary_encode()
    columns = {"text": texts} if of != "ratings" else {"user_id": texts, "item_id": texts}
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()


def zstd(content: bytes) -> bytes:
    """Return content packed by zstd."""
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(content)
    raw: bytes = packed.getvalue().to_pybytes()
    return raw


def change_field(draw: random.Random, content: bytes) -> bytes:
    """Return lines of fields of which one field is something else."""
    lines = content.split(b"\n")
    place = draw.choice((0, draw.randrange(len(lines))))
    separator = draw.choice((b",", b'":'))
    fields = lines[place].split(separator)
    text = hostile.a_text(draw).encode("utf-8", "surrogatepass")
    fields[draw.randrange(len(fields))] = draw.choice((text, *hostile.ENDLESS_NUMBERS))
    lines[place] = separator.join(fields)
    return b"\n".join(lines)


TEXT_CHANGES: tuple[Change, ...] = (change_lines, change_number, change_field)
JSON_CHANGES: tuple[Change, ...] = (change_json_line, change_json_line, change_lines, change_number)


def _content(draw: random.Random, of: str) -> bytes:
    """Return a file of ratings, pages or lines in some form, changed somehow."""
    plain = {
        "ratings": CSV.encode(),
        "pages": json_lines(PAGES),
        "lines": "\n".join(LINES).encode(),
    }
    records = ROWS if of == "ratings" else PAGES
    match draw.randrange(9):
        case 0:
            kind = draw.choice(("string", "large", "view", "dictionary", "binary"))
            return change_bytes(draw, parquet(of, kind))
        case 1:
            return change_somehow(draw, json_lines(records), *JSON_CHANGES)
        case 2:
            packed = draw.choice((zstd, gzip.compress))(plain[of])
            return change_somehow(draw, packed, change_bytes)
        case 3:
            members = {draw.choice(("ratings.csv", "u.data", "a")): plain[of]}
            return change_somehow(draw, write_zip(draw, members), change_bytes)
        case 4:
            array = json.dumps(records).encode()
            return change_somehow(draw, array, change_bytes, change_number)
        case 5 if draw.random() < 0.3:
            return _large(draw, of)
        case _:
            usual = JSON_CHANGES if of == "pages" else TEXT_CHANGES
            return change_somehow(draw, plain[of], *usual)


def _large(draw: random.Random, of: str) -> bytes:
    """Return a file that is large, or becomes so when it is unpacked."""
    start = {"ratings": b"", "pages": b'{"text": "', "lines": b""}[of]
    return draw.choice(
        (
            *(text.encode() for text in LARGE),
            hostile.bomb("gz"),
            gzip.compress(start) + hostile.bomb("gz"),
            hostile.bomb("bz2", 64),
            gzip.compress(gzip.compress(hostile.bomb("gz"))),
            swollen(of),
        )
    )


NAMES_OF_FILES = {
    "ratings": ("mine", "mine/ratings.csv", "mine/part-0.csv", "mine/u.data", "mine/a.parquet"),
    "pages": ("mine", "mine/a.jsonl", "mine/a.parquet", "mine/a.json", "mine/a.txt", "mine/a.md"),
    "lines": ("mine", "mine.txt", "mine.jsonl", "mine/a.txt", "mine/a.json", "mine/a.py"),
}


def _make(of: str, setting: str, fields: Sequence[str]) -> Callable[[random.Random], Example]:
    def make(draw: random.Random) -> Example:
        name = draw.choice(NAMES_OF_FILES[of])
        files = {name: _content(draw, of)}
        if "/" in name and draw.random() < 0.5:
            files["mine/" + draw.choice(("b.jsonl", "part-1.csv", "_x", ".h"))] = _content(draw, of)
        field = draw.choice((*fields, hostile.a_text(draw))) if draw.random() < 0.2 else ""
        return Example(files, (f"{setting}={name.split('/')[0]}", field.replace("\x00", "")))

    return make


def _faults_of_description(run: Run, workload: str, settings: Sequence[str]) -> Iterator[str]:
    """Describe a workload with these settings, as it is before anything starts."""
    field = settings[1]

    def call() -> str:
        found = describe(workload, list(settings))
        if isinstance(found, Refused):
            raise BadRequest(found.sentence, found.hint)
        return ""

    yield from faults_of(outcome_of(call, as_printed=not field.isprintable()))
    if "\ud800" not in field:
        yield from description_faults(run, workload, settings)


def _ratings_faults(example: Example, run: Run) -> Iterator[str]:
    name, columns = example.words
    yield from _faults_of_description(run, "recommend", [name, f"columns={columns}"])
    wanted = [word.strip() for word in columns.split(",") if word.strip()]
    path = name.partition("=")[2]
    outcome = outcome_of(
        lambda: read_ratings(path, wanted).reading, as_printed=not columns.isprintable()
    )
    yield from faults_of(outcome)
    if outcome.code == 0:
        found = read_ratings(path, wanted)
        if found.rows.columns.max() >= found.width or found.rows.strengths.min() < 0:
            yield "it reads an item or a rating that cannot be"


def _crawl_faults(example: Example, run: Run) -> Iterator[str]:
    name, field = example.words
    yield from _faults_of_description(run, "dedup", [name, f"field={field}"])
    path = name.partition("=")[2]
    reading = outcome_of(lambda: read(path, field).reading, as_printed=not field.isprintable())
    yield from faults_of(reading)


def _corpus_faults(example: Example, run: Run) -> Iterator[str]:
    name, field = example.words
    settings = [name, f"field={field}", "passages=64", "queries=16", "max_tokens=36"]
    yield from _faults_of_description(run, "embed", settings)
    passages: list[str] = []

    def call() -> str:
        found = read_corpus(name.partition("=")[2], field, 500, 1)
        passages.extend(found.passages)
        return found.reading

    yield from faults_of(outcome_of(call, as_printed=not field.isprintable()))
    if any("\n" in passage for passage in passages):
        yield from unshowable("a passage", "\r")


TARGETS = (
    Target(
        name="ratings",
        reads="ratings of recommend: CSV, JSON lines, Parquet, archives, folders",
        holds="no item beyond the matrix, no negative weight",
        make=_make("ratings", "ratings", ("user_id,item_id", "1,2,3", "rating,user_id", "9,9")),
        faults=_ratings_faults,
        examples=50,
        runs_verbs=True,
        grown_bytes=900_000_000,
    ),
    Target(
        name="crawl",
        reads="input of dedup: JSON, Parquet, text, packed, folders",
        make=_make("pages", "input", ("text", "url", "body")),
        faults=_crawl_faults,
        examples=50,
        runs_verbs=True,
        grown_bytes=1_200_000_000,
    ),
    Target(
        name="corpus",
        reads="corpus of embed: lines, JSON, Parquet, Python files, packed, folders",
        make=_make("lines", "corpus", ("text", "url")),
        faults=_corpus_faults,
        examples=50,
        runs_verbs=True,
        grown_bytes=1_200_000_000,
    ),
)
