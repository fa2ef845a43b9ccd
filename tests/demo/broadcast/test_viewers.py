import json
from collections.abc import Sequence

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from demo.broadcast import viewers
from demo.broadcast.messages import Drawn
from demo.broadcast.viewers import DONE, LONGEST_QUEUE, MOST_VIEWERS, STILL_THERE, Viewers
from demo.terminal import Canvas, browser_console
from harness.cast.emulator import Screen
from harness.show.terminal.lines import Frame

COLUMNS, ROWS = 12, 4


def a_frame(letters: str) -> Frame:
    """Return a frame with a letter for each row, in a style that the letter chooses."""
    return Frame(
        tuple((Segment(one * COLUMNS, Style(bold=one.isupper())),) for one in letters[:ROWS])
    )


def drawings(frames: Sequence[str]) -> list[Drawn]:
    """Return what a canvas is sent for these frames."""
    canvas, sent = Canvas(browser_console()), []
    for place, letters in enumerate(frames):
        text, whole = canvas.changes(
            lambda *, columns, rows, letters=letters: a_frame(letters),
            (COLUMNS, ROWS),
            afresh=place % 7 == 0,
        )
        sent.append(Drawn(place / 4, text, COLUMNS, ROWS, whole))
    return sent


def screen_after(events: Sequence[bytes]) -> list[str]:
    """Return the screen of whoever is sent these events."""
    screen = Screen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    for event in events:
        data = json.loads(event.decode().removeprefix("data: "))
        if isinstance(data, dict):
            screen = Screen(data["cols"], data["rows"])
            stream = pyte.Stream(screen)
        stream.feed(data["init"] if isinstance(data, dict) else data[2])
    return list(screen.display)


def sent_to(viewer: viewers.Viewer) -> list[bytes]:
    """Return all that waits for a viewer."""
    events = []
    for event in viewer.events(silence_s=0.0):
        if event in (STILL_THERE, DONE):
            break
        events.append(event)
    return events


@given(
    st.lists(st.text("abAB", min_size=ROWS, max_size=ROWS), min_size=1, max_size=30),
    st.integers(0, 30),
)
def test_whoever_comes_late_sees_what_the_others_see(frames: list[str], comes_after: int) -> None:
    everybody, late = Viewers(), None
    early = everybody.join()
    for place, drawn in enumerate(drawings(frames)):
        if place == comes_after:
            late = everybody.join()
        everybody.draw(drawn)
    late = late or everybody.join()

    assert early is not None
    assert late is not None
    panel = [letter * COLUMNS for letter in frames[-1]]
    assert screen_after(sent_to(early)) == screen_after(sent_to(late)) == panel


def test_who_does_not_keep_up_is_dropped_and_the_others_are_not() -> None:
    everybody = Viewers()
    slow, quick = everybody.join(), everybody.join()
    assert slow is not None
    assert quick is not None
    received = 0
    for drawn in drawings(["abcd", "ABCD"] * LONGEST_QUEUE):
        everybody.draw(drawn)
        received += len(sent_to(quick))

    assert received == 2 * LONGEST_QUEUE
    assert slow.is_dropped
    assert not quick.is_dropped
    assert len(everybody) == 1
    assert list(slow.events(silence_s=0.0)) == []


def test_there_is_room_for_so_many_and_for_another_once_one_has_left() -> None:
    everybody = Viewers()
    first = everybody.join()
    assert first is not None
    assert all(everybody.join() for _ in range(MOST_VIEWERS - 1))
    assert everybody.join() is None
    everybody.leave(first)
    assert everybody.join() is not None


def test_everybody_is_told_that_it_is_over_and_who_comes_then_sees_the_end() -> None:
    everybody = Viewers()
    early = everybody.join()
    (drawn,) = drawings(["abcd"])
    everybody.draw(drawn)
    everybody.end()
    late = everybody.join()
    assert early is not None
    assert late is not None
    for viewer in (early, late):
        events = list(viewer.events(silence_s=0.0))
        assert events[-1] == DONE
        assert screen_after(events[:-1])[0] == "a" * COLUMNS


def test_another_size_begins_a_new_screen() -> None:
    everybody = Viewers()
    viewer = everybody.join()
    assert viewer is not None
    everybody.draw(Drawn(0.0, "one", 12, 4, whole=True))
    everybody.draw(Drawn(0.5, "two", 30, 9, whole=True))
    sizes = [json.loads(event.decode().removeprefix("data: ")) for event in sent_to(viewer)]
    assert [(size["cols"], size["rows"]) for size in sizes] == [(12, 4), (30, 9)]


def test_a_whole_drawing_is_all_that_a_late_viewer_needs() -> None:
    everybody = Viewers()
    for text, whole in (("old", True), ("older", False), ("new", True), ("er", False)):
        everybody.draw(Drawn(0.0, text, 12, 4, whole=whole))
    late = everybody.join()
    assert late is not None
    (event,) = sent_to(late)
    assert json.loads(event.decode().removeprefix("data: "))["init"] == "newer"


def test_no_more_is_kept_for_late_viewers_than_is_allowed() -> None:
    everybody = Viewers()
    everybody.draw(Drawn(0.0, "whole", 12, 4, whole=True))
    for _ in range(5):
        everybody.draw(Drawn(0.1, "x" * (viewers.MOST_LETTERS // 3), 12, 4, whole=False))
    late = everybody.join()
    assert late is not None
    (event,) = sent_to(late)
    assert len(event) <= viewers.MOST_LETTERS + 100


def test_letters_that_no_encoding_has_do_not_end_the_broadcast() -> None:
    everybody = Viewers()
    viewer = everybody.join()
    assert viewer is not None
    everybody.draw(Drawn(0.0, "\ud800", 12, 4, whole=True))
    assert len(sent_to(viewer)) == 1
