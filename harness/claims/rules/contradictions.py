"""Judges of facts that contradict each other: whoever edits one has to keep all of them.

Each is raised by the rule whose demand it breaks. May import ``model``, ``rule`` and ``pairs``.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from harness.claims.pairs import Pairs, finished_trials, processes_of
from harness.claims.rule import Caveat, Evidence, count, seconds
from harness.model import FaultKind, Kind, Process, Results, Schedule, Side, Trial

START_LIMIT_S = 1.0
CLOCK_LIMIT = timedelta(days=1)

_AS_WRITTEN = "use the file as it was written"


def second_host(pairs: Pairs) -> Caveat | None:
    """Judge whether a cluster that was started here, for this session, is on one host."""
    results = pairs.results
    if not _is_measured(results) or results.spec.joined_cluster or len(results.hosts) < 2:
        return None
    return Caveat(
        "second-host",
        f"a local cluster has one host, and the file names several; {_AS_WRITTEN}",
        (count("hosts", len(results.hosts)),),
    )


def host_unlisted(pairs: Pairs) -> Caveat | None:
    """Judge whether every worker's host is listed; one that replaced a lost worker's may not be."""
    results = pairs.results
    listed = {host.id for host in results.hosts}
    trials = [trial for trial in finished_trials(results) if not trial.faults]
    homes = {process.host for process in processes_of(trials)}
    if not _is_measured(results) or homes <= listed:
        return None
    return Caveat(
        "host-unlisted",
        f"a worker ran on a host that the file does not list; {_AS_WRITTEN}",
        (count("hosts", len(homes - listed)),),
    )


def worker_twice(pairs: Pairs) -> Caveat | None:
    """Judge whether each worker was a process of its own; a command's may not be known."""
    results = pairs.results
    if not _is_measured(results) or results.spec.commands is not None:
        return None
    for trial in finished_trials(results):
        identities = [(process.host, process.pid) for process in processes_of([trial])]
        if trial.describes_each and len(set(identities)) < len(identities):
            return Caveat(
                "worker-twice",
                f"two workers of a trial were one process; {_AS_WRITTEN}",
                (count("workers", trial.workers), count("processes", len(set(identities)))),
            )
    return None


def cores_not_there(pairs: Pairs) -> Caveat | None:
    """Judge whether each host has the cores that its processes may run on."""
    results = pairs.results
    cores = {host.id: host.cores for host in results.hosts}
    for host, used in _cores_by_host(results):
        if _is_measured(results) and used > cores.get(host, used):
            return Caveat(
                "cores-not-there",
                f"processes ran on more cores than their host has; {_AS_WRITTEN}",
                (count("cores used", used), count("cores", cores[host])),
            )
    return None


def _cores_by_host(results: Results) -> Iterator[tuple[str, int]]:
    """Yield each host and the number of its cores that were in use, or given to the baseline."""
    homes: dict[str, list[Process]] = {}
    for process in processes_of(finished_trials(results)):
        homes.setdefault(process.host, []).append(process)
    for host, processes in homes.items():
        yield host, len({core for process in processes for core in process.affinity})
    baselines = [trial for trial in finished_trials(results) if trial.side is Side.BASELINE]
    for process in processes_of(baselines):
        yield process.host, results.spec.baseline_cores


def scale_unasked(pairs: Pairs) -> Caveat | None:
    """Judge whether every trial is at a number of workers that was asked for."""
    results = pairs.results
    scales = {*results.spec.scales}
    other = [
        trial.workers
        for trial in results.trials
        if trial.side is Side.DISTRIBUTED and trial.workers_detail and trial.workers not in scales
    ]
    if not _is_measured(results) or not other:
        return None
    return Caveat(
        "scale-unasked",
        f"a trial ran on a number of workers that nobody asked for; {_AS_WRITTEN}",
        (count("workers", other[0]),),
    )


def trial_unasked(pairs: Pairs) -> Caveat | None:
    """Judge whether no side ran more often than was asked: else somebody chose when to stop."""
    results = pairs.results
    most = 1 + max(trial.index for trial in results.trials)
    if not _is_measured(results) or results.combined or most <= results.spec.trials:
        return None
    return Caveat(
        "trial-unasked",
        f"a side ran more often than was asked before the first run; {_AS_WRITTEN}",
        (count("trials", most), count("asked", results.spec.trials)),
    )


def trial_repeated(pairs: Pairs) -> Caveat | None:
    """Judge whether each trial was a run of its own: no two take the same to the last digit."""
    results = pairs.results
    taken = Counter(
        (trial.side, trial.wall_s, trial.cpu_s, trial.peak_rss_bytes)
        for trial in finished_trials(results)
    )
    same = max(taken.values(), default=0)
    if not _is_measured(results) or same < 2:
        return None
    return Caveat(
        "trial-repeated",
        f"trials are one and the same run, equal in all they took; {_AS_WRITTEN}",
        (count("equal trials", same),),
    )


