"""The real program in a terminal and without one: what it shows, how it ends, what it leaves."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from harness import events as e
from harness.errors import ExitCode
from harness.files.results import load
from harness.files.take_line import read_take_line, results_document
from harness.model import Side, Status
from tests.terminals import (
    REFUSED,
    WAIT_S,
    Look,
    PipedOutput,
    PipedProgram,
    Terminal,
    at_once,
    journal,
    race,
    recorded_pids,
    run_piped,
    slow,
    status,
    still_running,
    wait_for,
)

CTRL_C, CTRL_BACKSLASH, ENTER = b"\x03", b"\x1c", b"\r"
ENTERED = b"\x1b[?1049h"
STOPS_WITHIN_S = 5.0
FRAMES_A_SECOND = 5
LINGER_S = 0.6
SKIP = "Enter skips the rest of the replay"
SILENCE_S = 5.0
BRIEF = ("--set", "seconds=0.5", "--workers", "4")
COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
AN_ESCAPE = "\x1b"


Moment = Callable[[Terminal, Path], None]


@dataclass(frozen=True)
class TerminalRace:
    """A race in a terminal, from its first frame to its end."""

    looks: tuple[Look, ...]
    raw: bytes
    exit_code: int
    modes: tuple[Any, Any]
    out: Path

    @property
    def panels(self) -> list[Look]:
        """Return the looks at a whole panel."""
        return [look for look in self.looks if look.is_panel]

    @property
    def last(self) -> Look:
        """Return what is left on the screen."""
        return self.looks[-1]

    @property
    def restored(self) -> bool:
        """Return whether the normal screen, the cursor and the keyboard are as before."""
        return not self.last.alternate and self.last.cursor and self.modes[0] == self.modes[1]


def follow_race(terminal: Terminal, out: Path) -> TerminalRace:
    """Follow a race to its end."""
    code = terminal.ended()
    return TerminalRace(
        tuple(terminal.looks), terminal.raw, code, (terminal.modes_before, terminal.modes()), out
    )


# A whole race: Enter starts the clocks, is pressed once in vain, and ends the replay.


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> TerminalRace:
    """Return a race in turn, as a presenter runs it at 80×24."""
    out = tmp_path_factory.mktemp("show") / "take"
    with Terminal(
        race(out, "--set", "seconds=2.4", "--workers", "4", "--schedule", "in-turn")
    ) as terminal:
        terminal.until_text("press Enter to start")
        terminal.linger(LINGER_S)
        terminal.type(ENTER)
        terminal.until_text("LIVE")
        terminal.type(ENTER)
        terminal.until_text(SKIP)
        terminal.linger(LINGER_S)
        terminal.type(ENTER)
        return follow_race(terminal, out)


def test_the_panel_is_drawn_on_the_alternate_screen_with_the_cursor_hidden(
    show: TerminalRace,
) -> None:
    assert {(look.alternate, look.cursor) for look in show.looks if "BASELINE" in look.text} == {
        (True, False)
    }


def test_every_frame_has_one_height(show: TerminalRace) -> None:
    assert {look.edges for look in show.panels} == {(6, 19)}


def test_no_frame_scrolls_the_screen(show: TerminalRace) -> None:
    assert {look.lines[0].rstrip()[-10:-6] for look in show.panels} == {"run "}


def test_both_clocks_move(show: TerminalRace) -> None:
    moments = [len({look.clocks[side] for look in show.panels}) for side in (0, 1)]
    assert min(moments) >= 3


def test_there_are_at_most_five_frames_a_second(show: TerminalRace) -> None:
    frames, seconds = show.raw.count(b"\x1b[H"), show.panels[-1].at - show.panels[0].at
    assert 1 < frames <= seconds * FRAMES_A_SECOND + 2


def test_a_race_that_ended_well_exits_with_zero(show: TerminalRace) -> None:
    assert show.exit_code == 0


def test_the_final_text_stays_on_the_normal_screen(show: TerminalRace) -> None:
    assert (show.last.alternate, "NO HEADLINE" in show.last.text) == (False, True)


def test_a_race_that_ended_well_restores_the_terminal(show: TerminalRace) -> None:
    assert show.restored


def test_the_clocks_wait_for_enter(show: TerminalRace) -> None:
    asked = [look for look in show.panels if "press Enter to start" in look.text]
    assert {look.clocks for look in asked} == {asked[0].clocks}
    assert "nothing on the clock yet" in asked[-1].text


def test_enter_that_nobody_asked_for_skips_nothing(show: TerminalRace) -> None:
    replayed = [look.at for look in show.panels if SKIP in look.text]
    assert replayed[-1] - replayed[0] >= LINGER_S / 2


def test_enter_cuts_the_replay_short(show: TerminalRace) -> None:
    told_at = {
        type(event): event.at for event in journal(show.out) if event.side is Side.DISTRIBUTED
    }
    baseline = next(
        event.wall_s
        for event in journal(show.out)
        if isinstance(event, e.Finished) and event.side is Side.BASELINE
    )
    over = next(event.at for event in journal(show.out) if isinstance(event, e.Observed))
    assert over < told_at[e.Go] + baseline


def test_a_finished_show_is_kept_as_complete(show: TerminalRace) -> None:
    assert load(show.out / "results.json").status is Status.COMPLETE


def test_a_replay_that_nobody_skips_lasts_as_long_as_the_baseline_took(tmp_path: Path) -> None:
    out = tmp_path / "take"
    options = ("--set", "seconds=1", "--workers", "4", "--schedule", "in-turn", "--yes")
    with Terminal(race(out, *options, workload=REFUSED)) as terminal:
        terminal.ended()

    went = next(
        event.at
        for event in journal(out)
        if isinstance(event, e.Go) and event.side is Side.DISTRIBUTED
    )
    over = next(event.at for event in journal(out) if isinstance(event, e.Closed))
    assert over - went >= 1.0


# Stopping, at every stage and by every signal.


def press_ctrl_c(terminal: Terminal) -> None:
    """Stop as a presenter does."""
    terminal.type(CTRL_C)


def send(number: signal.Signals) -> Callable[[Terminal], None]:
    """Return how the system stops it."""
    return lambda terminal: os.kill(terminal.process.pid, number)


def arming(terminal: Terminal, _: Path) -> None:
    """Wait until a side is being armed."""
    terminal.until_text("arming baseline")


def armed(terminal: Terminal, _: Path) -> None:
    """Wait until both sides are armed and nobody has pressed Enter."""
    terminal.until_text("press Enter to start")


def running(terminal: Terminal, out: Path) -> None:
    """Press Enter and wait until the clocks run."""
    armed(terminal, out)
    terminal.type(ENTER)
    terminal.until_text("LIVE")


def replaying(terminal: Terminal, out: Path) -> None:
    """Press Enter and wait until the distributed side is through and the baseline is replayed."""
    running(terminal, out)
    terminal.until_text(SKIP)


def leaving(terminal: Terminal, out: Path) -> None:
    """Skip the replay too and wait until nothing is left to do but for the sides to end."""
    replaying(terminal, out)
    terminal.type(ENTER)
    terminal.until(lambda _: any(isinstance(event, e.Observed) for event in journal(out)))


STOPS = {
    "ctrl-c-arming": (arming, press_ctrl_c, 130),
    "ctrl-c-armed": (armed, press_ctrl_c, 130),
    "ctrl-c-running": (running, press_ctrl_c, 130),
    "ctrl-c-replaying": (replaying, press_ctrl_c, 130),
    "ctrl-c-leaving": (leaving, press_ctrl_c, 130),
    "ctrl-backslash-running": (running, lambda terminal: terminal.type(CTRL_BACKSLASH), 131),
    "sigterm-running": (running, send(signal.SIGTERM), 143),
    "sighup-running": (running, send(signal.SIGHUP), 129),
}
SLOW_MOMENTS: dict[Moment, dict[str, float]] = {
    arming: {"to_load": 2.0},
    leaving: {"to_leave": 1.0},
}


def stopped(folder: Path, moment: Moment, stop: Callable[[Terminal], None]) -> TerminalRace:
    """Return a race that was stopped at a moment; fail if that takes too long."""
    out, workload = folder / "take", slow(folder, **SLOW_MOMENTS.get(moment, {}))
    with Terminal(
        race(
            out,
            "--set",
            "seconds=1.5",
            "--workers",
            "4",
            "--schedule",
            "in-turn",
            workload=workload,
        )
    ) as terminal:
        moment(terminal, out)
        stop(terminal)
        terminal.ended(STOPS_WITHIN_S)
        return follow_race(terminal, out)


@pytest.fixture(scope="module")
def stops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TerminalRace]:
    """Return races that were stopped in every way."""
    acts = {
        name: partial(stopped, tmp_path_factory.mktemp(name), moment, stop)
        for name, (moment, stop, _) in STOPS.items()
    }
    return at_once(acts)


@pytest.mark.parametrize("name", STOPS)
def test_a_stopped_race_exits_with_the_signals_code(
    name: str, stops: dict[str, TerminalRace]
) -> None:
    assert stops[name].exit_code == STOPS[name][2]


@pytest.mark.parametrize("name", STOPS)
def test_a_stopped_race_restores_the_terminal(name: str, stops: dict[str, TerminalRace]) -> None:
    assert stops[name].restored


@pytest.mark.parametrize("name", STOPS)
def test_a_stopped_race_says_so_on_the_normal_screen(
    name: str, stops: dict[str, TerminalRace]
) -> None:
    assert "error: stopped before the end" in stops[name].last.text


@pytest.mark.parametrize("name", STOPS)
def test_a_stopped_race_is_kept_as_aborted_unless_every_trial_had_ended(
    name: str, stops: dict[str, TerminalRace]
) -> None:
    over = name in ("ctrl-c-replaying", "ctrl-c-leaving")
    assert load(stops[name].out / "results.json").status is (
        Status.COMPLETE if over else Status.ABORTED
    )


@pytest.mark.parametrize("name", STOPS)
def test_a_stopped_race_says_where_it_is_kept(name: str, stops: dict[str, TerminalRace]) -> None:
    assert stops[name].out.name in stops[name].last.text.replace("\n", "")


@pytest.mark.parametrize("name", STOPS)
def test_a_stopped_race_leaves_nothing_running(name: str, stops: dict[str, TerminalRace]) -> None:
    assert (len(recorded_pids(stops[name].out)) > 0, still_running(stops[name].out)) == (True, [])


def test_a_terminal_that_is_closed_stops_the_race(tmp_path: Path) -> None:
    out = tmp_path / "take"
    with Terminal(race(out, "--set", "seconds=5", "--workers", "2")) as terminal:
        armed(terminal, out)
        terminal.hang_up()
        code = terminal.process.wait(STOPS_WITHIN_S)

    assert (code, status(out), still_running(out)) == (129, "aborted", [])


def test_a_window_that_is_closed_while_pictures_are_drawn_loses_none_of_them(
    tmp_path: Path,
) -> None:
    out = tmp_path / "take"
    with Terminal(race(out, *BRIEF, "--yes")) as terminal:
        seen = terminal.until_text("NO HEADLINE")
        drawn_before = (out / "headline.png").exists()
        terminal.hang_up()
        code = terminal.process.wait(WAIT_S)

    assert (drawn_before, "results.json" in seen.text) == (False, False)
    assert code == 0
    assert {"headline.txt", "headline.png", "fig-core-seconds.svg"} <= {
        path.name for path in out.iterdir()
    }


def test_a_side_that_is_killed_ends_the_race_with_its_name_and_restores_the_terminal(
    tmp_path: Path,
) -> None:
    out = tmp_path / "take"
    with Terminal(race(out, "--set", "seconds=5", "--workers", "2", "--yes")) as terminal:
        terminal.until_text("LIVE")
        baseline = next(
            event.pid
            for event in journal(out)
            if isinstance(event, e.Launched) and event.side is Side.BASELINE
        )
        os.kill(baseline, signal.SIGKILL)
        seen = follow_race(terminal, out)

    assert (seen.exit_code, seen.restored, status(out)) == (3, True, "failed")
    assert "the baseline side failed: its process was killed by signal 9" in seen.last.text


def test_a_full_disk_ends_the_race_with_one_sentence_and_restores_the_terminal(
    tmp_path: Path,
) -> None:
    command = race(tmp_path / "take", "--set", "seconds=5", "--workers", "8", "--yes")
    with Terminal(["bash", "-c", 'ulimit -f 8; exec "$0" "$@"', *command]) as terminal:
        terminal.until_text("LIVE")
        seen = follow_race(terminal, tmp_path / "take")

    assert (seen.exit_code, seen.restored) == (3, True)
    assert "cannot write" in seen.last.text
    assert "Traceback" not in seen.last.text
    assert still_running(seen.out) == []


# Terminals of every kind.

SIZES = {"0x0": (0, 0), "1x1": (1, 1), "20x3": (20, 3), "300x100": (300, 100)}
KINDS: dict[str, dict[str, Any]] = {
    **{name: {"columns": columns, "rows": rows} for name, (columns, rows) in SIZES.items()},
    "wrong-environment": {"environment": {"COLUMNS": "40", "LINES": "10"}},
    "no-color": {"environment": {"NO_COLOR": "1"}},
    "dumb": {"environment": {"TERM": "dumb"}},
}


def drawn_on(out: Path, terminal: dict[str, Any]) -> TerminalRace:
    """Return a brief race in such a terminal, without pictures, which no terminal changes."""
    with Terminal(race(out, *BRIEF, "--yes", workload=REFUSED), **terminal) as opened:
        return follow_race(opened, out)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TerminalRace]:
    """Return a brief race in terminals of every kind."""
    return at_once(
        {
            name: partial(drawn_on, tmp_path_factory.mktemp(name) / "take", kind)
            for name, kind in KINDS.items()
        }
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_terminal_of_any_size_is_drawn_on_and_restored(
    size: str, kinds: dict[str, TerminalRace]
) -> None:
    assert (kinds[size].exit_code, kinds[size].restored, ENTERED in kinds[size].raw) == (
        ExitCode.REFUSED,
        True,
        True,
    )


def test_a_terminal_that_does_not_know_its_size_is_taken_for_80_by_24(
    kinds: dict[str, TerminalRace],
) -> None:
    assert {look.edges for look in kinds["0x0"].panels} == {(6, 19)}


def test_wrong_columns_and_lines_in_the_environment_do_not_matter(
    kinds: dict[str, TerminalRace],
) -> None:
    assert {
        (look.edges, len(look.lines[6].rstrip())) for look in kinds["wrong-environment"].panels
    } == {((6, 19), 80)}


def test_the_panel_is_coloured(show: TerminalRace) -> None:
    assert COLOUR.search(show.raw)


def test_no_color_is_honoured(kinds: dict[str, TerminalRace]) -> None:
    assert (len(kinds["no-color"].panels) > 0, COLOUR.search(kinds["no-color"].raw)) == (True, None)


def test_a_terminal_that_cannot_draw_gets_plain_lines(kinds: dict[str, TerminalRace]) -> None:
    dumb = kinds["dumb"]
    assert (dumb.exit_code, b"\x1b" in dumb.raw, b"baseline: finished" in dumb.raw) == (
        ExitCode.REFUSED,
        False,
        True,
    )


# Without a terminal.


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PipedProgram]:
    """Have a long race without news run beside the other tests: it only sleeps."""
    out = tmp_path_factory.mktemp("silent") / "take"
    options = ("--set", "seconds=12", "--set", "chunks=1", "--workers", "1")
    with PipedProgram(race(out, *options, workload=REFUSED)) as telling:
        wait_for(lambda: any(isinstance(event, e.Go) for event in journal(out)))
        yield telling


PIPED = {"auto": (), "json": ("--ui", "json"), "none": ("--ui", "none")}
DRAWN = ("ascii", "closed")
ASCII = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
CLOSED_INPUT = ["sh", "-c", 'exec "$@" <&-', "sh"]


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the takes of brief races without a terminal."""
    return tmp_path_factory.mktemp("piped")


