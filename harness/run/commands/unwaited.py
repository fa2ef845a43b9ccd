"""The core-seconds of processes that nobody waits for, looked at while a program runs.

What a process used is added to that of whoever waits for it. A process that ignores SIGCHLD waits
for no child, as Ray's raylet for its workers: what these used is gone with them. So they are looked
at again and again. Only Linux says who ignores it. May import ``run``.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from harness.run.commands.descendants import children_of, descendants_of, looking
from harness.run.process_records import Identity
from harness.run.processes import cpu_seconds, identity_of

LOOK_EVERY_S = 0.25


class UnwaitedProcesses:
    """Adds up the core-seconds of processes below this one that ended without being waited for.

    What one used since the last look at it is missing, and one that lived between two looks.
    """

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self._living: dict[Identity, float] = {}

    @contextlib.contextmanager
    def measuring(self) -> Iterator[None]:
        """Return the block in which programs run that are looked at."""
        try:
            with looking(self._look, LOOK_EVERY_S):
                yield
        finally:
            self._look()
            self._living.clear()  # what lives on is counted where it is ended

    def _look(self) -> None:
        """Add what has ended, and note what lives below a process that ignores SIGCHLD.

        One whose parent has ended lives on, or waits to be reaped, below this process: it counts.
        """
        below = [*descendants_of(os.getpid())]
        born = dict(filter(None, map(identity_of, below)))
        for pid, born_at in self._living.keys() - born.items():
            self.cpu_s += self._living[pid, born_at]
        unwaited = [
            child for pid in below if _ignores_ended_children(pid) for child in children_of(pid)
        ]
        self._living = {
            (child, born[child]): cpu_seconds(child) for child in unwaited if child in born
        }


def _ignores_ended_children(pid: int) -> bool:
    with contextlib.suppress(OSError, ValueError, IndexError):
        ignored = Path(f"/proc/{pid}/status").read_text().split("SigIgn:")[1].split()[0]
        return bool(int(ignored, 16) >> (signal.SIGCHLD - 1) & 1)
    return False
