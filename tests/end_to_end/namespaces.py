"""Machines within this one, on a switch: each has a network, a host name and pids of its own.

Cores they share, and files, but for those of one folder. Takes root, ``ip`` and ``unshare``.
Imports ``tests.terminals``.
"""

import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.terminals import PYTHON

PREFIX = "twoclocks-test"
ENDS_WITHIN_S = 10.0

OWN = "own"

# The first process of a machine: it reaps what its parent has left, and ends the machine with it.
INIT = """
import ctypes, signal, socket, sys

name, source, target = sys.argv[1:]
socket.sethostname(name)
bind = 4096
if ctypes.CDLL(None).mount(source.encode(), target.encode(), None, bind, None) != 0:
    sys.exit("the machine cannot have a folder of its own")
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("up", flush=True)
while True:
    signal.pause()
"""

# Runs a command on a machine. Signals are passed on, but those that a terminal sends to both; the
# command ends with this process, as this one does with the command.
ENTER = """
import ctypes, os, signal, sys

init, command, folder = sys.argv[1], sys.argv[2:], os.getcwd()
libc = ctypes.CDLL(None)
kinds = ("net", "uts", "pid", "mnt")
for namespace in [os.open(f"/proc/{init}/ns/{kind}", os.O_RDONLY) for kind in kinds]:
    if libc.setns(namespace, 0) != 0:
        sys.exit("the machine cannot be entered")
    os.close(namespace)
os.chdir(folder)
parent = os.getpid()
entered = os.fork()
if entered == 0:
    libc.prctl(1, signal.SIGKILL, 0, 0, 0)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execvp(command[0], command)
typed = {signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGHUP} if os.isatty(0) else set()
for number in {signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM} - typed:
    signal.signal(number, lambda number, _: os.kill(entered, number))
for number in typed:
    signal.signal(number, signal.SIG_IGN)
code = os.waitstatus_to_exitcode(os.waitpid(entered, 0)[1])
if code < 0:
    signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@dataclass(frozen=True)
class Machine:
    """A machine with its address; ``init`` is its first process, and ``port`` its place there.

    What is in its ``folder`` here it has in ``own_folder``, where every other machine has its own.
    """

    name: str
    address: str
    port: str
    init: int
    folder: Path
    own_folder: Path

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the command line that runs a command on this machine, in the current folder."""
        return [PYTHON, "-ISc", ENTER, str(self.init), *words]

    def pids(self) -> list[int]:
        """Return every process that was started on this machine, as they are numbered here."""
        return [pid for pid in _pids(self.name) if pid != self.init]

    def pid_here(self, pid: int) -> int:
        """Return how a process is numbered here that has the ``pid`` on the machine (0: gone)."""
        return next((here for here in self.pids() if _numbers(here)[-1:] == [str(pid)]), 0)

    def end_all(self) -> None:
        """Kill all that was started on this machine, until nothing is there."""
        until = time.monotonic() + ENDS_WITHIN_S
        while pids := self.pids():
            assert time.monotonic() < until, f"{pids} on {self.name} cannot be ended"
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)


@dataclass(frozen=True)
class Lan:
    """Machines on one switch."""

    name: str
    machines: tuple[Machine, ...]

    def cut(self, machine: Machine) -> None:
        """Take a machine off the network, as if its cable was pulled."""
        _ip("-n", self.name, "link", "set", machine.port, "down")

    def heal(self, machine: Machine) -> None:
        """Plug its cable in again."""
        _ip("-n", self.name, "link", "set", machine.port, "up")

    def delay(self, machine: Machine, milliseconds: int) -> None:
        """Delay what a machine sends; skip the test where this kernel cannot."""
        self._shape(machine, "netem", "delay", f"{milliseconds}ms")

    def limit(self, machine: Machine, megabits_per_s: int) -> None:
        """Limit what a machine sends; skip the test where this kernel cannot."""
        rate = f"{megabits_per_s}mbit"
        self._shape(machine, "tbf", "rate", rate, "burst", "64kbit", "latency", "50ms")

    def _shape(self, machine: Machine, *words: str) -> None:
        command = ["tc", "-n", machine.name, "qdisc", "replace", "dev", "eth0", "root", *words]
        if not _has("tc") or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip(f"this kernel has no {words[0]}")


