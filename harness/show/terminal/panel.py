"""The panel: both sides in one picture, a total function of the board, the time and the terminal's size.

Every frame of a run has the same number of lines, at most one less than the terminal. What is replayed
beside a running side is read from the board, so the same call draws live, replayed and finished states.
May import ``model``, ``score.board`` and its neighbours in ``show``; reads no clock.
"""

from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len

from harness import text as words
from harness.model import Schedule, SessionStage, Spec, whole_machines
from harness.show import sweep_phrases
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
    returned_at,
)
from harness.show.terminal.sweep_strip import draw_strip
from harness.show.terminal.sweep_strip import strip_rows as strip_rows
from harness.state.board import Board, Lane, Stage
from harness.state.progress import workers_at_work
from harness.state.replay import at_moment

SMALLEST_COLUMNS, SMALLEST_ROWS = 80, 24

_HEADER_ROWS, _FOOTER_ROWS = 1, 2
_STANDING = "cores stand for machines"
_WORKERS_BEFORE_A_LARGER_CLOCK = 10
_LOOKS = {
    Stage.WAITING: SideStatus.WAITING,
    Stage.ARMING: SideStatus.ARMING,
    Stage.READY: SideStatus.READY,
    Stage.RUNNING: SideStatus.LIVE,
    Stage.FINISHED: SideStatus.DONE,
    Stage.SCORED: SideStatus.DONE,
    Stage.FAILED: SideStatus.FAILED,
}


@dataclass(frozen=True)
class Caption:
    """What stands around the two sides and is not on the board.

    ``schedule`` is the one that was chosen, ``utc`` the time now. ``badge`` says in a word what the picture
    is if it is no live measurement (SIMULATED, RECORDING); ``prompt`` says what a key would do now, or what is being done.
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
    """Draw the session ``at`` that many seconds on the conductor's clock, for a terminal of that size."""
    views = _views(board, spec, caption.schedule, at)
    if columns < SMALLEST_COLUMNS or rows < SMALLEST_ROWS:
        return _cramped(views, columns, rows)
    layout = _layout(spec, columns, rows)
    left, right = (draw_box(view, layout) for view in views)
    sides = tuple((*one, *other) for one, other in zip(left, right, strict=True))
    around = _header(board, spec, caption, columns), _footer(board, spec, caption, views, columns)
    lines = (around[0], *sides, *draw_strip(board, spec, columns), *around[1])
    return Frame(tuple(pad(line, columns) for line in lines))


def elapsed(lane: Lane, at: float) -> float:
    """Return the seconds on a side's clock: none before go, its wall time once stopped, its last sign of life if it failed."""
    if lane.wall_s is not None:
        return lane.wall_s
    if lane.started_at is None:
        return 0.0
    if lane.stage is Stage.FAILED:
        return lane.curve.points[-1][0] if lane.curve.points else 0.0
    return max(0.0, at - lane.started_at)


def is_replaying(board: Board, schedule: Schedule, at: float) -> bool:
    """Tell whether the baseline is shown as it was at the distributed side's moment: it ran before, and took longer."""
    before, now = board.baseline, board.distributed
    if (
        schedule is not Schedule.IN_TURN
        or before.wall_s is None
        or before.started_at is None
        or now.started_at is None
    ):
        return False
    return before.started_at <= now.started_at and max(0.0, at - now.started_at) < before.wall_s


def _views(board: Board, spec: Spec, schedule: Schedule, at: float) -> tuple[SideView, SideView]:
    left, seconds, look = board.baseline, elapsed(board.baseline, at), _LOOKS[board.baseline.stage]
    if is_replaying(board, schedule, at):
        seconds, look = max(0.0, at - (board.distributed.started_at or 0.0)), SideStatus.REPLAY
        left = at_moment(left, seconds)
    right = board.distributed
    titles = _titles(board, spec)
    baseline = SideView(
        left,
        look,
        titles[0],
        seconds,
        at,
        spec.baseline_cores,
        1,
        _gate(left, spec),
        BASELINE_PAINT,
    )
    verdicts, look, most = _verdict(board, spec), _LOOKS[right.stage], spec.scales[-1]
    distributed = SideView(
        right,
        look,
        titles[1],
        elapsed(right, at),
        at,
        spec.cores_per_worker,
        most,
        verdicts,
        DISTRIBUTED_PAINT,
    )
    return baseline, distributed


