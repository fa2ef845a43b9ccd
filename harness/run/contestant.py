"""A side that can be run, whichever it is: the baseline here, on Ray's workers, or on pretend ones.

Ray is imported only where the side needs it: the baseline must not pay for it.
May import ``model``, ``events``, ``workload`` and ``run``.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from harness.events import Event, Sample
from harness.model import Host, Process, Side
from harness.run import wire
from harness.run.digest import digest, file_digest, source_digest
from harness.run.host import host_key, this_host, this_process
from harness.run.pretend import PretendPool
from harness.run.worker import peak_rss_bytes
from harness.workload import Pool, Problem, Report, Workload, source_of

Say = Callable[[Event], None]
Usage = dict[str, tuple[float, int]]

LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Contestant:
    """A side that can be run: on an input with a reporter, as often as asked.

    ``workers`` and ``hosts`` are asked for once everything is warm, so that they tell what really runs.
    ``usage`` is (core-seconds so far, peak resident bytes) by process; ``rest`` lets go of the last run's state.
    """

    run: Callable[[Any, Report], Any]
    workers: Callable[[], Sequence[Process]]
    hosts: Callable[[], tuple[Host, ...]]
    usage: Callable[[], Usage]
    rest: Callable[[], object]


def own_usage() -> Usage:
    """Return this process's core-seconds and peak resident bytes."""
    return {"own": (time.process_time(), peak_rss_bytes())}


def used(before: Usage, after: Usage) -> tuple[float, int]:
    """Return the core-seconds between two looks and the peak resident bytes; what a process used that is gone is not known."""
    cpu_s = sum(cpu - before.get(process, (0.0, 0))[0] for process, (cpu, _) in after.items())
    return max(0.0, cpu_s), sum(peak for _, peak in after.values())


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
            usage=lambda: own_usage() | crew.usage(),
            rest=pool.rest,
        )


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
