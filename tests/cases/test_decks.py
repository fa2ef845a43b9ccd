"""Decks as people have them: every shape of ours is refreshed, or named with the reason."""

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.util import Emu, Pt

from harness.errors import BadRequest
from harness.show import pptx, slide
from tests.show.decks import REPORT, a_deck, a_picture, parts, saved, zipped

NEW, OLD = "1.82×", "6.66×"
PNG = a_picture("blue", (160, 90)).getvalue()
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
MATH = "http://schemas.microsoft.com/office/drawing/2010/main"
Build = Callable[[Any], None]


@pytest.fixture(scope="module", autouse=True)
def slide_drawn_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slide, "png", lambda _: PNG)
        yield


@dataclass(frozen=True)
class Case:
    """What a presentation is made to hold, and the labels of what is refreshed in it."""

    sentence: str
    build: Build
    updated: tuple[str, ...] = ("speedup on slide 1",)


def a_page(presentation: Any) -> Any:
    return presentation.slides.add_slide(presentation.slide_layouts[6])


def a_box(shapes: Any, name: str = "twoclocks:speedup") -> Any:
    box = shapes.add_textbox(Emu(914400), Emu(914400), Emu(3000000), Emu(914400))
    box.name, box.text_frame.text = name, OLD
    return box


def cnv_pr(shape: Any) -> Any:
    return shape._element.xpath("./*[1]/*[local-name()='cNvPr']")[0]


def named(name: str) -> Build:
    return lambda presentation: a_box(a_page(presentation).shapes, name) and None


def by_alt_text(attribute: str, written: str) -> Build:
    def build(presentation: Any) -> None:
        box = a_box(a_page(presentation).shapes, "Google Shape;54;p13")
        cnv_pr(box).set(attribute, written)

    return build


def in_groups(depth: int) -> Build:
    def build(presentation: Any) -> None:
        shapes = a_page(presentation).shapes
        for _ in range(depth):
            shapes = shapes.add_group_shape().shapes
        a_box(shapes)

    return build


def alternate(*, fallback_name: str = "twoclocks:speedup", group: bool = False) -> Build:
    """Return what puts a box with a formula into alternate content, a picture as its fallback."""

    def build(presentation: Any) -> None:
        page = a_page(presentation)
        shapes = page.shapes.add_group_shape().shapes if group else page.shapes
        box = a_box(shapes)
        picture = shapes.add_picture(a_picture(), 0, 0, 100, 100)
        picture.name = fallback_name
        wrapped = etree.SubElement(
            box._element.getparent(), f"{{{COMPATIBILITY}}}AlternateContent", nsmap={"a14": MATH}
        )
        choice = etree.SubElement(wrapped, f"{{{COMPATIBILITY}}}Choice", Requires="a14")
        choice.append(box._element)
        etree.SubElement(wrapped, f"{{{COMPATIBILITY}}}Fallback").append(picture._element)
        paragraph = choice.xpath(".//*[local-name()='p']")[0]
        etree.SubElement(paragraph, f"{{{MATH}}}m").text = OLD

    return build


def on_a_layout(presentation: Any) -> None:
    layout = presentation.slide_layouts[6]
    source = a_box(a_page(presentation).shapes)
    layout.shapes._spTree.append(source._element)


def on_a_master(presentation: Any) -> None:
    source = a_box(a_page(presentation).shapes)
    presentation.slide_masters[0].shapes._spTree.append(source._element)


def in_notes(presentation: Any) -> None:
    notes = a_page(presentation).notes_slide.notes_text_frame
    notes.text = OLD
    notes._txBody.getparent().xpath("./p:nvSpPr/p:cNvPr")[0].set("name", "twoclocks:speedup")


def in_an_empty_placeholder(presentation: Any) -> None:
    page = presentation.slides.add_slide(presentation.slide_layouts[0])
    page.shapes.title.name = "twoclocks:speedup"


def twice(presentation: Any) -> None:
    page = a_page(presentation)
    a_box(page.shapes)
    a_box(page.shapes)


def with_a_field(presentation: Any) -> None:
    box = a_box(a_page(presentation).shapes)
    paragraph = box.text_frame.paragraphs[0]._p
    field = etree.fromstring(
        '<a:fld xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" id="{0}"'
        f' type="slidenum"><a:rPr lang="en"/><a:t>{OLD}</a:t></a:fld>'
    )
    paragraph.append(field)


