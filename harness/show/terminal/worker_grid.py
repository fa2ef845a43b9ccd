"""The workers of a side's box: a bar each, in columns where they are many, and their histories.

Every worker has a slot of some rows: one for its bar, the others for the history of its
utilization. Those that have no slot share the last line. A total function of a view and the room.
May import ``model``, ``state``, ``text`` and its neighbours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from rich.cells import cell_len
from rich.style import Style

from harness import text
from harness.show.terminal import losses
from harness.show.terminal.history import HISTORY_S, draw_history
from harness.show.terminal.lines import Line, cut, first_fitting, pad, piece
from harness.show.terminal.memory_bar import Memory, draw_memory, half_bar, memory_words
from harness.show.terminal.race_track import axis_end_s
from harness.show.terminal.side_view import SideStatus, SideView, taken_bytes, utilization
from harness.state.worker import WorkerState

Slot = tuple[Line, ...]

STALE_S = 2.0
VALUE_CELLS = 6

_NAME_CELLS = 6
_GAP_CELLS = 2
_NARROWEST_COLUMN = 17
_NARROWEST_FOR_A_HISTORY = 24
_NARROWEST_WITH_BOTH = 30
_BAR_BESIDE_ACTIVITY = 10
_FEWEST_ACTIVITY_CELLS, _MOST_ACTIVITY_CELLS = 12, 40
_NARROWEST_BAR = 24
_WIDTH_FOR_BOTH = 50
_MOST_COLUMNS = 4
_ROWS_WITH_AIR = 3
_MOST_HISTORY_ROWS = 5
_FEWEST_ROWS_WITH_A_SCALE = 3
_ROWS_WITH_CAPTION = 5
_MOST_SLOTS = 1024
"""So many are remembered: those of all workers on a large terminal, with a few samples of each."""


@dataclass(frozen=True)
class Grid:
    """How the slots of workers are placed: columns of so many slots, each of so many rows."""

    columns: int
    slots: int
    slot_rows: int

    @property
    def places(self) -> int:
        """Return how many slots there are."""
        return self.columns * self.slots


@lru_cache(maxsize=32)
def grid_for(workers: int, rows: int, width: int) -> Grid:
    """Return the grid with the fewest columns in which all workers have a history, else a bar."""
    grids = [_grid(workers, columns, rows) for columns in range(1, _most_columns(width) + 1)]
    roomy = [
        grid
        for grid in grids
        if grid.slot_rows > 1 and _column_width(width, grid.columns) >= _NARROWEST_FOR_A_HISTORY
    ]
    complete = [grid for grid in grids if grid.places >= workers]
    return next(iter(roomy or complete), grids[-1])


def draw_workers(view: SideView, rows: int, width: int) -> list[Line]:
    """Return as many lines as there are rows, each as wide as asked."""
    if rows <= 0:
        return []
    above = _caption_lines(view, rows, width)
    rows -= len(above)
    grid = grid_for(max(1, view.workers), rows, width)
    cells = _column_width(width, grid.columns)
    workers = view.lane.workers
    folds = len(workers) > grid.places
    slots_a_column = grid.slots - folds
    named = workers[: grid.columns * slots_a_column] if folds else workers
    beside = cells // 4 if width >= _WIDTH_FOR_BOTH and cells >= _NARROWEST_WITH_BOTH else 0
    slots = [_slot(worker, view, cells, grid.slot_rows, beside) for worker in named]
    if not workers:
        slots = [_awaited_slot(place, view, cells, grid) for place in range(view.workers)]
    lines = [*above, *_side_by_side(slots[: grid.places], slots_a_column, width, cells)]
    if folds:
        lines.append(pad((piece(_summary(workers[len(named) :], view, width)),), width))
    return lines + [(piece(" " * width),)] * (len(above) + rows - len(lines))


def _caption_lines(view: SideView, rows: int, width: int) -> list[Line]:
    """Return the line above all histories, where it takes little room from them."""
    left, whole = (grid_for(max(1, view.workers), room, width) for room in (rows - 1, rows))
    if left.slot_rows < (_ROWS_WITH_AIR if left == whole else _ROWS_WITH_CAPTION):
        return []
    return [pad((piece(cut(_caption(view), width)),) if view.lane.workers else (), width)]


def _grid(workers: int, columns: int, rows: int) -> Grid:
    slots = max(1, min(rows, math.ceil(workers / columns)))
    most = 1 + _MOST_HISTORY_ROWS + 1
    return Grid(columns, slots, min(rows // slots, most))


def _most_columns(width: int) -> int:
    fitting = (width + _GAP_CELLS) // (_NARROWEST_COLUMN + _GAP_CELLS)
    return max(1, min(_MOST_COLUMNS, fitting))


def _column_width(width: int, columns: int) -> int:
    return (width + _GAP_CELLS) // columns - _GAP_CELLS


def _side_by_side(slots: Sequence[Slot], most: int, width: int, cells: int) -> list[Line]:
    """Return the slots in columns of at most so many, each from top to bottom."""
    columns = [slots[first : first + most] for first in range(0, len(slots), max(1, most))]
    gap = piece(" " * _GAP_CELLS)
    lines: list[Line] = []
    for row in zip_longest(*columns):
        beside = [slot for slot in row if slot is not None]
        rest = piece(" " * (width - len(beside) * (cells + _GAP_CELLS) + _GAP_CELLS))
        for first, *others in zip(*beside, strict=True):
            lines.append((*first, *(one for part in others for one in (gap, *part)), rest))
    return lines


def _slot(worker: WorkerState, view: SideView, cells: int, rows: int, beside: int) -> Slot:
    """Return a worker's bar, below it the memory of its budget if it has one, and its history.

    Where there is one row the memory or the history takes some cells beside the bar, the history so
    many as ``beside`` says, unless the worker has a remark, or it is said what it does.
    """
    remark = _remark(worker, view)
    activity = "" if remark else _activity(worker, view)
    memory = _memory(worker, view)
    past: tuple[str, ...] = ()
    if rows > 1:
        left = rows - (memory is not None)
        past = _history(worker, view, cells - VALUE_CELLS, left - 1 - (left >= _ROWS_WITH_AIR))
    elif remark or activity:
        memory = None
    elif memory is None and beside:
        past = _history(worker, view, beside, 1)
    used = utilization(worker, view)
    return _draw_slot(
        worker.process.id, used, remark, memory, past, view.paint, cells, rows, activity
    )


@lru_cache(maxsize=_MOST_SLOTS)
def _draw_slot(
    name: str,
    used: float | None,
    remark: str,
    memory: Memory | None,
    past: tuple[str, ...],
    paint: Style,
    cells: int,
    rows: int,
    activity: str = "",
) -> Slot:
    """Return the lines of a worker's slot, each of so many cells; ``past`` is its history."""
    if rows == 1 and not activity:
        end = _beside(memory, past, paint, cells)
        left = cells - sum(len(one.text) for one in end)
        return (pad((*_worker_line(name, used, remark, paint, left), *end), cells),)
    curve = [
        (piece(row, paint), piece(end)) for row, end in zip(past, _scale(len(past)), strict=True)
    ]
    beside = _activity_cells(cells) if activity else 0
    line = _worker_line(name, used, remark, paint, cells - beside)
    first = (*line, piece(f" {cut(activity, beside - 1)}")) if beside else line
    lines: list[Line] = [first]
    lines += [] if memory is None else [draw_memory(memory, paint, cells)]
    lines += curve
    lines += [()] * (rows - len(lines))
    return tuple(pad(line, cells) for line in lines)


