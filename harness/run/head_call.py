"""One call to the head of a Ray cluster without Ray: does it answer whoever asks, or only a token?

The head speaks gRPC, which is HTTP/2 (RFC 9113) with a status in its trailers. A single question
needs no more of it than constant frames. May import nothing of ours.
"""

import contextlib
import socket
from enum import IntEnum

ANSWER_WITHIN_S = 3.0
MOST_ANSWER_BYTES = 1 << 16
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
END_OF_STREAM, END_OF_HEADERS = 1, 4
POST_OVER_HTTP = b"\x83\x86"  # the table's names for these two headers (RFC 7541, appendix A)
NO_ARGUMENTS = b"\0\0\0\0\0"
IS_ALIVE = "/ray.rpc.NodeInfoGcsService/CheckAlive"
STATUS = b"grpc-status"


class CallStatus(IntEnum):
    """What a call came to, as far as it matters here; gRPC's own numbers."""

    OK = 0
    UNIMPLEMENTED = 12
    UNAUTHENTICATED = 16


def call_status(
    host: str, port: int, method: str = IS_ALIVE, token: str = "", within_s: float = ANSWER_WITHIN_S
) -> int | None:
    """Return the status of a call without arguments (None: what is there does not speak gRPC)."""
    headers = _header(":path", method) + _header(":authority", host)
    headers += _header("content-type", "application/grpc") + _header("te", "trailers")
    if token:
        headers += _header("authorization", f"Bearer {token}")
    asked = (
        PREFACE
        + _frame(SETTINGS, 0, 0, b"")
        + _frame(HEADERS, END_OF_HEADERS, 1, POST_OVER_HTTP + headers)
        + _frame(DATA, END_OF_STREAM, 1, NO_ARGUMENTS)
    )
    answer = b""
    with (
        contextlib.suppress(OSError),
        socket.create_connection((host, port), timeout=within_s) as connection,
    ):
        connection.sendall(asked)
        while len(answer) < MOST_ANSWER_BYTES and _status_in(answer) is None:
            received = connection.recv(MOST_ANSWER_BYTES)
            if not received:
                break
            answer += received
    return _status_in(answer)


def _status_in(answer: bytes) -> int | None:
    """Return the status that stands in the trailers, as a literal of HPACK."""
    _, found, value = answer.partition(STATUS)
    digits = value[1 : 1 + value[0]] if found and value else b""
    return int(digits) if digits.isdigit() and len(digits) == value[0] else None


def _header(name: str, value: str) -> bytes:
    """Return a header as a literal that is not indexed; both are shorter than 16 kB."""
    return b"\0" + _text(name.encode()) + _text(value.encode())


def _text(words: bytes) -> bytes:
    """Return bytes with their length before them, seven bits at first (RFC 7541, 5.1)."""
    most = 127
    if len(words) < most:
        return bytes([len(words)]) + words
    rest, length = len(words) - most, bytes([most])
    while rest >= 1 << 7:
        length += bytes([rest % (1 << 7) + (1 << 7)])
        rest >>= 7
    return length + bytes([rest]) + words


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload
