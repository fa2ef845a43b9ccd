"""The axes of a figure: values to pixels, ticks at round values, names with their units.

May import ``page``; arithmetic of the standard library.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.show.figures.page import MARGIN, SMALLEST_PX, WIDTH_PX, Box, Line, Page

LEFT_PX, RIGHT_PX = 170, 1450
TOP_PX, BOTTOM_PX = 262, 726

_FAR_PX, _MARK_PX = 60, 18
_TICKS_BELOW, _NAME_BELOW, _NAME_ABOVE = 38, 76, 30


@dataclass(frozen=True)
class Scale:
    """One axis: its lowest value lies at ``from_px``; where it is ``log`` every doubling is as long."""

    lowest: float
    highest: float
    from_px: float
    to_px: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return where a value lies, in pixels."""
        low, high, here = (
            math.log(part) if self.log else part for part in (self.lowest, self.highest, value)
        )
        return self.from_px + (here - low) / (high - low) * (self.to_px - self.from_px)

    def shows(self, value: float) -> bool:
        """Return whether a value lies on the axis."""
        return self.lowest <= value <= self.highest


@dataclass(frozen=True)
class Tick:
    """A value on an axis and how it reads."""

    value: float
    said: str


def round_values(lowest: float, highest: float, most: int) -> tuple[float, ...]:
    """Return at most so many evenly spaced values in a range, a step of 1, 2 or 5 times a power of ten apart."""
    rough = (highest - lowest) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(lowest / step - 1e-9)
    return tuple(place * step for place in range(first, math.floor(highest / step + 1e-9) + 1))


def doublings(lowest: float, highest: float, most: int) -> tuple[float, ...]:
    """Return at most so many powers of two in a range, evenly spaced as powers."""
    exponents = range(math.ceil(math.log2(lowest)), math.floor(math.log2(highest)) + 1)
    return tuple(2.0**exponent for exponent in exponents[:: math.ceil(len(exponents) / most) or 1])


def axes(
    page: Page,
    x: Scale,
    y: Scale,
    x_ticks: Sequence[Tick],
    y_ticks: Sequence[Tick],
    names: tuple[str, str],
    *,
    guided: bool = True,
) -> None:
    """Draw both axes with their names, which hold the units; ``guided``: with a faint line at every tick of the upright one.

    Ticks that have no room are left out, the last of them first.
    """
    for place, tick in enumerate(y_ticks):
        height = y.at(tick.value)
        if guided:
            page.guide([x.from_px, x.to_px], [height, height])
        page.label(
            [Line(tick.said, SMALLEST_PX, f"axis.y.{place}")],
            [(x.from_px - 16, height + 9, "right")],
        )
    page.line([x.from_px, x.to_px], [y.from_px, y.from_px], page.theme.ink, 3)
    for place, tick in enumerate(x_ticks):
        page.line([x.at(tick.value)] * 2, [y.from_px, y.from_px + 8], page.theme.ink, 3)
        page.label(
            [Line(tick.said, SMALLEST_PX, f"axis.x.{place}")],
            [(x.at(tick.value), y.from_px + _TICKS_BELOW, "center")],
        )
    across, upright = names
    page.say(
        x.from_px - (LEFT_PX - MARGIN), y.to_px - _NAME_ABOVE, upright, SMALLEST_PX, field="axis.y"
    )
    page.say(x.to_px, y.from_px + _NAME_BELOW, across, SMALLEST_PX, field="axis.x", align="right")
    page.keep_clear([Box(x.from_px, y.from_px - 4, WIDTH_PX, y.from_px + _NAME_BELOW)])


def boxes_along(xs: Sequence[float], ys: Sequence[float], reach: float = 5) -> list[Box]:
    """Return boxes along a line, for labels to keep clear of."""
    boxes = []
    for (x0, y0), (x1, y1) in zip(
        zip(xs, ys, strict=True), zip(xs[1:], ys[1:], strict=True), strict=False
    ):
        pieces = max(1, int(math.hypot(x1 - x0, y1 - y0) / (2 * reach)))
        for piece in range(pieces + 1):
            x, y = x0 + (x1 - x0) * piece / pieces, y0 + (y1 - y0) * piece / pieces
            boxes.append(Box(x - reach, y - reach, x + reach, y + reach))
    return boxes


def label_beside(
    page: Page, lines: Sequence[Line], point: tuple[float, float], *, always: bool = False
) -> None:
    """Write a label beside its point, further off with a line to it; one that is needed ``always`` may go anywhere on the chart."""
    room = page.label(lines, _around(*point)) or (
        page.label(lines, _anywhere(*point)) if always else None
    )
    if room is None:
        return
    near = min(max(point[0], room.left), room.right), min(max(point[1], room.top), room.bottom)
    if (far := math.dist(near, point)) > _FAR_PX:
        share = 1 - _MARK_PX / far
        xs, ys = ([near[axis], near[axis] + (point[axis] - near[axis]) * share] for axis in (0, 1))
        page.line(xs, ys, page.theme.ink, 2)
        page.keep_clear(boxes_along(xs, ys))


def _around(x: float, y: float) -> Iterator[tuple[float, float, str]]:
    """Yield places beside a point, the nearest first, and below it before above."""
    for far in (32, 46, 64, 90, 130):
        yield from (
            (x + far, y + far * 0.7 + 10, "left"),
            (x - far, y - far * 0.8, "right"),
            (x + far, y + 10, "left"),
        )
        yield from ((x, y + far + 20, "center"), (x, y - far, "center"), (x - far, y + 10, "right"))
        yield from ((x + far, y - far * 0.8, "left"), (x - far, y + far * 0.7 + 10, "right"))


def _anywhere(x: float, y: float) -> Iterator[tuple[float, float, str]]:
    """Yield places all over the chart, the nearest to a point first."""
    places = [
        (left, top) for left in range(LEFT_PX, RIGHT_PX, 30) for top in range(TOP_PX, BOTTOM_PX, 20)
    ]
    yield from (
        (left, top, "left")
        for left, top in sorted(places, key=lambda place: math.dist(place, (x, y)))
    )
