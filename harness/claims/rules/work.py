"""The work itself, judged at every scale: that it is all there, and that the baseline did it as fast as it can be done.

May import ``model`` and ``evidence``.
"""

from collections.abc import Iterator

from harness.claims.pairs import (
    Caveat,
    Measure,
    Pairs,
    Unit,
    complete_pairs,
    median_of,
    within_tolerance,
)
from harness.model import Fault, Kind, Results, Trial

WORK_CONSERVED = 0.9
BASELINE_BUSY = 0.8
FOREIGN_CPU_LIMIT = 0.05
BASELINE_MATCHED = 0.98
BASELINE_BEATEN = 0.95


def finished(results: Results) -> tuple[Trial, ...]:
    """Return every trial that came to its end, at every scale."""
    return tuple(trial for trial in results.trials if not trial.failure and trial.wall_s > 0)


def lost_workers(results: Results) -> tuple[Fault, ...]:
    """Return every loss of a worker in the trials that came to their end all the same."""
    return tuple(fault for trial in finished(results) for fault in trial.faults)


def at_every_scale(results: Results) -> Iterator[Pairs]:
    """Yield the evidence at each scale that has a complete pair."""
    yield from (
        seen
        for scale in results.spec.scales
        if (seen := complete_pairs(results, scale)) is not None
    )


def framework_tax(results: Results) -> float | None:
    """Return T_ray(1) over T_baseline (None: p = 1 was not measured, or had other cores than the baseline)."""
    return (
        one_worker(results)
        if results.spec.cores_per_worker == results.spec.baseline_cores
        else None
    )


def one_worker(results: Results) -> float | None:
    """Return the time of one worker alone over the baseline's (None: not measured, or that worker had more cores than the baseline)."""
    alone = complete_pairs(results, 1)
    if alone is None or results.spec.cores_per_worker > results.spec.baseline_cores:
        return None
    return 1 / alone.speedup


def beaten(seen: Pairs) -> Caveat | None:
    """Judge whether one worker alone was clearly faster than the baseline; at p = 1 that is a speedup like any other."""
    tax = one_worker(seen.results) if seen.scale > 1 else None
    if tax is None or tax >= BASELINE_BEATEN:
        return None
    told = "one worker alone was faster than the baseline"
    if (seen.results.observer.foreign_cpu or 0.0) > FOREIGN_CPU_LIMIT:
        sentence = f"{told}, but other programs used the machine, so nothing can be concluded; close them and run again"
    else:
        sentence = f"{told}, so the baseline is not the best on one machine; make the faster one the baseline"
    return Caveat("baseline-beaten", sentence, _taxed(tax, BASELINE_BEATEN))


def matched(seen: Pairs) -> Caveat | None:
    """Judge whether one worker alone was a little faster than the baseline."""
    tax = one_worker(seen.results) if seen.scale > 1 else None
    if tax is None or not BASELINE_BEATEN <= tax < BASELINE_MATCHED:
        return None
    sentence = "one worker alone was a little faster than the baseline, which flatters the speedup; tune the baseline"
    return Caveat("baseline-matched", sentence, _taxed(tax, BASELINE_MATCHED))


def _taxed(tax: float, least: float) -> tuple[Measure, ...]:
    return Measure("T of one worker over baseline", tax, Unit.RATIO), Measure(
        "at least", least, Unit.RATIO
    )


def worker_inputs(results: Results) -> set[str]:
    """Return every digest of the input that a process saw for itself."""
    workers = (worker for trial in finished(results) for worker in trial.workers_detail)
    return {worker.process.input_sha256 for worker in workers} - {""}


def inputs_differ(seen: Pairs) -> Caveat | None:
    """Judge whether each process that was asked saw the very input of its side."""
    digests = worker_inputs(seen.results)
    given = {seen.results.input.sha256} if seen.results.input is not None else set()
    if len(digests | given) <= 1 or not digests:
        return None
    return Caveat(
        "worker-input-differs",
        "a worker did not see the input that was loaded, by its digest; share it whole and unchanged",
    )


def held_out_is_input(seen: Pairs) -> Caveat | None:
    """Judge whether the held-out set is the input itself."""
    given, held_out = seen.results.input, seen.results.held_out
    if given is None or held_out is None or not given.bytes or given.sha256 != held_out.sha256:
        return None
    return Caveat(
        "held-out-is-input",
        "the answers were scored on the very input they were made from; hold out a part in load",
    )


