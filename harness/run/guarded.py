"""Start a command below a guard, so that it ends with its starter, even one that is killed.

May import ``run.guard``.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from typing import Any

from harness.run.guard import DIES_WITHIN_S, guarded


def start_guarded(
    command: list[str],
    control_fd: int,
    grace_s: float,
    pass_fds: tuple[int, ...] = (),
    **streams_and_more: Any,
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a command; return its guard, which ends with its exit code, and its own pid.

    Once the other end of ``control_fd`` is closed, both end within the grace. Where the guard does
    not come so far, the pid is its own. The rest goes to ``Popen``. Raises ``OSError`` if either
    cannot be started.
    """
    pid_read, pid_write = os.pipe()
    try:
        process = subprocess.Popen(
            guarded(command, control_fd, grace_s, pid_write),
            pass_fds=(*pass_fds, control_fd, pid_write),
            **streams_and_more,
        )
    except BaseException:
        os.close(pid_read)
        raise
    finally:
        os.close(pid_write)
    with os.fdopen(pid_read, "rb") as pipe:
        pid = int(pipe.readline() or process.pid)
    if pid < 0:
        _wait_for_end(process)
        raise OSError(-pid, os.strerror(-pid))
    return process, pid


@contextlib.contextmanager
def guarded_process(
    command: list[str], **streams_and_more: Any
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Yield a command's guard and the command's pid; end both at once with the block."""
    control_read, control_write = os.pipe()
    process = None
    try:
        process, pid = start_guarded(command, control_read, 0.0, **streams_and_more)
        yield process, pid
    finally:
        os.close(control_read)
        os.close(control_write)
        if process is not None:
            _wait_for_end(process)


def _wait_for_end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(2 * DIES_WITHIN_S)
    for pipe in filter(None, (process.stdout, process.stderr)):
        pipe.close()
