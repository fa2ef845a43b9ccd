"""The core-seconds of processes that nobody waits for, looked at while a program runs.

What a process used is added to that of whoever waits for it. A process that ignores SIGCHLD waits
for no child, as Ray's raylet for its workers: what these used is gone with them. So they are looked
at again and again. Only Linux says who ignores it. May import ``run``.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from harness.run.host import unpin
from harness.run.processes import Identity, children, cpu_seconds, process_tree

LOOK_EVERY_S = 0.25


class UnwaitedProcesses:
    """Adds up the core-seconds of processes below this one that ended without being waited for.

    What one used since the last look at it is missing, and one that lived between two looks.
    """

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self._living: dict[Identity, float] = {}
        self._over = threading.Event()

    @contextlib.contextmanager
    def measuring(self) -> Iterator[None]:
        """Return the block in which programs run that are looked at."""
        self._over.clear()
        looking = threading.Thread(target=self._look_on, daemon=True)
        looking.start()
        try:
            yield
        finally:
            self._over.set()
            looking.join()
            self._look()
            self._living.clear()  # what lives on is counted where it is ended

    def _look_on(self) -> None:
        unpin()  # looking must not take time from the cores that the program is timed on
        while not self._over.wait(LOOK_EVERY_S):
            self._look()

    def _look(self) -> None:
        """Add what has ended, and note what lives below a process that ignores SIGCHLD.

        One whose parent has ended lives on, or waits to be reaped, below this process: it counts.
        """
        tree = process_tree(os.getpid())
        for pid, born in self._living.keys() - tree.items():
            self.cpu_s += self._living[pid, born]
        self._living = {
            (child, born): cpu_seconds(child)
            for pid in tree
            if _ignores_ended_children(pid)
            for child, born in children(pid).items()
        }


def _ignores_ended_children(pid: int) -> bool:
    with contextlib.suppress(OSError, ValueError, IndexError):
        ignored = Path(f"/proc/{pid}/status").read_text().split("SigIgn:")[1].split()[0]
        return bool(int(ignored, 16) >> (signal.SIGCHLD - 1) & 1)
    return False
