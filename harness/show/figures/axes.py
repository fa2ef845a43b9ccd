"""A chart on a page: matplotlib's axes, scales and ticks, and labels in free places of the page.

Labels are placed by ``labels``, because every one must be readable: adjustText 1.4 left 12 of 357
pairs of labels overlapping on 20 random curves, and most marks covered.
May import ``page``, ``labels``, ``lettering``, ``box`` and, when something is drawn, matplotlib.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from harness.show.figures.box import HEIGHT_PX, WIDTH_PX, Box, box_around, boxes_along
from harness.show.figures.labels import label_beside
from harness.show.figures.lettering import font
from harness.show.figures.page import MARGIN, SMALLEST_PX, Line, Page, Spot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AREA = Box(170, 262, 1450, 726)

_LINE_POINTS = 120
_TICK_PX = 8
_TICKS_APART_PX = 10
_Y_LABEL_PAD = 16
_NAME_ABOVE, _NAME_BELOW = 30, 76
_DASHED = (0, (4, 3))

Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """A range of values; on a ``log`` axis every doubling has the same length."""

    lowest: float
    highest: float
    log: bool = False

    def share(self, value: float) -> float:
        """Return where a value is: 0 at the lowest, 1 at the highest."""
        if self.log:
            return math.log(value / self.lowest) / math.log(self.highest / self.lowest)
        return (value - self.lowest) / (self.highest - self.lowest)

    def contains(self, value: float) -> bool:
        """Return whether a value is on the axis."""
        return self.lowest <= value <= self.highest

    def between(self, start: float, end: float) -> Iterator[float]:
        """Yield values from start to end that are evenly spaced on the axis."""
        for place in range(_LINE_POINTS + 1):
            share = place / _LINE_POINTS
            yield start * (end / start) ** share if self.log else start + (end - start) * share


class Tick(NamedTuple):
    """A value on an axis and its label."""

    value: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Two axes on a part of the page; what is drawn on them is in values, labels are in pixels."""

    page: Page
    axes: "Axes"
    x: Axis
    y: Axis
    area: Box

    def at(self, x: float, y: float) -> Point:
        """Return where a point is on the page, in pixels."""
        return (
            self.area.left + self.x.share(x) * self.area.width,
            self.area.bottom - self.y.share(y) * self.area.height,
        )

    def line(
        self, points: Sequence[Point], color: str, width: float = 3, *, dashed: bool = False
    ) -> None:
        """Draw a line through points, as far as it is on the axes; labels keep clear of it."""
        xs, ys = zip(*points, strict=True)
        style = _DASHED if dashed else "-"
        self.axes.plot(xs, ys, color=color, linewidth=width, linestyle=style, solid_capstyle="butt")
        visible = [self.at(*point) for point in points if self.y.contains(point[1])]
        self.page.keep_clear(boxes_along(visible))

    def band(self, low: float, high: float, color: str) -> None:
        """Fill the area between two values of the y axis, behind everything else."""
        self.axes.axhspan(low, high, color=color, linewidth=0, zorder=0)

    def mark(
        self, x: float, y: float, shape: str, color: str, *, size: float, hollow: bool = False
    ) -> None:
        """Draw a mark, its shape as matplotlib's letter; labels keep clear of it."""
        self.axes.plot(
            [x],
            [y],
            marker=shape,
            markersize=size,
            color=color,
            markerfacecolor=self.page.theme.ground if hollow else color,
            markeredgewidth=4 if hollow else 0,
            linestyle="",
            zorder=3,
            clip_on=False,
        )
        self.page.keep_clear([box_around(*self.at(x, y), size / 2 + 3)])

    def error_bar(self, x: float, low: float, high: float) -> None:
        """Draw an upright error bar; labels keep clear of it."""
        ink = self.page.theme.ink
        heights = [[0.0], [high - low]]
        self.axes.errorbar(
            [x], [low], yerr=heights, fmt="none", ecolor=ink, elinewidth=3, capsize=12, capthick=3
        )
        self.page.keep_clear(boxes_along([self.at(x, low), self.at(x, high)], 12))

    def label(self, lines: Sequence[Line], x: float, y: float, *, always: bool = False) -> None:
        """Write a label beside a point; one that must be there ``always`` may go anywhere."""
        point = self.at(x, y)
        label_beside(self.page, lines, point, self._spots_anywhere(point) if always else ())

    def _spots_anywhere(self, point: Point) -> Iterator[Spot]:
        """Yield spots all over the default area, the nearest to a point first."""
        xs = range(int(AREA.left), int(AREA.right), 30)
        ys = range(int(AREA.top), int(AREA.bottom), 20)
        spots = [Spot(x, y) for x in xs for y in ys]
        yield from sorted(spots, key=lambda spot: math.dist(spot[:2], point))


