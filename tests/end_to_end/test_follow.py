"""The real program follows a race elsewhere: what it shows, what it keeps, how it ends."""

import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from harness.errors import ExitCode
from harness.event_lines import decode
from harness.events import Ready
from harness.files.results import load
from harness.model import Side, Status
from harness.report import Report
from tests.terminals import (
    PYTHON,
    REFUSED,
    PipedOutput,
    PipedProgram,
    Terminal,
    Tmux,
    at_once,
    race,
    run_piped,
    wait_for,
)

pytestmark = pytest.mark.terminal

CTRL_C = b"\x03"
CLOCK = re.compile(r"(\d\d):(\d\d\.\d)  ")
RACE = ("--set", "seconds=4", "--workers", "3", "--schedule", "in-turn")

# Prints a log at its own pace times a factor, as a log collector would: LOG FACTOR FROM TO CODE.
DRIP = """
import json, sys, time

log, factor, begin, end, code = sys.argv[1], *map(float, sys.argv[2:6])
lines = open(log).read().splitlines()[int(begin) : int(end)]
began, first = time.monotonic(), None
for line in lines:
    at = json.loads(line).get("at", 0.0)
    first = at if first is None else first
    while time.monotonic() - began < (at - first) / factor:
        time.sleep(0.01)
    print(f"\\x1b[36m(pid=7, ip=10.0.0.7)\\x1b[0m {line}\\r", flush=True)
    if "ready" in line[:20]:
        print("other words\\nand a half {\\"event\\":\\"progress\\",\\"done\\":", flush=True)
sys.exit(int(code))
"""


@dataclass(frozen=True)
class Log:
    """What a race printed elsewhere, and its take there."""

    path: Path
    take: Path
    drip: Path
    lines: int

    def command(self, factor: float = 1000, begin: int = 0, end: int = 10**9, code: int = 0) -> str:
        """Return the command line that prints the log, or a part of it."""
        numbers = f"{factor} {begin} {end} {code}"
        return f"{sys.executable} {self.drip} {self.path} {numbers}"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Return the log of a race without a terminal; it is refused, so that nobody draws it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    done = run_piped(race(folder / "take", *RACE, "--ui", "json", workload=REFUSED))
    assert done.exit_code == ExitCode.REFUSED, done.errors
    (folder / "drip.py").write_text(DRIP)
    (folder / "run.log").write_text(f"{done.text}\n")
    return Log(folder / "run.log", folder / "take", folder / "drip.py", len(done.lines))


def follow(out: Path, *command: str, options: tuple[str, ...] = ()) -> list[str]:
    """Return the command line that follows a command."""
    return [PYTHON, "-m", "demo", "follow", "--out", str(out), *options, "--", *command]


def script(out: Path, lines: str, *options: str) -> list[str]:
    """Return the command line that follows a shell script, which may count its starts."""
    counted = f"echo >> {out}.starts; n=$(wc -l < {out}.starts); {lines}"
    return follow(out, "sh", "-c", counted, options=options)


def without_heartbeats(text: str) -> list[str]:
    """Return the lines of a log that every race prints, however long nothing happened in it."""
    return [
        line for line in text.splitlines() if not line.startswith('{"schema":"twoclocks.heartbeat/')
    ]


