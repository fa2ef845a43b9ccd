import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Parameters
from workloads import recommend
from workloads.recommend import ratings
from workloads.recommend.csv import LONGEST_NAME
from workloads.recommend.kernel import Rows
from workloads.recommend.ratings import examine, read

Entries = list[tuple[int, int, float]]

PLAIN = (
    b"userId,movieId,rating,timestamp\n7,50,4.0,881250949\n7,31,3.5,881250950\n9,50,0.5,881250951\n"
)
EXPECTED = [(0, 0, 4.0), (0, 1, 3.5), (1, 0, 0.5)]


def entries(found: tuple[Rows, int]) -> Entries:
    rows, _ = found
    who = np.repeat(np.arange(rows.height), np.diff(rows.starts))
    return list(zip(who.tolist(), rows.columns.tolist(), rows.strengths.tolist(), strict=True))


def written(folder: Path, content: bytes, name: str = "ratings") -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def zipped(**members: bytes) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return into.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.partition(b"\n")[2],
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.rstrip(b"\n"),
        b"\xef\xbb\xbf" + PLAIN,
        b"\xef\xbb\xbf" + PLAIN.partition(b"\n")[2],
        PLAIN.replace(b"7,50", b"\n\n 7 , 50"),
        b'customer,product,stars\n"a, b",x,4\n"a, b","y ""z""",3.5\nc,"x",.5\n',
        b"7::50::4::881250949\n7::31::3.5::881250950\n9::50::0.5::881250951\n",
        b"7\t50\t4\t881250949\n7\t31\t3.5\t881250950\n9\t50\t0.5\t881250951\n",
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
        "any strings",
    ],
)
def test_ratings_are_read_as_they_come(tmp_path: Path, content: bytes) -> None:
    assert entries(read(written(tmp_path, content))) == EXPECTED


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        bz2.compress,
        lzma.compress,
        lambda content: zipped(anything=content),
        lambda content: zipped(
            ml__README=b"x", ml__movies_dot_csv=b"1,2\n", ml__ratings_dot_csv=content
        ),
        lambda content: zipped(
            ml__u_dot_item=b"x", ml__u_dot_data=content.partition(b"\n")[2].replace(b",", b"\t")
        ),
    ],
    ids=["gz", "bz2", "xz", "zip", "ml-latest.zip", "ml-100k.zip"],
)
def test_packed_files_are_unpacked(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = written(tmp_path, pack(PLAIN))
    examine(path)
    assert entries(read(path)) == EXPECTED


def test_without_ratings_every_interaction_counts_as_one(tmp_path: Path) -> None:
    assert entries(read(written(tmp_path, b"user,item\n1,a\n1,b\n"))) == [(0, 0, 1.0), (0, 1, 1.0)]


def test_the_same_pair_again_is_added_to_it(tmp_path: Path) -> None:
    assert entries(read(written(tmp_path, b"1,a,2\n2,a,1\n1,b,1\n1,a,0.5\n"))) == [
        (0, 0, 2.5),
        (0, 1, 1.0),
        (1, 0, 1.0),
    ]


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, PLAIN, "mine.csv")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert entries(read("~/mine.csv")) == EXPECTED


def test_lines_that_lie_across_two_blocks_are_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratings, "BLOCK_BYTES", 7)
    assert entries(read(written(tmp_path, PLAIN))) == EXPECTED


def test_more_digits_than_a_rating_can_keep_are_passed_over(tmp_path: Path) -> None:
    assert entries(read(written(tmp_path, b"1,a,3.3333333333333335\n"))) == [
        (0, 0, float(np.float32(10 / 3)))
    ]


