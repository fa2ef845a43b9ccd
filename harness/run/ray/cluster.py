"""A Ray cluster: start or join one, place workers on it, replace them.

May import ``model``, ``events``, ``errors``, ``workload`` and ``run``.
"""

import contextlib
import os
import pickle
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import ray
from ray import cloudpickle
from ray.cloudpickle import register_pickle_by_value
from ray.exceptions import GetTimeoutError, RayActorError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from harness.errors import SideFailed
from harness.model import Host, Process
from harness.run import start
from harness.run.find import user_folders
from harness.run.host import host_key
from harness.run.processes import Signs, children, process_tree, send_signal, signs
from harness.run.ray.connection import ClusterPlan, connect
from harness.run.ray.worker import Worker
from harness.run.utilization import UtilizationMeter

ANSWER_WITHIN_S = 60.0


@contextlib.contextmanager
def cluster(plan: ClusterPlan) -> Iterator["Cluster"]:
    """Yield a cluster with its workers answering; disconnect, and end what is ours, afterwards."""
    before = children(os.getpid())
    connect(plan)
    try:
        yield Cluster(plan, tuple(children(os.getpid()).keys() - before.keys()))
    finally:
        ray.shutdown()


def bytes_in_store(value: Any) -> int:
    """Return about how many bytes a value takes in the store.

    Of what lies in files it is only what says where they are.
    """
    beside: list[pickle.PickleBuffer] = []
    pickled = cloudpickle.dumps(value, protocol=5, buffer_callback=beside.append)
    return len(pickled) + sum(buffer.raw().nbytes for buffer in beside)


def pickle_by_value(modules: Iterable[ModuleType]) -> None:
    """Pickle these modules by value.

    Workers that do not have them installed can then run their functions.
    """
    for module in modules:
        register_pickle_by_value(module)


