"""The page that the slide and every figure are drawn on: 1600 by 900 pixels, the same bytes each time.

Text, lines and marks in pixels from the upper left corner, in one of two themes; a page remembers what is taken, so
that a label finds a free place. May import ``words``, and matplotlib, lazily: it takes a third of a second that no
other command should wait for.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from harness import text
from harness.show.figures.theme import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

WIDTH_PX, HEIGHT_PX = 1600, 900
SMALLEST_PX = 26
MARGIN = 60

LEADING = 1.22

_ALIGNED = {"left": 0.0, "center": 0.5, "right": 1.0}
_ASCENT, _DESCENT, _APART = 0.8, 0.26, 10


@dataclass(frozen=True)
class Box:
    """A rectangle on the page."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Return whether the two have a point inside both."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def moved(self, right: float, down: float) -> "Box":
        """Return the rectangle elsewhere."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def wider(self, by: float) -> "Box":
        """Return the rectangle with that much more on the left and on the right."""
        return Box(self.left - by, self.top, self.right + by, self.bottom)

    @property
    def on_page(self) -> bool:
        """Return whether the page holds all of it, with a little to spare."""
        spare = 24
        return (
            self.left >= spare
            and self.top >= spare
            and self.right <= WIDTH_PX - spare
            and self.bottom <= HEIGHT_PX - spare
        )


@dataclass(frozen=True)
class Line:
    """One line of a label: what it says, how large, and which field of the facts it shows (empty: none)."""

    said: str
    size: float = 28
    field: str = ""
    bold: bool = False


@dataclass(frozen=True)
class Page:
    """A picture being drawn, in pixels from its upper left corner; its letters come with matplotlib, not from the system."""

    axes: "Axes"
    renderer: "RendererAgg"
    theme: Theme = LIGHT
    taken: list[Box] = field(default_factory=list)
    guides: list[Box] = field(default_factory=list)

    def width_of(self, said: str, size: float, bold: bool = False) -> float:
        """Return the width of a text."""
        width, _, _ = self.renderer.get_text_width_height_descent(
            _drawable(said), _font(size, bold), ismath=False
        )  # type: ignore[no-untyped-call]
        return float(width)

    def say(
        self,
        x: float,
        y: float,
        said: str,
        size: float,
        *,
        field: str = "",
        bold: bool = False,
        align: str = "left",
        color: str = "",
    ) -> None:
        """Write a text on the baseline ``y``; ``field`` names what of the facts it shows, ``color`` is another than the ink."""
        ink = color or self.theme.ink
        self.axes.text(
            x,
            y,
            _drawable(said),
            fontproperties=_font(size, bold),
            parse_math=False,
            gid=field or None,
            color=ink,
            ha=align,
        )
        self.taken.append(self.room_of(x, y, [Line(said, size, field, bold)], align))

    def say_within(
        self,
        x: float,
        y: float,
        said: str,
        size: float,
        width: float,
        *,
        field: str = "",
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """Write a text no wider than ``width``: smaller where it must be, cut off where it may not be smaller."""
        while size > SMALLEST_PX and self.width_of(said, size, bold) > width:
            size -= 1
        while len(said) > 1 and self.width_of(said, size, bold) > width:
            said = f"{said[: len(said) * 9 // 10 - 1]}…"
        self.say(x, y, said, size, field=field, bold=bold, align=align)

    def fill(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Draw a rectangle."""
        self.axes.fill(
            [x, x + width, x + width, x], [y, y, y + height, y + height], color=color, linewidth=0
        )

    def wrap(self, told: str, width: float, size: float, bold: bool = False) -> list[str]:
        """Return the text in lines that are no wider, broken between words that may be parted."""
        lines = [""]
        for word in text.with_no_break_spaces(told).split(" "):
            longer = f"{lines[-1]} {word}".strip(" ")
            if lines[-1] and self.width_of(longer, size, bold) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return [line for line in lines if line]

    def paragraph(
        self,
        x: float,
        y: float,
        told: str,
        size: float,
        width: float,
        most: int,
        *,
        field: str,
        align: str = "left",
    ) -> float:
        """Write a text in at most so many lines, its first on the baseline ``y``; return the baseline of the line after it.

        Where it does not fit the letters shrink, and where they may not the last line ends in an ellipsis.
        """
        while size > SMALLEST_PX and len(self.wrap(told, width, size)) > most:
            size -= 1
        lines = self.wrap(told, width, size)
        kept = [*lines[: most - 1], " ".join(lines[most - 1 :])] if len(lines) > most else lines
        for place, line in enumerate(kept):
            self.say_within(
                x,
                y + place * size * LEADING,
                line,
                size,
                width,
                field=f"{field}.{place}",
                align=align,
            )
        return y + len(kept) * size * LEADING

    def line(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        color: str,
        width: float = 3,
        *,
        dashed: bool = False,
    ) -> None:
        """Draw a line through points."""
        self.axes.plot(
            xs,
            ys,
            color=color,
            linewidth=width,
            linestyle=(0, (4, 3)) if dashed else "-",
            solid_capstyle="butt",
        )

    def guide(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        """Draw a faint line behind everything, which labels cover."""
        self.guides.append(Box(min(xs), min(ys) - 1, max(xs), max(ys) + 1))
        self.axes.plot(xs, ys, color=self.theme.faint, linewidth=2, zorder=0.5)

    def shade(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a faint rectangle behind everything."""
        self.axes.fill(
            [x, x + width, x + width, x],
            [y, y, y + height, y + height],
            color=self.theme.shade,
            linewidth=0,
            zorder=0.4,
        )

    def mark(
        self, x: float, y: float, shape: str, color: str, *, hollow: bool = False, size: float = 22
    ) -> None:
        """Draw a mark, in matplotlib's letters for shapes; a hollow one shows the ground inside."""
        inside = self.theme.ground if hollow else color
        drawn = self.axes.plot(
            [x], [y], marker=shape, markersize=size, color=color, markerfacecolor=inside, zorder=3
        )
        drawn[0].set(markeredgewidth=4 if hollow else 0, linestyle="")
        reach = size / 2 + 3
        self.keep_clear([Box(x - reach, y - reach, x + reach, y + reach)])

    def arrow(
        self, start: tuple[float, float], end: tuple[float, float], color: str, width: float = 4
    ) -> None:
        """Draw an arrow that ends at a point."""
        (x0, y0), (x1, y1) = start, end
        length = max(math.hypot(x1 - x0, y1 - y0), 1.0)
        head = min(20.0, length)
        ahead, aside = (x1 - x0) / length * head, (y1 - y0) / length * head
        neck_x, neck_y = x1 - ahead, y1 - aside
        self.line([x0, neck_x], [y0, neck_y], color, width)
        xs, ys = (
            [x1, neck_x - aside / 2, neck_x + aside / 2],
            [y1, neck_y + ahead / 2, neck_y - ahead / 2],
        )
        self.axes.fill(xs, ys, color=color, linewidth=0)

    def frame(self, box: Box, color: str, width: float = 3) -> None:
        """Draw the outline of a rectangle."""
        xs, ys = (
            [box.left, box.right, box.right, box.left, box.left],
            [box.top, box.top, box.bottom, box.bottom, box.top],
        )
        self.axes.plot(xs, ys, color=color, linewidth=width, solid_joinstyle="miter")

    def keep_clear(self, boxes: Iterable[Box]) -> None:
        """Let no label be placed on these."""
        self.taken.extend(boxes)

    def room_of(self, x: float, y: float, lines: Sequence[Line], align: str = "left") -> Box:
        """Return what a label takes whose first line is on the baseline ``y``."""
        width = max(self.width_of(line.said, line.size, line.bold) for line in lines)
        left = x - _ALIGNED[align] * width
        below = y + sum(line.size * LEADING for line in lines[1:])
        return Box(
            left, y - lines[0].size * _ASCENT, left + width, below + lines[-1].size * _DESCENT
        )

    def label(self, lines: Sequence[Line], spots: Iterable[tuple[float, float, str]]) -> Box | None:
        """Write a label at the first spot, a baseline and an alignment, where nothing is; return what it took (None: there is no room)."""
        shapes = {align: self.room_of(0, 0, lines, align) for align in _ALIGNED}
        for x, y, align in spots:
            room = shapes[align].moved(x, y)
            if room.on_page and not any(room.wider(_APART).meets(other) for other in self.taken):
                if any(room.meets(line) for line in self.guides):
                    self.fill(
                        room.left,
                        room.top,
                        room.right - room.left,
                        room.bottom - room.top,
                        self.theme.ground,
                    )
                y -= lines[0].size * LEADING
                for line in lines:
                    y += line.size * LEADING
                    self.say(
                        x, y, line.said, line.size, field=line.field, bold=line.bold, align=align
                    )
                return room
        return None


def blank(theme: Theme = LIGHT) -> "tuple[Figure, Page]":
    """Return an empty matplotlib figure in which a point is a pixel, and the page to draw on it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn_on = Figure(figsize=(WIDTH_PX / 72, HEIGHT_PX / 72), dpi=72, facecolor=theme.ground)
    renderer = FigureCanvasAgg(drawn_on).get_renderer()  # type: ignore[no-untyped-call]
    axes = drawn_on.add_axes((0, 0, 1, 1), xlim=(0, WIDTH_PX), ylim=(HEIGHT_PX, 0))
    axes.set_axis_off()
    return drawn_on, Page(axes, renderer, theme)


@lru_cache(maxsize=64)
def _font(size: float, bold: bool) -> "FontProperties":
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties

    return FontProperties(
        fname=f"{mpl.get_data_path()}/fonts/ttf/DejaVuSans{'-Bold' if bold else ''}.ttf", size=size
    )


@lru_cache(maxsize=512)
def _drawable(said: str) -> str:
    """Return the text with an empty square for each letter that the font has not."""
    from matplotlib.font_manager import get_font

    font = get_font(str(_font(SMALLEST_PX, bold=False).get_file()))
    return "".join(
        letter if font.get_char_index(ord(letter)) else "\N{WHITE SQUARE}" for letter in said
    )
