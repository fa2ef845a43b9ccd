"""What is said around a panel whose race runs elsewhere: where, and how old the last news is.

May import ``harness`` and ``demo.follow.link``.
"""

from datetime import datetime

from demo.follow.link import LinkState, seconds
from harness.follow.follower import Follower
from harness.model import Kind, SessionStage
from harness.show.terminal.panel import Caption
from harness.show.terminal.side_view import SideStatus
from harness.state.board import Board

_BADGES = {LinkState.OPEN: "REMOTE", LinkState.SILENT: "NO NEWS", LinkState.BROKEN: "NO LINK"}


def caption_of(
    follower: Follower, state: LinkState, words: str, *, now: float, utc: datetime
) -> Caption:
    """Return the caption of a session that has opened; ``words`` say how the link does.

    ``now`` is the time by the follower's clock.
    """
    board = follower.board
    assert board.opened is not None
    replay = follower.news.is_replay(now)
    simulated = "SIMULATED" if board.opened.kind is Kind.SIMULATED else ""
    badge = "REPLAY" if replay else _BADGES[state]
    return Caption(
        run_id=board.opened.run_id,
        schedule=board.schedule or board.opened.spec.schedule,
        utc=utc,
        badge=" · ".join(filter(None, (badge, simulated))),
        prompt=_prompt(follower, state, words, replay=replay, now=now),
        keys=(("Ctrl-C ends the command and keeps what has come", "Ctrl-C ends the command"),),
        foreign_now=follower.foreign_now,
        stage=stage_of(board),
        running=_running(state, replay=replay),
    )


def _running(state: LinkState, *, replay: bool) -> SideStatus:
    """Return the word for a side whose clock runs."""
    if replay:
        return SideStatus.REPLAY
    return SideStatus.LIVE if state is LinkState.OPEN else SideStatus.NO_NEWS


def _prompt(follower: Follower, state: LinkState, words: str, *, replay: bool, now: float) -> str:
    age = follower.news.age_s(now) or 0.0
    if follower.board.closed is not None:
        return "it has ended; its results are awaited"
    if state is LinkState.BROKEN:
        return words
    lost = "lines may be missing · " if follower.begins_amid else ""
    if replay:
        return f"{lost}a replay, not live"
    return f"{lost}runs elsewhere · last news {seconds(age)} ago"


def stage_of(board: Board) -> SessionStage:
    """Return what the session does, as far as its events show it."""
    if board.observed is not None and board.rates and board.closed is None:
        return SessionStage.PROVING
    return SessionStage.RUNNING
