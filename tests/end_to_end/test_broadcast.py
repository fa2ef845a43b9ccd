"""A race that browsers watch, too: the same panel, whether there is a terminal or not."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.demo.broadcast.watching import Watching, ask
from tests.talks import a_desk, rehearse
from tests.terminals import PYTHON, Terminal, race, run_piped, surroundings, wait_for

SHORT = ("--set", "seconds=2", "--set", "chunks=20", "--workers", "2")
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]+/")

pytestmark = pytest.mark.terminal


def address_in(text: str) -> str:
    """Return the address that the room is told."""
    found = ADDRESS.search(text)
    assert found is not None, text
    return found[0]


def test_browsers_show_the_presenters_panel_and_then_the_headline_and_the_report(
    tmp_path: Path,
) -> None:
    command = race(tmp_path / "take", *SHORT, "--broadcast", "0")
    with Terminal(command, columns=100, rows=40) as terminal:
        url = address_in(terminal.until_text("Enter goes on").text)
        terminal.type(b"\n")
        terminal.until_text("press Enter to start")
        with Watching(url) as late:
            wait_for(lambda: late.display and late.display == list(terminal.look().lines))
            terminal.type(b"\n")
            wait_for(lambda: (terminal.look(), "NO HEADLINE" in late.text)[1])
            said = terminal.until_text("until you press Enter").text
            wait_for(lambda: late.is_done)
        assert "nothing is measured here" in late.text
        files = json.loads(ask(url, "end.json")[1])["files"]
        assert files == ["report.html", "headline.png", "headline.txt", "results.json"]
        assert b"SIMULATED" in ask(url, "report.html")[1]
        assert "NO HEADLINE" in said
        terminal.type(b"\n")
        assert terminal.ended() == 0
        assert terminal.modes() == terminal.modes_before


def test_without_a_terminal_browsers_have_a_panel_all_the_same(tmp_path: Path) -> None:
    command = race(tmp_path / "take", *SHORT, "--ui", "none", "--broadcast", "0")
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(),
    ) as process:
        assert process.stderr is not None
        url = address_in(process.stderr.readline())
        with Watching(url) as viewer:
            wait_for(lambda: "╭─ BASELINE" in viewer.text)
            assert (len(viewer.display), len(viewer.display[0])) == (30, 100)
            wait_for(lambda: viewer.is_done)
            assert ask(url, "results.json")[1] == (tmp_path / "take/results.json").read_bytes()
        process.terminate()
        assert process.wait() == 143


def test_ctrl_c_ends_the_race_and_its_viewers_are_told(tmp_path: Path) -> None:
    command = race(tmp_path / "take", *SHORT, "--yes", "--broadcast", "0")
    with Terminal(command, columns=100, rows=40) as terminal:
        url = address_in(terminal.until_text("watch the panel at").text)
        with Watching(url) as viewer:
            wait_for(lambda: (terminal.look(), "╭─ BASELINE" in viewer.text)[1])
            terminal.type(b"\x03")
            wait_for(lambda: (terminal.look(), viewer.is_done)[1])
        assert terminal.ended() == 130


def followed(folder: Path, *options: str) -> list[str]:
    """Return the command line that follows a race which is its own command."""
    elsewhere = race(folder / "elsewhere", *SHORT, "--ui", "json")
    here = ("follow", "--out", str(folder / "take"), "--broadcast", "0", *options)
    return [PYTHON, "-m", "demo", *here, "--", *elsewhere]


def test_browsers_show_what_is_followed_and_then_its_headline_and_report(tmp_path: Path) -> None:
    with Terminal(followed(tmp_path), columns=100, rows=40) as terminal:
        url = address_in(terminal.until_text("Enter goes on").text)
        assert not (tmp_path / "elsewhere").exists()  # nothing runs before the room is here
        terminal.type(b"\n")
        terminal.until_text("REMOTE")
        with Watching(url) as late:
            wait_for(
                lambda: (
                    late.display
                    and "REMOTE" in late.text
                    and late.display == list(terminal.look().lines)
                )
            )
            terminal.until_text("until you press Enter")
            wait_for(lambda: late.is_done)
        assert "NO HEADLINE" in late.text
        assert "results.json" in json.loads(ask(url, "end.json")[1])["files"]
        assert b"SIMULATED" in ask(url, "report.html")[1]
        terminal.type(b"\n")
        assert terminal.ended() == 0
        assert terminal.modes() == terminal.modes_before


@pytest.mark.parametrize("ui", ["none", "plain", "json"])
def test_without_a_terminal_browsers_see_what_is_followed(ui: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        followed(tmp_path, "--ui", ui),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(),
    ) as process:
        assert process.stderr is not None
        url = address_in(process.stderr.readline())
        with Watching(url) as viewer:
            wait_for(lambda: "╭─ BASELINE" in viewer.text and "REMOTE" in viewer.text)
            assert (len(viewer.display), len(viewer.display[0])) == (30, 100)
            wait_for(lambda: viewer.is_done)
            assert ask(url, "results.json")[1] == (tmp_path / "take/results.json").read_bytes()
        assert "NO HEADLINE" in viewer.text
        process.terminate()
        assert process.wait() == 143


def test_browsers_see_what_is_waited_for_before_a_race_has_begun(tmp_path: Path) -> None:
    words = ("follow", "--ui", "none", "--out", str(tmp_path / "take"), "--broadcast", "0", "--")
    command = [PYTHON, "-m", "demo", *words, "sh", "-c", "echo no such job; sleep 99"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=surroundings()
    ) as process:
        assert process.stderr is not None
        with Watching(address_in(process.stderr.readline())) as viewer:
            wait_for(lambda: "waiting for the first line of a journal" in viewer.text)
            wait_for(lambda: "no such job" in viewer.text)
            process.terminate()
            wait_for(lambda: viewer.is_done)
        assert process.wait() == 143


def test_a_command_that_cannot_be_followed_is_refused_before_anybody_is_invited(
    tmp_path: Path,
) -> None:
    command = [PYTHON, "-m", "demo", "follow", "--broadcast", "0", "--", "no-such-command-at-all"]
    done = run_piped(command)
    assert done.exit_code == 2
    assert "watch the panel" not in done.errors


def test_a_recording_is_shown_in_browsers_as_it_plays(tmp_path: Path) -> None:
    command = [PYTHON, "-m", "demo", "play", "recordings/showcase", "--broadcast", "0"]
    with Terminal(command, columns=100, rows=40) as terminal:
        url = address_in(terminal.until_text("Enter goes on").text)
        terminal.type(b"\n")
        terminal.until_text("RECORDED")
        with Watching(url) as late:
            wait_for(
                lambda: (
                    late.display
                    and "RECORDED" in late.text
                    and late.display == list(terminal.look().lines)
                )
            )
            terminal.type(b"q")
            wait_for(lambda: (terminal.look(), late.is_done)[1])
        files = json.loads(ask(url, "end.json")[1])["files"]
        assert files == ["report.html", "headline.txt", "results.json"]
        terminal.type(b"\n")
        assert terminal.ended() == 0


def test_the_room_sees_the_race_of_a_rehearsal_and_nothing_of_what_to_say(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    command = ("--workload", "simulated", "--broadcast", "0")
    with rehearse(desk, *command, columns=100, rows=40) as terminal:
        url = address_in(terminal.until_text("Enter goes on").text)
        with Watching(url) as viewer:
            for prompt in ("Enter begins the talk", "Enter ends this beat", "press Enter to start"):
                terminal.type(b"\r")
                terminal.until_text(prompt)
            wait_for(lambda: "╭─ BASELINE" in viewer.text)
            terminal.type(b"\r")
            terminal.until_text("Enter skips the rest")
            terminal.type(b"\r")
            wait_for(lambda: (terminal.look(), viewer.is_done)[1])
        assert "NO HEADLINE" in viewer.text
        assert "Enter ends this beat" not in "".join(viewer.drawn)
        for prompt in ("beat 3 of 3", "until you press Enter"):
            terminal.type(b"\r")
            terminal.until_text(prompt)
        terminal.type(b"\r")
        assert terminal.ended() == 0