def _titles(board: Board, spec: Spec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what either side runs on; in a sweep the workers that have a part in this trial, of all that are armed."""
    side, most = board.distributed, spec.scales[-1]
    now = most if side.started_at is None or not spec.points else workers_at_work(side)
    machines = _whole(side, spec.cores_per_worker) and most == _hosts(side) > 1
    some = words.workers_of(
        now, most, len({worker.process.host for worker in side.workers}), whole=machines
    )
    one = words.cores(
        spec.baseline_cores, _hosts(side), whole=_whole(board.baseline, spec.baseline_cores)
    )
    name = "RAY" if spec.commands is None else "DISTRIBUTED"
    return (f"BASELINE · {one}",), tuple(f"{name} · {text}" for text in some)


def _hosts(lane: Lane) -> int:
    return len({process.host for process in lane.armed})


def _whole(lane: Lane, cores: int) -> bool:
    return whole_machines(lane.armed, lane.hosts, cores)


def _gate(lane: Lane, spec: Spec) -> tuple[str, ...]:
    """Return the baseline's line about quality, with the tolerance that was fixed before the run."""
    seen, limit = (
        _quality(lane, spec) or words.printable(spec.workload.metric),
        words.tolerance(spec.workload.tolerance),
    )
    return f"{seen} · tolerance {limit}", f"{seen} · Δ ≤ {limit}"


def _verdict(board: Board, spec: Spec) -> tuple[str, ...]:
    """Return the distributed side's line about quality: whether it held. What is measured stands on the other side, too."""
    base, other, limit = board.baseline.quality, board.distributed.quality, spec.workload.tolerance
    if board.distributed.stage is Stage.FINISHED:
        return ("clock stopped, computing quality",)
    seen = _quality(board.distributed, spec)
    if base is None or other is None:
        return (seen,)
    held = "held" if spec.workload.tolerates(other - base) else "NOT HELD"
    change = f"Δ {words.change(other - base, limit)} {held}"
    return f"{seen} · {change}", f"{seen}, {change}", f"{words.quality(other, limit)} · {change}"


def _quality(lane: Lane, spec: Spec) -> str:
    if lane.quality is None:
        return ""
    return f"{words.printable(spec.workload.metric)} {words.quality(lane.quality, spec.workload.tolerance)}"


def _layout(spec: Spec, columns: int, rows: int) -> Layout:
    """Return the layout of both boxes: a large clock first, then air, then as many workers as fit."""
    width, workers = columns // 2, max(1, spec.scales[-1])
    spare = rows - 1 - _HEADER_ROWS - _FOOTER_ROWS - strip_rows(spec)
    clock_rows = (
        spare
        - Layout(width, SMALLEST, min(workers, _WORKERS_BEFORE_A_LARGER_CLOCK), airy=False).rows
        + SMALLEST.rows
    )
    face = largest_face(width - 4, clock_rows)
    airy = Layout(width, face, workers, airy=True)
    if airy.rows <= spare:
        return airy
    fixed = Layout(width, face, 0, airy=False).rows
    return Layout(width, face, min(workers, spare - fixed), airy=False)


def _header(board: Board, spec: Spec, caption: Caption, columns: int) -> Line:
    """Return what is run on what, when; where room is short, first the item count goes, then the schedule, then the name."""
    lane = board.baseline if board.baseline.input is not None else board.distributed
    badge = (piece(f" {cut(caption.badge, 20)} ", LABEL),) if caption.badge else ()
    items = f"{words.count(lane.items)} {cut(lane.unit, 16)}" if lane.items > 0 else ""
    digest = (
        f"input {words.digest(lane.input.sha256)}"
        if lane.input is not None and spec.input_known
        else ""
    )
    schedule = str(caption.schedule).upper().replace("-", " ")
    name, moment, run = (
        cut(spec.workload.name, 20),
        words.moment(caption.utc),
        f"run {cut(caption.run_id, 16)}",
    )
    choices = (
        [name, items, digest, moment, schedule, run],
        [name, digest, moment, schedule, run],
        [name, digest, moment, run],
        [digest, moment, run],
    )
    room = columns - 2 - sum(cell_len(part.text) for part in badge)
    return (
        *badge,
        piece(" "),
        piece(first_fitting([" · ".join(filter(None, parts)) for parts in choices], room)),
    )


def _footer(
    board: Board, spec: Spec, caption: Caption, views: tuple[SideView, SideView], columns: int
) -> tuple[Line, Line]:
    proving = bool(board.rates) and caption.stage is SessionStage.PROVING
    rate = (
        cut(sweep_phrases.rate(board.rates[-1], spec.workload.unit), columns - 2) if proving else ""
    )
    news = rate or join_fitting(
        [_gap(views, spec), _observations(board, spec), _start_up(board, spec)], columns - 2
    )
    prompt = cut(caption.prompt, columns - 2)
    note = first_fitting(_note(board, spec, views), columns - 3 - cell_len(prompt))
    return (piece(" "), piece(news, STRONG)), (
        piece(" "),
        piece(justify(note, prompt, columns - 2)),
    )


def _gap(views: tuple[SideView, SideView], spec: Spec) -> str:
    """Return the clocks' difference; there is none before one has stopped and the other, from the same zero, has passed it."""
    left, right = views
    if SideStatus.FAILED in (left.status, right.status):
        return "no gap: a side failed"
    gone = [view for view in views if view.lane.started_at is not None]
    running = [view for view in gone if view.lane.wall_s is None]
    if not gone:
        return "nothing is on the clock yet"
    if len(running) == 2:
        return "from a common zero"
    ahead = left.elapsed - right.elapsed
    behind = "Ray" if right.titles[0].startswith("RAY") else "distributed"
    if len(gone) == 1 or (running and (ahead > 0) != (running[0] is left)):
        return f"one side at a time{', the same input' if spec.input_known else ''}"
    return f"gap {words.seconds(abs(ahead))}{' and growing' if running else ''}{f', {behind} behind' if ahead < 0 else ''}"


def _observations(board: Board, spec: Spec) -> str:
    """Return how often it is measured; in a sweep the strip counts the rounds."""
    if spec.trials == 1:
        return "one observation a point" if spec.points else "one observation"
    if spec.points:
        return ""
    return f"pair {words.count(max(board.baseline.trial, board.distributed.trial) + 1)} of {words.count(spec.trials)}"


def _start_up(board: Board, spec: Spec) -> str:
    if spec.commands is not None and not spec.commands.says_ready:
        return "start-up is on the clock"
    spent = board.distributed.startup_s
    return f"cold start {words.seconds(spent)} not on the clock" if spent is not None else ""


def _note(board: Board, spec: Spec, views: tuple[SideView, SideView]) -> tuple[str, ...]:
    """Return the one remark that matters most now, in several lengths, the longest first."""
    failed = [view for view in views if view.status is SideStatus.FAILED]
    if failed:
        return (words.printable(f"{failed[0].lane.side} failed: {failed[0].lane.reason}"),)
    faults = views[1].lane.faults
    if faults:
        return (_fault_note(board, faults[-1].worker),)
    side = board.distributed
    if len(side.armed) > 1 and _hosts(side) == 1:
        return f"{_STANDING}: all workers share one host", _STANDING, ""
    if len(side.armed) > 1 and not _whole(side, spec.cores_per_worker):
        return f"{_STANDING}: a worker is a part of its host", _STANDING, ""
    return ("",)


def _fault_note(board: Board, worker: str) -> str:
    fault = next(fault for fault in reversed(board.distributed.faults) if fault.worker == worker)
    name, when = words.printable(worker), words.clock(fault.at_s)
    if returned_at(fault) is None:
        return f"{name} LOST at {when}: {words.printable(fault.reason)}"
    return f"{name} LOST at {when}, back after {words.seconds(fault.cost_s or 0.0)}"


def _cramped(views: tuple[SideView, SideView], columns: int, rows: int) -> Frame:
    """Return both clocks in words, and what the panel needs: for a terminal that is too small to draw it."""
    names = [view.titles[0].partition(" ")[0] for view in views]
    told = [
        f"{name} {view.status} {words.clock(view.elapsed)} {progress_percent(view.lane)}"
        for name, view in zip(names, views, strict=True)
    ]
    size = f"this terminal is {columns}×{rows}, the panel needs {SMALLEST_COLUMNS}×{SMALLEST_ROWS}"
    clocks = " ".join(
        f"{name} {words.clock(view.elapsed)}" for name, view in zip(names, views, strict=True)
    )
    lines = [*told, size] if rows > 3 else [clocks]
    return Frame(tuple(pad((piece(cut(line, columns)),), columns) for line in lines))
