"""One side of the panel: a box with its clock, its progress, a bar per worker and its quality.

A view holds what to show, a layout how much room there is. Drawing is a total function of the two;
all boxes of a layout have one size. May import ``model``, ``state``, ``text`` and its neighbours.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from harness import text
from harness.model import Fault
from harness.show.terminal.big_digits import Face, draw_digits
from harness.show.terminal.lines import (
    LABEL,
    STRONG,
    Line,
    bar,
    cut,
    first_fitting,
    join_fitting,
    pad,
    piece,
)
from harness.state.side import SideStage, SideState
from harness.state.worker import WorkerState

STALE_S = 2.0
RETURN_SHOWN_S = 5.0

_NAME_CELLS = 6
_VALUE_CELLS = 6


class SideStatus(StrEnum):
    """The word at the top of a side's box."""

    WAITING = "WAITING"
    ARMING = "ARMING"
    READY = "READY"
    LIVE = "LIVE"
    REPLAY = "REPLAY"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How much room a box has, in terminal cells: its width, its clock's face, rows for workers.

    ``airy`` leaves an empty row above the clock, above each worker and above the quality.
    """

    width: int
    face: Face
    worker_rows: int
    airy: bool

    @property
    def rows(self) -> int:
        """Return a box's height in rows."""
        fixed = 6  # two edges, the row below the clock, progress, items, quality
        air = self.worker_rows + 2 if self.airy else 0
        return fixed + self.face.rows + self.worker_rows + air


@dataclass(frozen=True, kw_only=True)
class SideView:
    """What to show of one side.

    ``titles`` and ``quality_lines`` are worded in several lengths, the longest first; the first
    that fits is shown. ``elapsed`` is what the clock shows, in seconds; ``at`` is the conductor's
    time now. A worker's bar is full when it uses all of its ``cores``. ``workers`` is how many
    were asked for, the only number known until the side is ready.
    """

    lane: SideState
    status: SideStatus
    titles: tuple[str, ...]
    elapsed: float
    at: float
    cores: int
    workers: int
    quality_lines: tuple[str, ...]
    paint: Style


def draw_box(view: SideView, layout: Layout) -> tuple[Line, ...]:
    """Return the side's box: as many lines as the layout has rows, each of the layout's width."""
    inner = layout.width - 4
    air: list[Line] = [()] if layout.airy else []
    digits = draw_digits(text.clock(view.elapsed), layout.face, inner)
    workers = _worker_lines(view, layout.worker_rows, inner)
    workers += [()] * (layout.worker_rows - len(workers))
    body = [
        *air,
        *((piece(row, STRONG),) for row in digits),
        (),
        _progress_line(view, inner),
        (piece(_items_line(view, inner)),),
        *(line for worker in workers for line in (*air, worker)),
        *air,
        (piece(first_fitting(view.quality_lines, inner), STRONG),),
    ]
    return (
        _top_edge(view, layout.width),
        *(_between_edges(line, inner) for line in body),
        (piece(f"╰{'─' * (layout.width - 2)}╯"),),
    )


def progress_percent(lane: SideState) -> str:
    """Return how far the side is, in percent: 100 only once it has finished."""
    done = min(lane.done, lane.items if lane.wall_s is not None else lane.items - 1)
    return text.progress(max(0, done), lane.items)


def utilization(worker: WorkerState, view: SideView) -> float | None:
    """Return the share of its cores that a worker uses (None: unknown).

    It is the latest sample while the side runs, and the mean of all once it has finished.
    """
    points = worker.utilization.points
    if view.status is SideStatus.DONE:
        return sum(value for _, value in points) / len(points) / view.cores if points else None
    return worker.cpu / view.cores if worker.cpu is not None else None


def returned_at(fault: Fault) -> float | None:
    """Return when a lost worker worked again, in seconds since go (None: it has not)."""
    return fault.at_s + fault.cost_s if fault.cost_s is not None else None


def _top_edge(view: SideView, width: int) -> Line:
    lost = sum(worker.lost_at is not None for worker in view.lane.workers)
    stalled = " · STALLED" if view.lane.stalls and view.status is not SideStatus.REPLAY else ""
    label = f" {view.status}{f' · {text.count(lost)} LOST' if lost else ''}{stalled} "
    title = first_fitting(view.titles, width - cell_len(label) - 8)
    rule = "─" * (width - cell_len(title) - cell_len(label) - 7)
    return (
        piece("╭─ "),
        piece(title, STRONG),
        piece(f" {rule}"),
        piece(label, LABEL),
        piece("──╮"),
    )


def _between_edges(line: Iterable[Segment], inner: int) -> Line:
    return (piece("│ "), *pad(line, inner), piece(" │"))


def _progress_line(view: SideView, inner: int) -> Line:
    lane = view.lane
    percent = progress_percent(lane).rjust(_VALUE_CELLS)
    fraction = min(lane.done, lane.items) / lane.items if lane.items > 0 else 0.0
    return (piece(bar(fraction, inner - _VALUE_CELLS), view.paint), piece(percent, STRONG))


