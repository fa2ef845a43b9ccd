"""Rules about the work: it is all there at every scale, and lost time is shown.

May import ``model``, ``rule`` and ``pairs``, ``observed``, and the threshold of a quiet machine.
"""

from statistics import median

from harness.claims.pairs import (
    Pairs,
    finished_trials,
    hosts_of,
    median_of,
    pairs_by_scale,
    processes_of,
)
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
    refuse_session,
    seconds,
    uncheckable_session,
)
from harness.claims.rules.observed import cpu_contradicted, cpu_unseen
from harness.claims.rules.resources import FOREIGN_CPU_LIMIT
from harness.model import Fault, Kind, Results, Scaling, Side, Trial

LEAST_WORK = 0.9
LEAST_BUSY = 0.8
STRAGGLER_LIMIT = 1.25


def _worked_s(trial: Trial) -> float:
    """Return a trial's core-seconds; a lost worker's are known from its kernels alone."""
    return max(trial.cpu_s, sum(worker.cpu_s for worker in trial.workers_detail))


def _work_ratio(pairs: Pairs) -> float | None:
    """Return the distributed side's core-seconds over the baseline's.

    Where each side stops at a result they are core-seconds an item. None: the baseline's are not
    known, nobody worked, or a program worked on a cluster elsewhere.
    """
    results = pairs.results
    before_s = median_of(pairs.baseline, _worked_s)
    elsewhere = results.spec.commands is not None and results.spec.joined_cluster
    if results.kind is not Kind.MEASURED or before_s <= 0 or elsewhere:
        return None
    items_ratio = pairs.statistical_efficiency or 1.0
    return median_of(pairs.distributed, _worked_s) / before_s * items_ratio


def _work_lost(pairs: Pairs) -> Caveat | None:
    """Judge whether the distributed side did the baseline's work, at every scale."""
    ratios = [
        (done, other.scale)
        for other in pairs_by_scale(pairs.results)
        if (done := _work_ratio(other)) is not None
    ]
    if not ratios or min(ratios)[0] >= LEAST_WORK:
        return None
    least, scale = min(ratios)
    return Caveat(
        "work-lost",
        "the workers used less CPU time than the baseline, so they did less work;"
        " give both sides the same",
        (ratio("CPU ratio", least), ratio("at least", LEAST_WORK), count("workers", scale)),
    )


def _baseline_busy(pairs: Pairs) -> float | None:
    """Return the baseline's core-seconds over wall time and threads (None: nobody worked)."""
    if pairs.results.kind is not Kind.MEASURED:
        return None
    return median_of(
        pairs.baseline, lambda trial: _worked_s(trial) / (trial.wall_s * _threads(trial))
    )


def _threads(trial: Trial) -> int:
    return max(1, sum(process.threads for process in processes_of([trial])))


def _baseline_idle(pairs: Pairs) -> Caveat | None:
    """Judge whether the baseline used its cores; what other programs took is another caveat."""
    if _crowded_out(pairs):
        return None
    return _idle(
        pairs,
        "baseline-idle",
        "the baseline left its core idle, which flatters the speedup; saturate it",
    )


def _baseline_crowded(pairs: Pairs) -> Caveat | None:
    """Judge whether other programs kept the baseline off its cores."""
    if not _crowded_out(pairs):
        return None
    return _idle(
        pairs,
        "baseline-crowded",
        "other programs kept the baseline off its core, which flatters the speedup;"
        " close them and run again",
    )


def _idle(pairs: Pairs, key: str, sentence: str) -> Caveat | None:
    busy = _baseline_busy(pairs)
    if busy is None or busy >= LEAST_BUSY:
        return None
    return Caveat(key, sentence, (fraction("busy", busy), fraction("at least", LEAST_BUSY)))


def _crowded_out(pairs: Pairs) -> bool:
    """Return whether other programs used more than a little, and the cores left idle.

    Not where the baseline would have left them idle without those, too: it was not even ready.
    """
    if _slept(pairs):
        return False
    foreign = pairs.results.observer.foreign_cpu or 0.0
    homes = hosts_of(pairs.baseline)
    cores = max((host.cores for host in pairs.results.hosts if host.id in homes), default=0)
    idle_cores = median_of(
        pairs.baseline, lambda trial: _threads(trial) - _worked_s(trial) / trial.wall_s
    )
    return foreign > FOREIGN_CPU_LIMIT and foreign * cores >= idle_cores


