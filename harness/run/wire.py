"""What passes between the conductor and a side: one assignment, commands down, events up.

Two inherited pipes carry it, so that nothing that the side's code, Ray or a C library prints is
mistaken for an event. The side never waits for the pipe: a thread does the writing.
May import ``model``, ``events`` and ``event_lines``.
"""

import contextlib
import os
import queue
import select
import threading
from collections.abc import Callable, Iterator
from typing import Self

import msgspec

from harness.event_lines import LONGEST_LINE_BYTES, Garbled, decode, encode
from harness.events import Event, Failed, Finished
from harness.model import Parameters, Side, Variant

READS_AT_ONCE = 16
BLOCK_BYTES = CAPACITY_BYTES = 1 << 16  # of a pipe, on Linux
CLOSE_WITHIN_S = 2.0

SendEvent = Callable[[Event], None]


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a side's process needs to know.

    ``cores`` holds one set of cores per worker (an empty set: not pinned). ``address`` is that of
    a Ray cluster (empty: a local one); a baseline that has one runs on a host of that cluster,
    where it needs its cores beside ``cores_beside`` of the workers'. ``scratch`` is a folder of
    the side's own, ``shared_folder`` one that both sides see (empty: none). Of the ``workers``,
    the first ``workers_in_first_trial`` take part in the first trial (0: all). ``stall_after_s``
    is as in ``Patience``, ``chaos`` and ``spares`` as in ``Spec``, ``wait_for_hosts_s`` as in
    ``Plan``. ``program_environment`` is what
    changes in the presenter's environment for a program of a command pair (None: the side is no
    such program). ``dashboard``: Ray's own is wanted. With ``times_variants`` it only times
    variants of the baseline: nothing is searched before it is ready. The descriptors are None until
    the process is launched, ``guard_pid`` until it runs: the guard above it adopts what the side's
    processes leave running.
    """

    side: Side
    workload: str
    params: Parameters
    workers: int
    cores_per_worker: int
    cores: tuple[tuple[int, ...], ...]
    address: str = ""
    cores_beside: int = 0
    scratch: str = ""
    shared_folder: str = ""
    workers_in_first_trial: int = 0
    stall_after_s: float = 10.0
    wait_for_hosts_s: float | None = None
    chaos: tuple[str, ...] = ()
    spares: int = 0
    program_environment: dict[str, str] | None = None
    dashboard: bool = False
    times_variants: bool = False
    events_fd: int | None = None
    control_fd: int | None = None
    guard_pid: int | None = None


class ProbeSpeed(msgspec.Struct, frozen=True, tag_field="command", tag="probe"):
    """Run the warm-up slice repeatedly for ``seconds`` and report the passes per second."""

    seconds: float
    together: bool


class PrepareTrial(msgspec.Struct, frozen=True, tag_field="command", tag="prepare"):
    """Run a command pair's command to prepare, before a trial on ``workers`` workers (0: all)."""

    workers: int = 0


class StartTrial(msgspec.Struct, frozen=True, tag_field="command", tag="go"):
    """Run a trial now, on the first ``workers`` of the armed ones (0: all).

    ``next_workers`` is the number of workers in the side's next trial (0: all, None: there is
    none). ``hands_over``: the answer is written for the other side to score it, too.
    ``expected_items`` are those that strikes at a share of the work are about, where fewer than all
    are expected to be done (None: they are about all).
    """

    workers: int = 0
    next_workers: int | None = None
    hands_over: bool = False
    expected_items: int | None = None


class TimeVariant(msgspec.Struct, frozen=True, tag_field="command", tag="variant"):
    """Time a variant of the baseline for at least ``seconds`` and report its rate.

    ``name`` and ``value`` are as in ``model.Rate``. ``settings`` are laid over the session's
    (empty: it runs with the session's own).
    """

    variant: Variant
    seconds: float
    name: str = ""
    value: int | float = 0
    settings: Parameters = msgspec.field(default_factory=dict)


class ScoreAnswer(msgspec.Struct, frozen=True, tag_field="command", tag="score"):
    """Score the answer that the other side has handed over in a file, and report that."""

    path: str


class LetGo(msgspec.Struct, frozen=True, tag_field="command", tag="let-go"):
    """Hold no problem until the next command that needs one: others are about to load it."""


Command = ProbeSpeed | PrepareTrial | StartTrial | ScoreAnswer | TimeVariant | LetGo

_commands = msgspec.json.Decoder(Command)


