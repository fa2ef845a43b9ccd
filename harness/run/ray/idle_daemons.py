"""Keep a local cluster from starting daemons that nobody asks anything.

They take several core-seconds of each start, compete with the workers, and a cluster is there
seconds sooner without them. Ray has no option against them, so this replaces private functions,
and only in the version that everything was tested with. May import ``harness.run.ray``.
"""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ray

from harness.run.ray import TESTED_RAY

_STARTS = ("start_monitor", "start_log_monitor", "start_api_server")
"""What starts the autoscaler, the reader of the workers' logs and the dashboard's server."""

_AGENTS = ("--dashboard_agent_command", "--runtime_env_agent_command")
_PORTS = (
    "metrics_agent_port",
    "metrics_export_port",
    "dashboard_agent_listen_port",
    "runtime_env_agent_port",
)
_NO_PORT = "-1"
_STAND_IN = ("sh", "-c", "exec cat", "stand-in")  # what follows is then no argument of cat


def leave_out_idle_daemons() -> None:
    """Have whatever cluster this process starts from now on do without them."""
    if not ray.__version__.startswith("{}.{}.".format(*TESTED_RAY)):
        return
    from ray._private import ray_constants, services
    from ray._private.node import Node

    for name in _STARTS:
        setattr(Node, name, lambda self, *_, **__: None)
    start: Callable[..., Any] = services.start_ray_process

    def start_process(command: Sequence[str], process_type: str, *args: Any, **kwargs: Any) -> Any:
        if process_type == ray_constants.PROCESS_TYPE_RAYLET:
            command = without_agents(command)
        return start(command, process_type, *args, **kwargs)

    services.start_ray_process = start_process


def without_agents(command: Sequence[str]) -> list[str]:
    """Return the command that starts a raylet, with a stand-in for each of the raylet's agents.

    A raylet insists on two agents: it waits until each has written its ports into files of the
    session's folder, and ends when an agent does. So the files are written here and say that there
    is no port, and what is started is a program that ends with the pipe which the raylet holds.
    """
    values = dict(word.split("=", 1) for word in command if word.startswith("--") and "=" in word)
    for name in _PORTS:
        Path(values["--session_dir"], f"{name}_{values['--node_id']}").write_text(_NO_PORT)
    stand_in = subprocess.list2cmdline(_STAND_IN)
    return [
        f"{option}={stand_in}" if (option := word.split("=", 1)[0]) in _AGENTS else word
        for word in command
    ]
