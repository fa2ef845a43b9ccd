"""The dashboard that Ray serves: its address, and its processes on this machine.

May import ``run``.
"""

import os
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

from harness.run.dashboard import RayDashboard, write_dashboard
from harness.run.process_records import command_line_of
from harness.run.processes import process_tree

if TYPE_CHECKING:
    from ray._private.worker import BaseContext

_AGENT = "ray::DashboardAgent"
_FIRST_WORDS = 4  # the interpreter, an option of it, and the program


def tell_dashboard(context: "BaseContext", scratch: str, *, ours: bool) -> None:
    """Write down where the dashboard of the cluster is that this process has connected to.

    ``ours``: the cluster was started by this process, and so was the dashboard.
    """
    address = getattr(context, "dashboard_url", None) or ""  # not every kind of context has it
    url = f"http://{address}" if address and "://" not in address else address
    write_dashboard(scratch, RayDashboard(url=url, pids=tuple(_pids()) if ours else ()))


def _pids() -> Iterator[int]:
    """Yield the dashboard's server and its agent, below this process."""
    for pid in process_tree(os.getpid()):
        if any(map(_is_of_dashboard, command_line_of(pid)[:_FIRST_WORDS])):
            yield pid


def _is_of_dashboard(word: str) -> bool:
    path = PurePath(word)
    return word == _AGENT or (path.suffix == ".py" and path.parent.name == "dashboard")
