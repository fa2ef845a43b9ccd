"""The real program playing a recording in a terminal, and where it cannot."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from demo.recording.play import Label, only_drawing
from harness.cast.format import CAST, read
from harness.cast.screen_reader import read_screen
from harness.takes.recordings import recording
from tests.recording import Recorded, a_desk
from tests.terminals import PYTHON, ROOT, Look, Terminal, Tmux, at_once

PLAY = [PYTHON, "-m", "demo", "play"]
CTRL_C = b"\x03"


@dataclass(frozen=True)
class Played:
    """A playing from its beginning to its end."""

    looks: tuple[Look, ...]
    raw: bytes
    exit_code: int
    restored: bool

    @property
    def panels(self) -> list[Look]:
        return [look for look in self.looks if look.is_panel and "RECORDED" in look.text]

    @property
    def text(self) -> str:
        return self.looks[-1].text


def played(
    take: Path,
    *options: str,
    size: tuple[int, int] = (100, 30),
    keys: bytes = b"",
    browser: dict[str, str] | None = None,
) -> Played:
    """Play in a terminal at the take's desk; press keys once the panel is there."""
    desk = take.parents[1]
    with Terminal(
        [*PLAY, *options],
        columns=size[0],
        rows=size[1],
        environment=a_desk(desk) | (browser or {}),
        cwd=desk,
    ) as terminal:
        if keys:
            terminal.until_text("RECORDED")
            terminal.type(keys)
        code = terminal.ended(240.0)
        last = terminal.looks[-1]
        restored = not last.alternate and last.cursor and terminal.modes() == terminal.modes_before
        return Played(tuple(terminal.looks), terminal.raw, code, restored)


def a_browser(desk: Path) -> dict[str, str]:
    """Return an environment with a browser that writes down what it is to open."""
    script = desk / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > "{desk}/opened"\n')
    script.chmod(0o755)
    return {"BROWSER": f"{script} %s"}


@pytest.fixture(scope="module")
def whole(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Played]:
    """Return a take, and its recording as it was played from beginning to end."""
    take = tmp_path_factory.mktemp("desk") / "recordings" / "kept"
    shutil.copytree(recorded.take, take)
    return take, played(take)


def test_a_recording_is_played_as_it_was_at_its_own_speed(whole: tuple[Path, Played]) -> None:
    take, seen = whole
    cast = read(take / CAST)
    sights = [
        (look.at, now) for look in seen.panels if (now := read_screen(look.lines)) is not None
    ]
    live = [
        (at, now.clocks[0])
        for at, now in sights
        if now.statuses is not None and now.statuses[0] == "LIVE"
    ]
    began = [at - clock.seconds for at, clock in live if clock is not None]

    assert len(began) > 3
    assert (
        max(began) - min(began) < 0.75
    )  # a drawing is looked at a little late on a busy machine; twice the speed would make it 2 s
    assert seen.looks[-1].at >= cast.duration_s
    assert (seen.exit_code, seen.restored) == (0, True)


def test_every_frame_of_a_recording_says_that_it_is_one_and_of_when(
    whole: tuple[Path, Played],
) -> None:
    take, seen = whole
    date = recording(take).cast.date
    labels = {
        look.lines[29].partition(" · simulated")[0].strip() for look in seen.looks if look.is_panel
    }
    assert labels == {f"RECORDED · SIMULATED {date}"}
    assert f"RECORDED · SIMULATED  {date}" in seen.text
    assert seen.text.index("RECORDED") < seen.text.index("NO HEADLINE")


def test_after_ctrl_z_the_whole_panel_is_there_again(take: Path, tmp_path: Path) -> None:
    (tmp_path / "tmux").mkdir()
    with Tmux(tmp_path / "tmux", 100, 30) as shell:
        shell.command(f"cd {take.parents[1]}; export PYTHONPATH={ROOT}")
        shell.command(f"{PYTHON} -m demo play")
        shell.until(lambda look: look.is_panel and "LIVE" in look.text)
        shell.keys("C-z")
        shell.until_text("Stopped")
        shell.command("fg")
        back = shell.until(lambda look: look.alternate and "RECORDED" in look.text)
        left = shell.until_text("NO HEADLINE", 240.0)
    assert (back.is_panel, left.alternate, left.cursor) == (True, False, True)


def test_q_leaves_and_ctrl_c_too(take: Path) -> None:
    left = at_once(
        {"q": lambda: played(take, keys=b"q"), "ctrl-c": lambda: played(take, keys=CTRL_C)}
    )
    assert {name: (one.exit_code, one.restored) for name, one in left.items()} == {
        "q": (0, True),
        "ctrl-c": (130, True),
    }
    assert "NO HEADLINE" not in left["q"].text


