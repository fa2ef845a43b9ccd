"""A workload's distributed side on Ray against the same on ``multiprocessing``, on joblib and on ``dask.distributed``.

The same program, shares and chunks, each on its framework's pool. Each runs as a side of the harness does, in a process that is started,
warmed, told to go and timed alike, one at a time on a machine that has settled: what idles cannot slow what runs.
"""

import os
import select
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import events as e
from harness.model import Parameters, Side
from harness.run import wire
from harness.run.host import usable_cores
from harness.run.launch import SideProcess, end_all, launch
from harness.run.utilization import ForeignLoadMeter
from tests.bench.rivals.baseline import RIVALS, entered
from tests.bench.table import Finding, at_most, judged, loudest, ratios, row
from tests.builders import find_workload

RAY = "Ray"
RIVAL = "tests.bench.rivals.baseline"
WORKERS = 2
MOST_TIME = 1.03
QUIET_CORES = 0.15
SETTLE_AT_MOST_S = 10.0
LEAVE_WITHIN_S = 6.0
WITHIN_S = 600.0


@dataclass(frozen=True)
class Run:
    """One timed run: its wall time, its answer, and what else the machine did meanwhile."""

    wall_s: float
    answer: str
    foreign: float


def rivals(workload: str, rounds: int, changes: Parameters) -> Finding:
    """Time all contestants ``rounds`` times, forwards and backwards by turns, and set Ray against each rival."""
    params = find_workload(workload).defaults | changes
    runs: dict[str, list[Run]] = {name: [] for name in (RAY, *RIVALS)}
    for turn in range(rounds):
        for name in list(runs)[:: 1 if turn % 2 == 0 else -1]:
            runs[name].append(timed(assignment(name, workload, params)))
    return compared(workload, runs)


def compared(workload: str, runs: Mapping[str, Sequence[Run]]) -> Finding:
    """Set Ray's times against each rival's, and tell whether all came to one answer."""
    walls = {name: [run.wall_s for run in taken] for name, taken in runs.items()}
    every = [run for taken in runs.values() for run in taken]
    same = len({run.answer for run in every}) == 1
    aim = at_most(MOST_TIME)
    against = [
        row(
            f"{workload}: distributed on Ray ÷ on {name}, in seconds",
            ratios(walls[RAY], walls[name]),
            aim,
        )
        for name in RIVALS
    ]
    answers = judged(
        f"{workload}: answers on Ray and on its rivals",
        "identical" if same else "different",
        same,
        "identical",
    )
    return Finding((*against, answers), loudest(run.foreign for run in every))


def timed(given: wire.Assignment) -> Run:
    """Start one contestant, warm and settle it, time it once and let it go."""
    with tempfile.TemporaryDirectory() as folder:
        child = launch(given, Path(folder) / "log")
        try:
            told = _told(child)
            next(event for event in told if isinstance(event, e.Ready))
            _settle()
            meter = ForeignLoadMeter([os.getpid()])
            child.send(wire.StartTrial())
            finished = next(event for event in told if isinstance(event, e.Finished))
            foreign = meter.share()
            scored = next(event for event in told if isinstance(event, e.Scored))
        finally:
            end_all([child], LEAVE_WITHIN_S)
    return Run(finished.wall_s, scored.answer_sha256, foreign)


def assignment(name: str, workload: str, params: Parameters) -> wire.Assignment:
    """Return Ray's assignment as a race gives it, or a rival's: a side that pins its workers itself, on the same cores."""
    ray = name == RAY
    return wire.Assignment(
        side=Side.DISTRIBUTED if ray else Side.BASELINE,
        workload=workload if ray else RIVAL,
        params=params if ray else entered(name, workload, WORKERS, params),
        workers=WORKERS if ray else 1,
        cores_per_worker=1,
        cores=tuple((core,) for core in usable_cores()[:WORKERS]) if ray else (),
    )


def _told(child: SideProcess) -> Iterator[e.Event]:
    """Yield what a side says; raise ``RuntimeError`` with its last words if it fails, hangs up or falls silent."""
    until = time.monotonic() + WITHIN_S
    while not child.reader.closed:
        if not select.select([child.reader.descriptor], [], [], max(0.0, until - time.monotonic()))[
            0
        ]:
            raise RuntimeError(f"no answer within {WITHIN_S:.0f} s: {child.last_words()}")
        for event in child.reader.receive():
            if isinstance(event, e.Failed):
                raise RuntimeError(f"{event.reason}: {event.last_words}")
            yield event
    raise RuntimeError(child.exit_failure().last_words)


def _settle() -> None:
    """Wait until what arming stirred up has died down, but not for ever."""
    until, meter = time.monotonic() + SETTLE_AT_MOST_S, ForeignLoadMeter(())
    while time.monotonic() < until:
        time.sleep(1.0)
        if meter.share() * meter.cores < QUIET_CORES:
            return
        meter.restart()
