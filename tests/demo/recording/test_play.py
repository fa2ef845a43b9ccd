"""The player on a clock of the tests' own: at which moment it draws what."""

from typing import Any
from unittest import mock

import pytest

from demo.recording.play import Label, Player
from harness.cast.format import MARKER, OUTPUT, Cast, Event

LABEL = Label("RECORDED", "2026-11-22 09:14:07Z")
DRAWN_AT = (1.0, 2.0, 4.0, 8.0)
MARKED_AT = (3.0, 7.0)


def a_cast() -> Cast:
    drawn = [Event(at, OUTPUT, f"\x1b[H{at}") for at in DRAWN_AT]
    marked = [Event(at, MARKER, f"at {at}") for at in MARKED_AT]
    return Cast(columns=80, rows=24, events=tuple(sorted(drawn + marked)))


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time now, as the only item of a list; sleeping moves it on."""
    now = [100.0]

    def sleep(duration_s: float) -> None:
        now[0] += duration_s

    monkeypatch.setattr("demo.recording.play.time.sleep", sleep)
    return now


def drawing_times(now: list[float], typed: dict[float, bytes]) -> list[float]:
    """Return when each drawing is written, in seconds, where keys are typed at these moments."""
    waiting = dict(typed)
    began, moments = now[0], []

    def pressed() -> bytes:
        due = [at for at in waiting if at <= now[0] - began]
        return b"".join(waiting.pop(at) for at in due)

    screen: Any = mock.Mock(visible=True)
    screen.write.side_effect = lambda _: moments.append(round(now[0] - began, 1))
    player = Player(screen, mock.Mock(pressed=pressed), mock.Mock(first=None), clock=lambda: now[0])
    player.play(a_cast(), LABEL)
    return moments


def test_a_recording_is_drawn_at_its_own_speed(seconds: list[float]) -> None:
    assert drawing_times(seconds, {}) == [1.0, 2.0, 4.0, 8.0]


def test_n_goes_on_at_the_next_labelled_moment_and_at_the_recordings_own_speed(
    seconds: list[float],
) -> None:
    assert drawing_times(seconds, {0.5: b"n"}) == [0.5, 0.5, 1.5, 5.5]


def test_each_n_leads_one_labelled_moment_further(seconds: list[float]) -> None:
    assert drawing_times(seconds, {0.5: b"nn"}) == [0.5, 0.5, 0.5, 1.5]


def test_after_the_last_labelled_moment_n_changes_nothing(seconds: list[float]) -> None:
    assert drawing_times(seconds, {7.5: b"n"}) == [1.0, 2.0, 4.0, 8.0]


def test_q_ends_the_playing_wherever_it_is(seconds: list[float]) -> None:
    assert drawing_times(seconds, {2.5: b"q"}) == [1.0, 2.0]