class Cluster:
    """The connected cluster: one actor per worker, each described from inside its process.

    ``daemons`` are the pids of Ray's own processes, as far as this process has started them.
    """

    def __init__(self, plan: ClusterPlan, daemons: tuple[int, ...]) -> None:
        self.daemons = daemons
        self._plan = plan
        self._path = user_folders()
        self._nodes = _place_workers(plan)
        self.actors: list[Any] = [self._actor(place) for place in range(plan.workers)]
        self.processes: list[Process] = self.ask_all("describe")

    def _actor(self, place: int) -> Any:
        """Start the worker of one place, pinned where the cores are ours."""
        cores = self._plan.cores[place] if self._plan.cores else ()
        made = ray.remote(Worker).options(
            num_cpus=self._plan.cores_per_worker, scheduling_strategy=_on(self._nodes[place])
        )
        folder = start.current_folder()
        return made.remote(f"w{place}", cores, self._plan.modules_sha256, folder, self._path)

    def describe_workers(self, given: Any) -> list[Process]:
        """Return what every worker says of itself, and keep it.

        With the digest of the input ``given`` as it reaches that worker.
        """
        described, digests = self.ask_all("describe"), self.ask_all("digest", ray.put(given))
        self.processes = [
            replace(process, input_sha256=sha256)
            for process, sha256 in zip(described, digests, strict=True)
        ]
        return self.processes

    def digests_of_new_workers(self, given: Any, workers: int) -> Iterator[tuple[str, str]]:
        """Yield (worker, digest of its input) of the workers that came in mid-run.

        Only of the first ``workers``; one that is lost by now is left out.
        """
        new = [
            place
            for place, process in enumerate(self.processes[:workers])
            if not process.input_sha256
        ]
        shared = ray.put(given) if new else None
        for place in new:
            with contextlib.suppress(RayActorError, GetTimeoutError):
                sha256 = ray.get(self.actors[place].digest.remote(shared), timeout=ANSWER_WITHIN_S)
                self.processes[place] = replace(self.processes[place], input_sha256=sha256)
                yield self.processes[place].id, sha256

    def ask_all(self, question: str, *about: Any) -> list[Any]:
        """Return every worker's answer to a method."""
        try:
            return list(
                ray.get(
                    [getattr(actor, question).remote(*about) for actor in self.actors],
                    timeout=ANSWER_WITHIN_S,
                )
            )
        except GetTimeoutError as late:
            sentence = f"the workers did not answer within {ANSWER_WITHIN_S:.0f} s"
            raise SideFailed(sentence, "end other programs, which may keep them waiting") from late

    def ask_living(self, question: str, workers: int = 0) -> dict[int, Any]:
        """Return the answers, by place, of the first ``workers`` workers (0: all).

        One that is lost is left out, and so is one that is ended because it does not answer; it is
        replaced when it is needed.
        """
        answers = {}
        for place, pending in enumerate(
            [getattr(actor, question).remote() for actor in self.actors[: workers or None]]
        ):
            try:
                answers[place] = ray.get(pending, timeout=ANSWER_WITHIN_S)
            except RayActorError:
                continue
            except GetTimeoutError:
                self.end(place)
        return answers

    def usage(self, workers: int) -> dict[str, tuple[float, int]]:
        """Return (core-seconds so far, peak resident bytes) by process.

        Of the first ``workers`` workers (0: all). A worker in a lost one's place is another
        process.
        """
        living = self.ask_living("usage", workers)
        return {f"w{place} {self.processes[place].pid}": used for place, used in living.items()}

    def hosts(self) -> tuple[Host, ...]:
        """Return the facts of every host that has a worker, read by one worker there."""
        spokesmen = dict(zip(self._nodes, self.actors, strict=True))
        asked = [spokesmen[node].host.remote() for node in sorted(spokesmen)]
        hosts: dict[str, Host] = {host.id: host for host in ray.get(asked, timeout=ANSWER_WITHIN_S)}
        return tuple(hosts.values())

    def look(self, place: int) -> Signs | None:
        """Return what a worker's processes show (None: they are gone, or on another machine)."""
        process = self.processes[place]
        return signs([process.pid], ()) if process.host == host_key() else None

    def end(self, place: int) -> None:
        """End a worker with all that it has started; Ray then says that it is lost.

        On another machine that is left to Ray.
        """
        process = self.processes[place]
        if process.host == host_key():
            send_signal(process_tree(process.pid), signal.SIGKILL)
        else:
            ray.kill(self.actors[place])

    def replace(self, place: int) -> Any:
        """Start a new worker in a lost one's place; return the pending description of it.

        It is asked for the digest of its input later: the clock is running.
        """
        self.actors[place] = self._actor(place)
        return self.actors[place].describe.remote()

    def samplers(self, own_host: str) -> list["Sampler"]:
        """Return one sampler per host other than ``own_host`` that has workers."""
        nodes = {
            process.host: node for process, node in zip(self.processes, self._nodes, strict=True)
        }
        return [
            Sampler(self, host, node) for host, node in sorted(nodes.items()) if host != own_host
        ]


class Sampler:
    """Looks at the workers of one remote host through an actor there that holds no core."""

    def __init__(self, owner: Cluster, host: str, node: str) -> None:
        self._owner = owner
        self._host = host
        self._meter: Any = (
            ray.remote(UtilizationMeter).options(num_cpus=0, scheduling_strategy=_on(node)).remote()
        )

    def read(self) -> Sequence[tuple[str, float, int]]:
        """Return (worker, fraction of a core, resident bytes) for this host's workers."""
        pids = {
            process.id: process.pid
            for process in self._owner.processes
            if process.host == self._host
        }
        loads: Sequence[tuple[str, float, int]] = ray.get(
            self._meter.read.remote(pids), timeout=ANSWER_WITHIN_S
        )
        return loads


def _on(node: str) -> NodeAffinitySchedulingStrategy:
    """Prefer the node; a replacement may go elsewhere when the node itself is gone."""
    return NodeAffinitySchedulingStrategy(node, soft=True)


def _place_workers(plan: ClusterPlan) -> list[str]:
    """Return a node for every worker, dealt evenly over the nodes that have cores left.

    Raises ``SideFailed`` if they do not suffice.
    """
    room = {
        node["NodeID"]: int(node["Resources"].get("CPU", 0)) // plan.cores_per_worker
        for node in ray.nodes()
        if node["Alive"]
    }
    if sum(room.values()) < plan.workers:
        hint = f"use --workers {sum(room.values())} or fewer"
        raise SideFailed(
            f"the cluster has room for {sum(room.values())} workers, {plan.workers} were asked for",
            hint,
        )
    rounds = [
        node for turn in range(max(room.values())) for node in sorted(room) if turn < room[node]
    ]
    return rounds[: plan.workers]
