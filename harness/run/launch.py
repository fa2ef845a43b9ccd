"""Start a side, and end it: its pipes, its log, and the environment that makes the terms equal.

May import ``model``, ``events``, ``errors`` and ``run``.
"""

import contextlib
import os
import secrets
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

import workloads
from harness.errors import BadRequest
from harness.events import Failed
from harness.model import Side
from harness.run import processes, start
from harness.run.cluster_token import with_token_sent
from harness.run.describe import Refused, WorkloadFacts
from harness.run.guarded import guarded_process, start_guarded
from harness.run.home import home_folder
from harness.run.host import THREAD_VARIABLES
from harness.run.protocol import Conversation
from harness.run.ray.ray_words import explain_end
from harness.run.scratch import Scratch, short_folder
from harness.run.sources import workloads_digest
from harness.run.wire import Assignment, Command, EventReader, encode_command, open_pipe, required

DESCRIBE_WITHIN_S = 120.0
EXIT_WITHIN_S = 3.0
ORPHAN_GRACE_S = 4.0
LOG_END_BYTES = 2_000

LOCAL_RAY = {
    "RAY_worker_niceness": "0",  # Ray runs workers at nice 15; the baseline runs at 0
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # keeps every listener on the loopback interface
    "RAY_AUTH_MODE": "token",
    # What is smaller travels within messages that are sent anyway. With Ray's limit of 100 kB the
    # pieces of a shuffle go through the store, which took 7 % of the core-seconds of ``dedup``.
    "RAY_max_direct_call_object_size": str(1 << 20),
    "RAY_preallocate_plasma_memory": "1",  # pages of shared memory are made before the clock starts
    "RAY_enable_metrics_collection": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_enable_timeline": "0",
    "RAY_SCHEDULER_EVENTS": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}

EITHER_SIDE = {
    "PYTHONUNBUFFERED": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # else ONNX Runtime reports on the machine once it is imported
    "NUMBA_DISABLE_JIT": "0",  # also where a file in the current folder says otherwise
    "PYTHONOPTIMIZE": "",  # without docstrings Ray's workers never start
}


def environment(
    inherited: Mapping[str, str], side: Side, threads: int, joined: bool, scratch: str = ""
) -> dict[str, str]:
    """Return a side's environment: the inherited one with equal thread counts.

    ``scratch`` is the side's own folder (empty: it has none). A local Ray is kept quiet and
    private. A cluster that was joined keeps the inherited settings of Ray, which its administrator
    chose, and is sent the token that is there, also by a baseline on one of its hosts.
    """
    limits = dict.fromkeys(THREAD_VARIABLES, str(threads))
    result = numba_cache(scratch) | dict(inherited) | limits | EITHER_SIDE
    if joined:
        return with_token_sent(result)
    if side is Side.BASELINE:
        return result
    own = {name: value for name, value in result.items() if not name.startswith("RAY_")}
    return own | LOCAL_RAY | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}


def numba_cache(scratch: str = "") -> dict[str, str]:
    """Return the folder for Numba's compiled kernels, one for each version of the workloads.

    Numba knows a kernel by the file that it stands in. It would go on using an old one after a
    function that it calls was changed in another file. Where that folder cannot be written, Numba
    has one in the home, and without a home one called ~, wherever it stands: then it is told of
    ``scratch`` instead.
    """
    folder = Path(workloads.__path__[0]) / "__pycache__"
    if not os.access(folder if folder.is_dir() else folder.parent, os.W_OK):
        homeless = scratch and home_folder() is None
        return {"NUMBA_CACHE_DIR": os.path.join(scratch, "kernels")} if homeless else {}
    return {"NUMBA_CACHE_DIR": str(folder / f"kernels-{workloads_digest()[:12]}")}


