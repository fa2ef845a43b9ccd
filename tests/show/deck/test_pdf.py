import re
from dataclasses import replace

import pytest

from harness.show.deck.pdf import as_pdf
from harness.show.figures import DARK
from tests.headlines import REPORTS
from tests.show.deck.talks import AGENDA, SESSIONS, a_talk

LINKED = replace(AGENDA, artifact="https://example.org/run")


@pytest.mark.parametrize("session", ["struck", "hostile", "simulated"])
def test_a_page_a_slide(session: str) -> None:
    deck = a_talk(SESSIONS[session])

    assert len(re.findall(rb"/Type /Page\b", as_pdf(deck))) == len(deck.slides)


def test_the_same_deck_is_the_same_bytes_and_has_no_day() -> None:
    deck = a_talk(REPORTS["golden"])
    content = as_pdf(deck)

    assert as_pdf(deck) == content
    assert b"CreationDate" not in content


def test_the_dark_theme_draws_another_deck() -> None:
    deck = a_talk(REPORTS["golden"])

    assert as_pdf(deck, DARK) != as_pdf(deck)


def test_the_artifact_can_be_clicked() -> None:
    assert b"/URI (https://example.org/run)" in as_pdf(a_talk(REPORTS["golden"], LINKED))


def test_a_number_that_cannot_be_predicted_is_no_page() -> None:
    weak = a_talk(REPORTS["hardly slower"])

    assert all("inf" not in slide.title.split() for slide in weak.slides)
