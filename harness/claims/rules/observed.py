"""Judges that hold what a side said of a trial against what the conductor observed of it.

The times are the side's own, and so are the core-seconds. The conductor's stamps and its samples of
the workers say the same from outside, within limits that a busy machine and the harness's own work
can explain. May import ``model``, ``rule``, ``pairs`` and ``observed_trials``.
"""

from collections.abc import Iterator

from harness.claims.observed_trials import ObservedTrial
from harness.claims.pairs import finished_trials
from harness.claims.rule import Caveat, Evidence, Measure, fraction, seconds
from harness.model import Kind, Results, Side, Trial

EARLY_LIMIT_S = 0.05
LATE_LIMIT, LATE_LIMIT_S = 0.02, 0.3
EXCUSED, EXCUSED_S = 0.25, 2.0
CPU_LIMIT = 0.10
LONG_ENOUGH_S = 5.0
UNSEEN_LIMIT_S = 2.0
SAMPLE_EVERY_S = 0.5
DRIVER_CORES = 1.25


def clock_contradicted(evidence: Evidence) -> Caveat | None:
    """Judge whether a side's clock ran as long as the conductor saw it run, give or take little.

    From go to the end the conductor's clock runs longer: for the side's own readings of its
    core-seconds, and until the conductor reads its pipe again. It cannot run shorter.
    """
    worst = _worst_lateness(evidence)
    if worst is None:
        return None
    trial, late_s, limit_s = worst
    if -EARLY_LIMIT_S <= late_s <= limit_s + _excused_s(evidence.results, trial):
        return None
    return Caveat(
        "clock-contradicted",
        "a side reports another time than this program's own clock shows;"
        " use the files as they were written",
        _lateness(late_s, limit_s),
    )


def clock_late(evidence: Evidence) -> Caveat | None:
    """Judge whether the time that is missing can still be the harness's own on a busy machine."""
    worst = _worst_lateness(evidence)
    if worst is None or clock_contradicted(evidence) is not None:
        return None
    _, late_s, limit_s = worst
    if late_s <= limit_s:
        return None
    return Caveat(
        "clock-late",
        "starting and stopping a clock took long, so that a side's time is less sure;"
        " close other programs and run again",
        _lateness(late_s, limit_s),
    )


def recovery_contradicted(evidence: Evidence) -> Caveat | None:
    """Judge whether no loss was made up for faster than the conductor saw it happen."""
    for trial in finished_trials(evidence.results):
        observed = evidence.observed.get(trial.order)
        if observed is None or evidence.results.kind is not Kind.MEASURED:
            continue
        limit_s = _late_limit_s(evidence, trial) + _excused_s(evidence.results, trial)
        if observed.hurried_s > limit_s:
            return Caveat(
                "recovery-contradicted",
                "a side reports a faster recovery than this program's own clock shows;"
                " use the files as they were written",
                (seconds("slower by", observed.hurried_s), seconds("limit", limit_s)),
            )
    return None


def _lateness(late_s: float, limit_s: float) -> tuple[Measure, ...]:
    return seconds("conductor's clock less the side's", late_s), seconds("limit", limit_s)


def _excused_s(results: Results, trial: Trial) -> float:
    """Return how long the harness may take to read a side's core-seconds before and after it.

    That is little, but where other programs use the machine or the workers are on others.
    """
    unknown = results.observer.foreign_cpu is None
    is_slow = unknown or results.disturbed or results.spec.joined_cluster
    return min(EXCUSED_S, EXCUSED * trial.wall_s) if is_slow else 0.0


def _worst_lateness(evidence: Evidence) -> tuple[Trial, float, float] | None:
    """Return the trial that is farthest beyond its limit, its lateness and that limit.

    A clock that ran too short is the worst. None: no trial's end is known.
    """
    known = [
        (trial, late_s, _late_limit_s(evidence, trial))
        for trial in finished_trials(evidence.results)
        if (late_s := _late_s(evidence, trial)) is not None
    ]
    early = [one for one in known if one[1] < -EARLY_LIMIT_S]
    return max(early or known, key=lambda one: abs(one[1]) - one[2], default=None)


def _late_s(evidence: Evidence, trial: Trial) -> float | None:
    """Return by how much the conductor's clock ran longer than the side's (None: not known)."""
    observed = evidence.observed.get(trial.order, trial)
    if observed.ended_s is None or evidence.results.kind is not Kind.MEASURED:
        return None
    return observed.ended_s - observed.began_s - trial.wall_s


def _late_limit_s(evidence: Evidence, trial: Trial) -> float:
    """Return how late the end may be read: a conductor that stalls reads nothing meanwhile."""
    stalled_s = evidence.results.observer.longest_gap_s
    observed = evidence.observed.get(trial.order)
    if observed is not None:
        stalled_s = min(stalled_s, observed.silent_s)
    return max(LATE_LIMIT_S, LATE_LIMIT * trial.wall_s) + stalled_s


