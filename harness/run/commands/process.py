"""One program of a command pair while it runs: its command, what it prints and reports, its end.

What it prints goes to the side's log at once. Threads of their own, which may use any core, look at
its lines for progress and quality. May import ``errors``, ``client`` and ``run``.
"""

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Annotated, Self

import msgspec

from harness.client import GO, SAY
from harness.errors import SideFailed
from harness.run.host import unpin

SHELL = "/bin/sh"
BLOCK_BYTES = 1 << 16
LONGEST_LINE_BYTES = 1 << 20
DRAINED_WITHIN_S = 1.0
LAST_LINE = 300
LONGEST_UNIT = 40
LARGEST = 1_000_000_000_000_000  # as in a results file
MOST_WORKERS = 10_000
_ENDS = re.compile(rb"(?<=[\r\n])")

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


class Program:
    """A program that was started.

    ``read_line`` is given every printed line, and returns whether it is part of the output, which
    is kept in the file ``output``. None: all that is printed goes to that file without being looked
    at, so that a program that prints much does not wait for a reader. ``receive`` is given what the
    program says on its pipe, and how many seconds after its start.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        output: Path,
        read_line: ReadLine | None,
        receive: Receive,
        go_fd: int,
        began: float,
    ) -> None:
        self.process = process
        self._output = output
        self._read_line = read_line
        self._receive = receive
        self._go_fd: int | None = go_fd
        self._began = began
        self._logged = read_line is not None
        self._last = {"stdout": b"", "stderr": b""}
        self._write_error: OSError | None = None
        self._ready: ReadyMessage | None = None
        self._changed = threading.Condition()
        self._readers: list[threading.Thread] = []

    @classmethod
    def start(
        cls, command: str, output: Path, read_line: ReadLine | None, receive: Receive
    ) -> Self:
        """Start the command under a shell, with pipes for what it prints and reports."""
        say_read, say_write = os.pipe()
        go_read, go_write = os.pipe()
        began = time.perf_counter()
        with output.open("wb") as printed:
            process = subprocess.Popen(
                [SHELL, "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=printed if read_line is None else subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(say_write, go_read),
                env=dict(os.environ) | {SAY: str(say_write), GO: str(go_read)},
            )
        os.close(say_write)
        os.close(go_read)
        program = cls(process, output, read_line, receive, go_write, began)
        program._readers = [
            _on_a_thread(lambda: program._read(process.stdout, 1, "stdout", output)),
            _on_a_thread(lambda: program._read(process.stderr, 2, "stderr", None)),
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
        if self.process.wait():
            self.drain()
            raise SideFailed(f"the program ended {self._how()}", self._hint())

    def _how(self) -> str:
        code = self.process.wait()
        return f"by signal {-code}" if code < 0 else f"with exit code {code}"

    def _hint(self) -> str:
        printed = next((last for last in (self._last["stderr"], self._last["stdout"]) if last), b"")
        last_line = (
            printed.decode(errors="replace").strip()[:LAST_LINE].replace(str(Path.home()), "~")
        )
        return f"its last line: {last_line}" if last_line else "it printed nothing"

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
            self._log()
        if self._write_error is not None:
            raise SideFailed(
                f"what the program printed could not be kept: {self._write_error.strerror}",
                "make room on this machine's disk",
            )

    def _log(self) -> None:
        """Copy output that was not looked at to the log, as far as there is room."""
        with self._output.open("rb") as printed, contextlib.suppress(OSError):
            while block := printed.read(BLOCK_BYTES):
                os.write(1, block)
                self._last["stdout"] = next(
                    (line for line in reversed(block.splitlines()) if line.strip()),
                    self._last["stdout"],
                )
        self._logged = True

    def _read(self, stream: IO[bytes] | None, log: int, name: str, output: Path | None) -> None:
        with contextlib.ExitStack() as opened:
            source = opened.enter_context(stream) if stream is not None else None
            file = (
                opened.enter_context(output.open("wb", buffering=0))
                if source is not None and output is not None
                else None
            )
            returned, of_output = False, True
            for line in _lines(source, log):
                if line.strip():
                    self._last[name] = line
                if self._read_line is not None and not (returned and line == b"\n"):
                    of_output = self._read_line(line)
                returned = line.endswith(b"\r")
                if of_output and file is not None and self._write_error is None:
                    self._write(file, line)

    def _write(self, file: IO[bytes], line: bytes) -> None:
        """Write a line of the output; a full disk must not stop the program, and fails it later."""
        try:
            file.write(line)
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


def _lines(source: IO[bytes] | None, log: int) -> Iterator[bytes]:
    """Yield lines with their ends, a carriage return being one too; write them to the log first."""
    partial = b""
    while source is not None and (block := os.read(source.fileno(), BLOCK_BYTES)):
        with contextlib.suppress(OSError):  # a full disk must not stop the program that prints
            os.write(log, block)
        *lines, partial = _ENDS.split(partial + block)
        yield from lines
        if len(partial) > LONGEST_LINE_BYTES:
            yield partial
            partial = b""
    if partial:
        yield partial


def _on_a_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        unpin()  # reading must not take time from the core that the program is timed on
        work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
