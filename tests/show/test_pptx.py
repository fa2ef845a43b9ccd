import struct
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.opc.constants import CONTENT_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.slide import Slide
from pptx.util import Emu, Pt

from harness.errors import BadRequest
from harness.extras import install_command
from harness.show import figures, phrases, pptx, slide
from harness.show.pptx_texts import TEXTS
from tests.builders import (
    a_report,
    a_results,
    a_spec,
    some_prices,
    some_words,
)
from tests.show.decks import (
    DECLARED,
    OTHER,
    REPORT,
    a_deck,
    a_picture,
    headline_of,
    parts,
    saved,
    shapes,
    zipped,
)


@pytest.fixture(scope="module", autouse=True)
def slides_drawn_once() -> Iterator[None]:
    """Draw each slide once, since these tests are about the deck around it.

    That is done before any test: the letters' files stay open from then on.
    """
    drawn = {id(report): slide.png(report) for report in (REPORT, DECLARED, OTHER)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slide, "png", lambda report: drawn[id(report)])
        yield


@pytest.fixture(scope="module")
def every_text() -> dict[str, Any]:
    """Return the shapes of an updated deck that has a text box of every name."""
    return shapes(pptx.update(a_deck(*TEXTS), REPORT)[0])


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_box_says_what_the_headline_says(name: str, every_text: dict[str, Any]) -> None:
    assert every_text[f"twoclocks:{name}"].text_frame.text == "\n".join(
        TEXTS[name](headline_of(REPORT))
    )


def test_the_numbers_are_those_of_the_slide() -> None:
    updated, _ = pptx.update(
        a_deck("speedup", "efficiency", "cost", "quality", "say", "label"), DECLARED
    )
    told = {
        name.removeprefix("twoclocks:"): shape.text_frame.text
        for name, shape in shapes(updated).items()
        if shape.has_text_frame
    }

    assert (told["speedup"], told["efficiency"]) == ("7.04×", "88 %")
    assert told["cost"] == "$9.40 → $3.05 per run"
    assert (told["quality"], told["label"]) == ("0.741 → 0.738", "DECLARED, NOT MEASURED HERE")
    assert told["say"] == phrases.sentence_to_say(headline_of(DECLARED))


def test_a_text_keeps_the_letters_of_its_first_run() -> None:
    def build(page: Any) -> None:
        box = page.shapes.add_textbox(0, 0, 100, 100)
        box.name = "twoclocks:caveats"
        first, second = (
            box.text_frame.paragraphs[0].add_run(),
            box.text_frame.paragraphs[0].add_run(),
        )
        first.text, first.font.size, first.font.bold, first.font.color.rgb = (
            "big",
            Pt(44),
            True,
            RGBColor(1, 2, 3),
        )
        second.text, second.font.size = "small", Pt(8)
        box.text_frame.add_paragraph().text = "and more"

    many = a_report(spec=a_spec(prices=some_prices(illustrative=True)))
    updated, _ = pptx.update(a_deck(build=build), many)
    frame = shapes(updated)["twoclocks:caveats"].text_frame
    runs = [run for paragraph in frame.paragraphs for run in paragraph.runs]

    assert len(runs) == len(headline_of(many).caveats) > 1
    assert {(run.font.size, run.font.bold, run.font.color.rgb) for run in runs} == {
        (Pt(44), True, RGBColor(1, 2, 3))
    }


def test_an_empty_text_box_is_filled() -> None:
    updated, _ = pptx.update(
        a_deck(
            build=lambda page: setattr(page.shapes.add_textbox(0, 0, 9, 9), "name", "twoclocks:say")
        ),
        REPORT,
    )

    assert shapes(updated)["twoclocks:say"].text_frame.text == phrases.sentence_to_say(
        headline_of(REPORT)
    )


def test_a_text_that_says_nothing_now_can_be_filled_again() -> None:
    emptied, _ = pptx.update(a_deck("label", "speedup"), REPORT)
    updated, _ = pptx.update(emptied, DECLARED)

    assert shapes(emptied)["twoclocks:label"].text_frame.text == ""
    assert shapes(updated)["twoclocks:label"].text_frame.text == "DECLARED, NOT MEASURED HERE"


def test_words_of_the_results_file_stay_words() -> None:
    hostile = a_report(
        a_results(
            spec=replace(
                a_results().spec, workload=some_words(bottleneck="<a:br/>&\x1b[2J\u202e]]>")
            )
        )
    )
    updated, _ = pptx.update(a_deck("bottleneck"), hostile)

    assert shapes(updated)["twoclocks:bottleneck"].text_frame.text == "<a:br/>&]]>"


def test_a_picture_is_swapped_and_keeps_its_place_and_size() -> None:
    before = a_deck("slide")
    updated, _ = pptx.update(before, REPORT)
    old, new = shapes(before)["twoclocks:slide"], shapes(updated)["twoclocks:slide"]

    assert new.image.blob == slide.png(REPORT)
    assert (new.left, new.top, new.width, new.height) == (old.left, old.top, old.width, old.height)


