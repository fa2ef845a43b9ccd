"""Where to listen, as it was typed: ``8080``, ``10.0.0.5:8080`` or ``[::1]:8080``.

May import ``harness.errors`` and ``harness.text``.
"""

import ipaddress
import socket
from dataclasses import dataclass

from harness.errors import BadRequest, reason_of
from harness.text import printable

LOOPBACK = "127.0.0.1"
OPTION = "--broadcast"
_LARGEST_PORT = 65_535
_MOST_WAITING = 64


@dataclass(frozen=True)
class ListeningAddress:
    """An address of this machine, in numbers, and a port (0: any free one)."""

    host: str
    port: int

    def url(self, path: str) -> str:
        """Return what to type into a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/{path}"


def parse_address(typed: str, option: str = OPTION) -> ListeningAddress:
    """Return the address that was typed for an option, loopback where it is a port alone.

    Raises ``BadRequest`` for anything but a port, or one address in numbers and a port.
    """
    host, _, port = typed.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    shown = f"{option} {printable(repr(typed))}"
    example = f"write {option} 8080, or {option} ADDRESS:8080 with an address of this machine"
    if not (port.isascii() and port.isdecimal() and int(port) <= _LARGEST_PORT):
        raise BadRequest(f"{shown} names no port", example)
    try:
        address = ipaddress.ip_address(host or LOOPBACK)
    except ValueError as error:
        raise BadRequest(f"{shown} names no address in numbers", example) from error
    if address.is_unspecified:
        raise BadRequest(
            f"{shown} names every address of this machine",
            "name the one that the room reaches, which `ip address` lists",
        )
    return ListeningAddress(str(address), int(port))


def listen(address: ListeningAddress) -> socket.socket:
    """Return a socket that listens there; raise ``BadRequest`` where that cannot be done."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.host, address.port))
        listener.listen(_MOST_WAITING)
    except OSError as error:
        listener.close()
        raise BadRequest(
            f"nothing can be broadcast at {address.host}:{address.port}: {reason_of(error)}",
            "name another port, or an address of this machine",
        ) from error
    return listener
