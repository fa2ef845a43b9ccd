"""Start a side: its pipes, its log, its cores and the environment that makes the terms equal.

May import ``model``, ``events``, ``errors`` and ``run``.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

import workloads
from harness.errors import BadRequest
from harness.events import Failed
from harness.model import Side
from harness.run import processes
from harness.run.describe import Refused, WorkloadFacts
from harness.run.digest import workloads_digest
from harness.run.host import THREAD_VARIABLES
from harness.run.wire import Assignment, Command, EventReader, encode_command

DESCRIBE_WITHIN_S = 120.0
REACH_WITHIN_S = 3.0
EXIT_WITHIN_S = 1.0
LAST_WORDS_BYTES = 2_000

LOCAL_RAY = {
    "RAY_worker_niceness": "0",  # Ray runs workers at nice 15; the baseline runs at 0
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # keeps every listener on the loopback interface
    "RAY_AUTH_MODE": "token",
    "RAY_preallocate_plasma_memory": "1",  # pages of shared memory are made before the clock starts
    "RAY_enable_metrics_collection": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_enable_timeline": "0",
    "RAY_SCHEDULER_EVENTS": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}


SIDES = {
    "PYTHONUNBUFFERED": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime's import would begin to send what it sees of the machine
}


def environment(given: Mapping[str, str], side: Side, threads: int, joined: bool) -> dict[str, str]:
    """Return a side's environment: the presenter's, with equal thread counts and Ray kept quiet, local and private.

    A joined cluster keeps the presenter's own Ray settings, which its administrator chose.
    """
    made = kernels_kept() | dict(given) | dict.fromkeys(THREAD_VARIABLES, str(threads)) | SIDES
    if side is Side.DISTRIBUTED and not joined:
        made = {name: value for name, value in made.items() if not name.startswith("RAY_")}
        made |= LOCAL_RAY | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
    return made


def kernels_kept() -> dict[str, str]:
    """Return where Numba keeps what it has compiled: a folder of its own for each version of the workloads, where one can be written.

    Numba knows a kernel by the file that it stands in, and would go on running an old one whose callees were changed in another.
    """
    folder = Path(workloads.__path__[0]) / "__pycache__"
    if not os.access(folder if folder.is_dir() else folder.parent, os.W_OK):
        return {}
    return {"NUMBA_CACHE_DIR": str(folder / f"kernels-{workloads_digest()[:12]}")}


@dataclass
class Child:
    """A running side, seen from the conductor. ``family`` holds the recorded pids of it and all it started."""

    side: Side
    process: subprocess.Popen[bytes]
    reader: EventReader
    control_fd: int
    log: Path
    scratch: Path
    family: dict[int, float]

    def order(self, command: Command) -> None:
        """Send a command; a side that is gone is noticed by its reader."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self.control_fd, encode_command(command))

    def hang_up(self) -> None:
        """Tell the side that no more commands will come, upon which it ends; once told, it is not told again."""
        if self.control_fd >= 0:
            os.close(self.control_fd)
            self.control_fd = -1

    def recount(self) -> None:
        """Record the pids of everything the side has started by now."""
        self.family |= processes.family(self.process.pid) | processes.session(self.process.pid)

    def ending(self) -> Failed:
        """Return how a side ended that hung up without a word; one that lives on is not waited for."""
        try:
            code = self.process.wait(timeout=EXIT_WITHIN_S)
        except subprocess.TimeoutExpired:
            return Failed(reason="it hung up but did not end", last_words=self.last_words())
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return Failed(reason=f"its process {how}", last_words=self.last_words())

    def last_words(self) -> str:
        """Return the end of the side's log."""
        return self.log.read_bytes()[-LAST_WORDS_BYTES:].decode(errors="replace").strip()

    def gone(self) -> bool:
        """Return whether the side and everything recorded of it have ended; a full pipe must not keep it from leaving."""
        self.reader.listen()
        return self.process.poll() is not None and not processes.alive(self.family)

    def clear(self) -> None:
        """Give back the last descriptor and the scratch folder."""
        os.close(self.reader.descriptor)
        shutil.rmtree(self.scratch, ignore_errors=True)


