"""The recorder: asciinema, run as a command in surroundings of its own, in either of its generations.

It never tells how the recorded command ended, obeys the user's configuration, and ignores being terminated while that
command lives: all of that is dealt with here. May import ``harness``.
"""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.errors import BadRequest, TwoclocksError
from harness.run import processes

Size = tuple[int, int]

ANSWER_WITHIN_S = 20.0
END_WITHIN_S = 15.0
LEAVE_WITHIN_S = 8.0
LOOK_EVERY_S = 0.1
RECOUNT_EVERY_S = 5.0
NAME = "asciinema"
_HINT = "install it with `pip install asciinema`, or make setup"

# An idle limit or a pause, of the user's or by default, would falsify the clock: the key is unset, in the words of 2.x and of 3.x.
CONFIGURATION = {"config": "[record]\npause_key =\n", "config.toml": '[session]\npause_key = ""\n'}
_UNWANTED = ("COLUMNS", "LINES")
HERE = Path(__file__).resolve().parents[2]


def found() -> tuple[str, int]:
    """Return asciinema's path and the first number of its version; raise ``BadRequest`` if it is not there or unknown.

    The one beside this interpreter comes before another on the path.
    """
    path = shutil.which(
        NAME,
        path=os.pathsep.join(
            [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
        ),
    )
    if path is None:
        raise BadRequest(f"there is no {NAME} to record with", _HINT)
    told = _version(path)
    version = re.search(r"\b(\d+)\.\d+", told)
    if version is None or int(version[1]) not in (2, 3):
        raise BadRequest(f"this {NAME} is neither of version 2 nor 3: {told.strip()[:80]!r}", _HINT)
    return path, int(version[1])


def _version(path: str) -> str:
    """Return what a recorder says of its version, asked in a home of our own: it writes a file into whichever it has."""
    with tempfile.TemporaryDirectory() as home:
        environment = surroundings(os.environ, Path(home))
        try:
            asked = subprocess.run(
                [path, "--version"],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=ANSWER_WITHIN_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BadRequest(
                f"{NAME} does not say its version: {type(error).__name__}", _HINT
            ) from error
    return (asked.stdout or asked.stderr).decode(errors="replace")


def command(
    recorder: tuple[str, int], recorded: list[str], size: Size, *, headless: bool, into: Path
) -> list[str]:
    """Return the command line that records a command at a size, in columns and rows; without an idle limit and with a file to write to."""
    path, generation = recorder
    columns, rows = map(str, size)
    inner = f"exec {shlex.join(recorded)}"
    if generation == 2:
        return [
            path,
            "rec",
            "--quiet",
            "--cols",
            columns,
            "--rows",
            rows,
            "--env",
            "TERM",
            "--command",
            inner,
            str(into),
        ]
    form = [
        "--window-size",
        f"{columns}x{rows}",
        "--output-format",
        "asciicast-v2",
        "--capture-env",
        "TERM",
    ]
    return [
        path,
        "rec",
        "--quiet",
        *(["--headless"] if headless else []),
        *form,
        "--command",
        inner,
        str(into),
    ]


def surroundings(given: Mapping[str, str], configuration: Path) -> dict[str, str]:
    """Return the environment for the recorder: the presenter's, without what sets another size, and with a configuration of ours.

    A recorder refuses letters other than UTF-8, and a locale that is not installed, as often over ssh, has none.
    """
    kept = {
        name: value
        for name, value in given.items()
        if name not in _UNWANTED and not name.startswith("ASCIINEMA_")
    }
    ours = {"ASCIINEMA_CONFIG_HOME": str(configuration), "ASCIINEMA_STATE_HOME": str(configuration)}
    found = os.pathsep.join(
        filter(None, (str(HERE), given.get("PYTHONPATH", "")))
    )  # our own code, wherever it is started from
    return (
        kept
        | ours
        | {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": found,
        }
    )


def configured(folder: Path) -> Path:
    """Return a folder, made in the one given, that holds a configuration for either generation."""
    home = folder / NAME
    home.mkdir()
    for name, text in CONFIGURATION.items():
        (home / name).write_text(text)
    return home


def run(
    words: list[str],
    environment: Mapping[str, str],
    log: Path,
    *,
    headless: bool,
    asked: Callable[[], int | None],
) -> None:
    """Run the recorder to its end; once a signal is ``asked``, the recorded command gets it, and what does not end is killed.

    Without a terminal the recorder gets none, neither as its input nor as its own: it would print onto it.
    Raises ``TwoclocksError`` where it cannot be run.
    """
    with log.open("ab") as told:
        stdin, output = (subprocess.DEVNULL, told) if headless else (None, None)
        try:
            process = subprocess.Popen(
                words,
                env=environment,
                stdin=stdin,
                stdout=output,
                stderr=output,
                start_new_session=headless,
            )
        except OSError as error:
            raise TwoclocksError(f"cannot run {words[0]}: {error.strerror}", _HINT) from error
    family = processes.family(process.pid)
    try:
        _follow(process, family, asked)
    finally:
        _end(process, family)


def _follow(
    process: subprocess.Popen[bytes], family: dict[int, float], asked: Callable[[], int | None]
) -> None:
    """Wait for the recorder and take down its family; hand a signal on to the command that it records, and give that its time."""
    until: float | None = None
    due, pause = time.monotonic(), LOOK_EVERY_S
    while process.poll() is None and (until is None or time.monotonic() < until):
        if time.monotonic() >= due:
            family |= processes.family(process.pid)
            pause = min(
                2 * pause, RECOUNT_EVERY_S
            )  # it starts its helpers at once, and hardly any later
            due = time.monotonic() + pause
        if until is None and (number := asked()) is not None:
            until = time.monotonic() + END_WITHIN_S
            processes.end(processes.children(process.pid), number)
        time.sleep(LOOK_EVERY_S)


def _end(process: subprocess.Popen[bytes], family: dict[int, float]) -> None:
    """Give what is left of the recorder's family its time to leave, then kill it: helpers of a recorder that was killed stay behind."""
    family |= processes.family(process.pid)
    until = time.monotonic() + (LEAVE_WITHIN_S if process.poll() is not None else 0.0)
    while processes.alive(family) and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
    processes.end(family, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_WITHIN_S)
