"""The player on a clock of the tests' own: at which moment it draws what."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from demo.recording import play as player
from demo.recording.play import Label, Player
from harness.cast.format import MARKER, OUTPUT, Cast, Event
from tests.terminals import ROOT

LABEL = Label("RECORDED", "2026-11-22 09:14:07Z")
DRAWN_AT = (1.0, 2.0, 4.0, 8.0)
MARKED_AT = (3.0, 7.0)
DRAWN = tuple(f"\x1b[H{at}" for at in DRAWN_AT)


def a_cast() -> Cast:
    drawn = [Event(at, OUTPUT, text) for at, text in zip(DRAWN_AT, DRAWN, strict=True)]
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
    screen.write.side_effect = lambda _, *, whole: moments.append(round(now[0] - began, 1))
    a_player(screen, now, pressed).play(a_cast(), LABEL)
    return moments


def a_player(
    screen: Any,
    now: list[float],
    pressed: Callable[[], bytes] = bytes,
    size: Callable[[], tuple[int, int]] = lambda: (80, 24),
) -> Player:
    keys, signals = mock.Mock(pressed=pressed), mock.Mock(first=None)
    return Player(screen, keys, signals, clock=lambda: now[0], size=size)


def written(now: list[float], *sizes: tuple[int, int]) -> list[str]:
    """Return what is written for each drawing, in a terminal that has these sizes in turn."""
    screen: Any = mock.Mock(visible=True)
    each = iter(sizes)
    a_player(screen, now, size=lambda: next(each)).play(a_cast(), LABEL)
    return [call.args[0] for call in screen.write.call_args_list]


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


NOTICE = (
    "RECORDED · this terminal is {}, the recording needs 80×24: enlarge it; the recording goes on"
)


def test_a_terminal_that_becomes_too_small_has_a_notice_once_and_then_the_whole_panel_again(
    seconds: list[float],
) -> None:
    first, notice, back = written(seconds, (80, 24), (60, 24), (60, 24), (80, 24))
    assert (DRAWN[0] in first, NOTICE.format("60×24") in " ".join(notice.split())) == (True, True)
    assert not any(drawn in notice for drawn in DRAWN)
    assert all(drawn in back for drawn in DRAWN)


def test_a_terminal_of_another_size_is_drawn_anew_though_the_panel_fits(
    seconds: list[float],
) -> None:
    _, second, third, _ = written(seconds, (80, 24), (80, 24), (90, 30), (90, 30))
    assert (DRAWN[0] in second, DRAWN[0] in third) == (False, True)


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (20, 5), (79, 24), (200, 3)])
def test_a_notice_is_never_larger_than_the_terminal(
    seconds: list[float], columns: int, rows: int
) -> None:
    (notice,) = written(seconds, *[(columns, rows)] * len(DRAWN))
    lines = notice.partition("\x1b[H")[2].split("\r\n")
    assert len(lines) <= rows
    assert all(len(line) <= columns for line in lines)
    assert "\x1b" not in "".join(lines)


def test_where_no_recording_is_the_one_that_ships_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "demo" / "showcase"
    shutil.copytree(ROOT / "recordings" / "showcase", shipped)
    monkeypatch.setattr(player, "SHIPPED_SHOWCASE", shipped)
    monkeypatch.chdir(tmp_path)
    assert player.play(None, tmp_path / "run.html") == 0
    assert (tmp_path / "run.html").is_file()
