"""Ratings as they come from elsewhere: each file is read as its owner means it, or refused."""

import bz2
import gzip
import io
import itertools
import json
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Parameters
from harness.workload import BadRequest
from workloads import recommend
from workloads.recommend import line_blocks
from workloads.recommend.ratings import check_ratings, read_ratings

USERS, ITEMS, EACH = 20, 40, 13
RATED = [
    (100 + user, 500 + (3 * user + item) % ITEMS, 1 + (user + item) % 9 / 2)
    for user in range(USERS)
    for item in range(EACH)
]
COUNTS = f"{USERS} users, {ITEMS} items, {len(RATED)} "
Write = Callable[[Path], object]


def lines(form: str, header: str = "") -> bytes:
    """Return every rating in a form of user ``u``, item ``i`` and rating ``r``, and a header."""
    rows = [form.format(u=user, i=item, r=rating) for user, item, rating in RATED]
    return "\n".join([header, *rows] if header else rows).encode() + b"\n"


PLAIN = lines("{u},{i},{r}", "userId,movieId,rating")


def file(content: bytes, name: str = "mine") -> Write:
    return lambda folder: (folder / name).write_bytes(content)


def files(contents: dict[str, bytes]) -> Write:
    def write(folder: Path) -> None:
        (folder / "mine").mkdir()
        for name, content in contents.items():
            (folder / "mine" / name).write_bytes(content)

    return write


