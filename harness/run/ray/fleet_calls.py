"""The calls of a fleet, and what they took: told as one span for each worker every now and then.

May import ``workload`` and ``run``.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.run.core_seconds import CoreTimeAccount, Timing, together
from harness.run.ray.workers import Workers

SPAN_EVERY_S = 0.5


@dataclass(eq=False)
class MicroBatch:
    """Requests that are encoded together, and what is known of them so far.

    ``chunk`` is its number in the losses. ``parts`` are what shards have, by their numbers.
    """

    chunk: int
    numbers: Sequence[int]
    queries: Any = None
    parts: dict[int, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Call:
    """A call in flight: what it encodes (None: nothing), and what it searches for."""

    encodes: MicroBatch | None
    own: Sequence[int]
    searches: Sequence[tuple[MicroBatch, int]]

    @property
    def batches(self) -> list[MicroBatch]:
        """Return the micro-batches that it works on."""
        encoded = [] if self.encodes is None else [self.encodes]
        return [*encoded, *(batch for batch, _ in self.searches)]


class FleetCalls:
    """The account of a fleet's calls; a worker that has none waits for requests."""

    def __init__(
        self,
        workers: Workers,
        account: CoreTimeAccount,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._workers = workers
        self._account = account
        self._clock = clock
        self._in_flight: dict[int, int] = defaultdict(int)
        self._free_since = dict.fromkeys(range(workers.size), clock())
        self._timings: dict[int, list[Timing]] = defaultdict(list)
        self._items: dict[int, int] = defaultdict(int)
        self._first_chunk = 0
        self._passed_on_at = clock()

    def sent(self, place: int) -> None:
        """Note that a call was sent to a worker."""
        if self._in_flight[place] == 0:
            self._account.waited(self._clock() - self._free_since[place])
        self._in_flight[place] += 1

    def answered(self, place: int, timing: Timing, requests: int) -> None:
        """Note what a call took, which has encoded so many requests."""
        self._in_flight[place] -= 1
        self._free_since[place] = self._clock()
        self._account.kernel_done(timing)
        self._workers.watch.add(timing)
        self._timings[place].append(timing)
        self._items[place] += requests

    def lost(self, place: int) -> None:
        """Note that all calls of a worker went down with it."""
        self._in_flight[place] = 0
        self._free_since[place] = self._clock()

    def pass_on(self, *, at_end: bool = False) -> None:
        """Tell what the calls took, if that is due."""
        now = self._clock()
        if not at_end and now < self._passed_on_at + SPAN_EVERY_S:
            return
        self._passed_on_at = now
        for place, timings in sorted(self._timings.items()):
            self._workers.span(place, self._first_chunk, self._items[place], together(timings))
        self._first_chunk += max(map(len, self._timings.values()), default=0)
        self._timings.clear()
        self._items.clear()