def test_n_leads_to_the_next_labelled_moment_until_the_headline(take: Path) -> None:
    seen = played(take, keys=b"n" * len(read(take / CAST).markers))
    assert (seen.exit_code, seen.restored) == (0, True)
    assert "NO HEADLINE" in seen.text


def test_a_terminal_that_is_too_small_opens_the_page_instead(take: Path) -> None:
    seen = played(take, size=(80, 24), browser=a_browser(take.parents[1]))
    assert (seen.exit_code, (take.parents[1] / "opened").read_text().strip()) == (
        0,
        (take / "run.html").as_uri(),
    )
    assert "this terminal is 80×24, the recording needs 100×30" in " ".join(seen.text.split())
    assert not any(look.alternate for look in seen.looks)


def test_a_terminal_that_is_too_small_without_a_browser_is_told_what_to_do(take: Path) -> None:
    seen = played(take, size=(80, 24), browser={"BROWSER": "false %s"})
    assert seen.exit_code == 2
    assert "hint: enlarge the terminal, or open recordings/kept/run.html in a browser" in " ".join(
        seen.text.split()
    )


def test_a_terminal_that_becomes_too_small_says_so_and_shows_the_panel_again_once_it_is_not(
    take: Path,
) -> None:
    desk = take.parents[1]
    with Terminal(PLAY, columns=100, rows=30, environment=a_desk(desk), cwd=desk) as terminal:
        terminal.until(lambda look: look.is_panel and "RECORDED" in look.text)
        terminal.resize(80, 24)
        small = terminal.until_text("enlarge it; the recording goes on")
        terminal.resize(100, 30)
        back = terminal.until(lambda look: look.is_panel)
        terminal.type(b"q")
        code = terminal.ended()
    assert "╭" not in small.text
    assert ("RECORDED" in back.lines[29], code) == (True, 0)


def test_a_take_without_its_page_says_how_to_write_it(take: Path) -> None:
    (take / "run.html").unlink()
    seen = played(take, size=(80, 24), browser=a_browser(take.parents[1]))
    assert seen.exit_code == 2
    assert "with `twoclocks play recordings/kept --into run.html`" in seen.text.replace("\n", "")


def test_without_a_terminal_nothing_is_played(take: Path) -> None:
    done = subprocess.run(
        PLAY,
        cwd=take.parents[1],
        env=a_desk(take.parents[1]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "this terminal cannot draw" in done.stderr


def test_where_nothing_was_recorded_it_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        PLAY, cwd=tmp_path, env=a_desk(tmp_path), capture_output=True, text=True, check=False
    )
    assert (done.returncode, "hint: make one with `twoclocks record`" in done.stderr) == (2, True)


def test_an_unverified_recording_is_announced_and_can_only_draw(
    take: Path,
) -> None:
    first, *rest = (take / CAST).read_text().splitlines()
    hostile = json.dumps([0.0, "o", "\x1b]52;c;ZXZpbA==\x07\x1b]0;owned\x07\x1b[6n"])
    (take / CAST).write_text("\n".join([first, hostile, *rest]) + "\n")
    seen = played(take, str(take), keys=b"q")
    assert "warning: this recording is not verified" in " ".join(seen.text.split())
    assert not any(sequence in seen.raw for sequence in (b"\x1b]", b"\x1b[6n"))


def test_a_recording_is_written_as_a_page(take: Path) -> None:
    desk = take.parents[1]
    done = subprocess.run(
        [*PLAY, str(take), "--into", "own.html"],
        cwd=desk,
        env=a_desk(desk),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "own.html")
    assert (desk / "own.html").read_bytes() == (take / "run.html").read_bytes()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("own.avi", "a recording cannot be written as own.avi"),
        ("none/own.html", "cannot write none/own.html"),
    ],
)
def test_a_form_that_there_is_not_or_that_cannot_be_written_is_refused(
    take: Path, name: str, sentence: str
) -> None:
    desk = take.parents[1]
    done = subprocess.run(
        [*PLAY, str(take), "--into", name],
        cwd=desk,
        env=a_desk(desk),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, sentence in done.stderr) == (2, True)


# What is written to the terminal.

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
        line == " RECORDED 2026-11-22 09:14:07Z · train · run 7c21 · q leaves 00:07.3 of 01:30.0 "
    )
    assert len(line) == 80


@given(st.text(max_size=200), st.floats(0, 1e5), st.integers(80, 400))
def test_a_label_is_one_line_of_the_recordings_width(told: str, at: float, columns: int) -> None:
    line = Label("RECORDED", told).line(at, 90.0, columns)
    assert "\n" not in line
    assert line.rstrip().endswith("of 01:30.0")
