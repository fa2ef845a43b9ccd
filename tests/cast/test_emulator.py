from harness.cast.emulator import PIECES_APART_S, screen_states
from harness.cast.format import Cast, Event


def a_cast(*events: tuple[float, str]) -> Cast:
    return Cast(columns=20, rows=3, events=tuple(Event(at, "o", text) for at, text in events))


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
