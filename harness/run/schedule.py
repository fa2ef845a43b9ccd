"""Who runs when, and on which cores, decided from the spec and the machine. Pure.

May import ``model``, ``errors`` and ``text``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from harness.errors import BadRequest
from harness.model import Process, Schedule, Side, Spec
from harness.text import count, number_of

SLOWDOWN_TOLERATED = 0.02

Cores = tuple[int, ...]


class ScheduledStart(NamedTuple):
    """A trial to start: ``trial`` is its index on that side, ``workers`` 0 for the baseline."""

    side: Side
    trial: int
    workers: int


@dataclass(frozen=True, kw_only=True)
class CoreShares:
    """Cores of the baseline, and of each worker and then each spare.

    ``disjoint`` says that none is given twice.

    Empty sets mean that the side is not pinned: the cores are not ours, or it does not compute.
    """

    baseline: Cores
    workers: tuple[Cores, ...]
    disjoint: bool
    screen_has_core: bool


UNPINNED = CoreShares(baseline=(), workers=(), disjoint=True, screen_has_core=True)


def share_cores(spec: Spec, cores: Cores, *, simulated: bool) -> CoreShares:
    """Return who gets which of this host's cores, up to the largest scale, spares last.

    In turn, both sides use the first cores. At once, the workers' cores come after the baseline's.
    Where the spec allows oversubscription, workers beyond the last core start again at the first.
    Raises ``BadRequest`` when there are too few.
    """
    if simulated:
        return UNPINNED
    if spec.baseline_on_node:
        return replace(UNPINNED, disjoint=False)
    baseline, available = spec.baseline_cores, len(cores)
    if baseline > available:
        raise BadRequest(
            f"the baseline needs {baseline} cores; this machine has {available}",
            f"use --baseline-cores {available} or fewer",
        )
    if spec.joined_cluster:
        return CoreShares(
            baseline=cores[:baseline],
            workers=(),
            disjoint=False,
            screen_has_core=available > baseline,
        )
    _require_room(spec, available)
    needed = (spec.scales[-1] + spec.spares) * spec.cores_per_worker
    disjoint = baseline + needed <= available
    if spec.schedule is Schedule.TOGETHER and not disjoint:
        raise BadRequest(
            f"--schedule together needs {baseline + needed} cores, so that no two processes share"
            f" one; this machine has {available}",
            "use --schedule in-turn, or fewer workers",
        )
    first = baseline if disjoint and spec.schedule is not Schedule.IN_TURN else 0
    return CoreShares(
        baseline=cores[:baseline],
        workers=_worker_cores(spec, cores, first),
        disjoint=disjoint,
        screen_has_core=baseline + needed < available,
    )


def _require_room(spec: Spec, available: int) -> None:
    workers = spec.workers if spec.oversubscribe else spec.scales[-1]
    spares = 0 if spec.oversubscribe else spec.spares
    share = spec.cores_per_worker
    if (workers + spares) * share > available:
        beside = f" and {number_of(spares, 'spare')}" if spares else ""
        raise BadRequest(
            f"{number_of(workers, 'worker')}{beside} with {number_of(share, 'core')} each"
            f" need {count((workers + spares) * share)} cores; this machine has {available}",
            _what_fits(spec, available),
        )


def _worker_cores(spec: Spec, cores: Cores, first: int) -> tuple[Cores, ...]:
    share = spec.cores_per_worker
    return tuple(
        tuple(cores[(first + place * share + core) % len(cores)] for core in range(share))
        for place in range(spec.scales[-1] + spec.spares)
    )


def _workers_at_most(most: int) -> str:
    return f"use --workers {most} or fewer" if most > 1 else "use --workers 1"


def _what_fits(spec: Spec, cores: int) -> str:
    most = cores // spec.cores_per_worker
    if not most:
        return f"use --cores-per-worker {cores} or fewer"
    if spec.spares and not spec.oversubscribe:
        most -= spec.spares
        return _workers_at_most(most) if most > 0 else "use fewer --spares"
    if not spec.points:
        return _workers_at_most(most)
    if spec.oversubscribe:
        return f"begin with --workers {most} or fewer: the headline is about a scale that fits"
    return f"leave out what is above --workers {most}, or add --oversubscribe"


def worth_probing(shares: CoreShares, baseline: Process, workers: tuple[Process, ...]) -> bool:
    """Return whether ``auto`` may consider running both at once on this host."""
    shared_host = any(worker.host == baseline.host for worker in workers)
    return shared_host and shares.disjoint and shares.screen_has_core


def choose_schedule(
    asked: Schedule, *, one_host: bool, disjoint: bool, slowdown: float | None
) -> Schedule:
    """Return the schedule to run: ``auto`` is together where that is fair, else in turn.

    Sides that share a host never run at once unless their cores are known to be disjoint, whatever
    was asked. ``slowdown`` is the baseline's loss of speed with both sides at once (None: it was
    not probed, since it cannot be fair).
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
    """Yield what starts at one time: a whole round at once, or one by one in ABBA order.

    A round is the baseline, then the distributed side at every scale; at once there is one scale.
    """
    for trial in range(trials):
        starts = (
            ScheduledStart(Side.BASELINE, trial, 0),
            *(ScheduledStart(Side.DISTRIBUTED, trial, workers) for workers in scales),
        )
        if schedule is Schedule.TOGETHER:
            yield starts
            continue
        for start in starts if trial % 2 == 0 else reversed(starts):
            yield (start,)
