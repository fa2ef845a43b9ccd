"""One side's process: arm, say ``ready``, wait for ``go``, run, score.

``python -m harness.run.child ASSIGNMENT`` with the assignment as JSON. Everything a side says goes through
its event pipe; what it prints goes to its log. Ray is imported here only when a side needs it.
May import ``model``, ``events``, ``errors``, ``workload`` and ``run``.
"""

import contextlib
import math
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from harness.errors import TwoclocksError
from harness.events import Event, Failed, Finished, Phase, Probed, Ready, Sample, Scored
from harness.model import Host, Process, Side
from harness.run import wire
from harness.run.digest import digest, file_digest, source_digest
from harness.run.host import host_key, pin, this_host, this_process
from harness.run.pretend import PretendPool
from harness.run.worker import peak_rss_bytes
from harness.workload import Pool, Problem, Report, Workload, find, source_of

Say = Callable[[Event], None]
Usage = tuple[float, int]

ORPHAN_GRACE_S = 4.0
LAST_WORDS = 4_000
LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Contestant:
    """A side that can be run: on an input with a reporter, as often as asked.

    ``workers`` and ``hosts`` are asked for once everything is warm, so that they tell what really runs.
    ``usage`` is (core-seconds so far, peak resident bytes) over all its processes; ``rest`` lets go of the
    last run's state.
    """

    run: Callable[[Any, Report], Any]
    workers: Callable[[], Sequence[Process]]
    hosts: Callable[[], tuple[Host, ...]]
    usage: Callable[[], Usage]
    rest: Callable[[], object]


def own_usage() -> Usage:
    """Return this process's core-seconds and peak resident bytes."""
    return time.process_time(), peak_rss_bytes()


def here() -> tuple[Host, ...]:
    """Return this host alone."""
    return (this_host(),)


@contextlib.contextmanager
def contestant(assignment: wire.Assignment, workload: Workload, problem: Problem, say: Say) -> Iterator[Contestant]:
    """Yield the assigned side of a workload with its workers answering."""
    file = source_of(assignment.workload)
    extra = file_digest(file) if file else ""
    if assignment.side is Side.BASELINE:
        yield _baseline(assignment, workload, source_digest(extra), say)
    elif workload.simulated:
        yield _pretended(assignment, workload, source_digest(extra), say)
    else:
        with _on_ray(assignment, workload, problem, extra, say) as side:
            yield side


def _baseline(assignment: wire.Assignment, workload: Workload, source: str, say: Say) -> Contestant:
    cores = assignment.cores[0] if assignment.cores else ()
    name = f"core {cores[0]}" if len(cores) == 1 else f"{len(cores)} cores" if cores else "core"

    def run(given: Any, report: Report) -> Any:
        return workload.baseline(given, _looking_busy(report, name, say) if workload.simulated else report)

    return Contestant(run, lambda: [this_process(name, source)], here, own_usage, lambda: None)


def _distributed(workload: Workload, pool: Pool, given: Any, report: Report) -> Any:
    return workload.distributed(given, pool, report)


def _looking_busy(report: Report, name: str, say: Say) -> Report:
    """Return a reporter for a sleeping baseline that also says how busy it would have been."""
    looked = time.perf_counter()

    def look(done: int) -> None:
        nonlocal looked
        report(done)
        if time.perf_counter() >= looked + LOOK_EVERY_S:
            looked = time.perf_counter()
            say(Sample(worker=name, cpu=1.0, rss_bytes=0))

    return look


def _pretended(assignment: wire.Assignment, workload: Workload, source: str, say: Say) -> Contestant:
    pool = PretendPool(assignment.workers, say, source)
    run = partial(_distributed, workload, pool)
    return Contestant(run, lambda: pool.processes, here, own_usage, lambda: None)


@contextlib.contextmanager
def _on_ray(assignment: wire.Assignment, workload: Workload, problem: Problem, extra: str, say: Say) -> Iterator[Contestant]:
    """Yield the distributed side on a cluster. Ray is imported here: the baseline must not pay for it."""
    from harness.run.cluster import Plan, cluster, ship
    from harness.run.pool import RayPool

    if extra:
        ship(workload)
    store = digest(problem.input, problem.items).bytes
    plan = Plan(assignment.address, assignment.scratch, assignment.workers, assignment.cores_per_worker, assignment.cores, store, extra)
    with cluster(plan) as crew, _looks(crew.samplers(host_key()), say):
        pool = RayPool(crew, say)
        yield Contestant(
            run=partial(_distributed, workload, pool),
            workers=lambda: crew.ask_all("describe"),
            hosts=crew.hosts,
            usage=lambda: _sum([own_usage(), *crew.ask_all("usage")]),
            rest=lambda: crew.ask_all("release"),
        )


def _sum(usages: Sequence[Usage]) -> Usage:
    return sum(cpu for cpu, _ in usages), sum(rss for _, rss in usages)