@pytest.fixture(scope="module")
def piped(takes: Path, silent: PipedProgram) -> dict[str, PipedOutput]:
    """Return brief races without a terminal, beside the silent one.

    Pictures are drawn where the surroundings could keep them from being drawn.
    """
    acts = {
        name: partial(run_piped, race(takes / name, *BRIEF, *options, workload=REFUSED))
        for name, options in PIPED.items()
    }
    ascii, closed = (race(takes / name, *BRIEF) for name in DRAWN)
    return at_once(
        acts
        | {
            "ascii": partial(run_piped, ascii, environment=ASCII),
            "closed": partial(run_piped, [*CLOSED_INPUT, *closed]),
        }
    )


@pytest.mark.parametrize("name", [*PIPED, *DRAWN])
def test_without_a_terminal_nobody_is_waited_for(
    name: str, takes: Path, piped: dict[str, PipedOutput]
) -> None:
    code = ExitCode.DONE if name in DRAWN else ExitCode.REFUSED
    assert (piped[name].exit_code, "Traceback" in piped[name].errors) == (code, False)
    assert (takes / name / "headline.png").exists() == (name in DRAWN)


def test_without_a_terminal_there_are_plain_lines(piped: dict[str, PipedOutput]) -> None:
    text = piped["auto"].text
    assert ("baseline: finished in" in text, "NO HEADLINE" in text, AN_ESCAPE in text) == (
        True,
        True,
        False,
    )


