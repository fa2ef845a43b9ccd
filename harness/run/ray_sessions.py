"""What other clusters of Ray this account has on this machine, running or left over.

May import ``run``.
"""

import contextlib
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.run.processes import command_lines

ANSWER_WITHIN_S = 2.0
MOST_NOTE = 300
DAEMONS = {
    "raylet": ("--gcs-address=",),
    "gcs_server": ("--gcs_server_port=", "--gcs-server-port="),
}


@dataclass(frozen=True, kw_only=True)
class RaySessions:
    """``others`` counts daemons of other clusters than the joined one.

    ``stale_note`` is the cluster that `ray start` has noted as the last one, if nothing answers
    there (empty: it does, or there is no note). ``folders`` counts those of sessions.
    """

    others: int
    stale_note: str
    folders: int


def ray_sessions(address: str, inherited: Mapping[str, str]) -> RaySessions:
    """Return what of Ray is here beside the cluster at an address, host:port."""
    folder = Path(inherited.get("RAY_TMPDIR") or "/tmp", "ray")
    port = address.rpartition(":")[2]
    return RaySessions(
        others=sum(other != port for other in _ports_of_daemons()),
        stale_note=_stale_note(folder),
        folders=_count_sessions(folder),
    )


def _ports_of_daemons() -> Iterator[str]:
    """Yield the port of the cluster's head that each daemon belongs to, as far as it tells."""
    for name, flags in DAEMONS.items():
        for line in command_lines(name):
            if port := _port_in(line, flags):
                yield port


def _port_in(line: Sequence[str], flags: Sequence[str]) -> str:
    for word in line:
        for flag in flags:
            if word.startswith(flag):
                return word.removeprefix(flag).rpartition(":")[2]
    return ""


def _stale_note(folder: Path) -> str:
    try:
        noted = (folder / "ray_current_cluster").read_text()[:MOST_NOTE].strip()
    except (OSError, UnicodeError):
        return ""
    host, _, port = noted.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_WITHIN_S).close()
    except (OSError, ValueError, OverflowError):
        return noted
    return ""


def _count_sessions(folder: Path) -> int:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return sum(
            entry.name.startswith("session_") and entry.is_dir(follow_symlinks=False)
            for entry in entries
        )
    return 0
