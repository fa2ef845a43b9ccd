"""One side of the panel: a box with its clock, its progress, a bar per worker and its quality.

A view holds what is to be said, a layout how much room there is; drawing is a total function of the two,
and a layout's boxes all have one size. May import the standard library, ``score``, ``words``, ``frame``, ``clock``.
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
from harness.state.board import Lane, Stage, WorkerState

STALE_S = 2.0
BACK_S = 5.0

_NAME_CELLS, _VALUE_CELLS = 6, 6


class SideStatus(StrEnum):
    """What the room sees of a side."""

    WAITING = "WAITING"
    ARMING = "ARMING"
    READY = "READY"
    LIVE = "LIVE"
    REPLAY = "REPLAY"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Layout:
    """How much room a box has, in terminal cells: its width, the face of its clock, how many rows name workers.

    ``airy`` leaves a row free above the clock, between those of the workers, and around them.
    """

    width: int
    face: Face
    worker_rows: int
    airy: bool

    @property
    def rows(self) -> int:
        """Return a box's height: two edges, clock, gap, progress, items, workers, quality, and the air."""
        return 6 + self.face.rows + self.worker_rows + (self.worker_rows + 2 if self.airy else 0)


@dataclass(frozen=True)
class SideView:
    """One side to be drawn.

    ``titles`` and ``verdicts``, its line about quality, are worded in several lengths, the longest first: the first that
    fits is shown. ``elapsed`` is what its clock shows, in seconds; ``at`` the conductor's time now. ``cores`` belong to
    each worker, and full use of them is a full bar. ``workers`` were asked for; before the side is armed
    nothing else is known of them.
    """

    lane: Lane
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
    clock: list[Line] = [
        (piece(row, STRONG),) for row in draw_digits(text.clock(view.elapsed), layout.face, inner)
    ]
    counts: list[Line] = [_progress(view, inner), (piece(_items(view, inner)),)]
    workers = _workers(view, layout.worker_rows, inner)
    workers += [()] * (layout.worker_rows - len(workers))
    spaced = [line for worker in workers for line in (*air, worker)]
    body = [
        *air,
        *clock,
        (),
        *counts,
        *spaced,
        *air,
        (piece(first_fitting(view.quality_lines, inner), STRONG),),
    ]
    return (
        _top(view, layout.width),
        *(_walled(line, inner) for line in body),
        (piece(f"╰{'─' * (layout.width - 2)}╯"),),
    )


def progress_percent(lane: Lane) -> str:
    """Return how far the side is, in percent: 100 only once it has finished."""
    done = min(lane.done, lane.items) if lane.wall_s is not None else min(lane.done, lane.items - 1)
    return text.progress(max(0, done), lane.items)


def utilization(worker: WorkerState, view: SideView) -> float | None:
    """Return the share of its cores that a worker uses: the last one seen, or once the run is over the run's mean."""
    points = worker.utilization.points
    if view.status is SideStatus.DONE:
        return sum(value for _, value in points) / len(points) / view.cores if points else None
    return worker.cpu / view.cores if worker.cpu is not None else None


def returned_at(fault: Fault) -> float | None:
    """Return when a lost worker worked again, in seconds since go (None: it has not)."""
    return fault.at_s + fault.cost_s if fault.cost_s is not None else None


def _top(view: SideView, width: int) -> Line:
    lost = sum(worker.lost_at is not None for worker in view.lane.workers)
    label = f" {view.status}{f' · {text.count(lost)} LOST' if lost else ''} "
    title = first_fitting(view.titles, width - cell_len(label) - 8)
    rule = "─" * (width - cell_len(title) - cell_len(label) - 7)
    return (
        piece("╭─ "),
        piece(title, STRONG),
        piece(f" {rule}"),
        piece(label, LABEL),
        piece("──╮"),
    )


def _walled(line: Iterable[Segment], inner: int) -> Line:
    return (piece("│ "), *pad(line, inner), piece(" │"))


def _progress(view: SideView, inner: int) -> Line:
    written = progress_percent(view.lane).rjust(_VALUE_CELLS)
    fraction = (
        min(view.lane.done, view.lane.items) / view.lane.items if view.lane.items > 0 else 0.0
    )
    return (piece(bar(fraction, inner - _VALUE_CELLS), view.paint), piece(written, STRONG))


