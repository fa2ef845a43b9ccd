"""The presenter view's program, in a terminal and without one."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from demo.talk.presenter_state import PresenterState
from demo.talk.presenter_view import NewsLines
from harness import events as e
from harness.event_lines import encode
from harness.files.journal import header_line
from harness.model import Side, Status
from tests.builders import (
    a_board,
    some_events,
)
from tests.show.terminal.scenes import (
    RUNNING,
)
from tests.talks import ENVIRONMENT, TALK, a_desk, at_desk, rehearse, run_at_desk
from tests.talks import cue as cue_at
from tests.terminals import (
    REFUSED,
    Look,
    PipedOutput,
    PipedProgram,
    Terminal,
    at_once,
    surroundings,
)


def test_what_could_not_be_read_is_shown_once_and_keeps_nothing_else_back(tmp_path: Path) -> None:
    (tmp_path / "rehearsals.jsonl").write_text("hello\n")
    state, news = (
        PresenterState.start(
            None, TALK, 10.0, root=tmp_path, clock=lambda: 1000.0, ticks=lambda: 0.0
        ),
        NewsLines(),
    )
    first, second = (
        [line[:25] for line in news.lines(state, a_board([]), now)] for now in (100.0, 200.0)
    )
    assert (first, second) == (
        ["no estimates from rehears", "waiting for a session in "],
        ["waiting for a session in "],
    )


# The real program.

HEADER = header_line("7c21", "2026-11-22T09:14:07+00:00")


ENTER, CTRL_C = b"\r", b"\x03"


LONG = (
    "--workload",
    REFUSED,
    "--set",
    "seconds=4",
    "--workers",
    "4",
    "--schedule",
    "in-turn",
    "--yes",
    "--ui",
    "none",
)


FROZEN = """
import dataclasses, time
from workloads.simulated import WORKLOAD as QUICK

