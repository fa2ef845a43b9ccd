"""A deck as a PowerPoint file: texts in boxes, figures as pictures with alt text, one chart, notes.

What shows a fact of the session has a name that begins with ``twoclocks:``, so that
``slide --into`` updates it. May import ``harness.extras``, ``harness.show`` and, when a deck is
written, the extra python-pptx.
"""

from datetime import datetime
from io import BytesIO
from typing import Any

from harness.claims.curve import Curve
from harness.extras import missing_package
from harness.show.deck import chart, layout
from harness.show.deck.layout import PlacedPlot, PlacedPoster, PlacedWords
from harness.show.deck.names import NOTES, RECORDING
from harness.show.deck.package import without_moments
from harness.show.deck.values import Deck, DeckSlide, Words
from harness.show.figures.box import HEIGHT_PX, WIDTH_PX, Box
from harness.show.figures.picture import plot_png
from harness.show.figures.theme import LIGHT, Theme
from harness.show.pptx_names import PREFIX

FONT = "Arial"
_LAYOUT = "Title Only"
_EMU_PER_PX = 7620  # 13 1/3 inches over 1600 pixels
_PT_PER_PX = 0.6
_LINE_OF_FONT = 1.15  # the height of a line of these fonts, in sizes
_CHART_PX = 30.0


def as_pptx(deck: Deck, curve: Curve | None, theme: Theme = LIGHT) -> bytes:
    """Return the deck as a PowerPoint file, the same bytes for the same deck.

    ``curve`` is what its chart shows (None: it has none). Raises ``BadRequest`` where the extra
    python-pptx is not installed.
    """
    presentation = _open_blank(theme)
    page_layout = presentation.slide_layouts.get_by_name(_LAYOUT)
    for slide in deck.slides:
        page = presentation.slides.add_slide(page_layout)
        _fill(page, deck, slide, curve, theme)
    _set_facts(presentation, deck)
    target = BytesIO()
    presentation.save(target)
    return without_moments(target.getvalue())


def _open_blank(theme: Theme) -> Any:
    """Return an empty presentation of 16:9 in a font that every computer has."""
    try:
        from pptx import Presentation
    except ImportError as error:
        raise missing_package("pptx", "a deck for PowerPoint") from error
    presentation: Any = Presentation()
    wider = WIDTH_PX * _EMU_PER_PX / presentation.slide_width
    presentation.slide_width = WIDTH_PX * _EMU_PER_PX
    presentation.slide_height = HEIGHT_PX * _EMU_PER_PX
    master = presentation.slide_masters[0]
    for page in (master, *master.slide_layouts):
        for shape in page.shapes:
            for place in shape._element.xpath(".//a:xfrm/a:off"):
                place.set("x", str(round(int(place.get("x")) * wider)))
            for extent in shape._element.xpath(".//a:xfrm/a:ext"):
                extent.set("cx", str(round(int(extent.get("cx")) * wider)))
    _set_theme(master, theme)
    return presentation


def _set_theme(master: Any, theme: Theme) -> None:
    """Give the master the font, and the colours of ground and ink."""
    for relation in master.part.rels.values():
        if not relation.reltype.endswith("/theme"):
            continue
        part = relation.target_part
        latin = 'latin typeface="{}"'
        content = part.blob.replace(latin.format("Calibri").encode(), latin.format(FONT).encode())
        colors = {"dk1": theme.ink, "lt1": theme.ground, "hlink": theme.distributed}
        for name, color in colors.items():
            start = content.index(f"<a:{name}>".encode()) + len(f"<a:{name}>")
            end = content.index(f"</a:{name}>".encode())
            solid = f'<a:srgbClr val="{color[1:]}"/>'.encode()
            content = content[:start] + solid + content[end:]
        part._blob = content


def _fill(page: Any, deck: Deck, slide: DeckSlide, curve: Curve | None, theme: Theme) -> None:
    _write_title(page, layout.place_title(slide))
    for placed in layout.place_items(slide):
        match placed:
            case PlacedWords():
                _write(page, placed)
            case PlacedPlot() if placed.of.chart and curve is not None:
                _draw_chart(page, placed, curve, theme)
            case PlacedPlot():
                png = plot_png(placed.of.picture, theme, placed.of.rows)
                _show(page, png, placed.box, placed.of.name, placed.of.picture.title)
            case PlacedPoster():
                _show(page, placed.of.png, placed.box, RECORDING, placed.of.words)
    _write_footer(page, deck)
    if slide.notes.lines:
        notes = page.notes_slide
        notes.notes_text_frame.text = "\n".join(slide.notes.lines)
        facts = notes.notes_placeholder._element.xpath("./p:nvSpPr/p:cNvPr")[0]
        facts.set("name", f"{PREFIX}{NOTES}{slide.name}")
        facts.set("descr", slide.notes.mark)


