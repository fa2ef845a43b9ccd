"""One side of the panel: a box with its clock, its progress, a bar per worker and its quality.

A view holds what to show, a layout how much room there is. Drawing is a total function of the two;
all boxes of a layout have one size. May import ``model``, ``state``, ``text`` and its neighbours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from rich.cells import cell_len
from rich.style import Style

from harness import text
from harness.model import Side
from harness.show import capacity_phrases, serving_phrases
from harness.show.terminal import losses
from harness.show.terminal.arming_phrases import host_wait_phrases
from harness.show.terminal.big_digits import Face, draw_digits
from harness.show.terminal.lines import (
    LABEL,
    STRONG,
    Line,
    bar,
    cut,
    first_fitting,
    join_fitting,
    justify,
    pad,
    piece,
    wrap,
)
from harness.show.terminal.recent_calls import recent_calls
from harness.show.terminal.side_view import PastRun, SideStatus, SideView, progress_percent
from harness.show.terminal.worker_grid import VALUE_CELLS, draw_workers, grid_for
from harness.state.side import SideStage, SideState

NOTICE_S = 3.0
"""So long from go on the baseline's box says that the model has no room in memory."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How much room a box has, in terminal cells: its width, its clock's face, rows for workers.

    ``air`` is how many rows are left empty: one above the clock, or also one above the workers and
    one above the quality (0, 1 or 3).
    ``strikes`` and ``spares`` are whether there is a row for each.
    """

    width: int
    face: Face
    worker_rows: int
    air: int = 0
    strikes: bool = False
    spares: bool = False

    @property
    def rows(self) -> int:
        """Return a box's height in rows."""
        # two edges, the row below the clock, progress, items, quality
        fixed = 6 + self.strikes + self.spares + self.air
        return fixed + self.face.rows + self.worker_rows


def draw_box(view: SideView, layout: Layout) -> tuple[Line, ...]:
    """Return the side's box: as many lines as the layout has rows, each of the layout's width."""
    return _draw_still_box(view, layout) if view.is_still else _draw_box(view, layout)


def _draw_box(view: SideView, layout: Layout) -> tuple[Line, ...]:
    inner = layout.width - 4
    air: list[Line] = [()] if layout.air > 1 else []
    above = [
        _progress_line(view, inner),
        *_strike_lines(view, layout, inner),
        (piece(_items_line(view, inner)),),
        *air,
    ]
    below = [
        *_spare_lines(view, layout, inner),
        *air,
        (piece(first_fitting(view.quality_lines, inner), STRONG),),
    ]
    workers = _workers_or_what_comes(view, layout.worker_rows, inner)
    body = [*_padded(above, inner), *workers, *_padded(below, inner)]
    return (
        _top_edge(view, layout.width),
        *_clock_lines(view, layout),
        *(_between_edges(line) for line in body),
        (piece(f"╰{'─' * (layout.width - 2)}╯"),),
    )


_draw_still_box = recent_calls(2)(_draw_box)
"""While one side runs, the other mostly stands as it did: it is drawn once."""


def _clock_lines(view: SideView, layout: Layout) -> list[Line]:
    """Return the clock in its side's colour, with a row below it; one that has stopped is reversed.

    It then stands on a block of that colour, which is half a row higher and lower than the digits.
    """
    inner = layout.width - 4
    digits = draw_digits(view.clock, layout.face, inner)
    paint = view.paint + STRONG
    if not view.is_stopped:
        rows = [(piece(row, paint),) for row in digits]
        lines = _padded([*[()] * bool(layout.air), *rows, ()], inner)
        return [_between_edges(line) for line in lines]
    cells = max(map(len, digits))
    block = [(f" {row.ljust(cells)} ", paint + Style(reverse=True)) for row in digits]
    above = [("▄" * (cells + 2), view.paint)] * bool(layout.air)
    rest = piece(" " * (inner - cells))
    return [
        (piece("│"), piece(row, style), rest, piece("│"))
        for row, style in (*above, *block, ("▀" * (cells + 2), view.paint))
    ]


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


def _between_edges(line: Line) -> Line:
    return (piece("│ "), *line, piece(" │"))


def _padded(lines: Iterable[Line], inner: int) -> list[Line]:
    return [pad(line, inner) for line in lines]


def _progress_line(view: SideView, inner: int) -> Line:
    lane = view.lane
    percent = progress_percent(lane).rjust(VALUE_CELLS)
    fraction = min(lane.done, lane.items) / lane.items if lane.items > 0 else 0.0
    return (piece(bar(fraction, inner - VALUE_CELLS), view.paint), piece(percent, STRONG))


