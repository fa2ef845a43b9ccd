"""A deck as PDF, a page a slide, with plots as drawings: the same bytes each time.

May import ``harness.show.figures``, its neighbours and, when something is drawn, matplotlib.
"""

from io import BytesIO
from typing import TYPE_CHECKING

from harness.show.deck import layout
from harness.show.deck.layout import PlacedPlot, PlacedPoster, PlacedWords
from harness.show.deck.values import Deck, DeckSlide
from harness.show.figures.box import HEIGHT_PX, WIDTH_PX
from harness.show.figures.page import Page, blank_page, own_style
from harness.show.figures.theme import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_METADATA = {"Creator": "twoclocks", "Producer": "matplotlib", "CreationDate": None}


@own_style()
def as_pdf(deck: Deck, theme: Theme = LIGHT) -> bytes:
    """Return the deck as PDF."""
    from matplotlib.backends.backend_pdf import PdfPages

    target = BytesIO()
    with PdfPages(target, metadata=_METADATA | {"Title": deck.title}) as pages:
        for number, slide in enumerate(deck.slides, 1):
            pages.savefig(_draw(deck, slide, number, theme), dpi=72)
    return target.getvalue()


def _draw(deck: Deck, slide: DeckSlide, number: int, theme: Theme) -> "Figure":
    figure, page = blank_page(theme, bare=True)
    for placed in layout.place_items(slide):
        match placed:
            case PlacedWords():
                _write(page, placed)
            case PlacedPlot():
                _draw_plot(figure, page, placed)
            case PlacedPoster():
                _show(figure, placed)
    _write(page, layout.place_title(slide))
    _write_footer(page, deck, number)
    return figure


def _write(page: Page, placed: PlacedWords) -> None:
    """Write a text; a link leads from each of its lines."""
    for baseline, row in placed.baselines:
        page.write(placed.box.left, baseline, row, placed.size, bold=placed.of.bold)
        if placed.of.link:
            page.axes.texts[-1].set_url(placed.of.link)


def _draw_plot(figure: "Figure", page: Page, placed: PlacedPlot) -> None:
    """Draw a plot on the page; one that is not in its own place there is moved to its box."""
    from matplotlib.transforms import Affine2D

    before = {*page.axes.get_children()}
    placed.of.picture.draw(page)
    moved = Affine2D().translate(0, placed.of.rows[0] - placed.box.top)
    for artist in (*page.axes.lines, *page.axes.patches, *page.axes.texts):
        if artist not in before:
            artist.set_transform(artist.get_transform() + moved)


def _show(figure: "Figure", placed: PlacedPoster) -> None:
    from matplotlib.image import imread

    box = placed.box
    frame = (
        box.left / WIDTH_PX,
        1 - box.bottom / HEIGHT_PX,
        box.width / WIDTH_PX,
        box.height / HEIGHT_PX,
    )
    axes = figure.add_axes(frame, zorder=2)
    axes.imshow(imread(BytesIO(placed.of.png)), aspect="auto", interpolation="none")
    axes.set_axis_off()


def _write_footer(page: Page, deck: Deck, number: int) -> None:
    y = layout.FOOTER.bottom - 10
    if deck.label:
        page.write(layout.LABEL.left, y, deck.label, layout.LABEL_PX, bold=True)
    size, room = layout.ORIGIN_PX, layout.ORIGIN.width
    page.write_within(layout.ORIGIN.right, y, deck.origin, size, room, align="right")
    page.write(layout.NUMBER.right, y, str(number), size, bold=True, align="right")
