"""One map on Ray, or either half of a shuffle: chunks waiting, in flight, and finished.

May import ``workload`` and ``run``.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import ray
from ray.exceptions import RayActorError, RayError

from harness.run.core_seconds import CoreTimeAccount, Timing
from harness.run.ray.ray_errors import loss_reason, raise_cause
from harness.run.ray.workers import Workers
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
    once it is there. ``items(chunk)`` counts a chunk. ``first`` is the first chunk's number in
    spans.
    """

    def __init__(
        self,
        workers: Workers,
        account: CoreTimeAccount,
        chunks: int,
        send: Callable[[Any, int], SentChunk],
        fetch: Callable[[Any], Any],
        items: Callable[[int], int],
        first: int = 0,
    ) -> None:
        self._workers = workers
        self._account = account
        self._send = send
        self._fetch = fetch
        self._items = items
        self._first = first
        self._waiting = deque(range(chunks))
        self._in_flight: dict[Any, tuple[int, int, Any]] = {}
        self._finished: dict[int, FinishedChunk] = {}
        self._chunks = chunks
        self._stalled: set[int] = set()
        self._done = 0

    def run(self, report: Reporter) -> list[FinishedChunk]:
        """Run all chunks, pulled dynamically; return what became of them in their order."""
        while len(self._finished) < self._chunks:
            self._send_waiting()
            due = {timing: place for timing, (_, place, _) in self._in_flight.items()}
            for timing in self._workers.wait(
                due, self._workers.returning, forgiven=self._forgiven()
            ):
                self._receive(timing)
            report(self._done)
        return [self._finished[chunk] for chunk in range(self._chunks)]

    def _forgiven(self) -> set[int]:
        """Return the places whose chunk has stalled another worker: it is the chunk, not this one.

        It is waited for.
        """
        first: dict[int, int] = {}
        for chunk, place, _ in self._in_flight.values():
            first.setdefault(place, chunk)
        return {place for place, chunk in first.items() if chunk in self._stalled}

    def _send_waiting(self) -> None:
        """Hand every worker chunks until it has enough in flight, the least loaded first."""
        loads = dict.fromkeys(range(self._workers.size), 0)
        for _, place, _ in self._in_flight.values():
            loads[place] += 1
        while self._waiting and min(loads.values()) < CHUNKS_IN_FLIGHT:
            place = min(loads, key=lambda place: loads[place])
            chunk = self._waiting.popleft()
            sent = self._send(self._workers.actor(place), chunk)
            self._in_flight[sent.timing] = (chunk, place, sent.outcome)
            loads[place] += 1

    def _receive(self, timing: Any) -> None:
        if timing in self._workers.returning:
            self._take_in(timing)
        elif timing in self._in_flight:  # else it went down with its worker and waits again
            self._finish(timing)

    def _take_in(self, description: Any) -> None:
        place = self._workers.returning[description]
        try:
            self._workers.take_in(description)
        except RayActorError as loss:
            self._redo(place, loss)

    def _finish(self, timing: Any) -> None:
        """Keep what a chunk came to, or have it redone."""
        chunk, place, pending = self._in_flight[timing]
        try:
            timed, outcome = ray.get(timing), self._fetch(pending)
        except RayActorError as loss:
            self._redo(place, loss)
            return
        except RayError as raised:
            raise_cause(raised)
        del self._in_flight[timing]
        items = self._items(chunk)
        self._done += items
        self._finished[chunk] = FinishedChunk(outcome, place, timed)
        self._account.chunk_done(place, timed)
        self._workers.watch.add(timed)
        self._workers.span(place, self._first + chunk, items, timed)

    def _redo(self, place: int, loss: RayActorError) -> None:
        """Put the lost worker's chunks at the head of the queue and have its place filled."""
        gone = [timing for timing, (_, where, _) in self._in_flight.items() if where == place]
        chunks = [self._in_flight.pop(timing)[0] for timing in gone]
        if self._workers.was_stuck(place):
            self._stalled.update(chunks[:1])
        self._waiting.extendleft(sorted(chunks, reverse=True))
        self._workers.replace(place, loss_reason(loss), time.perf_counter())
