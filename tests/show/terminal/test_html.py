import html
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from harness.show.displays import Screen
from harness.show.terminal.html import to_html
from harness.show.terminal.lines import BASELINE_PAINT, LABEL, STRONG, Frame, piece

STYLES = [None, Style(), STRONG, LABEL, BASELINE_PAINT, BASELINE_PAINT + LABEL]
PIECES = st.builds(
    piece,
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=8),
    st.sampled_from(STYLES),
)
FRAMES = st.lists(st.lists(PIECES, max_size=4).map(tuple), max_size=4).map(
    lambda lines: Frame(tuple(lines))
)


def rules(style: Style | None) -> str:
    """Return what is said of the looks of a letter (empty: nothing)."""
    found = re.search(r'<span style="([^"]*)">', to_html(Frame(((piece("x", style),),))))
    return "" if found is None else found[1]


@given(frame=FRAMES)
def test_a_frame_is_one_element_with_its_text_line_by_line(frame: Frame) -> None:
    element = ElementTree.fromstring(to_html(frame))
    shown = "".join(element.itertext())
    assert element.tag == "pre"
    assert shown == "\n".join("".join(one.text for one in line) for line in frame.lines)


def test_what_is_drawn_as_it_is_says_nothing_of_its_looks() -> None:
    assert (rules(None), rules(Style())) == ("", "")


def test_weight_and_colour_are_those_of_the_terminal() -> None:
    assert rules(STRONG) == "font-weight: bold"
    assert rules(BASELINE_PAINT) == "color: #bf5700"


def test_what_is_reversed_is_black_on_its_own_colour() -> None:
    assert rules(LABEL) == "color: #000000; background: #e6e6e6; font-weight: bold"
    assert rules(BASELINE_PAINT + LABEL).startswith("color: #000000; background: #bf5700")


def test_a_cell_shows_the_frame_and_the_words_below_it_as_text() -> None:
    screen = Screen(Frame(((piece("<b>"),),)), "a & b")
    shown = screen._repr_html_()
    assert [html.unescape(text) for text in re.findall(r">([^<>]+)<", shown)] == ["<b>", "a & b"]
    assert repr(screen) == "<b>\n\na & b"


def test_a_cell_without_words_shows_the_frame_alone() -> None:
    frame = Frame(((piece("clock"),),))
    assert Screen(frame)._repr_html_() == to_html(frame)
    assert repr(Screen(frame)) == "clock\n"
