"""Ray's own dashboard beside a real race: a browser is led to it, and nothing of it is left."""

import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar
from urllib.parse import urlsplit
from urllib.request import OpenerDirector
from urllib.response import addinfourl

import pytest

from harness.files.results import load
from harness.model import Results, Status
from tests.races import WORKLOAD
from tests.terminals import race, surroundings, wait_for

pytestmark = pytest.mark.ray


@dataclass(frozen=True)
class SeenRace:
    """What a browser got by the link of a race, and the race's results afterwards.

    ``written`` is what results and journal say.
    ``page`` is what it was led to, ``facts`` what that tells of Ray; ``hosts`` are all it asked.
    """

    link: str
    page: str
    facts: str
    hosts: set[str | None]
    results: Results
    written: str


@pytest.fixture(scope="module")
def race_seen(tmp_path_factory: pytest.TempPathFactory) -> SeenRace:
    """Return a race whose dashboard was looked at before its clocks ran."""
    out = tmp_path_factory.mktemp("dashboard") / "take"
    jar = urllib.request.HTTPCookieProcessor(CookieJar())
    browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar)
    command = race(out, "--workers", "1", "--ui", "none", "--dashboard", workload=WORKLOAD)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(),
    ) as process:
        assert process.stderr is not None
        link = process.stderr.readline().split()[-1]
        with wait_for(lambda: led_elsewhere(browser, link)) as led:
            page, at = led.read().decode(), led.url
        with browser.open(f"{at}/api/version".replace("//api", "/api"), timeout=30) as answer:
            facts = answer.read().decode()
        process.stderr.read()
    hosts = {urlsplit(url).hostname for url in (link, at)}
    written = "".join((out / name).read_text() for name in ("results.json", "events.jsonl"))
    return SeenRace(link, page, facts, hosts, load(out / "results.json"), written)


def led_elsewhere(browser: OpenerDirector, link: str) -> addinfourl | None:
    """Return the page that a link leads to (None: to no other so far)."""
    answer: addinfourl = browser.open(link, timeout=30)
    return answer if answer.url != link else None


def test_a_browser_is_led_to_rays_dashboard_and_let_in(race_seen: SeenRace) -> None:
    assert "<title>Ray Dashboard</title>" in race_seen.page
    assert '"ray_version"' in race_seen.facts


def test_link_and_dashboard_are_on_loopback(race_seen: SeenRace) -> None:
    assert race_seen.hosts == {"127.0.0.1"}


def test_link_and_dashboard_end_with_the_race(race_seen: SeenRace) -> None:
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(race_seen.link, timeout=30)


def test_a_race_beside_a_dashboard_comes_to_its_end(race_seen: SeenRace) -> None:
    assert race_seen.results.status is Status.COMPLETE


def test_what_the_dashboard_took_of_watching_is_in_the_results_and_no_address_is(
    race_seen: SeenRace,
) -> None:
    observer = race_seen.results.observer
    assert observer.dashboard_cpu_s is not None
    assert 0.0 <= observer.dashboard_cpu_s <= observer.cpu_s
    assert "127.0.0.1" not in race_seen.written
