"""The search for the rate at which a side's trials run: up a ladder of rates until one breaks.

May import ``model``, ``serving``, ``errors``, ``workload`` and ``run``.
"""

import math
import time
from collections.abc import Callable, Collection
from typing import Any, Protocol

from harness.errors import SideFailed
from harness.model import RateSearch
from harness.run.open_loop import OpenLoop, RequestGenerator
from harness.run.progress_reports import no_report
from harness.serving import (
    BUDGETED_SHARE,
    FINE_STEP,
    FINE_STEPS,
    HEADROOM,
    MOST_LOADS,
    TRIES,
    ServedLoad,
    TriedRate,
)
from harness.workload import AnyService, Backlog, Reporter, Requests

MOST_REQUESTS = 2_000  # of a rung; a rate that one core hardly keeps up with shows that by then
FIRST_SHARE = 0.7  # of what the side answers at most
LOWEST = -10 * FINE_STEPS  # there the share is a quarter or so
PROBED = 200  # requests, to see how many that is


class Server(Protocol):
    """A side as far as a search needs it."""

    def serve(
        self, service: AnyService, given: Any, requests: Requests, report: Reporter, workers: int
    ) -> Any:
        """Answer requests as they come, on the first workers (0: all)."""

    def rest(self, next_workers: int | None) -> None:
        """Let go of the last run, and prepare for the next one (None: there is none)."""


def search_rate(
    service: AnyService,
    side: Server,
    given: Any,
    generator: RequestGenerator,
    *,
    input_sha256: str,
    workers: int,
    offered: Callable[[ServedLoad], None],
) -> RateSearch:
    """Search the rate of the trials: climb by a tenth until a rate breaks, then by a fourth of it.

    The first rate is a share of what the side answers if all requests are there at once. The trials
    run at the largest rate that held, divided by ``HEADROOM``. ``offered`` is told of every load.
    Raises ``SideFailed`` if no rate holds, or none is shown to break.
    """
    began = time.perf_counter()
    first = FIRST_SHARE * _most_per_s(service, side, given)
    loads: list[ServedLoad] = []

    def load(rung: int) -> ServedLoad:
        require_few(loads)
        loads.append(offer(service, side, given, generator, _rate(first, rung)))
        offered(loads[-1])
        return loads[-1]

    held = climb(Tries(load))
    side.rest(0)
    return RateSearch(
        budget_s=service.budget_s(given),
        workers=workers,
        seed=service.seed,
        input_sha256=input_sha256,
        seconds=time.perf_counter() - began,
        loads=tuple(loads),
        raced=_rate(first, held) / HEADROOM,
        headroom=HEADROOM,
        tries=TRIES,
    )


class Tries:
    """What became of the rungs of a ladder, each offered until it holds, ``TRIES`` times at most.

    A stall of the machine may come just then, and would have a side race too slow all session long.
    """

    def __init__(self, load: Callable[[int], ServedLoad]) -> None:
        self._load = load
        self._tried: dict[int, TriedRate] = {}

    def __call__(self, rung: int) -> TriedRate:
        """Return what became of a rung."""
        if rung not in self._tried:
            loads = [self._load(rung)]
            while not loads[-1].holds and len(loads) < TRIES:
                loads.append(self._load(rung))
            self._tried[rung] = TriedRate(tuple(loads))
        return self._tried[rung]


def offer(
    service: AnyService, side: Server, given: Any, generator: RequestGenerator, rate: float
) -> ServedLoad:
    """Offer requests at a rate; with more late than the budget allows, stop."""
    count = min(service.count(given), MOST_REQUESTS)
    requests = OpenLoop(
        generator,
        rate,
        count,
        service.seed,
        budget_s=service.budget_s(given),
        late_at_most=math.floor(BUDGETED_SHARE * count),
    )
    side.serve(service, given, requests, no_report, 0)
    return requests.close()


def climb(tried: Callable[[int], TriedRate]) -> int:
    """Return the largest rung that holds, of which ``FINE_STEPS`` are a tenth more.

    Starts at rung 0, and goes down where that one does not hold. Raises ``SideFailed`` if none does
    down to ``LOWEST``, or if no rung at most a tenth above the largest that holds breaks.
    """
    low = 0
    while not tried(low).holds:
        low -= FINE_STEPS
        if low < LOWEST:
            raise SideFailed(
                "its 99th percentile is over the budget at a quarter of what it can answer, too",
                "end other programs, or set a longer budget",
            )
    while tried(low + FINE_STEPS).holds:
        low += FINE_STEPS
    high = low + FINE_STEPS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if tried(middle).holds else (low, middle)
    if not any(tried(rung).breaks(TRIES) for rung in range(high, low + FINE_STEPS + 1)):
        raise SideFailed(
            "it neither holds its budget for sure nor breaks it at a tenth more than what it holds",
            "have more requests come",
        )
    return low


def require_few(tried: Collection[ServedLoad]) -> None:
    """Raise ``SideFailed`` if rates were offered too often to go on."""
    if len(tried) < MOST_LOADS:
        return
    if all(load.holds for load in tried):
        raise SideFailed(
            "all its requests are answered within the budget, however fast they come",
            "have more requests come, or set a shorter budget",
        )
    raise SideFailed(
        f"in {len(tried)} runs no rate was shown to be the largest at which its latency holds",
        "end other programs, or set a longer budget",
    )


def _rate(first: float, rung: int) -> float:
    return first * float(FINE_STEP**rung)


def _most_per_s(service: AnyService, side: Server, given: Any) -> float:
    """Return how many requests a second are answered if all are there at once."""
    count = min(service.count(given), PROBED)
    began = time.perf_counter()
    side.serve(service, given, Backlog(count), no_report, 0)
    return count / max(1e-6, time.perf_counter() - began)
