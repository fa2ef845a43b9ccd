"""Place labels on a page: each at the first spot where nothing else is.

May import ``page`` and ``box``.
"""

import math
from collections.abc import Iterable, Sequence

from harness.show.figures.box import Box, boxes_along
from harness.show.figures.page import LEADING, Line, Page, Spot

_ALIGNMENTS = ("left", "center", "right")
_APART = 10
_FAR_PX = 60
_MARK_PX = 18


def place_label(page: Page, lines: Sequence[Line], spots: Iterable[Spot]) -> Box | None:
    """Write a label at the first free spot; return what it takes (None: no spot is free).

    It covers the faint guide lines behind it.
    """
    shapes = {align: page.room_of(lines, Spot(0, 0, align)) for align in _ALIGNMENTS}
    for spot in spots:
        room = shapes[spot.align].move(spot.x, spot.y)
        if not room.is_on_page:
            continue
        wider = room.widen(_APART)
        if not any(wider.overlaps(other) for other in page.taken):
            if any(room.overlaps(guide) for guide in page.guides):
                page.fill(room, page.theme.ground)
            _write_lines(page, lines, spot)
            return room
    return None


def label_beside(
    page: Page, lines: Sequence[Line], point: tuple[float, float], elsewhere: Iterable[Spot] = ()
) -> None:
    """Write a label near a point, else at the first free spot ``elsewhere``, if any is.

    A label that is far away is joined to its point by a line.
    """
    room = place_label(page, lines, _spots_around(*point)) or place_label(page, lines, elsewhere)
    if room is None:
        return
    x, y = (
        min(max(point[0], room.left), room.right),
        min(max(point[1], room.top), room.bottom),
    )
    distance = math.dist((x, y), point)
    if distance > _FAR_PX:
        share = 1 - _MARK_PX / distance
        end = (x + (point[0] - x) * share, y + (point[1] - y) * share)
        page.line([(x, y), end], page.theme.ink, 2)
        page.keep_clear(boxes_along([(x, y), end]))


def _write_lines(page: Page, lines: Sequence[Line], spot: Spot) -> None:
    y = spot.y - lines[0].size * LEADING
    for line in lines:
        y += line.size * LEADING
        page.write(
            spot.x,
            y,
            line.content,
            line.size,
            field=line.field,
            bold=line.bold,
            align=spot.align,
        )


def _spots_around(x: float, y: float) -> Iterable[Spot]:
    """Yield spots around a point, the nearest first, and below it before above."""
    for far in (32, 46, 64, 90, 130):
        yield Spot(x + far, y + far * 0.7 + 10, "left")
        yield Spot(x - far, y - far * 0.8, "right")
        yield Spot(x + far, y + 10, "left")
        yield Spot(x, y + far + 20, "center")
        yield Spot(x, y - far, "center")
        yield Spot(x - far, y + 10, "right")
        yield Spot(x + far, y - far * 0.8, "left")
        yield Spot(x - far, y + far * 0.7 + 10, "right")
