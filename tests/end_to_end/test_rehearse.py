"""The real rehearsal in a terminal and without one: what it shows, how it ends, what it keeps."""

import os
import re
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ExitCode
from harness.model import Status
from harness.talk.broadcast import BROADCAST_NAME, BroadcastReader
from harness.talk.history import Rehearsal, read_rehearsals
from tests.talks import QUICK, a_desk, rehearse, run_at_desk
from tests.terminals import PYTHON, ROOT, Look, PipedOutput, Terminal, Tmux, at_once, still_running

ENTER, CTRL_C = b"\r", b"\x03"
OVER_BY = "OVER by 0:01"
STAYS = "Enter ends this beat · talk"


@dataclass(frozen=True)
class Rehearsed:
    """A rehearsal in a terminal that has ended."""

    looks: tuple[Look, ...]
    exit_code: int
    modes: tuple[Any, Any]
    desk: Path

    @property
    def last(self) -> Look:
        """Return what is left on the screen."""
        return self.looks[-1]

    @property
    def restored(self) -> bool:
        """Return whether the terminal is as it was found."""
        return not self.last.alternate and self.last.cursor and self.modes[0] == self.modes[1]

    @property
    def rehearsals(self) -> tuple[Rehearsal, ...]:
        """Return the rehearsals in its history."""
        return read_rehearsals(self.desk / "recordings" / "rehearsals.jsonl")

    @property
    def takes(self) -> list[Path]:
        """Return the takes that it left."""
        return sorted(
            path.parent
            for path in (self.desk / "recordings").glob("*/results.json")
            if not path.parent.is_symlink()
        )

    def looks_with(self, text: str) -> list[Look]:
        """Return the looks that hold a text."""
        return [look for look in self.looks if text in look.text]


def ended(terminal: Terminal, desk: Path) -> Rehearsed:
    """Follow a rehearsal to its end."""
    code = terminal.ended()
    return Rehearsed(tuple(terminal.looks), code, (terminal.modes_before, terminal.modes()), desk)


def begin(terminal: Terminal) -> None:
    """Press Enter where the talk waits to begin."""
    terminal.until_text("Enter begins the talk")
    terminal.type(ENTER)
    terminal.until_text("Enter ends this beat")


def overrun(terminal: Terminal) -> None:
    """Stay on the first beat for longer than it may take."""
    begin(terminal)
    terminal.until_text(OVER_BY)


def armed(terminal: Terminal) -> None:
    """Go on to the demo and wait until the race is armed."""
    begin(terminal)
    terminal.type(ENTER)
    terminal.until_text("press Enter to start")


def running(terminal: Terminal) -> None:
    """Start the clocks."""
    armed(terminal)
    terminal.type(ENTER)
    terminal.until_text("LIVE")


def staying(terminal: Terminal) -> None:
    """Wait until the headline is on the normal screen and the demo beat still goes on."""
    running(terminal)
    terminal.until_text("Enter skips the rest")
    terminal.type(ENTER)
    terminal.until_text(STAYS)


def last_beat(terminal: Terminal) -> None:
    """End the demo."""
    staying(terminal)
    terminal.type(ENTER)
    terminal.until_text("beat 3 of 3 · LIMITATION")


def whole(folder: Path) -> Rehearsed:
    """Rehearse the brief talk to its end at 80×24, its first beat for too long."""
    desk = a_desk(folder)
    with rehearse(desk, "--workload", "simulated") as terminal:
        overrun(terminal)
        terminal.type(ENTER)
        terminal.until_text("press Enter to start")
        terminal.type(ENTER)
        terminal.until_text("Enter skips the rest")
        terminal.type(ENTER)
        terminal.until_text(STAYS)
        terminal.type(ENTER)
        terminal.until_text("beat 3 of 3 · LIMITATION")
        terminal.type(ENTER)
        return ended(terminal, desk)


