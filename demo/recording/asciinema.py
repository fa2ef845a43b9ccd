"""asciinema, the program that records a terminal: versions 2 and 3, run with settings of our own.

asciinema does not report how the recorded command ended, follows the user's configuration, and
ignores SIGTERM while that command lives. All of this is handled here. May import ``harness``.
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
from dataclasses import dataclass
from pathlib import Path

from harness.errors import LACKS, BadRequest, MachineFailed, reason_of
from harness.run import processes
from harness.run.guarded import guarded_process

Size = tuple[int, int]

NAME = "asciinema"
VERSION_WITHIN_S = 20.0
END_WITHIN_S = 15.0
HELPERS_END_WITHIN_S = 8.0
LOOK_EVERY_S = 0.1
RECOUNT_EVERY_S = 5.0
INSTALL_HINT = "install it with `pip install asciinema`, or run `make setup`"

# An idle limit or a pause would falsify the clock, so that the pause key is unset. The first file
# is read by version 2, the second by version 3.
CONFIGURATION = {"config": "[record]\npause_key =\n", "config.toml": '[session]\npause_key = ""\n'}
_OTHER_SIZES = ("COLUMNS", "LINES")


@dataclass(frozen=True)
class Recorder:
    """An asciinema program: its path and its major version, 2 or 3."""

    path: str
    version: int


def find_recorder() -> Recorder:
    """Return the asciinema beside this interpreter, else the one on PATH.

    Raises ``BadRequest`` if there is none, or if its version is unknown.
    """
    folders = str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)
    path = shutil.which(NAME, path=os.pathsep.join(folders))
    if path is None:
        raise BadRequest(f"{NAME}, which records the terminal, is not installed", INSTALL_HINT)
    answer = _ask_version(path)
    version = re.search(r"\b(\d+)\.\d+", answer)
    if version is None or int(version[1]) not in (2, 3):
        raise BadRequest(
            f"this {NAME} is neither version 2 nor 3: {answer.strip()[:80]!r}", INSTALL_HINT
        )
    return Recorder(path, int(version[1]))


def _ask_version(path: str) -> str:
    """Return what asciinema says of its version, asked in a temporary home: it writes there."""
    with tempfile.TemporaryDirectory() as home:
        try:
            ran = subprocess.run(
                [path, "--version"],
                env=environment_for(os.environ, Path(home)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=VERSION_WITHIN_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BadRequest(
                f"{NAME} does not say its version: {type(error).__name__}", INSTALL_HINT
            ) from error
    return (ran.stdout or ran.stderr).decode(errors="replace")


def command_line(
    recorder: Recorder, recorded: list[str], size: Size, *, headless: bool, into: Path
) -> list[str]:
    """Return the command that records another command at a size of (columns, rows) into a file.

    It sets no idle limit. ``headless``: there is no terminal.
    """
    columns, rows = map(str, size)
    start = [recorder.path, "rec", "--quiet"]
    end = ["--command", f"exec {shlex.join(recorded)}", str(into)]
    if recorder.version == 2:
        return [*start, "--cols", columns, "--rows", rows, "--env", "TERM", *end]
    terminal = ["--headless"] if headless else []
    window = ["--window-size", f"{columns}x{rows}"]
    output = ["--output-format", "asciicast-v2", "--capture-env", "TERM"]
    return [*start, *terminal, *window, *output, *end]


def environment_for(inherited: Mapping[str, str], configuration: Path) -> dict[str, str]:
    """Return the recorder's environment: the inherited one with our size, terminal and settings.

    The locale is UTF-8, which asciinema insists on: over ssh it is often one that is not
    installed.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if name not in _OTHER_SIZES and not name.startswith("ASCIINEMA_")
    }
    return kept | {
        "ASCIINEMA_CONFIG_HOME": str(configuration),
        "ASCIINEMA_STATE_HOME": str(configuration),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LC_ALL": "C.UTF-8",
    }


def write_configuration(folder: Path) -> Path:
    """Make a folder inside this one that holds the settings for both versions; return it."""
    home = folder / NAME
    home.mkdir()
    for name, text in CONFIGURATION.items():
        (home / name).write_text(text)
    return home


def run(
    command: list[str],
    environment: Mapping[str, str],
    log: Path,
    *,
    headless: bool,
    stop: Callable[[], int | None],
) -> None:
    """Run the recorder to its end. ``stop`` returns the signal that asks to stop (None: go on).

    It ends with this process. The recorded command gets that signal; what does not end in time is
    killed. A ``headless`` recorder gets neither input nor a controlling terminal, because it would
    print there. Raises ``MachineFailed`` if it cannot be started.
    """
    with log.open("ab") as output:
        stdin = subprocess.DEVNULL if headless else None
        streams = output if headless else None
        try:
            with guarded_process(
                command,
                env=environment,
                stdin=stdin,
                stdout=streams,
                stderr=streams,
                start_new_session=headless,
            ) as (process, pid):
                _follow(process, pid, stop)
        except OSError as error:
            advice = LACKS.get(error.errno or 0, INSTALL_HINT)
            raise MachineFailed(f"cannot run {command[0]}: {reason_of(error)}", advice) from error


def _follow(process: subprocess.Popen[bytes], pid: int, stop: Callable[[], int | None]) -> None:
    """Wait for the end of the recorder's guard, and see to it that its helpers end."""
    known = processes.process_tree(process.pid)
    try:
        _wait(process, pid, known, stop)
    finally:
        _end(process, known)


def _wait(
    process: subprocess.Popen[bytes],
    pid: int,
    known: dict[int, float],
    stop: Callable[[], int | None],
) -> None:
    """Wait for the recorder, recording what it starts; pass a signal on to the recorded command."""
    deadline: float | None = None
    recount_at = time.monotonic()
    pause = LOOK_EVERY_S
    while process.poll() is None and (deadline is None or time.monotonic() < deadline):
        if time.monotonic() >= recount_at:
            known |= processes.process_tree(process.pid)
            # The recorder starts its helpers at once, and hardly any later.
            pause = min(2 * pause, RECOUNT_EVERY_S)
            recount_at = time.monotonic() + pause
        if deadline is None and (number := stop()) is not None:
            deadline = time.monotonic() + END_WITHIN_S
            processes.send_signal(processes.children(pid), number)
        time.sleep(LOOK_EVERY_S)


def _end(process: subprocess.Popen[bytes], known: dict[int, float]) -> None:
    """Give the recorder's helpers time to end, then kill them: they outlive a killed recorder."""
    patience_s = HELPERS_END_WITHIN_S if process.poll() is not None else 0.0
    processes.end_tree(
        lambda: known | processes.process_tree(process.pid),
        ((None, patience_s), (signal.SIGKILL, END_WITHIN_S)),
        process.poll,
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_WITHIN_S)
