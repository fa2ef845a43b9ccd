"""Who was lost or came in, and has not caught up: for a lockstep and for a pipeline.

May import ``run``.
"""

from collections.abc import Iterable
from typing import NamedTuple

from harness.run.ray.workers import Workers


class CatchingUp(NamedTuple):
    """How far the furthest worker was when one was lost, and from which step all went on."""

    furthest: int
    origin: int


class CatchUps:
    """The places that have to catch up, and the core-seconds of steps that were taken again."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._by_place: dict[int, CatchingUp] = {}
        self._redone_cpu_s = 0.0

    def expect(self, places: Iterable[int], furthest: int) -> None:
        """Note that these have caught up once all have taken so many steps."""
        for place in places:
            self._by_place.setdefault(place, CatchingUp(furthest, furthest))

    def go_on_from(self, origin: int) -> None:
        """Note that all go on from this step."""
        for place, (furthest, earlier) in self._by_place.items():
            self._by_place[place] = CatchingUp(furthest, min(earlier, origin))

    def taken_again(self, cpu_s: float) -> None:
        """Add what a step took that all had taken before."""
        self._redone_cpu_s += cpu_s

    def note(self, reached: int) -> None:
        """Say who has caught up, now that all have taken so many steps."""
        for place, (furthest, origin) in [*self._by_place.items()]:
            if reached >= furthest:
                del self._by_place[place]
                self._workers.caught_up(
                    place, redone=furthest - origin, lost_cpu_s=self._redone_cpu_s
                )
        if not self._by_place:
            self._redone_cpu_s = 0.0
