import struct

import pytest

from harness.cast.film import animation, gif, race_gif
from tests.cast.film.films import a_cast, last, real_gif, stills
from tests.casts import race_cast, real_cast


def delays(content: bytes) -> list[int]:
    """Return the delays in a GIF, in hundredths of a second, reading it block by block."""
    found, place = [], 13 + 768
    while content[place : place + 1] != b";":
        if content[place : place + 2] == b"!\xf9":
            found.append(struct.unpack_from("<H", content, place + 4)[0])
            place += 8
        else:
            assert content[place : place + 1] == b","
            place += 11
            while content[place]:
                place += content[place] + 1
            place += 1
    assert place == len(content) - 1
    return found


def test_the_delays_of_a_real_recording_add_up_to_its_seconds() -> None:
    assert sum(delays(real_gif())) / 100 == pytest.approx(real_cast().duration_s, abs=0.01)
    assert min(delays(real_gif())) >= 2


def test_each_frame_shows_the_whole_screen_of_its_moment() -> None:
    first, second = (
        frame for _, frame in stills(gif(a_cast("\x1b[31mfirst", "\x1b[H\x1b[32msecond")))
    )

    assert first.tobytes() == last(a_cast("\x1b[31mfirst")).tobytes()
    assert second.tobytes() == last(a_cast("\x1b[32msecond")).tobytes()


def test_a_drawing_that_changes_nothing_makes_no_frame() -> None:
    assert [delay for delay, _ in stills(gif(a_cast("a", "\x1b[Ha", "b")))] == [2000, 1000]


def test_a_pause_longer_than_a_frame_can_last_is_kept() -> None:
    content = gif(a_cast("a", "b", every=700.0))

    assert sum(delay for delay, _ in stills(content)) == 1_400_000
    assert stills(content)[-1][1].tobytes() == last(a_cast("ab")).tobytes()


def test_the_same_recording_gives_the_same_gif() -> None:
    assert gif(race_cast(), "run 7c21") == gif(race_cast(), "run 7c21")


def test_a_gif_is_played_once_and_stays_at_its_end() -> None:
    assert b"NETSCAPE" not in gif(a_cast("a"))


def test_a_frame_of_a_hundred_columns_is_as_wide_as_a_readme() -> None:
    assert last(a_cast("a", columns=100, rows=30)).size == (800, 504)


def test_a_gif_of_the_real_recording_is_small() -> None:
    assert len(real_gif()) < 2_000_000


def test_the_race_alone_begins_a_second_before_its_clocks_and_says_so() -> None:
    cast = race_cast()
    go = cast.marker_at("go") or 0.0
    alone, labelled = race_gif(cast, "run 7c21"), gif(cast, "run 7c21 · the race alone")

    assert sum(delays(alone)) / 100 == pytest.approx(cast.duration_s - go + 1.0, abs=0.01)
    assert stills(alone)[-1][1].tobytes() == stills(labelled)[-1][1].tobytes()


def test_a_recording_that_is_nothing_but_its_race_is_shown_whole() -> None:
    assert race_gif(a_cast("a", "b"), "run 7c21") == gif(a_cast("a", "b"), "run 7c21")


def test_a_race_that_would_be_too_large_has_fewer_frames_and_the_same_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    every = race_gif(race_cast())
    monkeypatch.setattr(animation, "MOST_BYTES", len(every) - 1)
    fewer = race_gif(race_cast())

    assert len(fewer) < len(every)
    assert sum(delays(fewer)) == sum(delays(every))
    assert min(delays(fewer)) >= 25
