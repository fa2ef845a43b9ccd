"""A process above another one: it adopts what that one leaves running, and ends all of it in time.

``python -I -S guard.py CONTROL_FD GRACE_S PID_FD COMMAND...`` runs a command and writes its pid to
a pipe, or the negative number of the error. The guard is there before anything is imported that may
hang, and outlives a command that is killed. Whoever started it holds the other end of the control
pipe. Once that end is closed, because its holder was killed or closes it, the command has so many
seconds to end by itself; then it is ended with all below it. When the command has ended, what it
left running is ended too, and its exit code passed on.
Imports the standard library only.
"""

import contextlib
import ctypes
import math
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator

_PARENT_DEATH_SIGNAL, _SUBREAPER = 1, 36  # PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER: prctl(2)
ENDS_WITHIN_S = 1.0  # what is left running has so long after SIGTERM
DIES_WITHIN_S = 5.0  # and so long after SIGKILL
LOOK_EVERY_S = 0.01
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def guarded(command: list[str], control_fd: int, grace_s: float, pid_fd: int) -> list[str]:
    """Return the command line that runs a command below a guard with these ends of two pipes."""
    words = map(str, (control_fd, grace_s, pid_fd))
    return [sys.executable, "-I", "-S", __file__, *words, *command]


def become_subreaper() -> None:
    """Become a child subreaper, where the system can (Linux).

    Orphaned descendants are then re-parented here and can still be counted and ended.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """Have this process killed when its parent ends, where the system can (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def run(command: list[str], control_fd: int, grace_s: float, pid_fd: int) -> int:
    """Run a command to its end, or until the pipe is closed; return its wait status."""
    become_subreaper()
    came: list[int] = []
    for number in STOPPING_SIGNALS:  # what they mean is for the command, once it is there
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda signal_number, _: came.append(signal_number))
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    if came:
        return came[0]
    default = (signal.SIGPIPE, signal.SIGXFSZ)  # which Python ignores
    try:
        pid = os.posix_spawn(command[0], command, os.environ, setsigdef=default)
    except OSError as error:
        os.write(pid_fd, b"%d\n" % -(error.errno or 1))
        return 1 << 8
    os.write(pid_fd, b"%d\n" % pid)
    _close_others({control_fd, woken, wake})
    status = _wait(pid, control_fd, woken, grace_s)
    if status is None or status != 0:
        _end_below(signal.SIGKILL, DIES_WITHIN_S)
    else:
        _end_below(signal.SIGTERM, ENDS_WITHIN_S)
        _end_below(signal.SIGKILL, DIES_WITHIN_S)
    return signal.SIGKILL if status is None else status


def _close_others(needed: set[int]) -> None:
    """Close the inherited descriptors, whose other ends must notice when the command closes its."""
    for name in os.listdir("/dev/fd"):
        if int(name) > 2 and int(name) not in needed:
            with contextlib.suppress(OSError):  # the one that listed the folder
                os.close(int(name))


def _wait(pid: int, control_fd: int, woken: int, grace_s: float) -> int | None:
    """Return the command's wait status (None: it did not end in time once the pipe was closed)."""
    poll = select.poll()
    poll.register(control_fd, 0)  # a hang-up is always reported; the commands are not for us
    poll.register(woken, select.POLLIN)
    until = math.inf
    while time.monotonic() < until:
        left_ms = None if until == math.inf else max(0.0, until - time.monotonic()) * 1000
        for descriptor, _ in poll.poll(left_ms):
            if descriptor == control_fd:
                poll.unregister(control_fd)
                until = time.monotonic() + grace_s
            else:
                os.read(woken, 4096)
        for ended, status in _reap():
            if ended == pid:
                return status
    return None


def _reap() -> Iterator[tuple[int, int]]:
    """Yield (pid, wait status) of every child that has ended, the adopted ones among them."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            yield ended


def _end_below(signal_number: int, within_s: float) -> None:
    """Signal every process below this one until all have ended, or for so many seconds."""
    until = time.monotonic() + within_s
    signalled: set[int] = set()
    while (below := _below()) and time.monotonic() < until:
        for pid in below - signalled:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal_number)
        signalled |= below
        time.sleep(LOOK_EVERY_S)
        for _ in _reap():
            pass


def _below() -> set[int]:
    """Return the pids below this process that live, or wait to be reaped.

    Where there is no ``/proc`` they are those of the process group, which ends with this process.
    """
    if sys.platform != "linux":
        return set()
    children: dict[int, list[int]] = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:
            after_name = stat.read().rpartition(b")")[2].split()
            children.setdefault(int(after_name[1]), []).append(int(name))
    below: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        own = children.get(waiting.pop(), [])
        below.update(own)
        waiting += own
    return below


def _end_as(status: int) -> int:
    """Return the exit code of a wait status, or end by the same signal."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return code
    if sys.platform != "linux" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the command has left one already
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    return 128 - code


if __name__ == "__main__":
    sys.exit(_end_as(run(sys.argv[4:], int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))))
