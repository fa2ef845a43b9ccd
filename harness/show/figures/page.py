"""The page of the slide and of every figure: 1600 by 900 pixels, the same bytes each time.

Text and shapes in pixels from the upper left corner, in one of two themes. A page remembers which
places are taken, so that ``labels`` finds free ones.
May import ``errors``, its neighbours and, when something is drawn, matplotlib: loading it
takes a third of a second.
"""

import contextlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import MachineFailed
from harness.show.figures import lettering
from harness.show.figures.box import HEIGHT_PX, WIDTH_PX, Box
from harness.show.figures.theme import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALLEST_PX = 26
_BACKEND_HINT = (
    "unset MPLBACKEND, and move the file matplotlibrc away if there is one in this folder"
)
MARGIN = 60
LEADING = 1.22

_ALIGNMENTS = {"left": 0.0, "center": 0.5, "right": 1.0}
_ASCENT = 0.8
_DESCENT = 0.26
_ARROW_HEAD_PX = 20.0
_STAMP_DEGREES = 9
_SALT = "twoclocks"  # of the names in an SVG, and ours alone


@dataclass(frozen=True)
class Line:
    """One line of a label; ``field`` names which of the facts it shows (empty: none)."""

    content: str
    size: float = 28
    field: str = ""
    bold: bool = False


