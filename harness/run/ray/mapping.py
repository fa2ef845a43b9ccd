"""One map on Ray, or either half of a shuffle: chunks waiting, chunks in flight, what has become of the others.

May import ``workload`` and ``run``.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import ray
from ray.exceptions import RayActorError, RayError

from harness.run.core_seconds import Account, Timing
from harness.run.ray.cluster import Crew
from harness.run.ray.ray_errors import raise_own, reason
from harness.workload import Reporter

CHUNKS_IN_FLIGHT = 2


class Sent(NamedTuple):
    """A chunk on its way: the pending outcome, and the pending account of what it took."""

    outcome: Any
    timing: Any


class Landed(NamedTuple):
    """A chunk that is done: its outcome, where it was made, and what that took there."""

    outcome: Any
    place: int
    timing: Timing


class Mapping:
    """One pass over ``chunks`` chunks, known by number. ``send(actor, chunk)`` starts one on a worker.

    ``fetch`` makes the outcome of what is pending, when it is there; ``items(chunk)`` counts a chunk. ``first`` is the
    number that the first chunk goes by in what is told of it.
    """

    def __init__(
        self,
        crew: Crew,
        account: Account,
        chunks: int,
        send: Callable[[Any, int], Sent],
        fetch: Callable[[Any], Any],
        items: Callable[[int], int],
        first: int = 0,
    ) -> None:
        self._crew, self._account = crew, account
        self._send, self._fetch, self._items, self._first = send, fetch, items, first
        self._waiting = deque(range(chunks))
        self._flying: dict[Any, tuple[int, int, Any]] = {}
        self._landed: dict[int, Landed] = {}
        self._chunks = chunks
        self._done = 0

    def run(self, report: Reporter) -> list[Landed]:
        """Run all chunks, pulled dynamically; return what became of them in their order."""
        while len(self._landed) < self._chunks:
            self._fill()
            for timing in ray.wait([*self._flying, *self._crew.returning])[0]:
                self._land(timing)
            report(self._done)
        return [self._landed[chunk] for chunk in range(self._chunks)]

    def _fill(self) -> None:
        """Hand every worker chunks until it has enough in flight, the least loaded first."""
        loads = dict.fromkeys(range(self._crew.size), 0)
        for _, place, _ in self._flying.values():
            loads[place] += 1
        while self._waiting and min(loads.values()) < CHUNKS_IN_FLIGHT:
            place = min(loads, key=lambda place: loads[place])
            chunk = self._waiting.popleft()
            sent = self._send(self._crew.actor(place), chunk)
            self._flying[sent.timing] = (chunk, place, sent.outcome)
            loads[place] += 1

    def _land(self, timing: Any) -> None:
        if timing in self._crew.returning:
            self._welcome(timing)
        elif timing in self._flying:  # else it went down with its worker and waits again
            self._take(timing)

    def _welcome(self, description: Any) -> None:
        place = self._crew.returning[description]
        try:
            self._crew.welcome(description)
        except RayActorError as loss:
            self._redo(place, loss)

    def _take(self, timing: Any) -> None:
        """Keep what a chunk came to, or have it redone."""
        chunk, place, pending = self._flying[timing]
        try:
            timed, outcome = ray.get(timing), self._fetch(pending)
        except RayActorError as loss:
            self._redo(place, loss)
            return
        except RayError as raised:
            raise_own(raised)
        del self._flying[timing]
        items = self._items(chunk)
        self._done += items
        self._landed[chunk] = Landed(outcome, place, timed)
        self._account.landed(place, timed)
        self._crew.span(place, self._first + chunk, items, timed)

    def _redo(self, place: int, loss: RayActorError) -> None:
        """Put the lost worker's chunks at the head of the queue and have its place filled."""
        gone = [timing for timing, (_, where, _) in self._flying.items() if where == place]
        self._waiting.extendleft(
            sorted((self._flying.pop(timing)[0] for timing in gone), reverse=True)
        )
        self._crew.replace(place, reason(loss), time.perf_counter())