def _activity_cells(cells: int) -> int:
    """Return how many cells say what a worker does, so that its bar keeps some (0: no room)."""
    left = cells - _NAME_CELLS - VALUE_CELLS - _BAR_BESIDE_ACTIVITY
    return 0 if left < _FEWEST_ACTIVITY_CELLS else min(left, _MOST_ACTIVITY_CELLS)


def _beside(memory: Memory | None, past: tuple[str, ...], paint: Style, cells: int) -> Line:
    """Return what stands beside a worker's bar in its only row: its memory, or its history."""
    if memory is not None:
        words = memory_words(memory, cells - _NARROWEST_BAR)
        return (piece(f"  {words}"),) if words else ()
    return (piece(" "), piece(past[0], paint)) if past else ()


def _memory(worker: WorkerState, view: SideView) -> Memory | None:
    """Return what a worker takes of its budget of memory (None: it has no such budget)."""
    if view.budget_bytes is None:
        return None
    taken, is_peak = taken_bytes(worker, view), view.status is SideStatus.DONE
    return Memory(taken, view.budget_bytes, is_peak)


def _scale(rows: int) -> list[str]:
    """Return what stands at the end of a history's rows: what its top and its bottom mean."""
    if rows < _FEWEST_ROWS_WITH_A_SCALE:
        return [""] * rows
    top, bottom = (f"╴{text.percent(share):>{VALUE_CELLS - 1}}" for share in (1.0, 0.0))
    return [top, *[""] * (rows - 2), bottom]


