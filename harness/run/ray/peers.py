"""A worker's connections to all others, over which the parts of a lockstep travel.

Parts go from process to process, past Ray's driver and store, as the collectives of Ray Train do:
a task of Ray's for every part takes milliseconds of a core, a message some tenths of one. Whoever
connects says a token that the driver has made; nothing else is read before that.
May import nothing of ours.
"""

import hmac
import math
import select
import socket
import struct
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

Address = tuple[str, int]

TOKEN_BYTES = 32
GREETING = struct.Struct(f"!{TOKEN_BYTES}sII")  # token, attempt, place
HEADER = struct.Struct("!QQ")  # step, bytes that follow
BUFFER_BYTES = 1 << 20
CONNECT_WITHIN_S = 30.0
CALL_WITHIN_S = GREET_WITHIN_S = 5.0
LOOK_EVERY_S = 1.0
SILENT_FOR_S = 10  # so long may a host be silent to what it is sent, before it counts as lost


class PeerLost(Exception):
    """Another worker can not be reached, or does something else."""


def listen(host: str) -> socket.socket:
    """Return a socket that waits for peers, on any free port of one interface."""
    return socket.create_server((host, 0))


def connect(
    listener: socket.socket, place: int, addresses: Sequence[Address], token: bytes, attempt: int
) -> "Peers":
    """Connect a worker with those in all other places, who do so at the same time.

    It calls those before it and waits for those after it. Who calls with another token, or for an
    earlier attempt, is not let in. Raises ``PeerLost`` if they are not there in time.
    """
    until = time.monotonic() + CONNECT_WITHIN_S
    found: dict[int, socket.socket] = {}
    try:
        for other in range(place):
            found[other] = _call(addresses[other], GREETING.pack(token, attempt, place))
        while len(found) < len(addresses) - 1:
            callers = range(place + 1, len(addresses))
            said, caller = _await_call(listener, callers, token, attempt, until)
            found[said] = caller
    except OSError as error:
        for connection in found.values():
            connection.close()
        raise PeerLost(f"no connection: {type(error).__name__}") from error
    return Peers(dict(sorted(found.items())))


def call_worker(address: Address, token: bytes, attempt: int) -> socket.socket:
    """Connect with a worker that waits for a call; raise ``PeerLost`` if it is not there in time.

    It is to listen already: nobody waits for it as long as for those who begin at the same time.
    """
    try:
        return _call(address, GREETING.pack(token, attempt, 0), CALL_WITHIN_S)
    except OSError as error:
        raise PeerLost(f"no connection: {type(error).__name__}") from error


def await_call(listener: socket.socket, token: bytes, attempt: int) -> socket.socket:
    """Wait for who calls with the token, and for this attempt; raise ``PeerLost`` if nobody does.

    Strangers are not let in.
    """
    until = time.monotonic() + CONNECT_WITHIN_S
    try:
        return _await_call(listener, range(1), token, attempt, until)[1]
    except OSError as error:
        raise PeerLost(f"no call: {type(error).__name__}") from error


def _call(address: Address, greeting: bytes, within_s: float = CONNECT_WITHIN_S) -> socket.socket:
    connection = socket.create_connection(address, timeout=within_s)
    connection.sendall(greeting)
    _set_up(connection)
    return connection


def _await_call(
    listener: socket.socket, callers: Collection[int], token: bytes, attempt: int, until: float
) -> tuple[int, socket.socket]:
    """Return the place of one of the callers, who is there by then, and the connection."""
    while True:
        listener.settimeout(max(0.001, until - time.monotonic()))
        caller, _ = listener.accept()
        said = _greeting(caller, token, attempt)
        if said is not None and said in callers:
            _set_up(caller)
            return said, caller
        caller.close()


