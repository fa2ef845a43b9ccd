"""The baseline of a race on a joined cluster: started on one of its hosts, as its workers are.

``start.py harness.run.ray.baseline_on_node ASSIGNMENT`` takes the place of ``harness.run.child``,
with the same two pipes. It joins the cluster and has the side's process started on a host there, or
becomes that process itself where the host is this one. Either way the process has what a worker
has: as many cores, unpinned, its niceness, and the environment of that host.
May import ``errors``, ``events``, ``event_lines``, ``command_pair`` and ``run``.
"""

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import ray
from msgspec.structs import replace
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from harness.command_pair import CommandPair, expand_home
from harness.errors import SideFailed, TwoclocksError
from harness.event_lines import encode
from harness.events import Failed
from harness.run import start, wire
from harness.run.digest import named_files
from harness.run.failure import failure_of
from harness.run.find import find, is_path
from harness.run.guard import die_with_parent
from harness.run.host import host_key, pin
from harness.run.imports import UserModule, needed_modules
from harness.run.ray.baseline_host import ELSEWHERE, NodeFacts, ask_nodes, choose, reserved
from harness.run.ray.connection import ClusterPlan, connect
from harness.run.ray.ray_errors import explained
from harness.run.ray.relay import Relay
from harness.run.ray.remote_side import RemoteSide, missing
from harness.run.ray.shipment import require_arrival

CALLS_AT_ONCE = 4
STARTS_WITHIN_S = 120.0


def run_on_node(assignment: wire.Assignment, given: Mapping[str, str]) -> int:
    """Run the side on the host that is chosen; return its exit code.

    ``given`` is the environment that this process was started with.
    """
    began = time.perf_counter()
    found = find(assignment.workload)
    pair = _with_settings(found, assignment) if isinstance(found, CommandPair) else None
    own_file = _own_file(assignment.workload) if pair is None else None
    modules = needed_modules(assignment.workload) if pair is None else ()
    plan = ClusterPlan(
        address=assignment.address,
        scratch=assignment.scratch,
        workers=1,
        cores_per_worker=assignment.cores_per_worker,
        cores=(),
        store_bytes=0,
        modules_sha256="",
        modules=(*modules, own_file) if own_file else modules,
    )
    with explained():
        shipment = connect(plan)
        nodes = ask_nodes()
        node = choose(nodes, assignment.cores_per_worker, host_key())
        if node.host == host_key():
            ray.shutdown()
            _become_the_side(assignment, node, given)
        if shipment is not None:
            require_arrival(shipment, [node.node])
        side = _start(assignment, node, nodes, own_file, () if pair is None else _files(pair))
        try:
            return Relay(assignment, side, time.perf_counter() - began).run()
        finally:
            ray.shutdown()


def _with_settings(pair: CommandPair, assignment: wire.Assignment) -> CommandPair:
    return pair.with_settings(assignment.params)


def _own_file(workload: str) -> UserModule | None:
    """Return the file of a workload as a module of its own name (None: it is no file)."""
    return UserModule(Path(workload).stem, Path(workload).resolve()) if is_path(workload) else None


def _files(pair: CommandPair) -> tuple[str, ...]:
    """Return the files that the programs of a pair need, and the folder that they start in."""
    read = [expand_home(name) for name in (pair.input, pair.stdin) if name]
    files = [Path(start.current_folder()), *named_files(pair), *read]
    return tuple(str(file.absolute()) for file in files)


def _become_the_side(
    assignment: wire.Assignment, node: NodeFacts, given: Mapping[str, str]
) -> None:
    """Become the side's process, on this host; it never returns."""
    if (steps := node.niceness - os.nice(0)) > 0:
        os.nice(steps)
    pin(node.affinity)
    here = replace(assignment, address="", cores=())
    command = start.command("harness.run.child", msgspec.json.encode(here).decode())
    os.execve(command[0], command, dict(given))


def _start(
    assignment: wire.Assignment,
    node: NodeFacts,
    nodes: list[NodeFacts],
    own_file: UserModule | None,
    files: tuple[str, ...],
) -> Any:
    """Start the side's process on a node; raise ``SideFailed`` where it lacks a file."""
    there = NodeAffinitySchedulingStrategy(node.node, soft=False)
    look = ray.remote(missing).options(num_cpus=0, scheduling_strategy=there)
    lacking = ray.get(look.remote(files), timeout=STARTS_WITHIN_S) if files else []
    if lacking:
        raise SideFailed(
            f"{Path(lacking[0]).name} is not on the host of the cluster that the baseline runs on",
            f"copy it there, to the same folder, {ELSEWHERE}",
        )
    cores = assignment.cores_per_worker
    options: dict[str, Any] = {
        "num_cpus": reserved(node, nodes, cores, assignment.cores_beside),
        "max_concurrency": CALLS_AT_ONCE,
        "scheduling_strategy": there,
    }
    there_alone = replace(assignment, address="", cores=())
    file = own_file.place if own_file else ""
    side: Any = ray.remote(RemoteSide)
    started = side.options(**options).remote(there_alone, start.current_folder(), file)
    ray.get(started.answer.remote(), timeout=STARTS_WITHIN_S)
    return started


def main() -> int:
    """Run the baseline that the assignment on the command line names."""
    given = dict(os.environ)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    die_with_parent()
    assignment = msgspec.json.decode(sys.argv[1], type=wire.Assignment)
    try:
        return run_on_node(assignment, given)
    except TwoclocksError as error:
        failed = Failed(reason=error.sentence, hint=error.hint)
    except Exception as error:  # whatever the author's code raises ends the side
        failed = failure_of(error)
        with contextlib.suppress(OSError):  # the log's disk may be full
            traceback.print_exc()
    with contextlib.suppress(OSError):  # the conductor may be gone
        os.write(wire.required(assignment.events_fd), encode(failed))
    return 1
