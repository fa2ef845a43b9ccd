"""The panel: both sides in one picture, a total function of the board, time and terminal size.

Every frame of a run has the same number of lines, at most one less than the terminal. A replay
beside a running side is read from the board, so one call draws live, replayed and finished states.
Reads no clock. May import ``model``, ``state``, ``text`` and its neighbours in ``show``.
"""

from dataclasses import dataclass
from datetime import datetime

from harness.model import Schedule, SessionStage, Spec
from harness.show import appendix_phrases
from harness.show.terminal import panel_phrases as phrases
from harness.show.terminal import turn_phrases
from harness.show.terminal.lines import (
    BASELINE_PAINT,
    DISTRIBUTED_PAINT,
    Frame,
    Line,
    cut,
    pad,
    piece,
)
from harness.show.terminal.panel_edges import footer_lines, header_line
from harness.show.terminal.race_track import axis_end_s, draw_track
from harness.show.terminal.room import FOOTER_ROWS, Room, share_out
from harness.show.terminal.side_box import draw_box
from harness.show.terminal.side_view import SideStatus, SideView, progress_percent
from harness.show.terminal.sweep_strip import draw_strip
from harness.state.board import Board
from harness.state.last_take import LastTake
from harness.state.replay import at_moment
from harness.state.side import SideStage, SideState

SMALLEST_COLUMNS = 80
SMALLEST_ROWS = 24

_STATUSES = {
    SideStage.WAITING: SideStatus.WAITING,
    SideStage.ARMING: SideStatus.ARMING,
    SideStage.READY: SideStatus.READY,
    SideStage.RUNNING: SideStatus.LIVE,
    SideStage.FINISHED: SideStatus.DONE,
    SideStage.SCORED: SideStatus.DONE,
    SideStage.FAILED: SideStatus.FAILED,
}


@dataclass(frozen=True, kw_only=True)
class Caption:
    """What surrounds the two sides and is not on the board.

    ``schedule`` is the one that was chosen, ``utc`` the time now. ``badge`` is a word for a picture
    that is no live measurement (SIMULATED, REC); ``prompt`` says what happens, ``keys`` what each
    key does that does something now, the most wanted first, each in several lengths, the longest
    first. ``stage`` is the session's,
    ``foreign_now`` the share of the machine that other programs use at this moment (None: not
    measured). ``running`` is the word for a side whose clock runs. ``last_take`` is shown while the
    distributed side awaits its turn (None: there is none that ran the same).
    """

    run_id: str
    schedule: Schedule
    utc: datetime
    badge: str = ""
    prompt: str = ""
    keys: tuple[phrases.Variants, ...] = ()
    foreign_now: float | None = None
    stage: SessionStage = SessionStage.RUNNING
    running: SideStatus = SideStatus.LIVE
    last_take: LastTake | None = None


def draw_panel(
    board: Board, spec: Spec, caption: Caption, *, at: float, columns: int, rows: int
) -> Frame:
    """Draw the session at a time on the conductor's clock, in seconds, for a terminal's size."""
    views = _views(board, spec, caption, at)
    if columns < SMALLEST_COLUMNS or rows < SMALLEST_ROWS:
        return _draw_small(views, columns, rows)
    room = share_out(spec, columns, rows)
    known_s = _known_s(board, caption.schedule, at)
    end_s = axis_end_s(max(view.elapsed for view in views), known_s)
    left, right = (draw_box(view, room.boxes) for view in views)
    rest = (piece(" " * (columns - 2 * room.boxes.width)),)
    sides = [(*one, *other, *rest) for one, other in zip(left, right, strict=True)]
    above = (
        _header(board, spec, caption, columns),
        *_track(board, spec, caption, views, end_s=end_s, columns=columns, rows=room.track_rows),
    )
    below = (
        *draw_strip(board, spec, columns),
        *_footer(board, spec, caption, views, columns, room),
    )
    padded = ([pad(line, columns) for line in lines] for lines in (above, below))
    return Frame((*next(padded), *sides, *next(padded)))


def elapsed(lane: SideState, at: float) -> float:
    """Return the seconds on a side's clock.

    That is 0 before go, the wall time once it has stopped, and the last progress if it failed.
    """
    if lane.wall_s is not None:
        return lane.wall_s
    if lane.started_at is None:
        return 0.0
    if lane.stage is SideStage.FAILED:
        return lane.curve.points[-1][0] if lane.curve.points else 0.0
    return max(0.0, at - lane.started_at)


def is_replaying(board: Board, schedule: Schedule, at: float) -> bool:
    """Return whether the baseline is shown as it was at the distributed side's present moment.

    It is if it ran before and took longer than the distributed side has run.
    """
    before, now = board.baseline, board.distributed
    if schedule is not Schedule.IN_TURN or before.wall_s is None:
        return False
    if before.started_at is None or now.started_at is None:
        return False
    return before.started_at <= now.started_at and max(0.0, at - now.started_at) < before.wall_s


