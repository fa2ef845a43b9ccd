"""The processes of a session as one value: started, read from, and ended together.

May import ``model``, ``events``, ``errors`` and ``run``.
"""

import select
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from harness.errors import LACKS, SideFailed, reason_of
from harness.events import Event, Failed
from harness.model import Side, Variant
from harness.run.launch import SideProcess, end_all, launch
from harness.run.protocol import AT_REST, HINT, Conversation, Rights
from harness.run.wire import BLOCK_BYTES, Assignment

LOOK_EVERY_S = 0.02
LATE_FROM_AWAY_S = 2.0  # what is later than usual is a caveat of the audit
MOST_BYTES = 1 << 20
"""More than these do not wait until a frame is due."""

Key = Side | Variant | int
Receive = Callable[[SideProcess, tuple[Event, ...], float], None]
"""Is given a process, events of it, and when they arrived by the clock."""


class _Arrival(NamedTuple):
    """Bytes of a process, and when they were read; none had come by ``heard_at``.

    ``is_last``: it has closed its end.
    """

    process: SideProcess
    content: bytes
    at: float
    heard_at: float
    is_last: bool


class SideProcesses:
    """Both sides' processes, and those of variants that need others: copies are numbered.

    ``rights`` are those of every process, but for its number of workers.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, rights: Rights | None = None
    ) -> None:
        self._clock = clock
        self._rights = rights or Rights()
        self._heard_at = clock()
        self._processes: dict[Key, SideProcess] = {}
        self._retired: list[SideProcess] = []
        self._failed: set[Side] = set()

    def __getitem__(self, key: Key) -> SideProcess:
        """Return a process that was started."""
        return self._processes[key]

    def start(self, key: Key, assignment: Assignment, log: Path) -> SideProcess:
        """Start a process; raise ``SideFailed`` where this machine cannot."""
        away = assignment.side is Side.BASELINE and assignment.address
        rights = self._rights._replace(
            workers=assignment.workers, late_s=LATE_FROM_AWAY_S if away else 0.0
        )
        conversation = Conversation(rights, self._clock)
        try:
            process = self._processes[key] = launch(assignment, log, conversation)
        except OSError as error:
            sentence = f"the {assignment.side} side cannot be started: {reason_of(error)}"
            raise SideFailed(sentence, LACKS.get(error.errno or 0, "")) from error
        return process

    def at_work(self) -> dict[Side, list[int]]:
        """Return the pids of the processes that are to report something, by their sides."""
        busy: dict[Side, list[int]] = {}
        for process in self._processes.values():
            if not process.reader.closed and process.conversation.turn not in AT_REST:
                busy.setdefault(process.side, []).append(process.pid)
        return busy

    def listen(self, seconds: float, receive: Receive) -> None:
        """Hand over, after that many seconds, the events that arrived, each with when it did.

        They are read and timed at once. What they say is looked at when all are there: whoever
        wakes up for each pays for it with cold caches.
        """
        until = self._clock() + seconds
        while self._clock() < until:
            for arrival in self._arrivals(until):
                if events := self._events_of(arrival):
                    receive(arrival.process, events, arrival.at)

    def _arrivals(self, until: float) -> list["_Arrival"]:
        """Return what arrives until a time by the clock, or until it is very much."""
        poll, reading = select.poll(), dict[int, SideProcess]()
        for process in self._processes.values():
            if not process.reader.closed:
                poll.register(process.reader.descriptor, select.POLLIN)
                reading[process.reader.descriptor] = process
        arrivals: list[_Arrival] = []
        size = 0
        while size < MOST_BYTES and (left := until - (now := self._clock())) > 0:
            whole = True
            for descriptor, _ in poll.poll(1e3 * left):
                arrival = self._read(reading[descriptor])
                if arrival.is_last:
                    poll.unregister(descriptor)
                arrivals.append(arrival)
                size += len(arrival.content)
                whole = whole and len(arrival.content) < BLOCK_BYTES
            if whole:
                self._heard_at = now  # what came before this was read by now
        return arrivals

    def _read(self, process: SideProcess) -> "_Arrival":
        content = process.reader.read()
        return _Arrival(process, content, self._clock(), self._heard_at, process.reader.closed)

    def _events_of(self, arrival: "_Arrival") -> tuple[Event, ...]:
        """Return the events that have arrived from a side.

        One that reports what it cannot has failed, and so has one that closes its pipe, reported or
        not.
        """
        process = arrival.process
        events = self._without_faults(arrival, process.reader.events_of(arrival.content))
        if any(isinstance(event, Failed) for event in events):
            self._failed.add(process.side)
        elif arrival.is_last and process.side not in self._failed:
            self._failed.add(process.side)
            return (*events, process.exit_failure())
        return events

    def _without_faults(self, arrival: "_Arrival", events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Return the events up to the first that has a fault; that is a failure, and the last."""
        process = arrival.process
        for place, event in enumerate(events):
            if sentence := process.conversation.fault(event, arrival.heard_at, arrival.at):
                process.reader.disbelieve()
                return (*events[:place], Failed(reason=sentence, hint=HINT))
        return events

    def retire(self, keys: Iterable[Key]) -> None:
        """Let some processes end by themselves; what they still send is not listened to."""
        retired = [self._processes.pop(key) for key in keys]
        self._retired += retired
        _close_commands(retired)

    def retired_have_ended(self) -> bool:
        """Return whether every process that was let go has ended."""
        return all([process.has_ended() for process in self._retired])

    def close_commands(self) -> None:
        """Let every process end by itself."""
        _close_commands(self._processes.values())

    def ended_within(self, seconds: float) -> bool:
        """Return whether all have ended, as soon as they have or after that many seconds."""
        until = self._clock() + seconds
        while not all([process.has_ended() for process in self._all()]):
            if self._clock() >= until:
                return False
            time.sleep(LOOK_EVERY_S)
        return True

    def end(self) -> None:
        """End every process; raise ``SideFailed`` with the pids of those that survive."""
        survivors = end_all(self._all(), patience_s=0.0)
        self._processes.clear()
        self._retired.clear()
        if survivors:
            pids = " ".join(map(str, survivors))
            raise SideFailed(f"processes {pids} could not be ended", f"try `kill -9 {pids}`")

    def _all(self) -> list[SideProcess]:
        return [*self._processes.values(), *self._retired]


def _close_commands(processes: Iterable[SideProcess]) -> None:
    for process in processes:
        process.note_tree()
        process.close_commands()
