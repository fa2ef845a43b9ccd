"""The page that leads to Ray's dashboard, and who gets none."""

import socket
import sys
from dataclasses import replace
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from demo.dashboard import NEEDED, DashboardLink, dashboard_link, require_dashboard
from demo.dashboard_server import serving
from demo.options import make_plan
from harness.errors import BadRequest
from harness.extras import EXTRAS
from harness.model import CommandFacts
from harness.run.dashboard import RayDashboard
from harness.run.plan import Plan
from harness.run.schedule import UNPINNED
from tests.builders import a_spec
from tests.demo.broadcast.watching import ask
from tests.options import some_options

COMMANDS = CommandFacts(says_ready=False, input_named=False, compared="")
HERE = RayDashboard(url="http://127.0.0.1:8265", token="7f3a")


def a_plan(address: str = "") -> Plan:
    """Return a plan of a race on Ray."""
    return Plan(
        spec=a_spec(), workload="train", simulated=False, core_shares=UNPINNED, address=address
    )


def answer_to(link: DashboardLink, path: str | None = None) -> tuple[HTTPResponse, bytes]:
    """Return what a browser is answered that asks once (``path`` None: for the page)."""
    with serving(link) as url:
        return ask(url if path is None else f"http://{urlsplit(url).netloc}{path}")


def test_a_page_looks_again_until_ray_has_started() -> None:
    answer, content = answer_to(DashboardLink(joined=False, live=True))
    assert answer.status == 200
    assert b"has not started yet" in content
    assert b'http-equiv="refresh"' in content


def test_a_browser_is_led_to_the_dashboard_and_let_in() -> None:
    link = DashboardLink(joined=False, live=True)
    link.show(HERE)
    answer, _ = answer_to(link)
    assert (answer.status, answer.getheader("Location")) == (302, HERE.url)
    assert answer.getheader("Set-Cookie") == (
        "ray-authentication-token=7f3a; Path=/; HttpOnly; SameSite=Strict"
    )


def test_no_cookie_is_set_for_a_cluster_whose_token_is_not_ours() -> None:
    link = DashboardLink(joined=True, live=True)
    link.show(RayDashboard(url="http://10.0.0.5:8265"))
    answer, _ = answer_to(link)
    assert (answer.status, answer.getheader("Set-Cookie")) == (302, None)


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/aaaaaaaaaaaa/"])
def test_whoever_does_not_know_the_path_gets_nothing(path: str) -> None:
    link = DashboardLink(joined=False, live=True)
    link.show(HERE)
    answer, _ = answer_to(link, path)
    assert (answer.status, answer.getheader("Set-Cookie")) == (404, None)


def test_the_page_is_for_this_machine_alone_and_gone_with_the_race() -> None:
    with serving(DashboardLink(joined=False, live=True)) as url:
        parts = urlsplit(url)
    assert parts.hostname == "127.0.0.1"
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection((parts.hostname, parts.port or 0)),
    ):
        pass


def test_the_path_is_another_one_each_time() -> None:
    paths = set()
    for _ in range(3):
        with serving(DashboardLink(joined=False, live=True)) as url:
            paths.add(urlsplit(url).path)
    assert len(paths) == 3


def test_where_a_clusters_dashboard_is_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    link = DashboardLink(joined=True, live=False)
    link.show(RayDashboard(url="http://10.0.0.5:8265"))
    assert capsys.readouterr().err == "Ray's dashboard: http://10.0.0.5:8265\n"


def test_that_a_cluster_has_none_is_said_in_the_terminal_and_on_the_page(
    capsys: pytest.CaptureFixture[str],
) -> None:
    link = DashboardLink(joined=True, live=False)
    link.show(RayDashboard(url=""))
    _, content = answer_to(link)
    assert capsys.readouterr().err == "this cluster has no dashboard\n"
    assert b"this cluster has no dashboard" in content
    assert b"refresh" not in content


def test_a_live_panel_is_not_written_into(capsys: pytest.CaptureFixture[str]) -> None:
    link = DashboardLink(joined=True, live=True)
    link.show(RayDashboard(url="http://10.0.0.5:8265"))
    assert capsys.readouterr().err == ""


def test_a_race_says_first_where_the_dashboard_will_be(capsys: pytest.CaptureFixture[str]) -> None:
    with dashboard_link(True, a_plan(), "plain", wait=True) as link:
        assert link is not None
        said = capsys.readouterr().err
        assert said.startswith("Ray's dashboard, once Ray has started: http://127.0.0.1:")
        answer, _ = ask(said.split()[-1])
    assert answer.status == 200


def test_no_page_is_served_unless_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with dashboard_link(False, a_plan(), "plain", wait=True) as link:
        assert link is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("package", NEEDED)
def test_a_package_that_is_not_installed_is_named_with_its_extra(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert EXTRAS[package] == "dashboard"
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(BadRequest, match=f"--dashboard needs the package {package}") as refused:
        require_dashboard(a_plan())
    assert "dashboard" in refused.value.hint


def test_a_cluster_that_is_joined_needs_no_package_here(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in NEEDED:
        monkeypatch.setitem(sys.modules, package, None)
    require_dashboard(a_plan("10.0.0.5:6379"))


def test_a_race_without_a_ray_of_ours_has_no_dashboard() -> None:
    with pytest.raises(BadRequest, match="a simulated race has no Ray"):
        require_dashboard(make_plan(some_options(workload="simulated", workers=1)))
    with pytest.raises(BadRequest, match="two programs have their own Ray"):
        require_dashboard(replace(a_plan(), spec=a_spec(commands=COMMANDS)))
