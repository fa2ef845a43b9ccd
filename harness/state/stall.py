"""How long a side that runs has not got on: what a presenter must know before the room does.

Pure; may import ``board``.
"""

from harness.state.board import Board, Lane, Stage

STALLED_S = 10.0
"""Seconds without an item done after which a run counts as stalled, unless told otherwise."""
ARMED_WITHIN_S = 60.0
"""Seconds after which a side that is still arming counts as stalled: a cluster needs some, an input may need more."""


def stalled_s(board: Board, at: float) -> float | None:
    """Return for how many seconds a running side has done no item, ``at`` that time on the conductor's clock.

    Of two sides that run it is the longer time. None: nothing runs, or a side has no items to count.
    """
    return max(
        (_still_s(lane, at) for lane in (board.baseline, board.distributed) if _counts(lane)),
        default=None,
    )


def arming_s(board: Board, at: float) -> float | None:
    """Return for how many seconds a side has been arming (None: none is)."""
    launched = [
        lane.launched_at
        for lane in (board.baseline, board.distributed)
        if lane.stage is Stage.ARMING
    ]
    return max((max(0.0, at - since) for since in launched if since is not None), default=None)


def _counts(lane: Lane) -> bool:
    return lane.stage is Stage.RUNNING and lane.items > 0


def _still_s(lane: Lane, at: float) -> float:
    return max(0.0, at - lane.last_progress_at) if lane.last_progress_at is not None else 0.0
