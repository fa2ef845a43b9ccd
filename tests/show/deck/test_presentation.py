import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime, tzinfo
from io import BytesIO
from typing import Any

import pytest
from pptx import Presentation

from harness.errors import BadRequest
from harness.extras import install_command
from harness.report import Report
from harness.show import pptx
from harness.show.deck import chart, contents, presentation
from harness.show.deck.presentation import as_pptx
from harness.show.deck.values import Deck, Plot, Words
from harness.show.figures import DARK, Picture, Theme
from harness.show.figures.picture import plot_png as draw_plot
from tests.builders import a_report, a_results, a_spec, a_sweep, some_words
from tests.headlines import HOSTILE, REPORTS
from tests.show.deck.talks import AGENDA, SESSIONS, STILL, a_talk, every_text, pages, shape_named
from tests.show.decks import parts, saved

BROKEN = "<a:br/>&]]>\x1b[2J\u202e {x}"
ONE = a_report(a_sweep())
OTHER = a_report(a_sweep({1: (52.0,), 2: (29.3,), 4: (16.9,)}, [49.0], run_id="9f9f"))


@pytest.fixture(scope="module", autouse=True)
def plots_drawn_once() -> Iterator[None]:
    """Draw each plot once, since these tests are about the deck around it."""
    drawn: dict[tuple[object, ...], bytes] = {}

    def plot_png(plot: Picture, theme: Theme, rows: tuple[float, float]) -> bytes:
        key = plot.description, theme.name, rows
        if key not in drawn:
            drawn[key] = draw_plot(plot, theme, rows)
        return drawn[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(presentation, "plot_png", plot_png)
        patch.setattr(contents, "plot_png", plot_png)
        yield


def written(report: Report, **changes: Any) -> bytes:
    return as_pptx(a_talk(report, **changes), report.curve)


@pytest.fixture(scope="module")
def deck() -> Deck:
    return a_talk(ONE)


@pytest.fixture(scope="module")
def content() -> bytes:
    return written(ONE)


def test_the_deck_has_the_slides_of_its_value_with_their_titles(deck: Deck, content: bytes) -> None:
    assert [page.shapes.title.text_frame.text for page in pages(content)] == [
        slide.title for slide in deck.slides
    ]


def test_every_text_of_the_value_is_in_a_box_of_its_name(deck: Deck, content: bytes) -> None:
    for slide, page in zip(deck.slides, pages(content), strict=True):
        for item in slide.items:
            if isinstance(item, Words) and item.name:
                box = shape_named(page, item.name)
                assert tuple(box.text_frame.text.split("\n")) == item.lines


def test_a_title_without_numbers_is_the_presenters(content: bytes) -> None:
    titles = [page.shapes.title.name for page in pages(content)]

    assert titles[:4] == ["Title", "Title", "Title", "twoclocks:title-headline"]


def test_every_picture_has_words_for_those_who_do_not_see_it(content: bytes) -> None:
    pictures = [
        shape for page in pages(content) for shape in page.shapes if shape.shape_type in (13, 3)
    ]

    assert len(pictures) == 7
    for picture in pictures:
        assert picture.name.startswith("twoclocks:")
        assert len(picture._element.xpath("./*[1]/*[local-name()='cNvPr']/@descr")[0]) > 10


def test_the_notes_are_those_of_the_value(deck: Deck, content: bytes) -> None:
    for slide, page in zip(deck.slides, pages(content), strict=True):
        assert tuple(page.notes_slide.notes_text_frame.text.split("\n")) == slide.notes.lines


def test_all_series_of_the_chart_share_one_x(content: bytes) -> None:
    (page,) = [page for page in pages(content) if any(shape.has_chart for shape in page.shapes)]
    curve = shape_named(page, "chart-scaling").chart._chartSpace
    series = {
        one.xpath("./c:tx//c:v/text()")[0]: (
            one.xpath("./c:xVal//c:v/text()"),
            dict(
                zip(
                    one.xpath("./c:yVal//c:pt/@idx"), one.xpath("./c:yVal//c:v/text()"), strict=True
                )
            ),
        )
        for one in curve.xpath(".//c:ser")
    }

    assert [*series] == [chart.IDEAL, chart.LAW, chart.PREDICTED, chart.MEASURED]
    assert len({tuple(xs) for xs, _ in series.values()}) == 1
    assert series[chart.MEASURED][1] == {"0": "0.9756", "1": "1.887", "2": "3.54"}
    assert series[chart.MEASURED][1].keys().isdisjoint(series[chart.PREDICTED][1])


def test_the_number_of_a_slide_follows_the_slide(content: bytes) -> None:
    assert b'type="slidenum"' in parts(content)["ppt/slides/slide3.xml"]


def test_the_same_deck_is_the_same_bytes_on_any_day(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Later":
            return cls(2031, 5, 5, tzinfo=tz)

    monkeypatch.setattr("xlsxwriter.core.datetime", Later)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2e9))

    assert written(ONE) == content


