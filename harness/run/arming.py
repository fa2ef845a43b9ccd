"""What arming both sides shows: their reports, and where they listen. May import ``events``."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from harness.events import Ready


@dataclass(frozen=True)
class Armed:
    """What each side reported once it was ready.

    ``listening`` holds the addresses at which the distributed side accepts connections.
    """

    baseline: Ready
    distributed: Ready
    listening: tuple[str, ...] = ()

    @property
    def reachable_addresses(self) -> tuple[str, ...]:
        """Return the addresses that other machines can reach."""
        return off_loopback(self.listening)


def off_loopback(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the addresses that are not on loopback, or that cannot be read.

    An address that stands for every interface is not on loopback.
    """
    return tuple(address for address in addresses if not _on_loopback(address))


def _on_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
