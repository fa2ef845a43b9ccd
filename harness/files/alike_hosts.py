"""Machines of which the same is known are written once in a results file, with all their ids.

Two hundred rented machines differ in their ids alone. Imports ``model``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from harness.model import Host


def merged(hosts: Iterable[Host]) -> tuple[Host, ...]:
    """Return the hosts with neighbours alike as one."""
    groups = (list(alike) for _, alike in groupby(hosts, lambda host: replace(host, id="")))
    return tuple(
        replace(first, alike=tuple(host.id for host in others)) if others else first
        for first, *others in groups
    )


def split(hosts: Iterable[Host]) -> tuple[Host, ...]:
    """Return every host by itself, those alike after the first of them."""
    return tuple(one for host in hosts for one in (_each(host) if host.alike else (host,)))


def _each(host: Host) -> Iterator[Host]:
    return (replace(host, id=name, alike=()) for name in (host.id, *host.alike))
