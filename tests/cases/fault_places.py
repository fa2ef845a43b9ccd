"""Machines on which a race meets a fault: small, crowded, of several hosts, with another clock.

A namespace of time cannot shift the wall clock, so that one is shifted within Python: what compiled
code asks the system for stays as it is. May import its neighbours.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock

import psutil

from tests.cases.fault_scene import Place
from tests.end_to_end.hosts import cluster_of_hosts
from tests.ray_nodes import loopback_cluster

OWN_MOUNTS = ("unshare", "-m")
NOTES = Path("/tmp/ray")
SMALL_MEMORY = 'mount -t tmpfs -o size=16m tmpfs /dev/shm && exec "$@"'
STALE_NOTE = (
    f"mkdir -p {NOTES} && mount -t tmpfs tmpfs {NOTES} && "
    f'echo 127.0.0.1:1 > {NOTES}/ray_current_cluster && exec "$@"'
)
FEW_FILES = 'ulimit -n 64 && exec "$@"'
SET_BACK = "set-back"
ONE_NETWORK = Lock()
SHIFTED_CLOCK = """
import datetime, os, time

real, real_ns = time.time, time.time_ns
behind = lambda: 3600 if os.path.exists({mark!r}) else 0
time.time = lambda: real() - behind()
time.time_ns = lambda: real_ns() - behind() * 10**9

class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) - datetime.timedelta(seconds=behind())

datetime.datetime = Shifted
"""


@contextlib.contextmanager
def two_hosts() -> Iterator[Place]:
    """Yield a cluster of two hosts, driven from the head; there is one such cluster at a time."""
    with ONE_NETWORK, cluster_of_hosts((2, 2)) as hosts:
        yield Place(
            options=("--address", hosts.address),
            environment=hosts.environment,
            wrap=hosts[1].command,
            hosts=hosts,
        )


def shell(script: str, *before: str) -> Callable[[], AbstractContextManager[Place]]:
    """Return a place where a shell comes first."""

    @contextlib.contextmanager
    def place() -> Iterator[Place]:
        yield Place(wrap=lambda words: [*before, "sh", "-c", script, "sh", *words])

    return place


@contextlib.contextmanager
def beside_foreign_ray() -> Iterator[Place]:
    """Yield a machine on which somebody else's cluster runs, which is to outlive the race."""
    with loopback_cluster(cores=1) as cluster:
        (witness,) = cluster.witnesses
        witness.look()

        def remains() -> bool:
            names = {psutil.Process(pid).name() for pid in witness.left}
            return {"raylet", "gcs_server"} <= names

        yield Place(remains=remains)


@contextlib.contextmanager
def beside_stale_ray() -> Iterator[Place]:
    """Yield a machine with Ray's note of a cluster that has ended; others do not see the note."""
    had_folder = NOTES.exists()
    with shell(STALE_NOTE, *OWN_MOUNTS)() as place:
        yield place
    if not had_folder:
        NOTES.rmdir()


@contextlib.contextmanager
def with_stale_address() -> Iterator[Place]:
    """Yield a machine whose environment names a cluster that has ended."""
    yield Place(environment={"RAY_ADDRESS": "127.0.0.1:1"})


@contextlib.contextmanager
def with_own_wall_clock() -> Iterator[Place]:
    """Yield a machine on which every Python of a race can have its wall clock set back."""
    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as folder:
        mark = Path(folder, SET_BACK)
        Path(folder, "sitecustomize.py").write_text(SHIFTED_CLOCK.format(mark=str(mark)))
        yield Place(environment={"PYTHONPATH": folder})


def set_back(place: Place) -> None:
    """Set the wall clock there back an hour."""
    Path(place.environment["PYTHONPATH"], SET_BACK).touch()