def test_names_may_hold_the_marks_that_are_not_the_delimiter(tmp_path: Path) -> None:
    assert entries(read(written(tmp_path, b"a::b,c,2\na::b,d::e,3\n"))) == [
        (0, 0, 2.0),
        (0, 1, 3.0),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"movieId,userId,rating\n1,2,3\n",
            "line 1 names the item before the user: 'movieId,userId,rating'",
        ),
        (
            b"alice,tea,good\nbob,tea,bad\n",
            "line 1 has a rating that is not a plain number: 'alice,tea,good'",
        ),
        (b"alice,tea,good\n", "line 1 has a rating that is not a plain number: 'alice,tea,good'"),
        (b"1,a,1234567890123456\n", "line 1 has a rating that is not a plain number"),
        (b"1,2,3,4,5\n", "line 1 is not user,item with a comma"),
        (b"", "holds no interactions"),
        (b"user,item\n", "holds no interactions"),
        (
            b"no delimiter\n",
            "line 1 is not user,item with a comma, a tab or :: between them: 'no delimiter'",
        ),
        (PLAIN + b"7\n", "line 5 has fewer than 2 fields: '7'"),
        (PLAIN + b"\n7,8,1,2,3\n", "line 6 has more than 4 fields: '7,8,1,2,3'"),
        (PLAIN + b",8,1\n", "line 5 has no user"),
        (PLAIN + b"8,,1\n", "line 5 has no item"),
        (PLAIN + b"8,1,\n", "line 5 has a rating that is not a plain number"),
        (PLAIN + b"8,1,good\n", "line 5 has a rating that is not a plain number: '8,1,good'"),
        (PLAIN + b"8,1,-1\n", "line 5 has a rating that is not a plain number"),
        (PLAIN + b"8,1,nan\n", "line 5 has a rating that is not a plain number"),
        (PLAIN + b"8,1,0\n", "line 5 has a rating that is not above 0"),
        (PLAIN + b"8,1,1000001\n", "line 5 has a rating that is not above 0 and at most 1,000,000"),
        (PLAIN + b'8,"1,3\n', "line 5 has a quote that is not closed"),
        (
            PLAIN + b'8,"1"x,3\n',
            "line 5 has a quote that is not closed, or text behind one that is",
        ),
        (
            PLAIN + b"8," + b"x" * (LONGEST_NAME + 1) + b",3\n",
            "line 5 has a name of more than 255 bytes",
        ),
        (b"1::2::\x1b[31m::3\n", r"line 1 has .*: '1::2::\\x1b"),
        (
            zipped(a=b"1,2\n", b=b"1,2\n"),
            "cannot be opened: it holds 2 files and none is called ratings.csv",
        ),
        (gzip.compress(PLAIN, mtime=0)[:-9], "cannot be unpacked"),
        (bz2.compress(PLAIN)[:-9], "cannot be unpacked"),
        (lzma.compress(PLAIN)[:-9], "cannot be unpacked"),
        (zipped(a=PLAIN)[:-9], "cannot be opened: File is not a zip file"),
        (b"\x1f\x8b garbage", "cannot be unpacked"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        read(written(tmp_path, content))


@pytest.mark.parametrize(
    "content", [b"", b"no delimiter\n", b"\x1f\x8b garbage", zipped(a=b"", b=b"")]
)
def test_what_is_no_file_of_ratings_is_refused_before_anything_starts(
    tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(ValueError, match="ratings"):
        recommend.WORKLOAD.configure(
            recommend.WORKLOAD.defaults | {"ratings": written(tmp_path, content)}
        )


@pytest.mark.parametrize("name", ["", "not there", "a\0b", "~nobody-by-that-name/x"])
def test_a_path_that_leads_to_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="ratings"):
        examine(f"{tmp_path}/{name}" if name.isprintable() and not name.startswith("~") else name)


def test_a_bomb_is_not_unpacked_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratings, "MOST_BYTES", 1 << 20)
    with pytest.raises(ValueError, match="larger than the 1,048,576 bytes"):
        read(written(tmp_path, gzip.compress(b"1,2\n" * (1 << 20))))


def test_more_interactions_than_can_be_held_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratings, "MOST_INTERACTIONS", 2)
    with pytest.raises(ValueError, match="line 4 is beyond the 2 interactions"):
        read(written(tmp_path, PLAIN))


def test_a_line_without_an_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has a line of more than 65,536 bytes"):
        read(written(tmp_path, PLAIN + b"x" * (1 << 17)))


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
    path = written(
        tmp_path_factory.getbasetemp(), gzip.compress(content) if packed else content, "anything"
    )
    refusal, found = "", None
    try:
        found = read(path)
    except ValueError as refused:
        refusal = str(refused)
    if found is None:
        assert refusal.startswith(path)
    else:
        rows, width = found
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
    path = written(tmp_path_factory.getbasetemp(), content.encode(), "csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ratings, "BLOCK_BYTES", size)
        found = entries(read(path))
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
        "ratings": written(tmp_path, content.encode()),
        "factors": 8,
        "iterations": 2,
        "blocks": 4,
    }
    loaded = recommend.load(recommend.WORKLOAD.configure(recommend.WORKLOAD.defaults | small))
    assert loaded.held_out_items
    assert (
        0
        <= recommend.quality(recommend.baseline(loaded.input, lambda _: None), loaded.held_out)
        <= 1
    )
