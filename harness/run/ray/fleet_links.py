"""The driver's connections to the workers of a fleet, over which calls and answers travel.

A call of Ray's takes a good millisecond of a core, in the driver and in the worker; a message over
a socket takes a tenth of that. May import nothing of ours but ``peers``, ``channel`` and
``messages``.
"""

import contextlib
import select
import socket
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from harness.run.ray.channel import Channel
from harness.run.ray.messages import pack, unpack
from harness.run.ray.peers import PeerLost


@dataclass
class _Link:
    """A connection to the worker of a place; messages are numbered each way."""

    place: int
    connection: socket.socket
    channel: Channel
    sent: int = 0
    received: int = 0


class FleetLinks:
    """The connections by place; a context manager, which closes them: then workers stop waiting.

    One that breaks is closed, and its place is no longer among them.
    """

    def __init__(self) -> None:
        self._poll = select.poll()
        self._links: dict[int, _Link] = {}
        self._by_number: dict[int, _Link] = {}
        self._arrived: list[tuple[int, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for link in [*self._links.values()]:
            self._close(link)

    def __contains__(self, place: int) -> bool:
        """Return whether a worker can be sent calls."""
        return place in self._links

    def add(self, place: int, connection: socket.socket) -> None:
        """Have calls of a place go over a connection from now on."""
        link = _Link(place, connection, Channel(connection))
        self._links[place] = self._by_number[connection.fileno()] = link
        self._poll.register(connection, select.POLLIN)

    def remove(self, place: int) -> None:
        """Close the connection of a place, and forget what came over it that nobody has taken."""
        if place in self._links:
            self._close(self._links[place])
        self._arrived = [one for one in self._arrived if one[0] != place]

    def send(self, place: int, call: Any) -> None:
        """Send a call to the worker of a place. That it is gone is noticed elsewhere."""
        link = self._links[place]
        with self._closed_if_lost(link):
            link.channel.put(link.sent, pack(call))
            link.sent += 1
        self._note(link)

    def wait(self, also: Collection[int], within_s: float) -> set[int]:
        """Wait for an answer, or until one of some other descriptors can be read.

        Return which of these can. What does not leave at once leaves meanwhile.
        """
        for number in also:
            self._poll.register(number, select.POLLIN)
        ready = {number for number, _ in self._poll.poll(0 if self._arrived else within_s * 1000)}
        for number in also:
            self._poll.unregister(number)
        for number in ready.difference(also):
            link = self._by_number[number]
            with self._closed_if_lost(link):
                link.channel.exchange()
            self._note(link)
        return ready.intersection(also)

    def take(self) -> list[tuple[int, Any]]:
        """Return the answers that have come, each with its place; of one place in their order."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def _note(self, link: _Link) -> None:
        """Keep what has come, and have the poll look at what is to leave."""
        while link.channel.has_message:
            self._arrived.append((link.place, unpack(link.channel.take(link.received))))
            link.received += 1
        if link.place in self._links:
            self._poll.modify(link.connection, link.channel.awaited)

    @contextlib.contextmanager
    def _closed_if_lost(self, link: _Link) -> Iterator[None]:
        try:
            yield
        except PeerLost:
            self._close(link)

    def _close(self, link: _Link) -> None:
        self._poll.unregister(link.connection)
        del self._by_number[link.connection.fileno()]
        del self._links[link.place]
        link.connection.close()
