"""A side's process on a host of the cluster: an actor there starts it and passes on its streams.

The process is the same as one that the conductor starts on its own host, below the same guard: it
ends with the actor, and the actor with whoever has joined the cluster to start it.
May import ``errors``, ``event_lines``, ``events``, ``model`` and ``run``.
"""

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from harness.model import Side
from harness.run import start
from harness.run.guarded import start_guarded
from harness.run.launch import ORPHAN_GRACE_S, environment
from harness.run.scratch import Scratch, short_folder, sweep_temporary
from harness.run.utilization import TreeMeter, UtilizationMeter, WorkerLoad
from harness.run.wire import Assignment, open_pipe

WAITS_S = 0.5  # also between two samples
BLOCK_BYTES = 1 << 16
EXIT_WITHIN_S = 10.0
SHARED = "shared"


class Received(NamedTuple):
    """What a side has sent and printed, and how busy its workers were since the last sample.

    ``exit_code`` is None while it runs.
    """

    events: bytes
    printed: bytes
    loads: Sequence[WorkerLoad]
    exit_code: int | None


class RemoteSide:
    """One side's process on this host. ``receive`` is for one caller at a time."""

    def __init__(self, assignment: Assignment, folder: str, own_file: str) -> None:
        """Start it in ``folder``, where that is here.

        Of the user's modules ``own_file``, as it was sent here, holds the workload (empty: it is
        built in, or found by its name).
        """
        sweep_temporary()
        self._scratch = Scratch.make(short_folder())
        with contextlib.ExitStack() as undo:
            undo.callback(self._scratch.remove)
            self._start(_as_here(assignment, self._scratch.path, own_file), folder, undo)
            undo.pop_all()
        self._open = [self._events, self._printed]
        self._workers: Mapping[str, int] = {}
        self._meter = UtilizationMeter()
        self._tree_meter = TreeMeter() if assignment.program_environment is not None else None
        self._sampled_at = 0.0

    def _start(self, assignment: Assignment, folder: str, undo: contextlib.ExitStack) -> None:
        """Start the process with its pipes, which ``undo`` closes if that fails."""
        self._events, events_write = open_pipe(undo)
        control_read, self._control = open_pipe(undo)
        self._printed, printed_write = open_pipe(undo)
        complete = msgspec.structs.replace(
            assignment, events_fd=events_write, control_fd=control_read
        )
        self._process, self.pid = start_guarded(
            start.command("harness.run.child", msgspec.json.encode(complete).decode()),
            control_read,
            ORPHAN_GRACE_S,
            stdin=subprocess.DEVNULL,
            stdout=printed_write,
            stderr=printed_write,
            pass_fds=(events_write,),
            start_new_session=True,
            cwd=folder if os.path.isdir(folder) else assignment.scratch,
            env=_environment(assignment),
        )
        for end in (events_write, control_read, printed_write):
            os.close(end)

    def answer(self) -> None:
        """Answer, so that the caller can tell how long that takes."""

    def watch(self, workers: Mapping[str, int]) -> None:
        """Sample these workers, pids by names, from now on."""
        self._meter.guards = {pid: self._process.pid for pid in workers.values()}
        self._workers = workers

    def send(self, line: bytes) -> None:
        """Give the process a command; that it is gone is noticed by who receives."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._control, line)

    def hand_over(self, name: str, content: bytes) -> str:
        """Write a file into the process's folder; return its path."""
        path = self._scratch.path / name
        path.write_bytes(content)
        return str(path)

    def share(self, files: Mapping[str, bytes]) -> None:
        """Put files into the folder that both sides see, as far as they are not there yet."""
        for name, content in files.items():
            if not (path := self._scratch.path / SHARED / name).exists():
                path.write_bytes(content)

    def shared(self, but: Sequence[str]) -> dict[str, bytes]:
        """Return the files in that folder, without those of these names."""
        files = (self._scratch.path / SHARED).iterdir()
        return {path.name: path.read_bytes() for path in files if path.name not in but}

    def close(self) -> None:
        """Let the process end by itself."""
        os.close(self._control)

    def receive(self) -> Received:
        """Return what came since the last call, as soon as something does or after a while."""
        ready, _, _ = select.select(self._open, [], [], WAITS_S)
        blocks = {descriptor: os.read(descriptor, BLOCK_BYTES) for descriptor in ready}
        for descriptor in [descriptor for descriptor, block in blocks.items() if not block]:
            self._open.remove(descriptor)
            os.close(descriptor)
        code = None if self._open else self._end()
        events, printed = (blocks.get(one, b"") for one in (self._events, self._printed))
        return Received(events, printed, self._loads(), code)

    def _end(self) -> int:
        """Return the exit code, and leave nothing behind."""
        try:
            code = self._process.wait(EXIT_WITHIN_S)
        finally:
            self._scratch.remove()
        return code

    def _loads(self) -> Sequence[WorkerLoad]:
        now = time.monotonic()
        if not self._workers or now < self._sampled_at + WAITS_S:
            return ()
        self._sampled_at = now
        if self._tree_meter is not None:
            return self._tree_meter.read(self.pid, [*self._workers])
        return self._meter.read(self._workers)


def missing(files: Sequence[str]) -> list[str]:
    """Return which of these files and folders are not on this host."""
    return [file for file in files if not os.path.exists(file)]


def _as_here(assignment: Assignment, scratch: Path, own_file: str) -> Assignment:
    """Return the assignment with the folders of this host, and the workload's file that is here."""
    shared = scratch / SHARED
    shared.mkdir()
    place = os.path.join(start.ROOT, start.USER_FOLDER, own_file)
    return msgspec.structs.replace(
        assignment,
        workload=place if own_file else assignment.workload,
        scratch=str(scratch),
        shared_folder=str(shared),
    )


def _environment(assignment: Assignment) -> dict[str, str]:
    """Return the environment of a worker on this host, with what every baseline has in its own."""
    if assignment.program_environment is not None:
        return dict(os.environ) | assignment.program_environment
    cores = assignment.cores_per_worker
    return environment(os.environ, Side.BASELINE, cores, joined=True, scratch=assignment.scratch)
