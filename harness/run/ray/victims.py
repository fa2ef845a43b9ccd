"""Ray's workers, and the hosts of a cluster, as those who can be struck.

On another machine than the driver's an actor there that holds no core does it.
May import ``chaos``, ``errors`` and ``run``.
"""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from typing import Any

import ray
from ray.exceptions import RayError

from harness.chaos import Chaos, Strike
from harness.errors import SideFailed
from harness.run.host import host_key
from harness.run.processes import process_tree, send_signal
from harness.run.ray.cluster import Cluster
from harness.run.ray.samplers import on_node
from harness.run.ray.spares import ANSWER_WITHIN_S
from harness.run.ray.workers import Workers

HEAD = "node:__internal_head__"


class Striker:
    """Signals processes of the machine that it is on."""

    def signal(self, pid: int, number: int) -> None:
        """Send a signal to a process and to all below it."""
        send_signal(process_tree(pid), number)

    def kill_raylet(self) -> None:
        """Kill Ray's own process of this machine, which has started this one."""
        os.kill(os.getppid(), signal.SIGKILL)


class RayVictims:
    """The workers of a cluster, and its hosts: h1, h2, … in the order in which workers name them.

    Raises ``SideFailed`` for a host that is to be struck and is not there, or that must not be.
    """

    def __init__(self, cluster: Cluster, workers: Workers, chaos: Chaos) -> None:
        self._cluster = cluster
        self._workers = workers
        nodes = cluster.nodes_of_hosts()
        self._hosts = [*dict.fromkeys(process.host for process in cluster.processes)]
        self._here = Striker()
        self._strikers: dict[str, Any] = {
            host: _striker_on(node) for host, node in nodes.items() if host != host_key()
        }
        for strike in chaos:
            if isinstance(strike, Strike) and strike.is_at_host:
                self._require_host(strike, nodes)

    def _require_host(self, strike: Strike, nodes: dict[str, str]) -> None:
        hosts = len(self._hosts)
        if strike.number > hosts:
            raise SideFailed(
                f"--chaos {strike} strikes {strike.target}, and the workers are on {hosts} hosts",
                f"strike one of h1 to h{hosts}, or use more workers",
            )
        host = self._hosts[strike.number - 1]
        heads = [node["NodeID"] for node in ray.nodes() if HEAD in node["Resources"]]
        if host == host_key() or nodes[host] in heads:
            others = ", ".join(
                f"h{place}"
                for place, other in enumerate(self._hosts, 1)
                if other != host_key() and nodes[other] not in heads
            )
            raise SideFailed(
                f"--chaos {strike} would kill the driver's host, or the cluster's head",
                f"strike another host: {others or 'there is none with workers'}",
            )

    def places(self, strike: Strike) -> Sequence[int]:
        """Return the employed places that a strike is about and that can be reached.

        A worker that was replaced on a host without one of ours cannot: none is started there while
        a clock runs.
        """
        processes = self._cluster.processes[: self._workers.size]
        if not strike.is_at_host:
            aimed_at = range(len(processes))[strike.number : strike.number + 1]
            reachable = {host_key(), *self._strikers}
            return [place for place in aimed_at if processes[place].host in reachable]
        host = self._hosts[strike.number - 1]
        return [place for place, process in enumerate(processes) if process.host == host]

    def kill(self, place: int) -> None:
        """Kill a worker with all that it has started."""
        self._signal(place, signal.SIGKILL)

    def freeze(self, place: int) -> None:
        """Stop a worker with all that it has started."""
        self._signal(place, signal.SIGSTOP)

    def thaw(self, place: int) -> None:
        """Have it go on."""
        self._signal(place, signal.SIGCONT)

    def announce(self, place: int, notice_s: float) -> None:
        """Tell the pool that a worker will be gone."""
        self._workers.leaving(place, time.monotonic() + notice_s)

    def end_overdue(self) -> None:
        """Kill whoever has left its place and still works when its notice is over."""
        self._workers.end_overdue()

    def kill_host(self, host: int) -> None:
        """Kill the Ray process of a host, and its workers with it."""
        name = self._hosts[host - 1]
        for place, process in enumerate(self._cluster.processes):
            if process.host == name:
                self.kill(place)
        with contextlib.suppress(RayError):  # it does not survive what it does
            ray.get(self._strikers[name].kill_raylet.remote(), timeout=ANSWER_WITHIN_S)

    def _signal(self, place: int, number: int) -> None:
        process = self._cluster.processes[place]
        if process.host == host_key():
            self._here.signal(process.pid, number)
            return
        with contextlib.suppress(RayError):  # its host may be gone
            ray.get(
                self._strikers[process.host].signal.remote(process.pid, number),
                timeout=ANSWER_WITHIN_S,
            )


def _striker_on(node: str) -> Any:
    strategy = on_node(node)
    return ray.remote(Striker).options(num_cpus=0, scheduling_strategy=strategy).remote()
