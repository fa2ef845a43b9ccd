"""Who runs when, and on which cores: decided from the spec and the machine, before and while arming. Pure.

May import ``model`` and ``errors``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import BadRequest
from harness.model import Process, Schedule, Side, Spec

SLOWDOWN_TOLERATED = 0.02

Cores = tuple[int, ...]
ScheduledStart = tuple[Side, int, int]


@dataclass(frozen=True)
class CoreShares:
    """Cores for the baseline and for each worker; ``disjoint`` says that no core is given twice.

    Empty sets mean that the side is not pinned: its cores are not ours, or it does not compute.
    """

    baseline: Cores
    workers: tuple[Cores, ...]
    disjoint: bool
    screen_has_core: bool


def share_cores(spec: Spec, cores: Cores, *, pretend: bool) -> CoreShares:
    """Return who gets which cores of this host, up to the largest scale; raise ``BadRequest`` when there are too few.

    In turn, both sides use the first cores. At once, the workers' cores come after the baseline's. Where the spec
    allows oversubscription, workers beyond the last core begin anew at the first.
    """
    if pretend:
        return CoreShares((), (), disjoint=True, screen_has_core=True)
    baseline, share, left = spec.baseline_cores, spec.cores_per_worker, len(cores)
    if baseline > left:
        raise BadRequest(
            f"the baseline asks for {baseline} cores, this machine offers {left}",
            f"use --baseline-cores {left} or fewer",
        )
    if spec.joined_cluster:
        return CoreShares(cores[:baseline], (), disjoint=False, screen_has_core=left > baseline)
    needed, fitting = (
        spec.scales[-1] * share,
        spec.workers if spec.oversubscribe else spec.scales[-1],
    )
    if fitting * share > left:
        raise BadRequest(
            f"{fitting} workers of {share} need {fitting * share} cores, this machine offers {left}",
            _what_fits(spec, left),
        )
    disjoint = baseline + needed <= left
    if spec.schedule is Schedule.TOGETHER and not disjoint:
        sentence = f"together needs {baseline + needed} cores for disjoint shares, this machine offers {left}"
        raise BadRequest(sentence, "use --schedule in-turn, or fewer workers")
    first = baseline if disjoint and spec.schedule is not Schedule.IN_TURN else 0
    workers = tuple(
        tuple(cores[(first + place * share + core) % left] for core in range(share))
        for place in range(spec.scales[-1])
    )
    return CoreShares(cores[:baseline], workers, disjoint, screen_has_core=baseline + needed < left)


def _what_fits(spec: Spec, cores: int) -> str:
    most = cores // spec.cores_per_worker
    if not most:
        return f"use --cores-per-worker {cores} or fewer"
    if not spec.points:
        return f"use --workers {most} or fewer"
    if spec.oversubscribe:
        return f"begin with --workers {most} or fewer: the headline is about a scale that fits"
    return f"leave out what is above --workers {most}, or add --oversubscribe"


def worth_probing(core_shares: CoreShares, baseline: Process, workers: tuple[Process, ...]) -> bool:
    """Return whether ``auto`` may consider running both at once on this host."""
    shared_host = any(worker.host == baseline.host for worker in workers)
    return shared_host and core_shares.disjoint and core_shares.screen_has_core


def chosen(asked: Schedule, *, one_host: bool, disjoint: bool, slowdown: float | None) -> Schedule:
    """Return the schedule to run: ``auto`` is together where that is fair, in turn otherwise.

    Where the sides share a host but not known to be on disjoint cores they never run at once,
    whatever was asked. ``slowdown`` is the baseline's loss of speed with both sides at once (None: not probed, since it cannot be fair).
    """
    if one_host and not disjoint:
        return Schedule.IN_TURN
    if asked is not Schedule.AUTO:
        return asked
    if not one_host:
        return Schedule.TOGETHER
    fair = slowdown is not None and slowdown <= SLOWDOWN_TOLERATED
    return Schedule.TOGETHER if fair else Schedule.IN_TURN


def rounds(
    trials: int, schedule: Schedule, scales: tuple[int, ...]
) -> Iterator[tuple[ScheduledStart, ...]]:
    """Yield what starts at one time, as (side, index of its round, workers): all of a round at once, or one by one in ABBA order.

    A round is the baseline, with no workers, then the distributed side at every scale; at once there is one scale only.
    """
    for index in range(trials):
        starts = (
            (Side.BASELINE, index, 0),
            *((Side.DISTRIBUTED, index, workers) for workers in scales),
        )
        if schedule is Schedule.TOGETHER:
            yield starts
            continue
        for start in starts if index % 2 == 0 else reversed(starts):
            yield (start,)