def end_all(children: Sequence[Child], patience_s: float) -> list[int]:
    """Hang up on the sides and wait; then terminate, then kill what was recorded. Return the pids that survived even that."""
    for child in children:
        child.hang_up()
    for signal_number, seconds in (
        (None, patience_s),
        (signal.SIGTERM, 1.0),
        (signal.SIGKILL, 2.0),
    ):
        for child in children:
            child.recount()
            if signal_number is not None:
                processes.end(child.family, signal_number)
        if _all_gone(children, seconds) and _none_came(children):
            break
    for child in children:
        child.clear()
    return [pid for child in children for pid in processes.alive(child.family)]


def _all_gone(children: Sequence[Child], seconds: float) -> bool:
    """Return whether all that is recorded has ended, as soon as it has or after that many seconds."""
    until = time.monotonic() + seconds
    while not (gone := all(child.gone() for child in children)) and time.monotonic() < until:
        time.sleep(0.02)
    return gone


def _none_came(children: Sequence[Child]) -> bool:
    """Return whether nothing is there that was not recorded: a daemon may have started another one while it was told to end."""
    for child in children:
        child.recount()
    return all(child.gone() for child in children)


def launch(assignment: Assignment, log: Path) -> Child:
    """Start a side's process with its two pipes; it leads a session of its own, out of reach of the terminal's signals."""
    threads = max(1, len(assignment.cores[0])) if assignment.cores else assignment.cores_per_worker
    with log.open("ab") as printed:
        scratch = Path(tempfile.mkdtemp(prefix="tc-", dir=_short_folder()))
        events_read, events_write = os.pipe()
        control_read, control_write = os.pipe()
        told = msgspec.structs.replace(
            assignment, events_fd=events_write, control_fd=control_read, scratch=str(scratch)
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "harness.run.child", msgspec.json.encode(told).decode()],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            pass_fds=(events_write, control_read),
            start_new_session=True,
            env=environment(os.environ, assignment.side, threads, bool(assignment.address)),
        )
    os.close(events_write)
    os.close(control_read)
    return Child(
        assignment.side, process, EventReader(events_read), control_write, log, scratch, {}
    )


def _short_folder() -> str:
    """Return a folder with a short path: Ray puts sockets below it, and their names are limited."""
    usual = tempfile.gettempdir()
    return usual if len(usual) <= 16 else "/tmp"


def describe(workload: str, settings: list[str]) -> WorkloadFacts:
    """Return what a workload says of itself, read in a process of its own; raise ``BadRequest`` if it cannot be run so."""
    try:
        described = _described(workload, settings)
    except subprocess.TimeoutExpired as late:
        hint = "leave the work to load, baseline and distributed"
        raise BadRequest(
            f"{workload} took longer than {late.timeout:.0f} s to be read", hint
        ) from late
    except msgspec.MsgspecError as error:
        raise BadRequest(
            f"{workload} cannot be used: {error}",
            "compare its fields with harness.workload.Workload",
        ) from error
    if isinstance(described, Refused):
        raise BadRequest(described.sentence, described.hint)
    return described


def _described(workload: str, settings: list[str]) -> WorkloadFacts | Refused:
    with tempfile.TemporaryFile() as answer:
        descriptor = answer.fileno()
        command = [
            sys.executable,
            "-m",
            "harness.run.describe",
            str(descriptor),
            workload,
            *settings,
        ]
        ran = subprocess.run(
            command,
            pass_fds=(descriptor,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=DESCRIBE_WITHIN_S,
            check=False,
        )
        answer.seek(0)
        if told := answer.read():
            return msgspec.json.decode(told, type=WorkloadFacts | Refused)
    last = ran.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    return Refused(
        f"{workload} cannot be loaded: {last[0]}", "run that file with python to see where it fails"
    )


def require_reachable(address: str) -> None:
    """Raise ``BadRequest`` unless something listens at a Ray address of the form host:port (or ``auto``)."""
    if address.startswith("ray://"):
        hint = "run on a node of the cluster and give host:6379"
        raise BadRequest(
            f"{address} is a Ray Client address, which adds a proxy to every call", hint
        )
    if address in ("", "auto"):
        return
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or not host:
        hint = "the head node prints its address when it starts, such as 10.0.0.1:6379"
        raise BadRequest(f"{address!r} is not an address of the form host:port", hint)
    try:
        socket.create_connection((host, int(port)), timeout=REACH_WITHIN_S).close()
    except (OSError, OverflowError, UnicodeError) as error:
        hint = "start one with `ray start --head`, or leave --address out for a local one"
        raise BadRequest(f"no cluster answers at {address}: {error}", hint) from error