def _views(board: Board, spec: Spec, caption: Caption, at: float) -> tuple[SideView, SideView]:
    left, right = board.baseline, board.distributed
    statuses = _STATUSES | {SideStage.RUNNING: caption.running}
    status = statuses[left.stage]
    clock = elapsed(left, at)
    if is_replaying(board, caption.schedule, at):
        status = SideStatus.REPLAY
        clock = max(0.0, at - (right.started_at or 0.0))
        left = at_moment(left, clock)
    titles = phrases.titles(board, spec)
    baseline = SideView(
        lane=left,
        status=status,
        titles=titles[0],
        elapsed=clock,
        at=at,
        cores=spec.baseline_cores,
        workers=1,
        quality_lines=phrases.baseline_quality(left, spec),
        paint=BASELINE_PAINT,
    )
    waits = turn_phrases.awaits_its_turn(board, caption.schedule)
    distributed = SideView(
        lane=right,
        status=statuses[right.stage],
        titles=titles[1],
        elapsed=elapsed(right, at),
        at=at,
        cores=spec.cores_per_worker,
        workers=spec.scales[-1],
        quality_lines=phrases.distributed_quality(board, spec),
        paint=DISTRIBUTED_PAINT,
        spares=spec.spares,
        starts=turn_phrases.starts_when(board, at) if waits else (),
        coming=turn_phrases.what_comes(spec) if waits else (),
        past=turn_phrases.past_run(caption.last_take, clock) if waits else None,
    )
    return baseline, distributed


def _known_s(board: Board, schedule: Schedule, at: float) -> float:
    """Return the longest wall time that is known of what both clocks show (0: none is)."""
    before, now = board.baseline, board.distributed
    if before.wall_s is None and not is_replaying(board, schedule, at):
        return 0.0 if before.started_at is not None else now.wall_s or 0.0
    return max(before.wall_s or 0.0, now.wall_s or 0.0)


def _track(
    board: Board,
    spec: Spec,
    caption: Caption,
    views: tuple[SideView, SideView],
    *,
    end_s: float,
    columns: int,
    rows: int,
) -> tuple[Line, ...]:
    return draw_track(
        views,
        end_s=end_s,
        gap_words=phrases.gap(views),
        ratio=phrases.ratio(board, views, spec),
        remarks=(
            phrases.clocks(views, spec)[0],
            phrases.above_ratio(board, views, caption.foreign_now),
        ),
        columns=columns,
        rows=rows,
    )


def _header(board: Board, spec: Spec, caption: Caption, columns: int) -> Line:
    """Return what runs on which input, when."""
    return header_line(
        caption.badge,
        cut(spec.workload.name, 20),
        phrases.input_facts(board, spec),
        caption.utc.replace(microsecond=0),
        caption.schedule,
        caption.run_id,
        columns,
    )


def _footer(
    board: Board,
    spec: Spec,
    caption: Caption,
    views: tuple[SideView, SideView],
    columns: int,
    room: Room,
) -> tuple[Line, ...]:
    """Return what is known beside the clocks, the remark that matters most, and what keys do.

    Where the footer is short, the remark is one of those facts. The last line ends with the prompt
    and with facts that had no room.
    """
    facts = _facts(board, spec, caption, views, clocks=not room.track_rows)
    notes = phrases.note(board, spec, views)
    is_urgent = bool(phrases.urgent_note(board, views))
    whole = room.footer_rows == FOOTER_ROWS
    return footer_lines(facts, notes, is_urgent, caption.keys, caption.prompt, columns - 2, whole)


def _facts(
    board: Board,
    spec: Spec,
    caption: Caption,
    views: tuple[SideView, SideView],
    *,
    clocks: bool,
) -> list[str]:
    if board.rates and caption.stage is SessionStage.PROVING:
        return [appendix_phrases.rate(board.rates[-1], spec.workload)]
    if reading := phrases.reading(board, views):
        return [reading]
    return [
        phrases.disturbed(board, caption.foreign_now),
        phrases.clocks(views, spec)[0] if clocks else "",
        phrases.observations(board, spec),
        phrases.start_up(board, spec),
    ]


def _draw_small(views: tuple[SideView, SideView], columns: int, rows: int) -> Frame:
    """Return both clocks in words and the size that the panel needs, for a small terminal."""
    sides = [
        f"{view.name} {view.status} {view.clock} {progress_percent(view.lane)}" for view in views
    ]
    size = f"this terminal is {columns}×{rows}, the panel needs {SMALLEST_COLUMNS}×{SMALLEST_ROWS}"
    clocks = " ".join(f"{view.name} {view.clock}" for view in views)
    lines = [*sides, size] if rows > 3 else [clocks]
    return Frame(tuple(pad((piece(cut(line, columns)),), columns) for line in lines))
