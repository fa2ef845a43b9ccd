import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from harness.cast.film.compact import compact
from harness.cast.format import MARKER, OUTPUT, Cast, Event
from harness.cast.page import PagePicture, render_page
from tests.browser import Browser, Page, needs_chromium
from tests.cast.pages import HOSTILE, Document, a_cast, about
from tests.casts import MARKS, race_cast, real_cast


def test_a_browser_without_scripts_shows_a_message() -> None:
    assert "Allow scripts" in Document(render_page(a_cast(), about())).all("noscript")[0]


def write_page(folder: Path, cast: Cast, **changes: Any) -> Path:
    """Return the page of a recording in a file."""
    path = folder / "run.html"
    path.write_bytes(render_page(cast, about(**changes)))
    return path


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Page]:
    with Page(chromium) as page:
        yield page


@needs_chromium
def test_the_page_plays_from_a_file_and_asks_for_nothing_else(
    tmp_path: Path, browser: Page
) -> None:
    path = write_page(tmp_path, real_cast())

    browser.open(path, "#t=1&play")
    browser.until(lambda: float(browser.state("at") or 0) > 1.2)

    assert browser.requested == [f"file://{path}"]
    assert browser.complaints == []
    assert (browser.state("violations"), browser.state("errors")) == ("0", "0")


@pytest.fixture
def slide() -> PagePicture:
    """Return a picture of the size of a slide."""
    written = io.BytesIO()
    Image.new("RGB", (1600, 900), "white").save(written, "PNG")
    return PagePicture("S = 1.7×", compact(written.getvalue()))


@needs_chromium
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_headline_and_pictures_are_there_with_scripts_and_without(
    tmp_path: Path, chromium: Browser, slide: PagePicture, scripts: bool, width: int, height: int
) -> None:
    path = write_page(tmp_path, race_cast(), report="audit: 23 pass", pictures=(slide, slide))
    with Page(chromium, width, height) as page:
        page.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        page.call("Page.navigate", url=f"file://{path}")
        page.until(lambda: page.evaluate("document.readyState") == "complete")
        shown = page.evaluate("[...document.images].map(one => one.complete && one.naturalWidth)")
        headline, picture, report = (
            page.evaluate(f"document.querySelector('{which}').getBoundingClientRect().toJSON()")
            for which in (".headline", "img", "article pre")
        )
    assert shown == [1600, 1600]
    assert headline["bottom"] <= height
    assert headline["bottom"] <= picture["top"] < picture["bottom"] < report["top"]
    assert picture["height"] <= height
    assert picture["right"] <= width
    assert page.complaints == []


@needs_chromium
def test_before_it_is_played_the_headline_is_shown_with_the_date_beside_it(
    tmp_path: Path, browser: Page
) -> None:
    browser.open(write_page(tmp_path, race_cast(), label="SIMULATED"))
    browser.until(lambda: "say: On 2 workers it ran 1.7 times as fast" in browser.screen())

    assert browser.state("playing") == "no"
    bar = browser.evaluate("document.querySelector('.ap-control-bar').innerText")
    assert [line for line in bar.splitlines() if line][-2:] == [
        "RECORDED 2026-11-22 09:14:07Z",
        "SIMULATED",
    ]


@needs_chromium
def test_a_chapter_leads_to_its_moment_and_is_marked(tmp_path: Path, browser: Page) -> None:
    browser.open(write_page(tmp_path, race_cast()))
    assert browser.evaluate("[...document.querySelectorAll('.ap-marker')].length") == len(MARKS)

    browser.click("li:nth-child(2) button")
    browser.until(lambda: "0 / 20,000 samples" in browser.screen())

    assert browser.evaluate(
        "[...document.querySelectorAll('[aria-current=true]')].map(one => one.innerText)"
    ) == ["go\n00:08"]
    assert browser.state("at") == "8.0"


@needs_chromium
def test_a_moment_in_the_address_is_where_it_begins(tmp_path: Path, browser: Page) -> None:
    path = write_page(tmp_path, race_cast())

    browser.open(path, "#chapter=5")
    browser.until(lambda: browser.state("at") == "19.8")

    assert "REC" in browser.screen()
    assert "accuracy 0.975" not in browser.screen().split("RAY")[0]


@needs_chromium
def test_keys_play_and_pause_wherever_the_focus_is(tmp_path: Path, browser: Page) -> None:
    browser.open(write_page(tmp_path, race_cast()), "#t=9")
    browser.until(lambda: browser.state("at") == "9.0")
    before = browser.screen()

    browser.press(" ")
    browser.until(lambda: browser.state("playing") == "yes" and browser.screen() != before)
    browser.press(" ")
    browser.until(lambda: browser.state("playing") == "no")
    browser.press("]")
    browser.until(lambda: browser.state("at") == "14.0")


@needs_chromium
def test_it_plays_at_true_speed_with_no_pause_cut_short(tmp_path: Path, browser: Page) -> None:
    """However long nothing happens, and whatever limit the recording's own header names."""
    still = a_cast(
        Event(0.0, OUTPUT, "begun"),
        Event(70.0, MARKER, "over"),
        Event(71.0, OUTPUT, " over"),
        idle_time_limit=1.0,
    )

    browser.open(write_page(tmp_path, still), "#t=60&play")
    browser.until(lambda: browser.state("at") is not None)
    first, began = float(browser.state("at") or 0), time.monotonic()
    browser.until(lambda: float(browser.state("at") or 0) > first + 2)
    took = time.monotonic() - began

    assert first >= 60
    assert abs(took - (float(browser.state("at") or 0) - first)) < 0.7


@needs_chromium
def test_a_browser_that_is_too_old_shows_a_message(tmp_path: Path, browser: Page) -> None:
    browser.call(
        "Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream"
    )
    browser.open(write_page(tmp_path, race_cast()))

    assert browser.state("state") == "failed"
    assert "too old" in browser.evaluate("document.getElementById('trouble').innerText")


@needs_chromium
def test_a_damaged_page_says_that_it_cannot_be_played(tmp_path: Path, browser: Page) -> None:
    path = write_page(tmp_path, race_cast())
    path.write_bytes(path.read_bytes().replace(b'type="text/plain">', b'type="text/plain">AAAA'))

    browser.open(path)

    assert browser.state("state") == "failed"
    assert "cannot be played" in browser.evaluate("document.getElementById('trouble').innerText")


@needs_chromium
def test_markup_in_a_label_stays_text_in_the_player(tmp_path: Path, browser: Page) -> None:
    cast = a_cast(
        Event(0.0, OUTPUT, "begun"), Event(1.0, MARKER, HOSTILE), Event(9.0, OUTPUT, "over")
    )

    browser.open(write_page(tmp_path, cast, title=HOSTILE, headline=HOSTILE))

    assert "<script>alert" in browser.evaluate(
        "document.querySelector('.ap-marker-container').textContent"
    )
    assert browser.evaluate("document.scripts.length") == 3
    assert browser.complaints == []
