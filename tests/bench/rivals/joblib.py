"""The rival on joblib: a pool made of calls of ``Parallel``, as joblib's guide advises.

Worker processes live on, each pinned to a core. What they share lies in memory maps that each of
them opens once; a call carries and returns where things lie. A worker of joblib's has no address,
so a lockstep is one call per worker that lasts through all steps: the state lives in the call, and
a worker looks for the parts of a step in the memory maps.
"""

import contextlib
import functools
import itertools
import os
import time
from collections.abc import Iterable

import joblib
from joblib.externals.loky import get_reusable_executor

from harness.run.host import usable_cores
from tests.bench.rivals.parcels import Parcel, append_value, read_parcels, resolve, write_file
from tests.bench.rivals.tasks import LockstepTask, Outcome, SharedMemoryPool, run_chunk

SETTLE_S = 0.2
LOOK_EVERY_S = 0.0002
ERROR_FILE = "error"


class JoblibPool(SharedMemoryPool):
    """A number of joblib's worker processes, which are up when this returns."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._open = contextlib.ExitStack()
        parallel = joblib.Parallel(
            n_jobs=size, backend="loky", batch_size=1, return_as="generator_unordered"
        )
        self._parallel = self._open.enter_context(parallel)
        self._pin()

    def run_chunks(self, task: Parcel, number: int, folder: str) -> Iterable[Outcome]:
        outcomes: Iterable[Outcome] = self._parallel(
            joblib.delayed(run_one_chunk)(task, chunk, folder) for chunk in range(number)
        )
        return outcomes

    def run_together(self, task: Parcel, folder: str) -> Parcel:
        states = self._parallel(
            joblib.delayed(run_steps)(task, place, folder) for place in range(self.size)
        )
        state: Parcel = next(filter(None, list(states)))
        return state

    def close(self) -> None:
        self._open.close()
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
        super().close()

    def _pin(self) -> None:
        """Bind each worker process to a core of its own."""
        pids: set[int] = set()
        while len(pids) < self.size:
            pids |= set(self._parallel(joblib.delayed(_pid)() for _ in range(self.size)))
        for pid, core in zip(sorted(pids), itertools.cycle(usable_cores()), strict=False):
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(pid, {core})


def _pid() -> int:
    time.sleep(SETTLE_S)  # so that no worker takes two of these
    return os.getpid()


def run_one_chunk(task: Parcel, number: int, folder: str) -> Outcome:
    """Do one chunk; all outcomes of one process lie in one file."""
    with open(f"{folder}/{os.getpid()}", "ab") as file:
        return run_chunk(task, number, file)


def run_steps(task: Parcel, place: int, folder: str) -> Parcel | None:
    """Take all steps of a lockstep with the others; the first worker returns the end."""
    lockstep: LockstepTask = resolve(task)
    try:
        end = lockstep(place, functools.partial(_wait_for_parts, lockstep))
    except Exception as error:
        with contextlib.suppress(FileExistsError):  # another one was first
            write_file(error, f"{folder}/{ERROR_FILE}")
        raise
    if place:
        return None
    with open(f"{folder}/end", "xb") as file:
        return append_value(end, file)


def _wait_for_parts(lockstep: LockstepTask, step: int) -> None:
    error_file = f"{lockstep.folder}/{ERROR_FILE}"
    for part in lockstep.part_files(step):
        while not os.path.exists(part):
            if os.path.exists(error_file):
                (error,) = read_parcels([Parcel(error_file, 0)])
                raise error
            time.sleep(LOOK_EVERY_S)
