"""Equal terms, judged in every trial from what each process said from inside: cores, threads and niceness.

May import ``model``, ``evidence`` and ``work``.
"""

from collections.abc import Iterator

from harness.claims.pairs import Caveat, Measure, Pairs, Unit
from harness.claims.rules.work import finished
from harness.model import Process, Results, Schedule, Side, Trial


def oversubscribed(seen: Pairs) -> Caveat | None:
    """Judge whether every thread had a core of its own, on its host and within its process.

    A sweep may go on to more workers than there are cores; those scales say so themselves, and are not judged here.
    """
    return _crowded(seen) or _overlapping(seen) or _narrow(seen)


def _crowded(seen: Pairs) -> Caveat | None:
    """Judge each host whose cores are known: all threads at work there at once must have a core."""
    cores = {host.id: host.cores for host in seen.results.hosts}
    for host, processes in at_once(seen):
        threads = sum(process.threads for process in processes)
        if threads > cores.get(host, threads):
            measures = (
                Measure("threads", threads, Unit.COUNT),
                Measure("cores", cores[host], Unit.COUNT),
            )
            return Caveat(
                "oversubscribed",
                "more threads ran at once than the host has cores; lower --workers or --cores-per-worker",
                measures,
            )
    return None


def _overlapping(seen: Pairs) -> Caveat | None:
    """Judge processes that tell of themselves; those of an adopted program share the cores that it was given as they like."""
    if seen.results.spec.commands is not None:
        return None
    for _, processes in at_once(seen):
        cores = [core for process in processes for core in set(process.affinity)]
        if len(cores) > len(set(cores)):
            return Caveat(
                "oversubscribed",
                "two processes at work at once may run on the same core; pin each to cores of its own",
            )
    return None


def _narrow(seen: Pairs) -> Caveat | None:
    for process in (process for _, processes in at_once(seen) for process in processes):
        if 0 < len(process.affinity) < process.threads:
            measures = (
                Measure("threads", process.threads, Unit.COUNT),
                Measure("cores", len(process.affinity), Unit.COUNT),
            )
            return Caveat(
                "oversubscribed",
                "a process had more threads than cores to run them; give it as many threads as cores",
                measures,
            )
    return None


def at_once(seen: Pairs) -> Iterator[tuple[str, list[Process]]]:
    """Yield, for every trial up to the headline's scale, each host and the processes that worked there at the same time."""
    for trial in finished(seen.results):
        if trial.workers > seen.scale:
            continue
        hosts: dict[str, list[Process]] = {}
        for process in (*_beside(seen.results, trial), *_of(trial)):
            hosts.setdefault(process.host, []).append(process)
        yield from hosts.items()


def _beside(results: Results, trial: Trial) -> Iterator[Process]:
    """Yield the baseline's processes that worked while a distributed trial did."""
    if results.schedule is Schedule.TOGETHER and trial.side is Side.DISTRIBUTED:
        pairs = (
            other
            for other in results.trials
            if other.side is Side.BASELINE and other.index == trial.index
        )
        yield from (process for other in pairs for process in _of(other))


def _of(trial: Trial) -> Iterator[Process]:
    yield from (worker.process for worker in trial.workers_detail)


def unequal(seen: Pairs) -> Caveat | None:
    """Judge the processes of all trials at all scales.

    A baseline widened on purpose has more threads than a worker; its niceness must be theirs all the same.
    """
    spec = seen.results.spec
    widened = spec.baseline_cores != spec.cores_per_worker
    trials = finished(seen.results)
    counted = [trial for trial in trials if not widened or trial.side is Side.DISTRIBUTED]
    niceness = {process.nice for trial in trials for process in _of(trial)}
    if (
        len(niceness) <= 1
        and len({process.threads for trial in counted for process in _of(trial)}) <= 1
    ):
        return None
    return Caveat(
        "unequal-terms",
        "the processes did not run on equal terms (niceness or threads); give both sides the same",
    )
