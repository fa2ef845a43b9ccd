"""Messages to and from a neighbour on the same host: through memory that both processes have.

Sockets copy a message into the system and out of it again, in pieces, each of which may wake the
other process up. Here one writes it into a ring buffer, and only a note travels over the
connection. Linux only; where two processes share no memory, they use the connection alone.
May import ``peers`` and ``channel``.
"""

import mmap
import os
import secrets
import socket
import stat
import struct
from collections.abc import Sequence

from harness.run.ray.channel import Channel, broken
from harness.run.ray.peers import CONNECT_WITHIN_S

RING_BYTES = 4 << 20
SECRET_BYTES = 16
OFFER = struct.Struct(f"!{SECRET_BYTES}sQQ")  # what the memory begins with, process, descriptor
NOTE = struct.Struct("!QQ")  # bytes in the ring (0: they came before this note), bytes read so far
YES, NO = b"y", b"n"


class Ring:
    """Memory for messages one way; its writer and its reader each have one of these.

    A message lies in one piece: one that does not fit before the end of the memory begins anew at
    its start. ``reached`` counts all bytes since the first message, with those left over at ends.
    """

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memoryview(memory)
        self.reached = 0

    def write(self, blocks: Sequence[memoryview], read: int) -> bool:
        """Write a message, if there is room for it beside what has not been ``read`` yet.

        Return whether there was. ``read`` is how much its reader has reached.
        """
        length = sum(block.nbytes for block in blocks)
        begin = self._begin(length)
        if begin + length - read > len(self._memory):
            return False
        place = begin % len(self._memory)
        for block in blocks:
            self._memory[place : place + block.nbytes] = block
            place += block.nbytes
        self.reached = begin + length
        return True

    def read(self, length: int) -> bytearray:
        """Return a copy of the next message, whose length is known."""
        begin = self._begin(length)
        self.reached = begin + length
        place = begin % len(self._memory)
        return bytearray(self._memory[place : place + length])

    def _begin(self, length: int) -> int:
        left = len(self._memory) - self.reached % len(self._memory)
        return self.reached + (left if length > left else 0)


class SharedChannel(Channel):
    """A channel whose messages go through memory as long as there is room in it."""

    def __init__(self, connection: socket.socket, outgoing: Ring, incoming: Ring) -> None:
        super().__init__(connection)
        self._outgoing = outgoing
        self._incoming = incoming
        self._read = 0  # of the outgoing, as far as the neighbour has said

    def put(self, number: int, blocks: Sequence[memoryview]) -> None:
        """Send a message of these blocks: whose memory it is may change it afterwards."""
        length = sum(block.nbytes for block in blocks)
        shared = self._outgoing.write(blocks, self._read)
        note = memoryview(NOTE.pack(length if shared else 0, self._incoming.reached))
        super().put(number, [note] if shared else [*blocks, note])

    def take(self, number: int) -> bytearray:
        """Return the first message that has come; raise ``PeerLost`` if it is another one."""
        message = super().take(number)
        length, self._read = NOTE.unpack_from(message, len(message) - NOTE.size)
        if length:
            return self._incoming.read(length)
        del message[-NOTE.size :]
        return message


def open_channel(connection: socket.socket) -> Channel:
    """Return a channel to a neighbour, which opens one at the same time.

    Raises ``PeerLost`` if it is gone.
    """
    try:
        connection.settimeout(CONNECT_WITHIN_S)
        rings = _share_memory(connection)
        connection.setblocking(False)
    except OSError as error:
        raise broken(error) from error
    return Channel(connection) if rings is None else SharedChannel(connection, *rings)


def _share_memory(connection: socket.socket) -> tuple[Ring, Ring] | None:
    """Return rings for what is sent and what comes (None: the two processes share no memory)."""
    secret = secrets.token_bytes(SECRET_BYTES)
    descriptor, own = _make_memory(secret)
    try:
        connection.sendall(OFFER.pack(secret, os.getpid(), max(descriptor, 0)))
        theirs = _open_memory(*OFFER.unpack(_receive(connection, OFFER.size)))
        connection.sendall(NO if theirs is None else YES)
        is_open = _receive(connection, len(YES)) == YES
    finally:
        if own is not None:
            os.close(descriptor)
    if own is None or theirs is None or not is_open:
        return None
    return Ring(own), Ring(theirs)


def _make_memory(secret: bytes) -> tuple[int, mmap.mmap | None]:
    """Return memory that begins with a secret, and its descriptor (None: not on this system)."""
    if not hasattr(os, "memfd_create"):
        return -1, None
    descriptor = os.memfd_create("twoclocks")
    os.ftruncate(descriptor, RING_BYTES)
    memory = mmap.mmap(descriptor, RING_BYTES)
    memory[:SECRET_BYTES] = secret
    return descriptor, memory


def _open_memory(secret: bytes, pid: int, descriptor: int) -> mmap.mmap | None:
    """Return the memory that a process offers (None: it is not on this host, or out of reach).

    In another container the number may be that of another process: hence the secret.
    """
    path = f"/proc/{pid}/fd/{descriptor}"
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size != RING_BYTES:
            return None
        opened = os.open(path, os.O_RDWR)
        try:
            memory = mmap.mmap(opened, RING_BYTES)
        finally:
            os.close(opened)
    except OSError:
        return None
    return memory if memory[:SECRET_BYTES] == secret else None


def _receive(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        piece = connection.recv(size - len(received))
        if not piece:
            raise ConnectionError("closed")
        received += piece
    return received
