"""What the presenter view says: warnings, how each side and the run go, and deadlines.

Variants are ordered from the longest to the shortest. Pure.
May import ``model``, ``state``, ``talk``, ``text`` and its neighbours in ``show``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from harness import text
from harness.model import Side
from harness.show.terminal.arming_phrases import host_wait_phrases
from harness.show.terminal.losses import loss_counter
from harness.show.terminal.panel import elapsed
from harness.show.terminal.panel_phrases import disturbed, stall_phrase
from harness.show.terminal.side_view import progress_percent
from harness.state.board import Board
from harness.state.progress import stalled_s
from harness.state.side import SideStage, SideState
from harness.talk.agenda import AgendaPosition, Beat
from harness.talk.forecast import (
    Deadline,
    DeadlineBasis,
    RehearsalHistory,
    estimate_side,
    session_time_left,
    spread,
)

TOO_LATE = "TOO LATE"
_PRESS = "press f on the race to play the recording"
_PLAY = "`twoclocks play` plays the recording"

Variants = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FollowedRun:
    """The session that is followed: its board and the conductor's time now, in seconds.

    ``silent_s`` is how long nothing was heard of it, ``alive`` whether a process of it is running,
    ``has_recording`` whether there is a recording to play instead.
    """

    board: Board
    at: float
    silent_s: float
    alive: bool = True
    has_recording: bool = True


def find_warning(run: FollowedRun | None, stall_after: float) -> str:
    """Return the one thing that is wrong with the run; empty if nothing is."""
    if run is None or run.board.closed is not None:
        return ""
    failed = [lane for lane in _lanes(run.board) if lane.stage is SideStage.FAILED]
    if failed:
        return f"FAILED: the {failed[0].side} side: {text.printable(failed[0].reason)}"
    if not run.alive:
        return f"GONE: no process of the race is left; {_instead(run, _PLAY)}"
    for lane in _lanes(run.board):
        for stall in lane.stalls:
            if run.at - stall.since >= stall_after:
                return f"{stall_phrase(lane.side, stall, run.at)}; {_instead(run, _PRESS)}"
    still = stalled_s(run.board, run.at)
    if still is not None and still >= stall_after:
        return f"STALLED: no progress for {_whole_seconds(still)}; {_instead(run, _PRESS)}"
    running = any(lane.stage is SideStage.RUNNING for lane in _lanes(run.board))
    if still is None and run.silent_s >= stall_after and running:
        silent = _whole_seconds(run.silent_s)
        return f"STALLED: no word of the race for {silent}; {_instead(run, _PRESS)}"
    return ""


def describe_side(run: FollowedRun, side: Side, history: RehearsalHistory) -> Variants:
    """Return a side's clock and progress, and when its clock will stop according to what."""
    lane, walls = run.board.state_of(side), history.wall_times(side)
    estimate = estimate_side(lane, run.at, walls)
    state = _state(run, side)
    if estimate.best is None:
        return (state,)
    lead = "left" if lane.started_at is not None else "takes"
    estimates = []
    if estimate.by_progress is not None:
        estimates.append(f"≈ {text.minutes(estimate.by_progress)} by progress")
    if estimate.by_rehearsals is not None:
        rehearsals = text.number_of(len(walls), "rehearsal")
        estimates.append(f"≈ {text.minutes(estimate.by_rehearsals)} by {rehearsals}")
    return (
        f"{state}, {lead} {', '.join(estimates)}",
        f"{state}, {lead} {estimates[0]}",
        f"{state} {lead} ≈ {text.minutes(estimate.best)}",
    )


