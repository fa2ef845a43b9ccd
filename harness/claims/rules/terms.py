"""The rule about equal terms: what cores, threads and niceness each side had, and used.

May import ``model``, ``rule``, ``pairs`` and ``contradictions``.
"""

from collections.abc import Iterator

from harness.claims.pairs import Pairs, finished_trials, processes_of
from harness.claims.rule import (
    Caveat,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    fraction,
    ratio,
    refuse,
)
from harness.claims.rules.contradictions import cores_not_there, worker_twice
from harness.model import Kind, Process, Results, Schedule, Side, Trial

BESIDE_LIMIT = 0.05
BESIDE_LEAST_S = 0.5
CORES_LIMIT = 1.2


def _oversubscribed(pairs: Pairs) -> Caveat | None:
    """Judge whether every thread had a core of its own, on its host and within its process.

    A sweep may go on to more workers than there are cores; those scales say so themselves and are
    not judged here.
    """
    return _host_too_small(pairs) or _cores_shared(pairs) or _too_few_cores_allowed(pairs)


def _host_too_small(pairs: Pairs) -> Caveat | None:
    """Judge each host whose cores are known: all threads at work there at once need a core each."""
    cores = {host.id: host.cores for host in pairs.results.hosts}
    for host, processes in _at_once(pairs):
        threads = sum(process.threads for process in processes)
        if threads > cores.get(host, threads):
            return Caveat(
                "oversubscribed",
                "more threads ran at once than the host has cores;"
                " lower --workers or --cores-per-worker",
                (count("threads", threads), count("cores", cores[host])),
            )
    return None


def _cores_shared(pairs: Pairs) -> Caveat | None:
    """Judge workers of the pool; the processes of a command may share its cores as they like."""
    if pairs.results.spec.commands is not None:
        return None
    for _, processes in _at_once(pairs):
        cores = [core for process in processes for core in set(process.affinity)]
        if len(cores) > len(set(cores)):
            return Caveat(
                "oversubscribed",
                "two processes that work at the same time may share a core;"
                " pin each to its own cores",
            )
    return None


def _too_few_cores_allowed(pairs: Pairs) -> Caveat | None:
    given = pairs.results.spec.baseline_cores
    if any(0 < len(process.affinity) < given for process in processes_of(pairs.baseline)):
        return Caveat(
            "oversubscribed",
            "the baseline ran on fewer cores than it was given; leave its cores as they are",
            (count("given", given),),
        )
    for process in (process for _, processes in _at_once(pairs) for process in processes):
        if 0 < len(process.affinity) < process.threads:
            return Caveat(
                "oversubscribed",
                "a process had more threads than cores to run them;"
                " give it as many threads as cores",
                (count("threads", process.threads), count("cores", len(process.affinity))),
            )
    return None


def _at_once(pairs: Pairs) -> Iterator[tuple[str, list[Process]]]:
    """Yield each host and its processes, for every trial up to the headline's scale."""
    for trial in finished_trials(pairs.results):
        if trial.workers > pairs.scale:
            continue
        hosts: dict[str, list[Process]] = {}
        for process in processes_of([*_beside(pairs.results, trial), trial]):
            hosts.setdefault(process.host, []).append(process)
        yield from hosts.items()


def _beside(results: Results, trial: Trial) -> Iterator[Trial]:
    """Yield the baseline's trials that ran while a distributed one did."""
    if results.schedule is Schedule.TOGETHER and trial.side is Side.DISTRIBUTED:
        for other in results.trials:
            if other.side is Side.BASELINE and other.index == trial.index:
                yield other


