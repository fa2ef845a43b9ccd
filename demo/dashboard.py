"""Ray's own dashboard beside the race: ``race --dashboard``.

A page on loopback, at a path that nobody can guess, leads a browser to the dashboard once Ray has
started, with the run's token in a cookie, so that nobody has to type it. May import ``harness``,
``demo.broadcast`` and ``demo.dashboard_server``.
"""

import contextlib
import sys
from collections.abc import Iterator

from harness.errors import BadRequest
from harness.extras import require_package
from harness.run.dashboard import RayDashboard
from harness.run.plan import Plan

OPTION = "--dashboard"
NONE_THERE = "this cluster has no dashboard"
NEEDED = ("aiohttp_cors", "colorful", "opencensus", "opentelemetry")
"""What of ``ray[default]`` Ray itself goes without."""


def require_dashboard(plan: Plan) -> None:
    """Raise ``BadRequest`` where no dashboard can be shown with what runs, or what is installed."""
    if plan.simulated or plan.spec.commands is not None:
        what = (
            "a simulated race has no Ray" if plan.simulated else "two programs have their own Ray"
        )
        raise BadRequest(f"{OPTION} shows a Ray of ours; {what}", "leave it out")
    for package in () if plan.address else NEEDED:
        require_package(package, OPTION)


class DashboardLink:
    """What is known of Ray's dashboard, for browsers and, on a cluster that is ``joined``, here.

    ``dashboard`` is None until it is known. ``words`` are for a panel's last line, which is
    short; where no panel is drawn here, as ``live`` tells, a line on standard error says the same.
    """

    def __init__(self, *, joined: bool, live: bool) -> None:
        self.dashboard: RayDashboard | None = None
        self.words = ""
        self._joined = joined
        self._live = live

    def show(self, dashboard: RayDashboard) -> None:
        """Lead browsers to this dashboard; say where it is if it is a cluster's own."""
        self.dashboard = dashboard
        if self._joined:
            url = dashboard.url
            self.words = f"dashboard {url.removeprefix('http://')}" if url else NONE_THERE
            if not self._live:
                said = f"Ray's dashboard: {url}" if url else NONE_THERE
                print(said, file=sys.stderr, flush=True)


@contextlib.contextmanager
def dashboard_link(
    wanted: bool, plan: Plan, ui: str, *, wait: bool
) -> Iterator[DashboardLink | None]:
    """Lead browsers to Ray's dashboard within the block, where it is ``wanted`` (None: it is not).

    Says first where; before a live panel it waits for Enter if asked to. Raises ``BadRequest`` as
    ``require_dashboard`` does, ``Interrupted`` for a signal.
    """
    if not wanted:
        yield None
        return
    require_dashboard(plan)
    # a race without a dashboard needs no server
    from demo.dashboard_server import serving

    link = DashboardLink(joined=bool(plan.address), live=ui == "live")
    with serving(link) as url:
        print(f"Ray's dashboard, once Ray has started: {url}", file=sys.stderr, flush=True)
        if wait and ui == "live":
            from demo.broadcast.invitation import wait_for_enter

            wait_for_enter("Enter goes on to the panel")
        yield link
