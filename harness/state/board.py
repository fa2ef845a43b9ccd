"""The one fold: ``board = apply(board, event)``.

Live panel, replay and results all read the board, so they cannot disagree. Pure: time comes with
the events, nothing is read from the machine. May import ``model``, ``events`` and ``side``.
"""

import msgspec
from msgspec.structs import replace

from harness import events as e
from harness.model import Rate, Schedule, Side
from harness.state.side import SideStage, SideState, after_event

SessionEvent = (
    e.Opened
    | e.Scheduled
    | e.Compared
    | e.Rescored
    | e.Rated
    | e.ProofStopped
    | e.Observed
    | e.Closed
)


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of the session: both sides, and every scored trial in order.

    ``schedule`` is None until it is decided; ``opened``, ``proof_stopped``, ``observed`` and
    ``closed`` are None until that event has come.
    """

    opened: e.Opened | None = None
    schedule: Schedule | None = None
    baseline: SideState = SideState(side=Side.BASELINE)
    distributed: SideState = SideState(side=Side.DISTRIBUTED)
    trials: tuple[SideState, ...] = ()
    rates: tuple[Rate, ...] = ()
    proof_stopped: e.ProofStopped | None = None
    observed: e.Observed | None = None
    closed: e.Closed | None = None
    at: float = 0.0

    @property
    def reading(self) -> str:
        """Return how the user's own input was read (empty: there is none, or no side is ready)."""
        return self.baseline.armed.reading or self.distributed.armed.reading

    def state_of(self, side: Side) -> SideState:
        """Return a side in its present trial."""
        return self.baseline if side is Side.BASELINE else self.distributed


def apply(board: Board, event: e.Event) -> Board:
    """Return the board after one more event.

    An event that makes no sense now changes nothing but the time.
    """
    if isinstance(event, e.Closed):
        return replace(board, closed=event)  # a trial that never ended lasted until the last event
    board = replace(board, at=event.at)
    if isinstance(event, SessionEvent):
        return _after_session_event(board, event)
    before = board.state_of(event.side)
    after = after_event(before, event)
    board = replace(board, **{str(event.side): after})
    if isinstance(event, e.Scored) and before.stage is SideStage.FINISHED:
        return replace(board, trials=(*board.trials, after))
    return board


def _after_session_event(board: Board, event: SessionEvent) -> Board:
    match event:
        case e.Opened():
            return replace(board, opened=event)
        case e.Scheduled(schedule=schedule):
            return replace(board, schedule=schedule)
        case e.Compared() | e.Rescored():
            return _with_scores_compared(board, event)
        case e.Rated():
            rate = Rate(
                variant=event.variant,
                items_per_s=event.items_per_s,
                seconds=event.seconds,
                cores=event.cores,
                name=event.name,
                value=event.value,
                settings=event.settings,
                quality=event.quality,
                pass_s=event.pass_s,
            )
            return replace(board, rates=(*board.rates, rate))
        case e.ProofStopped():
            return replace(board, proof_stopped=event)
        case e.Observed():
            return replace(board, observed=event)
        case e.Closed():
            return replace(board, closed=event)


def _with_scores_compared(board: Board, event: e.Compared | e.Rescored) -> Board:
    """Return the board with what the scores showed in their trial: a scored distributed one."""

    def compared(state: SideState) -> SideState:
        if not (state.side is event.side is Side.DISTRIBUTED and state.order == event.order):
            return state
        match event:
            case e.Compared(differences=differences):
                return replace(state, score_differences=differences)
            case e.Rescored(gap=gap, reason=reason):
                return replace(state, rescoring_gap=gap, not_rescored=reason)

    return replace(board, trials=tuple(map(compared, board.trials)))
