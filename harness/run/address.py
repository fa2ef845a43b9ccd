"""Which Ray cluster to join, if any, and whether one answers there: known before anything starts.

May import ``errors``, ``text`` and ``run``.
"""

import contextlib
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from harness.errors import BadRequest, reason_of
from harness.run.processes import command_lines
from harness.text import printable

OPTION, VARIABLE = "--address", "RAY_ADDRESS"
REACH_WITHIN_S = 10.0  # twice this for ``auto``, which may look at two clusters
HEAD_SAYS = "the head node prints its address when it starts, such as 10.0.0.1:6379"

# What every HTTP/2 connection begins with, as those to a cluster's head are, and an empty frame of
# settings. The other end answers with a frame of the same kind (RFC 9113, 3.4 and 6.5).
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
FRAME_HEADER_BYTES, SETTINGS = 9, 4


class ClusterAddress(NamedTuple):
    """The address of a cluster to join (empty: a local one is started), and what named it."""

    address: str
    named_by: str = OPTION

    @property
    def display_name(self) -> str:
        """Return the address as it is shown, with the variable that holds it."""
        address = printable(self.address)
        return repr(address) if self.named_by == OPTION else f"{self.named_by}={address}"

    @property
    def way_out(self) -> str:
        """Return what to do to get a local cluster."""
        undo = "leave --address out" if self.named_by == OPTION else f"unset {self.named_by}"
        return f"{undo} for a cluster on this machine alone"

    @property
    def start_or_out(self) -> str:
        """Return what to do where no cluster is found."""
        return f"start one with `ray start --head`; {self.way_out}"


def named_cluster(typed: str, inherited: Mapping[str, str]) -> ClusterAddress:
    """Return the cluster that an option names, else the environment."""
    named = ClusterAddress(typed.strip())
    if not named.address:
        named = ClusterAddress(inherited.get(VARIABLE, "").strip(), VARIABLE)
    return named._replace(address="") if named.address == "local" else named


def reached(named: ClusterAddress, inherited: Mapping[str, str]) -> str:
    """Return the address, host:port, at which a cluster answers; ``auto`` is looked for.

    Raises ``BadRequest`` if none answers within ``REACH_WITHIN_S``.
    """
    if named.address == "auto":
        return _any_that_answers(named, inherited)
    host, port = _parts(named)
    try:
        speaks = _within_reach(host, port, encrypted=bool(inherited.get("RAY_USE_TLS")))
    except (OSError, OverflowError, UnicodeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "it is no host and port"
        sentence = f"no cluster answers at {named.display_name}: {reason}"
        raise BadRequest(sentence, named.start_or_out) from error
    if not speaks:
        raise BadRequest(
            f"what answers at {named.display_name} is no Ray cluster",
            f"{HEAD_SAYS}; {named.way_out}",
        )
    return named.address


def _any_that_answers(named: ClusterAddress, inherited: Mapping[str, str]) -> str:
    """Return the cluster that was started last on this machine, or another one that runs on it.

    The note of the last one may be stale.
    """
    noted = _started_last(inherited)
    for address in dict.fromkeys(filter(None, (noted, _any_running()))):
        with contextlib.suppress(BadRequest):
            return reached(named._replace(address=address), inherited)
    stale = f"; {printable(noted)}, which Ray has noted, does not answer" if noted else ""
    raise BadRequest(
        f"{named.display_name} finds no cluster on this machine{stale}", named.start_or_out
    )


def _within_reach(host: str, port: int, *, encrypted: bool) -> bool:
    """Return whether a cluster's head answers there; raise ``OSError`` if nobody does in time.

    Looking a name up has no limit of its own, nor has whoever answers byte by byte.
    """
    outcome: list[bool | Exception] = []
    connected = threading.Event()

    def call() -> None:
        try:
            with socket.create_connection((host, port), timeout=REACH_WITHIN_S) as connection:
                connected.set()
                outcome.append(encrypted or _answers(connection))
        except Exception as error:
            outcome.append(error)

    calling = threading.Thread(target=call, daemon=True)
    calling.start()
    calling.join(REACH_WITHIN_S)
    if not outcome and connected.is_set():
        return False
    answer = outcome[0] if outcome else TimeoutError(f"nothing was heard for {REACH_WITHIN_S:g} s")
    if isinstance(answer, Exception):
        raise answer
    return answer


def _parts(named: ClusterAddress) -> tuple[str, int]:
    """Return host and port; raise ``BadRequest`` for an address of another form."""
    if named.address.startswith("ray://"):
        hint = f"run on a node of the cluster and give host:6379; {named.way_out}"
        raise BadRequest(
            f"{named.display_name} is a Ray Client address, which adds a proxy to every call", hint
        )
    if named.address.startswith(("http://", "https://")):
        hint = f"give the cluster's own, such as host:6379; {named.way_out}"
        raise BadRequest(
            f"{named.display_name} is the address of a dashboard, not of a cluster", hint
        )
    host, _, port = named.address.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not port.isdecimal() or not host or (":" in host and not bracketed):
        raise BadRequest(
            f"{named.display_name} is not an address of the form host:port",
            f"{HEAD_SAYS}; {named.way_out}",
        )
    return host.strip("[]"), int(port)


def _answers(connection: socket.socket) -> bool:
    """Return whether the other end speaks as the head of a cluster does."""
    header = b""
    with contextlib.suppress(OSError):
        connection.sendall(HELLO)
        while len(header) < FRAME_HEADER_BYTES and (more := connection.recv(FRAME_HEADER_BYTES)):
            header += more
    return len(header) >= FRAME_HEADER_BYTES and header[3] == SETTINGS


def _started_last(inherited: Mapping[str, str]) -> str:
    """Return the cluster that `ray start` has started last on this machine; empty if none has."""
    note = Path(inherited.get("RAY_TMPDIR") or "/tmp", "ray", "ray_current_cluster")
    with contextlib.suppress(OSError, UnicodeError):
        return note.read_text().strip()
    return ""


def _any_running() -> str:
    """Return the address of a cluster of which a node runs on this machine; empty if none does."""
    flag = "--gcs-address="
    words = (word for line in command_lines("raylet") for word in line)
    return next((word.removeprefix(flag) for word in words if word.startswith(flag)), "")