@pytest.mark.parametrize("name", ["architecture", "scaling", "cost-quality"])
def test_a_figure_takes_its_place_with_its_words(name: str) -> None:
    def build(page: Slide) -> None:
        page.shapes.add_picture(
            a_picture(), Emu(0), Emu(0), Emu(1600), Emu(900)
        ).name = f"twoclocks:fig-{name}"

    updated, _ = pptx.update(a_deck(build=build), REPORT)
    picture, shape = figures.pictures(REPORT)[name], shapes(updated)[f"twoclocks:fig-{name}"]

    assert shape.image.blob == figures.png(picture, figures.LIGHT)
    assert shape._element.xpath("./p:nvPicPr/p:cNvPr/@descr") == [picture.title]


def test_a_figure_without_facts_is_blanked_so_that_no_earlier_one_stays() -> None:
    def build(page: Slide) -> None:
        page.shapes.add_picture(
            a_picture(), Emu(0), Emu(0), Emu(1600), Emu(900)
        ).name = "twoclocks:fig-baseline"

    unproved = a_report(a_results(rates=()))
    updated, changes = pptx.update(a_deck(build=build), unproved)
    shown = Image.open(BytesIO(shapes(updated)["twoclocks:fig-baseline"].image.blob))

    assert shown.getextrema()[-1] == (0, 0)
    assert changes.blank == ("fig-baseline on slide 2",)
    assert changes.updated == ()


