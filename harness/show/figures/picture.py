"""A picture ready to be drawn: what it says in words, and how it is painted; then its bytes as SVG and PNG.

May import ``page``, ``theme``, and matplotlib, lazily.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from harness.show.figures.page import HEIGHT_PX, WIDTH_PX, Page, blank
from harness.show.figures.theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# In pixels, shrinking with the window; no document type, which would name an address.
_SVG_OPENING = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img"'
    f' viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" width="{WIDTH_PX}" height="{HEIGHT_PX}" style="max-width: 100%; height: auto">'
)
_BARE: dict[str, str | None] = dict.fromkeys(
    ("Creator", "Date", "Format", "Type")
)  # its vocabulary would name addresses


@dataclass(frozen=True)
class Picture:
    """What a figure says, as a title and a description with every number, and the painter of its page."""

    title: str
    description: str
    paint: Callable[[Page], None]


@dataclass(frozen=True)
class Missing:
    """No picture, since its facts are not there."""

    reason: str


def sentence(told: str) -> str:
    """Return the text with a capital and a full stop."""
    return f"{told[:1].upper()}{told[1:].rstrip('.')}."


def render(picture: Picture, theme: Theme) -> "Figure":
    """Return the picture as a matplotlib figure in which a point is a pixel."""
    drawn_on, page = blank(theme)
    picture.paint(page)
    return drawn_on


def svg(picture: Picture, theme: Theme, drawn_on: "Figure | None" = None) -> bytes:
    """Return the picture as SVG, its letters as outlines; each field's group bears its text as its ``title``."""
    drawn_on = drawn_on or render(picture, theme)
    drawing = add_words(save(drawn_on, "svg", _BARE), picture.title, picture.description).decode()
    for text in drawn_on.axes[0].texts:
        if text.get_gid():
            opening = f'<g id="{text.get_gid()}">'
            drawing = drawing.replace(
                opening, f"{opening}<title>{escape(text.get_text())}</title>", 1
            )
    return drawing.encode()


def png(picture: Picture, theme: Theme, drawn_on: "Figure | None" = None) -> bytes:
    """Return the picture as PNG, 1600 by 900."""
    return save(drawn_on or render(picture, theme), "png", {"Software": "twoclocks"})


def save(figure: "Figure", form: str, metadata: dict[str, str | None]) -> bytes:
    """Return a figure's bytes; nothing in them depends on when or where it was drawn."""
    import matplotlib as mpl

    target = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "twoclocks", "svg.fonttype": "path"}):
        figure.savefig(target, format=form, dpi=72, metadata=metadata)
    return target.getvalue()


def add_words(svg: bytes, title: str, told: str) -> bytes:
    """Return the drawing with its words in ``title`` and ``desc``, in a frame that shrinks with its window."""
    drawing = svg.decode()
    drawing = drawing[drawing.index(">", drawing.index("<svg")) + 1 :]
    return f"{_SVG_OPENING}\n <title>{escape(title)}</title>\n <desc>{escape(told)}</desc>{drawing}".encode()
