"""A deck as a PowerPoint file: texts in boxes, figures as pictures with alt text, one chart, notes.

What shows a fact of the session has a name that begins with ``twoclocks:``, so that
``slide --into`` updates it. May import ``errors``, ``harness.show`` and, when a deck is
written, the extra python-pptx.
"""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from harness.claims.curve import Curve
from harness.errors import BadRequest
from harness.show.deck import chart, layout
from harness.show.deck.canvas import Canvas, plain_canvas, template_canvas
from harness.show.deck.layout import PlacedPlot, PlacedPoster, PlacedWords
from harness.show.deck.names import NOTES, RECORDING
from harness.show.deck.package import without_moments
from harness.show.deck.values import Deck, DeckSlide, Words
from harness.show.figures.box import Box
from harness.show.figures.picture import plot_png
from harness.show.figures.theme import LIGHT, Theme
from harness.show.pptx_file import untrusted
from harness.show.pptx_names import PREFIX

_LINE_OF_FONT = 1.15  # the height of a line of these fonts, in sizes
_CHART_PX = 30.0


@dataclass(frozen=True)
class Template:
    """A presenter's file with a master of his own, and the name of the layout to use."""

    content: bytes
    layout: str


def as_pptx(
    deck: Deck, curve: Curve | None, theme: Theme = LIGHT, template: Template | None = None
) -> bytes:
    """Return the deck as a PowerPoint file, the same bytes for the same deck.

    ``curve`` is what its chart shows (None: it has none). Raises ``BadRequest`` where the extra
    python-pptx is not installed, and for a template that cannot be used.
    """
    if template is None:
        return _written(deck, curve, theme, plain_canvas(theme))
    with untrusted("template"):
        canvas = template_canvas(template.content, template.layout)
        return _written(deck, curve, theme, canvas)


def _written(deck: Deck, curve: Curve | None, theme: Theme, canvas: Canvas) -> bytes:
    for slide in deck.slides:
        page = canvas.presentation.slides.add_slide(canvas.layout)
        _Page(page, canvas, theme).fill(deck, slide, curve)
    _set_facts(canvas.presentation, deck)
    target = BytesIO()
    canvas.presentation.save(target)
    return without_moments(target.getvalue())


