"""Where the baseline of a race on a joined cluster runs, by what was typed."""

from dataclasses import replace

import pytest

from demo.baseline_place import is_on_node, with_baseline_on_node
from harness.errors import BadRequest
from harness.model import CommandFacts, Schedule
from harness.run.address import ClusterAddress
from tests.builders import a_spec

JOINED = ClusterAddress("10.0.0.1:6379")
LOCAL = ClusterAddress("")
CLIENT = ClusterAddress("ray://10.0.0.1:10001")


@pytest.mark.parametrize(
    ("typed", "named", "on_node"),
    [
        (None, JOINED, True),
        ("node", JOINED, True),
        ("here", JOINED, False),
        (None, LOCAL, False),
        ("here", LOCAL, False),
    ],
)
def test_on_a_joined_cluster_the_baseline_runs_on_a_node_unless_it_is_kept_here(
    typed: str | None, named: ClusterAddress, on_node: bool
) -> None:
    assert is_on_node(typed, named, commands=False) is on_node


def test_a_cluster_that_only_the_programs_join_has_no_baseline() -> None:
    assert not is_on_node(None, CLIENT, commands=True)


@pytest.mark.parametrize(("named", "commands"), [(LOCAL, False), (CLIENT, True)])
def test_a_node_that_there_is_not_is_refused(named: ClusterAddress, commands: bool) -> None:
    with pytest.raises(BadRequest, match="--baseline-on node needs"):
        is_on_node("node", named, commands=commands)


def test_all_cores_are_this_machines_and_none_of_a_node() -> None:
    with pytest.raises(BadRequest, match="the baseline runs on another"):
        with_baseline_on_node(a_spec(), "all")


def test_two_programs_on_two_hosts_run_in_turn() -> None:
    facts = CommandFacts(says_ready=False, input_named=False, compared="output")
    pair = a_spec(commands=facts, schedule=Schedule.AUTO)
    assert with_baseline_on_node(pair, "").schedule is Schedule.IN_TURN
    with pytest.raises(BadRequest, match="cannot compare their answers while both run"):
        with_baseline_on_node(replace(pair, schedule=Schedule.TOGETHER), "")
