"""How many chunks a second the driver can hand out, and what that means for the size of a chunk.

``python -m tests.bench.dispatch PLACES…`` prints, as JSON, the chunks a second of a map over that
many places. Two real workers fill them all, and a chunk is empty, so that what is measured is the
driver: its books, Ray's calls, and Ray's wait for as many answers as would be under way. May import
``harness`` and its neighbours in ``tests``.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

from harness import text
from harness.model import Side
from harness.run.launch import environment
from tests.bench.table import Finding, Row, row
from tests.terminals import PYTHON, ROOT

PLACES = (2, 64, 512, 4_096)
WORKERS = 2
SHARE_OF_DRIVER = 0.5  # of a second that handing out may take: beyond that, workers wait for it
WITHIN_S = 600.0


def dispatch(times: int) -> Finding:
    """Measure the driver's ceiling at several numbers of workers."""
    rates: dict[int, list[float]] = {places: [] for places in PLACES}
    for _ in range(times):
        for places, rate in _measured(PLACES).items():
            rates[places].append(rate)
    return Finding(tuple(line for places, found in rates.items() for line in _rows(places, found)))


def _rows(places: int, rates: list[float]) -> tuple[Row, ...]:
    workers = f"{text.count(places)} workers"
    least_s = [places / (SHARE_OF_DRIVER * rate) for rate in rates]
    return (
        row(f"empty chunks handed out a second, {workers}", rates, as_text=_whole),
        row(f"least seconds of a chunk so that {workers} are busy", least_s, as_text=text.seconds),
    )


def _whole(rate: float) -> str:
    return text.count(round(rate))


def _measured(places: tuple[int, ...]) -> dict[int, float]:
    """Return the chunks a second by the number of places, measured in a process of its own."""
    done = subprocess.run(
        [PYTHON, "-m", "tests.bench.dispatch", *map(str, places)],
        cwd=ROOT,
        env=environment(os.environ, Side.DISTRIBUTED, 1, joined=False),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=WITHIN_S,
    )
    rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {int(number): rate for number, rate in rates.items()}


def nothing(_: int) -> None:
    """Compute nothing."""


def main(numbers: list[int]) -> None:
    """Print the chunks a second for each number of places."""
    from harness.run.ray.cluster import cluster
    from harness.run.ray.connection import ClusterPlan
    from harness.run.ray.pool import RayPool
    from harness.run.ray.workers import Workers

    class Places(Workers):
        """As many places as are asked for, filled by a few workers in turn."""

        def actor(self, place: int) -> Any:
            return super().actor(place % WORKERS)

    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as scratch:
        plan = ClusterPlan(
            address="",
            scratch=scratch,
            workers=WORKERS,
            cores_per_worker=1,
            cores=((),) * WORKERS,
            store_bytes=0,
            modules_sha256="",
        )
        with cluster(plan) as armed:
            rates = {}
            for places in numbers:
                workers = Places(armed, lambda _: None)
                RayPool(workers, 1).map(nothing, range(200))
                workers.size = places
                chunks = max(2_000, 3 * places)
                began = time.perf_counter()
                RayPool(workers, 1).map(nothing, range(chunks))
                rates[places] = chunks / (time.perf_counter() - began)
    sys.stdout.write(json.dumps(rates))


if __name__ == "__main__":
    main([*map(int, sys.argv[1:])])
