"""Loads, searches of a rate, and a workload that sleeps for each request.

May import ``harness``.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.model import RateSearch, Results, Side, Trial
from harness.serving import FINE_STEP, HEADROOM, TRIES, ServedLoad
from harness.workload import (
    Backlog,
    Fleet,
    Metric,
    Pool,
    Problem,
    Reporter,
    Requests,
    Service,
    Workload,
)
from tests.builders import an_input

BUDGET_S = 0.1
PATIENT_S = 0.3  # of the workload: other programs may use the machine
SLEEP_S = 0.002


def a_load(rate: float, *, late: int = 0, failed: int = 0, **changes: Any) -> ServedLoad:
    """Return what became of 1,000 requests at a rate."""
    load = ServedLoad(
        rate=rate,
        budget_s=BUDGET_S,
        requests=1_000,
        late=late,
        failed=failed,
        p50_s=0.02,
        p99_s=0.18 if late > 10 else 0.08,
        sent_late_p99_s=0.0004,
        generator_s=0.2,
        wall_s=1_000 / rate,
    )
    return replace(load, **changes)


def a_rate_search(raced: float = 50.0, workers: int = 1, **changes: Any) -> RateSearch:
    """Return a search after which trials run at 70 % of what held, and the next rate broke."""
    broke = a_load(FINE_STEP * HEADROOM * raced, late=20)
    search = RateSearch(
        budget_s=BUDGET_S,
        workers=workers,
        seed=1,
        input_sha256=an_input().sha256,
        seconds=60.0,
        loads=(a_load(HEADROOM * raced), *[broke] * TRIES),
        raced=raced,
        headroom=HEADROOM,
        tries=TRIES,
    )
    return replace(search, **changes)


def serving(results: Results, **of_trials: Any) -> Results:
    """Return results whose sides were offered requests at their largest rates, and served them."""
    sha256 = results.input.sha256 if results.input else an_input().sha256
    workers = results.spec.workers

    def served(trial: Trial) -> Trial:
        rate = 50.0 if trial.side is Side.BASELINE else 95.0
        return replace(trial, served=a_load(rate, **of_trials))

    return replace(
        results,
        baseline_service=a_rate_search(input_sha256=sha256),
        distributed_service=a_rate_search(95.0, workers, input_sha256=sha256),
        trials=tuple(map(served, results.trials)),
    )


def start(share: int, factor: int) -> int:
    """Return a shard: what it adds to every request."""
    return share


def encode(asked: Sequence[int], factor: int) -> list[int]:
    """Return the requests, multiplied; each takes as long as a sleep."""
    time.sleep(SLEEP_S * len(asked))
    return [factor * one for one in asked]


def search(shard: int, queries: list[int], factor: int) -> list[int]:
    """Return the requests with what the shard adds."""
    return [one + shard for one in queries]


def merge(parts: Sequence[list[int]]) -> list[int]:
    """Return the sum of what all shards have, for each request."""
    return [sum(of_one) for of_one in zip(*parts, strict=True)]


ADDING: Fleet[int, int, int, list[int], list[int], int] = Fleet(start, encode, search, merge)
FACTOR = 10


def reply_to(asked: int, shares: Sequence[int]) -> int:
    """Return what the fleet replies to a request."""
    return sum(FACTOR * asked + share for share in shares)


def alone(count: int, requests: Requests, report: Reporter) -> int:
    """Count the requests that are answered rightly, in this process."""
    return rightly_answered(
        [1], ADDING.serve([1], range(count), requests, 4, FACTOR, report=report)
    )


def rightly_answered(shares: Sequence[int], replies: Sequence[int | None]) -> int:
    """Return how many replies are those of their requests."""
    return sum(reply == reply_to(one, shares) for one, reply in enumerate(replies))


def on_pool(count: int, pool: Pool, requests: Requests, report: Reporter) -> int:
    """Count the requests that are answered rightly, on the pool."""
    shares = list(range(pool.size))
    replies = pool.serve(ADDING, shares, range(count), requests, 4, FACTOR, report=report)
    return rightly_answered(shares, replies)


WORKLOAD: Workload[int, int, int, Any] = Workload(
    name="counting",
    load=lambda _: Problem(input=600, held_out=0, items=600),
    baseline=lambda count, report: alone(count, Backlog(count), report),
    distributed=lambda count, pool, report: on_pool(count, pool, Backlog(count), report),
    quality=lambda answer, held_out: float(answer),
    metric=Metric("answered"),
    service=Service(
        seed=1,
        budget_s=lambda count: PATIENT_S,
        count=lambda count: count,
        alone=alone,
        on_pool=on_pool,
    ),
    waits="its sleeps",
)
