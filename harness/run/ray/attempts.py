"""How the calls of a lockstep or a pipeline end that could not go on, and how often they may.

May import ``errors`` and ``run``.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ray
from ray.exceptions import RayError

from harness.errors import SideFailed
from harness.run.ray.ray_errors import raise_cause

CUTS_TOLERATED = 16


class Attempts:
    """Counts the connections that broke although nobody is lost."""

    def __init__(self) -> None:
        self._cuts = 0

    def require_another(self, errors: Sequence[RayError]) -> None:
        """Raise the cause of errors that no lost worker explains; pass connections that broke."""
        if errors:
            raise_cause(errors[0])
        self._cuts += 1
        if self._cuts >= CUTS_TOLERATED:
            raise SideFailed(
                f"the workers could not reach one another in {self._cuts} attempts",
                "let the machines of the cluster connect with each other on all ports",
            )


def drain(calls: Mapping[int, deque[Any]], take: Callable[[int, Any], None]) -> list[RayError]:
    """Take what the calls under way, by place, have still come to; return what they raised."""
    errors: list[RayError] = []
    for place, pending in calls.items():
        for call in pending:
            try:
                take(place, ray.get(call))
            except RayError as error:
                errors.append(error)
        pending.clear()
    return errors
