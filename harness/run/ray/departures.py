"""Workers that will be gone at a moment that is known beforehand, and who comes in their place.

May import ``run``.
"""

import queue
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

LEFT = "it left after notice"


class Newcomer(NamedTuple):
    """Who is to fill a place, with the pending description; ``warm``: it has computed before."""

    actor: Any
    description: Any
    warm: bool


@dataclass(frozen=True, kw_only=True)
class Departure:
    """When a worker will be gone, at a reading of ``time.monotonic``, and who comes for it."""

    deadline: float
    newcomer: Newcomer

    @property
    def left_s(self) -> float:
        """Return the seconds that are left."""
        return self.deadline - time.monotonic()


class Departures:
    """The places whose workers will be gone. ``call(place)`` has somebody come for one.

    Any thread may ``announce``; everything else is for the driver's thread alone.
    """

    def __init__(self, call: Callable[[int], Newcomer]) -> None:
        self._call = call
        self._notices: queue.SimpleQueue[tuple[int, float]] = queue.SimpleQueue()
        self._by_place: dict[int, Departure] = {}

    def announce(self, place: int, deadline: float) -> None:
        """Note that a worker will be gone at that reading of ``time.monotonic``."""
        self._notices.put((place, deadline))

    @property
    def has_notices(self) -> bool:
        """Return whether something was announced that nobody has looked at."""
        return not self._notices.empty()

    def update(self, absent: Container[int]) -> dict[int, Departure]:
        """Return the departures by place, with those that were announced meanwhile.

        Whoever comes for them is called at once. Of those that are ``absent`` nothing is expected.
        """
        while not self._notices.empty():
            place, deadline = self._notices.get_nowait()
            if place not in absent and place not in self._by_place:
                self._by_place[place] = Departure(deadline=deadline, newcomer=self._call(place))
        return dict(self._by_place)

    def call_again(self, place: int) -> None:
        """Have somebody else come: the one that was called is lost."""
        self._by_place[place] = replace(self._by_place[place], newcomer=self._call(place))

    def cancel(self) -> list[Newcomer]:
        """Expect no departure any more; return those that were called in vain."""
        while not self._notices.empty():
            self._notices.get_nowait()
        called = [departure.newcomer for departure in self._by_place.values()]
        self._by_place.clear()
        return called

    def left_s(self, place: int) -> float:
        """Return for how many seconds a worker stays (infinity: nothing else is known)."""
        departure = self._by_place.get(place)
        return float("inf") if departure is None else departure.left_s

    def take(self, place: int) -> Newcomer | None:
        """Return who comes for a worker that goes now (None: nobody was called)."""
        departure = self._by_place.pop(place, None)
        return None if departure is None else departure.newcomer