REFRESHED = (
    Case("a text box", named("twoclocks:speedup")),
    Case("capitals, as an office program corrects them", named("Twoclocks:Speedup")),
    Case("blanks around the name", named(" twoclocks: speedup ")),
    Case("a placeholder that PowerPoint numbered", named("twoclocks:speedup 3")),
    Case(
        "a name in the alt text, as Google Slides has it", by_alt_text("descr", "twoclocks:speedup")
    ),
    Case("a name in the title of the alt text", by_alt_text("title", "twoclocks:speedup")),
    Case(
        "an alt text that goes on after the name",
        by_alt_text("descr", "twoclocks:speedup how many times as fast"),
    ),
    Case("a group", in_groups(1)),
    Case("a group in a group in a group", in_groups(3)),
    Case("60 groups in each other", in_groups(60)),
    Case("alternate content", alternate()),
    Case("alternate content with a fallback of another name", alternate(fallback_name="Picture")),
    Case("alternate content in a group", alternate(group=True)),
    Case("a layout", on_a_layout, ("speedup on the layout 'Blank'",)),
    Case("a master", on_a_master, ("speedup on a master",)),
    Case("the notes", in_notes, ("speedup in the notes of slide 1",)),
    Case("an empty placeholder", in_an_empty_placeholder),
    Case("two shapes of one name", twice, ("speedup on slide 1",) * 2),
    Case("a field beside the number", with_a_field),
)


def deck_of(build: Build) -> bytes:
    presentation = Presentation()
    build(presentation)
    return saved(presentation)


def every_text(deck: bytes) -> str:
    """Return the XML of all pages, whatever python-pptx knows of it."""
    pages = re.compile(r"ppt/(slides|slideLayouts|slideMasters|notesSlides)/[^/]+\.xml")
    return b"".join(part for name, part in parts(deck).items() if pages.fullmatch(name)).decode()


@pytest.mark.parametrize("case", REFRESHED, ids=lambda case: case.sentence)
def test_a_number_is_refreshed_wherever_a_deck_has_it(case: Case) -> None:
    updated, changes = pptx.update(deck_of(case.build), REPORT)
    again, _ = pptx.update(updated, REPORT)

    assert changes.updated == case.updated
    assert every_text(updated).count(NEW) == len(case.updated)
    assert OLD not in every_text(updated)
    assert parts(again) == parts(updated)


@pytest.mark.parametrize("group", [False, True])
def test_no_fallback_shows_an_earlier_number(group: bool) -> None:
    updated, _ = pptx.update(deck_of(alternate(group=group)), REPORT)

    assert "Fallback" not in every_text(updated)
    assert "<p:pic>" not in every_text(updated)


@pytest.mark.parametrize(
    ("old", "lines"),
    [
        (("1.00", "×"), [("1.82", 44), ("×", 12)]),
        (("1.", "00", "×"), [("1.82", 44), ("×", 20)]),
        (("about ", "1×"), [("1.82×", 44)]),
        (("", "1×"), [("1.82×", 12)]),
    ],
)
def test_each_run_keeps_its_format_where_the_words_are_the_same(
    old: tuple[str, ...], lines: list[tuple[str, int]]
) -> None:
    def build(presentation: Any) -> None:
        paragraph = a_box(a_page(presentation).shapes, "twoclocks:speedup").text_frame.paragraphs[0]
        paragraph.clear()
        for written, size in zip(old, (44, 12, 20), strict=False):
            run = paragraph.add_run()
            run.text, run.font.size = written, Pt(size)

    updated, _ = pptx.update(deck_of(build), REPORT)
    (shape,) = Presentation(BytesIO(updated)).slides[0].shapes
    runs = [run for paragraph in shape.text_frame.paragraphs for run in paragraph.runs]
    assert [(run.text, run.font.size) for run in runs] == [
        (written, Pt(size)) for written, size in lines
    ]


def test_a_slide_that_was_taken_out_of_the_show_keeps_its_file() -> None:
    def build(presentation: Any) -> None:
        for _ in range(3):
            a_box(a_page(presentation).shapes)
        shown = presentation.slides._sldIdLst
        shown.remove(shown[0])

    before = deck_of(build)
    updated, changes = pptx.update(before, REPORT)

    with zipfile.ZipFile(BytesIO(updated)) as package:
        assert sorted(package.namelist()) == sorted(parts(before))
    assert changes.updated == ("speedup on slide 1", "speedup on slide 2")


def a_picture_shape(page: Any, name: str = "twoclocks:slide") -> Any:
    picture = page.shapes.add_picture(a_picture(), Emu(0), Emu(0), Emu(1600), Emu(900))
    picture.name = name
    return picture


def linked(presentation: Any) -> None:
    page = a_page(presentation)
    blip = a_picture_shape(page)._element.xpath("./p:blipFill/a:blip")[0]
    relation = page.part.relate_to("file:///old.png", RELATIONSHIP_TYPE.IMAGE, is_external=True)
    page.part.rels.pop(blip.rEmbed)
    del blip.attrib[next(name for name in blip.attrib if name.endswith("}embed"))]
    blip.set("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}link", relation)


def picture_by_alt_text(presentation: Any) -> None:
    picture = a_picture_shape(a_page(presentation), "Google Shape;7;p1")
    cnv_pr(picture).set("descr", "twoclocks:slide")


@pytest.mark.parametrize("build", [linked, picture_by_alt_text])
def test_a_picture_is_refreshed_wherever_it_comes_from_and_however_often(build: Build) -> None:
    once, changes = pptx.update(deck_of(build), REPORT)
    twice, _ = pptx.update(once, REPORT)
    (shape,) = Presentation(BytesIO(twice)).slides[0].shapes

    assert changes.updated == ("slide on slide 1",)
    assert shape.image.blob == PNG
    assert b"old.png" not in b"".join(parts(twice).values())


