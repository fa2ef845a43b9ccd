import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Browser, Page, needs_chromium
from tests.show.report_page.reports import page_of

pytestmark = needs_chromium
SHEET = (680, 1009)  # A4 within its margins of 15 mm, at 96 pixels an inch


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


def write_page(folder: Path, name: str) -> Path:
    path = folder / "report.html"
    path.write_bytes(page_of(name))
    return path


def opened(page: Page, path: Path, theme: str) -> None:
    """Open the page in a theme, and wait until all of it is there."""
    features = [{"name": "prefers-color-scheme", "value": theme}]
    page.call("Emulation.setEmulatedMedia", features=features)
    page.call("Page.navigate", url=f"file://{path}")
    page.until(lambda: page.evaluate("document.readyState") == "complete")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "name"), [(1280, "race"), (390, "race"), (390, "hostile")])
def test_the_page_opens_alone_and_fits_its_window(
    tmp_path: Path, chromium: Browser, width: int, name: str, theme: str
) -> None:
    path = write_page(tmp_path, name)
    with Page(chromium, width, 800) as page:
        opened(page, path, theme)
        assert page.requested == [f"file://{path}"]
        assert page.complaints == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        heading = page.evaluate("document.querySelector('h1').getBoundingClientRect().bottom")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        bar = page.evaluate("getComputedStyle(document.querySelector('.fill-baseline')).fill")
    assert heading < 800
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 17, 17)"}[theme]
    assert bar == {"light": "rgb(213, 94, 0)", "dark": "rgb(230, 159, 0)"}[theme]


def test_the_figures_are_as_wide_as_the_page_and_of_their_shape(
    tmp_path: Path, chromium: Browser
) -> None:
    with Page(chromium, 1280, 800) as page:
        opened(page, write_page(tmp_path, "race"), "light")
        boxes = page.evaluate(
            "[...document.querySelectorAll('.drawing')].map(one => one.getBoundingClientRect())"
            ".map(({width, height}) => [width, height])"
        )
    assert len(boxes) >= 5
    for width, height in boxes:
        assert width > 900
        assert width / height == pytest.approx(16 / 9, rel=0.01)


def test_on_paper_the_page_is_light_and_its_first_sheet_holds_the_claim_and_its_caveats(
    tmp_path: Path, chromium: Browser
) -> None:
    with Page(chromium, *SHEET) as page:
        opened(page, write_page(tmp_path, "race"), "dark")
        printed = page.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        features = [{"name": "prefers-color-scheme", "value": "dark"}]
        page.call("Emulation.setEmulatedMedia", media="print", features=features)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        links = page.evaluate("getComputedStyle(document.querySelector('nav')).display")
        first = page.evaluate("document.querySelector('#but').getBoundingClientRect().bottom")
    sheets = base64.b64decode(printed["data"]).count(b"/Type /Page\n")
    assert ground == "rgb(255, 255, 255)"
    assert links == "none"
    assert first <= SHEET[1]
    assert 5 <= sheets <= 15


def test_the_browser_finds_no_element_in_a_hostile_name(tmp_path: Path, chromium: Browser) -> None:
    with Page(chromium, 1280, 800) as page:
        opened(page, write_page(tmp_path, "hostile"), "light")
        assert page.evaluate("document.scripts.length") == 0
        shown = page.evaluate("document.body.textContent")
    assert "<script>alert('&')</script>" in shown
    assert not {"\x1b", "\u202e"} & set(shown)