def seconds_of(line: str) -> float:
    """Return the time at the beginning of a line, such as ``01:02.3``."""
    found = CLOCK.match(line)
    assert found is not None
    return 60 * int(found[1]) + float(found[2])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the takes that were followed."""
    return tmp_path_factory.mktemp("followed")


@pytest.fixture(scope="module")
def outputs(log: Log, folder: Path) -> dict[str, PipedOutput]:
    """Return what was printed where streams of each kind were followed without a terminal."""
    file, everything = log.path, log.command()
    cases: dict[str, Callable[[Path], list[str]]] = {
        "file": lambda out: follow(out, "cat", str(file)),
        "pace": lambda out: follow(out, *log.command(factor=1).split()),
        "json": lambda out: follow(out, "cat", str(file), options=("--ui", "json")),
        "broken": lambda out: script(
            out, f"[ $n = 1 ] && exec {log.command(end=100, code=7)}; exec {everything}"
        ),
        "goes on": lambda out: script(
            out, f"[ $n = 1 ] && exec {log.command(end=100)}; exec {log.command(begin=100)}"
        ),
        "twice": lambda out: follow(out, "sh", "-c", f"sed p {file}"),
        "lossy": lambda out: script(out, f"sed 50,52d {file}", "--retries", "1"),
        "lossy once": lambda out: script(out, f"[ $n = 1 ] && exec sed 50,52d {file}; cat {file}"),
        "no end": lambda out: follow(out, *log.command(end=100).split()),
        "no results": lambda out: follow(out, *log.command(end=log.lines - 1).split()),
        "no beginning": lambda out: follow(
            out, *log.command(begin=20).split(), options=("--retries", "0")
        ),
        "nothing": lambda out: script(out, "echo no such job >&2; exit 9", "--retries", "2"),
        "race": lambda out: follow(out, *race(Path(f"{out}.own"), *RACE, "--ui", "json")),
    }
    return at_once(
        {
            name: partial(run_piped, words(folder / name.replace(" ", "-")))
            for name, words in cases.items()
        }
    )


@pytest.mark.parametrize("name", ["file", "pace", "broken", "goes on", "twice", "lossy once"])
def test_the_take_that_is_kept_is_the_one_of_elsewhere(
    name: str, log: Log, folder: Path, outputs: dict[str, PipedOutput]
) -> None:
    kept = folder / name.replace(" ", "-")
    assert outputs[name].exit_code == ExitCode.REFUSED, outputs[name].errors
    for file in ("results.json", "events.jsonl"):
        assert (kept / file).read_bytes() == (log.take / file).read_bytes()


def test_a_race_can_be_the_command_itself(folder: Path, outputs: dict[str, PipedOutput]) -> None:
    assert outputs["race"].exit_code == 0, outputs["race"].errors
    assert (folder / "race" / "headline.png").exists()
    assert (folder / "race" / "results.json").read_bytes() == (
        folder / "race.own" / "results.json"
    ).read_bytes()


def test_the_headline_and_the_path_of_the_take_are_printed_at_the_end(
    folder: Path, outputs: dict[str, PipedOutput]
) -> None:
    assert "NO HEADLINE" in outputs["file"].text
    assert str(folder / "file" / "results.json") in outputs["file"].text


def test_a_log_file_is_a_replay_and_a_stream_at_its_own_pace_is_none(
    outputs: dict[str, PipedOutput],
) -> None:
    assert "this is a replay" in outputs["file"].text
    assert "this is a replay" not in outputs["pace"].text
    assert "this race runs elsewhere" in outputs["pace"].text


def test_a_line_about_a_replay_has_the_time_at_which_it_happened(
    log: Log, outputs: dict[str, PipedOutput]
) -> None:
    events = [decode(line) for line in (log.take / "events.jsonl").read_bytes().splitlines()[1:]]
    (ready,) = [e for e in events if isinstance(e, Ready) and e.side is Side.BASELINE]
    (line,) = [line for line in outputs["file"].text.splitlines() if "baseline: armed" in line]
    assert -0.1 < seconds_of(line) - ready.at < 1.2  # the line has whole tenths of a second


def test_the_times_of_a_replay_never_go_back(outputs: dict[str, PipedOutput]) -> None:
    times = [seconds_of(line) for line in outputs["file"].text.splitlines() if CLOCK.match(line)]
    assert times == sorted(times)
    assert times[0] < 1 < times[-1]


def test_a_stream_without_its_beginning_says_what_it_lacks(outputs: dict[str, PipedOutput]) -> None:
    assert outputs["no beginning"].exit_code == 3
    errors = outputs["no beginning"].errors
    assert "lines of a journal came, but not its beginning" in errors
    assert "hint: have the command print all that the race has printed" in errors


def test_json_passes_the_stream_on_but_for_signs_of_life(
    log: Log, outputs: dict[str, PipedOutput]
) -> None:
    assert without_heartbeats(outputs["json"].text) == without_heartbeats(log.path.read_text())


def test_a_link_that_breaks_is_said_and_taken_up_again(outputs: dict[str, PipedOutput]) -> None:
    assert "no link: the command ended with 7, again in" in outputs["broken"].text


def test_lines_that_never_came_are_said_and_the_results_stand_without_a_journal(
    folder: Path, outputs: dict[str, PipedOutput]
) -> None:
    assert "3 lines of the journal did not come" in outputs["lossy"].errors
    names = {path.name for path in (folder / "lossy").iterdir()}
    assert {"results.json", "events.incomplete.jsonl"} <= names
    assert "events.jsonl" not in names


@pytest.mark.parametrize("name", ["no end", "no results"])
def test_what_came_of_a_race_without_an_end_is_kept_as_interrupted(
    name: str, folder: Path, outputs: dict[str, PipedOutput]
) -> None:
    kept = folder / name.replace(" ", "-")
    assert outputs[name].exit_code == 3
    assert f"what was followed is in {kept}" in outputs[name].errors
    assert load(kept / "results.json").status is Status.ABORTED
    assert Report.load(kept).audit.differences == ()


def test_the_race_that_ended_without_results_is_not_said_to_go_on(
    outputs: dict[str, PipedOutput],
) -> None:
    assert (
        "the race ended as complete, but its results did not come" in outputs["no results"].errors
    )


def test_without_a_line_nothing_is_kept_and_the_command_is_heard(
    folder: Path, outputs: dict[str, PipedOutput]
) -> None:
    assert outputs["nothing"].exit_code == 3
    assert "the command ended with 9" in outputs["nothing"].errors
    assert "its last words: no such job" in outputs["nothing"].errors
    assert (folder / "nothing.starts").read_text() == "\n" * 3
    assert not (folder / "nothing").exists()


def test_a_failed_race_ends_here_as_it_did_there(tmp_path: Path) -> None:
    workload = tmp_path / "failing.py"
    workload.write_text(
        "import dataclasses\n"
        "from workloads.simulated import WORKLOAD as WELL\n"
        "def quality(answer, held_out): raise MemoryError('too much')\n"
        "WORKLOAD = dataclasses.replace(WELL, quality=quality)\n"
    )
    there = race(tmp_path / "there", *RACE, "--ui", "json", workload=str(workload))
    done = run_piped(follow(tmp_path / "here", *there))
    assert done.exit_code == 3
    assert "MemoryError: too much" in done.errors
    assert load(tmp_path / "here" / "results.json").status is Status.FAILED


# In a terminal.


def test_a_panel_says_that_the_race_runs_elsewhere_and_how_old_the_news_is(
    log: Log, tmp_path: Path
) -> None:
    drip = log.command(factor=1, end=log.lines - 30, code=7)
    words = script(tmp_path / "take", f"[ $n = 1 ] && exec {drip}; sleep 99", "--retries", "9")
    with Terminal([*words]) as terminal:
        look = terminal.until_text("runs elsewhere · last news")
        assert look.is_panel
        assert "REMOTE · SIMULATED" in look.text
        terminal.until_text("NO LINK · SIMULATED")
        terminal.until_text("NO NEWS · SIMULATED")
        terminal.type(CTRL_C)
        assert terminal.ended() == 128 + signal.SIGINT
        text = "".join(terminal.look().text.split())  # a row ends anywhere, even within a word
    assert "aracethatrunsapartfromitgoeson" in text
    assert load(tmp_path / "take" / "results.json").status is Status.ABORTED


def test_a_replay_is_never_called_live(log: Log, tmp_path: Path) -> None:
    with Terminal(follow(tmp_path / "take", *log.command(factor=4).split())) as terminal:
        assert terminal.ended() == ExitCode.REFUSED
        panels = [look.text for look in terminal.panels]
    assert any("REPLAY · SIMULATED" in panel and "a replay, not live" in panel for panel in panels)
    assert not any(" LIVE ─" in panel and "REPLAY · SIM" in panel for panel in panels)


def test_the_terminal_is_as_before_when_the_race_is_over(log: Log, tmp_path: Path) -> None:
    with Tmux(tmp_path) as tmux:
        tmux.command("cd", str(Path.cwd()))
        tmux.command(*follow(tmp_path / "take", *log.command(factor=4).split()))
        tmux.until(lambda look: look.is_panel)
        look = tmux.until(lambda look: not look.alternate and "NO HEADLINE" in look.text)
    assert look.cursor


def test_a_command_ends_with_who_follows_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    with PipedProgram(follow(tmp_path / "take", "sh", "-c", f"echo $$ > {mark}; sleep 99")) as one:
        wait_for(lambda: mark.exists() and mark.read_text().strip())
        one.process.send_signal(signal.SIGTERM)
        assert one.output().exit_code == 128 + signal.SIGTERM
    wait_for(lambda: not Path(f"/proc/{mark.read_text().strip()}").exists())


def test_a_stream_without_an_end_is_given_up_where_nobody_could_press_a_key(
    tmp_path: Path,
) -> None:
    began = time.monotonic()
    done = run_piped(follow(tmp_path / "take", "sleep", "99", options=("--give-up-after", "2")))
    assert (done.exit_code, "nothing new has come for" in done.errors) == (3, True)
    assert time.monotonic() - began < 60
