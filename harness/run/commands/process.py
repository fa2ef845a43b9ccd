"""One program of a command pair while it runs: its command, what it prints and reports, its end.

What it prints goes to files, and to the side's log as far as that is bounded. Threads of their own,
which may use any core, read what it reports, and its lines only where they are to show progress.
May import ``errors``, ``client`` and ``run``.
"""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Self

import msgspec

from harness.client import GO, SAY
from harness.errors import SideFailed
from harness.run.commands.log import BLOCK_BYTES, BoundedLog
from harness.run.commands.shell import Shell
from harness.run.home import hide_home, home_folder
from harness.run.host import unpin

LONGEST_LINE_BYTES = 1 << 20
LONGEST_BEGUN_BYTES = 1 << 12
DRAINED_WITHIN_S = 1.0
LAST_LINE = 300
LONGEST_UNIT = 40
LARGEST = 1_000_000_000_000_000  # as in a results file
MOST_WORKERS = 10_000

Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=LARGEST)]
Pid = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class ProgramMessage(msgspec.Struct, frozen=True, tag_field="say"):
    """Something that a program says on its pipe; anything else on it is ignored."""


class ReadyMessage(ProgramMessage, frozen=True, tag="ready"):
    """It is loaded and warm.

    ``items`` is the size of its work (0: not known), ``workers`` the process ids in order.
    """

    items: Count = 0
    unit: Annotated[str, msgspec.Meta(max_length=LONGEST_UNIT)] = ""
    workers: Annotated[tuple[Pid, ...], msgspec.Meta(max_length=MOST_WORKERS)] = ()


class ProgressMessage(ProgramMessage, frozen=True, tag="progress"):
    """Items done, cumulative."""

    done: Count


class SpanMessage(ProgramMessage, frozen=True, tag="span"):
    """What the worker at a place did."""

    worker: Count
    items: Count
    busy_s: Seconds
    cpu_s: Seconds = 0.0


class QualityMessage(ProgramMessage, frozen=True, tag="quality"):
    """The quality on the held-out set."""

    quality: float


_messages = msgspec.json.Decoder(ReadyMessage | ProgressMessage | SpanMessage | QualityMessage)