def _items_line(view: SideView, inner: int) -> str:
    """Return how many items are done; before go, what the start-up does or how long it took."""
    lane = view.lane
    if lane.stage is SideStage.FAILED:
        return cut(f"failed: {lane.reason}", inner)
    if lane.started_at is None:
        return cut(_start_up(lane, view.at, inner), inner)
    if lane.armed.items <= 0:
        return cut("reports no progress", inner)
    at_most = "at most " if lane.armed.stops_early and lane.wall_s is None else ""
    items = f"{text.count(lane.done)} / {at_most}{text.count(lane.items)}"
    return cut(f"{items} {lane.armed.unit}", inner)


def _start_up(lane: SideState, at: float, inner: int) -> str:
    """Return how long the start-up takes or took, and its longest steps."""
    if lane.armed.launched_at is None:
        return "not launched yet"
    if lane.armed.startup_s is None:
        return f"{text.clock(at - lane.armed.launched_at)} loading, warming up"
    steps = sorted(lane.armed.startup.items(), key=lambda step: -step[1])
    total, *times = text.durations(lane.armed.startup_s, *(seconds for _, seconds in steps))
    named = [f"{text.printable(name)} {time}" for (name, _), time in zip(steps, times, strict=True)]
    return join_fitting([f"armed in {total}", *named], inner)


def _worker_lines(view: SideView, rows: int, inner: int) -> list[Line]:
    """Return a line per worker; those that do not fit share the last line."""
    workers = view.lane.workers
    if not workers:
        names = [f"w{place}" if view.workers > 1 else "core" for place in range(view.workers)]
        return [_worker_line(name, None, "", view, inner) for name in names[:rows]]
    alone = workers if len(workers) <= rows else workers[: rows - 1]
    lines = [
        _worker_line(
            worker.process.id, utilization(worker, view), _remark(worker, view), view, inner
        )
        for worker in alone
    ]
    if len(alone) < len(workers):
        lines.append((piece(_summary(workers[len(alone) :], view, inner)),))
    return lines


def _worker_line(name: str, used: float | None, remark: str, view: SideView, inner: int) -> Line:
    label = cut(name, _NAME_CELLS)
    share = text.NOTHING if used is None else text.percent(used)
    end = f"{share.rjust(_VALUE_CELLS)}{f' {remark}' if remark else ''}"
    start = f"{label}{' ' * (max(4, cell_len(label)) - cell_len(label))} "
    room = max(0, inner - cell_len(start) - cell_len(end))
    return (piece(start), piece(bar(used or 0.0, room), view.paint), piece(end))


def _remark(worker: WorkerState, view: SideView) -> str:
    """Return whether a worker is lost, back, or silent, or that its share is a mean."""
    if worker.lost_at is not None:
        return f"LOST {text.seconds(max(0.0, view.at - worker.lost_at))}"
    stalled = [stall for stall in view.lane.stalls if stall.worker == worker.process.id]
    if stalled and view.status is not SideStatus.REPLAY:
        return f"STALLED {text.seconds(view.at - stalled[0].since)}"
    if view.status is SideStatus.DONE:
        return "mean" if worker.utilization.points else ""
    if view.status is not SideStatus.LIVE:
        return ""
    returned = [
        fault
        for fault in view.lane.faults
        if fault.worker == worker.process.id and _has_just_returned(fault, view.elapsed)
    ]
    if returned:
        return f"back after {text.seconds(returned[-1].cost_s or 0.0)}"
    if worker.sampled_at is None:
        return ""
    # A sample from the trial before says nothing about this one.
    age = view.at - max(worker.sampled_at, view.lane.started_at or 0.0)
    return f"{text.seconds(age)} old" if age > STALE_S else ""


def _has_just_returned(fault: Fault, elapsed: float) -> bool:
    returned = returned_at(fault)
    return returned is not None and 0 <= elapsed - returned < RETURN_SHOWN_S


def _summary(workers: Sequence[WorkerState], view: SideView, inner: int) -> str:
    """Return one line for the workers that have none of their own."""
    shares = (utilization(worker, view) for worker in workers)
    sorted_shares = sorted(share for share in shares if share is not None and math.isfinite(share))
    lost = sum(worker.lost_at is not None for worker in workers)
    more = f"+ {text.count(len(workers))}"
    gone = f" · {text.count(lost)} LOST" if lost else ""
    if not sorted_shares:
        return cut(f"{more} more{gone}", inner)
    low, middle, high = (
        text.percent(share).removesuffix(" %")
        for share in (sorted_shares[0], sorted_shares[len(sorted_shares) // 2], sorted_shares[-1])
    )
    spread = f"min {low} median {middle} max {high} %"
    variants = (f"{more} more: {spread}", f"{more}: {spread}", f"{more}: {low} to {high} %")
    return first_fitting([f"{variant}{gone}" for variant in variants], inner)
