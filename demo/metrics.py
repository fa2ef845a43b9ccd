"""The metrics of a race, for a Prometheus that asks: ``race --metrics 127.0.0.1:9177``.

They are read from the board as the screens are, so nothing is measured twice. Needs the extra
``metrics``. May import ``harness`` and ``demo.broadcast.address``.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from demo.broadcast.address import parse_address
from harness.errors import BadRequest, reason_of
from harness.extras import require_package
from harness.show.metrics import MetricKind, metrics_of
from harness.state.board import Board

if TYPE_CHECKING:
    from prometheus_client.core import Metric as Family

OPTION = "--metrics"
LAST_ASKED_WITHIN_S = 5.0  # a usual interval, so that the end is seen, too


class BoardMetrics:
    """The newest board, told whenever somebody asks."""

    def __init__(self) -> None:
        self._now = Board(), 0.0
        self._asked = threading.Event()

    def show(self, board: Board, at: float) -> None:
        """Take a board that is of this moment of the conductor's clock."""
        self._now = board, at

    def collect(self) -> "Iterator[Family]":
        """Yield the metrics of the newest board, as prometheus-client asks for them."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        board, at = self._now
        for metric in metrics_of(board, at):
            names = list(metric.values[0][0]) if metric.values else []
            kind = CounterMetricFamily if metric.kind is MetricKind.COUNTER else GaugeMetricFamily
            family = kind(metric.name, metric.help, labels=names)
            for labels, value in metric.values:
                family.add_metric(list(labels.values()), value)
            yield family
        self._asked.set()

    def await_last(self) -> None:
        """Wait until the end has been asked for, unless nobody has asked so far."""
        if self._asked.is_set():
            self._asked.clear()
            self._asked.wait(LAST_ASKED_WITHIN_S)


@contextlib.contextmanager
def serving(typed: str) -> Iterator[BoardMetrics | None]:
    """Serve metrics at an address within the block, where one was typed (None: none was).

    Raises ``BadRequest`` where nothing can listen there, or the extra is missing.
    """
    if not typed:
        yield None
        return
    address = parse_address(typed, OPTION)
    require_package("prometheus_client", OPTION)
    from prometheus_client import CollectorRegistry, start_http_server

    metrics, registry = BoardMetrics(), CollectorRegistry(auto_describe=False)
    registry.register(metrics)
    try:
        server, thread = start_http_server(address.port, address.host, registry)
    except OSError as error:
        raise BadRequest(
            f"nothing can listen at {address.host}:{address.port}: {reason_of(error)}",
            "name another port, or an address of this machine",
        ) from error
    try:
        yield metrics
        metrics.await_last()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
