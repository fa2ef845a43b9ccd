from functools import partial

import numpy as np
import pytest

from workloads.recommend.columns import LONGEST_NAME_BYTES, Columns, number_names, read_lines
from workloads.recommend.csv_blocks import read_csv_block
from workloads.recommend.layout import Layout, Places

NO_RATING = "has a rating that is not a number from 0 to 1,000,000"
WRONG_QUOTE = "has a quote that is not closed, or text behind one that is"
RATED = Layout(separator=",", columns=4, places=Places(0, 1, 2))
PAIRS = Layout(separator="::", columns=2)
LINE = b"7,50,4,881250949\n"


def read(block: bytes, layout: Layout, lines_before: int) -> Columns:
    return read_lines(block, partial(read_csv_block, layout=layout), lines_before)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"7\n", "does not have 4 fields as line 1 does: '7'"),
        (b"7,8,1,2,3\n", "does not have 4 fields as line 1 does: '7,8,1,2,3'"),
        (b"8,\xff\xfe,3\n", "does not have 4 fields as line 1 does"),
        (b",8,1,2\n", "has no user"),
        (b"8, ,1,2\n", "has no item"),
        (b"8,1,,2\n", NO_RATING),
        (b"8,1,good,2\n", NO_RATING),
        (b"8,1,-1,2\n", NO_RATING),
        (b"8,1,nan,2\n", NO_RATING),
        (b"8,1,1000001,2\n", NO_RATING),
        (b'8,"1,3,2\n9,"1,3,2\n', f"{WRONG_QUOTE}: '8,\"1,3,2'"),
        (b'8,1,3,"2\n9,1,3,"2\n', f"{WRONG_QUOTE}: '8,1,3,\"2'"),
        (b'8,"1"x,3,2\n', WRONG_QUOTE),
        (
            b"8," + b"x" * (LONGEST_NAME_BYTES + 1) + b",3,2\n",
            "has a name of more than 255 bytes: '8,x",
        ),
    ],
)
def test_a_malformed_line_is_named(line: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=f"^line 7 {fault}"):
        read(LINE + b"\n" + LINE + line + LINE, RATED, 3)


def test_a_malformed_line_in_the_midst_of_many_is_named() -> None:
    lines = [LINE] * 5000
    lines[3210] = b"1,2,x,3\n"
    lines[4000] = b"1\n"
    with pytest.raises(ValueError, match=f"^line 3212 {NO_RATING}: '1,2,x,3'"):
        read(b"".join(lines), RATED, 1)


def test_names_are_numbered_over_all_blocks_as_they_first_appear() -> None:
    blocks = [read(block, PAIRS, 0).users for block in (b"b::1\na::1\n", b"c::1\n a::2\n")]
    numbers, count = number_names(blocks)
    assert numbers.tolist() == [0, 1, 2, 1]
    assert count == 3


def test_without_ratings_every_line_counts_as_one() -> None:
    assert np.array_equal(read(b"a::b\nc::d", PAIRS, 0).ratings, [1, 1])


def test_ratings_of_0_are_left_out_and_counted() -> None:
    found = read(LINE + b"9,51,0,1\n8,50,.5,1\n", RATED, 0)
    assert (found.users.to_pylist(), found.items.to_pylist()) == (["7", "8"], ["50", "50"])
    assert (found.ratings.tolist(), found.zeros) == ([4, 0.5], 1)
    assert len(found.users.dictionary) == 2


def test_a_block_of_blank_lines_holds_nothing() -> None:
    assert len(read(b"  \r\n\n ", RATED, 0).ratings) == 0