@contextlib.contextmanager
def _looks(samplers: Sequence[Any], say: Say) -> Iterator[None]:
    """Pass on what samplers on remote hosts see, for as long as the side lives."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY_S):
            for sampler in samplers:
                for worker, cpu, rss in sampler.look():
                    say(Sample(worker=worker, cpu=cpu, rss_bytes=rss))

    if samplers:
        threading.Thread(target=look, daemon=True).start()
    try:
        yield
    finally:
        over.set()


class Stopwatch:
    """Seconds of consecutive phases, by name."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Book the time since the last lap on a phase."""
        now = time.perf_counter()
        self.phases[name] = now - self._last
        self._last = now


def perform(assignment: wire.Assignment, orders: Iterator[wire.Command], mouth: wire.Mouth) -> None:
    """Arm the side, say ``ready``, then carry out commands until there are no more."""
    watch = Stopwatch()
    workload = find(assignment.workload)
    watch.lap("import")
    problem = workload.load(assignment.params)
    watch.lap("load")
    with contestant(assignment, workload, problem, mouth.say) as side:
        watch.lap("workers")
        _warm(side, problem)
        watch.lap("warm-up")
        mouth.say(_ready(workload, problem, side, watch))
        for order in orders:
            match order:
                case wire.Probe(seconds=seconds, together=together):
                    mouth.say(Probed(rate=_pass_rate(side, problem, seconds), together=together))
                case wire.Start():
                    _trial(workload, problem, side, mouth)


def _warm(side: Contestant, problem: Problem) -> None:
    if problem.warmup is not None:
        side.run(problem.warmup, lambda _: None)
        side.rest()


def _ready(workload: Workload, problem: Problem, side: Contestant, watch: Stopwatch) -> Ready:
    given, held_out = digest(problem.input, problem.items), digest(problem.held_out, 0)
    workers, hosts = tuple(side.workers()), side.hosts()
    watch.lap("digests")
    return Ready(
        items=problem.items,
        unit=workload.unit,
        workers=workers,
        input=given,
        held_out=held_out,
        startup=watch.phases,
        hosts=hosts,
    )


def _pass_rate(side: Contestant, problem: Problem, seconds: float) -> float:
    """Return passes per second through the warm-up slice over at least ``seconds`` (0: there is no slice)."""
    if problem.warmup is None:
        return 0.0
    began, passes = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        side.run(problem.warmup, lambda _: None)
        passes += 1
    return passes / elapsed


def _trial(workload: Workload, problem: Problem, side: Contestant, mouth: wire.Mouth) -> None:
    """Run once against the clock, then score: nothing but the side's own work lies between the two readings."""
    report = wire.Reporter(mouth)
    cpu_before, _ = side.usage()
    began = time.perf_counter()
    answer = side.run(problem.input, report)
    wall_s = time.perf_counter() - began
    cpu_after, peak = side.usage()
    mouth.say(Phase(name="run", seconds=wall_s))
    mouth.say(Finished(wall_s=wall_s, cpu_s=max(0.0, cpu_after - cpu_before), peak_rss_bytes=peak, items=report.done))
    mouth.say(Scored(answer_sha256=digest(answer, 0).sha256, quality=_quality(workload, problem, answer)))
    side.rest()


def _quality(workload: Workload, problem: Problem, answer: Any) -> float:
    quality = float(workload.quality(answer, problem.held_out))
    if not math.isfinite(quality):
        raise ValueError(f"the answer's {workload.metric} is {quality}, not a number to compare")
    return quality


def listen(descriptor: int) -> Iterator[wire.Command]:
    """Yield the conductor's commands. If it hangs up in mid-run the side ends too, so that nothing is orphaned."""
    heard: queue.SimpleQueue[wire.Command | None] = queue.SimpleQueue()

    def hear() -> None:
        for command in wire.commands(descriptor):
            heard.put(command)
        heard.put(None)
        time.sleep(ORPHAN_GRACE_S)
        os._exit(1)

    threading.Thread(target=hear, daemon=True).start()
    while (command := heard.get()) is not None:
        yield command


def main() -> int:
    """Play the side that the assignment on the command line names."""
    assignment = msgspec.json.decode(sys.argv[1], type=wire.Assignment)
    if assignment.side is Side.BASELINE and assignment.cores:
        pin(assignment.cores[0])  # before any numeric library counts the cores it may use
    mouth = wire.Mouth(assignment.events_fd)
    try:
        perform(assignment, listen(assignment.control_fd), mouth)
    except TwoclocksError as error:
        mouth.say(Failed(reason=error.sentence, last_words=error.hint))
    except Exception as error:  # whatever the author's code raises ends the side, with its words kept
        traceback.print_exc()
        reason = traceback.format_exception_only(error)[-1].strip()
        mouth.say(Failed(reason=reason[:LAST_WORDS], last_words=traceback.format_exc()[-LAST_WORDS:]))
    else:
        return 0
    finally:
        mouth.close()
    return 1


if __name__ == "__main__":
    sys.exit(main())