def _strike_lines(view: SideView, layout: Layout, inner: int) -> list[Line]:
    """Return the line of marks below the progress bar, empty on a side that nobody strikes."""
    if not layout.strikes:
        return []
    if view.lane.side is Side.BASELINE or view.lane.started_at is None:
        return [()]
    return [(piece(losses.strike_line(view.lane, inner - VALUE_CELLS), STRONG),)]


def _workers_or_what_comes(view: SideView, rows: int, inner: int) -> list[Line]:
    """Return the workers; before a side's turn what comes, and all workers where they have room.

    Between the two is the last take, for which what comes is said in fewer paragraphs. All lines
    are as wide as the box's inside.
    """
    if not view.coming:
        return draw_workers(view, rows, inner)
    past = _past_lines(view.past, inner)
    said = _wrapped(view.coming, rows, inner)
    if past and len(said) + 1 + len(past) > rows:
        said = _wrapped(view.coming[:1], rows - len(past), inner)
        past = past[: rows - len(said)]
    elif past:
        past = [(), *past]
    left = rows - len(said) - len(past) - 1
    fits = left > 0 and grid_for(view.workers, left, inner).places >= view.workers
    workers = draw_workers(view, left, inner) if fits else _padded([()] * left, inner)
    return [*_padded([*said, *past, ()], inner), *workers][:rows]


def _wrapped(paragraphs: Iterable[str], rows: int, inner: int) -> list[Line]:
    lines: list[Line] = []
    for paragraph in paragraphs:
        lines += [(piece(line),) for line in wrap(paragraph, inner, rows - len(lines))]
    return lines


def _past_lines(past: PastRun | None, inner: int) -> list[Line]:
    """Return what the last take was and how far it had come, in no side's colour."""
    if past is None:
        return []
    label = " LAST TAKE "
    words = first_fitting(past.words, inner - cell_len(label) - 1)
    filled = bar(past.done / past.items, inner - VALUE_CELLS)
    percent = text.progress(past.done, past.items).rjust(VALUE_CELLS)
    return [(piece(label, LABEL), piece(f" {words}")), (piece(filled), piece(percent))]


def _spare_lines(view: SideView, layout: Layout, inner: int) -> list[Line]:
    if not layout.spares:
        return []
    return [(piece(cut(losses.spare_words(view.lane, view.spares), inner)),)]


def _items_line(view: SideView, inner: int) -> str:
    """Return how many items are done; before go, what the start-up does or how long it took."""
    lane = view.lane
    if lane.stage is SideStage.FAILED:
        return cut(f"failed: {lane.reason}", inner)
    if view.starts:
        return first_fitting(view.starts, inner)
    if lane.wall_s is None and view.elapsed < NOTICE_S and (notice := _without_memory(lane, inner)):
        return notice
    if lane.started_at is None:
        return cut(_start_up(lane, view.at, inner), inner)
    if lane.armed.items <= 0:
        return cut("reports no progress", inner)
    at_most = "at most " if lane.armed.stops_early and lane.wall_s is None else ""
    items = f"{text.count(lane.done)} / {at_most}{text.count(lane.items)}"
    done = cut(f"{items} {lane.armed.unit}", inner)
    if not lane.faults:
        return done
    lines = product(losses.loss_counter(lane), (done, items))
    fitting = (line for line in lines if sum(map(cell_len, line)) + 2 <= inner)
    counter, start = next(fitting, ("", done))
    return justify(start, counter, inner)


def _without_memory(lane: SideState, inner: int) -> str:
    """Return that one device has no room for the model (empty: it has, or that is not known)."""
    if lane.side is not Side.BASELINE:
        return ""
    said = capacity_phrases.out_of_memory(lane.armed.capacity)
    return first_fitting((f"IN MEMORY · {said}", said), inner) if said else ""


def _start_up(lane: SideState, at: float, inner: int) -> str:
    """Return how long the start-up takes or took, and its longest steps."""
    if lane.armed.launched_at is None:
        return "not launched yet"
    if lane.armed.startup_s is None:
        if waiting := host_wait_phrases(lane.armed):
            return first_fitting(waiting, inner)
        if ramp := serving_phrases.ramp(lane.armed.loads):
            return first_fitting(ramp, inner)
        return f"{text.clock(at - lane.armed.launched_at)} loading, warming up"
    steps = sorted(lane.armed.startup.items(), key=lambda step: -step[1])
    total, *times = text.durations(lane.armed.startup_s, *(seconds for _, seconds in steps))
    named = [f"{text.printable(name)} {time}" for (name, _), time in zip(steps, times, strict=True)]
    found = serving_phrases.rates_found(lane.armed.service)
    return join_fitting([*filter(None, [found]), f"armed in {total}", *named], inner)
