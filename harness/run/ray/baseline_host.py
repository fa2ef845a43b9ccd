"""On which host of the cluster the baseline runs: on one of those that the workers are like.

This host, where it is one of them: nothing is started elsewhere then. May import ``errors``,
``model`` and ``run``.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import ray
from ray.exceptions import GetTimeoutError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from harness.errors import SideFailed
from harness.run.host import host_key, terms, this_host
from harness.run.ray.room import free_cores

ANSWERS_WITHIN_S = 180.0  # on a busy machine Ray starts a process in a minute
ELSEWHERE = "or use --baseline-on here"


Look = tuple[str, str, int, tuple[int, ...]]


class NodeFacts(NamedTuple):
    """A node that workers may be on, and what its host is.

    ``cores`` are those that Ray may use there, ``free_cores`` those that nobody holds now. A worker
    there has this ``niceness`` and ``affinity`` (empty: it is not known).
    """

    node: str
    host: str
    cpu_model: str
    niceness: int
    affinity: tuple[int, ...]
    cores: int
    free_cores: int


def choose(nodes: Sequence[NodeFacts], cores: int, own_host: str) -> NodeFacts:
    """Return the node for a baseline of so many cores, on a host of the most common kind.

    This process's own host comes first, then the one with the most cores that nobody holds. Raises
    ``SideFailed`` where no node has the cores.
    """
    fitting = [node for node in nodes if node.cores >= cores]
    if not fitting:
        most = max((node.cores for node in nodes), default=0)
        raise SideFailed(
            f"no host of the cluster has the {cores} cores that the baseline needs;"
            f" the largest has {most}",
            f"use fewer --baseline-cores, {ELSEWHERE}",
        )
    kinds = Counter(node.cpu_model for node in nodes)
    return min(
        fitting,
        key=lambda node: (
            -kinds[node.cpu_model],
            node.host != own_host,
            -node.free_cores,
            node.node,
        ),
    )


def reserved(node: NodeFacts, nodes: Sequence[NodeFacts], baseline: int, workers: int) -> int:
    """Return how many cores the baseline holds in Ray's books, beside those of all workers.

    Where there is no room for both, none: they share its cores, and run in turn. What the workers
    hold nobody else is given either.
    """
    room = sum(one.free_cores for one in nodes)
    return baseline if node.free_cores >= baseline and room >= baseline + workers else 0


def ask_nodes() -> list[NodeFacts]:
    """Return the facts of every node with cores; raise ``SideFailed`` if one does not answer."""
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    look = ray.remote(_look).options
    asked = [
        look(
            num_cpus=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], False)
        ).remote()
        for node in nodes
    ]
    try:
        answers: list[Look] = ray.get(asked, timeout=ANSWERS_WITHIN_S)
    except GetTimeoutError as late:
        sentence = f"the hosts of the cluster did not answer within {ANSWERS_WITHIN_S:.0f} s"
        raise SideFailed(sentence, f"end other programs there, {ELSEWHERE}") from late
    free = free_cores()
    return [
        NodeFacts(
            node=node["NodeID"],
            host=host,
            cpu_model=cpu_model,
            niceness=nice,
            affinity=affinity,
            cores=int(node["Resources"]["CPU"]),
            free_cores=int(free.get(node["NodeID"], 0)),
        )
        for node, (host, cpu_model, nice, affinity) in zip(nodes, answers, strict=True)
    ]


def _look() -> Look:
    """Return what a node's host is, and niceness and cores of a process that Ray starts there."""
    return host_key(), this_host().cpu_model, *terms()
