import socket

import pytest

from demo.broadcast.address import ListeningAddress, listen, parse_address
from harness.errors import BadRequest


@pytest.mark.parametrize(
    ("typed", "host", "port"),
    [
        ("8080", "127.0.0.1", 8080),
        (":8080", "127.0.0.1", 8080),
        ("10.0.0.5:80", "10.0.0.5", 80),
        ("[::1]:8080", "::1", 8080),
        ("127.0.0.1:0", "127.0.0.1", 0),
    ],
)
def test_an_address_is_loopback_unless_another_is_spelt_out(
    typed: str, host: str, port: int
) -> None:
    assert parse_address(typed) == ListeningAddress(host, port)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("eighty", "names no port"),
        ("", "names no port"),
        ("127.0.0.1:", "names no port"),
        ("65536", "names no port"),
        ("-1", "names no port"),
        ("٨٠", "names no port"),
        ("localhost:80", "names no address in numbers"),
        ("10.0.0.5.6:80", "names no address in numbers"),
        ("0.0.0.0:80", "names every address"),
        ("[::]:80", "names every address"),
    ],
)
def test_what_is_no_single_address_is_refused(typed: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said) as refused:
        parse_address(typed)
    assert refused.value.hint


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadRequest, match=f"127.0.0.1:{port}: .*in use"):
            listen(ListeningAddress("127.0.0.1", port))


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"nothing can be broadcast at 192\.0\.2\.1:8080"):
        listen(ListeningAddress("192.0.2.1", 8080))


def test_an_address_can_be_typed_into_a_browser() -> None:
    assert ListeningAddress("::1", 80).url("a/") == "http://[::1]:80/a/"
    assert ListeningAddress("10.0.0.5", 80).url("a/") == "http://10.0.0.5:80/a/"
