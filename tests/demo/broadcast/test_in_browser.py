from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.broadcast.sender import CLEAR, PanelBroadcast, broadcasting
from tests.browser import Browser, Page, needs_chromium

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def broadcast() -> Iterator[PanelBroadcast]:
    with broadcasting("0") as started:
        assert started is not None
        yield started


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 700)])
def test_a_browser_shows_the_panel_live_and_then_links_to_the_take(
    tmp_path: Path, chromium: Browser, broadcast: PanelBroadcast, width: int, height: int
) -> None:
    (tmp_path / "report.html").write_text("<p>told")
    broadcast.draw(f"{CLEAR}first", (40, 10), whole=True)
    with Page(chromium, width, height) as page:
        page.call("Page.navigate", url=broadcast.url)
        page.until(lambda: "first" in page.screen())
        assert page.state("state") == "live"
        broadcast.draw("\x1b[2;1H<b>second", (40, 10), whole=False)
        page.until(lambda: "<b>second" in page.screen())
        broadcast.draw(f"{CLEAR}wider", (100, 30), whole=True)
        page.until(lambda: "wider" in page.screen() and "first" not in page.screen())
        broadcast.end(str(tmp_path), ends_alone=False)
        page.until(lambda: page.evaluate("document.links.length"))

        assert page.evaluate("document.links[0].textContent") == "report.html"
        assert "wider" in page.screen()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert (page.state("violations"), page.state("errors")) == ("0", "0")
        assert page.complaints == []
        assert {url.removeprefix(broadcast.url) for url in page.requested} == {
            *("", "live", "end.json"),
        }
