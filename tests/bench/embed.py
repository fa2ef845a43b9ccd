"""The encoder's baseline compared with its core, a textbook version and other sizes of batch.

All are measured in one process, pinned to one core, by turns, so that a drift of the core's speed
cancels out. ``python -m tests.bench.embed ROUNDS PASSAGES`` is that process.
May import ``harness``, the workload ``embed`` and its neighbours in ``tests``.
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
CARE = "embed: the baseline ÷ padded passages one by one by the exported graph, tokens a CPU second"
SWEEP = "embed: batches of {} tokens ÷ of {}, in tokens a CPU second"


class RunTime(msgspec.Struct, frozen=True):
    """Wall and CPU seconds of one run."""

    wall_s: float
    cpu_s: float


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """What each round took.

    ``own`` has the default batch, ``others`` other sizes of it; the warm-up slice is run by the
    baseline (``slice``) and by the textbook version (``textbook``).
    """

    own: list[RunTime]
    others: dict[int, list[RunTime]]
    slice: list[RunTime]
    textbook: list[RunTime]
    tokens: int


def embed(rounds: int, passages: int) -> Finding:
    """Measure the baseline on that many passages, by turns with what it is compared with."""
    meter = ForeignLoadMeter([os.getpid()])
    command = [PYTHON, "-m", "tests.bench.embed", str(rounds), str(passages)]
    surrounded = environment(surroundings(), Side.BASELINE, 1, joined=False)
    ran = subprocess.run(command, cwd=ROOT, env=surrounded, stdout=subprocess.PIPE, check=True)
    times = msgspec.json.decode(ran.stdout, type=Times)
    own = _cpu_seconds(times.own)
    used = workload.WORKLOAD.defaults["batch"]
    wall_s = median([run.wall_s for run in times.own])
    pace = f"{text.count(round(times.tokens / wall_s))} tokens a second"
    busy = row(
        UTILIZATION,
        [run.cpu_s / run.wall_s for run in times.own],
        at_least(0.91),
        text.percent,
        note=pace,
    )
    care = row(CARE, ratios(_cpu_seconds(times.textbook), _cpu_seconds(times.slice)))
    sweep = (
        row(SWEEP.format(size, used), ratios(own, _cpu_seconds(took)))
        for size, took in sorted(times.others.items())
    )
    return Finding((busy, care, *sweep), meter.share())


def _cpu_seconds(runs: list[RunTime]) -> list[float]:
    """Return CPU seconds, which other programs disturb less than wall time; one thread is busy."""
    return [run.cpu_s for run in runs]


def _time(
    run: Callable[[workload.Encoding, Reporter], object], input: workload.Encoding
) -> RunTime:
    began_s = time.perf_counter()
    cpu_began_s = time.process_time()
    run(input, lambda _: None)
    return RunTime(time.perf_counter() - began_s, time.process_time() - cpu_began_s)


def _measure(rounds: int, passages: int) -> Times:
    """Return what every run took; each round begins with another one."""
    settings = {"passages": passages, "queries": min(16, passages // 4)}
    problem = workload.load(workload.WORKLOAD.configure(workload.WORKLOAD.defaults | settings))
    times = Times(
        own=[],
        others={size: [] for size in workload.BATCHES},
        slice=[],
        textbook=[],
        tokens=problem.items,
    )
    runs = [
        (workload.baseline, problem.input, times.own),
        *(
            (workload.baseline, problem.input._replace(batch=size), took)
            for size, took in times.others.items()
        ),
        (workload.baseline, warmup_of(problem), times.slice),
        (workload.textbook, warmup_of(problem), times.textbook),
    ]
    for run, input, _ in runs:
        run(warmup_of(problem)._replace(batch=input.batch), lambda _: None)
    for turn in range(rounds):
        for run, input, times_of_run in runs[turn % len(runs) :] + runs[: turn % len(runs)]:
            times_of_run.append(_time(run, input))
    return times


def main(rounds: int, passages: int) -> None:
    """Measure on the first core and write the times to standard output."""
    pin(usable_cores()[:1])
    sys.stdout.buffer.write(msgspec.json.encode(_measure(rounds, passages)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