@pytest.mark.parametrize("frame", [(1000, 900), (1600, 400), (1, 900), (1600, 1)])
def test_a_picture_is_not_distorted_by_a_frame_of_another_shape(
    frame: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = a_picture(size=(160, 90)).getvalue()
    monkeypatch.setattr(slide, "png", lambda _: drawn)
    updated, _ = pptx.update(a_deck("slide", frame=frame), REPORT)
    width, height = struct.unpack(">II", shapes(updated)["twoclocks:slide"].image.blob[16:24])
    asked = min(max(frame[0] / frame[1], 0.16 / 0.9), 16 / 0.9)

    assert width / height == pytest.approx(asked, rel=0.01)
    assert width >= 160
    assert height >= 90


def test_a_picture_loses_the_earlier_ones_crop_and_gets_its_words() -> None:
    def build(page: Any) -> None:
        picture = page.shapes.add_picture(a_picture(), 0, 0, 160, 90)
        picture.name, picture.crop_left = "twoclocks:slide", 0.4

    picture = shapes(pptx.update(a_deck(build=build), REPORT)[0])["twoclocks:slide"]

    assert picture.crop_left == 0
    assert picture._element.xpath("./p:nvPicPr/p:cNvPr/@descr") == [
        phrases.sentence_to_say(headline_of(REPORT))
    ]


def test_everything_else_in_the_deck_stays_as_it_was() -> None:
    before = a_deck("speedup", "slide")
    old, new = parts(before), parts(pptx.update(before, REPORT)[0])
    changed = {name for name in old if old[name] != new.get(name)}
    pictures = {name for name in old | new if name.startswith("ppt/media/")}
    own = {"ppt/slides/slide2.xml", "ppt/slides/_rels/slide2.xml.rels"}

    assert changed - pictures == own
    assert new.keys() - old.keys() <= pictures


def test_other_shapes_of_a_changed_slide_stay_as_they_were() -> None:
    before = a_deck("speedup", "slide", "of-mine")
    old, new = shapes(before), shapes(pptx.update(before, REPORT)[0])
    untouched = old.keys() - {"twoclocks:speedup", "twoclocks:slide"}

    assert len(untouched) == 2
    assert all(old[name]._element.xml == new[name]._element.xml for name in untouched)


MACROS = b"\xd0\xcf\x11\xe0 macros"


FONT = b"a font of the author's"


UNKNOWN = b'<?xml version="1.0"?>\n<x:new xmlns:x="urn:x"  spaced = "so" />'


def a_deck_with_macros() -> bytes:
    """Return a macro-enabled deck with a font and a part that python-pptx does not know."""
    presentation = Presentation(BytesIO(a_deck("speedup")))
    main = presentation.part
    foreign = (
        ("/ppt/vbaProject.bin", "application/vnd.ms-office.vbaProject", MACROS),
        ("/ppt/fonts/font1.fntdata", "application/x-fontdata", FONT),
        ("/ppt/new/new1.xml", "application/vnd.example.new+xml", UNKNOWN),
    )
    for name, kind, blob in foreign:
        part = Part(PackURI(name), kind, main.package, blob)
        main.relate_to(part, f"http://example.org/{name.rpartition('/')[2]}")
    content = parts(saved(presentation))
    plain, macro = CONTENT_TYPE.PML_PRESENTATION_MAIN, CONTENT_TYPE.PML_PRES_MACRO_MAIN
    types = content["[Content_Types].xml"].replace(plain.encode(), macro.encode())
    return zipped(content | {"[Content_Types].xml": types})


def test_macros_fonts_and_unknown_parts_are_kept() -> None:
    updated, _ = pptx.update(a_deck_with_macros(), REPORT)
    new = parts(updated)

    assert new["ppt/vbaProject.bin"] == MACROS
    assert new["ppt/fonts/font1.fntdata"] == FONT
    assert new["ppt/new/new1.xml"] == UNKNOWN
    assert Presentation(BytesIO(updated)).part.content_type == CONTENT_TYPE.PML_PRES_MACRO_MAIN
    assert b"vnd.example.new+xml" in new["[Content_Types].xml"]
    assert new["ppt/_rels/presentation.xml.rels"].count(b"http://example.org/") == 3


def test_the_same_update_gives_the_same_deck_and_a_second_one_changes_nothing() -> None:
    before = a_deck("speedup", "slide", "caveats")
    once, _ = pptx.update(before, REPORT)

    assert parts(pptx.update(before, REPORT)[0]) == parts(once)
    assert parts(pptx.update(once, REPORT)[0]) == parts(once)


def test_a_deck_does_not_grow_with_every_update() -> None:
    once, _ = pptx.update(a_deck("speedup", "slide"), REPORT)
    twice, _ = pptx.update(once, OTHER)

    assert len(parts(twice)) == len(parts(once))


def test_a_picture_that_another_shape_shows_too_is_kept() -> None:
    before = a_deck("slide", build=lambda page: page.shapes.add_picture(a_picture(), 0, 0, 40, 30))
    updated, _ = pptx.update(before, REPORT)
    (own,) = [
        shape
        for name, shape in shapes(updated).items()
        if shape.shape_type == 13 and name != "twoclocks:slide"
    ]

    assert own.image.blob == a_picture().getvalue()


def test_a_picture_of_ours_can_take_the_place_of_a_jpeg() -> None:
    def build(page: Any) -> None:
        target = BytesIO()
        Image.new("RGB", (40, 30), "red").save(target, "JPEG")
        page.shapes.add_picture(BytesIO(target.getvalue()), 0, 0, 160, 90).name = "twoclocks:slide"

    before = a_deck(build=build)
    bare = {
        name: content.replace(b'<Default Extension="png" ContentType="image/png"/>', b"")
        for name, content in parts(before).items()
    }
    updated, _ = pptx.update(zipped(bare), REPORT)

    assert b'Extension="png"' in parts(updated)["[Content_Types].xml"]
    assert shapes(updated)["twoclocks:slide"].image.content_type == "image/png"


def test_a_shape_in_a_group_is_found() -> None:
    def build(page: Any) -> None:
        box = page.shapes.add_group_shape().shapes.add_group_shape().shapes.add_textbox(0, 0, 9, 9)
        box.name, box.text_frame.text = "twoclocks:speedup", "old"

    updated, changes = pptx.update(a_deck(build=build), REPORT)

    assert changes.updated == ("speedup on slide 2",)
    assert phrases.speedup(headline_of(REPORT)).encode() in parts(updated)["ppt/slides/slide2.xml"]


def test_the_changes_name_what_was_updated_what_is_missing_and_what_is_unknown() -> None:
    def build(page: Any) -> None:
        page.shapes.add_picture(a_picture(), 0, 0, 9, 9).name = "twoclocks:cost"
        page.shapes.add_textbox(0, 0, 9, 9).name = "twoclocks:slide"

    _, changes = pptx.update(a_deck("speedup", "speedup", "speeddup", build=build), REPORT)

    assert changes.updated == ("speedup on slide 2", "speedup on slide 2")
    assert changes.unknown == ("speeddup on slide 2",)
    assert changes.wrong_kind == ("cost on slide 2", "slide on slide 2")
    assert "say" in changes.missing
    assert {"speedup", "cost", "slide"} & set(changes.missing) == set()


def test_the_changes_read_as_lines() -> None:
    changes = pptx.DeckChanges(
        updated=("speedup on slide 2",), missing=("say", "cost"), unknown=("speedup2 on slide 3",)
    )

    assert pptx.format_changes(changes) == (
        "updated: speedup on slide 2\n"
        "not in the deck: say, cost\n"
        "unknown names: speedup2 on slide 3\n"
    )


def test_numbers_that_were_not_measured_need_a_label_on_their_slide() -> None:
    with pytest.raises(
        BadRequest, match="nothing on slide 2 would say DECLARED, NOT MEASURED HERE"
    ):
        pptx.update(a_deck("speedup"), DECLARED)


@pytest.mark.parametrize(
    "names", [("speedup", "provenance"), ("speedup", "label"), ("slide",), ("bottleneck",)]
)
def test_words_or_a_labelled_picture_need_no_label(names: tuple[str, ...]) -> None:
    assert pptx.update(a_deck(*names), DECLARED)


def test_a_deck_without_a_shape_of_ours_is_refused_with_a_hint() -> None:
    with pytest.raises(BadRequest) as refused:
        pptx.update(a_deck("no-name-of-ours"), REPORT)

    assert "selection pane" in refused.value.hint


def test_a_missing_extra_is_refused_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    content = a_deck("speedup")
    monkeypatch.setitem(sys.modules, "pptx", None)
    with pytest.raises(BadRequest) as refused:
        pptx.update(content, REPORT)

    assert (
        refused.value.sentence == "updating a deck needs the package pptx, which is not installed"
    )
    assert refused.value.hint == install_command("pptx")
