"""What the distributed side's box says while the baseline has its turn: what comes, and when.

Pure. May import ``model``, ``state``, ``talk.forecast``, ``text`` and its neighbours.
"""

from harness import text
from harness.model import Schedule, Spec
from harness.show.terminal.side_view import PastRun
from harness.state.board import Board
from harness.state.last_take import LastTake
from harness.state.side import SideStage, SideState
from harness.talk.forecast import estimate_side

_FORETOLD_FROM = 0.05


def awaits_its_turn(board: Board, schedule: Schedule) -> bool:
    """Return whether the baseline has its first turn, and the distributed side is next."""
    begun = board.baseline.started_at is not None and board.distributed.started_at is None
    failed = SideStage.FAILED in (board.baseline.stage, board.distributed.stage)
    return begun and not failed and schedule is Schedule.IN_TURN


def starts_when(board: Board, at: float) -> tuple[str, ...]:
    """Return when the distributed side starts, the longest first.

    That is foretold by the baseline's own progress, once it has done a twentieth.
    """
    if board.baseline.wall_s is not None:
        return ("starts next",)
    start = "starts when the baseline is done"
    left_s = _left_s(board.baseline, at)
    if left_s is None:
        return (start,)
    at_most = " at most" if board.baseline.armed.stops_early else ""
    left = f"about {text.minutes(left_s)}{at_most}"
    return f"{start}, {left} from now", f"starts in {left}"


def what_comes(spec: Spec) -> tuple[str, ...]:
    """Return what will be shown then, a paragraph each."""
    workers = text.number_of(spec.scales[0], "worker")
    return (
        f"{workers} armed and idle: the machine is the baseline's.",
        "Then both clocks run from zero, the baseline's as a replay.",
    )


def past_run(take: LastTake | None, elapsed: float) -> PastRun | None:
    """Return how far the last take's distributed side was so long after its go (None: no take)."""
    if take is None:
        return None
    took = text.seconds(take.wall_s)
    words = f"took {took} · {text.moment_of(take.began_utc)}", f"took {took}"
    return PastRun(words, take.done_after(elapsed), take.items)


def _left_s(lane: SideState, at: float) -> float | None:
    """Return the seconds until a side is done, by its progress so far (None: too little of it)."""
    known = lane.armed.items > 0 and lane.done >= lane.armed.items * _FORETOLD_FROM
    if not known or lane.last_progress_at is None:
        return None
    left_s = estimate_side(lane, lane.last_progress_at, ()).by_progress
    return None if left_s is None else max(0.0, left_s - (at - lane.last_progress_at))
