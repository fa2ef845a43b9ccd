"""What passes between the conductor and a side: one assignment, then commands down and events up.

Two inherited pipes carry it, so that whatever the side's code, Ray or a C library prints can never be
taken for an event. The child's end never blocks the work: a thread does the writing.
May import ``model`` and ``events``.
"""

import os
import queue
import threading
import time
from collections.abc import Iterator

import msgspec

from harness.events import LONGEST_LINE_BYTES, Event, Failed, Garbled, Progress, decode, encode
from harness.model import Parameters, Side, Variant

PROGRESS_EVERY_S = 0.1
READS_AT_ONCE = 16


class Assignment(msgspec.Struct, frozen=True):
    """All that a side's process needs to know. ``cores`` holds one set per worker; an empty set: not pinned.

    ``scratch`` is a folder of the side's own, ``common`` one that both sides see (empty: there is none). ``first`` is how many
    of the ``workers`` have a part in the first trial (0: all).
    """

    side: Side
    workload: str
    params: Parameters
    workers: int
    cores_per_worker: int
    cores: tuple[tuple[int, ...], ...]
    events_fd: int
    control_fd: int
    address: str = ""
    scratch: str = ""
    common: str = ""
    first: int = 0


class ProbeSpeed(msgspec.Struct, frozen=True, tag_field="command", tag="probe"):
    """Run the warm-up slice over and over for ``seconds`` and say how often it passed."""

    seconds: float
    together: bool


class StartTrial(msgspec.Struct, frozen=True, tag_field="command", tag="go"):
    """Run the trial now, on the first ``workers`` of the armed ones (0: all); ``then`` are those of the side's next trial (None: none)."""

    workers: int = 0
    then: int | None = None


class TimeVariant(msgspec.Struct, frozen=True, tag_field="command", tag="study"):
    """Time a variant of the baseline for at least ``seconds`` and say its rate; ``name`` and ``value`` as in ``model.Rate``."""

    variant: Variant
    seconds: float
    name: str = ""
    value: int | float = 0


Command = ProbeSpeed | StartTrial | TimeVariant

_commands = msgspec.json.Decoder(Command)


def encode_command(command: Command) -> bytes:
    """Return the command as one line."""
    return msgspec.json.encode(command) + b"\n"


def commands(descriptor: int) -> Iterator[Command]:
    """Yield the conductor's commands until it hangs up."""
    with os.fdopen(descriptor, "rb") as lines:
        for line in lines:
            yield _commands.decode(line)


class EventWriter:
    """The child's end of the event pipe: ``say`` never waits for the reader."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def say(self, event: Event) -> None:
        """Queue an event for the conductor."""
        self._queue.put(encode(event))

    def close(self) -> None:
        """Write what is queued, then close the pipe."""
        self._queue.put(None)
        self._writer.join(timeout=2.0)
        os.close(self._descriptor)

    def _write(self) -> None:
        while (line := self._queue.get()) is not None:
            try:
                while line:
                    line = line[os.write(self._descriptor, line) :]
            except BrokenPipeError:
                return


class Reporter:
    """The ``report(done)`` that a workload calls: cumulative, cheap, passed on at most every 0.1 s."""

    def __init__(self, writer: EventWriter) -> None:
        self._writer = writer
        self._next = 0.0
        self.done = 0

    def __call__(self, done: int) -> None:
        """Note the items done, and pass them on when it is time."""
        self.done = done
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + PROGRESS_EVERY_S
            self._writer.say(Progress(done=done))


class EventReader:
    """The conductor's end of the event pipe: whole lines in, events out. ``closed``: nothing more will be heard."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.closed = False
        self._partial = b""

    def listen(self) -> tuple[Event, ...]:
        """Return the events that have arrived; a garbled or endless line is the last, returned as ``Failed``."""
        *lines, self._partial = (self._partial + self._received()).split(b"\n")
        if len(self._partial) > LONGEST_LINE_BYTES:
            lines.append(self._partial)
        events: list[Event] = []
        try:
            for line in filter(None, lines):
                events.append(decode(line))
        except Garbled as garbled:
            self.closed = True
            events.append(Failed(reason=garbled.sentence))
        return tuple(events)

    def _received(self) -> bytes:
        """Return the bytes that have arrived, but not all of them from a side that never pauses: a frame must end."""
        received: list[bytes] = []
        while not self.closed and len(received) < READS_AT_ONCE:
            try:
                received.append(os.read(self.descriptor, 1 << 16))
            except BlockingIOError:
                break
            self.closed = not received[-1]
        return b"".join(received)
