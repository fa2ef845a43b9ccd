"""What one worker has of a fleet: shards to search, and what it encodes requests with.

May import ``workload`` and ``run``.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from harness.run.core_seconds import Timing
from harness.run.ray.timed import time_call
from harness.workload import AnyFleet


class FleetCall(NamedTuple):
    """What a worker is asked for at once.

    First to search shards for queries of other workers, each a number and the queries; then to
    encode requests (none: nothing), and to search ``own`` shards for them.
    """

    searches: Sequence[tuple[int, Any]] = ()
    asked: Sequence[Any] = ()
    own: Sequence[int] = ()


class FleetAnswer(NamedTuple):
    """What was found in each search, the queries (None: there are none), and what ``own`` have."""

    found: Sequence[Any]
    queries: Any
    own: Sequence[Any]


class FleetMember:
    """One worker's part of a fleet. ``shared`` are the values that all workers see."""

    def __init__(self, program: AnyFleet, shared: tuple[Any, ...]) -> None:
        self._program = program
        self._shared = shared
        self._shards: dict[int, Any] = {}

    def rehearse(self, sample: Sequence[Any]) -> None:
        """Encode some requests."""
        self._program.encode(sample, *self._shared)

    def hold(self, number: int, share: Any) -> None:
        """Make a shard of its share."""
        self._shards[number] = self._program.start(share, *self._shared)

    def drop(self, number: int) -> None:
        """Let go of a shard."""
        self._shards.pop(number, None)

    def answer(self, call: FleetCall) -> tuple[FleetAnswer, Timing]:
        """Do what a call asks for; return it, and what it took."""
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
