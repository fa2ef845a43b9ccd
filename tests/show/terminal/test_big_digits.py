import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import text
from harness.show.terminal import big_digits

FACES = st.sampled_from(big_digits.FACES)


@pytest.mark.parametrize("face", big_digits.FACES, ids=str)
def test_every_digit_of_a_face_has_one_width(face: big_digits.Face) -> None:
    widths = {len(row) for digit in "0123456789" for row in big_digits.draw_digits(digit, face, 99)}

    assert len(widths) == 1


@pytest.mark.parametrize("face", big_digits.FACES, ids=str)
def test_every_digit_of_a_face_looks_unlike_the_others(face: big_digits.Face) -> None:
    assert len({big_digits.draw_digits(digit, face, 99) for digit in "0123456789"}) == 10


@given(st.floats(min_value=0, max_value=400_000), FACES, st.integers(min_value=0, max_value=120))
def test_a_clock_keeps_to_its_rows_and_its_width(
    elapsed: float, face: big_digits.Face, width: int
) -> None:
    rows = big_digits.draw_digits(text.clock(elapsed), face, width)

    assert len(rows) == face.rows
    assert max(map(len, rows)) <= width


def test_a_clock_is_drawn_in_big_digits() -> None:
    assert big_digits.draw_digits("00:41.3", big_digits.SMALLEST, 36) == (
        "▄█▀█▄ ▄█▀█▄      ▄██  ▄██     ▄█▀█▄",
        "██ ██ ██ ██ ██  ▄███   ██       ▄█▀",
        "██ ██ ██ ██    ▄█ ██   ██        ██",
        "▀█▄█▀ ▀█▄█▀ ██ ▀▀▀██   ██  ██ ▀█▄█▀",
    )


def test_a_clock_of_hours_lets_its_tenths_go_where_room_is_short() -> None:
    assert big_digits.draw_digits("1:02:39.4", big_digits.SMALLEST, 36) == big_digits.draw_digits(
        "1:02:39", big_digits.SMALLEST, 36
    )


def test_a_clock_that_fits_in_no_face_is_written_small() -> None:
    assert big_digits.draw_digits("10:02:39.4", big_digits.SMALLEST, 36) == (
        "",
        "",
        "",
        "10:02:39.4",
    )


@pytest.mark.parametrize(
    ("width", "rows", "expected"),
    [
        (36, 9, 4),
        (46, 9, 5),
        (56, 9, 7),
        (56, 4, 4),
        (76, 11, 11),
        (76, 10, 8),
        (76, 7, 7),
        (96, 15, 12),
        (130, 20, 16),
        (10, 1, 4),
    ],
)
def test_the_largest_face_with_room_is_chosen(width: int, rows: int, expected: int) -> None:
    assert big_digits.largest_face(width, rows).rows == expected


def test_a_clock_too_wide_for_a_large_face_is_drawn_in_a_smaller_one() -> None:
    large, smaller = big_digits.FACES[1:3]

    assert big_digits.draw_digits("10:02:39.4", large, 96) == (
        *[""] * (large.rows - smaller.rows),
        *big_digits.draw_digits("10:02:39", smaller, 96),
    )


def test_how_many_times_is_drawn_in_big_digits() -> None:
    assert big_digits.draw_digits("4.2×", big_digits.SMALLEST, 36) == (
        "  ▄██    ▄█▀█▄      ",
        " ▄███      ▄█▀ ▄▄ ▄▄",
        "▄█ ██     ▄█▀  ▀█▄█▀",
        "▀▀▀██ ██ ▄██▄▄ ██ ██",
    )


@given(st.floats(min_value=0, max_value=400_000), FACES, st.integers(0, 3), st.integers(0, 3))
def test_a_drawn_clock_is_read_back(
    elapsed: float, face: big_digits.Face, above: int, below: int
) -> None:
    digits = text.clock(elapsed)

    assert (
        big_digits.read_digits(
            [*[""] * above, *big_digits.draw_digits(digits, face, 200), *["│ 12 / 34"] * below]
        )
        == digits
    )


@given(st.lists(st.text("▀▄█ 0:.", max_size=30), max_size=12))
def test_what_is_no_clock_is_read_as_what_it_shows_or_not_at_all(rows: list[str]) -> None:
    digits = big_digits.read_digits(rows)

    assert digits == "" or any(
        big_digits.draw_digits(digits, face, 999)[0].rstrip() in row
        for face in big_digits.FACES
        for row in rows
    )