class Spot(NamedTuple):
    """Where a label may stand: the baseline of its first line, and its alignment to ``x``."""

    x: float
    y: float
    align: str = "left"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A picture being drawn, in pixels; its font comes with matplotlib, not from the system.

    ``bare`` is for a plot alone: whoever shows it writes its title and where it comes from.
    """

    axes: "Axes"
    theme: Theme = LIGHT
    bare: bool = False
    taken: list[Box] = field(default_factory=list)
    guides: list[Box] = field(default_factory=list)

    def width_of(self, content: str, size: float, bold: bool = False) -> float:
        """Return the width of a text."""
        return lettering.width_of(content, size, bold)

    def write(
        self,
        x: float,
        y: float,
        content: str,
        size: float,
        *,
        field: str = "",
        bold: bool = False,
        align: str = "left",
        color: str = "",
    ) -> None:
        """Write a text on the baseline ``y``; ``field`` names which of the facts it shows.

        ``color`` is another than the theme's ink.
        """
        self.axes.text(
            x,
            y,
            lettering.drawable(content),
            fontproperties=lettering.font(size, bold),
            parse_math=False,
            gid=field or None,
            color=color or self.theme.ink,
            ha=align,
        )
        self.taken.append(self.room_of([Line(content, size, field, bold)], Spot(x, y, align)))

    def stamp(self, x: float, y: float, content: str, size: float, *, field: str) -> None:
        """Write a text across whatever is there, rising, in a seam that keeps both legible."""
        from matplotlib.patheffects import Normal, Stroke

        seam = Stroke(linewidth=size / 8, foreground=self.theme.ground)
        self.axes.text(
            x,
            y,
            content,
            fontproperties=lettering.font(size, bold=True),
            parse_math=False,
            gid=field,
            color=self.theme.ink,
            ha="center",
            va="center",
            rotation=_STAMP_DEGREES,
            zorder=5,
            path_effects=[seam, Normal()],
        )

    def write_within(
        self,
        x: float,
        y: float,
        content: str,
        size: float,
        width: float,
        *,
        field: str = "",
        bold: bool = False,
        align: str = "left",
    ) -> None:
        """Write a text no wider than ``width``: smaller if need be, then cut off."""
        while size > SMALLEST_PX and self.width_of(content, size, bold) > width:
            size -= 1
        while len(content) > 1 and self.width_of(content, size, bold) > width:
            content = f"{content[: len(content) * 9 // 10 - 1]}…"
        self.write(x, y, content, size, field=field, bold=bold, align=align)

    def wrap(self, content: str, width: float, size: float, bold: bool = False) -> list[str]:
        """Return the text in lines no wider than ``width``, numbers kept with their units."""
        return lettering.wrap(content, width, size, bold)

    def write_paragraph(
        self,
        x: float,
        y: float,
        content: str,
        size: float,
        width: float,
        most: int,
        *,
        field: str,
        align: str = "left",
    ) -> float:
        """Write a text in at most ``most`` lines; return the baseline of the line after it.

        Text that does not fit shrinks; at the smallest size the last line is cut off.
        """
        while size > SMALLEST_PX and len(self.wrap(content, width, size)) > most:
            size -= 1
        lines = self.wrap(content, width, size)
        if len(lines) > most:
            lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
        for place, line in enumerate(lines):
            baseline = y + place * size * LEADING
            name = f"{field}.{place}"
            self.write_within(x, baseline, line, size, width, field=name, align=align)
        return y + len(lines) * size * LEADING

    def fill(self, box: Box, color: str) -> None:
        """Draw a filled rectangle."""
        xs = [box.left, box.right, box.right, box.left]
        ys = [box.top, box.top, box.bottom, box.bottom]
        self.axes.fill(xs, ys, color=color, linewidth=0)

    def outline(self, box: Box, color: str, width: float = 3) -> None:
        """Draw the outline of a rectangle."""
        xs = [box.left, box.right, box.right, box.left, box.left]
        ys = [box.top, box.top, box.bottom, box.bottom, box.top]
        self.axes.plot(xs, ys, color=color, linewidth=width, solid_joinstyle="miter")

    def line(self, points: Sequence[tuple[float, float]], color: str, width: float = 3) -> None:
        """Draw a line through points."""
        xs, ys = zip(*points, strict=True)
        self.axes.plot(xs, ys, color=color, linewidth=width, solid_capstyle="butt")

    def arrow(
        self, start: tuple[float, float], end: tuple[float, float], color: str, width: float = 4
    ) -> None:
        """Draw an arrow that ends at a point."""
        (x0, y0), (x1, y1) = start, end
        length = max(math.hypot(x1 - x0, y1 - y0), 1.0)
        head = min(_ARROW_HEAD_PX, length)
        ahead, aside = (x1 - x0) / length * head, (y1 - y0) / length * head
        neck = (x1 - ahead, y1 - aside)
        self.line([start, neck], color, width)
        xs = [x1, neck[0] - aside / 2, neck[0] + aside / 2]
        ys = [y1, neck[1] + ahead / 2, neck[1] - ahead / 2]
        self.axes.fill(xs, ys, color=color, linewidth=0)

    def keep_clear(self, boxes: Iterable[Box]) -> None:
        """Place no label on these."""
        self.taken.extend(boxes)

    def room_of(self, lines: Sequence[Line], spot: Spot) -> Box:
        """Return the rectangle that a label takes at a spot."""
        width = max(self.width_of(line.content, line.size, line.bold) for line in lines)
        left = spot.x - _ALIGNMENTS[spot.align] * width
        top = spot.y - lines[0].size * _ASCENT
        last = spot.y + sum(line.size * LEADING for line in lines[1:])
        return Box(left, top, left + width, last + lines[-1].size * _DESCENT)


def blank_page(theme: Theme = LIGHT, *, bare: bool = False) -> "tuple[Figure, Page]":
    """Return an empty matplotlib figure in which a point is a pixel, and the page to draw on.

    ``bare`` as for a ``Page``.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_PX / 72, HEIGHT_PX / 72), dpi=72, facecolor=theme.ground)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), zorder=1)
    axes.set(xlim=(0, WIDTH_PX), ylim=(HEIGHT_PX, 0), xticks=(), yticks=())
    axes.set_axis_off()
    return figure, Page(axes=axes, theme=theme, bare=bare)


@contextlib.contextmanager
def own_style() -> Iterator[None]:
    """Draw as matplotlib does by itself, whatever a ``matplotlibrc`` here or in the home says.

    Within another such block nothing is set again: that takes 2 ms, and a set is drawn in 15 steps.
    Raises ``MachineFailed`` where matplotlib refuses to start for what it was told.
    """
    try:
        import matplotlib as mpl
    except ValueError as error:
        reason = str(error).partition(";")[0]
        raise MachineFailed(f"matplotlib cannot draw here: {reason}", _BACKEND_HINT) from error
    if mpl.rcParams["svg.hashsalt"] == _SALT:
        yield
        return
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"svg.hashsalt": _SALT, "svg.fonttype": "path"})
        yield
