"""A picture ready to be drawn, what every figure has around it, and its bytes as SVG and PNG.

May import ``model``, ``show.phrases``, ``page``, ``box``, ``theme`` and, when something is drawn,
matplotlib.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

from harness.model import Results
from harness.show import phrases
from harness.show.figures.box import HEIGHT_PX, WIDTH_PX
from harness.show.figures.page import MARGIN, SMALLEST_PX, Page, blank_page, own_style
from harness.show.figures.theme import Theme
from harness.show.provenance import provenance

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

_WIDTH = WIDTH_PX - 2 * MARGIN
_escape = partial(escape, quote=False)
_TITLE_Y, _TITLE_PX = 86, 48
_REMARK_Y, _REMARK_PX, _REMARK_LINES = 138, 30, 2
_FOOTER_Y, _FOOTER_LINES = 844, 2
PLOT_ROWS = (100.0, 818.0)
"""What is between title and footer, in pixels from the top of the page."""
_FINE_DPI = 144
_COMPRESSION = 3  # of zlib: half of the time that its usual 6 takes, for 3 % larger files

# In pixels, shrinking with the window; without a document type, which would name an address.
_SVG_START = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    f' role="img" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" width="{WIDTH_PX}" height="{HEIGHT_PX}"'
    ' style="max-width: 100%; height: auto">'
)
# Without metadata, whose vocabulary would name addresses.
_NO_METADATA: dict[str, str | None] = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@dataclass(frozen=True)
class Picture:
    """A figure: its title, a description with every number, and what draws it on a page."""

    title: str
    description: str
    draw: Callable[[Page], None]


@dataclass(frozen=True)
class Missing:
    """No picture, because its facts are missing."""

    reason: str


def sentence(content: str) -> str:
    """Return the text with a capital letter and a full stop."""
    return f"{content[:1].upper()}{content[1:].rstrip('.')}."


def write_title(page: Page, title: str, *, field: str) -> None:
    """Write the finding in words; ``field`` names which of the facts it shows."""
    if page.bare:
        return
    page.write_within(MARGIN, _TITLE_Y, title, _TITLE_PX, _WIDTH, field=field, bold=True)


def write_remark(page: Page, remark: str, results: Results, *, field: str) -> None:
    """Write below the title what qualifies it: first of all that it was not measured here."""
    content = " · ".join(filter(None, (phrases.label(results), remark)))
    if content:
        page.write_paragraph(
            MARGIN, _REMARK_Y, content, _REMARK_PX, _WIDTH, _REMARK_LINES, field=field
        )


def write_footer(page: Page, results: Results) -> None:
    """Write the provenance."""
    if page.bare:
        return
    content = provenance(results)
    page.write_paragraph(
        MARGIN, _FOOTER_Y, content, SMALLEST_PX, _WIDTH, _FOOTER_LINES, field="results"
    )


@own_style()
def render(picture: Picture, theme: Theme) -> "Figure":
    """Return the picture as a matplotlib figure in which a point is a pixel."""
    figure, page = blank_page(theme)
    picture.draw(page)
    return figure


def svg(picture: Picture, theme: Theme, figure: "Figure | None" = None) -> bytes:
    """Return the picture as SVG with letters as outlines; texts of facts have a ``title``.

    ``figure`` is the picture drawn before (None: it is drawn now).
    """
    figure = figure or render(picture, theme)
    drawing = add_words(save_svg(figure, _NO_METADATA), picture.title, picture.description)
    content = drawing.decode()
    for axes in figure.axes:
        for label in (*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels()):
            if label.get_gid():
                start = f'<g id="{label.get_gid()}">'
                titled = f"{start}<title>{_escape(label.get_text())}</title>"
                content = content.replace(start, titled, 1)
    return content.encode()


def png(picture: Picture, theme: Theme, figure: "Figure | None" = None) -> bytes:
    """Return the picture as PNG, 1600 by 900; ``figure`` as for ``svg``."""
    return save_png(figure or render(picture, theme))


@own_style()
def plot_png(picture: Picture, theme: Theme, rows: tuple[float, float] = PLOT_ROWS) -> bytes:
    """Return a picture without its title and origin as PNG, for a slide that writes both.

    ``rows`` are those of the page to keep, in pixels. It has two pixels for each of the page.
    """
    figure, page = blank_page(theme, bare=True)
    picture.draw(page)
    from matplotlib.transforms import Bbox

    top, bottom = rows
    kept = Bbox.from_extents(0, (HEIGHT_PX - bottom) / 72, WIDTH_PX / 72, (HEIGHT_PX - top) / 72)
    return save_png(figure, kept)


@own_style()
def save_svg(figure: "Figure", metadata: Mapping[str, str | None]) -> bytes:
    """Return a figure as SVG: the same bytes whenever and wherever it was drawn."""
    target = BytesIO()
    figure.savefig(target, format="svg", dpi=72, metadata=metadata)
    return target.getvalue()


@own_style()
def save_png(figure: "Figure", part: "Bbox | None" = None) -> bytes:
    """Return a figure as PNG; as for ``save_svg``.

    ``part`` is in inches, and drawn twice as fine (None: all of it, a pixel for a point).
    """
    target = BytesIO()
    words = {"Software": "twoclocks"}
    quick = {"compress_level": _COMPRESSION}
    dpi = 72 if part is None else _FINE_DPI
    figure.savefig(
        target, format="png", dpi=dpi, bbox_inches=part, metadata=words, pil_kwargs=quick
    )
    return target.getvalue()


def add_words(svg: bytes, title: str, description: str) -> bytes:
    """Return the drawing with a ``title`` and a ``desc``, in a frame that fits its window."""
    drawing = svg.decode()
    body = drawing[drawing.index(">", drawing.index("<svg")) + 1 :]
    words = f"<title>{_escape(title)}</title>\n <desc>{_escape(description)}</desc>"
    return f"{_SVG_START}\n {words}{body}".encode()
