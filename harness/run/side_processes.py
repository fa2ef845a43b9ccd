"""The processes of a session as one value: started, read from, and ended together.

May import ``model``, ``events``, ``errors`` and ``run``.
"""

import selectors
import time
from collections.abc import Callable
from pathlib import Path

from harness.errors import SideFailed
from harness.events import Event, Failed
from harness.model import Side, Variant
from harness.run.launch import SideProcess, end_all, launch
from harness.run.wire import Assignment

LOOK_EVERY_S = 0.02

Key = Side | Variant
Receive = Callable[[SideProcess, tuple[Event, ...]], None]


class SideProcesses:
    """Both sides' processes, and that of a variant with all the host's cores."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._processes: dict[Key, SideProcess] = {}
        self._failed: set[Side] = set()

    def __getitem__(self, key: Key) -> SideProcess:
        """Return a process that was started."""
        return self._processes[key]

    def start(self, key: Key, assignment: Assignment, log: Path) -> SideProcess:
        """Start a process."""
        process = self._processes[key] = launch(assignment, log)
        return process

    def listen(self, seconds: float, receive: Receive) -> None:
        """Hand over events as they arrive, for that many seconds."""
        until = self._clock() + seconds
        with selectors.DefaultSelector() as selector:
            for process in self._processes.values():
                if not process.reader.closed:
                    selector.register(process.reader.descriptor, selectors.EVENT_READ, process)
            while (left := until - self._clock()) > 0:
                for key, _ in selector.select(left):
                    receive(key.data, self._receive(key.data))
                    if key.data.reader.closed:
                        selector.unregister(key.fd)

    def _receive(self, process: SideProcess) -> tuple[Event, ...]:
        """Return the events of a side. One that closes its pipe has failed, reported or not."""
        events = process.reader.receive()
        if any(isinstance(event, Failed) for event in events):
            self._failed.add(process.side)
        elif process.reader.closed and process.side not in self._failed:
            self._failed.add(process.side)
            return (*events, process.exit_failure())
        return events

    def close_commands(self) -> None:
        """Let every process end by itself."""
        for process in self._processes.values():
            process.note_tree()
            process.close_commands()

    def ended_within(self, seconds: float) -> bool:
        """Return whether all have ended, as soon as they have or after that many seconds."""
        until = self._clock() + seconds
        while not all([process.has_ended() for process in self._processes.values()]):
            if self._clock() >= until:
                return False
            time.sleep(LOOK_EVERY_S)
        return True

    def end(self) -> None:
        """End every process; raise ``SideFailed`` with the pids of those that survive."""
        survivors = end_all(list(self._processes.values()), patience_s=0.0)
        self._processes.clear()
        if survivors:
            raise SideFailed(f"processes {survivors} could not be ended", "end them by hand")
