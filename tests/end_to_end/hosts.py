"""A Ray cluster of several hosts, all on this machine: a node on each, and a core of its own.

A link can be cut, healed and slowed down, each of Ray's processes killed, and a node started again.
All of it is gone afterwards, whatever happens, and what a run that was killed has left is removed
by the next one. Takes root and ``ip``. Imports its neighbours only.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import psutil

from tests.end_to_end.namespaces import Lan, Machine, lan
from tests.terminals import PYTHON, ROOT, surroundings, wait_for

STARTS_WITHIN_S = 120.0
ENDS_WITHIN_S = 10.0
TRIES = 3
HURRIED = ("nice", "-n", "-10")  # Ray gives a node 30 s to start, however busy its machine is
PORT = 6399
STARTED = "Ray runtime started"
RAY_FOLDER = "r"
STORE_BYTES = 150_000_000
NOTHING: Mapping[str, str] = MappingProxyType({})
FAST_HEALTH_CHECKS = {
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "8",
}
"""A lost host is noticed within twelve seconds, and one on a busy machine is not yet lost."""
QUIET_RAY = {
    "RAY_worker_niceness": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_enable_metrics_collection": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_DEDUP_LOGS": "0",
}


@dataclass(frozen=True, kw_only=True)
class ClusterHost:
    """A host: its number from 1, and the cores that its node is bound to.

    Ray may use ``num_cpus`` of them for workers (0: the host only drives).
    """

    number: int
    machine: Machine
    cores: tuple[int, ...]
    num_cpus: int

    @property
    def address(self) -> str:
        """Return the address of the host."""
        return self.machine.address

    def command(self, words: Sequence[str], *, pinned: bool = False) -> list[str]:
        """Return the command line that runs a command on this host, on its cores if ``pinned``.

        It ends with the process that it starts, and is sent the signals that this one gets.
        """
        bound = ["taskset", "-c", ",".join(map(str, self.cores))] if pinned else []
        return self.machine.command([*bound, *words])

    def pids_of(self, name: str) -> list[int]:
        """Return the processes of a name on this host, such as ``raylet`` or ``gcs_server``."""
        return [pid for pid in self.machine.pids() if _name(pid) == name]

    def calm_down(self) -> None:
        """Give every process on this host the usual niceness."""
        for pid in self.machine.pids():
            with contextlib.suppress(OSError):
                for thread in os.listdir(f"/proc/{pid}/task"):
                    os.setpriority(os.PRIO_PROCESS, int(thread), 0)

    def kill(self, pid: int) -> None:
        """Kill a process that has this pid on the host itself, as the results tell it."""
        os.kill(self.machine.pid_here(pid), signal.SIGKILL)


@dataclass
class Hosts:
    """A cluster of hosts, the first of which is its head; ``environment`` lets others join it."""

    hosts: tuple[ClusterHost, ...]
    environment: Mapping[str, str]
    network: Lan
    python: str
    _starters: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __getitem__(self, number: int) -> ClusterHost:
        """Return a host by its number; the head is number 1."""
        return self.hosts[number - 1]

    @property
    def address(self) -> str:
        """Return where the cluster is joined."""
        return f"{self.hosts[0].address}:{PORT}"

    def run(
        self,
        number: int,
        *words: str,
        pinned: bool = False,
        environment: Mapping[str, str] = NOTHING,
        within_s: float = STARTS_WITHIN_S,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on a host to its end, in the environment that lets it join the cluster."""
        return subprocess.run(
            self[number].command(words, pinned=pinned),
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=surroundings({**self.environment, **environment}),
            timeout=within_s,
        )

    def cut(self, number: int) -> None:
        """Take a host off the network, as if its cable was pulled."""
        self.network.cut(self[number].machine)

    def heal(self, number: int) -> None:
        """Plug its cable in again."""
        self.network.heal(self[number].machine)

    def kill_raylet(self, number: int) -> None:
        """Kill the process that makes a host a node of the cluster."""
        self._kill_all(number, "raylet")

    def kill_gcs(self) -> None:
        """Kill the process that keeps the cluster together."""
        self._kill_all(1, "gcs_server")

    def _kill_all(self, number: int, name: str) -> None:
        pids = self[number].pids_of(name)
        assert pids, f"host {number} runs no {name}"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def start_node(self, number: int) -> None:
        """Start a host's node, and wait until it is one; what ran on that host is ended before.

        On a busy machine Ray gives up, and is asked again.
        """
        printed = ""
        for _ in range(TRIES):
            if not (printed := self._try_to_start(number)):
                return
        raise AssertionError(f"host {number} has no node:\n{printed}")

    def _try_to_start(self, number: int) -> str:
        """Start a host's node; return what was printed if that failed."""
        self.end_node(number)
        host = self[number]
        shutil.rmtree(host.machine.folder / RAY_FOLDER, ignore_errors=True)
        log = host.machine.folder / "start.log"
        with log.open("wb") as printed:
            starter = self._starters[number] = subprocess.Popen(
                host.command([*HURRIED, *self._ray_start(host)], pinned=True),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                cwd=ROOT,
                env=surroundings(self.environment),
            )
        wait_for(lambda: STARTED in log.read_text() or starter.poll() is not None, STARTS_WITHIN_S)
        if starter.poll() is not None:
            return log.read_text()
        host.calm_down()
        return ""

    def _ray_start(self, host: ClusterHost) -> list[str]:
        head = ["--head", f"--port={PORT}", "--include-dashboard=false"]
        return [
            str(Path(self.python).with_name("ray")),
            "start",
            "--block",
            "--disable-usage-stats",
            *(head if host.number == 1 else [f"--address={self.address}"]),
            f"--node-ip-address={host.address}",
            f"--num-cpus={host.num_cpus}",
            "--num-gpus=0",
            f"--object-store-memory={STORE_BYTES}",
            # older versions have that of the head on every node: it has one name on all hosts
            f"--temp-dir={host.machine.own_folder / RAY_FOLDER}",
        ]

    def end_node(self, number: int) -> None:
        """End a host's node, and with it all else that runs on that host."""
        starter = self._starters.pop(number, None)
        if starter is not None:
            starter.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                starter.wait(ENDS_WITHIN_S)
        self[number].machine.end_all()
        if starter is not None:
            starter.wait()


