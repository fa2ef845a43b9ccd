"""How far a session has come while it runs: every scale so far, and how long nothing has happened.

The speedup is worked out as ``claims.pairs`` does it from the results file, so that the number on
the screen is the one that is claimed at the end.
Pure; may import ``model``, ``board`` and ``claims.scaling``.
"""

import math
from dataclasses import dataclass
from statistics import median

from harness.claims import scaling
from harness.model import Side, Spec
from harness.state.board import Board
from harness.state.side import SideStage, SideState

STALLED_S = 10.0
"""Seconds without progress after which a trial counts as stalled, unless asked otherwise."""
ARMING_STALLED_AFTER_S = 60.0
"""Seconds after which a side that is still arming counts as stalled."""

_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class ScaleProgress:
    """One scale so far: p, the complete pairs, and the medians over them.

    ``distributed_s`` is the median wall time of the distributed side (None: no trial is scored),
    ``speedup`` that of the pairs (None: none is complete).
    """

    workers: int
    pairs: int = 0
    distributed_s: float | None = None
    speedup: float | None = None


def scales(board: Board, spec: Spec) -> tuple[ScaleProgress, ...]:
    """Return every scale that was asked for, ascending, with what the scored trials say of it."""
    baseline: dict[int, float] = {}
    distributed: dict[int, dict[int, float]] = {workers: {} for workers in spec.scales}
    for state in board.trials:
        if state.wall_s is None or state.wall_s <= 0:
            continue
        if state.side is Side.BASELINE:
            baseline[state.trial] = state.wall_s
        elif (workers := workers_at_work(state)) in distributed:
            distributed[workers][state.trial] = state.wall_s
    return tuple(_scale(workers, baseline, walls) for workers, walls in distributed.items())


def workers_at_work(state: SideState) -> int:
    """Return p of the side's trial: how many workers have a part in it."""
    return max(1, len(state.workers))


def latest_started(board: Board) -> SideState | None:
    """Return the side that was started last, as it is now (None: none was started)."""
    started = [state for state in _sides(board) if state.started_at is not None]
    return max(started, key=lambda state: state.order, default=None)


def _scale(workers: int, baseline: dict[int, float], walls: dict[int, float]) -> ScaleProgress:
    if not walls:
        return ScaleProgress(workers=workers)
    paired = sorted(baseline.keys() & walls.keys())
    speedup = None
    if paired:
        baseline_s = median(baseline[trial] for trial in paired)
        speedup = scaling.speedup(baseline_s, median(walls[trial] for trial in paired))
    return ScaleProgress(
        workers=workers,
        pairs=len(paired),
        distributed_s=median(walls.values()),
        speedup=speedup,
    )


def times_as_long(longer_s: float, shorter_s: float) -> float | None:
    """Return how many times as long the longer time is (None: it is no longer, or no time)."""
    if not (0 < shorter_s < longer_s < math.inf):
        return None
    return scaling.speedup(longer_s, shorter_s)


def least_ratio(longer_s: float, shorter_s: float) -> float | None:
    """Return how many times as long the longer time is at least, cut off at a tenth, never rounded.

    From a hundred up it is cut off at a whole number. None: no tenth more, or no time at all.
    """
    ratio = times_as_long(longer_s, shorter_s)
    if ratio is None:
        return None
    cut = float(math.floor(ratio)) if ratio >= 100 else math.floor(ratio * 10 + _ROUNDING) / 10
    return cut if cut > 1 else None


def stalled_s(board: Board, at: float) -> float | None:
    """Return for how many seconds a running side has done no item, ``at`` on the conductor's clock.

    Of two sides that run it is the longer time. None: no side runs, or none has items to count.
    """
    waits = [
        max(0.0, at - state.last_progress_at)
        for state in _sides(board)
        if state.stage is SideStage.RUNNING
        and state.armed.items > 0
        and state.last_progress_at is not None
    ]
    return max(waits, default=None)


def arming_s(board: Board, at: float) -> float | None:
    """Return for how many seconds a side has been arming (None: none is).

    Without those in which it waited for hosts.
    """
    waits = [
        max(0.0, at - state.armed.launched_at - state.armed.awaited_s)
        for state in _sides(board)
        if state.stage is SideStage.ARMING and state.armed.launched_at is not None
    ]
    return max(waits, default=None)


def _sides(board: Board) -> tuple[SideState, SideState]:
    return board.baseline, board.distributed
