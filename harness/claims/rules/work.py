"""Rules about the workers' work: it is the same at every scale, and lost time is shown.

May import ``model``, ``rule``, ``pairs``, ``contradictions`` and ``strikes``.
"""

from collections.abc import Sequence
from statistics import median

from harness.claims.pairs import (
    Pairs,
    finished_trials,
)
from harness.claims.rule import (
    Caveat,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    ratio,
    refuse,
    refuse_session,
    seconds,
)
from harness.claims.rules.contradictions import (
    fault_elsewhere,
    items_unspanned,
    recovery_impossible,
    strike_unasked,
)
from harness.claims.rules.strikes import strike_untold
from harness.model import Fault, FaultKind, Kind, Results, Scaling, Side, Trial

STRAGGLER_LIMIT = 1.25


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
    detail = trial.workers_detail
    usual = [worker.median_busy_s for worker in detail for _ in range(worker.workers)]
    usual_s = median(usual) if usual else 0.0
    return max(worker.longest_busy_s for worker in detail) / usual_s if usual_s > 0 else 1.0


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
    """Judge the trials of every scale that came to their end in spite of an accidental loss."""
    faults = [fault for fault in _lost_workers(pairs.results) if fault.kind is FaultKind.LOST]
    if not faults:
        return None
    return Caveat(
        "lost-worker",
        "a worker was lost during the run and its work redone; the wall time includes it",
        (count("lost", len(faults)), seconds("recovery", _recovery_s(faults))),
    )


def _struck_on_purpose(pairs: Pairs) -> Caveat | None:
    """Judge the trials of every scale that came to their end in spite of a strike."""
    faults = _struck_workers(pairs.results)
    if not faults:
        return None
    return Caveat(
        "struck-on-purpose",
        f"workers were struck on purpose, as planned: {_planned(pairs)};"
        " the wall time includes what that cost",
        (count("struck", len(faults)), seconds("recovery", _recovery_s(faults))),
    )


def _strike_missed(pairs: Pairs) -> Caveat | None:
    """Judge whether every planned strike found a worker, and whether any came at all."""
    spec, trials = pairs.results.spec, finished_trials(pairs.results)
    missed = sum(len(trial.unstruck) for trial in trials)
    if not spec.chaos or (missed == 0 and _struck_workers(pairs.results)):
        return None
    return Caveat(
        "strike-missed",
        f"not every planned strike came, of {_planned(pairs)};"
        " strike earlier, or at a worker that is there",
        (count("struck", len(_struck_workers(pairs.results))), count("missed", missed)),
    )


def _struck_workers(results: Results) -> list[Fault]:
    return [fault for fault in _lost_workers(results) if fault.kind is not FaultKind.LOST]


def _planned(pairs: Pairs) -> str:
    return " ".join(pairs.results.spec.chaos)


def _recovery_s(faults: Sequence[Fault]) -> float:
    """Return the seconds until all had caught up, or where nobody says, worked again."""
    return sum(
        (fault.cost_s or 0.0) if fault.caught_up_s is None else fault.caught_up_s
        for fault in faults
    )


def _stragglers(pairs: Pairs) -> Measured:
    if not all(trial.workers_detail for trial in pairs.distributed):
        return Unknown("how long each worker was busy is not known")
    faults = _lost_workers(pairs.results)
    return (
        ratio("slowest over median", max(map(_imbalance, pairs.distributed))),
        ratio("limit", STRAGGLER_LIMIT),
        count("lost workers", len(faults)),
        *((seconds("recovery", _recovery_s(faults)),) if faults else ()),
    )


STRONG_SCALING = Rule(
    id="R12",
    title="strong scaling",
    demand="strong scaling: the same items at every number of workers",
    source="Hoefler, Bailey 4",
    measure=_equal_work,
    judges=(
        refuse(_scales_unequal),
        refuse_session(items_unspanned, Topic.RUN),
        caveat(_weak_scaling, Topic.BASELINE),
    ),
)
STRAGGLERS_SHOWN = Rule(
    id="R25",
    title="stragglers shown",
    demand="stragglers and lost workers are shown",
    source="Dask task stream",
    measure=_stragglers,
    judges=(
        refuse(fault_elsewhere),
        refuse(strike_unasked),
        refuse(strike_untold),
        refuse(recovery_impossible),
        caveat(_straggler, Topic.RUN),
        caveat(_lost_worker, Topic.RUN),
        caveat(_struck_on_purpose, Topic.RUN),
        caveat(_strike_missed, Topic.RUN),
    ),
)
