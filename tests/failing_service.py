"""A workload whose workers raise at a request that comes in trials alone, not in a search.

May import ``harness`` and ``services``.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.run.rate_search import MOST_REQUESTS
from harness.workload import Backlog, Pool, Problem, Reporter, Requests, Service
from tests.services import (
    ADDING,
    FACTOR,
    PATIENT_S,
    rightly_answered,
)
from tests.services import (
    WORKLOAD as COUNTING,
)

REQUESTS = MOST_REQUESTS + 100
RAISES_AT = MOST_REQUESTS + 10
SLEEP_S = 0.0005


def encode_soon(asked: Sequence[int], factor: int) -> list[int]:
    """Return the requests, multiplied, after a short sleep for each."""
    time.sleep(SLEEP_S * len(asked))
    return [factor * one for one in asked]


def encode_but_one(asked: Sequence[int], factor: int) -> list[int]:
    """Return the same; raise ``ZeroDivisionError`` at one of them."""
    if RAISES_AT in asked:
        raise ZeroDivisionError(f"request {RAISES_AT} divides by zero")
    return encode_soon(asked, factor)


ANSWERING = replace(ADDING, encode=encode_soon)
RAISING = replace(ADDING, encode=encode_but_one)


def alone(count: int, requests: Requests, report: Reporter) -> int:
    """Count the requests that are answered rightly, in this process."""
    replies = ANSWERING.serve([1], range(count), requests, 4, FACTOR, report=report)
    return rightly_answered([1], replies)


def on_pool(count: int, pool: Pool, requests: Requests, report: Reporter) -> int:
    """Count the requests that are answered rightly, on the pool."""
    shares = list(range(pool.size))
    replies = pool.serve(RAISING, shares, range(count), requests, 4, FACTOR, report=report)
    return rightly_answered(shares, replies)


WORKLOAD: Any = replace(
    COUNTING,
    name="raising",
    load=lambda _: Problem(input=REQUESTS, held_out=0, items=REQUESTS),
    baseline=lambda count, report: alone(count, Backlog(count), report),
    distributed=lambda count, pool, report: on_pool(count, pool, Backlog(count), report),
    service=Service(
        seed=1,
        budget_s=lambda count: PATIENT_S,
        count=lambda count: count,
        alone=alone,
        on_pool=on_pool,
    ),
)
