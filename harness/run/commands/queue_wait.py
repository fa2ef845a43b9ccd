"""How long a program was ready to run and had no core, looked at while it runs.

What a process waited is gone with it, so its whole tree is looked at again and again. Only Linux
says it. May import ``run``.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from harness.run.commands.descendants import TASKS, descendants_of, looking
from harness.run.processes import stolen_seconds, waited_seconds

LOOK_EVERY_S = 0.1


class QueueWait:
    """Adds up how long the threads of everything below this process waited for a core.

    Those are missing that lived between two looks, and what a thread waited since the last one.
    """

    def __init__(self) -> None:
        self._waited_ns: dict[tuple[int, str], int] = {}
        self._known = waited_seconds() is not None

    def look(self) -> float | None:
        """Return the seconds so far, with what a hypervisor took of all cores (None: unknown)."""
        if not self._known:
            return None
        for pid in descendants_of(os.getpid()):
            self._look_at(pid)
        return sum(self._waited_ns.values()) / 1e9 + stolen_seconds()

    @contextlib.contextmanager
    def measuring(self) -> Iterator[None]:
        """Return the block in which programs run that are looked at."""
        if not self._known:
            yield
            return
        with looking(self.look, LOOK_EVERY_S):
            yield

    def _look_at(self, pid: int) -> None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            for task in os.listdir(TASKS.format(pid)):
                statistics = Path(f"{TASKS.format(pid)}/{task}/schedstat").read_text()
                _, waited, *_ = map(int, statistics.split())
                known = self._waited_ns.get((pid, task), 0)
                self._waited_ns[pid, task] = max(waited, known)