@dataclass
class SideProcess:
    """A running side, as the conductor sees it.

    ``process`` is its guard, which ends as the side does; ``pid`` is the side's own.
    ``known_processes`` holds the pids of the side and of all that it started, with creation times.
    ``control_fd`` is None once no more commands will come. The ``conversation`` judges its reports.
    """

    side: Side
    process: subprocess.Popen[bytes]
    pid: int
    reader: EventReader
    control_fd: int | None
    log: Path
    folder: Scratch
    conversation: Conversation = field(default_factory=Conversation)
    known_processes: dict[int, float] = field(default_factory=dict)

    @property
    def scratch(self) -> Path:
        """Return the folder of the side's own."""
        return self.folder.path

    def send(self, command: Command) -> None:
        """Send a command. That a side is gone is noticed by its reader."""
        self.conversation.begin_order(command)
        with contextlib.suppress(BrokenPipeError):
            os.write(required(self.control_fd), encode_command(command))
        self.conversation.order_delivered()

    def close_commands(self) -> None:
        """Close the command pipe, whereupon the side ends."""
        if self.control_fd is not None:
            os.close(self.control_fd)
            self.control_fd = None

    def note_tree(self) -> None:
        """Note the pids of everything that the side has started by now."""
        pid = self.process.pid
        self.known_processes |= processes.process_tree(pid) | processes.session_members(pid)

    def exit_failure(self) -> Failed:
        """Return how a side ended that closed its pipe and reported no failure."""
        try:
            code = self.process.wait(timeout=EXIT_WITHIN_S)
        except subprocess.TimeoutExpired:
            return Failed(reason="it closed its pipe but did not end", last_words=self.log_end())
        words = self.log_end()
        if self.side is Side.DISTRIBUTED and (meaning := explain_end(words)) is not None:
            return Failed(reason=meaning.sentence, hint=meaning.hint, last_words=words)
        return Failed(reason=f"its process {_end(code)}", last_words=words)

    def log_end(self) -> str:
        """Return the end of the side's log; empty where it cannot be read."""
        with contextlib.suppress(OSError):  # somebody may have removed the take's folder
            return self.log.read_bytes()[-LOG_END_BYTES:].decode(errors="replace").strip()
        return ""

    def discard_events(self) -> None:
        """Read what the side still sends: a full pipe would keep it from ending."""
        self.reader.receive()
        self.process.poll()

    def has_ended(self) -> bool:
        """Return whether the side and everything known that it started have ended."""
        self.discard_events()
        return self.process.poll() is not None and not processes.still_running(self.known_processes)

    def release(self) -> None:
        """Take the exit code, close the event pipe and remove the scratch folder."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(EXIT_WITHIN_S)
        os.close(self.reader.descriptor)
        self.folder.remove()


def end_all(sides: Sequence[SideProcess], patience_s: float) -> list[int]:
    """Close the sides' command pipes, wait, then terminate and kill what is left.

    Return the pids that survived even that.
    """

    def look() -> dict[int, float]:
        for side in sides:
            side.note_tree()
        return {pid: born for side in sides for pid, born in side.known_processes.items()}

    def discard_events() -> None:
        for side in sides:
            side.discard_events()

    for side in sides:
        side.close_commands()
    steps = ((None, patience_s), *processes.TERMINATE_THEN_KILL)
    survivors = processes.end_tree(look, steps, discard_events)
    for side in sides:
        side.release()
    return survivors


def launch(
    assignment: Assignment, log: Path, conversation: Conversation | None = None
) -> SideProcess:
    """Start a side's process below its guard, with its two pipes.

    The ``conversation`` is to judge what it reports (None: it has no rights but to work). It
    belongs to a session of its own, so that the terminal's signals do not reach it. Raises
    ``OSError`` where it cannot be started, and leaves nothing behind then.
    """
    pinned = len(assignment.cores[0]) if assignment.cores else 0
    threads = pinned or assignment.cores_per_worker
    inherited = dict(os.environ)  # which a program of a command pair has as it is
    changes, joined = assignment.program_environment, bool(assignment.address)
    with log.open("ab") as printed, contextlib.ExitStack() as undo:
        folder = Scratch.make(short_folder())
        undo.callback(folder.remove)
        events_read, events_write = open_pipe(undo)
        control_read, control_write = open_pipe(undo)
        complete = msgspec.structs.replace(
            assignment, events_fd=events_write, control_fd=control_read, scratch=str(folder.path)
        )
        process, pid = start_guarded(
            start.command(_module(assignment), msgspec.json.encode(complete).decode()),
            control_read,
            ORPHAN_GRACE_S,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            pass_fds=(events_write,),
            start_new_session=True,
            env=environment(inherited, assignment.side, threads, joined, str(folder.path))
            if changes is None
            else _with_token(inherited | changes, assignment),
        )
        undo.pop_all()
    os.close(events_write)
    os.close(control_read)
    reader = EventReader.open(events_read)
    judge = conversation or Conversation()
    return SideProcess(assignment.side, process, pid, reader, control_write, log, folder, judge)


def _module(assignment: Assignment) -> str:
    """Return the module that a side's process runs; a baseline may be on a host of a cluster."""
    is_on_node = assignment.side is Side.BASELINE and assignment.address
    return "harness.run.ray.baseline_on_node" if is_on_node else "harness.run.child"


def _with_token(inherited: dict[str, str], assignment: Assignment) -> dict[str, str]:
    """Return the environment of a pair's program, which joins a cluster itself if it needs one."""
    is_on_node = assignment.side is Side.BASELINE and assignment.address
    return with_token_sent(inherited) if is_on_node else inherited


def describe(workload: str, settings: list[str]) -> WorkloadFacts:
    """Return what must be known of a workload, read in a process of its own.

    Raises ``BadRequest`` if the workload cannot be run with these settings.
    """
    for typed in (workload, *settings):
        if any("\ud800" <= character <= "\udfff" for character in typed):
            raise BadRequest(f"{typed!r} is not UTF-8", "type it in a terminal that uses UTF-8")
    try:
        described = _describe(workload, settings)
    except subprocess.TimeoutExpired as late:
        hint = "leave the work to load, baseline and distributed"
        raise BadRequest(
            f"{workload} took longer than {late.timeout:.0f} s to be read", hint
        ) from late
    except msgspec.MsgspecError as error:
        raise BadRequest(f"{workload} cannot be used: {error}") from error
    if isinstance(described, Refused):
        raise BadRequest(described.sentence, described.hint)
    return described


def _describe(workload: str, settings: list[str]) -> WorkloadFacts | Refused:
    with Scratch.make(short_folder()) as scratch, tempfile.TemporaryFile() as answer:
        descriptor = answer.fileno()
        with guarded_process(
            start.command("harness.run.describe", str(descriptor), workload, *settings),
            pass_fds=(descriptor,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=numba_cache(str(scratch)) | os.environ,
        ) as (process, _):
            _, printed = process.communicate(timeout=DESCRIBE_WITHIN_S)
        answer.seek(0)
        if encoded := answer.read():
            return msgspec.json.decode(encoded, type=WorkloadFacts | Refused)
    lines = printed.decode(errors="replace").strip().splitlines()
    last = f", its last line: {lines[-1]}" if lines else ""
    how = _end(process.returncode)
    return Refused(f"{workload} cannot be loaded: Python {how}{last}", "")


def _end(code: int) -> str:
    """Return how a process ended, by its code."""
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
