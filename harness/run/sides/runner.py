"""A side that can be run, whichever it is: the baseline here, on Ray's workers, or on pretend ones.

Ray is imported only where the side needs it: the baseline must not pay for it.
May import ``model``, ``events``, ``workload`` and ``run``.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.events import Event, Sample
from harness.model import Digest, Host, Process, Side
from harness.run import wire
from harness.run.core_seconds import alone
from harness.run.digest import source_digest, user_module_digest
from harness.run.find import user_modules
from harness.run.host import host_key, this_host, this_process
from harness.run.ray.worker import peak_rss_bytes
from harness.run.sides.simulated import PretendPool
from harness.workload import AnyWorkload, Reporter

Usage = dict[str, tuple[float, int]]

LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Contestant:
    """A side that can be run: on an input with a reporter and the first so many of its workers (0: all), as often as asked.

    ``workers`` and ``hosts`` are asked for once everything is warm, so that they tell what really runs.
    ``usage`` of so many workers is (core-seconds so far, peak resident bytes) by process. ``inspect`` has workers that came
    in mid-run send what input they see; ``rest`` lets go of the last run's state, told of the next one's workers (None: there is none).
    ``split`` says, given its wall time and its core-seconds, what the last run's time went on.
    """

    run: Callable[[Any, Reporter, int], Any]
    workers: Callable[[], Sequence[Process]]
    hosts: Callable[[], tuple[Host, ...]]
    usage: Callable[[int], Usage]
    inspect: Callable[[], object]
    rest: Callable[[int | None], object]
    split: Callable[[float, float], tuple[Event, ...]]


def own_usage(_: int = 0) -> Usage:
    """Return this process's core-seconds and peak resident bytes, however many workers it stands for."""
    return {"own": (time.process_time(), peak_rss_bytes())}


def _nothing() -> None:
    """Do what a side does that starts no workers."""


def _at_rest(_: int | None) -> None:
    """Do what a side does that holds nothing between two runs."""


def used(before: Usage, after: Usage) -> tuple[float, int]:
    """Return the core-seconds between two looks and the peak resident bytes; what a process used that is gone is not known."""
    cpu_s = sum(cpu - before.get(process, (0.0, 0))[0] for process, (cpu, _) in after.items())
    return max(0.0, cpu_s), sum(peak for _, peak in after.values())


def cores_of(assignment: wire.Assignment) -> int:
    """Return how many cores each of the side's workers has."""
    return (
        len(assignment.cores[0])
        if assignment.cores and assignment.cores[0]
        else assignment.cores_per_worker
    )


def here() -> tuple[Host, ...]:
    """Return this host alone."""
    return (this_host(),)


@contextlib.contextmanager
def contestant(
    assignment: wire.Assignment,
    workload: AnyWorkload,
    given: Any,
    known: Digest,
    send: wire.SendEvent,
) -> Iterator[Contestant]:
    """Yield the assigned side of a workload with its workers answering; ``known`` is the digest of the input ``given`` as loaded here."""
    extra = user_module_digest(user_modules(assignment.workload))
    if assignment.side is Side.BASELINE:
        yield _baseline(assignment, workload, source_digest(extra), known, send)
    elif workload.simulated:
        yield _pretended(assignment, workload, source_digest(extra), known, send)
    else:
        with _on_ray(assignment, workload, given, known, extra, send) as side:
            yield side


def _baseline(
    assignment: wire.Assignment,
    workload: AnyWorkload,
    source: str,
    known: Digest,
    send: wire.SendEvent,
) -> Contestant:
    cores = assignment.cores[0] if assignment.cores else ()
    name = f"core {cores[0]}" if len(cores) == 1 else f"{len(cores)} cores" if cores else "core"

    def run(given: Any, report: Reporter, _: int) -> Any:
        return workload.baseline(
            given, _looking_busy(report, name, send) if workload.simulated else report
        )

    def split(wall_s: float, cpu_s: float) -> tuple[Event, ...]:
        return alone(wall_s, wall_s if workload.simulated else cpu_s, cores_of(assignment))

    return Contestant(
        run,
        lambda: _seeing(known, [this_process(name, source)]),
        here,
        own_usage,
        _nothing,
        _at_rest,
        split,
    )


def _seeing(known: Digest, processes: Sequence[Process]) -> list[Process]:
    """Return the processes of this side that hold the input as it was loaded here."""
    return [replace(process, input_sha256=known.sha256) for process in processes]


def _looking_busy(report: Reporter, name: str, send: wire.SendEvent) -> Reporter:
    """Return a reporter for a sleeping baseline that also says how busy it would have been."""
    looked = time.perf_counter()

    def look(done: int) -> None:
        nonlocal looked
        report(done)
        if time.perf_counter() >= looked + LOOK_EVERY_S:
            looked = time.perf_counter()
            send(Sample(worker=name, cpu=1.0, rss_bytes=0))

    return look


def _pretended(
    assignment: wire.Assignment,
    workload: AnyWorkload,
    source: str,
    known: Digest,
    send: wire.SendEvent,
) -> Contestant:
    pool = armed = PretendPool(assignment.workers, send, source, assignment.cores_per_worker)

    def run(given: Any, report: Reporter, workers: int) -> Any:
        nonlocal pool
        pool = armed.first(workers)
        answer = workload.distributed(given, pool, report)
        pool.account.close()
        return answer

    return Contestant(
        run,
        lambda: _seeing(known, armed.processes),
        here,
        own_usage,
        _nothing,
        _at_rest,
        lambda *_: pool.account.events(),
    )


@contextlib.contextmanager
def _on_ray(
    assignment: wire.Assignment,
    workload: AnyWorkload,
    given: Any,
    known: Digest,
    extra: str,
    send: wire.SendEvent,
) -> Iterator[Contestant]:
    """Yield the distributed side on a cluster. Ray is imported here: the baseline must not pay for it."""
    from harness.run.ray.cluster import Crew, Plan, cluster, pickle_by_value
    from harness.run.ray.pool import RayPool

    pickle_by_value(user_modules(assignment.workload))
    held = assignment.workers, assignment.cores_per_worker, assignment.cores
    plan = Plan(assignment.address, assignment.scratch, *held, known.bytes, extra)
    with cluster(plan) as armed, _looks(armed.samplers(host_key()), send):
        crew = Crew(armed, send)
        pool = RayPool(crew, assignment.cores_per_worker)

        def run(given: Any, report: Reporter, workers: int) -> Any:
            nonlocal pool
            crew.employ(workers)
            pool = RayPool(crew, assignment.cores_per_worker)
            answer = workload.distributed(given, pool, report)
            pool.account.close()
            return answer

        yield Contestant(
            run=run,
            workers=lambda: armed.described(given),
            hosts=armed.hosts,
            usage=lambda workers: own_usage() | armed.usage(workers),
            inspect=lambda: crew.inspect(given),
            rest=lambda _: crew.rest(),
            split=lambda *_: pool.account.events(),
        )


@contextlib.contextmanager
def _looks(samplers: Sequence[Any], send: wire.SendEvent) -> Iterator[None]:
    """Pass on what samplers on remote hosts see, for as long as the side lives."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY_S):
            for sampler in samplers:
                for worker, cpu, rss in sampler.look():
                    send(Sample(worker=worker, cpu=cpu, rss_bytes=rss))

    if samplers:
        threading.Thread(target=look, daemon=True).start()
    try:
        yield
    finally:
        over.set()
