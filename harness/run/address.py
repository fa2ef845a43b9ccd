"""The address of a Ray cluster: its form, and whether something listens there.

Imports the standard library and ``errors`` only.
"""

import os
import socket

from harness.errors import BadRequest, reason_of

REACH_WITHIN_S = 3.0
OPTION, VARIABLE = "--address", "RAY_ADDRESS"


def chosen_address(typed: str) -> str:
    """Return a cluster's address: the typed one, else RAY_ADDRESS; empty for a local cluster."""
    address = typed or os.environ.get(VARIABLE, "")
    return "" if address == "local" else address


def require_reachable(address: str, given_by: str = OPTION) -> None:
    """Raise ``BadRequest`` unless something listens at a Ray address.

    Its form is host:port; ``auto`` is left to Ray. ``given_by`` is the option or the variable that
    holds it.
    """
    if address in ("", "auto"):
        return
    named = repr(address) if given_by == OPTION else f"{given_by}={address}"
    if address.startswith("ray://"):
        raise BadRequest(
            f"{named} is a Ray Client address, which adds a proxy to every call",
            "run on a node of the cluster and give host:6379",
        )
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or not host or "://" in address:
        raise BadRequest(
            f"{named} is not an address of the form host:port", _hint("give", given_by)
        )
    try:
        socket.create_connection((host, int(port)), timeout=REACH_WITHIN_S).close()
    except (OSError, OverflowError, UnicodeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "it is no host and port"
        raise BadRequest(
            f"no cluster answers at {named}: {reason}", _hint("start", given_by)
        ) from error


def _hint(what: str, given_by: str) -> str:
    """Return how to name a cluster, and how to do without one."""
    advice = {
        "give": "the head node prints its address when it starts, such as 10.0.0.1:6379",
        "start": "start one with `ray start --head`",
    }[what]
    without = f"leave {OPTION} out" if given_by == OPTION else f"unset {given_by}"
    return f"{advice}; {without} for a cluster on this machine alone"
