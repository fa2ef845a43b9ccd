"""A side that a rival framework runs: a workload's own ``distributed``, on that framework's pool in place of Ray's.

Which rival and which workload its parameters say, beside the workload's own. It is a ``baseline``, so that the harness starts, warms,
times, scores and digests it as any side; its first run, the warm-up, starts the pool.
"""

import atexit
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from harness.model import Parameters
from harness.workload import AnyProblem, Pool, Reporter, Slide, Workload
from tests.builders import find_workload


class Started(Pool, Protocol):
    """A pool of a rival's, as it comes from being started."""

    def forget(self) -> None:
        """Give back what was shared or made so far."""

    def close(self) -> None:
        """End the workers."""


class Entry(NamedTuple):
    """An input, with the pool that it is for; ``given`` is None where the pool is to be started and nothing else."""

    rival: str
    workload: str
    workers: int
    given: Any


class HeldOut(NamedTuple):
    """A held-out set, with the workload that knows what to do with it."""

    workload: str
    held_out: Any


# Each is imported where it is started: nobody has to pay for the others.
def _processes(workers: int) -> Started:
    from tests.bench.rivals.processes import ProcessPool

    return ProcessPool(workers)


def _joblib(workers: int) -> Started:
    from tests.bench.rivals.joblib import JoblibPool

    return JoblibPool(workers)


def _dask(workers: int) -> Started:
    from tests.bench.rivals.dask import DaskPool

    return DaskPool(workers)


RIVALS: dict[str, Callable[[int], Started]] = {
    "multiprocessing": _processes,
    "joblib": _joblib,
    "dask.distributed": _dask,
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The rival, the workload that it runs, and the workload's own settings as JSON."""

    rival: str = ""
    workload: str = ""
    workers: int = 1
    settings: str = "{}"


def entered(rival: str, workload: str, workers: int, params: Parameters) -> Parameters:
    """Return the parameters of this side."""
    return {
        "rival": rival,
        "workload": workload,
        "workers": workers,
        "settings": json.dumps(params),
    }


def load(settings: Settings) -> AnyProblem:
    """Load the workload's problem; the warm-up is there even if it is empty."""
    workload = find_workload(settings.workload)
    problem = workload.load(workload.configure(json.loads(settings.settings)))
    entry = Entry(settings.rival, settings.workload, settings.workers, problem.input)
    return replace(
        problem,
        input=entry,
        warmup=entry._replace(given=problem.warmup),
        held_out=HeldOut(settings.workload, problem.held_out),
    )


class OnRival:
    """Runs a workload on a rival's pool, which the first run starts."""

    def __init__(self) -> None:
        self._pool: Started | None = None

    def __call__(self, entry: Entry, report: Reporter) -> Any:
        if self._pool is not None:
            return self._answer(self._pool, entry, report)
        self._pool = RIVALS[entry.rival](entry.workers)
        atexit.register(self.close)
        answer = self._answer(self._pool, entry, report)
        self._pool.forget()  # here, where no clock runs
        return answer

    def close(self) -> None:
        """End the pool, where one has been started; this process's end does so too."""
        if self._pool is not None:
            self._pool.close()
        self._pool = None
        atexit.unregister(self.close)

    def _answer(self, pool: Pool, entry: Entry, report: Reporter) -> Any:
        return (
            None
            if entry.given is None
            else find_workload(entry.workload).distributed(entry.given, pool, report)
        )


def unwilling(entry: Entry, pool: Pool, report: Reporter) -> Any:
    """Raise ``ValueError``: a rival is never run on Ray."""
    raise ValueError(f"{entry.rival} is a rival and has no distributed side")


def quality(answer: Any, held: HeldOut) -> float:
    """Return the quality as the workload sees it."""
    return find_workload(held.workload).quality(answer, held.held_out)


WORKLOAD = Workload(
    name="rival",
    params=Settings(),
    load=load,
    baseline=OnRival(),
    distributed=unwilling,
    quality=quality,
    slide=Slide(bottleneck="none: it is here to be compared with", communication="the rival's"),
)
