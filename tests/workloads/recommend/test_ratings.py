import gzip
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Parameters
from harness.workload import BadRequest
from workloads import recommend
from workloads.recommend import line_blocks, ratings
from workloads.recommend.ratings import Ratings, check_ratings, read_ratings

Entries = list[tuple[int, int, float]]

PLAIN = (
    b"userId,movieId,rating,timestamp\n7,50,4.0,881250949\n7,31,3.5,881250950\n9,50,0.5,881250951\n"
)
NO_RATING = "has a rating that is not a number from 0 to 1,000,000"
EXPECTED = [(0, 0, 4.0), (0, 1, 3.5), (1, 0, 0.5)]


@pytest.fixture(autouse=True)
def however_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file be read that is too small to learn from."""
    monkeypatch.setattr(ratings, "require_testable", lambda *rows: None)


def entries(found: Ratings) -> Entries:
    rows = found.rows
    who = np.repeat(np.arange(rows.height), np.diff(rows.starts))
    return list(zip(who.tolist(), rows.columns.tolist(), rows.strengths.tolist(), strict=True))


def write(folder: Path, content: bytes, name: str = "ratings") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.partition(b"\n")[2],
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.rstrip(b"\n"),
        b"\xef\xbb\xbf" + PLAIN,
        b"\xef\xbb\xbf" + PLAIN.partition(b"\n")[2],
        PLAIN.replace(b"7,50", b"\n  \n 7 , 50") + b"  ",
        b'customer,product,stars\n"a, b",x,4\n"a, b","y ""z""",3.5\nc,"x",.5\n',
        b"7::50::4::881250949\n7::31::3.5::881250950\n9::50::0.5::881250951\n",
        b"7\t50\t4\t881250949\n7\t31\t3.5\t881250950\n9\t50\t0.5\t881250951\n",
        b",movieId,userId,mark,rating\n0,50,7,x,4\n1,31,7,,3.5\n2,50,9,,5e-1\n",
        b"User-ID;ISBN;Book-Rating\n7;a,b;4,0\n7;c;3,5\n9;a,b;0,5\n",
        b"7;50;4\n7;31;3.5\n9;50;.5\n",
        "user,item,rating\nZoë,Ümläut,4\nZoë,日本,3.5\nA,Ümläut,0.50\n".encode(),
    ],
    ids=[
        "csv",
        "no header",
        "DOS",
        "no last newline",
        "mark",
        "mark, no header",
        "blanks",
        "quotes",
        "dat",
        "u.data",
        "columns by name",
        "decimal commas",
        "semicolons",
        "any strings",
    ],
)
def test_ratings_are_read_as_they_come(tmp_path: Path, content: bytes) -> None:
    assert entries(read_ratings(write(tmp_path, content))) == EXPECTED


def test_a_packed_file_is_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(PLAIN))
    check_ratings(path)
    assert entries(read_ratings(path)) == EXPECTED


def test_without_ratings_every_interaction_counts_as_one(tmp_path: Path) -> None:
    assert entries(read_ratings(write(tmp_path, b"user,item\n1,a\n1,b\n"))) == [
        (0, 0, 1.0),
        (0, 1, 1.0),
    ]


@pytest.mark.parametrize("header", [b"user_id,item_id,timestamp", b"time,visitorid,event,itemid"])
def test_a_time_is_no_rating(tmp_path: Path, header: bytes) -> None:
    lines = [b",".join([b"7"] * (header.count(b",") + 1)), b""]
    assert entries(read_ratings(write(tmp_path, b"\n".join([header, *lines])))) == [(0, 0, 1.0)]


def test_without_pyarrow_the_command_that_installs_it_is_named_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadRequest, match=r"ratings=.* needs the package pyarrow"):
        check_ratings(write(tmp_path, PLAIN))


def test_the_same_pair_again_is_added_to_it(tmp_path: Path) -> None:
    assert entries(read_ratings(write(tmp_path, b"1,a,2\n2,a,1\n1,b,1\n1,a,0.5\n"))) == [
        (0, 0, 2.5),
        (0, 1, 1.0),
        (1, 0, 1.0),
    ]


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, PLAIN, "mine.csv")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert entries(read_ratings("~/mine.csv")) == EXPECTED


def test_lines_that_lie_across_two_blocks_are_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_blocks, "BLOCK_BYTES", 7)
    assert entries(read_ratings(write(tmp_path, PLAIN))) == EXPECTED


def test_more_digits_than_a_rating_can_keep_are_passed_over(tmp_path: Path) -> None:
    assert entries(read_ratings(write(tmp_path, b"1,a,3.3333333333333335\n"))) == [
        (0, 0, float(np.float32(10 / 3)))
    ]


