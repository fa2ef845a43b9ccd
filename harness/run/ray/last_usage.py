"""What workers had used that are gone: looked at once a second while they live.

Ray's node waits for no worker that is killed, so that nobody inherits its core-seconds.
May import ``run``.
"""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Sequence

from harness.model import Process
from harness.run.host import host_key
from harness.run.process_records import memory_of
from harness.run.processes import cpu_seconds_with_children
from harness.run.ray.spares import key
from harness.run.sides.runner import Usage

LOOK_EVERY_S = 1.0


def usage_seen(pid: int) -> tuple[float, int]:
    """Return what a process on this host is seen to have used: core-seconds, and bytes now."""
    memory = memory_of(pid)
    return cpu_seconds_with_children(pid), 0 if memory is None else memory.resident_bytes


class LastUsage:
    """The most that each worker was seen to have used.

    ``at_work`` returns the processes to look at. What one used since the last look at it is
    missing, and all that one on another host used since it was last asked.
    """

    def __init__(
        self, at_work: Callable[[], Sequence[Process]], every_s: float = LOOK_EVERY_S
    ) -> None:
        self._at_work = at_work
        self._every_s = every_s
        self._host = host_key()
        self._cpu_s: dict[str, float] = {}

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Look at the workers, from a thread, for as long as this lasts.

        The thread is not waited for: the clock may still run.
        """
        over = threading.Event()

        def look() -> None:
            while not over.wait(self._every_s):
                self.look()

        threading.Thread(target=look, daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def look(self) -> None:
        """Look at the workers on this host; one that is gone has used what it had before."""
        for process in self._at_work():
            if process.host == self._host:
                self._note(key(process), cpu_seconds_with_children(process.pid))

    def with_those_gone(self, used: Usage, not_asked: Collection[str] = ()) -> Usage:
        """Return the usage with that of all that were seen before, but have not said theirs.

        Those that were not asked are left out. Peak memory of those that are gone is not known.
        """
        for process, (cpu_s, _) in used.items():
            self._note(process, cpu_s)
        gone = {
            process: (cpu_s, 0)
            for process, cpu_s in self._cpu_s.items()
            if process not in not_asked
        }
        return gone | used

    def _note(self, process: str, cpu_s: float) -> None:
        self._cpu_s[process] = max(self._cpu_s.get(process, 0.0), cpu_s)
