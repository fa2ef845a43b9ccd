"""The faults that a race is put through, each at a moment, and what is seen of it.

``python -m tests.cases.faults`` runs all of them and prints the table of ``harness/README.md``;
``--write`` puts it there. May import ``harness.events`` and its neighbours among the tests.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.run.scratch import sweep
from tests.races import lives
from tests.terminals import PYTHON, ROOT, race, surroundings, wait_for

WORKLOAD = "tests/cases/stuck.py"
GUIDE = ROOT / "harness" / "README.md"
BEGIN, END = "<!-- faults -->\n", "<!-- /faults -->"
ENDS_WITHIN_S = 120.0
GONE_WITHIN_S = 60.0
AT_ONCE = 4
IMPATIENT = ("--stall-after", "1", "--give-up-after", "2")

KILLED = -signal.SIGKILL
ENDS_TOO = "all that it started ends within 5 s; the next run removes its folders"
SAID = "STALLED after --stall-after; without a keyboard exit 3 after --give-up-after"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault ``what`` at a ``moment``, what is promised, and the program's exit code.

    The workload comes ``at`` a part and does there what ``how`` says; if the program is ``killed``
    this happens then. ``state`` is what is said of the process that is stalled.
    """

    what: str
    moment: str
    promise: str
    exit_code: int
    at: str
    how: str = "sleeps"
    killed: bool = False
    verb: str = "race"
    options: tuple[str, ...] = ()
    state: str = ""

    @property
    def name(self) -> str:
        """Return the fault and its moment in one line."""
        return f"{self.what}, {self.moment}"


def kill(moment: str, at: str, how: str = "sleeps", verb: str = "race", *options: str) -> Fault:
    """Return the fault that the program is killed."""
    return Fault(
        what="the program is killed (SIGKILL)",
        moment=moment,
        promise=ENDS_TOO,
        exit_code=KILLED,
        at=at,
        how=how,
        killed=True,
        verb=verb,
        options=options,
    )


def stall(what: str, moment: str, at: str, how: str, state: str, *options: str) -> Fault:
    """Return the fault that something never ends, without a keyboard."""
    return Fault(
        what=what,
        moment=moment,
        promise=SAID,
        exit_code=3,
        at=at,
        how=how,
        options=(*IMPATIENT, *options),
        state=state,
    )


