"""How long a program was ready to run and had no core, looked at while it runs.

What a process waited is gone with it, so its whole tree is looked at again and again. Only Linux
says it. May import ``run``.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from harness.run.host import unpin
from harness.run.processes import stolen_seconds, waited_seconds

LOOK_EVERY_S = 0.1
_TASKS = "/proc/{}/task"


class QueueWait:
    """Adds up how long the threads of everything below this process waited for a core.

    Those are missing that lived between two looks, and what a thread waited since the last one.
    """

    def __init__(self) -> None:
        self._waited_ns: dict[tuple[str, str], int] = {}
        self._over = threading.Event()
        self._known = waited_seconds() is not None

    def look(self) -> float | None:
        """Return the seconds so far, with what a hypervisor took of all cores (None: unknown)."""
        if not self._known:
            return None
        for child in _children(str(os.getpid())):
            self._look_at(child)
        return sum(self._waited_ns.values()) / 1e9 + stolen_seconds()

    @contextlib.contextmanager
    def measuring(self) -> Iterator[None]:
        """Return the block in which programs run that are looked at."""
        if not self._known:
            yield
            return
        self._over.clear()
        looking = threading.Thread(target=self._look_on, daemon=True)
        looking.start()
        try:
            yield
        finally:
            self._over.set()

    def _look_on(self) -> None:
        unpin()  # looking must not take time from the core that the program is timed on
        while not self._over.wait(LOOK_EVERY_S):
            self.look()

    def _look_at(self, pid: str) -> None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            tasks = os.listdir(_TASKS.format(pid))
            for task in tasks:
                folder = f"{_TASKS.format(pid)}/{task}"
                _, waited, *_ = map(int, Path(f"{folder}/schedstat").read_text().split())
                known = self._waited_ns.get((pid, task), 0)
                self._waited_ns[pid, task] = max(waited, known)
        for child in _children(pid):
            self._look_at(child)


def _children(pid: str) -> list[str]:
    """Return the pids of the children that any thread of a process has started."""
    children: list[str] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(_TASKS.format(pid)):
            children += Path(f"{_TASKS.format(pid)}/{task}/children").read_text().split()
    return children
