"""Who runs when, and on which cores: decided from the spec and the machine, before and while arming. Pure.

May import ``model`` and ``errors``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import BadRequest
from harness.model import Process, Schedule, Side, Spec

SLOWDOWN_TOLERATED = 0.02

Cores = tuple[int, ...]


@dataclass(frozen=True)
class Allotment:
    """Cores for the baseline and for each worker; ``disjoint`` says that no core is given twice.

    Empty sets mean that the side is not pinned: its cores are not ours, or it does not compute.
    """

    baseline: Cores
    workers: tuple[Cores, ...]
    disjoint: bool
    screen_has_core: bool


def allot(spec: Spec, cores: Cores, *, pretend: bool) -> Allotment:
    """Return who gets which cores of this host; raise ``BadRequest`` when there are too few.

    In turn, both sides use the first cores. At once, the workers' cores come after the baseline's.
    """
    if pretend:
        return Allotment((), (), disjoint=True, screen_has_core=True)
    baseline, share, left = spec.baseline_cores, spec.cores_per_worker, len(cores)
    if baseline > left:
        raise BadRequest(f"the baseline asks for {baseline} cores, this machine offers {left}", f"use --baseline-cores {left} or fewer")
    if spec.joined_cluster:
        return Allotment(cores[:baseline], (), disjoint=False, screen_has_core=left > baseline)
    needed = spec.workers * share
    if needed > left:
        hint = f"use --workers {left // share} or fewer" if left >= share else f"use --cores-per-worker {left} or fewer"
        raise BadRequest(f"{spec.workers} workers of {share} need {needed} cores, this machine offers {left}", hint)
    disjoint = baseline + needed <= left
    if spec.schedule is Schedule.TOGETHER and not disjoint:
        sentence = f"together needs {baseline + needed} cores for disjoint shares, this machine offers {left}"
        raise BadRequest(sentence, "use --schedule in-turn, or fewer workers")
    first = baseline if disjoint and spec.schedule is not Schedule.IN_TURN else 0
    workers = tuple(cores[first + place * share : first + (place + 1) * share] for place in range(spec.workers))
    return Allotment(cores[:baseline], workers, disjoint, screen_has_core=baseline + needed < left)


def worth_probing(allotment: Allotment, baseline: Process, workers: tuple[Process, ...]) -> bool:
    """Return whether ``auto`` may consider running both at once on this host."""
    shared_host = any(worker.host == baseline.host for worker in workers)
    return shared_host and allotment.disjoint and allotment.screen_has_core


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


def rounds(trials: int, schedule: Schedule) -> Iterator[tuple[tuple[Side, int], ...]]:
    """Yield what starts at one time, as (side, index of its trial): pairs in ABBA order, or both at once."""
    for index in range(trials):
        baseline, distributed = (Side.BASELINE, index), (Side.DISTRIBUTED, index)
        if schedule is Schedule.TOGETHER:
            yield (baseline, distributed)
            continue
        for one in (baseline, distributed) if index % 2 == 0 else (distributed, baseline):
            yield (one,)
