"""A Ray cluster: start or join one, place workers on it, replace them.

May import ``model``, ``events``, ``errors``, ``workload`` and ``run``.
"""

import contextlib
import os
import pickle
import signal
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from types import ModuleType
from typing import Any

import ray
from ray import cloudpickle
from ray.cloudpickle import register_pickle_by_value
from ray.exceptions import GetTimeoutError, RayActorError

from harness.errors import SideFailed
from harness.model import Host, Process
from harness.run import start
from harness.run.find import user_folders
from harness.run.host import host_key
from harness.run.processes import (
    Signs,
    children,
    cpu_seconds_with_children,
    process_tree,
    send_signal,
    signs,
)
from harness.run.ray.connection import ClusterPlan, connect
from harness.run.ray.departures import Newcomer
from harness.run.ray.last_usage import usage_seen
from harness.run.ray.room import NO_WAIT, HostWait, room_for
from harness.run.ray.samplers import Sampler, on_node
from harness.run.ray.shipment import require_arrival
from harness.run.ray.spares import ANSWER_WITHIN_S, Spares, key
from harness.run.ray.worker import Worker

SOON_S = 0.1  # so long a clock that has stopped waits for who may still warm up


@contextlib.contextmanager
def cluster(plan: ClusterPlan, wait: HostWait = NO_WAIT) -> Iterator["Cluster"]:
    """Yield a cluster with its workers answering; disconnect, and end what is ours, afterwards."""
    before = children(os.getpid())
    shipment = connect(plan)
    try:
        daemons = tuple(children(os.getpid()).keys() - before.keys())
        with room_for(plan.workers + plan.spares, plan.cores_per_worker, wait) as nodes:
            if shipment is not None:
                require_arrival(shipment, nodes)
            armed = Cluster(plan, daemons, nodes)
        yield armed
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

    ``daemons`` are the pids of Ray's own processes, as far as this process has started them,
    ``nodes`` those of the workers, by place.
    """

    def __init__(self, plan: ClusterPlan, daemons: tuple[int, ...], nodes: Sequence[str]) -> None:
        self.daemons = daemons
        self._plan = plan
        self._path = user_folders()
        self._nodes = [*nodes]
        self._drained: frozenset[str] = frozenset()
        self._is_armed = False
        self.actors: list[Any] = [self._actor(place) for place in range(plan.workers)]
        self.spares = Spares(self._actor, range(plan.workers, plan.workers + plan.spares))
        self._warm: set[int] = set()
        self._described = False
        self.processes: list[Process] = self.ask_all("describe")
        self.spares.processes()
        self._is_armed = True

    def _actor(self, slot: int, *, beside: bool = False) -> Any:
        """Start the worker of one place, pinned where the cores are ours.

        Slots behind the last place are those of spares. ``beside``: another worker still fills the
        place. On a cluster of our own it has the same cores, on another one it is put elsewhere.
        At first everybody waits for the node that has room for it, so that workers are spread; who
        comes later may go elsewhere, since that node may be gone.
        """
        ours = not self._plan.address
        made = ray.remote(Worker).options(
            num_cpus=0 if beside and ours else self._plan.cores_per_worker,
            scheduling_strategy="DEFAULT"
            if beside or self._nodes[slot] in self._drained
            else on_node(self._nodes[slot], or_elsewhere=self._is_armed),
        )
        beyond = slot - self._plan.workers
        name = f"w{slot}" if beyond < 0 else f"s{beyond}"
        folder = start.current_folder()
        return made.remote(name, self._cores(slot), self._plan.modules_sha256, folder, self._path)

    def _cores(self, slot: int) -> tuple[int, ...]:
        return self._plan.cores[slot] if self._plan.cores else ()

    def describe_workers(self, given: Any) -> list[Process]:
        """Return what every worker says of itself, and keep it.

        With the digest of the input ``given`` as it reaches that worker.
        """
        self._described = True
        described, digests = self.ask_all("describe"), self.ask_all("digest", ray.put(given))
        self.processes = [
            replace(process, input_sha256=sha256)
            for process, sha256 in zip(described, digests, strict=True)
        ]
        return self.processes

    def digests_of_new_workers(self, given: Any, workers: int) -> Iterator[tuple[str, str]]:
        """Yield (worker, digest of its input) of the workers that came in mid-run.

        Only of the first ``workers``; one that is lost by now is left out, and all are as long as
        nobody was asked.
        """
        new = [
            place
            for place, process in enumerate(self.processes[:workers])
            if self._described and not process.input_sha256
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

    def ask_living(
        self,
        question: str,
        workers: int = 0,
        absent: Collection[int] = (),
        seen: Callable[[int], Any] | None = None,
    ) -> dict[int, Any]:
        """Return the answers, by place, of the first ``workers`` workers (0: all).

        Those in the ``absent`` places are not asked. One that is lost is left out, and so is one
        that is ended because it does not answer; it is replaced when it is needed. Who is at
        something else is not waited for on this host where the answer can be ``seen`` by the pid.
        """
        answers = {}
        asked = [place for place in range(workers or len(self.actors)) if place not in absent]
        for place, pending in [
            (place, getattr(self.actors[place], question).remote()) for place in asked
        ]:
            process = self.processes[place]
            otherwise = seen if process.host == host_key() else None
            try:
                answers[place] = ray.get(pending, timeout=SOON_S if otherwise else ANSWER_WITHIN_S)
            except RayActorError:
                continue
            except GetTimeoutError:
                if otherwise:
                    answers[place] = otherwise(process.pid)
                else:
                    self.end(place)
        return answers

    def usage(self, workers: int, absent: Collection[int] = ()) -> dict[str, tuple[float, int]]:
        """Return (core-seconds so far, peak resident bytes) by process.

        Of the first ``workers`` workers (0: all), but for the places that are being filled: nobody
        waits for a process that is only starting. A worker in a lost one's place is another
        process. With the spares: what one has used before it steps in is none of a trial's.
        """
        living = self.ask_living("usage", workers, absent, usage_seen)
        used = {key(self.processes[place]): usage for place, usage in living.items()}
        return used | self.spares.usage()

    def hosts(self) -> tuple[Host, ...]:
        """Return the facts of every host that has a worker, read by one worker there."""
        spokesmen = {process.host: actor for process, actor in self._everybody()}
        asked = [actor.host.remote() for actor in spokesmen.values()]
        return tuple(ray.get(asked, timeout=ANSWER_WITHIN_S))

    def _everybody(self) -> Iterator[tuple[Process, Any]]:
        """Yield every worker and every spare: what it is, and its actor."""
        yield from zip(self.processes, self.actors, strict=True)
        yield from zip(self.spares.processes(), self.spares.actors(), strict=True)

    def look(self, place: int) -> Signs | None:
        """Return what a worker's processes show (None: they are gone, or on another machine)."""
        process = self.processes[place]
        return signs([process.pid], ()) if process.host == host_key() else None

    def cpu_seconds(self, place: int) -> float | None:
        """Return what a worker's processes have used so far (None: on another machine)."""
        process = self.processes[place]
        return cpu_seconds_with_children(process.pid) if process.host == host_key() else None

    def end(self, place: int) -> None:
        """End a worker with all that it has started; Ray then says that it is lost."""
        self.retire(self.actors[place], self.processes[place])

    def retire(self, actor: Any, process: Process) -> None:
        """End a process with all that it has started. On another machine that is left to Ray."""
        if process.host == host_key():
            send_signal(process_tree(process.pid), signal.SIGKILL)
        else:
            ray.kill(actor)

    def call(self, place: int, *, beside: bool = False) -> Newcomer:
        """Have a spare come for a place, or start a new worker.

        A spare takes over the cores, and another one is started; ``beside`` is as above. It is
        asked for the digest of its input later: the clock is running.
        """
        spare = self.spares.take(lambda spare: self._nodes[spare.slot] not in self._drained)
        if spare is None:
            actor = self._actor(place, beside=beside)
            return Newcomer(actor, actor.describe.remote(), warm=False)
        nodes = self._nodes
        nodes[place], nodes[spare.slot] = nodes[spare.slot], nodes[place]
        self.spares.add(spare.slot)
        description = spare.actor.step_in.remote(f"w{place}", self._cores(place))
        return Newcomer(spare.actor, description, spare.warm)

    def fill(self, place: int, newcomer: Newcomer) -> None:
        """Have somebody fill a place from now on."""
        self.actors[place] = newcomer.actor
        self._warm = (self._warm - {place}) | ({place} if newcomer.warm else set())

    def avoid(self, nodes: Iterable[str]) -> None:
        """Put nobody on these nodes, and take no spare from there; for any thread."""
        self._drained = frozenset(nodes)

    def is_warm(self, place: int) -> bool:
        """Return whether who fills a place now was a spare that had computed before."""
        return place in self._warm

    @contextlib.contextmanager
    def of_spares(self) -> Iterator["Cluster"]:
        """Yield this cluster with its spares for workers; they are warm afterwards."""
        workers, alone = self._plan.workers, copy(self)
        alone.actors, alone.processes = self.spares.actors(), self.spares.processes()
        alone._nodes, cores = self._nodes[workers:], self._plan.cores[workers:]
        alone._plan = replace(self._plan, workers=self._plan.spares, spares=0, cores=cores)
        alone.spares = Spares(alone._actor, ())
        yield alone
        self.spares.warmed(alone.actors)

    def nodes_of_hosts(self) -> dict[str, str]:
        """Return Ray's id of every host that has workers or spares, as these name them in turn."""
        hosts, asked = zip(
            *((process.host, actor.node.remote()) for process, actor in self._everybody()),
            strict=True,
        )
        return dict(zip(hosts, ray.get([*asked], timeout=ANSWER_WITHIN_S), strict=True))

    def samplers(self, own_host: str) -> list[Sampler]:
        """Return one sampler per host other than ``own_host`` that has workers."""
        return [
            Sampler(lambda: self.processes, host, node)
            for host, node in sorted(self.nodes_of_hosts().items())
            if host != own_host
        ]
