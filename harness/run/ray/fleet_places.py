"""Who holds which shard of a fleet: each worker its own, and those of workers that are lost.

May import ``workload`` and ``run``.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import ray

from harness.run.ray.workers import Workers
from harness.workload import AnyFleet


class FleetPlaces:
    """The workers of a fleet by place, and the shards by number: the one of a place is its own.

    ``sample`` are requests that who joins encodes first, so that no kernel is cold.
    """

    def __init__(
        self,
        workers: Workers,
        program: AnyFleet,
        shares: Sequence[Any],
        sample: Sequence[Any],
        shared: tuple[Any, ...],
    ) -> None:
        self.program = program
        self.shards = len(shares)
        self._workers = workers
        self._stored_program = ray.put(program)
        self._shares = [ray.put(share) for share in shares]
        self._sample = sample
        self._shared = shared
        self._holders: dict[int, int] = {}
        self._changes: dict[int, dict[int, bool]] = defaultdict(dict)
        self.present: list[int] = []

    def join(self, place: int) -> Any:
        """Have the worker of a place join; return what tells that it has, and its address."""
        actor = self._workers.actor(place)
        return actor.join.remote(
            self._stored_program, self._sample, place, self._shares, *self._shared
        )

    def admit(self, place: int) -> None:
        """Let a worker take part that has joined; it has its own shard back."""
        elsewhere = self._holders.get(place)
        self._holders[place] = place
        if elsewhere is not None:
            self._changes[elsewhere][place] = False
        self.present = sorted({*self.present, place})

    def take_changes(self, place: int) -> tuple[list[int], list[int]]:
        """Return the shards that a worker is to hold and to drop, which it is told of now."""
        changes = self._changes.pop(place, {})
        hold = [shard for shard, held in changes.items() if held]
        return hold, [shard for shard, held in changes.items() if not held]

    def lose(self, place: int) -> None:
        """Have others hold what a lost worker held, each time who holds the fewest.

        Where nobody is left, each shard waits for its own worker.
        """
        self.present = [other for other in self.present if other != place]
        self._changes.pop(place, None)
        orphans = self.shards_at(place)
        self._holders = {shard: at for shard, at in self._holders.items() if at != place}
        for shard in orphans if self.present else ():
            at = min(self.present, key=lambda other: len(self.shards_at(other)))
            self._changes[at][shard] = True
            self._holders[shard] = at

    def holder(self, shard: int) -> int | None:
        """Return who holds a shard (None: nobody, for now)."""
        return self._holders.get(shard)

    def shards_at(self, place: int) -> list[int]:
        """Return the shards that a worker holds."""
        return [shard for shard, at in self._holders.items() if at == place]