def _slept(pairs: Pairs) -> bool:
    """Return whether the baseline is known to have been too seldom at work or ready for it."""
    ready = [
        (_worked_s(trial) + trial.waited_s) / (trial.wall_s * _threads(trial))
        for trial in pairs.baseline
        if trial.waited_s is not None
    ]
    return bool(ready) and median(ready) < LEAST_BUSY


def _work(pairs: Pairs) -> Measured:
    done, busy = _work_ratio(pairs), _baseline_busy(pairs)
    if done is None or busy is None:
        return Unknown("a simulated run does no work")
    return (
        ratio("CPU ratio", done),
        ratio("at least", LEAST_WORK),
        fraction("baseline busy", busy),
        fraction("at least", LEAST_BUSY),
    )


def _scales_unequal(pairs: Pairs) -> Caveat | None:
    """Judge whether the other scales did as much work as the baseline: that is strong scaling."""
    results, given = pairs.results, pairs.baseline[0].items
    if results.spec.scaling is not Scaling.STRONG or results.kind is Kind.DECLARED:
        return None
    if results.spec.workload.until:
        return None
    others = (
        trial.items
        for trial in results.trials
        if not trial.failure and trial.side is Side.DISTRIBUTED and trial.workers != pairs.scale
    )
    unlike = next((items for items in others if items != given), None)
    if unlike is None:
        return None
    return Caveat(
        "scales-unequal",
        "the work was not the same at every number of workers; compare equal work",
        (count("items", unlike), count("the baseline's", given)),
    )


def _weak_scaling(pairs: Pairs) -> Caveat | None:
    if pairs.results.spec.scaling is Scaling.STRONG:
        return None
    return Caveat(
        "weak-scaling",
        "the work grew with the workers, so this is weak scaling; say so beside the speedup",
    )


def _equal_work(pairs: Pairs) -> Measured:
    return (
        count("items", pairs.baseline[0].items),
        count("scales", len(pairs.results.spec.scales)),
    )


def _imbalance(trial: Trial) -> float:
    """Return the longest busy time of a trial's workers over their median (1: none was busy)."""
    busy = [worker.busy_s for worker in trial.workers_detail]
    usual = median(busy) if busy else 0.0
    return max(busy) / usual if usual > 0 else 1.0


def _straggler(pairs: Pairs) -> Caveat | None:
    worst = max(map(_imbalance, pairs.distributed))
    if worst <= STRAGGLER_LIMIT:
        return None
    return Caveat(
        "straggler",
        "one worker was busy much longer than the others; cut smaller chunks or spread them evenly",
        (ratio("slowest over median", worst), ratio("limit", STRAGGLER_LIMIT)),
    )


def _lost_workers(results: Results) -> list[Fault]:
    return [fault for trial in finished_trials(results) for fault in trial.faults]


def _lost_worker(pairs: Pairs) -> Caveat | None:
    """Judge the trials of every scale that came to their end in spite of a loss."""
    faults = _lost_workers(pairs.results)
    if not faults:
        return None
    return Caveat(
        "lost-worker",
        "a worker was lost during the run and its work redone; the wall time includes it",
        (
            count("lost", len(faults)),
            seconds("recovery", sum(fault.cost_s or 0.0 for fault in faults)),
        ),
    )


def _stragglers(pairs: Pairs) -> Measured:
    if not all(trial.workers_detail for trial in pairs.distributed):
        return Unknown("how long each worker was busy is not known")
    return (
        ratio("slowest over median", max(map(_imbalance, pairs.distributed))),
        ratio("limit", STRAGGLER_LIMIT),
        count("lost workers", len(_lost_workers(pairs.results))),
    )


SAME_WORK = Rule(
    id="R08",
    title="work conserved",
    demand="the workers did the baseline's work, the baseline did not sleep,"
    " and both were seen at it",
    source="hyperfine user/sys",
    measure=_work,
    judges=(
        refuse(_work_lost),
        refuse(_baseline_idle),
        caveat(_baseline_crowded, Topic.MACHINES),
        refuse_session(cpu_contradicted, Topic.RUN),
        uncheckable_session(cpu_unseen, Topic.RUN),
    ),
)
STRONG_SCALING = Rule(
    id="R12",
    title="strong scaling",
    demand="strong scaling: the same items at every number of workers",
    source="Hoefler, Bailey 4",
    measure=_equal_work,
    judges=(refuse(_scales_unequal), caveat(_weak_scaling, Topic.BASELINE)),
)
STRAGGLERS_SHOWN = Rule(
    id="R25",
    title="stragglers shown",
    demand="stragglers and lost workers are shown",
    source="Dask task stream",
    measure=_stragglers,
    judges=(caveat(_straggler, Topic.RUN), caveat(_lost_worker, Topic.RUN)),
)
