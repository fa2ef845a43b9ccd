"""How the rows of the terminal are shared out among header, track, boxes, strip and footer.

It depends on what was asked for and the terminal's size alone, so that no line moves during a run.
May import ``model`` and its neighbours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from harness.model import Spec
from harness.show.terminal.big_digits import SMALLEST, largest_face
from harness.show.terminal.race_track import NARROW_ROWS, WIDE_ROWS, WIDEST_ROWS
from harness.show.terminal.side_box import Layout
from harness.show.terminal.sweep_strip import strip_rows

SHORT_FOOTER_ROWS, FOOTER_ROWS = 2, 3

_HEADER_ROWS = 1
_ROWS_BEFORE_THE_WIDEST_TRACK = 48
_WORKERS_BEFORE_A_LARGER_CLOCK = 10
_MOST_AIR = 3


@dataclass(frozen=True)
class Room:
    """How the rows of the terminal are shared out."""

    boxes: Layout
    track_rows: int
    footer_rows: int


def share_out(spec: Spec, columns: int, rows: int) -> Room:
    """Share out the rows: the largest track that leaves rows for all workers, up to ten of them.

    Where there is none, as in a sweep on a small terminal, workers share lines.
    """
    strikes, spares = bool(spec.chaos), spec.spares > 0
    return _share_out(columns, rows, spec.scales[-1], strip_rows(spec), strikes, spares)


@lru_cache(maxsize=8)
def _share_out(
    columns: int, rows: int, workers: int, below_rows: int, strikes: bool, spares: bool
) -> Room:
    """Share out the rows of a terminal; ``below_rows`` are the strip's (0: there is none)."""
    smallest = Layout(
        width=columns // 2, face=SMALLEST, worker_rows=0, strikes=strikes, spares=spares
    )
    left = rows - 1 - _HEADER_ROWS - below_rows
    for track_rows, footer_rows in _heights(rows):
        layout = _layout(smallest, workers, left - track_rows - footer_rows)
        if layout is not None:
            return Room(layout, track_rows, footer_rows)
    track_rows = 0 if below_rows else NARROW_ROWS
    left -= track_rows + SHORT_FOOTER_ROWS
    layout = replace(smallest, worker_rows=left - smallest.rows)
    return Room(layout, track_rows, SHORT_FOOTER_ROWS)


def _heights(rows: int) -> Iterator[tuple[int, int]]:
    """Yield the heights of track and footer, the most wanted first."""
    if rows >= _ROWS_BEFORE_THE_WIDEST_TRACK:
        yield WIDEST_ROWS, FOOTER_ROWS
    yield WIDE_ROWS, FOOTER_ROWS
    yield WIDE_ROWS, SHORT_FOOTER_ROWS
    yield NARROW_ROWS, FOOTER_ROWS
    yield NARROW_ROWS, SHORT_FOOTER_ROWS


def _layout(smallest: Layout, workers: int, room: int) -> Layout | None:
    """Return the layout of boxes of so many rows: first a large clock, then air, then workers.

    None: there is no row for each worker, or for ten of them.
    """
    named = min(max(1, workers), _WORKERS_BEFORE_A_LARGER_CLOCK)
    left = room - smallest.rows - named
    if left < 0:
        return None
    face = largest_face(smallest.width - 4, left + SMALLEST.rows)
    compact = replace(smallest, face=face)
    spare = room - compact.rows - named
    air = _MOST_AIR if spare >= _MOST_AIR else 0
    if not air and spare and (spare - 1) // named == spare // named:
        air = 1  # it takes no history from the workers
    chosen = replace(compact, air=air)
    return replace(chosen, worker_rows=room - chosen.rows)
