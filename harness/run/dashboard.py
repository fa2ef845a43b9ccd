"""Ray's dashboard as the conductor knows it: where it is, and what it runs on this machine.

The distributed side writes that into its scratch folder. It is in no journal, since the address of
a cluster is not to be published. May import its neighbours.
"""

import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from harness.run.process_records import variable_of

FILE_NAME = "dashboard.json"
TOKEN = "RAY_AUTH_TOKEN"
_ADDRESS = re.compile(r"https?://[\w.:\[\]-]{1,200}(/[\w./-]{0,100})?", re.ASCII)
_MOST_PROCESSES = 16

Pid = Annotated[int, Meta(gt=0, lt=1 << 31)]


class RayDashboard(msgspec.Struct, frozen=True, kw_only=True):
    """Where to open Ray's dashboard (``url`` empty: the cluster has none).

    ``pids`` are those of its processes that we started on this machine, but for what these start
    in turn. ``token`` lets a browser in (empty: none is known here).
    """

    url: str
    pids: Annotated[tuple[Pid, ...], Meta(max_length=_MOST_PROCESSES)] = ()
    token: str = ""


def write_dashboard(folder: str, dashboard: RayDashboard) -> None:
    """Write what is known of a dashboard into a side's scratch folder; never its token."""
    public = msgspec.structs.replace(dashboard, token="")
    Path(folder, FILE_NAME).write_bytes(msgspec.json.encode(public))


def read_dashboard(folder: Path, pid: int) -> RayDashboard:
    """Return what a side has written; no dashboard where nothing can be read.

    With the token that the side's process ``pid`` has.
    """
    try:
        written = msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=RayDashboard)
    except (OSError, msgspec.MsgspecError):
        return RayDashboard(url="")
    url = written.url if _ADDRESS.fullmatch(written.url) else ""
    return RayDashboard(url=url, pids=written.pids, token=variable_of(pid, TOKEN))
