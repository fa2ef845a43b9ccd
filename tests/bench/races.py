"""Whole races, as a presenter starts them: the panel's cost, start-up and memory.

Every race is the real program in a process of its own; the numbers come from the results file that
it wrote. A live race runs in a pty that a thread empties.
May import ``harness`` and its neighbours in ``tests``.
"""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

import psutil

from harness import text
from harness.files.results import load
from harness.model import Results, Side, Trial
from harness.run import processes
from tests import terminals
from tests.bench.table import Finding, at_most, largest_share, ratios, row

WORKERS = 2
TERMS = ("--yes", "--workers", str(WORKERS), "--schedule", "in-turn")
COLUMNS, ROWS = 100, 30
WITHIN_S = 1_800.0
LEAVE_WITHIN_S = 10.0
LOOK_EVERY_S = 0.25
SHOWN_OR_REFUSED = (0, 4)
MOST_BYTES = 2.5e9
MOST_OF_A_CORE = 0.01

Start = Callable[[Sequence[str]], contextlib.AbstractContextManager[subprocess.Popen[bytes]]]


def panel(pairs: int, batches: int) -> Finding:
    """Race with the panel on and off by turns; compare the distributed side's wall times."""
    watched: list[Results] = []
    unwatched: list[Results] = []
    for pair in range(pairs):
        both: list[tuple[Start, str, list[Results]]] = [
            (in_terminal, "live", watched),
            (without_terminal, "none", unwatched),
        ]
        for start, ui, taken in both if pair % 2 == 0 else both[::-1]:
            taken.append(run_race(start, "--ui", ui, "--set", f"batches={batches}"))
    on, off = (
        [wall_s(results, Side.DISTRIBUTED) for results in taken] for taken in (watched, unwatched)
    )
    cpu = [
        results.observer.cpu_s / sum(trial.wall_s for trial in results.trials)
        for results in watched
    ]
    rows = (
        row("distributed wall time, panel on ÷ panel off", ratios(on, off), at_most(1.02)),
        row("screen's CPU seconds ÷ wall time", cpu, at_most(MOST_OF_A_CORE), text.percent),
    )
    return Finding(
        rows, largest_share(results.observer.foreign_cpu for results in (*watched, *unwatched))
    )


def start_up(races: int) -> Finding:
    """Return the seconds until each side is armed, which are never on the clock."""
    taken = [
        run_race(without_terminal, "--ui", "none", "--set", "batches=16") for _ in range(races)
    ]
    each = {side: [_trial(results, side).startup_s for results in taken] for side in Side}
    return Finding(
        tuple(
            row(f"cold start, {side} side", seconds, as_text=text.seconds)
            for side, seconds in each.items()
        )
    )


def memory(batches: int) -> Finding:
    """Return the peak memory of all processes of a race; what several share counts once."""
    peak, until = 0, time.monotonic() + WITHIN_S
    with _folder() as out:
        command = terminals.race(
            out, *TERMS, "--ui", "live", "--set", f"batches={batches}", workload="train"
        )
        with in_terminal(command) as process:
            while process.poll() is None and time.monotonic() < until:
                peak = max(peak, sum(map(_memory_bytes, _members(process.pid))))
                time.sleep(LOOK_EVERY_S)
            _require_shown(process)
    return Finding(
        (row("peak memory of all processes of a race", [peak], at_most(MOST_BYTES), text.size),)
    )


def run_race(start: Start, *options: str, workload: str = "train") -> Results:
    """Run a race to its end and return its facts; raise ``RuntimeError`` if it has none."""
    with _folder() as out:
        run_race_into(out, start, *options, workload=workload)
        return load(out / "results.json")


def run_race_into(out: Path, start: Start, *options: str, workload: str) -> None:
    """Run a race to its end and leave its take in a folder; raise ``RuntimeError`` without one."""
    with start(terminals.race(out, *TERMS, *options, workload=workload)) as process:
        process.wait(WITHIN_S)
        _require_shown(process)


def _require_shown(process: subprocess.Popen[bytes]) -> None:
    if process.returncode not in SHOWN_OR_REFUSED:
        raise RuntimeError(f"a race ended with exit code {process.returncode}")


@contextlib.contextmanager
def without_terminal(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a program that runs without a terminal, its errors on ours; end it with the block."""
    with _started(command, subprocess.DEVNULL, subprocess.DEVNULL, None) as process:
        yield process


@contextlib.contextmanager
def _started(
    command: Sequence[str], stdin: int, stdout: int, stderr: int | None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        cwd=terminals.ROOT,
        env=terminals.surroundings(),
        start_new_session=True,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(LEAVE_WITHIN_S)


@contextlib.contextmanager
def in_terminal(
    command: Sequence[str], columns: int = COLUMNS, rows: int = ROWS
) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a program that runs in a terminal of 100×30; Enter is typed again and again.

    Its output is thrown away. Enter skips a replay.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    drain = threading.Thread(target=_drain, args=(ours,), daemon=True)
    drain.start()
    try:
        with _started(command, theirs, theirs, theirs) as process:
            yield process
    finally:
        os.close(theirs)
        drain.join(LEAVE_WITHIN_S)
        os.close(ours)


def _drain(terminal: int) -> None:
    with contextlib.suppress(OSError):  # the other end is closed
        while os.read(terminal, 1 << 16):
            os.write(terminal, b"\n")


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "take"


def _trial(results: Results, side: Side) -> Trial:
    return next(trial for trial in results.trials if trial.side is side)


def wall_s(results: Results, side: Side) -> float:
    """Return the median wall time of a side's trials in seconds."""
    return median([trial.wall_s for trial in results.trials if trial.side is side])


def _members(root: int) -> set[int]:
    """Return the pids of a program's family and of the sessions that it leads."""
    members = set(processes.process_tree(root))
    sessions = set()
    for pid in members:
        with contextlib.suppress(OSError):
            sessions.add(os.getsid(pid))
    return members.union(*map(processes.session_members, sessions))


def _memory_bytes(pid: int) -> int:
    """Return a process's memory with its part of what is shared, where the system knows that."""
    try:
        memory = psutil.Process(pid).memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(memory, "pss", memory.uss))
