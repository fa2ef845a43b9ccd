"""Start a local Ray cluster, or join one, with the settings that go through Ray's interface.

Everything that Ray needs in its environment is set by ``launch`` before this process starts.
May import ``run``.
"""

import contextlib
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import ray

from harness.run import start
from harness.run.host import THREAD_VARIABLES
from harness.run.ray import TESTED_RAY
from harness.run.ray.ray_errors import connecting

SMALLEST_STORE_BYTES = 256 << 20

# What starts the autoscaler, the reader of the workers' logs and the dashboard's server. None is
# asked anything here, each takes a core for a second or more, and Ray has no option against them.
# They are private methods, so only the version that everything was tested with is told.
STARTS_OF_IDLE_DAEMONS = ("start_monitor", "start_log_monitor", "start_api_server")


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """What cluster to start (an empty address: a local one, on loopback only) or to join.

    ``input_bytes`` are those that the input takes in the store.
    """

    address: str
    scratch: str
    workers: int
    cores_per_worker: int
    cores: tuple[tuple[int, ...], ...]
    input_bytes: int
    modules_sha256: str


@connecting()
def connect(plan: ClusterPlan) -> None:
    """Start or join the cluster; raise ``SideFailed`` where Ray cannot.

    Ray puts this process's current folder first on the path of every worker. While it does so, that
    is a folder which holds our packages and nothing else.
    """
    with contextlib.chdir(_folder_of_ours(Path(plan.scratch))):
        _start_or_join(plan)


def _folder_of_ours(scratch: Path) -> Path:
    """Make a folder that leads to the package through which a worker finds all others of ours."""
    folder = scratch / "path"
    folder.mkdir()
    (folder / "harness").symlink_to(Path(start.ROOT) / "harness")
    return folder


def _start_or_join(plan: ClusterPlan) -> None:
    if plan.address:
        root = Path(start.ROOT)
        threads = {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ}
        shipped = {
            "py_modules": [str(root / "harness"), str(root / "workloads"), *_public_module()],
            "env_vars": threads,
        }
        ray.init(address=plan.address, log_to_driver=False, runtime_env=shipped)
        return
    _leave_out_idle_daemons()
    ray.init(
        address="local",
        num_cpus=plan.workers * plan.cores_per_worker,
        num_gpus=0,
        object_store_memory=max(SMALLEST_STORE_BYTES, 3 * plan.input_bytes),
        include_dashboard=False,
        log_to_driver=False,
        # Ray lets everybody write to this folder, so it lies in one that is ours alone
        _temp_dir=str(Path(plan.scratch) / "ray"),
    )


def _leave_out_idle_daemons() -> None:
    """Keep this process from starting daemons that would only compete with the workers."""
    if not ray.__version__.startswith("{}.{}.".format(*TESTED_RAY)):
        return
    from ray._private.node import Node

    for name in STARTS_OF_IDLE_DAEMONS:
        setattr(Node, name, lambda self, *_, **__: None)


def _public_module() -> list[str]:
    """Return the folder of the module ``twoclocks``, where it is installed: workloads import it."""
    spec = find_spec("twoclocks")
    return list(spec.submodule_search_locations or ()) if spec else []
