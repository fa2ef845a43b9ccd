"""The rate at which a side can serve requests within its budget: what was offered, what held.

Rates are requests a second, offered by an open loop: requests come when a seeded schedule says so,
whether or not earlier ones were answered. Imports ``quantities``.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from msgspec import Meta

from harness.quantities import Count, PositiveCount, Seconds, Sha256

BUDGETED_SHARE = 0.01  # of the requests may be late: the budget is for the 99th percentile
UNSURE = 0.01  # so often a service that is worse would pass
STEP = 1.1
FINE_STEPS = 4
FINE_STEP = STEP ** (1 / FINE_STEPS)
TRIES = 2  # a rate is given up once it was offered so often in a row and never held
USED_SHARE = 0.7  # of the rate that held: trials run there, as services are planned
HEADROOM = 1 / USED_SHARE
ROUNDING = 1e-6
_SLACK = 1 + ROUNDING
MOST_LOADS = 40
MOST_TRIES = 10
LATEST_SENT_S = 0.001
LATEST_SENT_SHARE = 0.05  # of the budget: by so much it may move a 99th percentile

Rate = Annotated[float, Meta(gt=0, le=1e9, description="requests a second")]


@dataclass(frozen=True, kw_only=True)
class ServedLoad:
    """What became of requests that were offered at a rate.

    Of ``requests``, ``late`` were answered later than within ``budget_s``, and ``failed`` never.
    Latencies count from the moment at which a request was to be sent. The 99th percentile is the
    smallest latency that 99 % do not exceed. ``sent_late_p99_s`` is the same of how late requests
    were sent, and ``generator_s`` the core-seconds of the process that sent them in ``wall_s``.
    """

    rate: Rate
    budget_s: Seconds
    requests: Count
    late: Count
    failed: Count
    p50_s: Seconds
    p99_s: Seconds
    sent_late_p99_s: Seconds
    generator_s: Seconds
    wall_s: Seconds

    @property
    def holds(self) -> bool:
        """Return whether the 99th percentile was shown to be within the budget."""
        most = most_late(self.requests)
        return self.failed == 0 and most is not None and self.late <= most

    @property
    def breaks(self) -> bool:
        """Return whether more requests were late, or failed, than the budget allows."""
        return self.late + self.failed > BUDGETED_SHARE * self.requests

    @property
    def generator_share(self) -> float:
        """Return the share of one core that sending the requests took."""
        return self.generator_s / self.wall_s if self.wall_s else 0.0


@dataclass(frozen=True)
class TriedRate:
    """A rate that was offered in a search, with what became of it each time: once at least."""

    loads: tuple[ServedLoad, ...]

    @property
    def rate(self) -> float:
        """Return the requests a second."""
        return self.loads[0].rate

    @property
    def holds(self) -> bool:
        """Return whether it held once."""
        return any(load.holds for load in self.loads)

    def breaks(self, tries: int) -> bool:
        """Return whether it broke the budget as often as it may be tried."""
        return len(self.loads) >= tries and all(load.breaks for load in self.loads)


def tried_rates(loads: Iterable[ServedLoad]) -> tuple[TriedRate, ...]:
    """Return the rates that were offered, each once, in ascending order."""
    ascending = sorted(loads, key=lambda load: load.rate)
    return tuple(
        TriedRate(tuple(of_rate)) for _, of_rate in groupby(ascending, lambda load: load.rate)
    )


@dataclass(frozen=True, kw_only=True)
class RateSearch:
    """How one side searched the largest rate at which it holds the budget, off the clock.

    ``budget_s`` is for the 99th percentile. ``loads`` are in the order in which they were offered,
    to so many ``workers``, by a schedule of that ``seed``. A rate that did not hold was offered
    again, up to ``tries`` times. The trials run at ``raced`` (None: no rate held, or none broke in
    time): not at the largest rate that held, where a stall or a slower machine breaks the budget,
    but at that rate divided by the ``headroom``. Both are the same for both sides, so that the
    headroom cancels out of the ratio of their rates. Files of before have one try and less
    headroom.
    """

    budget_s: Seconds
    workers: PositiveCount
    seed: Count
    input_sha256: Sha256
    seconds: Seconds
    loads: Annotated[tuple[ServedLoad, ...], Meta(max_length=MOST_LOADS)]
    raced: Rate | None
    headroom: Annotated[float, Meta(ge=1, le=10)] = FINE_STEP
    tries: Annotated[int, Meta(ge=1, le=MOST_TRIES)] = 1

    @property
    def held(self) -> ServedLoad | None:
        """Return the load of the largest rate that held below every one that never did."""
        rates = tried_rates(self.loads)
        limit = min((rate.rate for rate in rates if not rate.holds), default=math.inf)
        holding = [load for load in self.loads if load.holds and load.rate < limit]
        return max(holding, key=lambda load: load.rate, default=None)

    @property
    def broke(self) -> ServedLoad | None:
        """Return the last load of the smallest rate that broke the budget at every try."""
        broken = (rate for rate in tried_rates(self.loads) if rate.breaks(self.tries))
        return next((rate.loads[-1] for rate in broken), None)

    @property
    def most_headroom(self) -> float:
        """Return how much headroom is allowed: less where one try was taken for enough."""
        return HEADROOM if self.tries >= TRIES else STEP

    @property
    def is_shown(self) -> bool:
        """Return whether a rate held, a tenth more broke it at the latest, and trials run below.

        They run at the rate that held, divided by the headroom: neither slower nor faster. That is
        ``most_headroom`` at most, so that no side is offered less than planned.
        """
        held, broke = self.held, self.broke
        if self.raced is None or held is None or broke is None:
            return False
        if self.headroom > self.most_headroom * _SLACK:
            return False
        runs_below = abs(held.rate / (self.headroom * self.raced) - 1) <= ROUNDING
        return runs_below and broke.rate <= STEP * held.rate * _SLACK

    @property
    def contradiction(self) -> str:
        """Return what cannot be so, as a clause (empty: all of it can)."""
        if any(load.late + load.failed > load.requests for load in self.loads):
            return "more requests were late than were sent"
        if any(load.budget_s != self.budget_s for load in self.loads):
            return "a rate was tried with another budget"
        if any(self._is_tried_too_often(rate) for rate in tried_rates(self.loads)):
            return "a rate was tried again that had held, or been given up"
        if self.raced is not None and not self.is_shown:
            return "the rate of its trials was not shown to hold, and little more to break"
        return ""

    def _is_tried_too_often(self, rate: TriedRate) -> bool:
        *earlier, _ = rate.loads
        return len(rate.loads) > self.tries or any(load.holds for load in earlier)


def most_late(requests: int) -> int | None:
    """Return how many of the requests may be late if a p99 within the budget is to be claimed.

    None: the requests are too few even if none is late, fewer than 459. Of a service with 1 % of
    its requests late, so few would be late once in a hundred times at most: P(X <= k) <= 0.01 for X
    binomial with n and 0.01. This is the test with which MLPerf Inference ends a run early
    (Reddi et al., ISCA'20; "Early stopping" of its rules). It takes requests as independent of
    each other, which those behind one another in a queue are not: they make the p99 less sure.
    """
    term = probability = (1 - BUDGETED_SHARE) ** requests
    if probability > UNSURE:
        return None
    late = 0
    while True:
        term *= (requests - late) / (late + 1) * BUDGETED_SHARE / (1 - BUDGETED_SHARE)
        if (probability := probability + term) > UNSURE:
            return late
        late += 1


def percentile(ordered: list[float], share: float) -> float:
    """Return the smallest of ascending values that this share of them does not exceed (none: 0)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