ENDLESS = 'echo $$ > "$STUCK_PIDS"; exec sleep 600'
PROGRAMS = ("--baseline", ENDLESS, "--distributed", ENDLESS)
FAULTS = (
    kill("while the workload is described", "description"),
    kill("while the baseline loads", "load"),
    kill("while a load never lets go of the interpreter", "load", "computes"),
    kill("while a load is stopped", "load", "is stopped"),
    kill("while the baseline warms up", "warm-up"),
    kill("while the baseline runs", "baseline"),
    kill("while the distributed side runs", "distributed"),
    kill("while an answer is scored", "scoring"),
    kill("while check describes the workload", "description", "sleeps", "check"),
    kill("while check arms a side", "load", "sleeps", "check"),
    kill("while a sweep runs", "distributed", "sleeps", "sweep", "--workers", "1,2"),
    kill("while the race is recorded", "baseline", "sleeps", "record"),
    Fault(
        what="a daemon is left behind",
        moment="by the distributed side",
        promise="it ends with the side",
        exit_code=0,
        at="distributed",
        how="goes on",
    ),
    stall("a load never ends", "of the baseline", "load", "sleeps", "sleeping (S)"),
    stall("a warm-up never ends", "of the baseline", "warm-up", "sleeps", "sleeping (S)"),
    stall("the side is stopped (SIGSTOP)", "in its load", "load", "is stopped", "stopped (T)"),
    stall("the side is stopped (SIGSTOP)", "in its run", "baseline", "is stopped", "stopped (T)"),
    stall("a baseline never ends", "in its run", "baseline", "sleeps", "sleeping (S)"),
    stall("a driver never ends", "in its run", "distributed", "sleeps", "sleeping (S)"),
    stall("a quality never ends", "while an answer is scored", "scoring", "sleeps", "sleeping (S)"),
    stall("a program of a pair never ends", "in its run", "", "", "sleeping (S)", *PROGRAMS),
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was seen of a fault.

    ``left`` are the pids of ``started`` processes that were left a while after the program had
    ended, ``litter`` is what lay in its temporary folder once that was swept, and ``seconds`` are
    those until its end.
    """

    left: tuple[int, ...]
    started: int
    exit_code: int
    printed: str
    litter: tuple[str, ...]
    seconds: float


def outcome_of(fault: Fault) -> Outcome:
    """Put a program through a fault, and look at what is left."""
    own = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    pids, scratch = own / "pids", own / "s"
    scratch.mkdir()
    stuck = {"STUCK_AT": fault.at, "STUCK_HOW": fault.how, "STUCK_PIDS": str(pids)}
    try:
        with _started(_command(fault, own / "take"), stuck | {"TMPDIR": str(scratch)}) as program:
            running = _watched(program, pids)
            began = time.monotonic()
            if fault.killed:
                program.kill()
            printed = program.communicate(timeout=ENDS_WITHIN_S)[0]
            left = _left_of(running)
            seconds = time.monotonic() - began
            sweep([str(scratch)])  # as the next run does
        return Outcome(
            left=left,
            started=len(running),
            exit_code=program.returncode,
            printed=printed,
            litter=tuple(path.name for path in scratch.iterdir()),
            seconds=seconds,
        )
    finally:
        shutil.rmtree(own)


def all_outcomes(faults: Iterable[Fault] = FAULTS) -> Mapping[str, Outcome]:
    """Return what is seen of every fault, by its name: some at once, since each mostly waits."""
    faults = tuple(faults)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(
            zip((fault.name for fault in faults), threads.map(outcome_of, faults), strict=True)
        )


def _command(fault: Fault, take: Path) -> list[str]:
    if fault.verb == "check":
        return [PYTHON, "-m", "demo", "check", "--workload", WORKLOAD]
    ui = () if fault.verb == "record" else ("--ui", "plain")
    workload = WORKLOAD if fault.at else "commands"
    return race(take, *ui, *fault.options, workload=workload, verb=fault.verb)


def _started(words: list[str], environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Return a program that runs without a terminal."""
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env=surroundings(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _watched(program: "subprocess.Popen[str]", pids: Path) -> list[psutil.Process]:
    """Return all that runs once the moment has come."""

    def come() -> list[str]:
        return pids.read_text().split() if pids.exists() else []

    wait_for(lambda: come() or program.poll() is not None)
    below = psutil.Process(program.pid).children(recursive=True)
    return [*below, *(psutil.Process(int(pid)) for pid in come() if psutil.pid_exists(int(pid)))]


def _left_of(processes: list[psutil.Process]) -> tuple[int, ...]:
    """Return those that do not end within a while, and end them."""
    until = time.monotonic() + GONE_WITHIN_S
    while (left := [one for one in processes if lives(one)]) and time.monotonic() < until:
        time.sleep(0.1)
    for process in left:
        os.kill(process.pid, signal.SIGKILL)
    return tuple(process.pid for process in left)


def table(results: Mapping[str, Outcome], faults: Iterable[Fault] = FAULTS) -> str:
    """Return what was promised and seen as a table in Markdown."""
    rows = ["| fault | moment | promised | seen | exit code |", "|---|---|---|---|---|"]
    for fault in faults:
        result = results[fault.name]
        end = f"everything had ended after {result.seconds:.0f} s"
        left = f"{len(result.left)} processes were LEFT" if result.left else end
        said = f"STALLED, {fault.state}; " if fault.state and fault.state in result.printed else ""
        code = "(killed)" if result.exit_code == KILLED else result.exit_code
        rows.append(f"| {fault.what} | {fault.moment} | {fault.promise} | {said}{left} | {code} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Print the table, or write it into the guide."""
    made = table(all_outcomes())
    if "--write" not in sys.argv:
        sys.stdout.write(made)
        return
    before, _, rest = GUIDE.read_text(encoding="utf-8").partition(BEGIN)
    GUIDE.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