def test_no_part_has_the_day_on_which_it_was_written(content: bytes) -> None:
    with zipfile.ZipFile(BytesIO(content)) as package:
        days = {part.date_time[:3] for part in package.infolist()}
        (workbook,) = [part for part in package.namelist() if part.endswith(".xlsx")]
        with zipfile.ZipFile(BytesIO(package.read(workbook))) as sheet:
            assert b"1980-01-01T00:00:00Z" in sheet.read("docProps/core.xml")

    assert days == {(1980, 1, 1)}


def test_a_dark_deck_has_a_dark_ground_and_light_letters() -> None:
    light, dark = parts(written(ONE)), parts(as_pptx(a_talk(ONE), ONE.curve, DARK))

    assert b'<a:lt1><a:srgbClr val="111111"/>' in dark["ppt/theme/theme1.xml"]
    assert b'<a:dk1><a:srgbClr val="FFFFFF"/>' in dark["ppt/theme/theme1.xml"]
    assert b'<a:lt1><a:srgbClr val="FFFFFF"/>' in light["ppt/theme/theme1.xml"]


@pytest.mark.parametrize("session", ["simulated", "golden"])
def test_what_was_not_measured_here_says_so_on_every_slide(session: str) -> None:
    deck = a_talk(SESSIONS[session])

    for page in pages(as_pptx(deck, SESSIONS[session].curve)):
        assert shape_named(page, "label").text_frame.text == deck.label != ""


def test_words_of_files_stay_words() -> None:
    hostile = a_report(
        spec=a_spec(
            workload=some_words(limitation="<a:br/>&]]>\x1b[2J\u202e {x}", neighbour=HOSTILE)
        )
    )
    said = "\n".join(every_text(written(hostile)))

    assert "<a:br/>&]]> {x}" in said
    assert "\x1b" not in said
    assert "<script>alert('&')</script>" in said