def open_chart(page: Page, x: Axis, y: Axis, names: tuple[str, str], area: Box = AREA) -> Chart:
    """Put two empty axes on the page, with their names, which hold the units."""
    figure = page.axes.figure
    axes = figure.add_axes(
        (
            area.left / WIDTH_PX,
            1 - area.bottom / HEIGHT_PX,
            area.width / WIDTH_PX,
            area.height / HEIGHT_PX,
        ),
        facecolor="none",
        xlim=(x.lowest, x.highest),
        ylim=(y.lowest, y.highest),
    )
    axes.set(xscale="log" if x.log else "linear", yscale="log" if y.log else "linear")
    axes.minorticks_off()
    axes.spines[["left", "top", "right"]].set_visible(False)
    axes.spines["bottom"].set(color=page.theme.ink, linewidth=3)
    below, above = names
    left = area.left - (AREA.left - MARGIN)
    page.write(left, area.top - _NAME_ABOVE, above, SMALLEST_PX, field="axis.y")
    page.write(
        area.right, area.bottom + _NAME_BELOW, below, SMALLEST_PX, field="axis.x", align="right"
    )
    below_axis = Box(area.left, area.bottom - 4, WIDTH_PX, area.bottom + _NAME_BELOW)
    page.keep_clear([below_axis, Box(left, 0, area.left, HEIGHT_PX)])
    return Chart(page=page, axes=axes, x=x, y=y, area=area)


def set_ticks(
    chart: Chart, x: Sequence[Tick], y: Sequence[Tick], *, guide_lines: bool = True
) -> None:
    """Draw ticks; on the x axis those that fit, the first ones first.

    ``guide_lines`` are faint lines at the ticks of the y axis.
    """
    page, axes, ink = chart.page, chart.axes, chart.page.theme.ink
    shown = _fitting(chart, x)
    axes.set_xticks([tick.value for tick in shown], [tick.label for tick in shown])
    axes.set_yticks([tick.value for tick in y], [tick.label for tick in y])
    axes.tick_params("x", length=_TICK_PX, width=3, color=ink, pad=10)
    axes.tick_params("y", length=0, pad=_Y_LABEL_PAD)
    for name, labels in (("x", axes.get_xticklabels()), ("y", axes.get_yticklabels())):
        for place, label in enumerate(labels):
            label.set(fontproperties=font(SMALLEST_PX), color=ink, gid=f"axis.{name}.{place}")
            label.set_parse_math(False)
    left = chart.area.left
    for tick in y:
        height = chart.at(chart.x.highest, tick.value)[1]
        spot = Spot(left - _Y_LABEL_PAD, height + 9, "right")
        page.keep_clear([page.room_of([Line(tick.label, SMALLEST_PX)], spot)])
        if guide_lines:
            page.guides.append(Box(left, height - 1, chart.area.right, height + 1))
    if guide_lines:
        axes.grid(axis="y", color=page.theme.faint, linewidth=2)
        axes.set_axisbelow(True)


def round_values(axis: Axis, most: int) -> list[float]:
    """Return at most ``most`` round values on an axis: on a log axis powers of two."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    locator = (
        LogLocator(base=2, numticks=most)
        if axis.log
        else MaxNLocator(most - 1, steps=[1, 2, 5, 10])
    )
    values = locator.tick_values(axis.lowest, axis.highest)
    return [float(value) for value in values if axis.contains(value)]


def _fitting(chart: Chart, ticks: Sequence[Tick]) -> list[Tick]:
    """Return the ticks whose labels have room, in ascending order; earlier ones go first."""
    shown: list[Tick] = []
    rooms: list[Box] = []
    for tick in ticks:
        x, _ = chart.at(tick.value, chart.y.highest)
        room = chart.page.room_of([Line(tick.label, SMALLEST_PX)], Spot(x, 0, "center"))
        if not any(room.widen(_TICKS_APART_PX).overlaps(other) for other in rooms):
            shown.append(tick)
            rooms.append(room)
    return sorted(shown)