def test_names_may_hold_the_marks_that_are_not_the_delimiter(tmp_path: Path) -> None:
    assert entries(read_ratings(write(tmp_path, b"a::b,c,2\na::b,d::e,3\n"))) == [
        (0, 0, 2.0),
        (0, 1, 3.0),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"movieId,person,rating\n1,2,3\n",
            "has no column that is known as the user's; its columns are movieId, person, rating",
        ),
        (
            b"guest,dish\n7,50\n",
            "has no column that is known as the user's; its columns are guest, dish",
        ),
        (b"alice,tea,good\nbob,tea,bad\n", f"line 1 {NO_RATING}: 'alice,tea,good'"),
        (b"alice,tea,good\n", f"line 1 {NO_RATING}: 'alice,tea,good'"),
        (b"1,2,3,4,5\n", "line 1 has 5 fields, and names no columns: '1,2,3,4,5'"),
        (b"", "holds no ratings"),
        (b"user,item\n", "holds no ratings"),
        (
            b"no delimiter\n",
            "line 1 is not user,item with a comma, a tab, a semicolon, a bar or :: between them, "
            "and names no columns: 'no delimiter'",
        ),
        (PLAIN + b"7\n", "line 5 does not have 4 fields as line 1 does: '7'"),
        (PLAIN + b"\n7,8,1,2,3\n", "line 6 does not have 4 fields as line 1 does: '7,8,1,2,3'"),
        (PLAIN + b"8,1,good,2\n9,1,2\n", f"line 5 {NO_RATING}: '8,1,good,2'"),
        (b"1::2::\x1b[31m::3\n", rf"line 1 {NO_RATING}: '1::2::\\x1b"),
        (b"\x1f\x8b garbage", "cannot be unpacked"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(BadRequest, match=sentence):
        read_ratings(write(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"user,item\n",
        b"1,2,x\n",
        b"no delimiter\n",
        b"\x1f\x8b x",
    ],
)
def test_what_is_no_file_of_ratings_is_refused_before_anything_starts(
    tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(BadRequest, match="'ratings' "):
        recommend.WORKLOAD.configure(
            recommend.WORKLOAD.defaults | {"ratings": write(tmp_path, content)}
        )


@pytest.mark.parametrize("name", ["", "not there", "a\0b", "~nobody-by-that-name/x"])
def test_a_path_that_leads_to_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequest, match=r"^ratings=.* (is no path|is not there|is a folder)"):
        check_ratings(
            f"{tmp_path}/{name}" if name.isprintable() and not name.startswith("~") else name
        )


def test_more_interactions_than_can_be_held_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratings, "MOST_INTERACTIONS", 2)
    with pytest.raises(BadRequest, match="holds more than the 2 ratings"):
        read_ratings(write(tmp_path, PLAIN))


@settings(deadline=None, max_examples=150)
@given(
    content=st.one_of(
        st.binary(max_size=200), st.text('12,\t:"\n.ax', max_size=60).map(str.encode)
    ),
    packed=st.booleans(),
)
def test_whatever_a_file_holds_it_is_read_or_refused_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, packed: bool
) -> None:
    path = write(
        tmp_path_factory.getbasetemp(), gzip.compress(content) if packed else content, "anything"
    )
    refusal, found = "", None
    try:
        found = read_ratings(path)
    except BadRequest as refused:
        refusal = str(refused)
    if found is None:
        assert refusal.startswith("'anything' ")
    else:
        rows, width, _ = found
        assert 0 <= rows.columns.min() <= rows.columns.max() < width


@settings(deadline=None, max_examples=60)
@given(
    lines=st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20), st.decimals("0.01", 999, places=2)),
        min_size=1,
        max_size=80,
    ),
    size=st.integers(5, 300),
)
def test_ratings_written_as_csv_come_back(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[int, int, float]], size: int
) -> None:
    content = "user,item,rating\n" + "".join(
        f"{user},i{item},{rating}\n" for user, item, rating in lines
    )
    path = write(tmp_path_factory.getbasetemp(), content.encode(), "csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_blocks, "BLOCK_BYTES", size)
        found = entries(read_ratings(path))
    users = list(dict.fromkeys(user for user, _, _ in lines))
    items = list(dict.fromkeys(item for _, item, _ in lines))
    expected: dict[tuple[int, int], np.float32] = {}
    for user, item, rating in lines:
        pair = users.index(user), items.index(item)
        expected[pair] = np.float32(expected.get(pair, np.float32(0)) + np.float32(rating))
    assert {(user, item): strength for user, item, strength in found} == {
        pair: float(total) for pair, total in expected.items()
    }


def test_a_workload_of_ratings_holds_some_out_and_learns_the_rest(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    lines = {
        (user, 10 * (user % 4) + int(item))
        for user in range(60)
        for item in random.permutation(20)[:14] % 10 + 10 * (user % 2)
    }
    content = (
        "".join(f"u{user},i{item}\n" for user, item in sorted(lines))
        + "u0,i0\n"
        + "".join(f"u1,x{item}\n" for item in range(20))
    )
    small: Parameters = {
        "ratings": write(tmp_path, content.encode()),
        "factors": 8,
        "iterations": 2,
        "blocks": 4,
    }
    loaded = recommend.load(recommend.WORKLOAD.configure(recommend.WORKLOAD.defaults | small))
    assert loaded.held_out_items
    recalls = recommend.quality(recommend.baseline(loaded.input, lambda _: None), loaded.held_out)
    assert recalls.min() >= 0
    assert recalls.max() <= 1
