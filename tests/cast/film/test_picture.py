from dataclasses import replace

import pytest

from harness.cast.emulator import Screen
from harness.cast.film.picture import INK, PAPER, UNUSED, Colour, Palette, ScreenPicture
from harness.cast.format import Cast
from tests.cast.film.films import CELL, a_cast, cell, colours, last


def test_nothing_written_is_an_empty_screen() -> None:
    picture = last(a_cast(events=()))

    assert colours(picture.crop((0, 0, 20 * CELL, 6 * CELL))) == {PAPER}


def test_a_full_block_fills_its_cell_and_nothing_else() -> None:
    picture = last(a_cast("\x1b[38;2;191;87;0m █ "))

    assert colours(cell(picture, 1)) == {(191, 87, 0)}
    assert colours(cell(picture, 0)) == colours(cell(picture, 2)) == {PAPER}


def test_a_half_block_fills_half_of_its_cell() -> None:
    picture = cell(last(a_cast("▀")), 0)

    assert colours(picture.crop((0, 0, CELL, CELL))) == {INK}
    assert colours(picture.crop((0, CELL, CELL, 2 * CELL))) == {PAPER}


@pytest.mark.parametrize(("letter", "part"), [("░", 0.25), ("▒", 0.5), ("▓", 0.75)])
def test_a_shade_is_an_even_mixture(letter: str, part: float) -> None:
    (picture,) = colours(cell(last(a_cast(letter)), 0))

    assert picture == pytest.approx(
        tuple(behind + (before - behind) * part for before, behind in zip(INK, PAPER, strict=True)),
        abs=9,
    )


def test_reversed_letters_stand_on_their_own_colour() -> None:
    picture = cell(last(a_cast("\x1b[7m \x1b[27m")), 0)

    assert colours(picture) == {INK}


@pytest.mark.parametrize(
    ("paint", "colour"),
    [
        ("48;2;1;2;3", (1, 2, 3)),
        ("41", (255, 123, 114)),
        ("48;5;196", (255, 0, 0)),
        ("105", None),
        ("49", PAPER),
    ],
    ids=["true", "named", "256", "misnamed", "default"],
)
def test_the_paint_behind_a_letter_fills_its_cell(paint: str, colour: Colour | None) -> None:
    picture = cell(last(a_cast(f"\x1b[{paint}m ")), 0)

    assert colours(picture) == {colour or (237, 186, 255)}


def test_a_line_under_a_letter_is_as_wide_as_the_cell() -> None:
    picture = cell(last(a_cast("\x1b[4m ")), 0)

    assert colours(picture.crop((0, 2 * CELL - 2, CELL, 2 * CELL - 1))) == {INK}


def test_a_wide_letter_takes_two_cells() -> None:
    alone, followed = last(a_cast("漢")), last(a_cast("漢a"))

    assert colours(cell(alone, 1)) != {PAPER}
    assert cell(alone, 0, cells=2).tobytes() == cell(followed, 0, cells=2).tobytes()


def test_only_the_cells_that_changed_are_redrawn() -> None:
    screen, picture = Screen(20, 3), ScreenPicture.blank(20, 3, CELL, "")
    screen.draw("ab")
    picture.update(screen)
    picture.image.paste(77, (0, 0, 20 * CELL, 4 * CELL))

    screen.cursor_position(1, 1)
    screen.draw("█")
    picture.update(screen)

    assert set(picture.image.crop((CELL, 0, 20 * CELL, 4 * CELL)).tobytes()) == {77}
    assert 77 not in cell(picture.image, 0).tobytes()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ab", "\rb"),
        ("\x1b[41mab", "\x1b[3H\n\n"),
        ("漢b", "\rc"),
        ("漢b", "\x1b[2Gc"),
        ("ab", "\r漢"),
        ("a漢b", "\x1b[2J"),
    ],
    ids=["a letter", "scrolled away", "a left half", "a right half", "a wide one", "erased"],
)
def test_a_screen_that_changed_looks_as_if_it_were_drawn_at_once(before: str, after: str) -> None:
    assert last(a_cast(before, after)).tobytes() == last(a_cast(before + after)).tobytes()


def test_more_colours_than_a_gif_can_have_are_shown_by_the_nearest() -> None:
    palette = Palette()
    numbers = [
        palette.number((red, green, 0)) for red in range(0, 256, 8) for green in range(0, 256, 8)
    ]

    assert len(set(numbers)) == UNUSED
    assert palette.number((0, 8, 0)) == 1
    assert len(palette.bytes) == 768


def test_the_label_stands_below_the_screen_and_covers_nothing_of_it() -> None:
    full = "█" * 60
    picture = last(a_cast(f"\x1b[?7h{full}"), "run 7c21")

    assert picture.size == (20 * CELL, 9 * CELL)
    assert colours(picture.crop((0, 0, 20 * CELL, 6 * CELL))) == {INK}
    assert (44, 44, 50) in colours(picture.crop((0, 6 * CELL, 20 * CELL, 9 * CELL)))
    assert INK in colours(picture.crop((0, 6 * CELL, 20 * CELL, 9 * CELL)))


def test_the_label_has_the_date_and_the_remark() -> None:
    def strip(cast: Cast, remark: str = "") -> bytes:
        wide = replace(cast, columns=60)
        return last(wide, remark).crop((0, 6 * CELL, 60 * CELL, 9 * CELL)).tobytes()

    here = strip(a_cast("a"))
    assert strip(a_cast("b")) == here
    assert strip(a_cast("a", began=1_700_000_001)) != here
    assert strip(a_cast("a"), "SIMULATED") != here
    assert strip(a_cast("a"), "\x1b[31m\u202eSIMULATED\x00") == strip(a_cast("a"), "SIMULATED")
