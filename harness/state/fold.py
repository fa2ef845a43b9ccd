"""Many events folded at once: what ``apply`` makes of them one by one, but sooner.

Pure; may import ``events``, ``board``, ``side`` and ``worker``.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from harness import events as e
from harness.model import Side
from harness.state.board import Board, apply
from harness.state.side import SideStage, SideState, after_event, since_go
from harness.state.worker import after_worker_event

OF_A_WORKER = (e.Span, e.Sample)
FREQUENT = {e.Progress, *OF_A_WORKER}


class _SideInProgress:
    """A side whose workers are changed in place, while nothing comes but frequent events."""

    def __init__(self, state: SideState) -> None:
        self._state = state
        self._running = state.stage is SideStage.RUNNING
        self._workers = list(state.workers)
        self._places: dict[str, int] = {}
        for place, worker in enumerate(state.workers):
            self._places.setdefault(worker.process.id, place)

    def add(self, event: e.Event) -> None:
        """Take in an event that is frequent."""
        if isinstance(event, OF_A_WORKER):
            place = self._places.get(event.worker)
            if place is not None:
                since_go_s = since_go(self._state, event) if self._running else None
                self._workers[place] = after_worker_event(self._workers[place], event, since_go_s)
        elif self._running:
            self._state = after_event(self._state, event)

    def state(self) -> SideState:
        """Return the side after all of these events."""
        return replace(self._state, workers=tuple(self._workers))


def fold(events: Iterable[e.Event], board: Board | None = None) -> Board:
    """Return the board after all events (None: they are a session's first)."""
    board = Board() if board is None else board
    in_progress: dict[Side, _SideInProgress] = {}
    at = board.at
    for event in events:
        if type(event) in FREQUENT:
            side = in_progress.get(event.side)
            if side is None:
                side = in_progress[event.side] = _SideInProgress(board.state_of(event.side))
            side.add(event)
            at = event.at
            continue
        board = apply(_settled(board, in_progress, at), event)
        in_progress.clear()
        at = board.at
    return _settled(board, in_progress, at)


def _settled(board: Board, in_progress: dict[Side, _SideInProgress], at: float) -> Board:
    """Return the board with what the sides came to; it is the last event's time."""
    sides = {str(side): gathered.state() for side, gathered in in_progress.items()}
    return replace(board, at=at, **sides) if sides else board
