"""Messages to and from one neighbour in a pipeline, over a connection that does not block.

A stage computes while its messages travel: what does not fit into the system's buffers waits here
and leaves at the next exchange. A message has one byte at least. May import ``peers``.
"""

import select
import socket
import time
from collections import deque
from collections.abc import Sequence
from itertools import islice

from harness.run.ray.peers import HEADER, LOOK_EVERY_S, PeerLost

MOST_BLOCKS = 64  # that leave at once; systems allow 1,024


def broken(error: OSError) -> PeerLost:
    """Return what is raised for a connection that breaks."""
    return PeerLost(f"a connection broke: {type(error).__name__}")


class Channel:
    """One connection: what is still to be sent, and what has come, each message with its number."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._to_send: deque[memoryview] = deque()
        self._arrived: deque[tuple[int, bytearray]] = deque()
        self._number: int | None = None
        self._received = bytearray(HEADER.size)
        self._room = memoryview(self._received)

    def fileno(self) -> int:
        """Return the number of the connection's descriptor."""
        return self._connection.fileno()

    @property
    def awaited(self) -> int:
        """Return the events to wait for."""
        return select.POLLIN | (select.POLLOUT if self._to_send else 0)

    @property
    def is_sending(self) -> bool:
        """Return whether a message has not left yet."""
        return bool(self._to_send)

    @property
    def has_message(self) -> bool:
        """Return whether a message has come that nobody has taken."""
        return bool(self._arrived)

    def put(self, number: int, blocks: Sequence[memoryview]) -> None:
        """Send a message of these blocks, as much of it as leaves at once.

        The rest is copied: whose memory it is may change it once this has returned.
        """
        length = sum(block.nbytes for block in blocks)
        message = [memoryview(HEADER.pack(number, length)), *blocks]
        self._to_send += message
        self._send()
        left = len(self._to_send)
        for place in range(max(0, left - len(message)), left):
            self._to_send[place] = memoryview(bytes(self._to_send[place]))

    def take(self, number: int) -> bytearray:
        """Return the first message that has come; raise ``PeerLost`` if it is another one."""
        came, message = self._arrived.popleft()
        if came != number:
            raise PeerLost(f"message {came} instead of {number}")
        return message

    def exchange(self) -> None:
        """Send what leaves, and receive what is there, without waiting.

        Raises ``PeerLost`` if the neighbour is gone.
        """
        self._send()
        self._receive()

    def _send(self) -> None:
        """Send blocks together: each by itself would cost a call, and wake the neighbour up."""
        while self._to_send:
            try:
                sent = self._connection.sendmsg(islice(self._to_send, MOST_BLOCKS))
            except BlockingIOError:
                return
            except OSError as error:
                raise broken(error) from error
            while self._to_send and sent >= len(self._to_send[0]):
                sent -= len(self._to_send.popleft())
            if sent:
                self._to_send[0] = self._to_send[0][sent:]

    def _receive(self) -> None:
        while True:
            try:
                count = self._connection.recv_into(self._room)
            except BlockingIOError:
                return
            except OSError as error:
                raise broken(error) from error
            if not count:
                raise broken(ConnectionError())
            self._room = self._room[count:]
            if not self._room:
                self._complete()

    def _complete(self) -> None:
        """Expect the message whose header has come, or keep the one that is whole."""
        if self._number is None:
            self._number, length = HEADER.unpack(self._received)
            self._received = bytearray(length)
        else:
            self._arrived.append((self._number, self._received))
            self._number, self._received = None, bytearray(HEADER.size)
        self._room = memoryview(self._received)


def wait_for(channels: Sequence[Channel], patience_s: float) -> float:
    """Wait until something can be exchanged with one of the neighbours, and exchange it.

    Return the seconds that this took. Raises ``PeerLost`` if nothing came or went for as long as
    the ``patience_s``, or if a neighbour is gone.
    """
    poll = select.poll()
    for channel in channels:
        poll.register(channel.fileno(), channel.awaited)
    began = time.perf_counter()
    while not poll.poll(LOOK_EVERY_S * 1000):
        if time.perf_counter() - began >= patience_s:
            raise PeerLost(f"nothing came for {time.perf_counter() - began:.0f} s")
    for channel in channels:
        channel.exchange()
    return time.perf_counter() - began
