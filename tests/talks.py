"""Short talks for the tests, and a folder (a desk) for programs that keep files where they run.

May import ``tests.terminals``.
"""

import contextlib
import resource
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.talk.agenda import Agenda, Beat, TalkProgress, begin_talk, end_beat
from tests.terminals import PYTHON, REFUSED, ROOT, PipedOutput, Terminal, run_piped

TALK = Agenda(
    720.0,
    (
        Beat("opening", 120.0, "What binds us: {bottleneck}."),
        Beat("demo", 270.0, "Watch {metric}."),
        Beat("limitation", 90.0, "{limitation}."),
    ),
)
BRIEF = """
length = "0:15"
slack = "0:01"

[[beats]]
name = "opening"
budget = "0:01"
say = "What binds us: {bottleneck}."

[[beats]]
name = "demo"
budget = "0:09"
say = "Watch {metric}."

[[beats]]
name = "limitation"
budget = "0:02"
say = "Where it stops holding: {limitation}."
"""
ENVIRONMENT = {"PYTHONPATH": str(ROOT)}
QUICK = (
    "--workload",
    REFUSED,
    "--set",
    "seconds=2",  # so that a replay is left when both answers are scored
    "--set",
    "chunks=100",
    "--workers",
    "2",
    "--schedule",
    "in-turn",
)


def a_course(*durations: float, talk: Agenda = TALK, began: float = 1000.0) -> TalkProgress:
    """Return a talk's progress: when it began, and how long its first beats took."""
    progress = begin_talk(TalkProgress(talk), began)
    at = began
    for seconds in durations:
        at += seconds
        progress = end_beat(progress, at)
    return progress


def a_desk(folder: Path) -> Path:
    """Return a folder to work in that holds a brief talk."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "talk.toml").write_text(BRIEF, encoding="utf-8")
    return folder


def at_desk(desk: Path, verb: str, *options: str) -> Sequence[str]:
    """Return the command line of a verb that works in a folder of its own."""
    return ["sh", "-c", 'cd "$0" && exec "$@"', str(desk), PYTHON, "-m", "demo", verb, *options]


def rehearse(desk: Path, *options: str, columns: int = 80, rows: int = 24) -> Terminal:
    """Begin to rehearse the brief talk around quick work at a terminal."""
    command = at_desk(desk, "rehearse", "--talk", "talk.toml", *QUICK, *options)
    return Terminal(command, columns=columns, rows=rows, environment=ENVIRONMENT)


def cue(desk: Path, *options: str, columns: int = 80, rows: int = 24) -> Terminal:
    """Follow whatever runs at a desk, on a terminal of its own."""
    return Terminal(
        at_desk(desk, "cue", "--talk", "talk.toml", *options),
        columns=columns,
        rows=rows,
        environment=ENVIRONMENT,
    )


def run_at_desk(desk: Path, verb: str, *options: str) -> PipedOutput:
    """Run a verb without a terminal to its end."""
    return run_piped(at_desk(desk, verb, *options), environment=ENVIRONMENT)


def process_that_has_ended() -> int:
    """Return the pid of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@contextlib.contextmanager
def small_disk(largest_bytes: int) -> Iterator[None]:
    """Limit the size of this process's files inside the block, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
