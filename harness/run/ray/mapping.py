"""One map on Ray, or either half of a shuffle: chunks waiting, in flight, and finished.

May import ``workload`` and ``run``.
"""

import time
from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import ray
from ray.exceptions import RayActorError, RayError

from harness.run.core_seconds import CoreTimeAccount, Timing
from harness.run.ray.flights import Flight, Flights
from harness.run.ray.ray_errors import loss_reason, raise_cause
from harness.run.ray.workers import Leaver, Workers
from harness.workload import Reporter

CHUNKS_IN_FLIGHT = 2


class SentChunk(NamedTuple):
    """A chunk on its way: the pending outcome, and the pending account of what it took."""

    outcome: Any
    timing: Any


class FinishedChunk(NamedTuple):
    """A chunk that is done: its outcome, where it was made, and what that took there."""

    outcome: Any
    place: int
    timing: Timing


class MapRun:
    """One pass over ``chunks`` chunks, known by number.

    ``send(actor, chunk)`` starts one on a worker. ``fetch`` returns the result of what is pending,
    once it is there. ``items(chunk)`` counts a chunk, ``activity(chunk)`` says what is done with
    it. ``first`` is the first chunk's number in spans.
    """

    def __init__(
        self,
        workers: Workers,
        account: CoreTimeAccount,
        chunks: int,
        send: Callable[[Any, int], SentChunk],
        fetch: Callable[[Any], Any],
        items: Callable[[int], int],
        activity: Callable[[int], str],
        first: int = 0,
    ) -> None:
        self._workers = workers
        self._account = account
        self._send = send
        self._fetch = fetch
        self._items = items
        self._activity = activity
        self._first = first
        self._waiting = deque(range(chunks))
        self._flights = Flights()
        self._perhaps_free = {*range(workers.size)}
        self._finished: dict[int, FinishedChunk] = {}
        self._leavers: dict[int, Leaver] = {}
        self._chunks = chunks
        self._stalled: set[int] = set()
        self._done = 0

    def run(self, report: Reporter) -> list[FinishedChunk]:
        """Run all chunks, pulled dynamically; return what became of them in their order."""
        while len(self._finished) < self._chunks:
            arrivals = self._hand_over()
            self._send_waiting()
            for timing in self._workers.wait(
                self._flights.places,
                [*self._workers.returning, *arrivals],
                forgiven=self._forgiven(),
                until_notice=True,
            ):
                self._receive(timing)
            self._retire()
            report(self._done)
        return [self._finished[chunk] for chunk in range(self._chunks)]

    def _forgiven(self) -> set[int]:
        """Return the places whose chunk has stalled another worker: it is the chunk, not this one.

        It is waited for.
        """
        if not self._stalled:
            return set()
        first = self._flights.first_chunks()
        return {place for place, chunk in first.items() if chunk in self._stalled}

    def _send_waiting(self) -> None:
        """Hand every worker chunks until it has enough in flight, the least loaded first.

        Room can be only where something has changed since the last time.
        """
        if not self._waiting:
            return
        free = [(self._flights.load(self._workers.actor(at)), at) for at in self._perhaps_free]
        self._perhaps_free.clear()
        heapify(free)
        while self._waiting and free:
            load, place = heappop(free)
            if not self._has_room(place, load):
                continue
            chunk, actor = self._waiting.popleft(), self._workers.actor(place)
            sent = self._send(actor, chunk)
            self._flights.add(sent.timing, Flight(chunk, place, actor, sent.outcome))
            heappush(free, (load + 1, place))
        self._perhaps_free.update(place for _, place in free)

    def _has_room(self, place: int, load: int) -> bool:
        """Return whether a worker is there, has too little in flight, and time for a chunk more."""
        if load >= CHUNKS_IN_FLIGHT or place in self._workers.returning.values():
            return False
        return self._workers.left_s(place) > (load + 1) * self._workers.watch.longest_s

    def _hand_over(self) -> list[Any]:
        """Fill the places of workers that leave, where somebody has come for them.

        Who leaves finishes what it has. Return what tells that somebody has come for the others.
        """
        arrivals = []
        for place, departure in self._workers.departures().items():
            description = departure.newcomer.description
            if not ray.wait([description], timeout=0)[0]:
                arrivals.append(description)
                continue
            try:
                ray.get(description)
            except RayActorError:
                self._workers.call_again(place)
                continue
            self._leavers[place] = leaver = self._workers.give_up(place)
            self._take_in(description)
            left = self._flights.chunks_of(leaver.actor)
            self._workers.losses.owe(place, left, begun=0)
        return arrivals

    def _retire(self) -> None:
        """End those that have left their places, and have finished what they had."""
        for place, leaver in [*self._leavers.items()]:
            if not self._flights.load(leaver.actor):
                del self._leavers[place]
                self._workers.retire(leaver)

    def _receive(self, timing: Any) -> None:
        if timing in self._workers.returning:
            self._take_in(timing)
        elif timing in self._flights:  # else it went down with its worker and waits again
            self._finish(timing)

    def _take_in(self, description: Any) -> None:
        place = self._workers.returning[description]
        self._perhaps_free.add(place)
        try:
            self._workers.take_in(description)
        except RayActorError as loss:
            self._redo(place, self._workers.actor(place), loss)

    def _finish(self, timing: Any) -> None:
        """Keep what a chunk came to, or have it redone."""
        chunk, place, actor, pending = self._flights.get(timing)
        try:
            timed, outcome = ray.get(timing), self._fetch(pending)
        except RayActorError as loss:
            self._redo(place, actor, loss)
            return
        except RayError as raised:
            raise_cause(raised)
        self._flights.remove(timing)
        self._perhaps_free.add(place)
        items = self._items(chunk)
        self._done += items
        self._finished[chunk] = FinishedChunk(outcome, place, timed)
        self._workers.losses.chunk_done(chunk)
        self._account.chunk_done(place, timed)
        self._workers.watch.add(timed)
        self._workers.span(place, self._first + chunk, items, timed, self._activity(chunk))

    def _redo(self, place: int, actor: Any, loss: RayActorError) -> None:
        """Put the lost worker's chunks at the head of the queue and have its place filled.

        The place of one that was leaving is filled already.
        """
        chunks = self._flights.take_all(actor)
        if self._workers.was_stuck(place):
            self._stalled.update(chunks[:1])
        self._waiting.extendleft(sorted(chunks, reverse=True))
        if actor is self._workers.actor(place):
            self._workers.replace(place, loss_reason(loss), time.perf_counter())
        self._workers.losses.owe(place, chunks, begun=len(chunks[:1]))