def _items(view: SideView, inner: int) -> str:
    """Return what is done of what; before go, what arming does or took."""
    lane = view.lane
    if lane.stage is Stage.FAILED:
        return cut(f"failed: {lane.reason}", inner)
    if lane.started_at is None:
        return cut(_arming(lane, view.at, inner), inner)
    if lane.items <= 0:
        return cut("reports no progress", inner)
    return cut(f"{text.count(lane.done)} / {text.count(lane.items)} {lane.unit}", inner)


def _arming(lane: Lane, at: float, inner: int) -> str:
    """Return how long arming takes or took, and its longest steps."""
    if lane.launched_at is None:
        return "not launched yet"
    if lane.startup_s is None:
        return f"{text.clock(at - lane.launched_at)} loading, warming up"
    steps = sorted(lane.startup.items(), key=lambda step: -step[1])
    total, *parts = text.durations(lane.startup_s, *(seconds for _, seconds in steps))
    return join_fitting(
        [
            f"armed in {total}",
            *(
                f"{text.printable(name)} {part}"
                for (name, _), part in zip(steps, parts, strict=True)
            ),
        ],
        inner,
    )


def _workers(view: SideView, rows: int, inner: int) -> list[Line]:
    """Return a row per worker; what does not fit is folded into the last row."""
    lanes = view.lane.workers
    if not lanes:
        return [
            _row(f"w{place}" if view.workers > 1 else "core", None, "", view, inner)
            for place in range(min(view.workers, rows))
        ]
    if len(lanes) <= rows:
        return [_worker(worker, view, inner) for worker in lanes]
    shown, folded = lanes[: rows - 1], lanes[rows - 1 :]
    return [
        *(_worker(worker, view, inner) for worker in shown),
        (piece(_fold(folded, view, inner)),),
    ]


def _worker(worker: WorkerState, view: SideView, inner: int) -> Line:
    return _row(worker.process.id, utilization(worker, view), _remark(worker, view), view, inner)


def _row(name: str, used: float | None, remark: str, view: SideView, inner: int) -> Line:
    label = cut(name, _NAME_CELLS)
    written = text.NOTHING if used is None else text.percent(used)
    end = f"{written.rjust(_VALUE_CELLS)}{f' {remark}' if remark else ''}"
    lead = f"{label}{' ' * (max(4, cell_len(label)) - cell_len(label))} "
    room = max(0, inner - cell_len(lead) - cell_len(end))
    return (piece(lead), piece(bar(used or 0.0, room), view.paint), piece(end))


def _remark(worker: WorkerState, view: SideView) -> str:
    """Return what must be said of a worker besides its share: lost, back, or not heard of for a while."""
    if worker.lost_at is not None:
        return f"LOST {text.seconds(max(0.0, view.at - worker.lost_at))}"
    if view.status is SideStatus.DONE:
        return "mean" if worker.utilization.points else ""
    if view.status is not SideStatus.LIVE:
        return ""
    back = [
        fault
        for fault in view.lane.faults
        if fault.worker == worker.process.id and _just_back(fault, view.elapsed)
    ]
    if back:
        return f"back after {text.seconds(back[-1].cost_s or 0.0)}"
    # what was seen of it in the trial before says nothing of this one
    age = (
        view.at - max(worker.seen_at, view.lane.started_at or 0.0)
        if worker.seen_at is not None
        else 0.0
    )
    return f"{text.seconds(age)} old" if age > STALE_S else ""


def _just_back(fault: Fault, elapsed: float) -> bool:
    back = returned_at(fault)
    return back is not None and 0 <= elapsed - back < BACK_S


def _fold(workers: Sequence[WorkerState], view: SideView, inner: int) -> str:
    """Return the one line that stands for the workers without a row."""
    shares = (utilization(worker, view) for worker in workers)
    used = sorted(share for share in shares if share is not None and math.isfinite(share))
    lost = sum(worker.lost_at is not None for worker in workers)
    more, gone = f"+ {text.count(len(workers))}", f" · {text.count(lost)} LOST" if lost else ""
    if not used:
        return cut(f"{more} more{gone}", inner)
    low, middle, high = (
        text.percent(share).removesuffix(" %")
        for share in (used[0], used[len(used) // 2], used[-1])
    )
    variants = [
        f"{more} more: min {low} median {middle} max {high} %",
        f"{more}: min {low} median {middle} max {high} %",
    ]
    return first_fitting(
        [*(f"{variant}{gone}" for variant in variants), f"{more}: {low} to {high} %{gone}"], inner
    )
