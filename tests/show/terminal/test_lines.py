from io import StringIO
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console

from harness.show.terminal.lines import (
    BASELINE_PAINT,
    DISTRIBUTED_PAINT,
    LABEL,
    SHADED,
    STRONG,
    Frame,
    bar,
    cut,
    first_fitting,
    join_fitting,
    justify,
    pad,
    piece,
    shorten,
    wrap,
)

A_WIDTH = st.integers(min_value=0, max_value=60)
WHITE, BLACK = 1.0, 0.0


def luminance(color: Color) -> float:
    """Return the relative luminance of WCAG 2, section 1.4.3."""
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.get_truecolor().normalized
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(color: Color, background: float) -> float:
    """Return the contrast ratio of WCAG 2 to a background's luminance."""
    lighter, darker = sorted((luminance(color), background), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def printed(frame: Frame, color_system: Literal["truecolor", "256", "standard"] | None) -> str:
    stream = StringIO()
    Console(
        file=stream, width=80, force_terminal=True, color_system=color_system, legacy_windows=False
    ).print(frame, end="")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("fraction", "drawn"),
    [
        (0.0, "────"),
        (0.5, "██──"),
        (0.54, "██▏─"),
        (0.999, "███▉"),
        (1.0, "████"),
        (1.7, "████"),
        (-1.0, "────"),
        (float("nan"), "────"),
        (float("inf"), "████"),
    ],
)
def test_a_bar_is_filled_in_eighths_and_never_beyond_its_fraction(
    fraction: float, drawn: str
) -> None:
    assert bar(fraction, 4) == drawn


@given(st.floats(), A_WIDTH)
def test_a_bar_is_as_wide_as_asked(fraction: float, width: int) -> None:
    assert cell_len(bar(fraction, width)) == width


@given(st.text(), A_WIDTH)
def test_cut_text_fits(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width


def test_cut_text_says_that_it_was_cut() -> None:
    assert (cut("accuracy", 5), cut("accuracy", 8), cut("accuracy", 0)) == ("accu…", "accuracy", "")


def test_cut_text_cannot_move_the_cursor() -> None:
    assert cut("a\x1b[2Jb", 10) == "ab"


def test_shortened_text_keeps_its_indent() -> None:
    assert shorten("  indented", 6) == "  ind…"


@given(st.lists(st.text()), A_WIDTH)
def test_a_padded_line_is_as_wide_as_asked(texts: list[str], width: int) -> None:
    line = pad([piece(cut(text, 40)) for text in texts], width)

    assert sum(cell_len(part.text) for part in line) == width


@given(st.text(), st.text(), A_WIDTH)
def test_a_spread_line_is_as_wide_as_asked(left: str, right: str, width: int) -> None:
    assert cell_len(justify(left, right, width)) == width


def test_a_spread_line_cuts_its_left_part_first() -> None:
    assert justify("a long remark", "Enter", 12) == "a lon… Enter"


def test_parts_that_do_not_fit_are_left_out_whole() -> None:
    assert join_fitting(["one", "", "very long", "two"], 9) == "one · two"


@pytest.mark.parametrize(
    ("width", "chosen"), [(20, "min 90 median 95"), (10, "90 to 99"), (5, "90 t…")]
)
def test_the_first_variant_that_fits_is_chosen(width: int, chosen: str) -> None:
    assert first_fitting(["min 90 median 95", "90 to 99"], width) == chosen


def test_a_frame_is_plain_text_without_trailing_spaces() -> None:
    assert Frame(((piece("a"), piece("b  ", STRONG)), (piece("c"),))).plain == "ab\nc\n"


def test_a_terminal_without_colours_gets_plain_strokes() -> None:
    assert printed(Frame(((piece("██", BASELINE_PAINT),),)), None) == "██\n"


def test_a_terminal_of_sixteen_colours_keeps_the_sides_apart() -> None:
    frame = Frame(((piece("██", BASELINE_PAINT), piece("██", DISTRIBUTED_PAINT + STRONG)),))

    assert printed(frame, "standard") == "\x1b[91m██\x1b[0m\x1b[1;94m██\x1b[0m\n"


# What usual terminals make of the two: xterm, the console of Linux, Windows' terminals.
BRIGHT_RED = ["#ff0000", "#ff5555", "#e74856"]
BRIGHT_BLUE = ["#5c5cff", "#5555ff", "#3b78ff"]


@pytest.mark.parametrize("background", [WHITE, BLACK])
@pytest.mark.parametrize("shade", [*BRIGHT_RED, *BRIGHT_BLUE])
def test_the_colours_of_sixteen_stand_out_as_graphics_must(shade: str, background: float) -> None:
    assert contrast(Color.parse(shade), background) >= 3.0


def test_a_bar_is_coloured_where_the_terminal_can() -> None:
    assert (
        printed(Frame(((piece("██", DISTRIBUTED_PAINT),),)), "truecolor")
        == "\x1b[38;2;0;122;192m██\x1b[0m\n"
    )


def test_no_color_takes_the_colour_and_leaves_the_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert (
        printed(Frame(((piece("██", DISTRIBUTED_PAINT), piece("READY", STRONG)),)), "truecolor")
        == "██\x1b[1mREADY\x1b[0m\n"
    )


@pytest.mark.parametrize("colours", ["truecolor", "256", "standard"])
def test_a_bar_below_another_is_shaded_where_no_colour_parts_them(
    colours: Literal["truecolor", "256", "standard"], monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = Frame(((piece("██▌", DISTRIBUTED_PAINT + SHADED), piece("██", DISTRIBUTED_PAINT)),))

    assert "██▌" in printed(frame, colours)
    assert printed(frame, None) == "▒▒▌██\n"
    monkeypatch.setenv("NO_COLOR", "1")
    assert printed(frame, colours) == "▒▒▌██\n"


@pytest.mark.parametrize("background", [WHITE, BLACK])
@pytest.mark.parametrize("paint", [BASELINE_PAINT, DISTRIBUTED_PAINT])
def test_a_bar_stands_out_from_a_light_and_from_a_dark_terminal(
    paint: object, background: float
) -> None:
    color = getattr(paint, "color", None)
    assert isinstance(color, Color)

    assert contrast(color, background) >= 4.5


def test_text_stands_in_the_terminals_own_colour() -> None:
    assert [style.color for style in (STRONG, LABEL)] == [None, None]


def test_a_number_is_not_parted_from_its_unit() -> None:
    assert wrap("The gap between the clocks is 10.7 s.", 34, 3) == [
        "The gap between the clocks is",
        "10.7 s.",
    ]