def cpu_contradicted(evidence: Evidence) -> Caveat | None:
    """Judge whether a side used the core-seconds that its processes were seen to use.

    Compared are trials of 5 s or more. What the samples did not see, until the end and of at most
    one sample before go, counts for either side of the comparison. What a lost worker used
    is stated up to the last look at it, and not at all of one on another machine, so that a side
    with such a worker may have used more.
    """
    off = [
        gap
        for trial, observed in _comparable(evidence)
        for stated_s, least_s, most_s in _stated_and_seen(evidence.results, trial, observed)
        if (gap := _beyond(stated_s, least_s, most_s if _samples_all(trial) else stated_s)) > 0
    ]
    if not off:
        return None
    return Caveat(
        "cpu-contradicted",
        "a side reports other core-seconds than its processes used, seen from outside;"
        " use the files as they were written",
        (fraction("off by", CPU_LIMIT + max(off)), fraction("limit", CPU_LIMIT)),
    )


def _beyond(stated_s: float, least_s: float, most_s: float) -> float:
    """Return how far a value lies outside of its bounds, as a fraction of it."""
    outside_s = max(least_s - stated_s, stated_s - most_s)
    return outside_s / max(stated_s, SAMPLE_EVERY_S)


def _samples_all(trial: Trial) -> bool:
    """Return whether the samples hold what a worker's children used: since ``ended_s`` is kept."""
    return trial.ended_s is not None


def cpu_unseen(evidence: Evidence) -> Caveat | None:
    """Judge whether the samples of a long trial saw all of it, and all that was used in it."""
    if not any(_is_unseen(evidence, *of_trial) for of_trial in _comparable(evidence)):
        return None
    return Caveat(
        "cpu-unseen",
        "a side's core-seconds were not seen from outside throughout a trial;"
        " run it with this version, where its processes can be looked at",
    )


def _is_unseen(evidence: Evidence, trial: Trial, observed: ObservedTrial) -> bool:
    results = evidence.results
    if trial.side is Side.DISTRIBUTED and (results.spec.joined_cluster or observed.lost):
        return False
    limit_s = UNSEEN_LIMIT_S + _late_limit_s(evidence, trial)
    workers = (worker.process.id for worker in trial.workers_detail)
    return any(observed.unseen_s(worker) > limit_s for worker in workers) or (
        not _samples_all(trial)
        and any(
            stated_s > most_s for stated_s, _, most_s in _stated_and_seen(results, trial, observed)
        )
    )


def _comparable(evidence: Evidence) -> Iterator[tuple[Trial, ObservedTrial]]:
    """Yield long trials of real work that the journal tells of."""
    if evidence.results.kind is not Kind.MEASURED:
        return
    for trial in finished_trials(evidence.results):
        observed = evidence.observed.get(trial.order)
        is_told = observed is not None and observed.ended_s is not None
        if observed is not None and is_told and trial.wall_s >= LONG_ENOUGH_S:
            yield trial, observed


def _stated_and_seen(
    results: Results, trial: Trial, observed: ObservedTrial
) -> Iterator[tuple[float, float, float]]:
    """Yield core-seconds as stated, with the least and the most that was seen allows.

    The baseline's process, and all processes of a command, are sampled whole. Of a distributed side
    the driver is not: each worker is compared with its kernels, all of them with the side, and what
    is left must be what one driver can use.
    """
    spec = results.spec
    is_baseline = trial.side is Side.BASELINE
    cores = spec.baseline_cores if is_baseline else spec.cores_per_worker
    each = trial.describes_each
    names = [worker.process.id for worker in trial.workers_detail] if each else observed.workers
    bounds_by_worker = {name: _sampled_bounds(observed, name, cores) for name in names}
    if not bounds_by_worker or not all(worker in observed.workers for worker in bounds_by_worker):
        return
    least_s, most_s = (sum(bounds) for bounds in zip(*bounds_by_worker.values(), strict=True))
    least_s = 0.0 if observed.lost else least_s
    whole = is_baseline or (spec.commands is not None and not _named_pids(trial))
    driver_s = 0.0 if whole else DRIVER_CORES * cores * trial.wall_s
    yield trial.cpu_s, least_s, most_s + driver_s
    if each and not whole:
        for worker in trial.workers_detail:
            yield worker.cpu_s, 0.0, bounds_by_worker[worker.process.id][1]


def _named_pids(trial: Trial) -> bool:
    """Return whether a program named its workers' processes, so that only these are sampled."""
    return len({worker.process.pid for worker in trial.workers_detail}) > 1


def _sampled_bounds(observed: ObservedTrial, worker: str, cores: int) -> tuple[float, float]:
    """Return the least and the most core-seconds of a worker that its samples allow."""
    sampled = observed.workers.get(worker)
    cpu_s = 0.0 if sampled is None else sampled.cpu_s
    between_s = sampled.gaps_s if sampled is not None and observed.lost else 0.0
    unseen_s = cores * (max(0.0, observed.unseen_s(worker)) + SAMPLE_EVERY_S + between_s)
    least_s = (1 - CPU_LIMIT) * cpu_s - cores * SAMPLE_EVERY_S
    return max(0.0, least_s), (1 + CPU_LIMIT) * cpu_s + unseen_s
