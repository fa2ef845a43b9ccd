"""Requests that come one by one, and the program of the fleet that answers them.

Part of the workload contract; ``workload`` hands it on to workload files. Imports the standard
library only.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, Protocol, TypeVar

Share = TypeVar("Share")
Shard = TypeVar("Shard")
Asked = TypeVar("Asked")
Queries = TypeVar("Queries")
Part = TypeVar("Part")
Reply = TypeVar("Reply")


class Requests(Protocol):
    """The requests of one run, known by number: they come when they come."""

    @property
    def count(self) -> int:
        """Return how many there are in all."""

    @property
    def over(self) -> bool:
        """Return whether all of them were taken, or no more are to be answered."""

    def take(self, most: int, within_s: float | None = None) -> list[int]:
        """Return the numbers of up to ``most`` requests that have come, in their order.

        If there are none, wait for one ``within_s`` seconds (None: for as long as it takes). None
        is returned once they are over.
        """

    def answered(self, numbers: Sequence[int]) -> None:
        """Note that these requests are answered now."""

    def descriptor(self) -> int | None:
        """Return a file descriptor that can be read once one has come (None: all are there)."""


class Backlog:
    """Requests that are all there from the start: what can be served at most."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._taken = 0

    @property
    def over(self) -> bool:
        """Return whether all were taken."""
        return self._taken == self.count

    def take(self, most: int, within_s: float | None = None) -> list[int]:
        """Return the next requests."""
        first, self._taken = self._taken, min(self.count, self._taken + most)
        return [*range(first, self._taken)]

    def answered(self, numbers: Sequence[int]) -> None:
        """Do nothing: nobody waits."""

    def descriptor(self) -> None:
        """Return None: all are there."""


@dataclass(frozen=True)
class Fleet(Generic[Share, Shard, Asked, Queries, Part, Reply]):
    """A search that is shared out: any worker encodes requests, and each holds a shard to search.

    ``start(share, *shared)`` makes a shard of its element of the shares. ``encode(asked,
    *shared)`` returns what is searched for by a micro-batch of requests, and ``search(shard,
    queries, *shared)`` what a shard has for it. ``merge(parts)`` makes the replies, one for each of
    the requests, of what all shards have, in their order. A request must have the same reply to the
    last bit in any micro-batch and with any number of shards.
    """

    start: Callable[Concatenate[Share, ...], Shard]
    encode: Callable[Concatenate[Sequence[Asked], ...], Queries]
    search: Callable[Concatenate[Shard, Queries, ...], Part]
    merge: Callable[[Sequence[Part]], Iterable[Reply]]

    def replies(
        self, shards: Sequence[Shard], asked: Sequence[Asked], *shared: Any
    ) -> Iterable[Reply]:
        """Reply to a micro-batch here, with all shards: what a pool computes."""
        queries = self.encode(asked, *shared)
        return self.merge([self.search(shard, queries, *shared) for shard in shards])

    def serve(
        self,
        shards: Sequence[Shard],
        asked: Sequence[Asked],
        requests: Requests,
        micro_batch: int,
        *shared: Any,
        report: Callable[[int], None],
    ) -> list[Reply | None]:
        """Answer requests here until they are over, one micro-batch after the other.

        ``asked`` is what each request asks, by its number, and so is what is returned (None: it was
        not answered).
        """
        replies: list[Reply | None] = [None] * requests.count
        done = 0
        while numbers := requests.take(micro_batch):
            batch = [asked[number] for number in numbers]
            for number, reply in zip(numbers, self.replies(shards, batch, *shared), strict=True):
                replies[number] = reply
            requests.answered(numbers)
            report(done := done + len(numbers))
        return replies


AnyFleet = Fleet[Any, Any, Any, Any, Any, Any]
