"""A short-lived process that joins a cluster as a race would, and looks at its hosts.

``start.py harness.run.ray.survey DESCRIPTOR ADDRESS`` writes a line for each fact to the
descriptor, as soon as it is known. May import ``run`` and ``errors``.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import ray
from ray.cloudpickle import register_pickle_by_value
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from harness.errors import TwoclocksError
from harness.run import cluster_facts as facts
from harness.run.guard import die_with_parent
from harness.run.ray import probe
from harness.run.ray.ray_errors import connecting
from harness.run.ray.room import has_autoscaler

VALUE_BYTES = 4 << 20
MOST_LINKS = 8
ANSWER_WITHIN_S = 40.0

Report = Callable[[facts.Fact], object]


def survey(address: str, report: Report) -> None:
    """Join the cluster, and report what is found out of it."""
    began = time.monotonic()
    try:
        with connecting():
            ray.init(address=address, log_to_driver=False)
    except TwoclocksError as error:
        report(facts.Refused(sentence=error.sentence, hint=error.hint))
        return
    try:
        joined_s = time.monotonic() - began
        cores = tuple(_cores(node) for node in _living_nodes())
        report(facts.Joined(seconds=joined_s, autoscaler=has_autoscaler(), cores=cores))
        register_pickle_by_value(probe)
        _look_at_links(_look_at_hosts(report), report)
    finally:
        ray.shutdown()


def _look_at_hosts(report: Report) -> dict[str, Any]:
    """Report every host; return the processes there that answered, by the host's label."""
    labels = {f"worker-host-{place}": node for place, node in enumerate(_living_nodes(), start=1)}
    asked = {label: _probe_on(node["NodeID"]) for label, node in labels.items()}
    pending = {label: actor.look.remote() for label, actor in asked.items()}
    until = time.monotonic() + ANSWER_WITHIN_S
    for label, answer in pending.items():
        try:
            seen = ray.get(answer, timeout=max(0.1, until - time.monotonic()))
            report(_host_facts(label, labels[label], asked[label], seen))
        except (GetTimeoutError, RayError):
            report(facts.SilentHost(label=label))
            del asked[label]
    return asked


def _living_nodes() -> list[Mapping[str, Any]]:
    return sorted((node for node in ray.nodes() if node["Alive"]), key=lambda node: node["NodeID"])


def _cores(node: Mapping[str, Any]) -> int:
    return int(node["Resources"].get("CPU", 0))


def _probe_on(node: str) -> Any:
    """Start a process on one node and on no other."""
    there = NodeAffinitySchedulingStrategy(node, soft=False)
    return ray.remote(probe.Probe).options(num_cpus=0, scheduling_strategy=there).remote()


def _host_facts(
    label: str, node: Mapping[str, Any], actor: Any, seen: tuple[int, int, str, str]
) -> facts.HostFacts:
    memory_bytes, shared_bytes, ray_version, python = seen
    offset_s, bound_s = _clock_offset(actor)
    values = [ray.put(os.urandom(VALUE_BYTES)) for _ in range(probe.CALLS)]
    fetch_s = ray.get(actor.fetch_s.remote(values), timeout=ANSWER_WITHIN_S)
    return facts.HostFacts(
        label=label,
        cores=_cores(node),
        memory_bytes=memory_bytes,
        store_bytes=int(node["Resources"].get("object_store_memory", 0)),
        shared_bytes=shared_bytes,
        ray=ray_version,
        python=python,
        offset_s=offset_s,
        bound_s=bound_s,
        answers_s=probe.median_call_s(actor),
        bytes_per_s=VALUE_BYTES / fetch_s,
    )


def _clock_offset(actor: Any) -> tuple[float, float]:
    """Return how far a host's clock is before this one's, and within what that is known.

    Of several answers the quickest tells most: the clock was read at some time on its way.
    """
    answers = []
    for _ in range(probe.CALLS):
        asked = time.time()
        there = ray.get(actor.now.remote(), timeout=ANSWER_WITHIN_S)
        answered = time.time()
        answers.append(((answered - asked) / 2, there - (asked + answered) / 2))
    bound_s, offset_s = min(answers)
    return offset_s, bound_s


def _look_at_links(asked: Mapping[str, Any], report: Report) -> None:
    """Report the way from each host to the next one, round them all."""
    labels = [*asked]
    if len(labels) < 2:
        return
    for source, target in [*zip(labels, [*labels[1:], labels[0]], strict=True)][:MOST_LINKS]:
        values = ray.get(asked[source].make.remote(VALUE_BYTES), timeout=ANSWER_WITHIN_S)
        fetch_s = ray.get(asked[target].fetch_s.remote(values), timeout=ANSWER_WITHIN_S)
        call_s = ray.get(asked[source].call_s.remote(asked[target]), timeout=ANSWER_WITHIN_S)
        report(
            facts.Link(
                source=source,
                target=target,
                bytes_per_s=VALUE_BYTES / fetch_s,
                answers_s=call_s,
            )
        )


def main() -> None:
    """Look at the cluster whose address is on the command line."""
    die_with_parent()
    descriptor, address = sys.argv[1:]
    with os.fdopen(int(descriptor), "wb", buffering=0) as lines:
        survey(address, lambda fact: lines.write(facts.encode(fact)))