def small(folder: Path) -> Rehearsed:
    """Rehearse it at 40×12 with --yes, after a rehearsal without a terminal."""
    desk = a_desk(folder)
    run_at_desk(desk, "rehearse", "--talk", "talk.toml", *QUICK)
    with rehearse(desk, "--yes", columns=40, rows=12) as terminal:
        begin(terminal)
        terminal.type(ENTER)
        terminal.until_text(STAYS)
        terminal.type(ENTER)
        terminal.until_text("beat 3 of 3")
        terminal.type(ENTER)
        return ended(terminal, desk)


@pytest.fixture(scope="module")
def rehearsals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsed]:
    """Return rehearsals that went to their end."""
    return at_once(
        {
            "whole": partial(whole, tmp_path_factory.mktemp("whole")),
            "small": partial(small, tmp_path_factory.mktemp("small")),
        }
    )


@pytest.fixture
def rehearsed(rehearsals: dict[str, Rehearsed]) -> Rehearsed:
    """Return the rehearsal at 80×24."""
    return rehearsals["whole"]


def test_a_rehearsal_ends_as_its_race_does(rehearsals: dict[str, Rehearsed]) -> None:
    codes = {name: one.exit_code for name, one in rehearsals.items()}
    assert codes == {"whole": ExitCode.DONE, "small": ExitCode.REFUSED}


def test_a_rehearsal_restores_the_terminal(rehearsals: dict[str, Rehearsed]) -> None:
    assert {name: one.restored for name, one in rehearsals.items()} == {
        "whole": True,
        "small": True,
    }


def test_beats_are_shown_on_the_alternate_screen_with_the_cursor_hidden(
    rehearsed: Rehearsed,
) -> None:
    assert {(look.alternate, look.cursor) for look in rehearsed.looks_with(" REHEARSAL ")} == {
        (True, False)
    }


def test_a_beat_shows_its_sentence_with_the_words_of_the_workload(rehearsed: Rehearsed) -> None:
    told = " ".join(rehearsed.looks_with("beat 1 of 3 · OPENING")[0].text.split())
    assert (
        "What binds us: nothing is measured here: both sides sleep through a written schedule."
        in told
    )
    assert "next: demo, 0:09" in told


def test_the_clock_stands_until_enter_begins_the_talk(rehearsed: Rehearsed) -> None:
    assert all(
        "0:15 left of 0:15" in look.text for look in rehearsed.looks_with("Enter begins the talk")
    )


def test_an_overrun_is_seen_while_it_happens(rehearsed: Rehearsed) -> None:
    assert rehearsed.looks_with(OVER_BY)


def test_the_race_shows_the_talks_clock_in_its_last_line(rehearsed: Rehearsed) -> None:
    last_lines = [look.lines[-2] for look in rehearsed.looks if look.is_panel]
    assert last_lines
    assert all("talk 0:" in line and "demo 0:0" in line for line in last_lines)


def test_after_the_headline_the_demo_goes_on_below_it_until_enter(rehearsed: Rehearsed) -> None:
    stayed = rehearsed.looks_with(STAYS)
    assert all(not look.alternate and "NO HEADLINE" in look.text for look in stayed)


def test_what_every_beat_took_stands_against_its_budget(rehearsed: Rehearsed) -> None:
    rows = [line.split() for line in rehearsed.last.text.splitlines()]
    assert any(row[:2] == ["opening", "0:01"] and row[-1] == "OVER" for row in rows)
    assert any(row[:3] == ["limitation", "0:02", "0:00"] and row[-1] == "under" for row in rows)
    assert any(row[:3] == ["all", "beats", "0:12"] for row in rows)


def test_one_rehearsal_has_no_spread(rehearsed: Rehearsed) -> None:
    assert "one rehearsal is one observation: it has no spread" in rehearsed.last.text


def test_the_minute_to_decide_is_told(rehearsed: Rehearsed) -> None:
    (one,) = rehearsed.rehearsals
    fits = one.length - one.beats[1].taken >= one.beats[2].budget
    words = r"· decide by 0:\d\d" if fits else "· the live run never fits"
    assert re.search(words, rehearsed.last.text)
    assert re.search(r"the one demo rehearsed took \d:\d\d", rehearsed.last.text)


