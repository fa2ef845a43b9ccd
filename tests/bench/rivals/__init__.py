"""A workload's distributed side on Ray, and on ``multiprocessing``, joblib and Dask.

The same program, shares and chunks, each on its framework's pool. Each runs as a side of the
harness does, in a process that is started, warmed and timed alike, one at a time on a machine that
has settled, so that none slows another.
May import ``harness`` and its neighbours in ``tests``.
"""

import contextlib
import os
import select
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from harness import events as e
from harness.model import Parameters, Side
from harness.run import wire
from harness.run.host import usable_cores
from harness.run.launch import SideProcess, end_all, launch
from harness.run.utilization import ForeignLoadMeter
from tests.bench.rivals.baseline import rival_params
from tests.bench.table import Finding, at_most, judged, largest_share, ratios, row
from tests.builders import find_workload

E = TypeVar("E", bound=e.Event)

RAY = "Ray"
RIVAL = "tests.bench.rivals.baseline"
WORKERS = 2
MOST_TIME = 1.03
SECONDS = "distributed side's seconds on Ray ÷ on"
ANSWERS = "answers on Ray and on its rivals"
QUIET_CORES = 0.15
SETTLE_AT_MOST_S = 10.0
LEAVE_WITHIN_S = 6.0
WITHIN_S = 600.0


@dataclass(frozen=True)
class Run:
    """One timed run: wall time, digest of its answer, others' share of the machine meanwhile."""

    wall_s: float
    answer_sha256: str
    foreign: float


def measure_rivals(
    workload: str, rivals: Sequence[str], rounds: int, changes: Parameters
) -> Finding:
    """Time all contestants in every round, forwards and backwards by turns; compare them."""
    params = find_workload(workload).defaults | changes
    runs: dict[str, list[Run]] = {name: [] for name in (RAY, *rivals)}
    for turn in range(rounds):
        for name in list(runs)[:: 1 if turn % 2 == 0 else -1]:
            runs[name].append(time_run(assignment(name, workload, params)))
    return compare(runs)


def compare(runs: Mapping[str, Sequence[Run]]) -> Finding:
    """Compare Ray's times with each rival's, and the answers of all with each other."""
    walls = {name: [run.wall_s for run in each] for name, each in runs.items()}
    all_runs = [run for each in runs.values() for run in each]
    same = len({run.answer_sha256 for run in all_runs}) == 1
    times = [
        row(SECONDS, ratios(walls[RAY], walls[name]), at_most(MOST_TIME), than=name)
        for name in runs
        if name != RAY
    ]
    answers = judged(ANSWERS, "identical" if same else "different", same, "identical")
    return Finding((*times, answers), largest_share(run.foreign for run in all_runs))


def time_run(contestant: wire.Assignment) -> Run:
    """Start one contestant, warm it, let the machine settle, time one run and end it."""
    with running(contestant) as (child, events):
        first_of(e.Ready, events)
        _settle()
        meter = ForeignLoadMeter([os.getpid()])
        child.send(wire.StartTrial())
        finished = first_of(e.Finished, events)
        foreign = meter.share()
        scored = first_of(e.Scored, events)
    return Run(finished.wall_s, scored.answer_sha256, foreign)


@contextlib.contextmanager
def running(contestant: wire.Assignment) -> Iterator[tuple[SideProcess, Iterator[e.Event]]]:
    """Start one contestant, and end it; yield its process, and its events as they come."""
    with tempfile.TemporaryDirectory() as folder:
        child = launch(contestant, Path(folder) / "log")
        try:
            yield child, _events(child)
        finally:
            end_all([child], LEAVE_WITHIN_S)


def first_of(kind: type[E], events: Iterator[e.Event]) -> E:
    """Return the next event of a kind."""
    return next(event for event in events if isinstance(event, kind))


def assignment(name: str, workload: str, params: Parameters) -> wire.Assignment:
    """Return Ray's assignment as a race gives it, or a rival's, which pins its workers itself."""
    ray = name == RAY
    return wire.Assignment(
        side=Side.DISTRIBUTED if ray else Side.BASELINE,
        workload=workload if ray else RIVAL,
        params=params if ray else rival_params(name, workload, WORKERS, params),
        workers=WORKERS if ray else 1,
        cores_per_worker=1,
        cores=tuple((core,) for core in usable_cores()[:WORKERS]) if ray else (),
    )


def _events(child: SideProcess) -> Iterator[e.Event]:
    """Yield a side's events; raise ``RuntimeError`` if it fails, hangs up or falls silent."""
    until = time.monotonic() + WITHIN_S
    while not child.reader.closed:
        left_s = max(0.0, until - time.monotonic())
        readable, _, _ = select.select([child.reader.descriptor], [], [], left_s)
        if not readable:
            raise RuntimeError(f"no answer within {WITHIN_S:.0f} s: {child.log_end()}")
        for event in child.reader.receive():
            if isinstance(event, e.Failed):
                raise RuntimeError(f"{event.reason}: {event.last_words}")
            yield event
    raise RuntimeError(child.exit_failure().last_words)


def _settle() -> None:
    """Wait until the machine is quiet after arming, but not for ever."""
    until = time.monotonic() + SETTLE_AT_MOST_S
    meter = ForeignLoadMeter(())
    while time.monotonic() < until:
        time.sleep(1.0)
        if meter.share() * meter.cores < QUIET_CORES:
            return
        meter.restart()