def _caption(view: SideView) -> str:
    """Return what a history shows: of which minute on the clock, at most."""
    span_s = _span_s(view)
    since = max(0.0, view.elapsed - span_s)
    return f"utilization, {text.minutes(since)} to {text.minutes(since + span_s)}"


def _span_s(view: SideView) -> float:
    """Return how many seconds a history covers: all of a short trial, else a minute."""
    return min(HISTORY_S, axis_end_s(view.elapsed, view.lane.wall_s or 0.0))


def _awaited_slot(place: int, view: SideView, cells: int, grid: Grid) -> Slot:
    name = f"w{place}" if view.workers > 1 else "core"
    return _draw_slot(name, None, "", None, (), view.paint, cells, grid.slot_rows)


def _history(worker: WorkerState, view: SideView, width: int, rows: int) -> tuple[str, ...]:
    return draw_history(
        worker.utilization,
        until=view.elapsed,
        span_s=_span_s(view),
        full=view.cores,
        width=width,
        rows=rows,
    )


def _worker_line(name: str, used: float | None, remark: str, paint: Style, cells: int) -> Line:
    """Return a worker's name, bar, share and remark; where room is short, the remark alone."""
    label = cut(name, _NAME_CELLS)
    share = text.NOTHING if used is None else text.percent(used)
    end = f"{share.rjust(VALUE_CELLS)}{f' {remark}' if remark else ''}"
    narrow = cells < _NARROWEST_WITH_BOTH
    least = max(3 if narrow else 4, cell_len(label))
    start = f"{label}{' ' * (least - cell_len(label))} "
    if remark and cell_len(start) + cell_len(end) > cells:
        return (piece(start), piece(cut(remark, cells - cell_len(start))))
    room = max(0, cells - cell_len(start) - cell_len(end))
    filled = half_bar(used or 0.0, room)
    return (piece(start), piece(filled, paint), piece(end))


def _activity(worker: WorkerState, view: SideView) -> str:
    """Return in words what a worker does (empty: it is not said, or nothing is done now)."""
    is_running = view.status in (SideStatus.LIVE, SideStatus.REPLAY)
    return text.printable(worker.activity) if is_running else ""


def _remark(worker: WorkerState, view: SideView) -> str:
    """Return whether a worker is lost, back, or silent, or that its share is a mean."""
    lost = losses.worker_remark(worker, view.lane, view.elapsed, view.at)
    stalled = [stall for stall in view.lane.stalls if stall.worker == worker.process.id]
    if not lost and stalled and view.status is not SideStatus.REPLAY:
        return f"STALLED {text.seconds(view.at - stalled[0].since)}"
    if view.status is SideStatus.DONE:
        return "mean" if worker.utilization.points else ""
    if view.status is not SideStatus.LIVE or lost or worker.sampled_at is None:
        return lost
    # A sample from the trial before says nothing about this one.
    age = view.at - max(worker.sampled_at, view.lane.started_at or 0.0)
    return f"{text.seconds(age)} old" if age > STALE_S else ""


def _summary(workers: Sequence[WorkerState], view: SideView, width: int) -> str:
    """Return one line for the workers that have none of their own."""
    shares = (utilization(worker, view) for worker in workers)
    sorted_shares = sorted(share for share in shares if share is not None and math.isfinite(share))
    lost = sum(worker.lost_at is not None for worker in workers)
    more = f"+ {text.count(len(workers))}"
    gone = f" · {text.count(lost)} LOST" if lost else ""
    if not sorted_shares:
        return cut(f"{more} more{gone}", width)
    low, middle, high = (
        text.percent(share).removesuffix(" %")
        for share in (sorted_shares[0], sorted_shares[len(sorted_shares) // 2], sorted_shares[-1])
    )
    spread = f"min {low} median {middle} max {high} %"
    variants = (f"{more} more: {spread}", f"{more}: {spread}", f"{more}: {low} to {high} %")
    return first_fitting([f"{variant}{gone}" for variant in variants], width)
