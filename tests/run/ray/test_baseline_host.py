"""On which host of a cluster the baseline runs, and what it holds there."""

from typing import Any

import pytest

from harness.errors import SideFailed
from harness.run.ray.baseline_host import NodeFacts, choose, reserved


def a_node(name: str, **changes: Any) -> NodeFacts:
    """Return a node of two free cores on a host of its own, with some changes."""
    usual = NodeFacts(
        node=name,
        host=f"host of {name}",
        cpu_model="common",
        niceness=0,
        affinity=(),
        cores=2,
        free_cores=2,
    )
    return usual._replace(**changes)


def test_the_baseline_runs_here_where_this_host_is_a_node_like_the_others() -> None:
    nodes = [a_node("a"), a_node("b", host="here", free_cores=1), a_node("c")]
    assert choose(nodes, 1, "here").node == "b"


def test_a_host_like_the_workers_is_preferred_to_this_one() -> None:
    nodes = [a_node("a", host="here", cpu_model="rare"), a_node("b"), a_node("c")]
    assert choose(nodes, 1, "here").node == "b"


def test_of_like_hosts_the_one_with_the_most_free_cores_is_taken() -> None:
    nodes = [a_node("a", free_cores=0), a_node("b"), a_node("c", free_cores=1)]
    assert choose(nodes, 1, "driver's").node == "b"


def test_a_host_with_too_few_cores_is_none_for_the_baseline() -> None:
    nodes = [a_node("a", cores=1), a_node("b", cores=4)]
    assert choose(nodes, 4, "driver's").node == "b"


def test_a_baseline_larger_than_every_host_is_refused() -> None:
    with pytest.raises(SideFailed, match="the 8 cores that the baseline needs; the largest has 2"):
        choose([a_node("a")], 8, "driver's")


def test_the_baseline_holds_its_cores_where_there_is_room_beside_the_workers() -> None:
    nodes = [a_node("a"), a_node("b")]
    assert reserved(nodes[0], nodes, baseline=1, workers=3) == 1


def test_the_baseline_holds_none_where_the_workers_need_every_core() -> None:
    nodes = [a_node("a"), a_node("b")]
    assert reserved(nodes[0], nodes, baseline=1, workers=4) == 0