def test_a_missing_extra_is_refused_with_how_to_install_it(
    deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pptx", None)
    with pytest.raises(BadRequest) as refused:
        as_pptx(deck, ONE.curve)

    assert refused.value.hint == install_command("pptx")


def updated(content: bytes, report: Report = OTHER) -> tuple[bytes, pptx.DeckChanges]:
    return pptx.update(content, report, AGENDA, STILL)


def test_an_update_leaves_no_number_of_the_session_before(content: bytes) -> None:
    new, changes = updated(content)

    assert sorted(every_text(new)) == sorted(every_text(written(OTHER)))
    assert "7c21" not in "".join(every_text(new))
    assert (changes.kept, changes.missing, changes.unknown, changes.wrong_kind) == ((),) * 4


def test_what_this_session_has_no_facts_for_is_emptied() -> None:
    struck, quiet = REPORTS["struck"], a_report(a_results(rates=()))
    new, changes = updated(written(struck), quiet)
    (page,) = [page for page in pages(new) if "notes-recovery" in notes_name(page)]

    assert "plot-recovery on slide" in " ".join(changes.blank)
    assert page.shapes.title.text_frame.text == ""
    assert "survived" not in " ".join(every_text(new))


def notes_name(page: Any) -> str:
    placeholder = page.notes_slide.notes_placeholder
    return str(placeholder._element.xpath("./p:nvSpPr/p:cNvPr/@name")[0])


def test_hand_edits_stay(content: bytes) -> None:
    presentation = Presentation(BytesIO(content))
    first, fourth = presentation.slides[0], presentation.slides[3]
    first.shapes.title.text_frame.text = "Our nights are too short"
    first.shapes.add_textbox(0, 0, 99, 99).text_frame.text = "a box of mine"
    number = shape_named(fourth, "speedup")
    number.left, number.text_frame.paragraphs[0].runs[0].font.size = 12345, 1270000
    fourth.notes_slide.notes_text_frame.add_paragraph().text = "Breathe."
    new, changes = updated(saved(presentation))
    speedup = shape_named(pages(new)[3], "speedup")

    assert pages(new)[0].shapes.title.text_frame.text == "Our nights are too short"
    assert "a box of mine" in [*every_text(new)]
    assert (speedup.left, speedup.text_frame.paragraphs[0].runs[0].font.size) == (12345, 1270000)
    assert speedup.text_frame.text == "2.90×"
    assert pages(new)[3].notes_slide.notes_text_frame.text.endswith("\nBreathe.")
    assert changes.kept == ()


def test_a_sentence_that_was_changed_by_hand_stays_and_is_named(content: bytes) -> None:
    presentation = Presentation(BytesIO(content))
    say, *_ = presentation.slides[3].notes_slide.notes_text_frame.paragraphs
    say.runs[0].text = "Say: 3.54 times, imagine that"
    new, changes = updated(saved(presentation))
    lines = pages(new)[3].notes_slide.notes_text_frame.text.split("\n")

    assert lines[0] == "Say: 3.54 times, imagine that"
    assert "run 9f9f" in lines[-1]
    assert changes.kept == ("notes-headline in the notes of slide 4",)
    assert "changed by hand" in pptx.format_changes(changes)


def test_a_sentence_of_another_agenda_stays_and_is_named(content: bytes) -> None:
    new, changes = pptx.update(content, OTHER)

    assert len(changes.kept) == 6
    assert "3.5 times as fast" in pages(new)[3].notes_slide.notes_text_frame.text


def saved_by_libreoffice(content: bytes) -> bytes:
    """Return a deck whose placeholders have lost names and alt texts, as LibreOffice saves it."""
    presentation = Presentation(BytesIO(content))
    for page in presentation.slides:
        for number, placeholder in enumerate(
            (page.shapes.title, page.notes_slide.notes_placeholder), 1
        ):
            facts = placeholder._element.xpath("./p:nvSpPr/p:cNvPr")[0]
            facts.set("name", f"PlaceHolder {number}")
            facts.attrib.pop("descr", None)
    return saved(presentation)


def test_titles_that_lost_their_names_are_updated_and_such_notes_are_named(content: bytes) -> None:
    new, changes = updated(saved_by_libreoffice(content))
    fresh = pages(written(OTHER))
    notes = [page.notes_slide.notes_text_frame.text for page in pages(new)]

    assert [page.shapes.title.text_frame.text for page in pages(new)] == [
        page.shapes.title.text_frame.text for page in fresh
    ]
    assert changes.kept == (
        "notes-headline in the notes of slide 4",
        "in the notes of slide 1",
        "in the notes of slide 2",
    )
    assert ["7c21" in line for line in notes] == [True, True, *[False] * (len(notes) - 2)]


def test_a_title_that_the_presenter_named_anew_is_his_and_is_named(content: bytes) -> None:
    presentation = Presentation(BytesIO(content))
    presentation.slides[3].shapes.title.name = "Title"
    new, changes = updated(saved(presentation))

    assert pages(new)[3].shapes.title.text_frame.text == "On 4 workers it ran 3.5 times as fast"
    assert changes.kept == ("the title on slide 4",)


def test_a_chart_of_another_kind_under_our_name_is_named_and_stays(content: bytes) -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    presentation = Presentation(BytesIO(content))
    data = CategoryChartData()
    data.categories = ["a"]
    data.add_series("s", [1])
    bars = presentation.slides[0].shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, 0, 0, 9, 9, data)
    bars.name = "twoclocks:chart-scaling"
    _, changes = updated(saved(presentation))

    assert changes.wrong_kind == ("chart-scaling on slide 1",)


def test_a_recording_that_the_take_has_not_is_blanked(content: bytes) -> None:
    _, changes = pptx.update(content, OTHER, AGENDA, None)

    assert changes.blank == ("recording on slide 5",)


def test_an_update_twice_changes_nothing_more(content: bytes) -> None:
    once, _ = updated(content)
    twice, _ = updated(once)

    assert parts(once) == parts(twice)


def test_the_plots_of_an_update_are_those_of_a_new_deck(content: bytes) -> None:
    new, fresh = updated(content)[0], written(OTHER)
    plots = [
        item.name
        for slide in a_talk(OTHER).slides
        for item in slide.items
        if isinstance(item, Plot) and not item.chart
    ]

    assert len(plots) == 5
    for page, made in zip(pages(new), pages(fresh), strict=True):
        for shape in page.shapes:
            if shape.name.removeprefix("twoclocks:") in plots:
                same = shape_named(made, shape.name.removeprefix("twoclocks:"))
                assert shape.image.blob == same.image.blob
