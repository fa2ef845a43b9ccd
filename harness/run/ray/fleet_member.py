"""What one worker has of a fleet: shards to search, and what it encodes requests with.

May import ``workload`` and ``run``.
"""

import math
import socket
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from harness.run.core_seconds import Timing
from harness.run.ray.channel import Channel, wait_for
from harness.run.ray.messages import pack, unpack
from harness.run.ray.peers import PeerLost
from harness.run.ray.timed import time_call
from harness.workload import AnyFleet


class FleetCall(NamedTuple):
    """What a worker is asked for at once.

    First to ``hold`` more shards and to ``drop`` others; then to search shards for queries of other
    workers, each a number and the queries; last to encode requests (none: nothing), and to search
    ``own`` shards for them.
    """

    searches: Sequence[tuple[int, Any]] = ()
    asked: Sequence[Any] = ()
    own: Sequence[int] = ()
    hold: Sequence[int] = ()
    drop: Sequence[int] = ()


class FleetAnswer(NamedTuple):
    """What was found in each search, the queries (None: there are none), and what ``own`` have."""

    found: Sequence[Any]
    queries: Any
    own: Sequence[Any]


class FleetMember:
    """One worker's part of a fleet.

    ``fetch(number)`` returns the share of which a shard is made, and ``shared`` are the values that
    all workers see.
    """

    def __init__(
        self, program: AnyFleet, fetch: Callable[[int], Any], shared: tuple[Any, ...]
    ) -> None:
        self._program = program
        self._fetch = fetch
        self._shared = shared
        self._shards: dict[int, Any] = {}

    def rehearse(self, sample: Sequence[Any]) -> None:
        """Encode some requests."""
        self._program.encode(sample, *self._shared)

    def hold(self, number: int) -> None:
        """Make a shard of its share."""
        self._shards[number] = self._program.start(self._fetch(number), *self._shared)

    def answer_calls(self, connection: socket.socket) -> None:
        """Answer what comes over a connection, one call after the other, until it is closed."""
        with connection:
            channel, answered = Channel(connection), 0
            try:
                while True:
                    while not channel.has_message:
                        wait_for([channel], math.inf)
                    answer = self.answer(FleetCall(*unpack(channel.take(answered))))
                    channel.put(answered, pack(answer))
                    answered += 1
            except PeerLost:
                return

    def answer(self, call: FleetCall) -> tuple[FleetAnswer, Timing]:
        """Do what a call asks for; return it, and what it took but for shards that it holds now."""
        for number in call.drop:
            self._shards.pop(number, None)
        for number in call.hold:
            self.hold(number)
        answer, timing = time_call(lambda: self._answer(call))
        return answer, timing

    def _answer(self, call: FleetCall) -> FleetAnswer:
        found = [self._search(number, queries) for number, queries in call.searches]
        if not call.asked:
            return FleetAnswer(found, None, ())
        queries = self._program.encode(call.asked, *self._shared)
        return FleetAnswer(found, queries, [self._search(number, queries) for number in call.own])

    def _search(self, number: int, queries: Any) -> Any:
        return self._program.search(self._shards[number], queries, *self._shared)
