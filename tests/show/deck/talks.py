"""Decks of sessions of every kind, and what is in their PowerPoint files."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pptx import Presentation

from harness.model import Kind
from harness.report import Report
from harness.show.deck.build import deck_of
from harness.show.deck.values import Deck, Poster
from harness.talk.agenda import Agenda
from harness.talk.agenda_file import read_agenda
from tests.builders import a_report, a_results
from tests.headlines import HEADLINES, REPORTS
from tests.show.decks import a_picture

AGENDA = read_agenda()
STILL = Poster(
    png=a_picture("green", (160, 100)).getvalue(), width=160, height=100, words="both clocks"
)
SIMULATED = a_report(a_results(kind=Kind.SIMULATED))
SESSIONS = {name: REPORTS[name] for name in HEADLINES} | {"simulated": SIMULATED}


def a_talk(report: Report, agenda: Agenda = AGENDA, still: Poster | None = STILL) -> Deck:
    deck = deck_of(report, agenda, still)
    assert deck is not None
    return deck


def pages(content: bytes) -> list[Any]:
    return list(Presentation(BytesIO(content)).slides)


def shape_named(page: Any, name: str) -> Any:
    (shape,) = [shape for shape in page.shapes if shape.name == f"twoclocks:{name}"]
    return shape


def every_text(content: bytes) -> Iterator[str]:
    """Yield every text of a deck: in its shapes, its charts, its alt texts and its notes."""
    for page in pages(content):
        for shape in page.shapes:
            yield from shape._element.xpath("./*[1]/*[local-name()='cNvPr']/@descr")
            if shape.has_text_frame:
                yield shape.text_frame.text
            if getattr(shape, "has_chart", False):
                yield from (str(value) for value in shape.chart._chartSpace.xpath(".//c:v/text()"))
        if page.has_notes_slide:
            yield page.notes_slide.notes_text_frame.text
