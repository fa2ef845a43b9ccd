"""Copies of a lockstep's state, for when all who hold it are lost. Imports nothing of ours."""

import time
from typing import Any

import ray
from ray.exceptions import RayError

STEPS_BETWEEN = 32
SECONDS_BETWEEN = 1.0  # each is a copy of the state


class Snapshots:
    """The last two copies, each with the number of steps that it has combined; both pending."""

    def __init__(self) -> None:
        self._kept: list[tuple[Any, Any]] = []
        self._due = STEPS_BETWEEN, time.monotonic() + SECONDS_BETWEEN

    def take_if_due(self, done: int, actor: Any) -> None:
        """Have a worker hand over a copy, if enough steps and seconds have passed."""
        steps, moment = self._due
        if done >= steps and time.monotonic() >= moment:
            self._kept = [*self._kept[-1:], snapshot(actor)]
            self._due = done + STEPS_BETWEEN, time.monotonic() + SECONDS_BETWEEN

    def keep(self, combined: int, state: Any) -> None:
        """Keep a state, which is pending, where the driver is: whoever holds it leaves."""
        self._kept = [(ray.put(combined), ray.put(ray.get(state)))]

    def beyond(self, steps: int) -> tuple[int, Any] | None:
        """Return (steps combined, pending state) of the last one, if it is beyond so many steps."""
        for combined, state in reversed(self._kept):
            try:
                taken: int = ray.get(combined)
            except RayError:
                continue  # its worker was lost before it was made
            return (taken, state) if taken > steps else None
        return None


def snapshot(actor: Any) -> tuple[Any, Any]:
    """Return the pending (steps combined, state) of a worker."""
    combined, state = actor.snapshot.options(num_returns=2).remote()
    return combined, state
