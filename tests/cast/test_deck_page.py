import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cast.deck_page import render_deck
from harness.errors import BadRequest
from harness.show.deck.values import Deck
from harness.show.figures import DARK
from tests.browser import Browser, Page, needs_chromium
from tests.casts import race_cast
from tests.headlines import REPORTS
from tests.show.deck.talks import AGENDA, SESSIONS, a_talk

LINK = "https://example.org/run"
LINKED = replace(AGENDA, artifact=LINK)
SECTION = re.compile(r"<section.*?</section>", re.DOTALL)


@pytest.fixture(scope="module")
def deck() -> Deck:
    return a_talk(REPORTS["golden"], LINKED)


@pytest.fixture(scope="module")
def page(deck: Deck) -> str:
    return render_deck(deck, cast=race_cast()).decode()


def test_a_section_a_slide_with_its_title_and_its_notes(deck: Deck, page: str) -> None:
    sections = SECTION.findall(page)

    assert len(sections) == len(deck.slides)
    for section, slide in zip(sections, deck.slides, strict=True):
        assert "<h1" in section
        assert section.count("<p>Numbers: ") == 1
        assert f">{len(deck.slides)}</p>" in sections[-1]
        assert ("data-until" in section) is (slide.notes.until is not None)


def test_the_page_loads_nothing_and_names_no_address_but_the_artifacts(page: str) -> None:
    assert page.count("://") == page.count(LINK) == 2
    assert "default-src 'none'" in page
    assert " src=" not in page.replace(' src="data:', "")


def test_the_same_deck_is_the_same_bytes(deck: Deck, page: str) -> None:
    assert render_deck(deck, cast=race_cast()).decode() == page


def test_every_picture_has_its_words(page: str) -> None:
    assert re.findall(r'<img alt="([^"]*)"', page)
    assert '<img alt=""' not in page


def test_words_of_files_stay_words() -> None:
    hostile = render_deck(a_talk(SESSIONS["hostile"])).decode()

    assert "<script>alert" not in hostile
    assert "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;" in hostile


def test_what_was_not_measured_here_says_so_on_every_slide(page: str) -> None:
    assert all("DECLARED, NOT MEASURED HERE" in section for section in SECTION.findall(page))


def test_a_deck_without_a_recording_carries_no_player(deck: Deck) -> None:
    content = render_deck(deck).decode()

    assert 'id="cast"' not in content
    assert "AsciinemaPlayer=" not in content


def test_without_the_player_a_recording_is_refused(
    deck: Deck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mkdocs_asciinema_player", None)
    with pytest.raises(BadRequest, match="player"):
        render_deck(deck, cast=race_cast())


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def room(chromium: Browser, page: str, tmp_path: Path) -> Iterator[Page]:
    """The deck as the room sees it."""
    (tmp_path / "deck.html").write_text(page, encoding="utf-8")
    with Page(chromium) as opened:
        opened.open(tmp_path / "deck.html")
        yield opened


def is_at(page: Page, number: int) -> None:
    page.until(lambda: page.state("slide") == str(number))


def slides_on_screen(page: Page) -> list[str]:
    """Return the titles that can be seen."""
    titles = page.evaluate(
        "[...document.querySelectorAll('h1')].filter(one => one.checkVisibility())"
        ".map(one => one.innerText)"
    )
    return list(titles)


@needs_chromium
def test_arrows_lead_through_the_slides_and_stop_at_the_ends(deck: Deck, room: Page) -> None:
    room.press("ArrowLeft")
    for slide in deck.slides:
        assert [title.replace("\u00a0", " ") for title in slides_on_screen(room)] == [slide.title]
        room.press("ArrowRight")
    assert room.state("slide") == str(len(deck.slides))


@needs_chromium
def test_a_number_and_enter_lead_to_that_slide(room: Page) -> None:
    for key in ("1", "0", "Enter"):
        room.press(key)
    is_at(room, 10)
    for key in ("9", "9", "Enter"):
        room.press(key)
    for key in ("2", "5", "Escape", "3", "Enter"):
        room.press(key)
    is_at(room, 3)


@needs_chromium
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_fits_its_box(chromium: Browser, tmp_path: Path, theme: str) -> None:
    longest = a_talk(REPORTS["largest models"])
    content = render_deck(longest, DARK) if theme == "dark" else render_deck(longest)
    (tmp_path / "deck.html").write_bytes(content)
    with Page(chromium, 1600, 900) as opened:
        opened.open(tmp_path / "deck.html")
        for number in range(1, len(longest.slides) + 1):
            is_at(opened, number)
            beyond = opened.evaluate(
                "[...document.querySelectorAll('.current .text:not(.number)')].filter("
                "one => one.scrollHeight > one.clientHeight + 3).map(one => one.innerText)"
            )
            assert beyond == []
            opened.press("ArrowRight")


@needs_chromium
def test_the_recording_plays_in_its_slide_and_the_page_complains_of_nothing(room: Page) -> None:
    for key in ("5", "Enter"):
        room.press(key)
    room.until(lambda: room.state("player") == "ready")
    room.press(" ")
    room.until(lambda: room.state("playing") == "yes")
    room.press(" ")
    room.until(lambda: room.state("playing") == "no")
    room.press("ArrowRight")

    is_at(room, 6)
    assert room.complaints == []
    assert [one for one in room.requested if not one.startswith(("file:", "data:"))] == []
    assert (room.state("violations"), room.state("errors")) == ("0", "0")


@needs_chromium
def test_a_second_window_has_the_notes_and_both_lead(room: Page) -> None:
    room.press("ArrowRight")
    room.press("p")
    desk = room.popup("#desk-2")
    desk.press("ArrowRight")
    desk.press("ArrowRight")

    is_at(desk, 4)
    is_at(room, 4)
    notes = desk.evaluate("document.getElementById('notes').innerText")
    assert notes.startswith("Say: One line, all of it measured in one run.")
    assert desk.evaluate("document.getElementById('until').innerText") == "until 5:00"
    assert len(slides_on_screen(desk)) == 2
    for key in ("8", "Enter"):
        room.press(key)
    is_at(desk, 8)


@needs_chromium
def test_no_other_window_can_lead(room: Page) -> None:
    room.evaluate("postMessage({ deck: 'at', slide: 3 }, '*')")
    room.evaluate("new Promise((done) => setTimeout(done, 200))")

    assert room.state("slide") == "1"


@needs_chromium
def test_the_space_key_of_the_second_window_plays_the_recording_in_the_room(room: Page) -> None:
    room.press("p")
    desk = room.popup("#desk-1")
    for key in ("5", "Enter"):
        desk.press(key)
    room.until(lambda: room.state("player") == "ready")
    desk.press(" ")

    room.until(lambda: room.state("playing") == "yes")
    assert desk.state("slide") == "5"


@needs_chromium
def test_without_scripts_all_slides_stand_one_below_the_other(
    chromium: Browser, page: str, deck: Deck, tmp_path: Path
) -> None:
    (tmp_path / "deck.html").write_text(page, encoding="utf-8")
    with Page(chromium) as opened:
        opened.call("Emulation.setScriptExecutionDisabled", value=True)
        opened.call("Page.navigate", url=f"file://{tmp_path}/deck.html")
        opened.until(lambda: opened.evaluate("document.readyState") == "complete")
        assert len(slides_on_screen(opened)) == len(deck.slides)
