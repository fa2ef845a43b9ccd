"""Moments of a talk with a race, and how the presenter view draws them."""

from collections.abc import Iterable
from typing import Any

from harness import events as e
from harness.model import Side
from harness.show.terminal.presenter_phrases import (
    FollowedRun,
)
from harness.show.terminal.presenter_view import Scene, draw_presenter_view
from harness.talk.agenda import TalkProgress, fill_in, position_at, words_of
from harness.talk.forecast import RehearsalHistory, deadlines
from tests.builders import (
    BASELINE_S,
    a_board,
    arming_events,
    some_events,
    some_words,
    trial_events,
)
from tests.talks import TALK, a_course

REHEARSED = RehearsalHistory(
    baseline=(39.0, 41.0, 43.0), distributed=(20.0, 24.0, 22.0), demos=(150.0, 225.0)
)


SIZES = [(80, 24), (40, 12)]


WENT_AT = 8.0


def a_run(at: float = 30.0, told: Iterable[e.Event] | None = None, **changes: Any) -> FollowedRun:
    """Return a race in turn as it stands at a moment: the baseline goes at 8 s, Ray at 50 s."""
    events = some_events() if told is None else told
    fields: dict[str, Any] = {
        "board": a_board(event for event in events if event.at <= at),
        "at": at,
        "silent_s": 0.2,
    }
    return FollowedRun(**(fields | changes))


def a_scene(
    run: FollowedRun | None,
    *durations: float,
    now: float = 60.0,
    begun: bool = True,
    **changes: Any,
) -> Scene:
    """Return a moment of a talk whose beats took those seconds, the present one ``now`` so far."""
    course = a_course(*durations, began=0.0)
    at = sum(durations) + now
    beat = position_at(course, at).beat
    fields: dict[str, Any] = {
        "progress": course if begun else TalkProgress(TALK),
        "now": at,
        "sentence": fill_in(beat, words_of(some_words())) if beat is not None else "",
        "run": run,
        "history": REHEARSED,
        "deadlines": deadlines(TALK, REHEARSED, 94.0),
        "stall_after": 10.0,
        "note": "train · run 7c21",
        "prompt": "Enter ends this beat · q leaves",
    }
    return Scene(**(fields | changes))


def draw(scene: Scene, columns: int = 80, rows: int = 24) -> str:
    return draw_presenter_view(scene, columns=columns, rows=rows).plain


SCENES = {
    "waiting": a_scene(
        None,
        begun=False,
        note="waiting for a session in recordings",
        prompt="Enter begins the talk · q leaves",
    ),
    "before-the-demo": a_scene(a_run(6.0)),
    "baseline-runs": a_scene(a_run(30.0), 110.0),
    "distributed-runs": a_scene(a_run(60.0), 110.0, now=90.0),
    "stalled": a_scene(a_run(30.0, silent_s=2.0), 110.0, stall_after=2.0),
    "over": a_scene(a_run(200.0), 110.0, 200.0, 85.0, now=5.0, prompt="q leaves"),
}


RUNNING = [
    *some_events()[:1],
    *arming_events(),
    *trial_events(Side.BASELINE, WENT_AT, BASELINE_S)[:5],
]


PRESS = "press f on the race to play the recording"


def stuck(seconds: float, **changes: Any) -> FollowedRun:
    """Return a baseline that did its last item so many seconds ago."""
    moved = max(event.at for event in RUNNING if isinstance(event, e.Progress))
    return a_run(moved + seconds, RUNNING, **changes)
