import pytest

from workloads.recommend.layout import Layout, Places, find_layout, split_fields


@pytest.mark.parametrize(
    ("head", "separator"),
    [
        (b"1,2,3\n", ","),
        (b"1\t2\t3\n", "\t"),
        (b"1::2::3\n", "::"),
        (b"1;2;3,5\n", ";"),
        (b"a;b,c\n", ","),
        (b'"a::b",c,2\n', ","),
    ],
)
def test_the_separator_is_found_by_the_first_line(head: bytes, separator: str) -> None:
    assert find_layout(head).separator == separator


@pytest.mark.parametrize(
    ("head", "columns"),
    [
        (b"user,item\n", (0, 1, None)),
        (b"userId,movieId,rating,timestamp\n", (0, 1, 2)),
        (b"user_id,item_id,timestamp\n", (0, 1, None)),
        (b"User,Item,Liked\n", (0, 1, None)),
        (b"book_id,user_id,rating\n", (1, 0, 2)),
        (b",userId,movieId,rating\n", (1, 2, 3)),
        (b"customer_id,article_id\n", (0, 1, None)),
        (b"timestamp,visitorid,event,itemid,transactionid\n", (1, 3, None)),
        (b'"User-ID";"ISBN";"Book-Rating"\n', (0, 1, 2)),
    ],
)
def test_columns_are_found_by_the_names_of_a_header(
    head: bytes, columns: tuple[int, int, int | None]
) -> None:
    layout = find_layout(head + b"7,8,9\n")
    assert layout.places == columns
    assert layout.names


@pytest.mark.parametrize(
    ("head", "has_header"),
    [
        (b"guest,dish,mark\n7,50,4\n", True),
        (b"guest,dish,mark\n\n7,50,4\n", True),
        (b"guest::dish::mark\n\n7::50::4\n", True),
        (b"guest,dish\nA1,B2\n", True),
        (b"guest,dish,mark\ntt1,x,good\n", False),
        (b"alice,tea,4\nbob,tea,5\n", False),
        (b"alice,tea\nbob,tea\n", False),
        (b"alice,tea\nnan,naan\n", False),
        (b"alice,tea,good\nbob,tea,bad\n", False),
    ],
)
def test_a_header_of_unknown_names_stands_over_numbers_and_is_refused(
    head: bytes, has_header: bool
) -> None:
    if has_header:
        with pytest.raises(ValueError, match=r"has no column .*; its columns are guest, dish"):
            find_layout(head)
    else:
        assert find_layout(head).names == ()


@pytest.mark.parametrize(
    ("head", "decimal_point"),
    [
        (b"1;a;4,5\n", ","),
        (b"1;a;4\n1;b;4,5\n", ","),
        (b"1;a;4.5\n", "."),
        (b"1;a,b;4\n", "."),
        (b"1,a,4.5\n", "."),
        (b"1;a,b\n", "."),
    ],
)
def test_decimals_between_semicolons_may_follow_a_comma(head: bytes, decimal_point: str) -> None:
    assert find_layout(head).decimal_point == decimal_point


def test_without_a_header_columns_are_known_by_their_place() -> None:
    assert find_layout(b"7,50,4,881250949\n") == Layout(
        separator=",", columns=4, places=Places(0, 1, 2)
    )


@pytest.mark.parametrize(
    ("line", "separator", "fields"),
    [
        (' 7 ,"a, ""b""" \r\n', ",", ["7", 'a, "b"']),
        ('7::"a', "::", ["7", '"a']),
        ('7,"a', ",", []),
        ('7,"a"b', ",", []),
        ("  \n", "::", []),
    ],
)
def test_a_line_is_split_into_its_fields(line: str, separator: str, fields: list[str]) -> None:
    assert split_fields(line, separator) == fields
