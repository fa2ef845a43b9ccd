import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from harness.show.terminal.lines import BASELINE_PAINT, DISTRIBUTED_PAINT, LABEL, STRONG
from harness.show.terminal.test_card import CLOCKS, SIGNS, draw_test_card


def test_the_clocks_show_every_digit() -> None:
    assert {mark for clock in CLOCKS for mark in clock if mark.isdigit()} == set("0123456789")


def test_a_small_terminal_holds_the_card_beside_a_prompt() -> None:
    frame = draw_test_card(80)
    assert len(frame.lines) <= 22
    assert {cell_len("".join(piece.text for piece in line)) for line in frame.lines} == {80}


def test_the_corners_are_those_of_the_picture() -> None:
    lines = draw_test_card(100, 28).plain.splitlines()
    assert (len(lines), lines[0][0], lines[0][-1], lines[-1][0], lines[-1][-1]) == (
        28,
        "╭",
        "╮",
        "╰",
        "╯",
    )


def test_nothing_on_a_small_terminal_is_cut_off() -> None:
    text = draw_test_card(80).plain
    assert (SIGNS in text, "…" in text.replace(SIGNS, ""), "tell the two bars apart?" in text) == (
        True,
        False,
        True,
    )


def test_both_paints_and_every_weight_are_shown() -> None:
    styles = {piece.style for line in draw_test_card(80).lines for piece in line}
    assert {BASELINE_PAINT, DISTRIBUTED_PAINT, STRONG, LABEL, None} <= styles


def test_every_step_of_a_bar_is_shown() -> None:
    assert "─ ▏ ▎ ▍ ▌ ▋ ▊ ▉ █" in draw_test_card(80).plain


@pytest.mark.parametrize(("columns", "rows"), [(80, 4), (100, 5), (120, 7), (170, 11), (220, 12)])
def test_the_digits_are_as_large_as_the_width_lets_them_be(columns: int, rows: int) -> None:
    lines = draw_test_card(columns).plain.splitlines()
    blank = next(place for place, line in enumerate(lines) if not line.strip("│ "))
    assert blank - 1 == rows


@given(st.integers(0, 400), st.integers(-5, 200))
def test_a_card_of_any_size_is_drawn_and_keeps_to_its_width(columns: int, rows: int) -> None:
    frame = draw_test_card(columns, rows)
    assert {cell_len("".join(piece.text for piece in line)) for line in frame.lines} == {columns}
    assert len(frame.lines) >= rows
