"""A program that is killed at any moment takes with it all that it has started, and its daemons.

What is killed gets no chance to do anything. So does a side that ends: nothing that it left behind
goes on. All cases run at once, since each of them mostly waits.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.races import lives
from tests.terminals import PYTHON, ROOT, race, surroundings, wait_for

WORKLOAD = "tests/cases/stuck.py"
GONE_WITHIN_S = 60.0


@dataclass(frozen=True)
class Case:
    """The verb that is killed with SIGKILL once the workload has come to a moment."""

    name: str
    at: str
    verb: str = "race"
    options: tuple[str, ...] = ()
    how: str = "sleeps"


CASES = (
    Case("while it is described", at="description"),
    Case("while the baseline loads", at="load"),
    Case("while a load keeps its interpreter busy", at="load", how="computes"),
    Case("while a load is stopped", at="load", how="is stopped"),
    Case("while the baseline warms up", at="warm-up"),
    Case("while the baseline runs", at="baseline"),
    Case("while the distributed side runs", at="distributed"),
    Case("while an answer is scored", at="scoring"),
    Case("while check describes it", at="description", verb="check"),
    Case("while check arms it", at="load", verb="check"),
    Case("while a sweep runs", at="distributed", verb="sweep", options=("--workers", "1,2")),
    Case("while it is recorded", at="baseline", verb="record"),
)
DAEMON = Case("a side that leaves a daemon behind", at="distributed", how="goes on")


@dataclass(frozen=True)
class Seen:
    """What was left a while after a program ended: pids, and its exit code."""

    left: list[int]
    started: int
    exit_code: int


def command(case: Case, take: Path) -> list[str]:
    """Return the command line of a case."""
    if case.verb == "check":
        return [PYTHON, "-m", "demo", "check", "--workload", WORKLOAD]
    ui = () if case.verb == "record" else ("--ui", "none")
    return race(take, *ui, *case.options, workload=WORKLOAD, verb=case.verb)


def seen(case: Case) -> Seen:
    """Run a case to its end."""
    own = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    pids = own / "pids"
    stuck = {"STUCK_AT": case.at, "STUCK_HOW": case.how, "STUCK_PIDS": str(pids)}
    try:
        with started(command(case, own / "take"), stuck | {"TMPDIR": str(own)}) as program:
            wait_for(lambda: pids.exists() or program.poll() is not None)
            running = [psutil.Process(int(pid)) for pid in pids.read_text().split()]
            running += psutil.Process(program.pid).children(recursive=True)
            if case.how != "goes on":
                program.kill()
            program.wait(GONE_WITHIN_S)
            return Seen(left_of(running), len(running), program.returncode)
    finally:
        shutil.rmtree(own)


def started(words: list[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Return a program that runs without a terminal."""
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env=surroundings(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def left_of(processes: list[psutil.Process]) -> list[int]:
    """Return those that do not end within a while, and end them."""
    until = time.monotonic() + GONE_WITHIN_S
    while (left := [process for process in processes if lives(process)]) and (
        time.monotonic() < until
    ):
        time.sleep(0.1)
    for process in left:
        os.kill(process.pid, signal.SIGKILL)
    return [process.pid for process in left]


@pytest.fixture(scope="module")
def ended() -> Mapping[str, Seen]:
    """Return what was seen of every case."""
    with ThreadPoolExecutor(4) as threads:
        cases = (*CASES, DAEMON)
        results = threads.map(seen, cases)
        return dict(zip((case.name for case in cases), results, strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_program_that_is_killed_leaves_nothing_running(
    case: Case, ended: Mapping[str, Seen]
) -> None:
    assert ended[case.name].started >= 3
    assert (ended[case.name].left, ended[case.name].exit_code) == ([], -signal.SIGKILL)


def test_a_daemon_that_a_side_leaves_behind_ends_with_the_race(ended: Mapping[str, Seen]) -> None:
    assert (ended[DAEMON.name].left, ended[DAEMON.name].exit_code) == ([], 0)