def test_what_was_rehearsed_is_kept_with_both_sides_wall_times(rehearsed: Rehearsed) -> None:
    (one,) = rehearsed.rehearsals
    assert (one.status, one.alone, [beat.name for beat in one.beats]) == (
        Status.COMPLETE,
        False,
        ["opening", "demo", "limitation"],
    )
    assert (len(one.baseline_s), len(one.distributed_s)) == (1, 1)
    assert one.beats[0].taken >= 2.0
    assert one.run_id in rehearsed.takes[0].name


def test_a_second_rehearsal_joins_the_first(rehearsals: dict[str, Rehearsed]) -> None:
    once = rehearsals["small"]
    assert [(one.alone, one.status) for one in once.rehearsals] == [
        (True, Status.COMPLETE),
        (False, Status.COMPLETE),
    ]


def test_a_small_terminal_is_told_in_words(rehearsals: dict[str, Rehearsed]) -> None:
    assert rehearsals["small"].looks_with("next: demo, 0:09")
    assert rehearsals["small"].looks_with("Enter ends this beat · talk")


def test_the_cue_can_hear_that_the_talk_is_over(rehearsed: Rehearsed) -> None:
    heard = BroadcastReader(rehearsed.desk / "recordings").latest()
    assert heard is not None
    assert (heard.progress.over, heard.over_at is not None) == (True, True)


# Stopping.

STOPS: dict[str, tuple[Callable[[Terminal], None], signal.Signals | None, int]] = {
    "ctrl-c-in-the-first-beat": (overrun, None, 130),
    "ctrl-c-armed": (armed, None, 130),
    "ctrl-c-running": (running, None, 130),
    "ctrl-c-below-the-headline": (staying, None, 130),
    "ctrl-c-in-the-last-beat": (last_beat, None, 130),
    "sigterm-in-the-first-beat": (overrun, signal.SIGTERM, 143),
    "sighup-in-the-last-beat": (last_beat, signal.SIGHUP, 129),
}


def stopped(
    folder: Path, until: Callable[[Terminal], None], number: signal.Signals | None
) -> Rehearsed:
    """Return a rehearsal that was stopped at a moment, by Ctrl-C (None) or a signal."""
    desk = a_desk(folder)
    with rehearse(desk) as terminal:
        until(terminal)
        if number is None:
            terminal.type(CTRL_C)
        else:
            os.kill(terminal.process.pid, number)
        return ended(terminal, desk)


@pytest.fixture(scope="module")
def stops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsed]:
    """Return rehearsals that were stopped at every stage."""
    acts = {
        name: partial(stopped, tmp_path_factory.mktemp(name), until, number)
        for name, (until, number, _) in STOPS.items()
    }
    return at_once(acts)


@pytest.mark.parametrize("name", STOPS)
def test_a_stopped_rehearsal_exits_with_the_signals_code_and_restores_the_terminal(
    name: str, stops: dict[str, Rehearsed]
) -> None:
    assert (stops[name].exit_code, stops[name].restored) == (STOPS[name][2], True)


@pytest.mark.parametrize("name", STOPS)
def test_a_stopped_rehearsal_is_kept_as_incomplete_and_says_so(
    name: str, stops: dict[str, Rehearsed]
) -> None:
    (one,) = stops[name].rehearsals
    assert (one.status, len(one.beats) < 3) == (Status.ABORTED, True)
    assert "the rehearsal is kept as incomplete" in " ".join(stops[name].last.text.split())


@pytest.mark.parametrize("name", STOPS)
def test_a_stopped_rehearsal_leaves_no_process_behind(
    name: str, stops: dict[str, Rehearsed]
) -> None:
    assert [pid for take in stops[name].takes for pid in still_running(take)] == []


@pytest.mark.parametrize("name", STOPS)
def test_the_cue_hears_that_a_stopped_talk_is_over(name: str, stops: dict[str, Rehearsed]) -> None:
    heard = BroadcastReader(stops[name].desk / "recordings").latest()
    assert heard is not None
    assert heard.over_at is not None