def unclean_scale(seen: Pairs) -> Caveat | None:
    """Judge whether the quality moved at another scale than the headline's; every pair of it counts."""
    words = seen.results.spec.workload
    for other in at_every_scale(seen.results):
        pairs = zip(other.baseline, other.distributed, strict=True)
        change = max((many.quality - one.quality for one, many in pairs), key=abs)
        if other.scale != seen.scale and not within_tolerance(change, words.tolerance):
            named = (
                Measure("change", change, Unit.QUALITY),
                Measure("tolerance", words.tolerance, Unit.QUALITY),
            )
            sentence = f"the {words.metric} moved by more than its tolerance at another number of workers; that scale is no clean win"
            return Caveat(
                "unclean-scale", sentence, (Measure("workers", other.scale, Unit.COUNT), *named)
            )
    return None


def worked_s(trial: Trial) -> float:
    """Return a trial's core-seconds; those of a worker that was lost are known from its kernels alone."""
    return max(trial.cpu_s, sum(worker.cpu_s for worker in trial.workers_detail))


def work_ratio(seen: Pairs) -> float | None:
    """Return the distributed side's core-seconds over the baseline's (None: the baseline's are not known, or nobody worked).

    Nor are those that an adopted program used on a cluster elsewhere.
    """
    before = median_of(seen.baseline, worked_s)
    elsewhere = seen.results.spec.commands is not None and seen.results.spec.joined_cluster
    if seen.results.kind is not Kind.MEASURED or before <= 0 or elsewhere:
        return None
    return median_of(seen.distributed, worked_s) / before


def work_lost(seen: Pairs) -> Caveat | None:
    """Judge whether the distributed side did the baseline's work, at every scale."""
    ratios = [
        (ratio, other.scale)
        for other in at_every_scale(seen.results)
        if (ratio := work_ratio(other)) is not None
    ]
    least, scale = min(ratios, default=(1.0, 0))
    if least >= WORK_CONSERVED:
        return None
    measures = (
        Measure("CPU ratio", least, Unit.RATIO),
        Measure("at least", WORK_CONSERVED, Unit.RATIO),
        Measure("workers", scale, Unit.COUNT),
    )
    return Caveat(
        "work-lost",
        "the workers used less CPU time than the baseline, so they did less work; give both sides the same",
        measures,
    )


def baseline_busy(seen: Pairs) -> float | None:
    """Return the baseline's core-seconds over wall time and threads (None: not measured, or nobody worked)."""
    if seen.results.kind is not Kind.MEASURED:
        return None
    return median_of(
        seen.baseline, lambda trial: worked_s(trial) / (trial.wall_s * _threads(trial))
    )


def _threads(trial: Trial) -> int:
    return max(1, sum(worker.process.threads for worker in trial.workers_detail))


def baseline_idle(seen: Pairs) -> Caveat | None:
    """Judge whether the baseline used the cores it had; what other programs took from it is told of instead."""
    return (
        None
        if _crowded(seen)
        else _idle(
            seen,
            "baseline-idle",
            "the baseline left its core idle, which flatters the speedup; saturate it",
        )
    )


def baseline_crowded(seen: Pairs) -> Caveat | None:
    """Judge whether other programs kept the baseline off its cores."""
    sentence = "other programs kept the baseline off its core, which flatters the speedup; close them and run again"
    return _idle(seen, "baseline-crowded", sentence) if _crowded(seen) else None


def _idle(seen: Pairs, key: str, sentence: str) -> Caveat | None:
    busy = baseline_busy(seen)
    if busy is None or busy >= BASELINE_BUSY:
        return None
    return Caveat(
        key,
        sentence,
        (Measure("busy", busy, Unit.FRACTION), Measure("at least", BASELINE_BUSY, Unit.FRACTION)),
    )


def _crowded(seen: Pairs) -> bool:
    """Return whether others used more than a little of the host, and as many core-seconds of it as the baseline was kept waiting."""
    foreign = seen.results.observer.foreign_cpu or 0.0
    homes = {worker.process.host for trial in seen.baseline for worker in trial.workers_detail}
    cores = max((host.cores for host in seen.results.hosts if host.id in homes), default=0)
    idle = median_of(seen.baseline, lambda trial: _threads(trial) - worked_s(trial) / trial.wall_s)
    return foreign > FOREIGN_CPU_LIMIT and foreign * cores >= idle