ReadLine = Callable[[bytes], bool]
Receive = Callable[[ProgramMessage, float], None]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What to run: a command under a shell, and the files for its output and its errors.

    ``environment`` is what it finds there, ``stdin`` the file that it reads (None: an empty one).
    """

    command: str
    shell: Shell
    output: Path
    errors: Path
    environment: Mapping[str, str]
    stdin: Path | None = None


class Program:
    """A program that was started.

    ``read_line`` is given lines that it prints, the newest of those that came at once first, until
    it returns True. None: its output goes to the file without passing through here. ``receive`` is
    given what the program says on its pipe, and how many seconds after its start.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        run: Run,
        read_line: ReadLine | None,
        receive: Receive,
        go_fd: int,
        began: float,
    ) -> None:
        self.process = process
        self._run = run
        self._read_line = read_line
        self._receive = receive
        self._go_fd: int | None = go_fd
        self._began = began
        self._logged = False
        self._logs = {1: BoundedLog(1), 2: BoundedLog(2)}
        self._write_error: OSError | None = None
        self._ready: ReadyMessage | None = None
        self._changed = threading.Condition()
        self._readers: list[threading.Thread] = []

    @classmethod
    def start(cls, run: Run, read_line: ReadLine | None, receive: Receive) -> Self:
        """Start the command, with pipes for what it prints and reports.

        Raises ``SideFailed`` if there is no such program.
        """
        say_read, say_write = os.pipe()
        go_read, go_write = os.pipe()
        began = time.perf_counter()
        with contextlib.ExitStack() as opened:
            printed = opened.enter_context(run.output.open("wb"))
            stdin = opened.enter_context(run.stdin.open("rb")) if run.stdin is not None else None
            try:
                process = subprocess.Popen(
                    run.shell.line(run.command),
                    stdin=subprocess.DEVNULL if stdin is None else stdin,
                    stdout=printed if read_line is None else subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=(say_write, go_read),
                    env=dict(run.environment) | {SAY: str(say_write), GO: str(go_read)},
                )
            except (OSError, ValueError) as error:
                os.close(say_read)
                os.close(go_write)
                raise SideFailed(
                    f"the command cannot be started: {error}", "try it in a shell"
                ) from error
            finally:
                os.close(say_write)
                os.close(go_read)
        program = cls(process, run, read_line, receive, go_write, began)
        program._readers = [
            _on_a_thread(lambda: program._read(process.stdout, 1, run.output)),
            _on_a_thread(lambda: program._read(process.stderr, 2, run.errors)),
            _on_a_thread(lambda: program._listen(say_read)),
        ]
        return program

    def wait_until_ready(self) -> ReadyMessage:
        """Wait until the program says that it is ready; raise ``SideFailed`` if it ends before."""
        with self._changed:
            while self._ready is None and self.process.poll() is None:
                self._changed.wait(0.05)
        if self._ready is None:
            self.drain()
        if self._ready is None:
            raise SideFailed(
                f"the program ended {self._how()} without saying that it is ready", self._hint()
            )
        return self._ready

    def go(self) -> None:
        """Let a program go on that waits for its clock, now or later."""
        if self._go_fd is not None:
            os.close(self._go_fd)
            self._go_fd = None

    def finish(self) -> None:
        """Wait for the program's end; raise ``SideFailed`` if it failed."""
        if not self._run.shell.succeeded(self._run.command, self.process.wait()):
            self.drain()
            raise SideFailed(f"the program ended {self._how()}", self._hint())

    def _how(self) -> str:
        code = self.process.wait()
        return f"by signal {-code}" if code < 0 else f"with exit code {code}"

    def _hint(self) -> str:
        last = next((line for log in (2, 1) if (line := self._logs[log].last_line())), b"")
        shown = hide_home(last.decode(errors="replace").strip()[:LAST_LINE], home_folder())
        advice = self._run.shell.advice(self._run.command, last)
        words = f"its last line: {shown}" if shown else "it printed nothing"
        return f"{words}; {advice}" if advice else words

    def drain(self) -> None:
        """Wait until all that was printed is read, but not for ever.

        What the program left running may keep its pipes open. Raises ``SideFailed`` if the output
        could not be written.
        """
        until = time.monotonic() + DRAINED_WITHIN_S
        for reader in self._readers:
            reader.join(max(0.0, until - time.monotonic()))
        self.go()
        if not self._logged:
            self._logged = True
            if self._read_line is None:
                self._logs[1].copy(self._run.output)
            for log in self._logs.values():
                log.close()
        if self._write_error is not None:
            raise SideFailed(
                f"what the program printed could not be kept: {self._write_error.strerror}",
                "free some space on that disk",
            )

    def _read(self, stream: IO[bytes] | None, log: int, path: Path) -> None:
        """Copy what comes through a pipe to a file and to the log, and look at its lines."""
        if stream is None:
            return
        begun = b""
        with stream as source, path.open("wb", buffering=0) as file:
            while block := os.read(source.fileno(), BLOCK_BYTES):
                self._write(file, block)
                self._logs[log].write(block)
                if self._read_line is not None:
                    *lines, begun = _lines(begun, block)
                    next(filter(self._read_line, reversed(lines)), None)
        if begun and self._read_line is not None:
            self._read_line(begun)

    def _write(self, file: IO[bytes], block: bytes) -> None:
        """Write to a file; a full disk must not stop the program, and fails it later."""
        try:
            if self._write_error is None:
                file.write(block)
        except OSError as full:
            self._write_error = full

    def _listen(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb") as pipe:
            while line := pipe.readline(LONGEST_LINE_BYTES):
                with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                    self._take(_messages.decode(line))

    def _take(self, message: ProgramMessage) -> None:
        with self._changed:
            if isinstance(message, ReadyMessage):
                self._ready = self._ready or message
            self._changed.notify_all()
        self._receive(message, time.perf_counter() - self._began)


def _lines(begun: bytes, block: bytes) -> list[bytes]:
    """Return the lines that end in a block, and last the one that has begun (empty: none).

    A carriage return ends one too. Of a line that does not end only the last part is kept.
    """
    lines = block.splitlines(keepends=True)
    lines[0] = begun[-LONGEST_BEGUN_BYTES:] + lines[0]
    return lines if not lines[-1].endswith((b"\r", b"\n")) else [*lines, b""]


def _on_a_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        unpin()  # reading must not take time from the core that the program is timed on
        work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
