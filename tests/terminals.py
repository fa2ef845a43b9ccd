"""Real terminals for the end-to-end tests: a pty that pyte reads, and a shell in our own tmux.

Both run the real program and return what a person would see: text, cursor, alternate screen.
May import ``harness.events``, ``harness.files.results`` and ``harness.cast.emulator``.
"""

import contextlib
import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, TypeVar

import msgspec
import psutil
import pyte
import pytest

from harness import events as e
from harness.cast.emulator import Screen
from harness.event_lines import decode

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
REFUSED = str(ROOT / "tests" / "refused.py")
"""The workload of a race that ends with ``ExitCode.REFUSED`` and without pictures."""

WAIT_S = 120.0
QUIET_S = 0.03
UNWANTED = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "RAY_ADDRESS", "TMUX")

SLOW = """
import atexit, dataclasses, time
from workloads.simulated import WORKLOAD as QUICK

def load(params):
    time.sleep({to_load})
    atexit.register(time.sleep, {to_leave})
    return QUICK.load(params)

WORKLOAD = dataclasses.replace(QUICK, load=load)
"""

# Takes the terminal on standard input as its own, and default signals, then becomes the program.
SETTLE_IN = """
import os, signal, sys

os.close(os.open(os.ttyname(0), os.O_RDWR))
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def race(out: Path, *options: str, workload: str = "simulated", verb: str = "race") -> list[str]:
    """Return the command line of a race, by default a simulated one."""
    return [PYTHON, "-m", "demo", verb, "--workload", workload, "--out", str(out), *options]


def surroundings(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a presenter's terminal, whatever this one is, with changes."""
    wanted = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    return (
        wanted
        | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"}
        | dict(changes or {})
    )


def journal(out: Path) -> list[e.Event]:
    """Return the events written so far (none: no journal yet), without an unfinished line."""
    return Follower(out).more()


class Follower:
    """A journal that is read as it grows."""

    def __init__(self, out: Path) -> None:
        self._path, self._read = out / "events.jsonl", 0
        self.events: list[e.Event] = []

    def more(self) -> list[e.Event]:
        """Return all events written so far."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._read)
                written = file.read()
            whole = written[: written.rfind(b"\n") + 1]
            lines = whole.splitlines()[0 if self._read else 1 :]  # the first one is the header
            self._read += len(whole)
            self.events += map(decode, lines)
        return self.events


def recorded_pids(out: Path) -> set[int]:
    """Return every process that the journal names."""
    events = journal(out)
    launched = {event.pid for event in events if isinstance(event, e.Launched)}
    armed = {
        worker.pid for event in events if isinstance(event, e.Ready) for worker in event.workers
    }
    return (
        launched | armed | {event.process.pid for event in events if isinstance(event, e.Recovered)}
    )


def still_running(out: Path) -> list[int]:
    """Return the recorded processes that have not ended."""
    return [pid for pid in recorded_pids(out) if psutil.pid_exists(pid)]


def status(out: Path) -> str:
    """Return the status in the results file as it is written."""
    return str(msgspec.json.decode((out / "results.json").read_bytes())["status"])


def wait_for(wanted: Callable[[], Any], within_s: float = WAIT_S) -> Any:
    """Return the first true answer; fail if there is none in time."""
    deadline = time.monotonic() + within_s
    while not (answer := wanted()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return answer


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a person sees at one moment."""

    at: float
    lines: tuple[str, ...]
    alternate: bool
    cursor: bool

    @property
    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(line.rstrip() for line in self.lines)

    @property
    def is_panel(self) -> bool:
        """Return whether the whole panel is shown."""
        return self.alternate and "╭─ BASELINE" in self.text and "╰" in self.text

    @property
    def edges(self) -> tuple[int, ...]:
        """Return the rows where the boxes begin and end."""
        return tuple(row for row, line in enumerate(self.lines) if line[:1] in ("╭", "╰"))

    @property
    def clocks(self) -> tuple[str, str]:
        """Return what is drawn where the two clocks are."""
        half = len(self.lines[0]) // 2
        top = self.edges[0]
        rows = self.lines[top + 1 : top + 6]
        return "\n".join(row[:half] for row in rows), "\n".join(row[half:] for row in rows)