@contextlib.contextmanager
def cluster_of_hosts(
    num_cpus: Sequence[int] = (1, 1),
    *,
    environment: Mapping[str, str] = NOTHING,
    python: str = PYTHON,
) -> Iterator[Hosts]:
    """Yield a cluster with a host for each number of cores that Ray may use there.

    The cores of this machine are dealt to the hosts by turns. Skips the test where there can be no
    hosts. ``python`` is the interpreter whose Ray is started.
    """
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with contextlib.ExitStack() as undo:
        # short, since sockets get names below it
        folder = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        network = undo.enter_context(lan(len(num_cpus), folder))
        cluster = Hosts(
            hosts=_hosts(network, num_cpus),
            environment={**token, **FAST_HEALTH_CHECKS, **QUIET_RAY, **environment},
            network=network,
            python=python,
        )
        for host in cluster.hosts:
            undo.callback(cluster.end_node, host.number)
        cluster.start_node(1)
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(cluster.start_node, range(2, len(num_cpus) + 1)))
        yield cluster


def _hosts(network: Lan, num_cpus: Sequence[int]) -> tuple[ClusterHost, ...]:
    cores = sorted(os.sched_getaffinity(0))
    hosts: list[ClusterHost] = []
    dealt = 0
    for machine, own in zip(network.machines, num_cpus, strict=True):
        taken = {cores[(dealt + place) % len(cores)] for place in range(own)} or set(cores)
        dealt += own
        hosts.append(
            ClusterHost(
                number=len(hosts) + 1, machine=machine, cores=tuple(sorted(taken)), num_cpus=own
            )
        )
    return tuple(hosts)


def _name(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return ""
