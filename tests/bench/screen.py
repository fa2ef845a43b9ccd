"""What a presenter must not wait for: the slide, the help, a frame of the panel, and an event.

``python -m tests.bench.screen WORKERS FRAMES ANSWER`` draws frames on its terminal and writes the
CPU seconds of each into the file ANSWER. May import everything.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from demo.race.screens import LivePanel
from demo.terminal import Keys
from harness import text
from harness.event_lines import decode, encode
from harness.events import Event, Sample, stamp
from harness.files.results import save
from harness.model import Schedule, Side
from harness.show.terminal.panel import Caption
from harness.state.board import Board
from harness.state.fold import fold
from tests.bench.races import COLUMNS, ROWS, in_terminal
from tests.bench.table import Finding, Row, at_least, at_most, judged, row
from tests.builders import a_spec, a_sweep, arming_events, trial_events
from tests.terminals import PYTHON, ROOT, surroundings

FLEET = 10_000
CROWD = 1_000
TEAM = 64
PAIR = 2
LARGE = (200, 60)
MOST_CPU_S = 5e-3
WENT_AT = 10.0
WALL_S = 60.0
HALF_WAY_S = WENT_AT + WALL_S / 2
BEATS = 50
FRAME_S = 0.25
FRAMES_A_SAMPLE = 2
FIRST_FRAMES = 10
WITHIN_S = 120.0
FASTEST = 50_000.0
ROUNDS = 10


def slide(times: int) -> Finding:
    """Time the commands that need no race, on a sweep of thirty trials; none may import Ray."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        save(a_sweep({1: [40.0] * ROUNDS, 2: [22.0] * ROUNDS}, [39.0] * ROUNDS), results)
        commands = {"slide": ["slide", folder], "audit": ["audit", folder], "--help": ["--help"]}
        until_headline = [_seconds_until_line(commands["slide"]) for _ in range(times)]
        seconds = {name: _whole_seconds(words, times) for name, words in commands.items()}
        free = all("ray" not in _imported(words) for words in commands.values())
    return Finding(
        (
            row(
                "twoclocks slide, until the headline is told",
                until_headline,
                at_most(2.0),
                text.seconds,
            ),
            row(
                "twoclocks slide, headline and five figures drawn",
                seconds["slide"],
                at_most(4.0),
                text.seconds,
            ),
            row(
                f"twoclocks audit, {3 * ROUNDS} trials",
                seconds["audit"],
                at_most(1.0),
                text.seconds,
            ),
            row("twoclocks --help, the whole command", seconds["--help"], as_text=text.seconds),
            judged("Ray imported by any of them", "no" if free else "yes", free, "no"),
        )
    )


def frames(number: int, times: int) -> Finding:
    """Measure the CPU time of a frame with many workers and with few, in a real terminal."""
    usual = (COLUMNS, ROWS)
    scenes = ((FLEET, usual), (CROWD, usual), (PAIR, usual), (TEAM, LARGE))
    return Finding(
        tuple(
            row(
                f"CPU time of a frame at {columns}×{rows}, {text.count(workers)} workers",
                [_frame_cpu_s(workers, number, columns, rows) for _ in range(times)],
                at_most(MOST_CPU_S) if workers == TEAM else None,
                text.seconds,
            )
            for workers, (columns, rows) in scenes
        )
    )


def events(beats: int, times: int) -> Finding:
    """Measure how many events of many workers a second of CPU time decodes and folds."""
    session = _session(CROWD, beats)
    lines = [encode(event) for event in session]
    whole = [len(lines) / _cpu_s(map(decode, lines)) for _ in range(times)]
    folded = [len(session) / _cpu_s(session) for _ in range(times)]
    crowd = f"{text.count(CROWD)} workers"
    return Finding(
        (
            _rate(f"events decoded and applied a second, {crowd}", whole),
            _rate(f"events applied a second, {crowd}", folded),
        )
    )


def imported(report: str) -> set[str]:
    """Return the top-level packages in what ``python -X importtime`` reports."""
    return {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in report.splitlines()
        if line.startswith("import time:")
    }


def _rate(what: str, rates: list[float]) -> Row:
    return row(what, rates, at_least(FASTEST), lambda rate: text.count(round(rate)))


def _whole_seconds(arguments: list[str], times: int) -> list[float]:
    """Return the seconds of several calls; a first one, which may have to compile, is left out."""
    seconds = []
    for _ in range(times + 1):
        began = time.perf_counter()
        _call([], arguments)
        seconds.append(time.perf_counter() - began)
    return seconds[1:]


def _seconds_until_line(arguments: list[str]) -> float:
    """Return the seconds until a command prints its first line; then wait for its end."""
    command = [PYTHON, "-m", "demo", *arguments]
    began = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, env=surroundings(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seconds = time.perf_counter() - began
        process.stdout.read()
    return seconds


def _imported(arguments: list[str]) -> set[str]:
    return imported(_call(["-X", "importtime"], arguments))


def _call(options: list[str], arguments: list[str]) -> str:
    command = [PYTHON, *options, "-m", "demo", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


def _frame_cpu_s(workers: int, number: int, columns: int, rows: int) -> float:
    """Return the median CPU seconds of a frame, drawn by a process in a terminal of its own."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer"
        with in_terminal(
            [PYTHON, "-m", "tests.bench.screen", str(workers), str(number), str(answer)],
            columns,
            rows,
        ) as process:
            if process.wait(WITHIN_S):
                raise RuntimeError(
                    f"drawing {workers} workers ended with exit code {process.returncode}"
                )
        seconds = msgspec.json.decode(answer.read_bytes(), type=list[float])
    return sorted(seconds)[len(seconds) // 2]


def _session(workers: int, beats: int) -> list[Event]:
    return [
        *arming_events(workers),
        *trial_events(Side.DISTRIBUTED, WENT_AT, WALL_S, workers=workers, beats=beats),
    ]


def _cpu_s(events: Iterable[Event]) -> float:
    began = time.process_time()
    fold(events)
    return time.process_time() - began


def _frame_seconds(workers: int, number: int) -> list[float]:
    """Return the CPU seconds of each frame of a race in progress, without the first few."""
    board = board_in_progress(workers)
    caption = Caption(run_id="bench", schedule=Schedule.IN_TURN, utc=datetime.now(UTC))
    live = LivePanel(a_spec(workers=workers), Keys())
    names = [worker.process.id for worker in board.distributed.workers]
    seconds = []
    with live.in_use():
        for frame in range(FIRST_FRAMES + number):
            at = HALF_WAY_S + frame * FRAME_S
            if frame % FRAMES_A_SAMPLE == 0:
                board = fold(samples(names, frame, at), board)
            began = time.process_time()
            live.show((), board, board, caption, at)
            seconds.append(time.process_time() - began)
    return seconds[FIRST_FRAMES:]


def board_in_progress(workers: int) -> Board:
    """Return the board of a session whose distributed side is half-way."""
    return fold(event for event in _session(workers, BEATS) if event.at < HALF_WAY_S)


def samples(names: Sequence[str], frame: int, at: float) -> Iterator[Event]:
    """Yield a sample of each worker, unlike its last one, so that all of them are drawn anew."""
    for place, name in enumerate(names):
        cpu = 0.5 + (17 * frame + 7 * place) % 50 / 100
        yield stamp(Sample(worker=name, cpu=cpu, rss_bytes=200_000_000), at, Side.DISTRIBUTED, 0)


if __name__ == "__main__":
    Path(sys.argv[3]).write_bytes(
        msgspec.json.encode(_frame_seconds(int(sys.argv[1]), int(sys.argv[2])))
    )
