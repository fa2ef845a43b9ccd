"""Chunks that were sent to workers and are not done: by what tells of their end, and by worker.

Every look is for one chunk or one worker, never for all of them: with thousands of workers the
driver would do nothing else. Imports nothing of ours.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Flight(NamedTuple):
    """A chunk in flight: where it was sent, to which worker there, and the pending outcome."""

    chunk: int
    place: int
    actor: Any
    outcome: Any


class Flights:
    """The chunks in flight, each known by the pending account of what it takes."""

    def __init__(self) -> None:
        self._by_timing: dict[Any, Flight] = {}
        self._by_actor: dict[Any, dict[Any, Flight]] = {}
        self._places: dict[Any, int] = {}

    @property
    def places(self) -> Mapping[Any, int]:
        """Return the place of each chunk, as it stands now and later."""
        return self._places

    def __contains__(self, timing: Any) -> bool:
        """Return whether a chunk is still in flight."""
        return timing in self._by_timing

    def add(self, timing: Any, flight: Flight) -> None:
        """Note that a chunk was sent."""
        self._by_timing[timing] = flight
        self._places[timing] = flight.place
        self._by_actor.setdefault(flight.actor, {})[timing] = flight

    def get(self, timing: Any) -> Flight:
        """Return a chunk in flight."""
        return self._by_timing[timing]

    def remove(self, timing: Any) -> None:
        """Note that a chunk is done."""
        flight = self._by_timing.pop(timing)
        del self._places[timing]
        beside = self._by_actor[flight.actor]
        del beside[timing]
        if not beside:
            del self._by_actor[flight.actor]

    def load(self, actor: Any) -> int:
        """Return how many chunks a worker has."""
        return len(self._by_actor.get(actor, ()))

    def chunks_of(self, actor: Any) -> list[int]:
        """Return the chunks that a worker has, in the order in which they were sent."""
        return [flight.chunk for flight in self._by_actor.get(actor, {}).values()]

    def take_all(self, actor: Any) -> list[int]:
        """Remove the chunks that a worker has; return them in the order in which they were sent."""
        chunks = self.chunks_of(actor)
        for timing in [*self._by_actor.get(actor, {})]:
            self.remove(timing)
        return chunks

    def first_chunks(self) -> dict[int, int]:
        """Return the chunk that each place was sent first, of those that it has."""
        first: dict[int, int] = {}
        for flight in self._by_timing.values():
            first.setdefault(flight.place, flight.chunk)
        return first
