"""Metrics as a dashboard gets them: by HTTP, and through a real Prometheus where there is one."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from demo.metrics import BoardMetrics, serving
from harness.errors import BadRequest
from harness.state.board import Board
from tests.builders import a_board, some_events
from tests.terminals import ROOT

DASHBOARD = json.loads((ROOT / "demo" / "grafana.json").read_text(encoding="utf-8"))
EXPRESSIONS = sorted(
    {target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]}
)
ANNOTATIONS = [each["expr"] for each in DASHBOARD["annotations"]["list"]]
SCRAPES = 9
CONFIGURATION = """
global: {{scrape_interval: 1s}}
scrape_configs: [{{job_name: twoclocks, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""


def a_free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fetched(port: int, path: str = "metrics") -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


@contextlib.contextmanager
def served() -> Iterator[tuple[int, BoardMetrics]]:
    """Yield the port at which metrics are served, and what they are told by."""
    port = a_free_port()
    with serving(str(port)) as metrics:
        assert metrics is not None
        yield port, metrics


def boards() -> list[Board]:
    """Return a session's board after each of its events."""
    events = some_events()
    return [a_board(events[:count]) for count in range(1, len(events) + 1)]


def test_what_the_board_knows_is_told_whenever_somebody_asks() -> None:
    with served() as (port, metrics):
        assert 'twoclocks_clock_seconds{side="baseline"} 0.0' in fetched(port)
        last = boards()[-1]
        metrics.show(last, last.at)
        text = fetched(port)
    assert f'twoclocks_clock_seconds{{side="baseline"}} {last.baseline.wall_s}' in text
    assert 'twoclocks_items_total{side="distributed"}' in text


def test_whoever_has_asked_gets_the_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.metrics.LAST_ASKED_WITHIN_S", 0.2)
    with served() as (port, metrics):
        fetched(port)
        began = time.monotonic()
        metrics.await_last()
        assert time.monotonic() - began >= 0.2


def test_nobody_is_waited_for_who_has_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.metrics.LAST_ASKED_WITHIN_S", 600.0)
    with served():
        pass


def test_nothing_is_served_unless_it_is_asked_for() -> None:
    with serving("") as metrics:
        assert metrics is None


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("nonsense", "--metrics 'nonsense' names no port"),
        ("host:9177", "--metrics 'host:9177' names no address in numbers"),
        ("0.0.0.0:9177", "names every address of this machine"),
        ("192.0.2.1:9177", "nothing can listen at 192.0.2.1:9177"),
    ],
)
def test_where_nothing_can_listen_is_said_before_anything_starts(typed: str, says: str) -> None:
    with pytest.raises(BadRequest, match=says) as refused, serving(typed):
        pass
    assert refused.value.hint


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        typed = str(taken.getsockname()[1])
        with pytest.raises(BadRequest, match="nothing can listen"), serving(typed):
            pass


def test_every_panel_asks_for_a_metric_that_is_told() -> None:
    with served() as (port, metrics):
        last = boards()[-1]
        metrics.show(last, last.at)
        text = fetched(port)
    for expression in (*EXPRESSIONS, *ANNOTATIONS):
        name = expression[expression.index("twoclocks_") :].split(" ")[0].split("[")[0]
        assert f"# TYPE {name} " in text


def test_no_panel_names_a_data_source_of_its_own() -> None:
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {"${source}"}
    assert [each["type"] for each in DASHBOARD["templating"]["list"]] == ["datasource"]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Yield the port of a real Prometheus that has seen a whole session, a board a second."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("Prometheus is not installed; Debian's package `prometheus` has it")
    folder = tmp_path_factory.mktemp("prometheus")
    with served() as (metrics_port, metrics):
        (folder / "prometheus.yml").write_text(CONFIGURATION.format(port=metrics_port))
        port = a_free_port()
        options = (
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen(
                [program, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            ) as running,
        ):
            try:
                show_all(metrics)
                yield port
            finally:
                running.terminate()


def show_all(metrics: BoardMetrics) -> None:
    """Tell a session, its events spread over as many scrapes."""
    every = boards()
    for number in range(1, SCRAPES + 1):
        board = every[number * len(every) // SCRAPES - 1]
        metrics.show(board, board.at)
        time.sleep(1.0)


def answers(port: int, expression: str) -> list[Any]:
    """Return the series that an expression gives over the last half minute."""
    now = time.time()
    query = f"query={quote(expression)}&start={now - 30}&end={now}&step=1"
    data = json.loads(fetched(port, f"api/v1/query_range?{query}"))
    assert data["status"] == "success"
    result: list[Any] = data["data"]["result"]
    return result


@pytest.mark.parametrize("expression", [*EXPRESSIONS, *ANNOTATIONS])
def test_a_real_prometheus_answers_what_each_panel_asks(prometheus: int, expression: str) -> None:
    assert answers(prometheus, expression)


def test_promtool_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed; Debian's package `prometheus` has it")
    with served() as (port, metrics):
        last = boards()[-1]
        metrics.show(last, last.at)
        text = fetched(port)
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
