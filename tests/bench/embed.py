"""The encoder's baseline against its own core, against a first draft, and against other sizes of batch.

All are measured in one process, pinned to one core, by turns, so that a clock that drifts cancels out.
``python -m tests.bench.embed ROUNDS PASSAGES`` is that process.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import msgspec

from harness import text
from harness.model import Side
from harness.run.host import pin, usable_cores
from harness.run.launch import environment
from harness.run.utilization import ForeignLoadMeter
from harness.workload import Reporter
from tests.bench.table import Finding, at_least, ratios, row
from tests.pools import warmup_of
from tests.terminals import PYTHON, ROOT, surroundings
from workloads import embed as workload

UTILIZATION = "embed: CPU seconds of the baseline ÷ wall time of its core"
CARE = "embed: batches of like length ÷ one padded passage at a time, in tokens a CPU second"
SWEEP = "embed: batches of {} tokens ÷ of {}, in tokens a CPU second"


class Took(msgspec.Struct, frozen=True):
    """Wall and CPU seconds of one run."""

    wall: float
    cpu: float


class Times(msgspec.Struct, frozen=True):
    """What each round took: with the batch in use, with each other size of it, and the warm-up slice with care and without."""

    own: list[Took]
    others: dict[int, list[Took]]
    slice: list[Took]
    naive: list[Took]
    tokens: int


def embed(rounds: int, passages: int) -> Finding:
    """Measure the baseline on so many passages of the default problem, ``rounds`` times by turns with what it is compared with."""
    meter = ForeignLoadMeter([os.getpid()])
    command = [PYTHON, "-m", "tests.bench.embed", str(rounds), str(passages)]
    surrounded = environment(surroundings(), Side.BASELINE, 1, joined=False)
    ran = subprocess.run(command, cwd=ROOT, env=surrounded, stdout=subprocess.PIPE, check=True)
    times = msgspec.json.decode(ran.stdout, type=Times)
    own, used = _cpu(times.own), workload.WORKLOAD.defaults["batch"]
    pace = f"{text.count(round(times.tokens / median([took.wall for took in times.own])))} tokens a second"
    busy = row(
        UTILIZATION,
        [took.cpu / took.wall for took in times.own],
        at_least(0.91),
        text.percent,
        note=pace,
    )
    care = row(CARE, ratios(_cpu(times.naive), _cpu(times.slice)))
    sweep = (
        row(SWEEP.format(size, used), ratios(own, _cpu(took)))
        for size, took in sorted(times.others.items())
    )
    return Finding((busy, care, *sweep), meter.share())


def _cpu(took: list[Took]) -> list[float]:
    """Return CPU seconds: all runs keep one thread busy, and others on the machine disturb these less than the wall time."""
    return [run.cpu for run in took]


def _took(run: Callable[[workload.Encoding, Reporter], object], given: workload.Encoding) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    run(given, lambda _: None)
    return Took(time.perf_counter() - wall, time.process_time() - cpu)


def _measured(rounds: int, passages: int) -> Times:
    """Return what every run took, each round beginning with another one."""
    given = {"passages": passages, "queries": min(16, passages // 4)}
    problem = workload.load(workload.WORKLOAD.configure(workload.WORKLOAD.defaults | given))
    times = Times([], {size: [] for size in workload.BATCHES}, [], [], problem.items)
    runs = [
        (workload.baseline, problem.input, times.own),
        *(
            (workload.baseline, problem.input._replace(batch=size), took)
            for size, took in times.others.items()
        ),
        (workload.baseline, warmup_of(problem), times.slice),
        (workload.textbook, warmup_of(problem), times.naive),
    ]
    for run, given_to, _ in runs:
        run(warmup_of(problem)._replace(batch=given_to.batch), lambda _: None)
    for turn in range(rounds):
        for run, given_to, took in runs[turn % len(runs) :] + runs[: turn % len(runs)]:
            took.append(_took(run, given_to))
    return times


def main(rounds: int, passages: int) -> None:
    """Measure on the first core and write the times to standard output."""
    pin(usable_cores()[:1])
    sys.stdout.buffer.write(msgspec.json.encode(_measured(rounds, passages)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
