"""A cluster that is too small until another node joins it, and what check says of the two.

One cluster on loopback serves a race that waits for the node, and a check of both nodes.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from harness import events as e
from harness.model import Side, Status
from harness.run.cluster_facts import HostFacts, Joined
from harness.run.cluster_survey import survey_cluster
from tests.races import Act, Events, Raced, Witness, code_when_quiet, interrupt, raced
from tests.ray_nodes import HAS_TOKENS, LoopbackCluster, loopback_cluster
from tests.terminals import PYTHON, run_piped

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def cluster() -> Iterator[LoopbackCluster]:
    """Start a cluster with one core."""
    with loopback_cluster(cores=1) as started:
        yield started


def waits(events: Events, _: Witness) -> bool:
    """Return whether the race has said that it waits for hosts."""
    return any(isinstance(event, e.AwaitsHosts) for event in events)


@pytest.fixture(scope="module")
def waited(cluster: LoopbackCluster) -> Raced:
    """Return a race of two workers, for the second of which a node joins by hand."""
    return raced(
        *("--workers", "2", "--address", cluster.address, "--wait-for-hosts", "200"),
        environment=cluster.environment,
        acts=[Act(waits, lambda _, __: cluster.add_node(cores=1))],
    )


def test_a_race_waits_for_a_host_and_then_runs(waited: Raced) -> None:
    code = code_when_quiet(waited.said.exit_code, waited.results)
    assert (code, waited.results.status) == (0, Status.COMPLETE)


def test_the_wait_says_for_how_many_workers_there_is_no_room(waited: Raced) -> None:
    waits = waited.events_of(e.AwaitsHosts)
    assert [wait.workers for wait in waits] == [*[1] * (len(waits) - 1), 0]
    assert len(waits) > 1
    assert [wait.seconds for wait in waits] == sorted(wait.seconds for wait in waits)


def test_the_wait_is_a_part_of_the_start_up_and_off_the_clock(waited: Raced) -> None:
    [ready] = waited.events_of(e.Ready)
    assert ready.startup["hosts"] >= waited.events_of(e.AwaitsHosts)[-1].seconds
    assert all(trial.began_s > ready.at for trial in waited.trials(Side.DISTRIBUTED))


def test_a_wait_for_hosts_that_never_come_is_ended_by_ctrl_c(
    waited: Raced, cluster: LoopbackCluster
) -> None:
    stopped = raced(
        *("--workers", "9", "--address", cluster.address, "--wait-for-hosts", "200"),
        environment=cluster.environment,
        acts=[interrupt(waits)],
    )
    assert (stopped.said.exit_code, stopped.results.status) == (130, Status.ABORTED)
    assert stopped.left_behind == ([], ())


@pytest.fixture(scope="module")
def checked(waited: Raced, cluster: LoopbackCluster) -> Mapping[str, Any]:
    """Return what check says of the cluster, by the names of its lines."""
    words = ("check", "--json", "--workload", "tests/pieces.py", "--workers", "2")
    command = [PYTHON, "-m", "demo", *words, "--address", cluster.address]
    document = json.loads(run_piped(command, environment=cluster.environment).text)
    return {line["name"]: line for line in document["checks"]}


def test_every_line_of_a_cluster_has_its_place_in_the_checklist(
    checked: Mapping[str, Any],
) -> None:
    lines = ["token", "tls", "sessions", "joining", "hosts", "room", "link", "clocks"]
    assert [name for name in checked if name in lines] == lines
    assert "shared" in checked


def test_a_cluster_that_is_well_has_no_failure(checked: Mapping[str, Any]) -> None:
    verdicts = {name: checked[name]["verdict"] for name in ("token", "joining", "hosts", "room")}
    token = "ok" if HAS_TOKENS else "warn"
    assert verdicts == {"token": token, "joining": "ok", "hosts": "ok", "room": "ok"}, checked


def test_hosts_are_named_by_label(checked: Mapping[str, Any]) -> None:
    assert "worker-host-1 1 core" in checked["hosts"]["sentence"]
    assert "worker-host-2 1 core" in checked["hosts"]["sentence"]
    assert "127.0.0.1" not in " ".join(line["sentence"] for line in checked.values())


def test_the_way_between_hosts_is_measured(checked: Mapping[str, Any]) -> None:
    assert "/s or more (" in checked["link"]["sentence"]
    assert "medians over 4 links" in checked["link"]["sentence"]


@pytest.fixture
def joining(cluster: LoopbackCluster, monkeypatch: pytest.MonkeyPatch) -> LoopbackCluster:
    """Return the cluster, with what it takes to join it in this process's environment."""
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    return cluster


def test_nodes_that_were_started_by_hand_are_no_autoscalers(joining: LoopbackCluster) -> None:
    facts = survey_cluster(joining.address, lambda: False, within_s=120.0)
    [joined] = [fact for fact in facts if isinstance(fact, Joined)]
    assert joined.autoscaler is False


def test_a_cluster_is_looked_at_no_longer_than_stated(joining: LoopbackCluster) -> None:
    facts = list(survey_cluster(joining.address, lambda: False, within_s=0.2))
    assert not any(isinstance(fact, HostFacts | Joined) for fact in facts)