def _greeting(caller: socket.socket, token: bytes, attempt: int) -> int | None:
    """Return the place of who calls (None: a stranger, or from an earlier attempt)."""
    caller.settimeout(GREET_WITHIN_S)
    greeting = b""
    while len(greeting) < GREETING.size:
        try:
            received = caller.recv(GREETING.size - len(greeting))
        except OSError:
            return None
        if not received:
            return None
        greeting += received
    said, round_of, place = GREETING.unpack(greeting)
    known = hmac.compare_digest(said, token) and round_of == attempt
    return int(place) if known else None


def _set_up(connection: socket.socket) -> None:
    """Have messages leave at once and a silent host be noticed."""
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", SILENT_FOR_S // 2),
        ("TCP_KEEPINTVL", 1),
        ("TCP_KEEPCNT", SILENT_FOR_S // 2),
        ("TCP_USER_TIMEOUT", SILENT_FOR_S * 1000),
    ):
        if hasattr(socket, option):  # not everywhere
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


class Peers:
    """The connections to all others, by place; ``alone``: there are none."""

    def __init__(self, connections: Mapping[int, socket.socket]) -> None:
        self._connections = connections
        self.alone = not connections

    def swap(self, step: int, message: bytes, patience_s: float = math.inf) -> list[bytearray]:
        """Send a message to all, and return theirs of the same step, in the order of places.

        Sends and receives at once, so that large messages cannot block each other. Raises
        ``PeerLost``, also where nothing comes or goes for as long as the patience: whoever waits
        then can tell that it is not what the others wait for.
        """
        still_s = 0.0
        transfers = {
            connection.fileno(): _Transfer(connection, step, message)
            for connection in self._connections.values()
        }
        poll = select.poll()
        for number in transfers:
            poll.register(number, select.POLLIN | select.POLLOUT)
        try:
            while not all([transfer.is_done for transfer in transfers.values()]):
                ready = poll.poll(LOOK_EVERY_S * 1000)
                still_s = 0.0 if ready else still_s + LOOK_EVERY_S
                if still_s >= patience_s:
                    raise PeerLost(f"nothing came for {still_s:.0f} s")
                for number, events in ready:
                    transfers[number].go_on(events)
                    if transfers[number].is_done:
                        poll.unregister(number)
                    else:
                        poll.modify(number, transfers[number].awaited)
        except OSError as error:
            raise PeerLost(f"a connection broke: {type(error).__name__}") from error
        return [transfer.received for transfer in transfers.values()]

    def connection(self, place: int) -> socket.socket | None:
        """Return the connection to one of the others (None: nobody is in that place)."""
        return self._connections.get(place)

    def close(self) -> None:
        """Close all connections: the others notice."""
        for connection in self._connections.values():
            connection.close()


@dataclass
class _Transfer:
    """One message each way over one connection that does not block."""

    connection: socket.socket
    step: int
    message: bytes
    received: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._left = memoryview(HEADER.pack(self.step, len(self.message)) + self.message)
        self._header = bytearray(HEADER.size)
        self._room = memoryview(self._header)
        self._in_header = True

    @property
    def is_done(self) -> bool:
        return not self._left and not self._in_header and not self._room

    @property
    def awaited(self) -> int:
        """Return the events to wait for: reading ends with the message, not after it."""
        to_read = self._in_header or self._room
        return (select.POLLIN if to_read else 0) | (select.POLLOUT if self._left else 0)

    def go_on(self, events: int) -> None:
        if events & select.POLLOUT and self._left:
            self._left = self._left[self.connection.send(self._left) :]
        if events & ~select.POLLOUT and self.awaited & select.POLLIN:
            self._read()
        elif events & (select.POLLERR | select.POLLNVAL):
            raise ConnectionError("in error")

    def _read(self) -> None:
        count = self.connection.recv_into(self._room)
        if not count:
            raise ConnectionError("closed")
        self._room = self._room[count:]
        if self._in_header and not self._room:
            step, length = HEADER.unpack(self._header)
            if step != self.step:
                raise PeerLost(f"at step {step} instead of {self.step}")
            self._in_header = False
            self.received = bytearray(length)
            self._room = memoryview(self.received)
