"""The real program under a shell in tmux: alternate screen, resizing, Ctrl-Z and the background."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import events as e
from harness.files.results import load
from harness.model import Status
from tests.terminals import REFUSED, Tmux, journal, race, still_running, wait_for

LONG = ("--set", "seconds=60", "--workers", "4", "--yes")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Tmux]:
    """Give a shell at 80×24."""
    with Tmux(tmp_path) as tmux:
        yield tmux


def test_the_panel_is_on_the_alternate_screen_and_the_headline_on_the_normal_one(
    shell: Tmux, tmp_path: Path
) -> None:
    shell.resize(80, 40)
    options = ("--set", "seconds=1", "--workers", "4", "--yes")
    shell.command("echo before;", *race(tmp_path / "take", *options, workload=REFUSED))
    panel = shell.until(lambda look: look.is_panel)
    left = shell.until_text("results.json")

    assert (panel.alternate, panel.cursor, "before" in panel.text) == (True, False, False)
    assert (left.alternate, left.cursor, "before\n" in left.text, "NO HEADLINE" in left.text) == (
        False,
        True,
        True,
        True,
    )


def test_the_panel_follows_the_terminals_size(shell: Tmux, tmp_path: Path) -> None:
    shell.command(*race(tmp_path / "take", *LONG))
    at_first = shell.until(lambda look: look.is_panel and "LIVE" in look.text)

    shell.resize(120, 40)
    large = shell.until(
        lambda look: look.is_panel and len(look.lines[look.edges[0]].rstrip()) == 120
    )
    shell.resize(60, 15)
    small = shell.until_text("this terminal is 60×15")
    shell.resize(80, 24)
    again = shell.until(
        lambda look: look.is_panel and len(look.lines[look.edges[0]].rstrip()) == 80
    )
    shell.keys("C-c")
    left = shell.until_text("stopped before the end")

    assert (len(large.lines), large.edges[0], large.lines[-1]) == (40, 6, "")
    assert len(small.text.strip().splitlines()) == 3
    assert again.edges == at_first.edges
    assert (left.alternate, left.cursor) == (False, True)


def test_ctrl_z_gives_the_shell_back_and_fg_the_panel(shell: Tmux, tmp_path: Path) -> None:
    out = tmp_path / "take"
    options = ("--set", "seconds=4", "--workers", "4", "--yes")
    shell.command(*race(out, *options, workload=REFUSED), "; echo exit code $?")
    shell.until(lambda look: look.is_panel and "LIVE" in look.text)

    shell.keys("C-z")
    stopped = shell.until_text("Stopped")
    shell.command("stty -a | grep -o -w -e icanon -e echo")
    usable = shell.until(lambda look: "icanon\necho" in look.text)
    shell.command("fg")
    back = shell.until(lambda look: look.is_panel)
    left = shell.until_text("results.json")

    assert (stopped.alternate, stopped.cursor) == (False, True)
    assert (usable.alternate, usable.cursor) == (False, True)
    assert (back.alternate, back.cursor) == (True, False)
    assert (left.alternate, left.cursor) == (False, True)
    assert load(out / "results.json").status is Status.COMPLETE


def test_a_stopped_race_that_is_killed_ends(shell: Tmux, tmp_path: Path) -> None:
    out = tmp_path / "take"
    shell.command(*race(out, *LONG))
    shell.until(lambda look: look.is_panel and "LIVE" in look.text)

    shell.keys("C-z")
    shell.until_text("Stopped")
    shell.command("set -o notify; kill %1")
    left = shell.until_text("Exit 143")

    assert (left.alternate, left.cursor, still_running(out)) == (False, True, [])
    assert load(out / "results.json").status is Status.ABORTED


def test_a_race_in_the_background_leaves_keyboard_and_screen_to_the_shell(
    shell: Tmux, tmp_path: Path
) -> None:
    out = tmp_path / "take"
    options = ("--set", "seconds=3", "--workers", "4", "--ui", "live")
    shell.command(*race(out, *options, workload=REFUSED), "&")
    wait_for(lambda: any(isinstance(event, e.Go) for event in journal(out)))

    shell.command("echo still $((6 * 7)) here")
    usable = shell.until_text("still 42 here")
    shell.command("wait; stty -a | grep -o -w -e icanon -e echo")
    left = shell.until(lambda look: "icanon\necho" in look.text)

    assert (usable.alternate, usable.cursor) == (False, True)
    assert "NO HEADLINE" in left.text


def test_a_race_in_the_background_is_shown_once_it_is_in_the_foreground(
    shell: Tmux, tmp_path: Path
) -> None:
    out = tmp_path / "take"
    shell.command(*race(out, *LONG), "&")
    wait_for(lambda: any(isinstance(event, e.Go) for event in journal(out)))

    shell.command("fg")
    panel = shell.until(lambda look: look.is_panel)
    shell.keys("C-c")
    left = shell.until_text("stopped before the end")

    assert (panel.alternate, panel.cursor) == (True, False)
    assert (left.alternate, left.cursor) == (False, True)


def test_a_closed_window_stops_the_race(tmp_path: Path) -> None:
    out = tmp_path / "take"
    with Tmux(tmp_path) as shell:
        shell.command(*race(out, *LONG))
        shell.until(lambda look: look.is_panel and "LIVE" in look.text)
    wait_for((out / "results.json").exists)

    assert load(out / "results.json").status is Status.ABORTED
