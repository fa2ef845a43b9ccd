"""When a recording takes over from a race: it was asked for, or the race makes no progress.

May import ``harness`` and ``demo.race.setup``.
"""

from collections.abc import Iterable

from demo.race.setup import Fallback, PresenterControls
from harness import events as e
from harness import text
from harness.errors import LiveRunAbandoned
from harness.state.board import Board
from harness.state.progress import ARMING_STALLED_AFTER_S, arming_s, stalled_s

SWITCHED = "you switched to the recording"
TOOK_OVER = "the recording took over"


def require_progress(
    fallback: Fallback,
    controls: PresenterControls,
    board: Board,
    batch: Iterable[e.Event],
    *,
    measured: bool,
    at: float,
) -> None:
    """Raise ``LiveRunAbandoned`` if the recording is to take over, asked or by itself.

    ``measured``: every trial is scored, so that nothing takes over any more. ``at`` is the
    conductor's time, to which ``board`` holds all events and ``batch`` the newest.
    """
    if fallback.recording is None or measured:
        return
    if controls.recording_wanted():
        raise LiveRunAbandoned(SWITCHED, remark="the presenter switched to the recording")
    if not fallback.by_itself:
        return
    failed = next((event for event in batch if isinstance(event, e.Failed)), None)
    if failed is not None:
        why = f"the {failed.side} side failed: {failed.reason}"
        raise LiveRunAbandoned(f"{TOOK_OVER}: {why}", failed=True)
    if (stalled_s(board, at) or 0.0) >= fallback.after_s:
        raise LiveRunAbandoned(f"{TOOK_OVER}: no progress for {text.seconds(fallback.after_s)}")
    if (arming_s(board, at) or 0.0) >= ARMING_STALLED_AFTER_S:
        late = f"a side was not ready within {text.seconds(ARMING_STALLED_AFTER_S)}"
        raise LiveRunAbandoned(f"{TOOK_OVER}: {late}")
