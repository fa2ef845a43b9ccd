import pyte
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.cast.emulator import PIECES_APART_S, Screen, screen_states
from harness.cast.format import Cast, Event

PIECES = st.one_of(
    st.text("ab│█漢é\u0301\u00a0\r\n\b\t\x0e\x0f", max_size=6),
    st.builds("\x1b[{};{}H".format, st.integers(0, 5), st.integers(0, 9)),
    st.builds("\x1b[{}{}".format, st.integers(0, 9), st.sampled_from("ABCDEFGLMPX@dm")),
    st.builds("\x1b[{}{}".format, st.integers(0, 2), st.sampled_from("JK")),
    st.sampled_from(
        [
            *["\x1b7", "\x1b8", "\x1bD", "\x1bM", "\x1bc", "\x1b#8", "\x1b[2;3r", "\x1b[31;1;7m"],
            *["\x1b[4h", "\x1b[4l", "\x1b[20h", "\x1b[?5h", "\x1b[?5l", "\x1b[?7l", "\x1b[?7h"],
            *["\x1b[?3h", "\x1b[?3l", "\x1b]0;title\x07"],
        ]
    ),
)


NUMBERS = st.sampled_from(["", *map(str, range(10)), "38", "99999", "-1"])
ANY_SEQUENCES = st.lists(
    st.one_of(
        st.builds(
            "\x1b[{}{}{}".format,
            st.sampled_from(["", "?", ">", "!", "=", " "]),
            st.lists(st.sampled_from(["", *map(str, range(10)), "38", "99999", "-1"])).map(
                ";".join
            ),
            st.characters(min_codepoint=0x40, max_codepoint=0x7E),
        ),
        st.builds("\x1b{}".format, st.text(max_size=2)),
        st.builds("\x1b]{};{}\x07".format, st.integers(0, 60), st.text(max_size=3)),
        st.text(max_size=4),
    ),
    max_size=12,
).map("".join)


def a_cast(*events: tuple[float, str]) -> Cast:
    return Cast(columns=20, rows=3, events=tuple(Event(at, "o", text) for at, text in events))


def has_half(screen: Screen, row: int) -> bool:
    """Return whether half a wide character is left over in a row, with which pyte shows or fails
    as no terminal does.
    """
    cells = [screen.cells(row).get(column, screen.default_char).data for column in range(8)]
    wide = [cell == "漢" for cell in cells]
    halves = [cell == "" for cell in cells]
    return wide != [*halves[1:], False] and any([*wide, *halves])


def texts(*events: tuple[float, str]) -> list[str]:
    return [moment.text.strip() for moment in screen_states(a_cast(*events))]


def test_a_screen_stands_until_the_next_drawing() -> None:
    moments = list(screen_states(a_cast((1.0, "a"), (2.0, "\rb"), (3.5, "\rc"))))
    assert [(moment.at, moment.until, moment.text.strip()) for moment in moments] == [
        (1.0, 2.0, "a"),
        (2.0, 3.5, "b"),
        (3.5, 3.5, "c"),
    ]


def test_pieces_of_one_drawing_are_one_screen() -> None:
    assert texts((1.0, "a"), (1.0 + PIECES_APART_S / 2, "b"), (2.0, "c")) == ["ab", "abc"]


def test_the_alternate_screen_gives_the_normal_one_back() -> None:
    assert texts((1.0, "shell"), (2.0, "\x1b[?1049h\x1b[Hpanel"), (3.0, "\x1b[?1049l")) == [
        "shell",
        "panel",
        "shell",
    ]


def test_a_screen_knows_whether_it_is_the_alternate_one() -> None:
    moments = screen_states(a_cast((1.0, "a"), (2.0, "\x1b[?1049h\x1b[Hb"), (3.0, "\x1b[?1049l")))
    assert [moment.alternate for moment in moments] == [False, True, False]


def test_a_recording_of_nothing_shows_nothing() -> None:
    assert texts() == []


def test_what_is_typed_and_marked_is_not_shown() -> None:
    events = (Event(1.0, "i", "typed"), Event(1.5, "m", "go"), Event(2.0, "o", "shown"))
    cast = Cast(columns=20, rows=3, events=events)
    assert [moment.text.strip() for moment in screen_states(cast)] == ["shown"]


@settings(max_examples=60)
@given(st.lists(st.lists(PIECES, max_size=6), max_size=6))
@example([["ab"], ["\r漢b"], ["\ra"], ["\r"]])
@example([["abcdefgh"], ["\x1b[2H", "\u0301"]])
@example([["ab\r", "\x1b[4h", "x"]])
def test_a_screen_that_draws_only_what_changes_shows_what_pyte_does(
    drawings: list[list[str]],
) -> None:
    quick, thorough = Screen(8, 4), pyte.Screen(8, 4)
    for drawing in drawings:
        for screen in (quick, thorough):
            pyte.Stream(screen).feed("".join(drawing))
        assert [dict(quick.cells(row)) for row in range(4)] == [
            dict(thorough.buffer[row]) for row in range(4)
        ]
        assert (quick.cursor.x, quick.cursor.y) == (thorough.cursor.x, thorough.cursor.y)
        shown = quick.display
        if not any(has_half(quick, row) for row in range(4)):
            assert shown == thorough.display


def test_half_of_a_wide_character_that_is_left_over_is_blank() -> None:
    assert texts((1.0, "漢b"), (2.0, "\ra")) == ["漢b", "a b"]


@given(ANY_SEQUENCES)
@example("\x1b[4J")
@example("\x1b[3K")
@example("\x1b[?1;2K")
@example("\x1b[1;2;3;4H")
@example("\x1b[?5A")
def test_whatever_a_file_writes_the_screen_goes_on(written: str) -> None:
    *_, last = texts((1.0, written), (2.0, "\x1bc\x1b[?1049l\x1b[Hstill here"))
    assert "still here" in last


def test_a_private_sequence_without_a_meaning_moves_nothing() -> None:
    assert texts((1.0, "ab\x1b[?5Ac"), (2.0, "\x1b[1;9Dd")) == ["abc", "abd"]
