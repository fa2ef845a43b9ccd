"""The processes below a program: looked at again and again while it runs, and ended.

Some of what they use is gone with them. Only Linux says enough of them. May import ``run``.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.run import processes
from harness.run.host import unpin

TASKS = "/proc/{}/task"


@contextlib.contextmanager
def looking(look: Callable[[], object], every_s: float) -> Iterator[None]:
    """Return the block during which a thread calls ``look`` every so many seconds."""
    over = threading.Event()

    def look_on() -> None:
        unpin()  # looking must not take time from the cores that the program is timed on
        while not over.wait(every_s):
            look()

    thread = threading.Thread(target=look_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def children_of(pid: int) -> list[int]:
    """Return the pids of the children that any thread of a process has started.

    It takes time for these alone, and none for the other processes of this machine.
    """
    children: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(TASKS.format(pid)):
            pids = Path(f"{TASKS.format(pid)}/{task}/children").read_text().split()
            children += map(int, pids)
    return children


def descendants_of(pid: int) -> Iterator[int]:
    """Yield the pids of all processes below one."""
    for child in children_of(pid):
        yield child
        yield from descendants_of(child)


def end_programs() -> None:
    """End every process below this one, and take their exit codes."""

    def look() -> dict[int, float]:
        tree = processes.process_tree(os.getpid())
        return {pid: born for pid, born in tree.items() if pid != os.getpid()}

    processes.end_tree(look)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