def test_a_talk_that_was_not_begun_leaves_nothing(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    with rehearse(desk) as terminal:
        terminal.until_text("Enter begins the talk")
        terminal.type(CTRL_C)
        done = ended(terminal, desk)
    assert (done.exit_code, done.rehearsals, (desk / "recordings").exists()) == (130, (), False)


# Given up for the recording.


@pytest.fixture
def given_up(take: Path) -> Rehearsed:
    """Return a rehearsal whose run was given up for its recording, and whose talk went on."""
    desk = a_desk(take.parent.parent)
    with rehearse(desk, "--set", "seconds=60", "--yes", columns=100, rows=30) as terminal:
        begin(terminal)
        terminal.type(ENTER)
        terminal.until_text("LIVE")
        terminal.type(b"f")
        terminal.until_text("RECORDED")
        terminal.until_text(STAYS)
        terminal.type(ENTER)
        terminal.until_text("beat 3 of 3 · LIMITATION")
        terminal.type(ENTER)
        return ended(terminal, desk)


def test_a_talk_goes_on_after_its_recording_and_counts_in_no_spread(given_up: Rehearsed) -> None:
    (one,) = given_up.rehearsals
    assert (given_up.exit_code, given_up.restored) == (0, True)
    assert (one.status, len(one.beats), one.baseline_s) == (Status.ABORTED, 3, ())
    assert "this rehearsal does not count in the estimates" in given_up.last.text
    assert (
        "the recording can begin until" in given_up.last.text
        or "the recording never fits" in given_up.last.text
    )


# Under a shell.


def at_shell(shell: Tmux, desk: Path) -> None:
    """Begin to rehearse at a shell."""
    shell.command(f"cd {desk}; export PYTHONPATH={ROOT}; PS1='$ '; clear")
    shell.command(PYTHON, "-m", "demo", "rehearse", "--talk", "talk.toml", *QUICK, "--yes")
    shell.until_text("Enter begins the talk")
    shell.keys("Enter")
    shell.until_text("Enter ends this beat")


def test_ctrl_z_gives_the_shell_back_and_the_talk_goes_on_meanwhile(tmp_path: Path) -> None:
    desk = a_desk(tmp_path / "desk")
    with Tmux(tmp_path) as shell:
        at_shell(shell, desk)
        shell.keys("C-z")
        suspended = shell.until_text("Stopped")
        shell.command("fg")
        back = shell.until_text("OVER by")
        shell.resize(40, 12)
        small = shell.until(lambda look: len(look.lines) == 12 and "next: demo" in look.text)
        shell.resize(80, 24)
        shell.keys("Enter")
        below = shell.until_text(STAYS)
        shell.keys("C-z")
        shell.until_text("Stopped")
        shell.command("clear; fg")
        shell.until_text(STAYS)
        shell.keys("Enter")
        shell.until_text("beat 3 of 3")
        shell.keys("Enter")
        left = shell.until_text("all complete rehearsals")

    assert [(look.alternate, look.cursor) for look in (suspended, back, small, below, left)] == [
        (False, True),
        (True, False),
        (True, False),
        (False, True),
        (False, True),
    ]
    (one,) = read_rehearsals(desk / "recordings" / "rehearsals.jsonl")
    assert (one.status, len(one.beats)) == (Status.COMPLETE, 3)


# Without a terminal.


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[PipedOutput, Path]]:
    """Return rehearsals without a terminal, by --ui; the silent one is the second of two."""

    def once(ui: str, desk: Path) -> tuple[PipedOutput, Path]:
        return run_at_desk(
            a_desk(desk), "rehearse", "--talk", "talk.toml", "--ui", ui, *QUICK
        ), desk

    acts = {ui: partial(once, ui, tmp_path_factory.mktemp(ui)) for ui in ("plain", "json", "none")}
    return at_once(acts) | {"none": acts["none"]()}


@pytest.mark.parametrize("ui", ["plain", "json", "none"])
def test_without_a_terminal_only_the_demo_is_rehearsed_and_nobody_is_waited_for(
    ui: str, alone: dict[str, tuple[PipedOutput, Path]]
) -> None:
    told, desk = alone[ui]
    rehearsals = read_rehearsals(desk / "recordings" / "rehearsals.jsonl")
    assert told.exit_code == ExitCode.REFUSED
    assert [(one.alone, one.status, [beat.name for beat in one.beats]) for one in rehearsals] == [
        (True, Status.COMPLETE, ["demo"])
    ] * (2 if ui == "none" else 1)
    assert not (desk / "recordings" / BROADCAST_NAME).exists()