def baseline(schedule, report):
    report(len(schedule) // 3)
    time.sleep(60)
    return schedule

WORKLOAD = dataclasses.replace(QUICK, baseline=baseline)
"""


@dataclass(frozen=True)
class Cued:
    """What a cue showed on its terminal, and how it ended."""

    looks: tuple[Look, ...]
    raw: bytes
    exit_code: int
    restored: bool
    desk: Path

    def has_shown(self, text: str) -> bool:
        """Return whether a text was on the screen at any time."""
        return any(text in " ".join(look.text.split()) for look in self.looks)


def left(terminal: Terminal, desk: Path, key: bytes = b"q") -> Cued:
    """Leave a cue by a key."""
    terminal.type(key)
    code = terminal.ended()
    last = terminal.look()
    restored = not last.alternate and last.cursor and terminal.modes_before == terminal.modes()
    return Cued(tuple(terminal.looks), terminal.raw, code, restored, desk)


def beside_a_race(folder: Path) -> Cued:
    """Follow a race that begins later in another terminal, and cuts the first beat short."""
    desk = a_desk(folder)
    with cue_at(desk) as terminal:
        terminal.until_text("waiting for a session in recordings")
        terminal.type(ENTER)
        terminal.until_text("Enter ends this beat")
        with PipedProgram(at_desk(desk, "race", *LONG), environment=ENVIRONMENT) as race:
            terminal.until_text("beat 2 of 3 · DEMO")
            terminal.until_text("by progress")
            terminal.until_text("the session is over: complete")
            race.output()
        terminal.type(ENTER)
        terminal.until_text("beat 3 of 3 · LIMITATION")
        return left(terminal, desk)


def beside_a_rehearsal(folder: Path) -> Cued:
    """Follow a rehearsal in another terminal through its beats; this cue is left by Ctrl-C."""
    desk = a_desk(folder)
    with cue_at(desk, columns=40, rows=12) as terminal, rehearse(desk, "--yes") as other:
        terminal.until_text("not begun")
        other.until_text("Enter begins the talk")
        other.type(ENTER)
        terminal.until_text("follows the rehearsal")
        other.look()
        other.type(ENTER)
        terminal.until_text("beat 2 of 3 · DEMO")
        other.until_text("Enter ends this beat · talk")
        other.type(ENTER)
        terminal.until_text("beat 3 of 3 · LIMITATION")
        other.look()
        other.type(ENTER)
        terminal.until_text("the rehearsal is over")
        other.ended()
        return left(terminal, desk, CTRL_C)


def beside_a_frozen_race(folder: Path) -> Cued:
    """Follow a race that stalls until the view warns of it, and that then is killed."""
    desk = a_desk(folder)
    (desk / "frozen.py").write_text(FROZEN)
    command = at_desk(desk, "race", "--workload", "frozen.py", *LONG[2:])
    with cue_at(desk, "--stall-after", "2") as terminal:
        terminal.until_text("not begun")
        with PipedProgram(command, environment=ENVIRONMENT):
            terminal.until_text("STALLED: no progress for 2 s; there is no recording to play")
        terminal.until_text("GONE: no process of the race is left")
        return left(terminal, desk)


@pytest.fixture(scope="module")
def cued(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cued]:
    """Return cues beside what they may follow."""
    acts = {"race": beside_a_race, "rehearsal": beside_a_rehearsal, "frozen": beside_a_frozen_race}
    return at_once(
        {name: partial(act, tmp_path_factory.mktemp(name)) for name, act in acts.items()}
    )


def test_q_leaves_with_zero_and_ctrl_c_as_interrupted(cued: dict[str, Cued]) -> None:
    assert {name: one.exit_code for name, one in cued.items()} == {
        "race": 0,
        "rehearsal": 130,
        "frozen": 0,
    }


def test_a_cue_restores_the_terminal(cued: dict[str, Cued]) -> None:
    assert {name: one.restored for name, one in cued.items()} == {
        "race": True,
        "rehearsal": True,
        "frozen": True,
    }


def test_a_cue_shows_both_sides_of_a_race_in_another_terminal(cued: dict[str, Cued]) -> None:
    race = cued["race"]
    assert all(
        race.has_shown(text)
        for text in (
            "baseline 00:04.0 done",
            "distributed 00:0",
            "left ≈ 0:0",
            "the session is over: complete",
        )
    )


def test_a_run_that_goes_moves_the_cue_on_to_the_demo(cued: dict[str, Cued]) -> None:
    assert cued["race"].has_shown("beat 1 of 3 · OPENING")
    assert cued["race"].has_shown("beat 2 of 3 · DEMO")


def test_a_cue_draws_no_more_than_twice_a_second(cued: dict[str, Cued]) -> None:
    race = cued["race"]
    frames, seconds = race.raw.count(b"\x1b[H"), race.looks[-1].at - race.looks[0].at
    assert 1 < frames <= 2 * seconds + 4  # a key that is pressed is heeded at once


def test_a_cue_follows_the_beats_of_a_rehearsal(cued: dict[str, Cued]) -> None:
    rehearsal = cued["rehearsal"]
    assert all(
        rehearsal.has_shown(text)
        for text in (
            "beat 1 of 3 · OPENING",
            "beat 2 of 3 · DEMO",
            "beat 3 of 3 · LIMITATION",
            "the talk is over",
        )
    )


def test_a_cue_follows_the_race_of_a_rehearsal(cued: dict[str, Cued]) -> None:
    assert cued["rehearsal"].has_shown("baseline 00:0")
    assert cued["rehearsal"].has_shown("the session is over: complete")


def test_a_cue_warns_of_a_race_that_stands_still_and_of_one_that_is_gone(
    cued: dict[str, Cued],
) -> None:
    assert cued["frozen"].has_shown("STALLED: no progress for")
    assert cued["frozen"].has_shown("GONE: no process of the race is left")


def test_a_cue_writes_nothing(cued: dict[str, Cued]) -> None:
    kept = {path.name for path in (cued["race"].desk / "recordings").iterdir()}
    assert {name for name in kept if name.startswith(".") or name == "rehearsals.jsonl"} == set()


# The real program without a terminal.


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> PipedOutput:
    """Return what is printed of a race that takes longer than the heartbeat's pause."""
    desk = a_desk(tmp_path_factory.mktemp("lines"))
    quiet = ("--set", "seconds=7", "--set", "chunks=1", "--schedule", "together")
    with PipedProgram(at_desk(desk, "cue"), environment=ENVIRONMENT) as cueing:
        cueing.until("waiting for a session")
        with PipedProgram(
            at_desk(desk, "race", *LONG, *quiet, "--workers", "2"), environment=ENVIRONMENT
        ) as race:
            race.output()
        return cueing.output()


def test_without_a_terminal_a_cue_ends_with_the_session(lines: PipedOutput) -> None:
    assert (lines.exit_code, lines.errors, lines.lines[-1][1]) == (
        0,
        "",
        "the session is over: complete",
    )


def test_without_a_terminal_a_cue_shows_what_it_waits_for_and_what_happens(
    lines: PipedOutput,
) -> None:
    assert lines.lines[0][1] == "waiting for a session in recordings"
    assert all(
        text in lines.text
        for text in (
            "baseline: launched",
            "baseline: go, trial 1 of 1",
            "finished in 7.0",
            "gap ",
        )
    )


def test_without_a_terminal_no_five_seconds_pass_without_a_line(lines: PipedOutput) -> None:
    times = [at for at, _ in lines.lines]
    assert max(later - earlier for earlier, later in pairwise(times)) < 5.0


def test_without_a_terminal_a_stall_is_shown_and_told_again(tmp_path: Path) -> None:
    journal = tmp_path / "take" / "events.jsonl"
    journal.parent.mkdir()
    told = [
        RUNNING[0],
        e.stamp(e.Launched(pid=os.getpid()), 0.1, Side.DISTRIBUTED, 0),
        *RUNNING[1:],
    ]
    journal.write_bytes(HEADER + b"".join(map(encode, told)))
    with PipedProgram(
        at_desk(tmp_path, "cue", "take", "--stall-after", "1"), environment=ENVIRONMENT
    ) as cueing:
        cueing.until("STALLED: no progress for", times=2)
        with journal.open("ab") as file:
            file.write(encode(e.Closed(status=Status.ABORTED)))
        lines = cueing.output()
    assert lines.exit_code == 0
    assert lines.text.count("STALLED: no progress for") >= 2


def test_a_take_that_is_over_is_named_and_left(tmp_path: Path) -> None:
    (tmp_path / "take").mkdir()
    (tmp_path / "take" / "events.jsonl").write_bytes(HEADER + b"".join(map(encode, some_events())))
    told = run_at_desk(tmp_path, "cue", "take")
    assert (told.exit_code, told.lines[-1][1]) == (0, "the session is over: complete")


@contextlib.contextmanager
def waiting(desk: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Give a cue without a terminal that has said what it waits for."""
    environment, pipe = surroundings(ENVIRONMENT), subprocess.PIPE
    with subprocess.Popen(
        at_desk(desk, "cue"), env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting for a session in recordings\n"
        yield process


def test_a_reader_that_hangs_up_ends_the_cue(tmp_path: Path) -> None:
    with waiting(tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.wait(20.0), b"Traceback" in process.stderr.read()) == (
            128 + signal.SIGPIPE,
            False,
        )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_cue_that_waits(number: signal.Signals, tmp_path: Path) -> None:
    with waiting(tmp_path) as process:
        process.send_signal(number)
        assert process.wait(20.0) == 128 + number


def test_a_cue_is_shown_without_rehearsals_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "rehearsals.jsonl").write_text("\x1b[2Jhello\n")
    (tmp_path / "take").mkdir()
    (tmp_path / "take" / "events.jsonl").write_bytes(HEADER + b"".join(map(encode, some_events())))
    told = run_at_desk(tmp_path, "cue", "take")
    said = [
        line
        for _, line in told.lines
        if line.startswith(
            "no estimates from rehearsals: line 1 of recordings/rehearsals.jsonl is not a rehearsal"
        )
    ]
    assert (told.exit_code, told.errors, len(said), told.lines[-1][1]) == (
        0,
        "",
        1,
        "the session is over: complete",
    )


def test_a_file_instead_of_a_take_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = run_at_desk(tmp_path, "cue", "file")
    assert (told.exit_code, told.errors.splitlines()[0]) == (
        2,
        "error: file is not a take's folder",
    )