def a_table(presentation: Any) -> None:
    table = a_page(presentation).shapes.add_table(1, 1, 0, 0, Emu(900), Emu(900))
    table.name = "twoclocks:speedup"


def a_group(presentation: Any) -> None:
    shapes = a_page(presentation).shapes.add_group_shape()
    shapes.name = "twoclocks:speedup"


def a_picture_placeholder(presentation: Any) -> None:
    page = presentation.slides.add_slide(presentation.slide_layouts[8])
    page.placeholders[1].name = "twoclocks:slide"


def only_a_fallback(presentation: Any) -> None:
    alternate(fallback_name="twoclocks:slide")(presentation)
    (choice,) = presentation.slides[0].shapes._spTree.iter(f"{{{COMPATIBILITY}}}Choice")
    choice[0].xpath("./p:nvSpPr/p:cNvPr")[0].set("name", "Ink")


def unknown(presentation: Any) -> None:
    a_box(a_page(presentation).shapes, "twoclocks:speeddup")


@dataclass(frozen=True)
class NamedCase:
    """What a presentation holds that cannot be refreshed, and how it is named."""

    what: str
    build: Build
    line: str


WRONG = "not updated, a text needs a text box and a picture a picture: "
NAMED = (
    NamedCase("a table", a_table, f"{WRONG}speedup on slide 1"),
    NamedCase("a group", a_group, f"{WRONG}speedup on slide 1"),
    NamedCase("a picture's empty placeholder", a_picture_placeholder, f"{WRONG}slide on slide 1"),
    NamedCase("a fallback alone", only_a_fallback, f"{WRONG}slide on slide 1"),
    NamedCase("an unknown name", unknown, "unknown names: speeddup on slide 1"),
)


@pytest.mark.parametrize("case", NAMED, ids=lambda case: case.what)
def test_a_shape_that_cannot_be_refreshed_is_named(case: NamedCase) -> None:
    def beside(presentation: Any) -> None:
        case.build(presentation)
        a_box(a_page(presentation).shapes, "twoclocks:say")

    _, changes = pptx.update(deck_of(beside), REPORT)
    assert case.line in pptx.format_changes(changes).splitlines()


@pytest.mark.parametrize("case", NAMED, ids=lambda case: case.what)
def test_a_deck_of_nothing_but_such_shapes_is_refused_by_their_names(case: NamedCase) -> None:
    with pytest.raises(BadRequest) as refused:
        pptx.update(deck_of(case.build), REPORT)
    assert case.line.rpartition(": ")[2] in refused.value.sentence


def typed(content_type: str) -> bytes:
    """Return a deck as if it had been saved in another form of PowerPoint's."""
    content = parts(a_deck("speedup"))
    types = content["[Content_Types].xml"]
    usual = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    assert usual in types
    return zipped(content | {"[Content_Types].xml": types.replace(usual, content_type.encode())})


@pytest.mark.parametrize(
    "form",
    [
        "vnd.openxmlformats-officedocument.presentationml.template",
        "vnd.openxmlformats-officedocument.presentationml.slideshow",
        "vnd.ms-powerpoint.presentation.macroEnabled",
        "vnd.ms-powerpoint.template.macroEnabled",
        "vnd.ms-powerpoint.slideshow.macroEnabled",
    ],
    ids=["potx", "ppsx", "pptm", "potm", "ppsm"],
)
def test_a_template_or_a_slide_show_is_updated_and_stays_what_it_is(form: str) -> None:
    kind = f"application/{form}.main+xml"
    updated, _ = pptx.update(typed(kind), REPORT)

    assert NEW in every_text(updated)
    assert kind.encode() in parts(updated)["[Content_Types].xml"]


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (OLE + "EncryptedPackage".encode("utf-16-le"), "the deck has a password"),
        (OLE, "the deck is not a .pptx file but one of PowerPoint 97"),
        (
            zipped({"mimetype": b"", "META-INF/manifest.xml": b"<x/>"}),
            "the deck is an OpenDocument presentation",
        ),
        (typed("application/vnd.ms-excel.main+xml"), "the file is no presentation"),
        (
            zipped({"Index/Document.iwa": b""}),
            "the deck is not a PowerPoint file, or it is damaged",
        ),
        (b"", "the deck is not a PowerPoint file, or it is damaged"),
        (a_deck("speedup")[:9000], "the deck is not a PowerPoint file, or it is damaged"),
        (
            saved(Presentation()),
            "the deck has no text box or picture whose name begins with twoclocks:",
        ),
    ],
    ids=["password", "ppt", "odp", "a workbook", "Keynote", "empty", "cut short", "no slides"],
)
def test_what_is_no_deck_is_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(BadRequest) as refused:
        pptx.update(content, REPORT)
    assert refused.value.sentence == sentence
