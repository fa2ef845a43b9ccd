"""Start a local Ray cluster, or join one, with the settings that go through Ray's interface.

Everything that Ray needs in its environment is set by ``launch`` before this process starts.
May import ``run``.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ray

from harness.run import start
from harness.run.host import THREAD_VARIABLES
from harness.run.imports import UserModule
from harness.run.ray.dashboard import tell_dashboard
from harness.run.ray.idle_daemons import leave_out_idle_daemons
from harness.run.ray.ray_errors import connecting
from harness.run.ray.ray_words import NOT_JOINED
from harness.run.ray.shipment import Shipment, pack
from harness.run.ray.versions import require_same_versions

JOIN_WITHIN_S = 60.0
SMALLEST_STORE_BYTES = 256 << 20


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """What cluster to start (an empty address: a local one, on loopback only) or to join.

    ``store_bytes`` are those that the input and the state take in the store; ``modules`` are those
    of the user's that are sent to a cluster which is joined.
    The last of the ``cores`` are those of the ``spares``, which stand by beside the ``workers``.
    ``dashboard``: where Ray's own dashboard is, is written into ``scratch``; a local cluster starts
    one.
    """

    address: str
    scratch: str
    workers: int
    cores_per_worker: int
    cores: tuple[tuple[int, ...], ...]
    store_bytes: int
    modules_sha256: str
    modules: tuple[UserModule, ...] = ()
    spares: int = 0
    dashboard: bool = False


@connecting()
def connect(plan: ClusterPlan) -> Shipment | None:
    """Start or join the cluster; raise ``SideFailed`` where Ray cannot.

    Return what was sent to the hosts of a cluster that was joined. Ray puts this process's current
    folder first on the path of every worker of a local one. While it does so, that is a folder
    which holds our packages and nothing else.
    """
    if plan.address:
        return _join(plan)
    with contextlib.chdir(_folder_of_ours(Path(plan.scratch))):
        _start(plan)
    return None


def _folder_of_ours(scratch: Path) -> Path:
    """Make a folder that leads to the package through which a worker finds all others of ours."""
    folder = scratch / "path"
    folder.mkdir()
    (folder / "harness").symlink_to(Path(start.ROOT) / "harness")
    return folder


def _join(plan: ClusterPlan) -> Shipment:
    shipment = pack(Path(plan.scratch) / "shipment", plan.modules)
    threads = {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ}
    # a job of Ray's, within which this may run, has code of its own
    os.environ["RAY_OVERRIDE_JOB_RUNTIME_ENV"] = "1"
    shipped = {"working_dir": str(shipment.folder), "env_vars": threads}
    with _within(JOIN_WITHIN_S):
        require_same_versions(plan.address)
        context = ray.init(address=plan.address, log_to_driver=False, runtime_env=shipped)
    if plan.dashboard:
        tell_dashboard(context, plan.scratch, ours=False)
    return shipment


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """End this process where the block takes longer; the log then says why.

    What waits within Ray hears no signal and no exception.
    """
    over = threading.Event()

    def wait() -> None:
        if not over.wait(seconds):
            sys.stderr.write(f"{NOT_JOINED} {seconds:.0f} s\n")
            sys.stderr.flush()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _start(plan: ClusterPlan) -> None:
    leave_out_idle_daemons(dashboard=plan.dashboard)
    context = ray.init(
        address="local",
        num_cpus=(plan.workers + plan.spares) * plan.cores_per_worker,
        num_gpus=0,
        object_store_memory=max(SMALLEST_STORE_BYTES, 3 * plan.store_bytes),
        include_dashboard=plan.dashboard,
        log_to_driver=False,
        # Ray lets everybody write to this folder, so it lies in one that is ours alone
        _temp_dir=str(Path(plan.scratch) / "ray"),
    )
    if plan.dashboard:
        tell_dashboard(context, plan.scratch, ours=True)
