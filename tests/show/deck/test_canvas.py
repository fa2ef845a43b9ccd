import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from pptx import Presentation
from pptx.opc.constants import CONTENT_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.util import Inches

from harness.errors import BadRequest
from harness.show import pptx
from harness.show.deck import presentation
from harness.show.deck.canvas import LAYOUT
from harness.show.deck.presentation import Template, as_pptx
from harness.show.deck.values import Deck
from tests.builders import a_report, a_sweep
from tests.show.deck.talks import AGENDA, STILL, a_talk, pages, shape_named
from tests.show.decks import a_picture, parts, saved, zipped

REPORT = a_report(a_sweep())
OTHER = a_report(a_sweep({1: (52.0,), 2: (29.3,), 4: (16.9,)}, [49.0], run_id="9f9f"))
Change = Callable[[Any], object]


@pytest.fixture(scope="module", autouse=True)
def no_plots() -> Iterator[None]:
    """Draw no plots, since these tests are about what surrounds them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(presentation, "plot_png", lambda *_: a_picture().getvalue())
        yield


def a_template(change: Change = lambda _: None, size: tuple[float, float] = (10, 7.5)) -> bytes:
    """Return a template of a size in inches, with a slide of its own."""
    made: Any = Presentation()
    made.slide_width, made.slide_height = Inches(size[0]), Inches(size[1])
    page = made.slides.add_slide(made.slide_layouts[0])
    page.shapes.title.text = "a sample slide"
    for one in (made.slide_masters[0], *made.slide_layouts):
        for shape in one.placeholders:
            if shape._element.ph.get("type") in ("dt", "ftr", "sldNum"):
                shape.top, shape.height = Inches(size[1] - 0.4), Inches(0.3)
            elif shape._element.ph.get("type") in ("title", "ctrTitle"):
                shape.left, shape.top = Inches(0.5), Inches(0.2)
                shape.width, shape.height = Inches(size[0] - 2), Inches(0.8)
    change(made)
    return saved(made)


def written(template: bytes, layout: str = LAYOUT, deck: Deck | None = None) -> bytes:
    return as_pptx(deck or a_talk(REPORT), REPORT.curve, template=Template(template, layout))


def test_titles_stand_where_and_how_the_template_has_them() -> None:
    content = written(a_template())

    for page, slide in zip(pages(content), a_talk(REPORT).slides, strict=True):
        title = page.shapes.title
        assert title.text_frame.text == slide.title
        assert title._element.xpath("./p:spPr/a:xfrm") == []
        assert page.slide_layout.name == LAYOUT


def test_the_slides_of_the_template_are_gone() -> None:
    content = written(a_template())

    assert b"a sample slide" not in b"".join(parts(content).values())
    assert sum(name.startswith("ppt/slides/slide") for name in parts(content)) == len(
        pages(content)
    )


def test_what_lists_the_templates_slides_goes_with_them() -> None:
    def in_sections(made: Any) -> None:
        lists = etree.fromstring(
            b'<p:extLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main">'
            b'<p:ext uri="{521415D9-36F7-43E2-AB2F-B90AF26B5E84}"><section/></p:ext></p:extLst>'
        )
        made.element.append(lists)

    assert b"<section" not in parts(written(a_template(in_sections)))["ppt/presentation.xml"]


def test_a_layout_is_found_by_its_name_wherever_it_is() -> None:
    def last(made: Any) -> None:
        layouts = made.slide_masters[0]._element.sldLayoutIdLst
        layouts.append(made.slide_layouts.get_by_name(LAYOUT) and layouts[5])

    assert {page.slide_layout.name for page in pages(written(a_template(last), "title ONLY "))} == {
        LAYOUT
    }


def test_another_layout_can_be_named() -> None:
    def german(made: Any) -> None:
        made.slide_layouts.get_by_name(LAYOUT)._element.cSld.set("name", "Nur Titel")

    template = a_template(german)
    with pytest.raises(BadRequest) as refused:
        written(template)

    assert refused.value.sentence == "the template has no layout called 'Title Only'"
    assert "Nur Titel" in refused.value.hint
    assert {page.slide_layout.name for page in pages(written(template, "Nur Titel"))} == {
        "Nur Titel"
    }


def low(made: Any) -> None:
    title = made.slide_layouts.get_by_name(LAYOUT).placeholders[0]
    title.top, title.height = Inches(4), Inches(1)


def narrow(made: Any) -> None:
    made.slide_layouts.get_by_name(LAYOUT).placeholders[0].width = Inches(2)


def off_the_slide(made: Any) -> None:
    made.slide_layouts.get_by_name(LAYOUT).placeholders[0].left = Inches(-3)


@pytest.mark.parametrize(
    ("change", "layout"),
    [(low, LAYOUT), (narrow, LAYOUT), (off_the_slide, LAYOUT), (lambda _: None, "Blank")],
    ids=["low", "narrow", "off the slide", "no title"],
)
def test_a_layout_without_room_below_a_title_is_refused(change: Change, layout: str) -> None:
    with pytest.raises(BadRequest, match=f"layout '{layout}' has no title with room below"):
        written(a_template(change), layout)


@pytest.mark.parametrize("size", [(10, 7.5), (13.333, 7.5), (10, 5.625), (33.1, 23.4)])
def test_everything_is_on_the_slide_below_the_title_of_any_size(size: tuple[float, float]) -> None:
    content = written(a_template(size=size))
    made = Presentation(BytesIO(content))
    assert made.slide_width is not None
    assert made.slide_height is not None

    for page in made.slides:
        title = page.shapes.title
        for shape in page.shapes:
            if shape.shape_id != title.shape_id:
                assert shape.left >= 0
                assert shape.left + shape.width <= made.slide_width
                assert title.top + title.height <= shape.top
                assert shape.top + shape.height <= made.slide_height - Inches(0.4)


def test_letters_grow_with_the_slide() -> None:
    small, large = (
        shape_named(pages(written(a_template(size=size)))[3], "speedup")
        .text_frame.paragraphs[0]
        .runs[0]
        .font.size
        for size in ((10, 7.5), (20, 15))
    )

    assert large > 1.8 * small


def test_a_template_file_becomes_a_presentation_without_its_macros() -> None:
    def with_macros(made: Any) -> None:
        part = Part(
            PackURI("/ppt/vbaProject.bin"),
            "application/vnd.ms-office.vbaProject",
            made.part.package,
            b"macros",
        )
        made.part.relate_to(
            part, "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
        )

    content = parts(a_template(with_macros))
    usual = CONTENT_TYPE.PML_PRESENTATION_MAIN.encode()
    types = content["[Content_Types].xml"].replace(
        usual, b"application/vnd.ms-powerpoint.template.macroEnabled.main+xml"
    )
    new = parts(written(zipped(content | {"[Content_Types].xml": types})))

    assert usual in new["[Content_Types].xml"]
    assert "ppt/vbaProject.bin" not in new


def test_the_same_template_gives_the_same_bytes() -> None:
    template = a_template()

    assert written(template) == written(template)


def test_a_deck_on_a_template_is_updated_like_any_other() -> None:
    new, changes = pptx.update(written(a_template()), OTHER, AGENDA, STILL)

    assert shape_named(pages(new)[3], "speedup").text_frame.text == "2.90×"
    assert (changes.kept, changes.wrong_kind, changes.unknown) == ((), (), ())


def with_document_type() -> bytes:
    content = parts(a_template())
    declared = b"<!DOCTYPE x [<!ENTITY a 'b'>]>"
    return zipped(content | {"ppt/presentation.xml": declared + content["ppt/presentation.xml"]})


def without_layouts() -> bytes:
    content = parts(a_template())
    return zipped({name: part for name, part in content.items() if "slideLayout" not in name})


def a_bomb() -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("ppt/presentation.xml", b"<x>" + b" " * 40_000_000)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the template is not a PowerPoint file, or it is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "PowerPoint 97"),
        (with_document_type(), "the template has a document type in its XML"),
        (without_layouts(), "the template is not a PowerPoint file, or it is damaged"),
        (a_bomb(), "the template has more than 30,000,000 bytes of XML"),
        (a_template()[:9000], "the template is not a PowerPoint file, or it is damaged"),
    ],
    ids=["empty", "ppt", "a document type", "no layouts", "a bomb", "cut short"],
)
def test_what_is_no_template_is_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(BadRequest) as refused:
        written(content)

    assert sentence in refused.value.sentence
