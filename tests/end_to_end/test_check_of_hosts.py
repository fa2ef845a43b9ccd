"""What check says of a cluster of two hosts, which is joined with its token only."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.end_to_end.hosts import Hosts, cluster_of_hosts
from tests.ray_nodes import HAS_TOKENS, JOINING, needs_tokens
from tests.terminals import PYTHON

pytestmark = pytest.mark.ray

WORDS = ("--workload", "tests/pieces.py", "--workers", "2", *JOINING)
NO_TOKEN = {"RAY_AUTH_MODE": "", "RAY_AUTH_TOKEN": "", "HOME": "/nonexistent"}


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    """Start two hosts with a core each."""
    with cluster_of_hosts((1, 1)) as started:
        yield started


@pytest.fixture(scope="module")
def checked(hosts: Hosts) -> Mapping[str, Any]:
    """Return what check says on the first host, by the names of its lines."""
    words = (PYTHON, "-m", "demo", "check", "--json", *WORDS, "--address", hosts.address)
    document = json.loads(hosts.run(1, *words, within_s=240.0).stdout)
    return {line["name"]: line for line in document["checks"]}


def test_both_hosts_are_there_with_room_and_a_token(checked: Mapping[str, Any]) -> None:
    names = ("token", "joining", "hosts", "room", "clocks")
    wanted = dict.fromkeys(names, "ok") | ({} if HAS_TOKENS else {"token": "warn"})
    assert {name: checked[name]["verdict"] for name in names} == wanted


def test_data_that_leaves_the_host_in_clear_is_warned_of(checked: Mapping[str, Any]) -> None:
    assert checked["tls"]["verdict"] == "warn"


def test_the_links_between_hosts_are_measured_and_named_by_label(
    checked: Mapping[str, Any], hosts: Hosts
) -> None:
    assert "medians over 4 links" in checked["link"]["sentence"]
    said = " ".join(line["sentence"] for line in checked.values())
    assert "worker-host-" in said
    assert not any(host.address in said for host in hosts.hosts)


@needs_tokens
def test_a_host_within_reach_of_others_is_not_joined_without_a_token(hosts: Hosts) -> None:
    words = (PYTHON, "-m", "demo", "race", *WORDS, "--ui", "none", "--address", hosts.address)
    refused = hosts.run(1, *words, environment=NO_TOKEN)
    assert refused.returncode == 2
    assert "error: no token keeps others out of the cluster at" in refused.stderr
    assert "--insecure joins it all the same" in refused.stderr


@needs_tokens
def test_with_a_wrong_token_nothing_is_tried(hosts: Hosts) -> None:
    words = (PYTHON, "-m", "demo", "check", "--json", *WORDS, "--address", hosts.address)
    wrong = hosts.run(1, *words, environment={"RAY_AUTH_TOKEN": "0" * 64})
    document = json.loads(wrong.stdout)
    failed = {line["name"] for line in document["checks"] if line["verdict"] == "fail"}
    assert (wrong.returncode, failed) == (1, {"token", "arming"})