def open_pipe(undo: contextlib.ExitStack) -> tuple[int, int]:
    """Return the ends of a pipe, which ``undo`` closes."""
    ends = os.pipe()
    for end in ends:
        undo.callback(os.close, end)
    return ends


def encode_command(command: Command) -> bytes:
    """Return the command as one line of JSON."""
    return msgspec.json.encode(command) + b"\n"


def read_commands(descriptor: int) -> Iterator[Command]:
    """Yield the conductor's commands until it closes the pipe."""
    with os.fdopen(descriptor, "rb") as lines:
        for line in lines:
            yield _commands.decode(line)


def is_hung_up(descriptor: int | None) -> bool:
    """Return whether the conductor has closed the pipe of commands."""
    if descriptor is None:
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return bool(poll.poll(0))


def required(descriptor: int | None) -> int:
    """Return a descriptor that must be open; raise ``ValueError`` if it is not."""
    if descriptor is None:
        raise ValueError("the pipe is closed")
    return descriptor


class EventWriter:
    """The side's end of the event pipe. ``send`` never waits for the reader.

    But once a clock has stopped it waits a moment until that is written: the conductor compares
    when it comes, and what scores the answer may keep the writing thread from running.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._queue: queue.SimpleQueue[bytes | threading.Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, daemon=True)

    @classmethod
    def start(cls, descriptor: int) -> Self:
        """Return a writer whose thread is running."""
        writer = cls(descriptor)
        writer._thread.start()
        return writer

    def send(self, event: Event) -> None:
        """Queue an event for the conductor."""
        self._queue.put(encode(event))
        if isinstance(event, Finished):
            written = threading.Event()
            self._queue.put(written)
            written.wait(CLOSE_WITHIN_S)

    def close(self) -> None:
        """Write what is queued, then close the pipe."""
        self._queue.put(None)
        self._thread.join(timeout=CLOSE_WITHIN_S)
        os.close(self._descriptor)

    def _write(self) -> None:
        over = False
        while not over:
            lines, written, over = self._next_lines()
            try:
                while lines:
                    lines = lines[os.write(self._descriptor, lines) :]
            except BrokenPipeError:
                return
            if written is not None:
                written.set()

    def _next_lines(self) -> tuple[bytes, threading.Event | None, bool]:
        """Wait for lines and return all that are queued, up to a pipe's capacity.

        With whom to tell once they are written (None: nobody), and whether no more will come.
        """
        lines, size = list[bytes](), 0
        while size < CAPACITY_BYTES:
            try:
                queued = self._queue.get(block=not lines)
            except queue.Empty:
                break
            if not isinstance(queued, bytes):
                return b"".join(lines), queued, queued is None
            lines.append(queued)
            size += len(queued)
        return b"".join(lines), None, False


class EventReader:
    """The conductor's end of the event pipe. ``closed``: no more bytes will be read."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.closed = False
        self._partial = b""
        self._disbelieved = False

    @classmethod
    def open(cls, descriptor: int) -> Self:
        """Return a reader that never waits for the side."""
        os.set_blocking(descriptor, False)
        return cls(descriptor)

    def receive(self) -> tuple[Event, ...]:
        """Return the events that have arrived; not all of them, if the side never pauses."""
        blocks: list[bytes] = []
        with contextlib.suppress(BlockingIOError):
            while not self.closed and len(blocks) < READS_AT_ONCE:
                blocks.append(self.read())
        return self.events_of(b"".join(blocks))

    def read(self) -> bytes:
        """Return a block of bytes that have arrived; none once the side has closed its end.

        One that is shorter than ``BLOCK_BYTES`` was all that there was. Raises ``BlockingIOError``
        if there was nothing.
        """
        block = os.read(self.descriptor, BLOCK_BYTES)
        self.closed = self.closed or not block
        return block

    def events_of(self, content: bytes) -> tuple[Event, ...]:
        """Return the events of bytes that follow those before.

        A garbled or endless line closes the reader; it is returned as ``Failed``, and nothing is
        believed after it.
        """
        if self._disbelieved:
            return ()
        *lines, self._partial = (self._partial + content).split(b"\n")
        if len(self._partial) > LONGEST_LINE_BYTES:
            lines.append(self._partial)
        events: list[Event] = []
        try:
            for line in filter(None, lines):
                events.append(decode(line))
        except Garbled as garbled:
            self.disbelieve()
            events.append(Failed(reason=garbled.sentence))
        return tuple(events)

    def disbelieve(self) -> None:
        """Read nothing more, and make no events of what was read and not looked at."""
        self.closed = self._disbelieved = True
