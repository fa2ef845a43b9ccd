"""Copies of all stages of a pipeline at one step, for when a worker is lost.

Imports nothing of ours.
"""

import time
from collections.abc import Collection, Iterable
from typing import Any

import ray
from ray.exceptions import RayError

SECONDS_BETWEEN = 1.0
TIMES_BETWEEN = 50  # as long as a copy took lie between two at least, so that they cost about 2 %


class StageCopies:
    """The newest copy of every stage, all of one step, and those on their way; all are pending.

    Waiting for them brings them into the store of the driver's host, which no worker takes along.
    """

    def __init__(self) -> None:
        self._boundary: int | None = None
        self._coming: dict[int, Any] = {}
        self._arrived: set[Any] = set()
        self._reached_at: float | None = None
        self._newest: tuple[int, dict[int, Any]] = 0, {}
        self._due = time.monotonic() + SECONDS_BETWEEN

    @property
    def pending(self) -> list[Any]:
        """Return those on their way."""
        return [copy for copy in self._coming.values() if copy not in self._arrived]

    def expect_if_due(self, boundary: int, last: int) -> None:
        """Have stages copied once they have taken so many steps, if enough time has passed."""
        if time.monotonic() >= self._due and boundary < last and self._boundary is None:
            self._boundary = boundary

    def copy_if_expected(self, boundary: int, place: int, actor: Any) -> None:
        """Have a stage copied that has been asked to go up to that step, and no further yet."""
        if boundary == self._boundary:
            self._coming[place] = actor.copy_stage.remote()

    def settle(self, reached: int, places: Collection[int]) -> None:
        """Keep the copies that are all there; ``reached`` is how far every stage is."""
        if self.pending:
            self._arrived |= {*ray.wait(self.pending, num_returns=len(self.pending), timeout=0)[0]}
        if not are_whole(self._arrived):
            self._expect_none()
        if self._boundary is None or self._boundary > reached:
            return
        self._reached_at = self._reached_at or time.monotonic()
        if len(self._arrived) == len(places):
            now = time.monotonic()
            self._newest = self._boundary, self._coming
            self._due = now + max(SECONDS_BETWEEN, TIMES_BETWEEN * (now - self._reached_at))
            self._expect_none()

    def newest(self) -> tuple[int, dict[int, Any]]:
        """Return (step, pending state by place) of the newest copies that are whole.

        Before there are any, and where a host was lost with one: step 0, and no states.
        """
        self._expect_none()
        if not are_whole(self._newest[1].values()):
            self._newest = 0, {}
        return self._newest

    def _expect_none(self) -> None:
        self._boundary, self._coming, self._arrived, self._reached_at = None, {}, set(), None


def are_whole(copies: Iterable[Any]) -> bool:
    """Return whether copies can be had: one whose worker was lost meanwhile only seems to come."""
    try:
        ray.get([*copies])
    except RayError:
        return False
    return True