@dataclass(frozen=True)
class _Page:
    """A slide being written: python-pptx's object, the canvas that it is on, and the theme."""

    page: Any
    canvas: Canvas
    theme: Theme

    def fill(self, deck: Deck, slide: DeckSlide, curve: Curve | None) -> None:
        """Write everything of a slide, and its notes."""
        self._write_title(layout.place_title(slide))
        for placed in layout.place_items(slide):
            match placed:
                case PlacedWords():
                    self._write(placed)
                case PlacedPlot() if placed.of.chart and curve is not None:
                    self._draw_chart(placed, curve)
                case PlacedPlot():
                    png = plot_png(placed.of.picture, self.theme, placed.of.rows)
                    self._show(png, placed.box, placed.of.name, placed.of.picture.title)
                case PlacedPoster():
                    self._show(placed.of.png, placed.box, RECORDING, placed.of.words)
        self._write_footer(deck)
        if slide.notes.lines:
            self._write_notes(slide)

    def _write_title(self, placed: PlacedWords) -> None:
        from pptx.enum.text import PP_ALIGN

        title = self.page.shapes.title
        title.name = f"{PREFIX}{placed.of.name}" if placed.of.name else "Title"
        size = self.canvas.title_points(placed)
        if self.canvas.title is not None:  # where and how a template has it
            title.text_frame.text = placed.lines[0]
            title.text_frame.paragraphs[0].runs[0].font.size = _points(size)
            return
        self.canvas.place(title, placed.box)
        self._set_text(title.text_frame, placed)
        for paragraph in title.text_frame.paragraphs:
            paragraph.alignment = PP_ALIGN.LEFT

    def _write(self, placed: PlacedWords) -> Any:
        shapes = self.page.shapes
        box = shapes.add_textbox(0, 0, 0, 0)
        box.name = f"{PREFIX}{placed.of.name}" if placed.of.name else f"Words {len(shapes)}"
        self.canvas.place(box, placed.box)
        self._set_text(box.text_frame, placed)
        return box

    def _set_text(self, frame: Any, placed: PlacedWords) -> None:
        """Write the paragraphs of a text, which its program breaks into lines by itself."""
        from pptx.enum.text import MSO_ANCHOR

        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
        size = self.canvas.points(placed.size)
        for number, line in enumerate(placed.lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.line_spacing = placed.leading / _LINE_OF_FONT
            # all alike, since `slide --into` gives each the format of the first
            paragraph.space_after = _points(size * layout.PARAGRAPHS_APART)
            run = paragraph.add_run()
            run.text = line
            run.font.size, run.font.bold = _points(size), placed.of.bold
            if placed.of.link:
                run.hyperlink.address = placed.of.link

    def _show(self, png: bytes, box: Box, name: str, words: str) -> None:
        picture = self.page.shapes.add_picture(BytesIO(png), 0, 0)
        picture.name = f"{PREFIX}{name}"
        self.canvas.place(picture, box)
        picture._element.xpath("./p:nvPicPr/p:cNvPr")[0].set("descr", words)

    def _draw_chart(self, placed: PlacedPlot, curve: Curve) -> None:
        from pptx.enum.chart import XL_CHART_TYPE

        data = chart.chart_data(curve)
        frame = self.page.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, 0, 0, 0, 0, data)
        frame.name = f"{PREFIX}{placed.of.chart}"
        words = frame._element.xpath("./p:nvGraphicFramePr/p:cNvPr")[0]
        words.set("descr", placed.of.picture.title)
        remark, box = layout.place_remark(placed)
        self._write(remark)
        self.canvas.place(frame, box)
        chart.settle(frame.chart)
        size = self.canvas.points(_CHART_PX)
        chart.paint(frame.chart, self.theme, size)
        chart.name_axes(frame.chart, curve, self.theme, size)

    def _write_footer(self, deck: Deck) -> None:
        """Write the label, which may be empty now, the run, and a number that follows the slide."""
        from pptx.enum.text import PP_ALIGN

        self._write(_footer_words(layout.LABEL, deck.label, layout.LABEL_PX, "label"))
        words = _footer_words(layout.ORIGIN, deck.origin, layout.ORIGIN_PX, "origin")
        self._write(words).text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT
        number = self._write(_footer_words(layout.NUMBER, "", layout.ORIGIN_PX, ""))
        number.name = "Number"
        paragraph = number.text_frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.RIGHT
        run = paragraph._p.r_lst[0]
        run.tag = run.tag.removesuffix("}r") + "}fld"
        run.set("id", "{00000000-0000-4000-8000-000000000001}")
        run.set("type", "slidenum")

    def _write_notes(self, slide: DeckSlide) -> None:
        notes = self.page.notes_slide
        if notes.notes_text_frame is None:
            raise BadRequest(
                "the template's notes have no place for text", "add one to its notes master"
            )
        notes.notes_text_frame.text = "\n".join(slide.notes.lines)
        facts = notes.notes_placeholder._element.xpath("./p:nvSpPr/p:cNvPr")[0]
        facts.set("name", f"{PREFIX}{NOTES}{slide.name}")
        facts.set("descr", slide.notes.mark)


def _points(size: float) -> Any:
    from pptx.util import Pt

    return Pt(max(1, round(size)))


def _footer_words(box: Box, content: str, size: float, name: str) -> PlacedWords:
    words = Words(lines=(content,), name=name, bold=name == "label")
    return PlacedWords(box=box, size=size, paragraphs=((content,),), of=words)


def _set_facts(presentation: Any, deck: Deck) -> None:
    facts = presentation.core_properties
    began = datetime.fromisoformat(deck.began_utc).replace(tzinfo=None, microsecond=0)
    facts.created = facts.modified = began
    facts.title, facts.author, facts.last_modified_by = deck.title, "twoclocks", "twoclocks"
    facts.revision = 1