def describe_run(run: FollowedRun, history: RehearsalHistory) -> str:
    """Return when both clocks will have stopped, or how the session ended."""
    board = run.board
    stamp = f", {disturbed(board)}" if disturbed(board) else ""
    if board.closed is not None:
        remark = f": {text.printable(board.closed.remark)}" if board.closed.remark else ""
        return f"the session is over: {board.closed.status}{remark}{stamp}"
    if board.opened is None:
        return "the run has no estimate yet"
    spec = board.opened.spec
    rounds = ""
    if spec.trials > 1:
        number = max(lane.trial for lane in _lanes(board)) + 1
        rounds = f", round {text.count(number)} of {text.count(spec.trials)}"
    left = session_time_left(board, spec, run.at, history)
    if left is None:
        return f"the run has no estimate yet{rounds}"
    if left <= 0:
        return f"both clocks have stopped{stamp}"
    return f"both clocks stop in about {text.minutes(left)}{rounds}"


def describe_deadline(deadline: Deadline, position: AgendaPosition) -> Variants:
    """Return how much time is left to decide."""
    if deadline.basis is DeadlineBasis.RECORDING:
        return _recording_deadline(deadline, position)
    took, spare = text.minutes(deadline.seconds), deadline.at - position.elapsed
    alone = " alone" if deadline.basis is DeadlineBasis.ALONE else ""
    live = f"live took {took} at most in {text.number_of(deadline.number, 'demo')}{alone}"
    if deadline.basis is DeadlineBasis.BUDGET:
        live = f"the live run has a budget of {took}"
    if spare < 0:
        late = f"past {text.minutes(deadline.at)}" if deadline.at >= 0 else "from the start"
        return f"{TOO_LATE} to go live, {late}: {live}", f"{TOO_LATE} to go live: {late}"
    decide = f"decide by {text.minutes(deadline.at)}, in {text.minutes(spare)}"
    return f"{decide}: {live}", decide


def with_rehearsed(line: str, beat: Beat | None, history: RehearsalHistory) -> Variants:
    """Return a line about a beat with what it took in rehearsals, where any is on record."""
    times = history.beat_times(beat.name) if beat is not None else ()
    taken = spread(times)
    if taken is None or not line:
        return (line,)
    rehearsed = f"{line}, rehearsed: {text.minutes(taken.middle)}"
    number = text.number_of(taken.number, "rehearsal")
    return f"{rehearsed} (median of {number})", rehearsed, line


def describe_demo_end(position: AgendaPosition) -> Variants:
    """Return by when the demo must end so that the rest of the talk still fits."""
    end = position.agenda.length - position.agenda.after_demo
    moment, left = text.minutes(end), end - position.elapsed
    if left < 0:
        return (
            f"the demo should have ended at {moment}, {text.minutes(-left)} ago",
            f"should have ended at {moment}",
        )
    return (
        f"the demo must end by {moment}, {text.minutes(left)} from now",
        f"must end by {moment}, in {text.minutes(left)}",
    )


def _recording_deadline(deadline: Deadline, position: AgendaPosition) -> Variants:
    took, spare = text.minutes(deadline.seconds), deadline.at - position.elapsed
    if spare < 0:
        return f"too late for the recording, which plays {took}", "too late for the recording"
    moment = text.minutes(deadline.at)
    return (
        f"the recording, {took}, can begin until {moment}, {text.minutes(spare)} from now",
        f"recording until {moment}",
    )


def _state(run: FollowedRun, side: Side) -> str:
    lane = run.board.state_of(side)
    clock = text.clock(elapsed(lane, run.at), stopped=lane.wall_s is not None)
    name = str(side).ljust(len(Side.DISTRIBUTED))
    if lane.wall_s is not None:
        return f"{name}  {clock}  done{_losses(lane)}"
    if lane.stage is SideStage.RUNNING:
        return f"{name}  {clock}  {progress_percent(lane).rjust(5)}{_losses(lane)}"
    waiting = host_wait_phrases(lane.armed)
    return f"{name}  {waiting[-1] if waiting else lane.stage}"


def _losses(lane: SideState) -> str:
    counter, _ = loss_counter(lane)
    return f"  {counter}" if counter else ""


def _lanes(board: Board) -> Iterator[SideState]:
    yield from (board.state_of(side) for side in Side)


def _whole_seconds(duration: float) -> str:
    return f"{text.count(int(duration))} s"


def _instead(run: FollowedRun, advice: str) -> str:
    return advice if run.has_recording else "there is no recording to play"