def test_json_prints_the_journal_line_by_line(takes: Path, piped: dict[str, PipedOutput]) -> None:
    assert (
        piped["json"].text.splitlines()[:-1]
        == (takes / "json" / "events.jsonl").read_text().splitlines()
    )


def test_json_prints_the_results_file_at_last(takes: Path, piped: dict[str, PipedOutput]) -> None:
    take = read_take_line(piped["json"].lines[-1][1].encode())
    assert results_document(take) == (takes / "json" / "results.json").read_bytes()
    assert take.lines == len(piped["json"].lines) - 1


def test_none_prints_the_headline_alone(piped: dict[str, PipedOutput]) -> None:
    assert " NO HEADLINE" in piped["none"].text.splitlines()


def test_letters_that_an_encoding_lacks_are_replaced(piped: dict[str, PipedOutput]) -> None:
    assert (piped["ascii"].text.isascii(), "NO HEADLINE" in piped["ascii"].text) == (True, True)


def test_a_reader_that_leaves_stops_the_race(tmp_path: Path) -> None:
    out = tmp_path / "take"

    said = run_piped(
        [
            "bash",
            "-c",
            '"$@" | head -1; echo ${PIPESTATUS[0]}',
            "bash",
            *race(out, "--set", "seconds=20"),
        ]
    )

    assert (said.text.splitlines()[-1], "Traceback" in said.errors, "Exception" in said.errors) == (
        "141",
        False,
        False,
    )
    assert (status(out), still_running(out)) == ("aborted", [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_race_without_a_terminal_is_stopped_by_a_signal(
    number: signal.Signals, tmp_path: Path
) -> None:
    out = tmp_path / "take"
    with PipedProgram(race(out, "--set", "seconds=20")) as telling:
        wait_for(lambda: any(isinstance(event, e.Go) for event in journal(out)))
        telling.process.send_signal(number)
        said = telling.output(STOPS_WITHIN_S)

    assert (said.exit_code, status(out), still_running(out)) == (128 + number, "aborted", [])
    assert said.errors.startswith("error: stopped before the end")


def test_a_signal_that_we_were_started_to_ignore_stays_ignored(tmp_path: Path) -> None:
    out = tmp_path / "take"
    command = race(out, "--set", "seconds=1.5", workload=REFUSED)
    with PipedProgram(["nohup", *command]) as telling:
        wait_for(lambda: any(isinstance(event, e.Go) for event in journal(out)))
        telling.process.send_signal(signal.SIGHUP)
        said = telling.output()

    assert (said.exit_code, status(out)) == (ExitCode.REFUSED, "complete")


def test_no_silence_lasts_longer_than_five_seconds(silent: PipedProgram) -> None:
    times = [at for at, _ in silent.output().lines]
    assert times[-1] > 2 * SILENCE_S
    assert max(after - before for before, after in pairwise(times)) <= SILENCE_S