@pytest.mark.parametrize("ui", ["plain", "json", "none"])
def test_without_a_terminal_it_is_said_that_only_the_demo_was_rehearsed(
    ui: str, alone: dict[str, tuple[PipedOutput, Path]]
) -> None:
    told = alone[ui][0]
    text = " ".join((told.errors if ui == "json" else told.text).split())
    assert "nobody could press Enter here, so only the demo beat was rehearsed" in text
    assert "but nobody presented it" in text


def test_of_two_rehearsals_the_spread_is_told(alone: dict[str, tuple[PipedOutput, Path]]) -> None:
    (row,) = [
        line.split()
        for line in alone["none"][0].text.splitlines()
        if line.strip().startswith("baseline, wall time")
    ]
    assert row[-1] == "2"
    assert "—" not in row


def test_events_are_all_that_json_prints(alone: dict[str, tuple[PipedOutput, Path]]) -> None:
    assert all(line.startswith("{") for _, line in alone["json"][0].lines)


def test_other_work_is_not_mixed_in(
    alone: dict[str, tuple[PipedOutput, Path]], tmp_path: Path
) -> None:
    desk, known = a_desk(tmp_path), alone["none"][1] / "recordings" / "rehearsals.jsonl"
    (desk / "recordings").mkdir()
    shutil.copy(known, desk / "recordings")
    told = run_at_desk(
        desk, "rehearse", "--talk", "talk.toml", "--ui", "none", *QUICK, "--workers", "3"
    )
    assert "one rehearsal is one observation" in told.text


# What is refused before the talk.


def test_a_bad_talk_is_refused_before_anything_begins(tmp_path: Path) -> None:
    (a_desk(tmp_path) / "talk.toml").write_text("length = 3")
    told = run_at_desk(tmp_path, "rehearse", "--talk", "talk.toml", *QUICK)
    assert (
        told.exit_code,
        "length is '3', not a time" in told.errors,
        (tmp_path / "recordings").exists(),
    ) == (2, True, False)


def test_a_take_that_is_there_already_is_refused_before_the_talk(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    (desk / "take").mkdir()
    (desk / "take" / "results.json").write_text("{}")
    with rehearse(desk, "--out", "take") as terminal:
        done = ended(terminal, desk)
    assert (
        done.exit_code,
        done.looks_with("holds a take already") != [],
        done.looks_with("Enter begins"),
    ) == (
        2,
        True,
        [],
    )


def test_rehearsals_that_cannot_be_read_are_refused_before_the_talk(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    (desk / "recordings").mkdir()
    (desk / "recordings" / "rehearsals.jsonl").write_text("hello\n")
    told = run_at_desk(desk, "rehearse", "--talk", "talk.toml", *QUICK)
    assert (
        told.exit_code,
        "line 1 of recordings/rehearsals.jsonl is not a rehearsal" in told.errors,
    ) == (2, True)


def test_a_race_that_fails_is_kept_as_a_failed_rehearsal(tmp_path: Path) -> None:
    desk = a_desk(tmp_path)
    (desk / "bad.py").write_text(
        "import dataclasses\nfrom workloads.simulated import WORKLOAD as GOOD\n\n"
        "def baseline(schedule, report):\n    raise ValueError('no')\n\n"
        "WORKLOAD = dataclasses.replace(GOOD, baseline=baseline)\n"
    )
    told = run_at_desk(
        desk,
        "rehearse",
        "--talk",
        "talk.toml",
        "--workload",
        "bad.py",
        "--workers",
        "2",
        "--ui",
        "none",
    )
    (one,) = read_rehearsals(desk / "recordings" / "rehearsals.jsonl")
    assert (told.exit_code, one.status, one.baseline_s) == (3, Status.FAILED, ())
    assert "the rehearsal is kept as incomplete" in told.errors