class Terminal:
    """A pty that a program runs in as the leader of its session, read by pyte."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] = MappingProxyType({}),
        cwd: Path = ROOT,
    ) -> None:
        self._master, self._slave = pty.openpty()
        self.resize(columns, rows)
        self.modes_before = self.modes()
        self.raw = b""
        self.looks: list[Look] = []
        self._screen = Screen(columns or 80, rows or 24)
        self._stream = pyte.ByteStream(self._screen)
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [PYTHON, "-ISc", SETTLE_IN, *command],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            cwd=cwd,
            env=surroundings(environment),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    def modes(self) -> list[Any]:
        """Return the terminal's modes, as ``stty`` would."""
        return termios.tcgetattr(self._slave)

    def resize(self, columns: int, rows: int) -> None:
        """Set the size that the program reads."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        """Press keys; b"\\x03" is Ctrl-C."""
        os.write(self._master, keys)

    def hang_up(self) -> None:
        """Close the terminal, as when its window is closed."""
        for descriptor in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._master = self._slave = -1  # another thread may have their numbers by now

    def look(self) -> Look:
        """Read what the program writes until it pauses; return what the screen shows then."""
        while select.select([self._master], [], [], QUIET_S)[0]:
            written = os.read(self._master, 1 << 16)
            self.raw += written
            self._stream.feed(written)
        screen = self._screen
        look = Look(
            at=time.monotonic() - self.began,
            lines=tuple(screen.display),
            alternate=screen.alternate,
            cursor=not screen.cursor.hidden,
        )
        self.looks.append(look)
        return look

    def until(self, wanted: Callable[[Look], bool], within_s: float = WAIT_S) -> Look:
        """Return the first look that is as wanted; fail with the last one if none is in time."""
        deadline = time.monotonic() + within_s
        while not wanted(look := self.look()):
            assert time.monotonic() < deadline, (
                f"waited in vain, exit code {self.process.poll()}, last look:\n{look.text}"
            )
        return look

    def until_text(self, text: str, within_s: float = WAIT_S) -> Look:
        """Return the first look that holds the text."""
        return self.until(lambda look: text in look.text, within_s)

    def linger(self, seconds: float) -> None:
        """Watch for a while."""
        over = time.monotonic() + seconds
        self.until(lambda _: time.monotonic() > over)

    def ended(self, within_s: float = WAIT_S) -> int:
        """Return the exit code; fail if the program does not end in time."""
        self.until(lambda _: self.process.poll() is not None, within_s)
        self.look()
        return self.process.wait()

    @property
    def panels(self) -> list[Look]:
        """Return the looks at a whole panel."""
        return [look for look in self.looks if look.is_panel]


class Tmux:
    """A shell with job control in a tmux server of our own; skips the test where there is no tmux.

    In CI it must be there.
    """

    def __init__(self, folder: Path, columns: int = 80, rows: int = 24) -> None:
        if shutil.which("tmux") is None and not os.environ.get("CI"):
            pytest.skip("tmux is not installed")
        self._socket = str(folder / "s")
        shell = [
            "env",
            *(word for name in UNWANTED for word in ("-u", name)),
            "PS1=$ ",
            "HISTFILE=",
            "bash",
            "--norc",
            "--noprofile",
        ]
        self._do("new-session", "-d", "-x", str(columns), "-y", str(rows), *shell)
        self.until(lambda look: look.text.startswith("$"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._do("kill-server")

    def command(self, *words: str) -> None:
        """Type a command line and press Enter."""
        self.keys("-l", " ".join(words))
        self.keys("Enter")

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names, such as C-z."""
        self._do("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        """Resize the window."""
        self._do("resize-window", "-x", str(columns), "-y", str(rows))

    def look(self) -> Look:
        """Return what the screen shows now."""
        state, *lines = self._do(
            "display-message", "-p", "#{alternate_on} #{cursor_flag}", ";", "capture-pane", "-p"
        ).splitlines()
        alternate, cursor = state.split()
        return Look(
            at=time.monotonic(),
            lines=tuple(lines),
            alternate=alternate == "1",
            cursor=cursor == "1",
        )

    def until(self, wanted: Callable[[Look], bool], within_s: float = WAIT_S) -> Look:
        """Return the first look that is as wanted; fail with the last one if none is in time."""
        deadline = time.monotonic() + within_s
        while not wanted(look := self.look()):
            assert time.monotonic() < deadline, (
                f"waited in vain, alternate {look.alternate}, last look:\n{look.text}"
            )
            time.sleep(0.05)
        return look

    def until_text(self, text: str, within_s: float = WAIT_S) -> Look:
        """Return the first look that holds the text, wrapped or not: paths can be long."""
        return self.until(
            lambda look: text in look.text or text in look.text.replace("\n", ""), within_s
        )

    def _do(self, *words: str) -> str:
        ran = subprocess.run(
            ["tmux", "-u", "-f", "/dev/null", "-S", self._socket, *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout


@dataclass(frozen=True)
class PipedOutput:
    """What a program printed to a pipe, each line with its time in seconds, and how it ended."""

    lines: tuple[tuple[float, str], ...]
    errors: str
    exit_code: int

    @property
    def text(self) -> str:
        """Return what it printed."""
        return "\n".join(line for _, line in self.lines)


class PipedProgram:
    """A program that runs beside us with its output in a pipe, every line timed as it comes."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] = MappingProxyType({}),
        cwd: Path = ROOT,
    ) -> None:
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=surroundings(environment),
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._stdout, self._stderr = self.process.stdout, self.process.stderr
        self._lines: list[tuple[float, str]] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reading.join()
        self._stderr.close()

    def _read(self) -> None:
        with self._stdout as lines:
            for line in lines:
                self._lines.append((time.monotonic() - self._began, line.rstrip("\n")))

    def linger(self, seconds: float) -> None:
        """Let it go on for a while."""
        time.sleep(seconds)

    def until(self, text: str, times: int = 1) -> None:
        """Let it go on until it has printed a text that many times."""
        wait_for(lambda: sum(text in line for _, line in self._lines) >= times)

    def output(self, within_s: float = 240.0) -> PipedOutput:
        """Return everything once the program has ended; fail if it does not in time."""
        code = self.process.wait(within_s)
        self._reading.join()
        return PipedOutput(tuple(self._lines), self._stderr.read(), code)


def run_piped(
    command: Sequence[str], *, environment: Mapping[str, str] = MappingProxyType({})
) -> PipedOutput:
    """Run a program whose output is a pipe to its end."""
    with PipedProgram(command, environment=environment) as telling:
        return telling.output()


def slow(folder: Path, *, to_load: float = 0.0, to_leave: float = 0.0) -> str:
    """Return the path of a workload whose sides take some seconds to load, or to exit."""
    path = folder / "slow.py"
    path.write_text(SLOW.format(to_load=to_load, to_leave=to_leave))
    return str(path)


def at_once(acts: Mapping[str, Callable[[], T]], most: int | None = None) -> dict[str, T]:
    """Return what each act returns; they run side by side, since simulated work only sleeps.

    Of those that compute, ``most`` run at a time.
    """
    with ThreadPoolExecutor(most or len(acts)) as threads:
        begun = {name: threads.submit(act) for name, act in acts.items()}
    return {name: act.result() for name, act in begun.items()}
