"""Our code and the user's, sent to the hosts of a cluster that was joined, and looked at there.

All of it is one folder, which Ray unpacks on every host and puts first on the path of our workers:
no host needs a clone, and a copy that lies on one is not used. May import ``errors`` and ``run``.
"""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import ray
from ray.cloudpickle import register_pickle_by_value
from ray.exceptions import GetTimeoutError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from harness.errors import SideFailed
from harness.run.imports import UserModule
from harness.run.ray import arrival
from harness.run.sources import PACKAGES, package_files
from harness.run.start import USER_FOLDER

LANDS_WITHIN_S = 150.0  # Ray gives a process 60 s to register, and then starts another one
NEEDED_PACKAGES = ("click", "msgspec", "numpy", "psutil", "threadpoolctl")


class Shipment(NamedTuple):
    """A folder of code that can be imported anywhere, and the SHA-256 of its sources by name."""

    folder: Path
    sums: dict[str, str]


def pack(folder: Path, modules: Sequence[UserModule]) -> Shipment:
    """Copy our packages and the user's modules into a new folder."""
    files = {name: path for package in PACKAGES for name, path in package_files(package).items()}
    files |= {f"{USER_FOLDER}/{module.place}": module.file for module in modules}
    for name, path in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
    sums = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in files
        if name.endswith(".py")
    }
    return Shipment(folder, sums)


def require_arrival(shipment: Shipment, nodes: Sequence[str]) -> None:
    """Raise ``SideFailed`` unless every host would run what was sent, and has what that needs.

    ``nodes`` are those of the workers, by place.
    """
    register_pickle_by_value(arrival)  # it must not come from what it is to find out about
    look = ray.remote(arrival.look_around)
    sums: Any = ray.put(shipment.sums)
    workers = {node: f"w{place}" for place, node in reversed([*enumerate(nodes)])}
    pending = {
        look.options(
            num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)
        ).remote(sums, NEEDED_PACKAGES): worker
        for node, worker in workers.items()
    }
    try:
        for answer, worker in pending.items():
            _judge(worker, ray.get(answer, timeout=LANDS_WITHIN_S))
    except GetTimeoutError as late:
        sentence = (
            f"the hosts of the cluster did not unpack this program's code within"
            f" {LANDS_WITHIN_S:.0f} s"
        )
        raise SideFailed(sentence, "end other programs there, or look into Ray's logs") from late


def _judge(worker: str, arrived: Any) -> None:
    missing, differing = arrived
    if missing:
        raise SideFailed(
            f"the host of {worker} lacks packages that this program needs: {', '.join(missing)}",
            "install what this program requires for the Python that runs Ray there",
        )
    if differing:
        more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
        raise SideFailed(
            f"the host of {worker} runs other source code than this program: {differing[0]}{more}",
            "remove the other copy there, which a PYTHONPATH or an installation puts first",
        )
