"""Keep a local cluster from starting daemons that nobody asks anything.

They take several core-seconds of each start, compete with the workers, and a cluster is there
seconds sooner without them. Ray has no option against them, so this replaces private functions,
and only in the version that everything was tested with. The dashboard, with the agent that tells it
of the node, is there where it was asked for. May import ``harness.run.ray``.
"""

import subprocess
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import ray

from harness.run.ray import TESTED_RAY

_STARTS = ("start_monitor", "start_log_monitor")
"""What starts the autoscaler, and the reader of the workers' logs."""

_START_DASHBOARD = "start_api_server"
_DASHBOARD_AGENT = "--dashboard_agent_command"
_PORTS = {
    _DASHBOARD_AGENT: ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port"),
    "--runtime_env_agent_command": ("runtime_env_agent_port",),
}
"""The ports of each agent of a raylet, by the option that starts it."""

_NO_PORT = "-1"
_STAND_IN = ("sh", "-c", "exec cat", "stand-in")  # what follows is then no argument of cat


def leave_out_idle_daemons(*, dashboard: bool) -> None:
    """Have whatever cluster this process starts from now on do without them.

    ``dashboard``: somebody looks at Ray's dashboard, which is started then.
    """
    if not ray.__version__.startswith("{}.{}.".format(*TESTED_RAY)):
        return
    from ray._private import ray_constants, services
    from ray._private.node import Node

    agents = [option for option in _PORTS if not (dashboard and option == _DASHBOARD_AGENT)]
    for name in _STARTS if dashboard else (*_STARTS, _START_DASHBOARD):
        setattr(Node, name, lambda self, *_, **__: None)
    start: Callable[..., Any] = services.start_ray_process

    def start_process(command: Sequence[str], process_type: str, *args: Any, **kwargs: Any) -> Any:
        if process_type == ray_constants.PROCESS_TYPE_RAYLET:
            command = without_agents(command, agents)
        return start(command, process_type, *args, **kwargs)

    services.start_ray_process = start_process


def without_agents(command: Sequence[str], agents: Collection[str] = tuple(_PORTS)) -> list[str]:
    """Return the command that starts a raylet, with a stand-in for some of the raylet's agents.

    ``agents`` are the options that would start these.

    A raylet insists on two agents: it waits until each has written its ports into files of the
    session's folder, and ends when an agent does. So the files are written here and say that there
    is no port, and what is started is a program that ends with the pipe which the raylet holds.
    """
    values = dict(word.split("=", 1) for word in command if word.startswith("--") and "=" in word)
    for name in (name for agent in agents for name in _PORTS[agent]):
        Path(values["--session_dir"], f"{name}_{values['--node_id']}").write_text(_NO_PORT)
    stand_in = subprocess.list2cmdline(_STAND_IN)
    return [
        f"{option}={stand_in}" if (option := word.split("=", 1)[0]) in agents else word
        for word in command
    ]
