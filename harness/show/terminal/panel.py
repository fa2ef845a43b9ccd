"""The panel: both sides in one picture, a total function of the board, time and terminal size.

Every frame of a run has the same number of lines, at most one less than the terminal. A replay
beside a running side is read from the board, so one call draws live, replayed and finished states.
Reads no clock. May import ``model``, ``state``, ``text`` and its neighbours in ``show``.
"""

from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len

from harness import text
from harness.model import Schedule, SessionStage, Spec
from harness.show import appendix_phrases
from harness.show.terminal import panel_phrases as phrases
from harness.show.terminal.big_digits import SMALLEST, largest_face
from harness.show.terminal.lines import (
    BASELINE_PAINT,
    DISTRIBUTED_PAINT,
    LABEL,
    STRONG,
    Frame,
    Line,
    cut,
    first_fitting,
    join_fitting,
    justify,
    pad,
    piece,
)
from harness.show.terminal.side_box import (
    Layout,
    SideStatus,
    SideView,
    draw_box,
    progress_percent,
)
from harness.show.terminal.sweep_strip import draw_strip, strip_rows
from harness.state.board import Board
from harness.state.replay import at_moment
from harness.state.side import SideStage, SideState

SMALLEST_COLUMNS = 80
SMALLEST_ROWS = 24

_HEADER_ROWS = 1
_FOOTER_ROWS = 2
_WORKERS_BEFORE_A_LARGER_CLOCK = 10
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
    that is no live measurement (SIMULATED, REC); ``prompt`` says what a key does, or what happens.
    ``stage`` is the session's.
    """

    run_id: str
    schedule: Schedule
    utc: datetime
    badge: str = ""
    prompt: str = ""
    stage: SessionStage = SessionStage.RUNNING


def draw_panel(
    board: Board, spec: Spec, caption: Caption, *, at: float, columns: int, rows: int
) -> Frame:
    """Draw the session at a time on the conductor's clock, in seconds, for a terminal's size."""
    views = _views(board, spec, caption.schedule, at)
    if columns < SMALLEST_COLUMNS or rows < SMALLEST_ROWS:
        return _draw_small(views, columns, rows)
    layout = _layout(spec, columns, rows)
    left, right = (draw_box(view, layout) for view in views)
    sides = tuple((*one, *other) for one, other in zip(left, right, strict=True))
    lines = (
        _header(board, spec, caption, columns),
        *sides,
        *draw_strip(board, spec, columns),
        *_footer(board, spec, caption, views, columns),
    )
    return Frame(tuple(pad(line, columns) for line in lines))


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


def _views(board: Board, spec: Spec, schedule: Schedule, at: float) -> tuple[SideView, SideView]:
    left, right = board.baseline, board.distributed
    status = _STATUSES[left.stage]
    clock = elapsed(left, at)
    if is_replaying(board, schedule, at):
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
    distributed = SideView(
        lane=right,
        status=_STATUSES[right.stage],
        titles=titles[1],
        elapsed=elapsed(right, at),
        at=at,
        cores=spec.cores_per_worker,
        workers=spec.scales[-1],
        quality_lines=phrases.distributed_quality(board, spec),
        paint=DISTRIBUTED_PAINT,
    )
    return baseline, distributed


def _layout(spec: Spec, columns: int, rows: int) -> Layout:
    """Return the layout of both boxes: first a large clock, then air, then the workers that fit."""
    width = columns // 2
    workers = max(1, spec.scales[-1])
    room = rows - 1 - _HEADER_ROWS - _FOOTER_ROWS - strip_rows(spec)
    named = min(workers, _WORKERS_BEFORE_A_LARGER_CLOCK)
    smallest = Layout(width=width, face=SMALLEST, worker_rows=named, airy=False)
    face = largest_face(width - 4, room - smallest.rows + SMALLEST.rows)
    airy = Layout(width=width, face=face, worker_rows=workers, airy=True)
    if airy.rows <= room:
        return airy
    without_workers = Layout(width=width, face=face, worker_rows=0, airy=False)
    fitting = min(workers, room - without_workers.rows)
    return Layout(width=width, face=face, worker_rows=fitting, airy=False)


def _header(board: Board, spec: Spec, caption: Caption, columns: int) -> Line:
    """Return what runs on which input, when.

    Where room is short the item count goes first, then the schedule, then the name.
    """
    badge = (piece(f" {cut(caption.badge, 20)} ", LABEL),) if caption.badge else ()
    items, digest = phrases.input_facts(board, spec)
    name = cut(spec.workload.name, 20)
    moment = text.moment(caption.utc)
    schedule = str(caption.schedule).upper().replace("-", " ")
    run = f"run {cut(caption.run_id, 16)}"
    choices = (
        [name, items, digest, moment, schedule, run],
        [name, digest, moment, schedule, run],
        [name, digest, moment, run],
        [digest, moment, run],
    )
    room = columns - 2 - sum(cell_len(part.text) for part in badge)
    variants = [" · ".join(filter(None, parts)) for parts in choices]
    return (*badge, piece(" "), piece(first_fitting(variants, room)))


def _footer(
    board: Board, spec: Spec, caption: Caption, views: tuple[SideView, SideView], columns: int
) -> tuple[Line, Line]:
    width = columns - 2
    if board.rates and caption.stage is SessionStage.PROVING:
        news = cut(appendix_phrases.rate(board.rates[-1], spec.workload), width)
    elif reading := phrases.reading(board, views):
        news = cut(reading, width)
    else:
        measured = (phrases.gap(views, spec), phrases.observations(board, spec))
        facts = (phrases.disturbed(board), *measured)
        news = join_fitting([*facts, phrases.start_up(board, spec)], width)
    prompt = cut(caption.prompt, width)
    note = first_fitting(phrases.note(board, spec, views), width - 1 - cell_len(prompt))
    return (
        (piece(" "), piece(news, STRONG)),
        (piece(" "), piece(justify(note, prompt, width))),
    )


def _draw_small(views: tuple[SideView, SideView], columns: int, rows: int) -> Frame:
    """Return both clocks in words and the size that the panel needs, for a small terminal."""
    names = [view.titles[0].partition(" ")[0] for view in views]
    named = list(zip(names, views, strict=True))
    sides = [
        f"{name} {view.status} {text.clock(view.elapsed)} {progress_percent(view.lane)}"
        for name, view in named
    ]
    size = f"this terminal is {columns}×{rows}, the panel needs {SMALLEST_COLUMNS}×{SMALLEST_ROWS}"
    clocks = " ".join(f"{name} {text.clock(view.elapsed)}" for name, view in named)
    lines = [*sides, size] if rows > 3 else [clocks]
    return Frame(tuple(pad((piece(cut(line, columns)),), columns) for line in lines))