def _write_title(page: Any, placed: PlacedWords) -> None:
    from pptx.enum.text import PP_ALIGN

    title = page.shapes.title
    title.name = f"{PREFIX}{placed.of.name}" if placed.of.name else "Title"
    _set_place(title, placed.box)
    _set_text(title.text_frame, placed)
    for paragraph in title.text_frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT


def _write(page: Any, placed: PlacedWords) -> Any:
    box = page.shapes.add_textbox(0, 0, 0, 0)
    box.name = f"{PREFIX}{placed.of.name}" if placed.of.name else f"Words {len(page.shapes)}"
    _set_place(box, placed.box)
    _set_text(box.text_frame, placed)
    return box


def _set_place(shape: Any, box: Box) -> None:
    shape.left, shape.top, shape.width, shape.height = (
        round(pixels * _EMU_PER_PX) for pixels in (box.left, box.top, box.width, box.height)
    )


def _set_text(frame: Any, placed: PlacedWords) -> None:
    """Write the paragraphs of a text, which its program breaks into lines by itself."""
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Pt

    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    size = Pt(round(placed.size * _PT_PER_PX))
    for number, line in enumerate(placed.lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.line_spacing = placed.leading / _LINE_OF_FONT
        # all alike, since `slide --into` gives each the format of the first
        paragraph.space_after = Pt(placed.size * _PT_PER_PX * layout.PARAGRAPHS_APART)
        run = paragraph.add_run()
        run.text = line
        run.font.size, run.font.bold = size, placed.of.bold
        if placed.of.link:
            run.hyperlink.address = placed.of.link


def _show(page: Any, png: bytes, box: Box, name: str, words: str) -> None:
    picture = page.shapes.add_picture(BytesIO(png), 0, 0)
    picture.name = f"{PREFIX}{name}"
    _set_place(picture, box)
    picture._element.xpath("./p:nvPicPr/p:cNvPr")[0].set("descr", words)


def _draw_chart(page: Any, placed: PlacedPlot, curve: Curve, theme: Theme) -> None:
    from pptx.enum.chart import XL_CHART_TYPE

    frame = page.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, 0, 0, 0, 0, chart.chart_data(curve))
    frame.name = f"{PREFIX}{placed.of.chart}"
    frame._element.xpath("./p:nvGraphicFramePr/p:cNvPr")[0].set("descr", placed.of.picture.title)
    remark, box = layout.place_remark(placed)
    _write(page, remark)
    _set_place(frame, box)
    chart.settle(frame.chart)
    chart.paint(frame.chart, theme, _CHART_PX * _PT_PER_PX)
    chart.name_axes(frame.chart, curve, theme, _CHART_PX * _PT_PER_PX)


def _write_footer(page: Any, deck: Deck) -> None:
    """Write the label, which may be empty now, the run, and a number that follows the slide."""
    from pptx.enum.text import PP_ALIGN

    _write(page, _footer_words(layout.LABEL, deck.label, layout.LABEL_PX, "label"))
    origin = _write(page, _footer_words(layout.ORIGIN, deck.origin, layout.ORIGIN_PX, "origin"))
    origin.text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT
    number = _write(page, _footer_words(layout.NUMBER, "", layout.ORIGIN_PX, ""))
    number.name = "Number"
    paragraph = number.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT
    run = paragraph._p.r_lst[0]
    run.tag = run.tag.removesuffix("}r") + "}fld"
    run.set("id", "{00000000-0000-4000-8000-000000000001}")
    run.set("type", "slidenum")


def _footer_words(box: Box, content: str, size: float, name: str) -> PlacedWords:
    words = Words(lines=(content,), name=name, bold=name == "label")
    return PlacedWords(box=box, size=size, paragraphs=((content,),), of=words)


def _set_facts(presentation: Any, deck: Deck) -> None:
    facts = presentation.core_properties
    began = datetime.fromisoformat(deck.began_utc).replace(tzinfo=None, microsecond=0)
    facts.created = facts.modified = began
    facts.title, facts.author, facts.last_modified_by = deck.title, "twoclocks", "twoclocks"
    facts.revision = 1