def _unequal_terms(pairs: Pairs) -> Caveat | None:
    """Judge the processes of all trials at all scales.

    A baseline that was widened on purpose has more threads than a worker; its niceness must be
    theirs all the same.
    """
    spec, trials = pairs.results.spec, finished_trials(pairs.results)
    widened = spec.baseline_cores != spec.cores_per_worker
    comparable = [trial for trial in trials if not widened or trial.side is Side.DISTRIBUTED]
    niceness = {process.nice for process in processes_of(trials)}
    threads = {process.threads for process in processes_of(comparable)}
    if len(niceness) <= 1 and len(threads) <= 1:
        return None
    return Caveat(
        "unequal-terms",
        "the processes did not run on equal terms (niceness or threads); give both sides the same",
    )


def _cores_exceeded(pairs: Pairs) -> Caveat | None:
    """Judge whether a distributed trial used more core-seconds than its workers' cores have."""
    cores_per_worker = pairs.results.spec.cores_per_worker
    used = (
        (trial.cpu_s, trial.wall_s * trial.workers * cores_per_worker)
        for trial in _distributed_trials(pairs.results)
    )
    over = [
        used_s / had_s
        for used_s, had_s in used
        if used_s > CORES_LIMIT * had_s and used_s - had_s > BESIDE_LEAST_S
    ]
    if not over:
        return None
    return Caveat(
        "cores-exceeded",
        "the distributed side used more cores than its workers have;"
        " do all of the work on these, or count the others as workers",
        (ratio("cores used over cores given", max(over)), ratio("at most", CORES_LIMIT)),
    )


def _worked_beside(pairs: Pairs) -> Caveat | None:
    """Judge whether threads or processes of the side's own making worked beside its workers."""
    shares = (
        _beside_workers_s(trial) / trial.cpu_s
        for trial in _distributed_trials(pairs.results)
        if _beside_workers_s(trial) > BESIDE_LEAST_S
    )
    share = max(shares, default=0.0)
    if share <= BESIDE_LIMIT or _cores_exceeded(pairs) is not None:
        return None
    return Caveat(
        "worked-beside-workers",
        "a part of the work was done beside the workers, on cores that nobody counts;"
        " do it in the workers' chunks",
        (fraction("beside them", share), fraction("limit", BESIDE_LIMIT)),
    )


def _beside_workers_s(trial: Trial) -> float:
    """Return a trial's core-seconds that cannot have been used by kernels, exchange or driver.

    Below zero: there are none. A kernel that is off its cores does not do what others do
    meanwhile.
    """
    known = trial.core_seconds
    return 0.0 if known is None else trial.cpu_s - (known.total_s - known.idle_s)


def _distributed_trials(results: Results) -> Iterator[Trial]:
    """Yield the distributed trials of every scale that came to their end, where work is real."""
    if results.kind is Kind.MEASURED:
        for trial in finished_trials(results):
            if trial.side is Side.DISTRIBUTED:
                yield trial


def _threads_and_cores(pairs: Pairs) -> Measured:
    """Return the threads and cores of the host with the least room."""
    if pairs.results.spec.commands is not None:
        return Unknown(
            "a command pair runs as it is: the threads and niceness of its processes were not asked"
        )
    offered = {host.id: host.cores for host in pairs.results.hosts}
    crowds = [
        (sum(process.threads for process in processes), offered.get(host, 0))
        for host, processes in _at_once(pairs)
    ]
    if not crowds or not all(cores for _, cores in crowds):
        return Unknown("the number of cores of each machine is not known")
    threads, cores = max(crowds, key=lambda crowd: crowd[0] / crowd[1])
    return count("threads at once", threads), count("cores", cores)


EQUAL_TERMS = Rule(
    id="R10",
    title="equal terms",
    demand="every thread had a core up to the headline's scale, threads and niceness were equal"
    " in all trials, and the workers' cores did all of the work",
    source="asv tuning, ray#13100",
    measure=_threads_and_cores,
    judges=(
        refuse(_cores_exceeded),
        refuse(worker_twice),
        refuse(cores_not_there),
        caveat(_oversubscribed, Topic.MACHINES),
        caveat(_unequal_terms, Topic.MACHINES),
        caveat(_worked_beside, Topic.MACHINES),
    ),
)
