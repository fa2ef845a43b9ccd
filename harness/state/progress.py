"""How far a sweep has come: what every scale gave so far, read off the board while it runs.

The speedup is worked out as ``evidence`` does it from the results file, so that the number which grows on the
screen is the one that is claimed at the end. May import ``model``, ``board`` and ``scaling``.
"""

from dataclasses import dataclass
from statistics import median

from harness.claims import scaling
from harness.model import Side, Spec
from harness.state.board import Board, Lane


@dataclass(frozen=True)
class Scale:
    """One scale so far: p, the complete pairs, the median wall time in seconds (None: none scored yet), and S (None: no pair yet)."""

    workers: int
    pairs: int = 0
    distributed_s: float | None = None
    speedup: float | None = None


def scales(board: Board, spec: Spec) -> tuple[Scale, ...]:
    """Return every scale that was asked for, ascending, with what the trials scored so far say of it."""
    baseline: dict[int, float] = {}
    distributed: dict[int, dict[int, float]] = {workers: {} for workers in spec.scales}
    for lane in board.trials:
        if lane.wall_s is None or lane.wall_s <= 0:
            continue
        times = (
            baseline if lane.side is Side.BASELINE else distributed.get(workers_at_work(lane), {})
        )
        times[lane.trial] = lane.wall_s
    return tuple(_scale(workers, baseline, times) for workers, times in distributed.items())


def workers_at_work(lane: Lane) -> int:
    """Return p of the lane's trial: how many workers have a part in it."""
    return max(1, len(lane.workers))


def latest(board: Board) -> Lane | None:
    """Return the side that got its go last, as it is now (None: nothing has gone yet)."""
    gone = [lane for lane in (board.baseline, board.distributed) if lane.started_at is not None]
    return max(gone, key=lambda lane: lane.order, default=None)


def _scale(workers: int, baseline: dict[int, float], distributed: dict[int, float]) -> Scale:
    if not distributed:
        return Scale(workers)
    middle, both = (
        median(list(distributed.values())),
        sorted(baseline.keys() & distributed.keys()),
    )
    if not both:
        return Scale(workers, 0, middle)
    one, many = (median([times[trial] for trial in both]) for times in (baseline, distributed))
    return Scale(workers, len(both), middle, scaling.speedup(one, many))