@contextlib.contextmanager
def lan(machines: int, folder: Path) -> Iterator[Lan]:
    """Yield so many machines on a switch; skip the test where that cannot be, but never in CI.

    Their own folders are below this one.
    """
    _require_machines()
    _remove_what_is_left()
    name = f"{PREFIX}-{os.getpid()}-{secrets.token_hex(2)}"
    subnet = f"10.98.{secrets.randbelow(254) + 1}"
    with contextlib.ExitStack() as undo:
        switch = f"{name}-lan"
        _make_namespace(switch, undo)
        _ip("-n", switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", switch, "link", "set", "switch", "up")
        (folder / OWN).mkdir()
        numbers = range(1, machines + 1)
        yield Lan(
            switch,
            tuple(
                _machine(switch, f"{name}-{number}", f"{subnet}.{number}", number, folder, undo)
                for number in numbers
            ),
        )


def _machine(
    switch: str, name: str, address: str, number: int, folder: Path, undo: contextlib.ExitStack
) -> Machine:
    port, here, there = f"port{number}", folder / str(number), folder / OWN
    here.mkdir()
    _make_namespace(name, undo)
    _ip("-n", switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("-n", switch, "link", "set", port, "master", "switch", "up")
    _ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
    for device in ("lo", "eth0"):
        _ip("-n", name, "link", "set", device, "up")
    # it leads nowhere; without one Ray cannot tell which address is its host's own
    _ip("-n", name, "route", "add", "default", "dev", "eth0")
    init = _first_process(name, [f"host-{number}", str(here), str(there)], undo)
    return Machine(name, address, port, init, here, there)


def _first_process(name: str, given: Sequence[str], undo: contextlib.ExitStack) -> int:
    """Start a machine's first process, with which the machine ends; return its pid.

    It is ``given`` the machine's host name, and its own folder as it is here and as it is there.
    """
    unshared = ["unshare", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child"]
    process = subprocess.Popen(
        ["ip", "netns", "exec", name, *unshared, PYTHON, "-ISc", INIT, *given],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )

    def end() -> None:
        process.kill()
        process.communicate()

    undo.callback(end)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n", f"{name} does not start"
    (init,) = psutil.Process(process.pid).children()
    return init.pid


def _require_machines() -> None:
    """Skip the test where no machine can be made, but never in CI."""
    reason = "" if os.geteuid() == 0 else "it takes root to make hosts"
    lacking = [name for name in ("ip", "unshare", "taskset") if not _has(name)]
    reason = reason or (f"{lacking[0]} is not installed" if lacking else "")
    if not reason:
        probe = f"{PREFIX}-{os.getpid()}-probe"
        made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False)
        reason = "network namespaces are not permitted here" if made.returncode else ""
        subprocess.run(["ip", "netns", "del", probe], capture_output=True, check=False)
    if reason and not os.environ.get("CI"):
        pytest.skip(reason)
    assert not reason, reason


def _has(program: str) -> bool:
    return shutil.which(program) is not None


def _remove_what_is_left() -> None:
    """Remove the namespaces of runs that were killed; their names tell whose they are."""
    for line in _ip("netns", "list").splitlines():
        owned = re.match(rf"({PREFIX}-(\d+)-\S+)", line)
        if owned and not psutil.pid_exists(int(owned[2])):
            _remove_namespace(owned[1])


def _make_namespace(name: str, undo: contextlib.ExitStack) -> None:
    _ip("netns", "add", name)
    undo.callback(_remove_namespace, name)


def _remove_namespace(name: str) -> None:
    for pid in _pids(name):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _pids(name: str) -> list[int]:
    return [int(pid) for pid in _ip("netns", "pids", name).split() if _is_below(int(pid))]


def _is_below(pid: int) -> bool:
    """Return whether a process has pids of a machine's own; the one above its first has not."""
    return len(_numbers(pid)) > len(_numbers(os.getpid()))


def _numbers(pid: int) -> list[str]:
    """Return the pids of a process, from this process's view inwards (none: it is gone)."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return line.split()[1:]
    return []


def _ip(*words: str) -> str:
    """Run ``ip``; return what it printed."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr.strip()}"
    return done.stdout
