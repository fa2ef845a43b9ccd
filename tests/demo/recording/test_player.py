import re

from hypothesis import example, given
from hypothesis import strategies as st

from demo.recording.play import Label, only_drawing

ESCAPES = re.compile(r"\x1b(?:\[[0-9;]*[ABCDGHJKfmd]|\[\?(?:25|1049)[hl])")


def test_a_frame_of_ours_is_left_as_it_is() -> None:
    frame = (
        "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H\x1b[1;7m REC \x1b[0m  train ▀▄█ │"
        "\x1b[38;2;191;87;0m██\x1b[0m\x1b[K\r\n\x1b[K\x1b[J"
    )
    assert only_drawing(frame) == frame


@given(
    st.text(
        st.one_of(
            st.sampled_from("\x1b[]?;0123459mHJKhlnc\x07\x9b\\P^_"),
            st.characters(exclude_categories=["Cs"]),
        ),
        max_size=60,
    )
)
@example("\x1b]52;c;ZXZpbA==\x07")
@example("\x1b[6n")
@example("\x1bP+q544e\x1b\\")
@example("\x1b[?1000h\x1b[?2004h")
@example("\x1b]0;title\x1b\\")
@example("\x9b6n\x9d52;c;x\x9c")
def test_whatever_a_file_holds_only_what_draws_is_written(text: str) -> None:
    left = ESCAPES.sub("", only_drawing(text))
    assert all(
        mark in "\r\n\t\b" or (mark >= " " and not "\x7f" <= mark <= "\x9f") for mark in left
    )


def test_a_label_tells_what_plays_and_how_far_it_is() -> None:
    line = Label("RECORDED", "2026-11-22 09:14:07Z · train · run 7c21").line(7.34, 90.0, 80)
    assert (
        line == " RECORDED 2026-11-22 09:14:07Z · train · run 7c21            00:07.3 of 01:30.0 "
    )
    assert len(line) == 80


@given(st.text(max_size=200), st.floats(0, 1e5), st.integers(80, 400))
def test_a_label_is_one_line_of_the_recordings_width(told: str, at: float, columns: int) -> None:
    line = Label("RECORDED", told).line(at, 90.0, columns)
    assert "\n" not in line
    assert line.rstrip().endswith("of 01:30.0")