def zipped(members: dict[str, bytes]) -> bytes:
    archived = io.BytesIO()
    with zipfile.ZipFile(archived, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return archived.getvalue()


def tarred(content: bytes) -> bytes:
    archived = io.BytesIO()
    with tarfile.open(fileobj=archived, mode="w:gz") as archive:
        member = tarfile.TarInfo("ratings.csv")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return archived.getvalue()


def zstd(content: bytes) -> bytes:
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(content)
    raw: bytes = packed.getvalue().to_pybytes()
    return raw


def table(rated: Sequence[tuple[int, int, float]] = RATED) -> pa.Table:
    users, items, ratings = zip(*rated, strict=True)
    return pa.table({"rating": ratings, "movie_id": items, "user_id": users})


def parquet(given: pa.Table, name: str = "mine") -> Write:
    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        pq.write_table(given, folder / name)

    return write


def changed(write: Write, these: bytes, those: bytes) -> Write:
    def write_changed(folder: Path) -> None:
        write(folder)
        path = folder / "mine"
        path.write_bytes(path.read_bytes().replace(these, those))

    return write_changed


def by_rating(folder: Path) -> None:
    """Write a folder of Parquet files as engines do: a folder for each rating, and notes."""
    for rating in {rating for *_, rating in RATED}:
        some = table([rated for rated in RATED if rated[2] == rating]).drop_columns("rating")
        (folder / "mine" / f"rating={rating}").mkdir(parents=True)
        pq.write_table(some, folder / "mine" / f"rating={rating}" / "part-0.parquet")
    (folder / "mine" / "_SUCCESS").touch()
    (folder / "mine" / ".crc").touch()
    (folder / "mine" / "again").symlink_to(folder / "mine")


def as_views(folder: Path) -> None:
    users, items, ratings = zip(*RATED, strict=True)
    columns = {
        "userId": pa.array(map(str, users), pa.string_view()),
        "isbn": pa.array(map(str, items)).dictionary_encode(),
        "stars": pa.array(ratings, pa.float32()),
    }
    pq.write_table(pa.table(columns), folder / "mine")


@dataclass(frozen=True)
class Case:
    """What is written, the columns that are named for it, and how it is read.

    ``rated`` is whether its ratings count; ``aside`` is what the reading says behind the columns.
    """

    sentence: str
    write: Write
    columns: str
    wanted: str = ""
    rated: bool = True
    aside: str = ""


CASES = (
    Case(
        "MovieLens has a header and times",
        file(lines("{u},{i},{r},964982703", "userId,movieId,rating,timestamp")),
        "userId, movieId and rating",
    ),
    Case(
        "the book may stand before the user",
        file(lines("{i},{u},{r}", "book_id,user_id,rating")),
        "user_id, book_id and rating",
    ),
    Case(
        "pandas adds an index without a name",
        file(lines("{u}{i},{u},{i},{r}", ",userId,movieId,rating")),
        "userId, movieId and rating",
    ),
    Case(
        "customers buy articles, and a price is no rating",
        file(lines("2018-09-20,{u},{i},0.05", "t_dat,customer_id,article_id,price")),
        "customer_id and article_id",
        rated=False,
    ),
    Case(
        "Book-Crossing has semicolons and quotes",
        file(lines('"{u}";"{i}";"{r}"', '"User-ID";"ISBN";"Book-Rating"')),
        "User-ID, ISBN and Book-Rating",
    ),
    Case(
        "decimals may follow a comma",
        file(lines("{u};{i};{r}", "user;item;rating").replace(b".", b",")),
        "user, item and rating",
    ),
    Case(
        "a rating may have an exponent",
        file(lines("{u},{i},{r:.2e}", "user,item,rating")),
        "user, item and rating",
    ),
    Case(
        "six columns, one of them a title in quotes",
        file(lines('{u},"Nice, really",{i},3,{r},x', "user_id,title,item_id,helpful,rating,etc")),
        "user_id, item_id and rating",
    ),
    Case("u.data has tabs", file(lines("{u}\t{i}\t{r}\t88125")), "1, 2 and 3 (no header)"),
    Case("older MovieLens has ::", file(lines("{u}::{i}::{r}::9")), "1, 2 and 3 (no header)"),
    Case(
        "columns may be parted by bars",
        file(lines("{u}|{i}|{r}", "user|item|rating")),
        "user, item and rating",
    ),
    Case(
        "a mark, DOS lines and blank ones",
        file(b"\xef\xbb\xbf\r\n" + PLAIN.replace(b"\n", b"\r\n") + b"  \r\n"),
        "userId, movieId and rating",
    ),
    Case("a file without its last newline", file(PLAIN[:-1]), "userId, movieId and rating"),
    Case("gz", file(gzip.compress(PLAIN)), "userId, movieId and rating"),
    Case("bz2", file(bz2.compress(PLAIN)), "userId, movieId and rating"),
    Case("xz", file(lzma.compress(PLAIN)), "userId, movieId and rating"),
    Case("zstd", file(zstd(PLAIN[:99]) + zstd(PLAIN[99:])), "userId, movieId and rating"),
    Case(
        "a zip that macOS made",
        file(zipped({"books.csv": PLAIN, "__MACOSX/._books.csv": b"\0"})),
        "userId, movieId and rating",
    ),
    Case(
        "a zip of MovieLens",
        file(zipped({"ml/movies.csv": b"movieId,title\n", "ml/ratings.csv": PLAIN})),
        "userId, movieId and rating",
    ),
    Case(
        "an unpacked folder of MovieLens",
        files({"movies.csv": b"movieId,title\n", "ratings.csv": PLAIN, "README": b"x"}),
        "userId, movieId and rating",
    ),
    Case(
        "a folder of parts",
        files(
            {
                "_SUCCESS": b"",
                "part-0.csv": PLAIN[: PLAIN.index(b"\n105")],
                "part-1.csv": b"userId,movieId,rating" + PLAIN[PLAIN.index(b"\n105") :],
            }
        ),
        "userId, movieId and rating",
    ),
    Case(
        "Amazon's reviews are JSON lines",
        file(lines('{{"rating": {r}, "text": "a\\nb", "asin": "B{i}", "user_id": "A{u}"}}')),
        "user_id, asin and rating",
    ),
    Case(
        "older ones too, with numbers as text and other fields each",
        file(lines('{{"overall": "{r}", "asin": {i}, "reviewerID": {u}, "v{u}": [1]}}')),
        "reviewerID, asin and overall",
    ),
    Case(
        "Yelp rates in whole stars at first",
        file(
            lines('{{"user_id": "{u}", "business_id": "{i}", "stars": {r}}}').replace(b".0}", b"}")
        ),
        "user_id, business_id and stars",
    ),
    Case(
        "RecBole writes types behind the names",
        file(lines("{u}\t{i}\t{r}", "user_id:token\titem_id:token\trating:float")),
        "user_id:token, item_id:token and rating:float",
    ),
    Case("Parquet", parquet(table()), "user_id, movie_id and rating"),
    Case("Parquet in a folder", parquet(table(), "mine/a.parquet"), "user_id, movie_id and rating"),
    Case("Parquet in a folder for each rating", by_rating, "user_id, movie_id and rating"),
    Case("views and dictionaries", as_views, "userId, isbn and stars"),
    Case(
        "the third column may be a time",
        file(lines("{u},{i},964982703", "user_id,item_id,timestamp")),
        "user_id and item_id",
        rated=False,
    ),
    Case(
        "a date is no rating",
        file(lines("{u},{i},2020-01-02", "user,item,date")),
        "user and item",
        rated=False,
    ),
    Case(
        "a name that nobody knows is no rating",
        file(lines("{u},{i},7", "user,item,mood")),
        "user and item",
        rated=False,
    ),
    Case(
        "how often a song was heard",
        file(lines("{u},{i},{r}", "uid,iid,listen_count")),
        "uid, iid and listen_count",
    ),
    Case(
        "a name that begins as the header does is no header",
        file(lines("user,item,{u},{i}", "user,item,user_id,item_id")),
        "user_id and item_id",
        rated=False,
        wanted="3,4",
    ),
    Case(
        "columns of any name may be named",
        file(lines("{i},{r},{u}", "thing,mark,who")),
        "who, thing and mark",
        wanted="who,thing,mark",
    ),
    Case(
        "so may two of them, to count each line once",
        file(lines("{i},-1,{u}", "thing,mark,who")),
        "who and thing",
        wanted="Who, thing",
        rated=False,
    ),
    Case(
        "without a header they are numbered",
        file(lines("{u}\t{i}\tAC/DC\t{r}")),
        "1, 2 and 4 (no header)",
        wanted="1,2,4",
    ),
    Case(
        "ratings of 0 are left out and counted",
        file(PLAIN + b"100,500,0\n999,1,0.0\n"),
        "userId, movieId and rating",
        aside="; 2 ratings of 0 left out",
    ),
    Case(
        "a line ends at a newline and nowhere else",
        file(lines("{u},x\u2028\x0b\x0c\x85{i},{r}", "user,item,rating")),
        "user, item and rating",
    ),
)


def matrix(found: recommend.ratings.Ratings) -> list[tuple[int, int, float]]:
    rows = found.rows
    who = np.repeat(np.arange(rows.height), np.diff(rows.starts))
    return list(zip(who.tolist(), rows.columns.tolist(), rows.strengths.tolist(), strict=True))


def numbered(rated: Sequence[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Return ratings with users and items numbered as they first appear."""
    users = list(dict.fromkeys(user for user, _, _ in rated))
    items = list(dict.fromkeys(item for _, item, _ in rated))
    return [(users.index(user), items.index(item), rating) for user, item, rating in rated]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_ratings_are_read_as_their_owner_means_them(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    name, wanted = str(tmp_path / "mine"), tuple(filter(None, case.wanted.split(",")))
    check_ratings(name, [word.strip() for word in wanted])
    found = read_ratings(name, [word.strip() for word in wanted])
    kind = "ratings" if case.rated else "interactions"
    assert found.reading == f"{COUNTS}{kind}, columns {case.columns}{case.aside}"
    if case.write is not by_rating:  # another order of users and items
        expected = [(user, item, rating if case.rated else 1) for user, item, rating in RATED]
        assert matrix(found) == numbered(expected)


def test_repeats_are_added_to_their_pair_and_counted(tmp_path: Path) -> None:
    file(PLAIN + b"100,500,2\n100,500,.5\n")(tmp_path)
    found = read_ratings(str(tmp_path / "mine"))
    assert found.reading.startswith("20 users, 40 items, 262 ratings, columns")
    assert found.reading.endswith("; 2 repeats of a pair added to it")
    assert matrix(found)[0] == (0, 0, RATED[0][2] + 2.5)


def test_a_rating_that_a_folder_is_named_for_belongs_to_its_rows(tmp_path: Path) -> None:
    by_rating(tmp_path)
    found = matrix(read_ratings(str(tmp_path / "mine")))
    assert sorted(rating for *_, rating in found) == sorted(rating for *_, rating in RATED)


@dataclass(frozen=True)
class Refusal:
    """What is written, the columns that are named for it, and the sentence and the hint."""

    sentence: str
    write: Write
    says: str
    hint: str = ""
    wanted: str = ""


NO_RATING = "has a rating that is not a number from 0 to 1,000,000"
TWO = "to count every line once, whatever its rating, name two columns: --set columns=USER,ITEM"
NAME_THEM = "say which columns hold them: --set columns=USER,ITEM or columns=USER,ITEM,RATING"
OF_FILES = "leave it out, or name a folder of the files as they were before they were joined"
COUNT_THEM = "say where they stand, counted from 1: --set columns=1,2 or columns=1,2,3"
JSON = lines('{{"user": "{u}", "item": "{i}", "rating": {r}}}')


def fifo(folder: Path) -> None:
    os.mkfifo(folder / "mine")


def device(folder: Path) -> None:
    (folder / "mine").symlink_to("/dev/zero")


def unreadable(folder: Path) -> None:
    (folder / "mine").symlink_to("/proc/self/mem")


REFUSALS = (
    Refusal(
        "names that nobody knows",
        file(lines("{u},{i},{r}", "foo,bar,baz")),
        "'mine' has no column that is known as the user's; its columns are foo, bar, baz",
        NAME_THEM,
    ),
    Refusal(
        "names that nobody knows over words with digits",
        file(lines("A{u},B{i}", "shopper,thing")),
        "'mine' has no column that is known as the user's; its columns are shopper, thing",
        NAME_THEM,
    ),
    Refusal(
        "an item that nobody knows",
        file(lines("{u},{i},{r}", "uid,sid,rating")),
        "'mine' has no column that is known as the item's; its columns are uid, sid, rating",
        NAME_THEM,
    ),
    Refusal(
        "a named column that is not there",
        file(PLAIN),
        "'mine' has no column who; its columns are userId, movieId, rating",
        wanted="who,movieId",
    ),
    Refusal(
        "a numbered column that is not there",
        file(lines("{u},{i},{r}")),
        "'mine' has no column 9; it has 3",
        wanted="1,2,9",
    ),
    Refusal(
        "six columns without a name",
        file(lines("{u},{i},{r},3,True,x")),
        "'mine' line 1 has 6 fields, and names no columns: '100,500,1.0,3,True,x'",
        COUNT_THEM,
    ),
    Refusal(
        "a rating that is none, in a file of thousands",
        file(PLAIN + PLAIN[22:] * 19 + b"7,8,good\n" + PLAIN[22:] * 20),
        f"'mine' line {1 + 20 * 260 + 1} {NO_RATING}: '7,8,good'",
        TWO,
    ),
    Refusal(
        "an empty rating", file(PLAIN + b"7,8,\n"), f"'mine' line 262 {NO_RATING}: '7,8,'", TWO
    ),
    Refusal(
        "a negative one", file(PLAIN + b"7,8,-1\n"), f"'mine' line 262 {NO_RATING}: '7,8,-1'", TWO
    ),
    Refusal("NaN", file(PLAIN + b"7,8,NaN\n"), f"'mine' line 262 {NO_RATING}: '7,8,NaN'", TWO),
    Refusal(
        "a user without a name", file(PLAIN + b",8,1\n"), "'mine' line 262 has no user: ',8,1'"
    ),
    Refusal(
        "two files that were joined with their headers",
        file(2 * lines("{u},{i}", "user,item")),
        "'mine' line 262 is the header again: 'user,item'",
        OF_FILES,
    ),
    Refusal(
        "the same with ratings, DOS lines and a mark",
        file(2 * (b"\xef\xbb\xbf" + PLAIN.replace(b"\n", b"\r\n"))),
        "'mine' line 262 is the header again: ",
        OF_FILES,
    ),
    Refusal(
        "the same with columns that are named",
        file(2 * PLAIN),
        "'mine' line 262 is the header again: 'userId,movieId,rating'",
        OF_FILES,
        wanted="userId,movieId",
    ),
    Refusal(
        "two columns of one name",
        file(lines("{u},{u},{i}", "user,user,item")),
        "'mine' has two columns called user: give each its own name",
    ),
    Refusal(
        "the same in Parquet",
        parquet(pa.Table.from_arrays(3 * [pa.array([1])], names=["user", "item", "user"])),
        "'mine' has two columns called user: give each its own name",
    ),
    Refusal(
        "an array of objects",
        file(b"[" + JSON.replace(b"}\n{", b"},\n{").strip() + b"]\n"),
        "'mine' holds JSON arrays",
        "write one JSON object a line",
    ),
    Refusal(
        "an array a line",
        file(lines("[{u}, {i}]")),
        "'mine' holds JSON arrays",
        "write one JSON object a line",
    ),
    Refusal(
        "a line of other fields",
        file(PLAIN + b"7,8\n"),
        "'mine' line 262 does not have 3 fields as line 1 does: '7,8'",
    ),
    Refusal(
        "JSON that breaks off",
        file(JSON + b'{"user": "7", "it\n'),
        "'mine' line 261 is no JSON object with the fields and types of line 1: "
        '\'{"user": "7", "it\'',
    ),
    Refusal(
        "JSON without an item",
        file(JSON + b'{"user": "7", "rating": 3}\n'),
        '\'mine\' line 261 has no item: \'{"user": "7", "rating": 3}\'',
    ),
    Refusal(
        "JSON of other fields",
        file(b'{"who": 1, "what": 2}\n'),
        "'mine' has no column that is known as the user's; its columns are who, what",
        NAME_THEM,
    ),
    Refusal(
        "JSON with a user of many parts",
        file(b'{"user": {"id": 1}, "item": 2}\n'),
        "'mine' line 1 has neither text nor a number in 'user'",
    ),
    Refusal("UTF-16", file(PLAIN.decode().encode("utf-16")), "'mine' is UTF-16: save it as UTF-8"),
    Refusal(
        "lines of old Macs",
        file(PLAIN.replace(b"\n", b"\r")),
        "'mine' ends its lines with carriage returns alone: end them with newlines",
    ),
    Refusal(
        "a carriage return in a name",
        file(PLAIN + b"7,a\rb,3\n"),
        r"'mine' line 262 has a carriage return within it: '7,a\rb,3'",
    ),
    Refusal("a tar", file(tarred(PLAIN)), "'mine' is a tar archive: unpack it"),
    Refusal(
        "Parquet in gz",
        file(gzip.compress(b"PAR1" + PLAIN)),
        "'mine' is a Parquet file within another: unpack it",
    ),
    Refusal("no Parquet", file(b"PAR1" + PLAIN), "'mine' cannot be read as Parquet"),
    Refusal(
        "a list for a user",
        parquet(pa.table({"user": [[1]], "item": [2]})),
        "'mine' has columns of list<element: int64>, int64, not of names and numbers",
    ),
    Refusal(
        "a bad row of Parquet",
        parquet(table([*RATED, (7, 8, -1.0)])),
        f"'mine' row 261 {NO_RATING}: '7,8,-1.0'",
        TWO,
    ),
    Refusal(
        "a workbook",
        file(zipped({"xl/a": b"", "xl/b": b""})),
        "'mine' cannot be opened: it holds 2 files and none is called ratings.csv, ratings.dat, "
        "u.data",
    ),
    Refusal(
        "an archive of a file without a name",
        file(zipped({"Q": PLAIN}).replace(b"Q", b"\0")),
        "'mine' cannot be opened: it holds 0 files and none is called ratings.csv",
    ),
    Refusal(
        "a column whose name is no UTF-8",
        changed(parquet(table()), b"user_id", b"user_i\xff"),
        "'mine' cannot be read as Parquet",
    ),
    Refusal(
        "gz that breaks off", file(gzip.compress(PLAIN, mtime=0)[:-20]), "'mine' cannot be unp"
    ),
    Refusal("a page of the web", file(b"<!DOCTYPE html>\n<p>"), "'mine' line 1 is not user,item"),
    Refusal("nothing", file(b""), "'mine' holds no ratings"),
    Refusal("a header alone", file(PLAIN[:22]), "'mine' holds no ratings"),
    Refusal(
        "too little to learn from",
        file(PLAIN[: PLAIN.index(b"\n100,511")]),
        "'mine' holds too little: no user has 12 items or more, so none can be held out and "
        "validated with (1 user, 11 items, 11 ratings, columns userId, movieId and rating)",
    ),
    Refusal(
        "so few items that any answer would be right",
        file(
            lines("{u},{i},{r}", "user,item,rating").replace(b",52", b",51").replace(b",53", b",51")
        ),
        "'mine' holds too little: some users lack 10 items or fewer, so any answer has a "
        "recall@10 of 1 for them (20 users, 20 items, ",
    ),
    Refusal("a pipe", fifo, "is neither a file nor a folder"),
    Refusal("a device", device, "is neither a file nor a folder"),
    Refusal(
        "a file that the system does not read",
        unreadable,
        "'mine' cannot be read: Input/output error",
    ),
    Refusal("nothing there", lambda folder: None, "is not there"),
    Refusal(
        "a folder of other files",
        files({"a.csv": b"1", "b.txt": b"2"}),
        "is a folder of 2 files, and none is called ratings.csv, ratings.dat, u.data or *.parquet",
        "name one of its files: a.csv, b.txt",
    ),
)


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case.sentence)
def test_what_holds_no_ratings_is_refused_before_anything_starts(
    case: Refusal, tmp_path: Path
) -> None:
    case.write(tmp_path)
    given: Parameters = {"ratings": str(tmp_path / "mine"), "columns": case.wanted}
    with pytest.raises(BadRequest) as refused:
        recommend.WORKLOAD.require_valid(recommend.WORKLOAD.defaults | given)
    said = refused.value.sentence.removeprefix(f"ratings={tmp_path}/mine ")
    assert said.startswith(case.says)
    assert refused.value.hint == case.hint
    assert str(tmp_path) not in said


def test_a_line_without_end_is_read_to_a_bound_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_blocks, "LONGEST_LINE_BYTES", 1000)
    monkeypatch.setattr(line_blocks, "BLOCK_BYTES", 4000)
    file(PLAIN + gzip.compress(b"") + b"x" * 9000)(tmp_path)
    with pytest.raises(BadRequest, match="has a line of more than 1,000 bytes"):
        read_ratings(str(tmp_path / "mine"))


def test_what_is_wrong_far_behind_the_head_names_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_blocks, "BLOCK_BYTES", 1000)
    file(PLAIN + b"7,8,good\n")(tmp_path)
    check_ratings(str(tmp_path / "mine"))
    with pytest.raises(BadRequest) as refused:
        read_ratings(str(tmp_path / "mine"))
    assert refused.value.sentence == f"'mine' line 262 {NO_RATING}: '7,8,good'"


NAMES = {"u": "user_id", "i": "isbn", "r": "score", "t": "timestamp", "x": "remark"}


@settings(deadline=None, max_examples=30)
@given(
    order=st.permutations("uirtx"),
    separator=st.sampled_from([",", "\t", ";", "|"]),
    quoted=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    comma=st.booleans(),
    size=st.sampled_from([100, 1 << 20]),
)
def test_any_order_of_columns_in_any_dialect_is_the_same_matrix(
    tmp_path_factory: pytest.TempPathFactory,
    order: list[str],
    separator: str,
    quoted: bool,
    end: str,
    mark: str,
    comma: bool,
    size: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "dialect"
    point = "," if comma and separator == ";" else "."
    rows: list[dict[str, object]] = [dict(NAMES)]
    rows += [
        {"u": f"u{user}", "i": item, "r": str(rating).replace(".", point), "t": 9, "x": "a b"}
        for user, item, rating in RATED
    ]
    quote = '"' if quoted else ""
    written = [separator.join(f"{quote}{row[column]}{quote}" for column in order) for row in rows]
    path.write_bytes((mark + end.join(written)).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_blocks, "BLOCK_BYTES", size)
        found = read_ratings(str(path))
    assert matrix(found) == numbered(RATED)


@settings(deadline=None, max_examples=20)
@given(order=st.permutations(["user_id", "movie_id", "rating"]), packed=st.booleans())
def test_parquet_and_json_lines_are_the_same_matrix_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, order: list[str], packed: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "table"
    given = table().select(order)
    pq.write_table(given, path, compression="zstd" if packed else "none")
    from_parquet = read_ratings(str(path))
    content = "\n".join(map(json.dumps, given.to_pylist())).encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    assert matrix(from_parquet) == matrix(read_ratings(str(path))) == numbered(RATED)


def test_names_of_columns_are_known_however_they_are_written(tmp_path: Path) -> None:
    styles = itertools.product(("userId", "USER_ID", "User Id", "user-id"), ("ItemID", "item id"))
    for user, item in styles:
        file(lines("{u},{i},{r}", f"{user},{item},Rating"))(tmp_path)
        assert f"columns {user}, {item} and Rating" in read_ratings(str(tmp_path / "mine")).reading
