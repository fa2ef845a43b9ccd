import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness import load
from harness.claims.headline import Headline
from harness.errors import BadRequest
from harness.files.results import save
from harness.model import Kind, Results, Side, Status
from harness.report import Report
from harness.show import audit_text, figures, phrases
from harness.show.displays import Drawing, Gallery, Note, TableView
from harness.show.headline_text import headline_text
from tests.builders import a_results, a_spec, a_trial, golden_results, some_prices, some_words

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "demo" / "examples" / "sweep-on-spot.toml"
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)> & `$x$` \x1b[31m"
REFUSED = Report.of(a_results(status=Status.ABORTED))

MONOSPACE = "font-family: monospace; line-height: 1.2"


def a_hostile_session() -> Results:
    words = some_words(
        name=HOSTILE,
        bottleneck=HOSTILE,
        metric=HOSTILE,
        limitation=HOSTILE,
        axis=HOSTILE,
        partition=HOSTILE,
    )
    return a_results(
        spec=a_spec(workload=words, prices=some_prices(currency=HOSTILE, source=HOSTILE)),
        remark=HOSTILE,
    )


REPORTS = {
    "measured": Report.of(a_results()),
    "declared": Report.of(golden_results()),
    "sweep": load(EXAMPLE),
    "hostile": Report.of(a_hostile_session()),
}


@pytest.fixture(scope="module", autouse=True)
def letters_loaded() -> None:
    """Draw once before any test, since the letters' files stay open from then on."""
    slide_of("measured")


def claimed(name: str) -> Headline:
    claim = REPORTS[name].claim
    assert isinstance(claim, Headline)
    return claim


@cache
def slide_of(name: str) -> Drawing:
    drawing = REPORTS[name].slide()
    assert isinstance(drawing, Drawing)
    return drawing


@cache
def gallery_of(name: str) -> Gallery:
    gallery = REPORTS[name].figures()
    assert isinstance(gallery, Gallery)
    return gallery


def displays_of(name: str) -> list[Any]:
    """Return everything that a report shows."""
    report, gallery = REPORTS[name], gallery_of(name)
    missing = (report.figure(figure) for figure in gallery.missing)
    return [slide_of(name), report.table(), gallery, *gallery, *missing]


class Elements(HTMLParser):
    """The elements of a text in HTML, with their attributes, and what is written in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.written = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.written += data


def test_a_results_file_shows_its_slide_in_a_cell(tmp_path: Path) -> None:
    save(a_results(), tmp_path / "results.json")
    drawing = load(str(tmp_path / "results.json")).slide()

    assert isinstance(drawing, Drawing)
    assert drawing.title == phrases.sentence_to_say(claimed("measured"))
    assert audit_text.footer(REPORTS["measured"].audit) in drawing.description


def test_a_folder_and_a_declared_record_are_takes_too(tmp_path: Path) -> None:
    save(a_results(), tmp_path / "results.json")

    assert load(tmp_path).results == a_results()
    assert load(EXAMPLE).results.kind is Kind.DECLARED


@pytest.mark.parametrize("name", REPORTS)
def test_a_picture_is_an_image_with_its_words(name: str) -> None:
    drawing = slide_of(name)
    ((tag, attributes),) = Elements(drawing._repr_html_()).found

    assert tag == "img"
    assert attributes["alt"] == drawing.title != ""
    assert (attributes["src"] or "").startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_is_fetched_and_no_text_becomes_markup(name: str) -> None:
    for shows in displays_of(name):
        elements = Elements(shows._repr_html_()).found
        assert {tag for tag, _ in elements} <= {
            "img",
            "p",
            "pre",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "ul",
            "li",
        }
        assert {attribute for _, attributes in elements for attribute in attributes} <= {
            "alt",
            "src",
            "style",
        }
        assert all(
            (attributes.get("src") or "data:").startswith("data:") for _, attributes in elements
        )


@pytest.mark.parametrize("name", REPORTS)
def test_a_drawing_holds_no_script_and_no_address(name: str) -> None:
    for drawing in (slide_of(name), *gallery_of(name)):
        nodes = list(ElementTree.fromstring(drawing._repr_svg_()).iter())
        assert [
            node.tag
            for node in nodes
            if str(node.tag).endswith(("script", "image", "foreignObject"))
        ] == []
        links = [
            value for node in nodes for name, value in node.attrib.items() if name.endswith("href")
        ]
        assert [link for link in links if not link.startswith("#")] == []


def test_the_table_has_the_rows_of_the_terminal() -> None:
    sheet = REPORTS["sweep"].table()
    assert isinstance(sheet, TableView)
    elements = Elements(sheet._repr_html_())

    assert sum(tag == "tr" for tag, _ in elements.found) == 1 + len(sheet.table.rows)
    assert all(cell in elements.written for row in sheet.table.rows for cell in row.cells)
    assert "DECLARED, NOT MEASURED HERE" in elements.written


def test_a_predicted_row_says_so_in_words() -> None:
    told = REPORTS["sweep"].table()._repr_html_()

    assert told.count("predicted, not measured") == 2
    assert told.count("font-style: italic") == 2


def test_the_table_can_be_had_as_markdown() -> None:
    sheet = REPORTS["sweep"].table()

    assert isinstance(sheet, TableView)
    assert "| 8 workers |" in sheet._repr_markdown_()


def test_the_gallery_holds_every_figure_or_says_why_not() -> None:
    gallery = gallery_of("declared")

    assert [*gallery.drawings, *gallery.missing] == list(figures.FIGURES)
    assert len(gallery) == sum(tag == "img" for tag, _ in Elements(gallery._repr_html_()).found)
    assert "no figure baseline: " in Elements(gallery._repr_html_()).written
    assert gallery["scaling"] == REPORTS["declared"].figure("scaling")


def test_a_figure_without_facts_says_why() -> None:
    note = REPORTS["declared"].figure("core-seconds")

    assert isinstance(note, Note)
    assert note.text == figures.missing_reasons(REPORTS["declared"])["core-seconds"]


def test_a_figure_can_be_dark() -> None:
    assert REPORTS["sweep"].figure("scaling", theme="dark") != gallery_of("sweep")["scaling"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda report: report.figure("scalling"),
        lambda report: report.figure("scaling", theme="drak"),
    ],
    ids=["figure", "theme"],
)
def test_a_misspelt_figure_or_theme_is_refused_with_a_hint(ask: Callable[[Report], object]) -> None:
    with pytest.raises(BadRequest) as refused:
        ask(REPORTS["sweep"])

    assert "scaling" in refused.value.hint or "dark" in refused.value.hint


@pytest.mark.parametrize("name", ["slide", "table", "figures"])
def test_a_refused_session_shows_its_refusal_and_no_picture(name: str) -> None:
    note = getattr(REFUSED, name)()

    assert isinstance(note, Note)
    assert Elements(note._repr_html_()).found == [("pre", {"style": MONOSPACE})]
    assert Elements(note._repr_html_()).written == repr(note)
    assert "NO HEADLINE" in repr(note)


def test_a_refusal_is_text_whatever_it_quotes() -> None:
    hostile = a_hostile_session()
    moved = replace(hostile, trials=(a_trial(), a_trial(Side.DISTRIBUTED, quality=0.5)))
    note = Report.of(moved).slide()

    assert "<script>" in repr(note)
    assert Elements(note._repr_html_()).found == [("pre", {"style": MONOSPACE})]


def test_a_take_shows_its_slide_or_its_refusal() -> None:
    assert REPORTS["measured"]._repr_html_() == slide_of("measured")._repr_html_()
    assert "NO HEADLINE" in REFUSED._repr_html_()


def test_an_edited_file_shows_a_refusal_like_everywhere_else(tmp_path: Path) -> None:
    save(a_results(), tmp_path / "results.json")
    (tmp_path / "events.jsonl").write_bytes(b"not the journal that it was made of\n")

    assert "is not what its journal makes of the session" in repr(load(tmp_path).slide())


def test_a_session_without_a_pair_has_no_table() -> None:
    assert isinstance(Report.of(a_results(trials=(a_trial(),))).table(), Note)


def test_in_a_plain_interpreter_everything_reads_as_text() -> None:
    report = REPORTS["sweep"]

    assert repr(report) == repr(slide_of("sweep")) == headline_text(report)
    assert repr(gallery_of("sweep")["scaling"]) in repr(gallery_of("sweep"))
    assert all("<" not in repr(shows).replace("< 0.1 %", "") for shows in displays_of("sweep"))


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest):
        load(tmp_path / "results.json")


def test_the_package_itself_imports_nothing() -> None:
    program = (
        "import pathlib, sys, typing; before = set(sys.modules)\n"
        "import harness; print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "['harness']"