def schedule_changed(pairs: Pairs) -> Caveat | None:
    """Judge whether sides that were to run in turn did, and those of a pair at once if they say so.

    Only then does the headline say that a baseline beside a live run is its replay.
    """
    results = pairs.results
    if not _is_measured(results) or results.schedule is not Schedule.TOGETHER:
        return None
    if results.spec.schedule is not Schedule.IN_TURN and _began_together(pairs):
        return None
    return Caveat(
        "schedule-changed",
        f"the sides ran in turn, and the file says that they ran at once; {_AS_WRITTEN}",
    )


def _began_together(pairs: Pairs) -> bool:
    limit_s = START_LIMIT_S + pairs.results.observer.longest_gap_s
    return all(
        abs(one.began_s - other.began_s) <= limit_s
        for one, other in zip(pairs.baseline, pairs.distributed, strict=True)
    )


def began_in_future(evidence: Evidence) -> Caveat | None:
    """Judge whether the session had begun when its file was read, but for a wrong clock."""
    read_at = evidence.read_at
    if read_at is None:
        return None
    ahead = datetime.fromisoformat(evidence.results.began_utc) - read_at
    if ahead <= CLOCK_LIMIT:
        return None
    return Caveat(
        "began-in-future",
        "the session begins in the future; set this machine's clock, or use the file as it was"
        " written",
        (seconds("ahead", ahead.total_seconds()),),
    )


def fault_elsewhere(pairs: Pairs) -> Caveat | None:
    """Judge whether each worker that was lost took part, and was lost before the end."""
    if not _is_measured(pairs.results):
        return None
    late_s = START_LIMIT_S + pairs.results.observer.longest_gap_s
    for trial in finished_trials(pairs.results):
        workers = {process.id for process in processes_of([trial])}
        named = workers and trial.describes_each
        for fault in trial.faults:
            if (named and fault.worker not in workers) or fault.at_s > trial.wall_s + late_s:
                return Caveat(
                    "fault-elsewhere",
                    f"a worker was lost that took no part, or after the end; {_AS_WRITTEN}",
                    (seconds("lost after", fault.at_s), seconds("ended after", trial.wall_s)),
                )
    return None


def strike_unasked(pairs: Pairs) -> Caveat | None:
    """Judge whether workers were struck on purpose only where strikes were asked for."""
    results = pairs.results
    faults = [fault for trial in finished_trials(results) for fault in trial.faults]
    struck = [fault for fault in faults if fault.kind is not FaultKind.LOST]
    if not _is_measured(results) or results.spec.chaos or not struck:
        return None
    return Caveat(
        "strike-unasked",
        f"a worker was struck on purpose, and nobody asked for a strike; {_AS_WRITTEN}",
        (count("struck", len(struck)),),
    )


def recovery_impossible(pairs: Pairs) -> Caveat | None:
    """Judge whether losses threw away no more core-seconds than their trial had."""
    spec = pairs.results.spec
    for trial in finished_trials(pairs.results):
        lost_s = sum(fault.lost_cpu_s or 0.0 for fault in trial.faults)
        had_s = trial.wall_s * trial.workers * spec.cores_per_worker
        if _is_measured(pairs.results) and lost_s > had_s:
            return Caveat(
                "recovery-impossible",
                f"more core-seconds were thrown away than there were; {_AS_WRITTEN}",
                (seconds("thrown away", lost_s), seconds("core-seconds", had_s)),
            )
    return None


def items_unspanned(evidence: Evidence) -> Caveat | None:
    """Judge whether the chunks of each trial add up to its items, where those of another do.

    A workload may count its items otherwise than its chunks, but then it does so every time.
    """
    results = evidence.results
    sums = [
        (trial.items, observed.span_items)
        for trial in finished_trials(results)
        if trial.side is Side.DISTRIBUTED
        and (observed := evidence.observed.get(trial.order)) is not None
        and not observed.lost
    ]
    unlike = [one for one in sums if one[0] != one[1]]
    if not _is_measured(results) or len(unlike) in (0, len(sums)):
        return None
    items, span_items = unlike[0]
    return Caveat(
        "items-unspanned",
        "the chunks of a trial do not add up to its items, and those of another trial do;"
        " use the files as they were written",
        (count("items", items), count("in chunks", span_items)),
    )


def _is_measured(results: Results) -> bool:
    return results.kind is Kind.MEASURED


def used_by_samples_s(trial: Trial) -> Iterator[float]:
    """Yield the core-seconds of each pinned worker by its mean utilization, where it is kept."""
    for worker in trial.workers_detail:
        if worker.utilization and worker.process.affinity:
            mean = sum(worker.utilization) / len(worker.utilization)
            yield mean * trial.wall_s
