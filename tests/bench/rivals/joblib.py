"""The rival on joblib: a pool made of calls of ``Parallel``, in the form that joblib's guide advises.

Worker processes live on, each pinned to a core; what they share lies in memory maps that each of them opens
once, and a call carries and returns where things lie. joblib has no worker that could be addressed, so that a lockstep is one
call for each worker which lasts through all steps: the state lives in the call, and the parts of a step are looked for in the memory maps.
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
from tests.bench.rivals.parcels import Parcel, given, leave, opened, put
from tests.bench.rivals.tasks import Made, MemoryPool, Walk, perform

SETTLE_S = 0.2
LOOK_EVERY_S = 0.0002
FAILED = "failed"


class JoblibPool(MemoryPool):
    """So many of joblib's worker processes, which have come up when this returns."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._open = contextlib.ExitStack()
        parallel = joblib.Parallel(
            n_jobs=size, backend="loky", batch_size=1, return_as="generator_unordered"
        )
        self._parallel = self._open.enter_context(parallel)
        self._pin()

    def pull(self, task: Parcel, number: int, folder: str) -> Iterable[Made]:
        made: Iterable[Made] = self._parallel(
            joblib.delayed(pull)(task, chunk, folder) for chunk in range(number)
        )
        return made

    def walk(self, task: Parcel, folder: str) -> Parcel:
        states = self._parallel(
            joblib.delayed(walk)(task, place, folder) for place in range(self.size)
        )
        state: Parcel = next(filter(None, list(states)))
        return state

    def close(self) -> None:
        self._open.close()
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
        super().close()

    def _pin(self) -> None:
        """Bind each worker process to a core of its own."""
        seen: set[int] = set()
        while len(seen) < self.size:
            seen |= set(self._parallel(joblib.delayed(_met)() for _ in range(self.size)))
        for pid, core in zip(sorted(seen), itertools.cycle(usable_cores()), strict=False):
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(pid, {core})


def _met() -> int:
    time.sleep(SETTLE_S)  # so that no worker takes two of these
    return os.getpid()


def pull(task: Parcel, number: int, folder: str) -> Made:
    """Do one chunk; what one process makes of its chunks lies in one file."""
    with open(f"{folder}/{os.getpid()}", "ab") as file:
        return perform(task, number, file)


def walk(task: Parcel, place: int, folder: str) -> Parcel | None:
    """Walk with the others; the first one tells the state."""
    walking: Walk = given(task)
    try:
        state = walking(place, functools.partial(_meet, walking))
    except Exception as error:
        with contextlib.suppress(FileExistsError):  # another one was first
            leave(error, f"{folder}/{FAILED}")
        raise
    if place:
        return None
    with open(f"{folder}/state", "xb") as file:
        return put(state, file)


def _meet(walking: Walk, step: int) -> None:
    for part in walking.parts(step):
        while not os.path.exists(part):
            if os.path.exists(failed := f"{walking.folder}/{FAILED}"):
                (error,) = opened([Parcel(failed, 0)])
                raise error
            time.sleep(LOOK_EVERY_S)
