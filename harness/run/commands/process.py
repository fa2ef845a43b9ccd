"""One adopted program while it runs: its command under a shell, what it prints, what it says, its end.

What it prints goes to the side's log as it comes; lines are looked at for progress and quality on threads of their
own, which may use any core. May import ``errors``, ``voice`` and ``run``.
"""

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Annotated

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


class Said(msgspec.Struct, frozen=True, tag_field="say"):
    """Something that a program says on its pipe; anything else on it is left aside."""


class SaidReady(Said, frozen=True, tag="ready"):
    """It is loaded and warm: ``items`` of its work (0: not told), and the process ids of its workers in order."""

    items: Count = 0
    unit: Annotated[str, msgspec.Meta(max_length=LONGEST_UNIT)] = ""
    workers: Annotated[tuple[Pid, ...], msgspec.Meta(max_length=MOST_WORKERS)] = ()


class SaidProgress(Said, frozen=True, tag="progress"):
    """Items done, cumulative."""

    done: Count


class SaidSpan(Said, frozen=True, tag="span"):
    """What the worker at a place did."""

    worker: Count
    items: Count
    busy_s: Seconds
    cpu_s: Seconds = 0.0


class SaidQuality(Said, frozen=True, tag="quality"):
    """The quality on the held-out set."""

    quality: float


_said = msgspec.json.Decoder(SaidReady | SaidProgress | SaidSpan | SaidQuality)

Line = Callable[[bytes], bool]
Hear = Callable[[Said, float], None]


class Program:
    """A program that was started.

    ``line`` is given every line that it prints and returns whether it is part of its output, which is kept in the file ``output``
    (None: all of it is, and goes there without being looked at, so that a program that prints much does not wait for a reader).
    ``hear`` is given what it says on its pipe, and how many seconds after its start.
    """

    def __init__(self, command: str, output: Path, line: Line | None, hear: Hear) -> None:
        self._output, self._hear, self._logged = output, hear, line is not None
        self._line: Line | None = line
        self._last = {"stdout": b"", "stderr": b""}
        self._unkept: OSError | None = None
        self._ready: SaidReady | None = None
        self._stirred = threading.Condition()
        say_read, say_write = os.pipe()
        go_read, self._go = os.pipe()
        told = dict(os.environ) | {SAY: str(say_write), GO: str(go_read)}
        self._began = time.perf_counter()
        with output.open("wb") as printed:
            self.process = subprocess.Popen(
                [SHELL, "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=printed if line is None else subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(say_write, go_read),
                env=told,
            )
        os.close(say_write)
        os.close(go_read)
        self._readers = [
            _on_a_thread(lambda: self._read(self.process.stdout, 1, "stdout", output)),
            _on_a_thread(lambda: self._read(self.process.stderr, 2, "stderr", None)),
            _on_a_thread(lambda: self._listen(say_read)),
        ]

    def until_ready(self) -> SaidReady:
        """Wait until the program says that it is ready; raise ``SideFailed`` if it ends before."""
        with self._stirred:
            while self._ready is None and self.process.poll() is None:
                self._stirred.wait(0.05)
        if self._ready is None:
            self.drain()
        if self._ready is None:
            raise SideFailed(
                f"the program ended {self._how()} without saying that it is ready", self._hint()
            )
        return self._ready

    def go(self) -> None:
        """Let a program that waits for its clock go on; one that asks later is not kept waiting either."""
        if self._go >= 0:
            os.close(self._go)
            self._go = -1

    def finish(self) -> None:
        """Wait for the program's end; raise ``SideFailed`` if it failed."""
        if self.process.wait():
            self.drain()
            raise SideFailed(f"the program ended {self._how()}", self._hint())

    def _how(self) -> str:
        code = self.process.wait()
        return f"by signal {-code}" if code < 0 else f"with exit code {code}"

    def _hint(self) -> str:
        words = next((last for last in (self._last["stderr"], self._last["stdout"]) if last), b"")
        told = words.decode(errors="replace").strip()[:LAST_LINE].replace(str(Path.home()), "~")
        return f"its last words: {told}" if told else "it printed nothing"

    def drain(self) -> None:
        """Wait until all that was printed is read; what the program left running may keep its pipes open for ever."""
        until = time.monotonic() + DRAINED_WITHIN_S
        for reader in self._readers:
            reader.join(max(0.0, until - time.monotonic()))
        self.go()
        if not self._logged:
            self._log()
        if self._unkept is not None:
            raise SideFailed(
                f"what the program printed could not be kept: {self._unkept.strerror}",
                "make room on this machine's disk",
            )

    def _log(self) -> None:
        """Copy what was printed without being looked at to the log, as far as it has room."""
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
            kept = (
                opened.enter_context(output.open("wb", buffering=0))
                if source is not None and output is not None
                else None
            )
            returned, of_output = False, True
            for line in _lines(source, log):
                if line.strip():
                    self._last[name] = line
                if self._line is not None and not (
                    returned and line == b"\n"
                ):  # else it is the other half of that line's end
                    of_output = self._line(line)
                returned = line.endswith(b"\r")
                if of_output and kept is not None and self._unkept is None:
                    self._keep(kept, line)

    def _keep(self, kept: IO[bytes], line: bytes) -> None:
        """Write a line of the output; a disk that is full must not stop the program that prints, and is told of afterwards."""
        try:
            kept.write(line)
        except OSError as full:
            self._unkept = full

    def _listen(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb") as said:
            while line := said.readline(LONGEST_LINE_BYTES):
                with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                    self._heard(_said.decode(line))

    def _heard(self, said: Said) -> None:
        with self._stirred:
            if isinstance(said, SaidReady):
                self._ready = self._ready or said
            self._stirred.notify_all()
        self._hear(said, time.perf_counter() - self._began)


def _lines(source: IO[bytes] | None, log: int) -> Iterator[bytes]:
    """Yield what is read, line by line with its end, a carriage return being one too; all of it is written to the log first."""
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
        unpin()  # looking at what is printed must not take from the core that the program is timed on
        work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
