import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.run.ray import peers as subject
from harness.run.ray.peers import (
    GREETING,
    TOKEN_BYTES,
    PeerLost,
    Peers,
    await_call,
    call_worker,
    connect,
    listen,
)

TOKEN = bytes(range(TOKEN_BYTES))
LARGE = 30_000_000  # more than what lies in buffers on the way


class Meeting:
    """Sockets of several places that listen, and what was made of them."""

    def __init__(self) -> None:
        self.listeners: list[socket.socket] = []
        self.peers: list[Peers] = []

    def connect(self, size: int, attempts: Sequence[int] = ()) -> list[Peers]:
        self.listeners = [listen("127.0.0.1") for _ in range(size)]
        self.peers = self.at_once(
            lambda place: connect(
                self.listeners[place],
                place,
                self.addresses,
                TOKEN,
                attempts[place] if attempts else 1,
            )
        )
        return self.peers

    @property
    def addresses(self) -> list[tuple[str, int]]:
        return [listener.getsockname()[:2] for listener in self.listeners]

    def at_once(self, act: Any) -> list[Any]:
        with ThreadPoolExecutor(len(self.listeners)) as threads:
            return [*threads.map(act, range(len(self.listeners)))]

    def swap(self, step: int, messages: Sequence[bytes]) -> list[list[bytearray]]:
        return self.at_once(lambda place: self.peers[place].swap(step, messages[place]))


@pytest.fixture
def meeting() -> Iterator[Meeting]:
    made = Meeting()
    yield made
    for peers in made.peers:
        peers.close()
    for listener in made.listeners:
        listener.close()


@pytest.mark.parametrize("size", [2, 3, 5])
def test_all_get_the_messages_of_all_others_in_the_order_of_places(
    size: int, meeting: Meeting
) -> None:
    meeting.connect(size)
    for step in range(3):
        messages = [f"step {step} of {place}".encode() for place in range(size)]
        assert meeting.swap(step, messages) == [
            [message for place, message in enumerate(messages) if place != mine]
            for mine in range(size)
        ]


def test_large_messages_do_not_block_each_other(meeting: Meeting) -> None:
    meeting.connect(3)
    received = meeting.swap(0, [bytes([place]) * LARGE for place in range(3)])
    assert [[(message[0], message[-1], len(message)) for message in to] for to in received] == [
        [(place, place, LARGE) for place in range(3) if place != mine] for mine in range(3)
    ]


def test_an_empty_message_arrives(meeting: Meeting) -> None:
    meeting.connect(2)
    assert meeting.swap(0, [b"", b"x"]) == [[b"x"], [b""]]


def test_a_connection_that_closes_is_noticed(meeting: Meeting) -> None:
    one, other = meeting.connect(2)
    other.close()
    with pytest.raises(PeerLost):
        one.swap(0, b"anybody there?")


def test_a_peer_at_another_step_is_noticed(meeting: Meeting) -> None:
    meeting.connect(2)

    def attempt(place: int) -> bool:
        try:
            meeting.peers[place].swap(place, b"")
        except PeerLost:
            return True
        return False

    assert meeting.at_once(attempt) == [True, True]


@pytest.mark.parametrize(
    "greeting",
    [
        GREETING.pack(bytes(TOKEN_BYTES), 1, 1),
        GREETING.pack(TOKEN, 0, 1),
        GREETING.pack(TOKEN, 1, 0),
        GREETING.pack(TOKEN, 1, 2),
        b"GET / HTTP/1.1",
    ],
    ids=["another token", "an earlier attempt", "its own place", "no such place", "a browser"],
)
def test_a_stranger_is_not_let_in(
    greeting: bytes, meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "CONNECT_WITHIN_S", 0.5)
    monkeypatch.setattr(subject, "GREET_WITHIN_S", 0.2)
    meeting.listeners = [listen("127.0.0.1"), listen("127.0.0.1")]
    with socket.create_connection(meeting.addresses[0]) as stranger:
        stranger.sendall(greeting)
        with pytest.raises(PeerLost, match="no connection"):
            connect(meeting.listeners[0], 0, meeting.addresses, TOKEN, 1)


def test_who_listens_no_more_is_lost(meeting: Meeting) -> None:
    meeting.listeners = [listen("127.0.0.1"), listen("127.0.0.1")]
    addresses = meeting.addresses
    meeting.listeners[0].close()
    with pytest.raises(PeerLost, match="ConnectionRefusedError"):
        connect(meeting.listeners[1], 1, addresses, TOKEN, 1)


def test_a_worker_that_waits_for_a_call_lets_in_who_knows_the_token() -> None:
    with (
        listen("127.0.0.1") as listener,
        call_worker(listener.getsockname()[:2], TOKEN, 3) as caller,
        await_call(listener, TOKEN, 3) as answerer,
    ):
        caller.send(b"said")
        answerer.setblocking(True)
        assert answerer.recv(4) == b"said"


@pytest.mark.parametrize(
    ("token", "attempt"), [(bytes(TOKEN_BYTES), 3), (TOKEN, 2)], ids=["another token", "earlier"]
)
def test_a_worker_that_waits_for_a_call_lets_in_no_stranger(
    token: bytes, attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "CONNECT_WITHIN_S", 0.5)
    with (
        listen("127.0.0.1") as listener,
        call_worker(listener.getsockname()[:2], token, attempt) as stranger,
    ):
        with pytest.raises(PeerLost, match="no call"):
            await_call(listener, TOKEN, 3)
        stranger.setblocking(True)
        assert stranger.recv(1) == b""


def test_a_worker_that_listens_no_more_cannot_be_called() -> None:
    with listen("127.0.0.1") as listener:
        address = listener.getsockname()[:2]
    with pytest.raises(PeerLost, match="ConnectionRefusedError"):
        call_worker(address, TOKEN, 1)
