"""Rules about the machines while the clocks ran: equal terms, nothing else at work.

May import ``model``, ``rule`` and ``pairs``.
"""

from collections.abc import Iterator

from harness.claims.pairs import Pairs, finished_trials, hosts_of, processes_of
from harness.claims.rule import (
    Caveat,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    fraction,
    refuse,
)
from harness.model import Kind, Process, Results, Schedule, Side, Trial

CONTENTION_LIMIT = 0.02
FOREIGN_CPU_LIMIT = 0.05
WATCHING_NOTICED = 0.02
WATCHING_LIMIT = 0.05


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


def _contention(pairs: Pairs) -> Caveat | None:
    slowed = pairs.results.observer.contention
    together = pairs.results.schedule is Schedule.TOGETHER
    if not together or slowed is None or slowed <= CONTENTION_LIMIT:
        return None
    return Caveat(
        "contention",
        "the baseline ran slower because both sides ran at once, which flatters the speedup;"
        " use --schedule in-turn",
        (fraction("slowed by", slowed), fraction("limit", CONTENTION_LIMIT)),
    )


def _shared_machine(pairs: Pairs) -> Caveat | None:
    share = pairs.results.observer.foreign_cpu
    if share is None or share <= FOREIGN_CPU_LIMIT:
        return None
    return Caveat(
        "shared-machine",
        "other programs used the machine during the run; close them and run again",
        (fraction("foreign", share), fraction("limit", FOREIGN_CPU_LIMIT)),
    )


def _on_battery(pairs: Pairs) -> Caveat | None:
    if all(host.on_mains is not False for host in pairs.results.hosts):
        return None
    return Caveat(
        "on-battery",
        "a machine ran on battery, which may slow it at any time; plug it in and run again",
    )


def _foreign_cpu(pairs: Pairs) -> Measured:
    results = pairs.results
    foreign = results.observer.foreign_cpu
    if foreign is None:
        return Unknown("what other programs did was not measured")
    together = results.schedule is Schedule.TOGETHER
    if together and results.observer.contention is None and _sides_share_a_host(pairs):
        return Unknown(
            "the sides ran at once on one machine; how much that slowed the baseline was not probed"
        )
    if any(host.on_mains is None for host in results.hosts):
        return Unknown(
            "other programs kept quiet; whether the machine ran on mains power is not known"
        )
    return fraction("foreign CPU", foreign), fraction("limit", FOREIGN_CPU_LIMIT)


def _sides_share_a_host(pairs: Pairs) -> bool:
    return bool(hosts_of(pairs.baseline[:1]) & hosts_of(pairs.distributed[:1]))


def _watching(results: Results) -> float | None:
    """Return the screen's core-seconds over the wall time of all trials (None: not measured)."""
    total_s = sum(trial.wall_s for trial in results.trials)
    if results.kind is not Kind.MEASURED or not total_s or not results.observer.frames:
        return None
    return results.observer.cpu_s / total_s


def _watching_costly(pairs: Pairs) -> Caveat | None:
    """Judge whether watching took so much that the times are not the work's."""
    share = _watching(pairs.results)
    if share is None or share <= WATCHING_LIMIT:
        return None
    return Caveat(
        "watching-costly",
        "the screen took too much of the machine while the clocks ran;"
        " measure more work, or with --ui plain",
        (fraction("screen", share), fraction("limit", WATCHING_LIMIT)),
    )


def _watching_noticed(pairs: Pairs) -> Caveat | None:
    share = _watching(pairs.results)
    if share is None or not WATCHING_NOTICED < share <= WATCHING_LIMIT:
        return None
    return Caveat(
        "watching-noticed",
        "the screen took a noticeable part of the machine; measure more work, or with --ui plain",
        (fraction("screen", share), fraction("good", WATCHING_NOTICED)),
    )


def _cost_of_watching(pairs: Pairs) -> Measured:
    share = _watching(pairs.results)
    if share is None:
        return Unknown("what the screen cost was not measured")
    return fraction("screen", share), fraction("good", WATCHING_NOTICED)


EQUAL_TERMS = Rule(
    id="R10",
    title="equal terms",
    demand="every thread had a core up to the headline's scale,"
    " and threads and niceness were equal in all trials",
    source="asv tuning, ray#13100",
    measure=_threads_and_cores,
    judges=(caveat(_oversubscribed, Topic.MACHINES), caveat(_unequal_terms, Topic.MACHINES)),
)
QUIET_MACHINE = Rule(
    id="R11",
    title="quiet machine",
    demand="neither the other side nor other programs nor a battery slowed a side",
    source="pyperf",
    measure=_foreign_cpu,
    judges=(
        caveat(_contention, Topic.MACHINES),
        caveat(_shared_machine, Topic.MACHINES),
        caveat(_on_battery, Topic.MACHINES),
    ),
)
CHEAP_TO_WATCH = Rule(
    id="R20",
    title="cheap to watch",
    demand="watching cost next to nothing",
    source="Hoefler, Lightning#21321",
    measure=_cost_of_watching,
    judges=(refuse(_watching_costly), caveat(_watching_noticed, Topic.RUN)),
)
