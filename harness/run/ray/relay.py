"""What passes between the conductor and a side's process on another host, in either direction.

The lines of both pipes go through unchanged, but that the report of being ready says how far away
that host is, and that files which a line names are brought along.
May import ``event_lines``, ``events``, ``model`` and ``run``.
"""

import contextlib
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import ray
from ray.exceptions import RayActorError

from harness.event_lines import Garbled, decode, encode
from harness.events import AnswerScored, Event, Failed, Ready, Scored
from harness.run import wire
from harness.run.ray.baseline_host import ELSEWHERE
from harness.run.ray.remote_side import Received
from harness.run.utilization import sample_of

ROUND_TRIPS = 10
STARTS_WITHIN_S = 120.0
ENDS_WITHIN_S = 30.0
JOINING = "cluster"
ANSWER_NAME = "answer-of-the-other-side"


class Relay:
    """Passes on the lines of both pipes between here and a ``RemoteSide`` on another host.

    ``joined_in_s`` is what it took to get that far, which is part of the side's start-up.
    """

    def __init__(self, assignment: wire.Assignment, side: Any, joined_in_s: float) -> None:
        self._assignment = assignment
        self._side = side
        self._joined_in_s = joined_in_s
        self._events_fd = wire.required(assignment.events_fd)
        is_pair = assignment.program_environment is not None
        self._folder = Path(assignment.shared_folder) if is_pair else None
        self._shared: set[str] = set()
        self._partial = b""
        self._is_ready = False
        self._exit_code = 1

    def run(self) -> int:
        """Pass everything on until the process has ended; return its exit code."""
        receiving = threading.Thread(target=self._receive, daemon=True)
        receiving.start()
        with contextlib.suppress(RayActorError):  # who receives says that
            for command in wire.read_commands(wire.required(self._assignment.control_fd)):
                self._send_shared()
                line = wire.encode_command(self._with_file(command))
                ray.get(self._side.send.remote(line))
            ray.get(self._side.close.remote())
        receiving.join(ENDS_WITHIN_S)
        return self._exit_code

    def _with_file(self, command: wire.Command) -> wire.Command:
        """Return the command; a file that it names is brought along, and has its path there."""
        if not isinstance(command, wire.ScoreAnswer):
            return command
        try:
            content = Path(command.path).read_bytes()
        except OSError:
            return command  # the process says what is wrong with that path
        return wire.ScoreAnswer(ray.get(self._side.hand_over.remote(ANSWER_NAME, content)))

    def _send_shared(self) -> None:
        """Send what the other side has put into the folder that the programs of a pair see."""
        if self._folder is None:
            return
        new = {
            path.name: path.read_bytes()
            for path in self._folder.iterdir()
            if path.is_file() and path.name not in self._shared
        }
        if new:
            ray.get(self._side.share.remote(new))
        self._shared |= new.keys()

    def _fetch_shared(self) -> None:
        """Put here what the side has put into that folder: it rests, and so does the other."""
        if self._folder is None:
            return
        for name, content in ray.get(self._side.shared.remote([*self._shared])).items():
            if not (path := self._folder / name).exists():
                path.write_bytes(content)
            self._shared.add(name)

    def _receive(self) -> None:
        """Pass on what the process sends and prints, until it has ended."""
        received = None
        try:
            while received is None or received.exit_code is None:
                received = ray.get(self._side.receive.remote())
                self._pass_on(received)
            self._exit_code = received.exit_code
        except RayActorError:
            hint = f"start the cluster's node there again, {ELSEWHERE}"
            self._write(encode(Failed(reason="the host on which it ran was lost", hint=hint)))
        finally:
            os.close(self._events_fd)

    def _pass_on(self, received: Received) -> None:
        sys.stdout.buffer.write(received.printed)
        sys.stdout.buffer.flush()
        self._write(b"".join(self._lines(received.events)))
        for load in received.loads:
            self._write(encode(sample_of(load)))

    def _lines(self, block: bytes) -> Iterator[bytes]:
        """Yield the whole lines that have come, each as soon as it may be read."""
        *lines, self._partial = (self._partial + block).split(b"\n")
        for line in lines:
            event = self._event_to_look_at(line)
            if isinstance(event, Ready):
                self._is_ready = True
                event = self._completed(event)
                ray.get(self._side.watch.remote({one.id: one.pid for one in event.workers}))
            if isinstance(event, Ready | Scored | AnswerScored):
                self._fetch_shared()
            yield encode(event) if isinstance(event, Ready) else line + b"\n"

    def _event_to_look_at(self, line: bytes) -> Event | None:
        """Return the event of a line (None: it is to be passed on as it is)."""
        if self._is_ready and not (self._folder and b"scored" in line):
            return None
        try:
            return decode(line)
        except Garbled:
            return None  # the conductor says so

    def _completed(self, ready: Ready) -> Ready:
        """Return the report that the side is ready, with what it cannot know itself."""
        away_s = self._round_trip_s()
        return msgspec.structs.replace(
            ready,
            hosts=tuple(replace(host, round_trip_s=away_s) for host in ready.hosts),
            startup={JOINING: self._joined_in_s, **ready.startup},
        )

    def _round_trip_s(self) -> float:
        """Return how long a message takes there and back."""
        seconds = []
        for _ in range(ROUND_TRIPS):
            began = time.perf_counter()
            ray.get(self._side.answer.remote())
            seconds.append(time.perf_counter() - began)
        return statistics.median(seconds)

    def _write(self, lines: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):
            while lines:
                lines = lines[os.write(self._events_fd, lines) :]
