import pytest

from harness.run.head_call import CallStatus, call_status
from tests.listeners import a_listener

SETTINGS = b"\0\0\0\4\0\0\0\0\0"
TRAILERS = b"\0\0\x10\1\5\0\0\0\1\0\x0bgrpc-status"


@pytest.mark.parametrize(
    ("says", "status"),
    [
        (SETTINGS + TRAILERS + b"\x010", CallStatus.OK),
        (SETTINGS + TRAILERS + b"\x0216\0\x0cgrpc-message", CallStatus.UNAUTHENTICATED),
        (TRAILERS + b"\x0212", CallStatus.UNIMPLEMENTED),
        (SETTINGS + TRAILERS, None),
        (SETTINGS + TRAILERS + b"\x02x!", None),
        (SETTINGS + TRAILERS + b"\x021", None),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", None),
        (SETTINGS, None),
        (b"", None),
    ],
)
def test_the_status_of_a_call_stands_in_its_trailers(says: bytes, status: int | None) -> None:
    with a_listener(says) as address:
        host, _, port = address.rpartition(":")
        assert call_status(host, int(port), token="t" * 200, within_s=0.3) == status
