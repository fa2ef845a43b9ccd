"""Failures of a real Ray, each said in our words: ``python -m tests.cases.ray_failures``.

One small cluster for all of them. Prints one JSON object.
"""

import json
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any

LOCK = "cannot pickle '_thread.lock' object"
GIVEN = f"what was given to the pool cannot be sent to the workers: {LOCK}"
SENTENCES = {
    "a function that holds a lock": GIVEN,
    "a chunk that is a lock": GIVEN,
    "a shared lock": GIVEN,
    "an answer that is a lock": f"what a worker's function returns cannot be sent back: {LOCK}",
    "an error that holds a lock": "a worker raised Held: no",
    "an error that is made of two values": "a worker raised Refused: no",
}


class Held(Exception):
    """An error that cannot be pickled."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.lock = threading.Lock()


class Refused(Exception):
    """An error that pickle makes of its words alone, and cannot make."""

    def __init__(self, words: str, code: int) -> None:
        super().__init__(words)
        self.code = code


def lock(_: Any) -> Any:
    """Return what cannot be sent back."""
    return threading.Lock()


def raise_held(_: Any) -> Any:
    """Raise what cannot be sent back."""
    raise Held("no")


def raise_refused(_: Any) -> Any:
    """Raise what can be sent, and not be received."""
    raise Refused("no", 403)


def failures(pool: Any) -> dict[str, Callable[[], Any]]:
    """Return what fails on a pool, by its kind."""
    held = threading.Lock()
    return {
        "a function that holds a lock": lambda: pool.map(lambda _: held and 1, [1]),
        "a chunk that is a lock": lambda: pool.map(lock, [held]),
        "a shared lock": lambda: pool.share(held),
        "an answer that is a lock": lambda: pool.map(lock, [1]),
        "an error that holds a lock": lambda: pool.map(raise_held, [1]),
        "an error that is made of two values": lambda: pool.map(raise_refused, [1]),
    }


def sentence_of(fail: Callable[[], Any]) -> str:
    """Return the sentence of what is raised."""
    from harness.errors import SideFailed
    from harness.run.ray.ray_errors import explained

    try:
        with explained():
            fail()
    except SideFailed as failed:
        return failed.sentence
    return ""


def main() -> None:
    """Start a cluster of one worker and have everything fail on it."""
    from harness.run.ray.cluster import cluster
    from harness.run.ray.connection import ClusterPlan
    from harness.run.ray.pool import RayPool
    from harness.run.ray.workers import Workers

    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as scratch:
        plan = ClusterPlan(
            address="",
            scratch=scratch,
            workers=1,
            cores_per_worker=1,
            cores=((),),
            store_bytes=0,
            modules_sha256="",
        )
        with cluster(plan) as armed:
            pool = RayPool(Workers(armed, lambda _: None), 1)
            sentences = {kind: sentence_of(fail) for kind, fail in failures(pool).items()}
    sys.stdout.write(json.dumps(sentences))


if __name__ == "__main__":
    main()
