"""Room for the workers on the nodes of a cluster, and the wait for hosts that bring more of it.

An autoscaler starts hosts once they are asked for; others join by hand. May import ``errors`` and
``run``.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ray
from ray.autoscaler.sdk import request_resources
from ray.exceptions import RayError
from ray.experimental.internal_kv import _internal_kv_get

from harness.errors import SideFailed

WAIT_FOR_AUTOSCALER_S = 600.0
CONNECTING, WAITING = "workers", "hosts"  # parts of the start-up
LOOK_EVERY_S = 0.5
REPORT_EVERY_S = 1.0
AUTOSCALER_STATUS = b"__autoscaling_status"
NOT_STARTED_BY_AN_AUTOSCALER = "node_"  # with its id: what such a host's kind is called


@dataclass(frozen=True, kw_only=True)
class HostWait:
    """How long to wait for hosts, and who is told of it.

    ``limit_s`` None: as long as an autoscaler may need if there is one, else not at all.
    ``report`` is given the number of workers that have no room yet (at the end, 0) and the seconds
    so far, ``lap`` the name of what has just ended; ``is_abandoned`` tells whether nobody waits for
    the workers any more.
    """

    limit_s: float | None = None
    report: Callable[[int, float], None] = lambda missing, seconds: None
    lap: Callable[[str], None] = lambda name: None
    is_abandoned: Callable[[], bool] = lambda: False


NO_WAIT = HostWait(limit_s=0.0)
"""Hosts that are not there yet are not waited for."""


@contextlib.contextmanager
def room_for(workers: int, cores_per_worker: int, wait: HostWait) -> Iterator[list[str]]:
    """Yield a node for every worker, waiting for hosts that have yet to come.

    What was asked of an autoscaler is taken back with the block: by then the workers hold their
    cores, so that no host of theirs is idle. Raises ``SideFailed`` if there is not room in time.
    """
    free = free_cores()
    free_room = {node: int(cores) // cores_per_worker for node, cores in free.items()}
    if sum(free_room.values()) >= workers:
        yield deal(free_room, workers)  # beside what a baseline holds
        return
    room = room_by_node(cores_per_worker)
    if sum(room.values()) >= workers:
        yield deal(room, workers)
        return
    autoscaler = has_autoscaler()
    usual_s = WAIT_FOR_AUTOSCALER_S if autoscaler else 0.0
    limit_s = usual_s if wait.limit_s is None else wait.limit_s
    if autoscaler and limit_s:
        request_resources(bundles=[{"CPU": cores_per_worker}] * workers)
    wait.lap(CONNECTING)
    try:
        enough = _wait_for_room(workers, cores_per_worker, limit_s, wait)
        wait.lap(WAITING)
        yield deal(enough, workers)
    finally:
        if autoscaler and limit_s:
            request_resources()


def _wait_for_room(
    workers: int, cores_per_worker: int, limit_s: float, wait: HostWait
) -> Mapping[str, int]:
    """Return the room by node once it suffices; raise ``SideFailed`` if it does not in time."""
    began = time.monotonic()
    reported_s = -REPORT_EVERY_S
    while True:
        room, waited_s = room_by_node(cores_per_worker), time.monotonic() - began
        missing = workers - sum(room.values())
        if missing <= 0:
            wait.report(0, waited_s)
            return room
        if waited_s >= limit_s:
            raise _no_room(workers, workers - missing, limit_s)
        if wait.is_abandoned():
            raise SideFailed("the wait for hosts was interrupted")
        if waited_s >= reported_s + REPORT_EVERY_S:
            reported_s = waited_s
            wait.report(missing, waited_s)
        time.sleep(LOOK_EVERY_S)


def _no_room(workers: int, room: int, limit_s: float) -> SideFailed:
    after = f" after {limit_s:.0f} s" if limit_s else ""
    wait = "wait longer for hosts" if limit_s else "wait for hosts that are about to join"
    return SideFailed(
        f"the cluster has room for {room} of {workers} workers{after}",
        f"use --workers {room} or fewer, or {wait} with --wait-for-hosts",
    )


def room_by_node(cores_per_worker: int) -> dict[str, int]:
    """Return for how many workers each living node has cores."""
    return {
        node["NodeID"]: int(node["Resources"].get("CPU", 0)) // cores_per_worker
        for node in ray.nodes()
        if node["Alive"]
    }


def free_cores() -> dict[str, float]:
    """Return the cores that nobody holds, by node; in its interface Ray tells only their sum.

    None where it does not say, or does not know yet.
    """
    from ray._private import state

    try:
        by_node: dict[str, dict[str, Any]] = state.available_resources_per_node()
    except (AttributeError, RayError):
        return {}
    return {node: float(resources.get("CPU", 0.0)) for node, resources in by_node.items()}


def deal(room: Mapping[str, int], workers: int) -> list[str]:
    """Return a node for every worker, dealt evenly over the nodes that have room left."""
    most = max(room.values(), default=0)
    rounds = [node for turn in range(most) for node in sorted(room) if turn < room[node]]
    return rounds[:workers]


def has_autoscaler() -> bool:
    """Return whether something starts hosts for this cluster when they are asked for.

    Every cluster has a monitor that reports its hosts by kind. What no autoscaler has started is
    of a kind of its own, which is called by its id.
    """
    return any(not kind.startswith(NOT_STARTED_BY_AN_AUTOSCALER) for kind in _kinds_of_hosts())


def _kinds_of_hosts() -> set[str]:
    """Return what kinds of hosts the monitor reports, present or pending; none if it does not."""
    with contextlib.suppress(Exception):  # the reports are no part of Ray's interface
        if status := _internal_kv_get(AUTOSCALER_STATUS):
            report = json.loads(status)["autoscaler_report"]
            coming = {kind for _, kind, _ in report["pending_nodes"]}
            present = {*report["active_nodes"], *report.get("node_type_mapping", {}).values()}
            return {*present, *report["pending_launches"], *coming}
        from ray.autoscaler.v2.sdk import get_cluster_status

        now = get_cluster_status(ray.get_runtime_context().gcs_address)
        hosts: list[Any] = [*now.active_nodes, *now.idle_nodes, *now.pending_nodes]
        return {host.ray_node_type_name for host in (*hosts, *now.pending_launches)}
    return set()
