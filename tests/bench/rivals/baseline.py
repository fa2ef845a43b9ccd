"""A side that a rival framework runs: a workload's own ``distributed``, on that framework's pool.

Its parameters name the rival and the workload. It is a ``baseline``, so the harness starts, warms,
times, scores and digests it as any side; its first run, the warm-up, starts the pool.
"""

import atexit
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from harness.model import Parameters
from harness.workload import AnyProblem, ItemScores, Pool, QualityReporter, Slide, Workload
from tests.builders import find_workload


class RivalPool(Pool, Protocol):
    """A rival's pool whose workers are up."""

    def forget(self) -> None:
        """Give back what was shared or made so far."""

    def close(self) -> None:
        """End the workers."""


class RivalInput(NamedTuple):
    """A workload's input and the pool that it is for (``input`` None: only start the pool)."""

    rival: str
    workload: str
    workers: int
    input: Any


class HeldOut(NamedTuple):
    """A held-out set, with the workload that knows what to do with it."""

    workload: str
    held_out: Any


# Each rival is imported where it is started: nobody has to pay for the others.
def _processes(workers: int) -> RivalPool:
    from tests.bench.rivals.processes import ProcessPool

    return ProcessPool(workers)


def _joblib(workers: int) -> RivalPool:
    from tests.bench.rivals.joblib import JoblibPool

    return JoblibPool(workers)


def _dask(workers: int) -> RivalPool:
    from tests.bench.rivals.dask import DaskPool

    return DaskPool(workers)


RIVALS: dict[str, Callable[[int], RivalPool]] = {
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


def rival_params(rival: str, workload: str, workers: int, params: Parameters) -> Parameters:
    """Return the parameters of this side, from the workload's own."""
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
    entry = RivalInput(
        rival=settings.rival,
        workload=settings.workload,
        workers=settings.workers,
        input=problem.input,
    )
    return replace(
        problem,
        input=entry,
        warmup=entry._replace(input=problem.warmup),
        held_out=HeldOut(settings.workload, problem.held_out),
    )


class RivalSide:
    """Runs a workload on a rival's pool, which the first run starts (``pool`` None: not yet)."""

    def __init__(self) -> None:
        self.pool: RivalPool | None = None

    def __call__(self, entry: RivalInput, report: QualityReporter) -> Any:
        if self.pool is not None:
            return self._answer(self.pool, entry, report)
        self.pool = RIVALS[entry.rival](entry.workers)
        atexit.register(self.close)
        answer = self._answer(self.pool, entry, report)
        self.pool.forget()  # here, where no clock runs
        return answer

    def close(self) -> None:
        """End the pool, where one has been started; this process's end does so too."""
        if self.pool is not None:
            self.pool.close()
        self.pool = None
        atexit.unregister(self.close)

    def _answer(self, pool: Pool, entry: RivalInput, report: QualityReporter) -> Any:
        if entry.input is None:
            return None
        return find_workload(entry.workload).distributed(entry.input, pool, report)


def refuse_ray(entry: RivalInput, pool: Pool, report: QualityReporter) -> Any:
    """Raise ``ValueError``: a rival is never run on Ray."""
    raise ValueError(f"{entry.rival} is a rival and has no distributed side")


def quality(answer: Any, held: HeldOut) -> float | ItemScores:
    """Return the quality as the workload sees it."""
    return find_workload(held.workload).quality(answer, held.held_out)


WORKLOAD = Workload(
    name="rival",
    params=Settings(),
    load=load,
    baseline=RivalSide(),
    distributed=refuse_ray,
    quality=quality,
    slide=Slide(bottleneck="none: it is here to be compared with", communication="the rival's"),
)
