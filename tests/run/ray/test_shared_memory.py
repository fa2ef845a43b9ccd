import mmap
import os
import select
import socket
import tempfile
from collections import deque
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.run.ray.channel import Channel, wait_for
from harness.run.ray.peers import HEADER, PeerLost
from harness.run.ray.shared_memory import (
    NO,
    NOTE,
    OFFER,
    RING_BYTES,
    SECRET_BYTES,
    YES,
    Ring,
    SharedChannel,
    open_channel,
)
from tests.run.ray.test_replica import LONG_S, at_once

SMALL_BYTES = mmap.PAGESIZE
Pair = tuple[socket.socket, socket.socket]
on_linux = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux shares memory so")


def view(content: bytes) -> list[memoryview]:
    return [memoryview(content)]


@given(st.lists(st.tuples(st.integers(1, SMALL_BYTES), st.booleans()), max_size=60))
def test_what_is_read_is_what_was_written_however_late(messages: list[tuple[int, bool]]) -> None:
    memory = mmap.mmap(-1, SMALL_BYTES)
    writer, reader = Ring(memory), Ring(memory)
    unread = deque[bytes]()
    for number, (length, reads) in enumerate(messages):
        content = bytes([number % 251 + 1]) * length
        if writer.write(view(content), reader.reached):
            unread.append(content)
        if reads and unread:
            assert reader.read(len(unread[0])) == unread.popleft()
    assert [reader.read(len(content)) for content in unread] == [*unread]


def test_nothing_is_written_over_what_is_not_read_yet() -> None:
    memory = mmap.mmap(-1, SMALL_BYTES)
    writer, reader = Ring(memory), Ring(memory)
    assert writer.write(view(b"a" * (SMALL_BYTES - 1)), 0)
    assert not writer.write(view(b"bb"), reader.reached)
    assert reader.read(SMALL_BYTES - 1) == b"a" * (SMALL_BYTES - 1)
    assert writer.write(view(b"bb"), reader.reached)
    assert reader.read(2) == b"bb"


def test_a_message_of_several_blocks_lies_in_one_piece() -> None:
    memory = mmap.mmap(-1, SMALL_BYTES)
    writer, reader = Ring(memory), Ring(memory)
    assert writer.write([memoryview(b"ab"), memoryview(b"cde")], 0)
    assert reader.read(5) == b"abcde"


def bytes_that_came(connection: socket.socket) -> int:
    """Return how many bytes there are to receive, once there are some."""
    select.select([connection], [], [], LONG_S)
    return len(connection.recv(1 << 20, socket.MSG_PEEK))


@pytest.fixture
def pair() -> Iterator[Pair]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = socket.create_connection(server.getsockname())
        there, _ = server.accept()
    yield here, there
    here.close()
    there.close()


@on_linux
def test_on_one_host_a_note_travels_and_the_message_lies_in_memory(pair: Pair) -> None:
    here, there = at_once(open_channel, pair)
    here.put(7, view(b"x" * 100_000))
    assert bytes_that_came(pair[1]) == HEADER.size + NOTE.size
    wait_for([there], LONG_S)
    assert there.take(7) == b"x" * 100_000


@on_linux
def test_messages_keep_their_order_where_some_find_no_room_in_memory(pair: Pair) -> None:
    here, there = at_once(open_channel, pair)
    sizes = [RING_BYTES // 2, RING_BYTES // 2, 10_000, RING_BYTES + 1, 1]
    for number, length in enumerate(sizes):
        here.put(number, view(bytes([number]) * length))
    for number, length in enumerate(sizes):
        while not there.has_message:
            here.exchange()
            wait_for([there], LONG_S)
        assert there.take(number) == bytes([number]) * length


@on_linux
def test_memory_that_was_read_is_used_again_once_its_reader_says_so(pair: Pair) -> None:
    here, there = at_once(open_channel, pair)
    for number in range(4):
        here.put(number, view(bytes([number]) * (RING_BYTES - 100)))
        assert bytes_that_came(pair[1]) == HEADER.size + NOTE.size
        for sender, receiver, length in ((here, there, RING_BYTES - 100), (there, here, 1)):
            while not receiver.has_message:
                wait_for([receiver], LONG_S)
            assert len(receiver.take(number)) == length
            if sender is here:
                there.put(number, view(b"y"))


@pytest.mark.parametrize("is_there", [True, False])
def test_where_no_memory_is_shared_the_connection_carries_everything(
    pair: Pair, is_there: bool
) -> None:
    """As in another container, where the process of that number is another one, or none."""
    here, there = pair
    pid = os.getpid() if is_there else 1 << 40
    with tempfile.TemporaryFile() as short:
        there.sendall(OFFER.pack(bytes(SECRET_BYTES), pid, short.fileno()) + NO)
        assert not isinstance(open_channel(here), SharedChannel)
    assert there.recv(OFFER.size + len(NO), socket.MSG_WAITALL)[-len(NO) :] == NO


@on_linux
def test_memory_with_another_secret_is_not_taken(pair: Pair) -> None:
    here, there = pair
    other = os.memfd_create("other")
    os.ftruncate(other, RING_BYTES)
    there.sendall(OFFER.pack(b"s" * SECRET_BYTES, os.getpid(), other) + YES)
    channel = open_channel(here)
    os.close(other)
    assert type(channel) is Channel


@on_linux
def test_memory_that_only_one_side_could_open_is_not_used(pair: Pair) -> None:
    here, there = pair
    other = os.memfd_create("other")
    os.ftruncate(other, RING_BYTES)
    os.write(other, b"s" * SECRET_BYTES)
    there.sendall(OFFER.pack(b"s" * SECRET_BYTES, os.getpid(), other) + NO)
    channel = open_channel(here)
    os.close(other)
    assert type(channel) is Channel


def test_a_neighbour_that_is_gone_meanwhile_is_lost(pair: Pair) -> None:
    pair[1].close()
    with pytest.raises(PeerLost):
        open_channel(pair[0])
