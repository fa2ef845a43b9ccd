"""Races on a Ray cluster that is there already.

They run at the same time, since each of them mostly waits.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from harness.model import Side, Status
from tests.races import Raced, Witness, code_when_quiet, lives, raced
from tests.terminals import PYTHON, ROOT, at_once, surroundings, wait_for

pytestmark = pytest.mark.ray

STARTS_WITHIN_S = 120.0


@dataclass(frozen=True)
class Head:
    """A cluster of six cores on this machine, in an environment that lets others join it."""

    address: str
    environment: dict[str, str]
    witness: Witness


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    """Start a cluster as its administrator would; end its own processes afterwards."""
    token = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_worker_niceness": "0",
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="t", dir="/tmp")
    options = [
        f"--port={port}",
        "--node-ip-address=127.0.0.1",
        f"--temp-dir={folder}",
        "--num-cpus=6",
        "--include-dashboard=false",
    ]
    command = [
        str(Path(PYTHON).with_name("ray")),
        "start",
        "--head",
        "--block",
        "--disable-usage-stats",
        *options,
    ]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, cwd=ROOT, env=surroundings(token)
    ) as process:
        witness = Witness(process.pid, Path(folder))
        try:
            wait_for(lambda: answers(port), STARTS_WITHIN_S)
            yield Head(f"127.0.0.1:{port}", token, witness)
        finally:
            witness.look()
            process.terminate()
            process.wait()
            for pid in witness.left:
                os.kill(pid, signal.SIGKILL)
            shutil.rmtree(folder)


def answers(port: int) -> bool:
    """Return whether somebody listens there."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def races(head: Head) -> Mapping[str, Raced]:
    """Return a race on the cluster that is named, and two that fail, on that in RAY_ADDRESS."""
    there = head.environment | {"RAY_ADDRESS": head.address}
    two = ("--workers", "2")
    return at_once(
        {
            "joined": lambda: raced(
                *two, "--address", head.address, "--set", "rounds=100", environment=head.environment
            ),
            "map": lambda: raced(*two, "--set", "fail=map", environment=there),
            "lockstep": lambda: raced(*two, "--set", "fail=lockstep", environment=there),
        }
    )


@pytest.fixture(scope="module")
def joined(races: Mapping[str, Raced]) -> Raced:
    """Return the race that succeeded."""
    return races["joined"]


def test_a_cluster_that_is_there_is_joined(joined: Raced) -> None:
    code = code_when_quiet(joined.said.exit_code, joined.results)
    assert (code, joined.results.status, joined.results.spec.joined_cluster) == (
        0,
        Status.COMPLETE,
        True,
    )


def test_the_workers_of_a_joined_cluster_are_its_own(joined: Raced) -> None:
    ours = {pid for pid, _ in joined.witness.processes}
    assert ours.isdisjoint(process.pid for process in joined.workers(Side.DISTRIBUTED))


def test_answers_from_a_joined_cluster_are_the_baselines(joined: Raced) -> None:
    assert len(joined.answers) == 1


def test_a_joined_cluster_is_left_standing_and_empty(joined: Raced, head: Head) -> None:
    workers = {process.pid for process in joined.workers(Side.DISTRIBUTED)}
    wait_for(lambda: not any(map(psutil.pid_exists, workers)))
    assert lives(psutil.Process(head.witness.pid))


def test_a_race_on_a_joined_cluster_leaves_no_process_and_nothing_in_home_or_scratch_folder(
    joined: Raced,
) -> None:
    assert joined.left_behind == ([], ())


@pytest.mark.parametrize("half", ["map", "lockstep"])
def test_what_the_authors_code_raised_in_a_worker_ends_the_race_with_its_words(
    half: str, races: Mapping[str, Raced]
) -> None:
    raised = races[half]
    assert (raised.said.exit_code, raised.results.status) == (3, Status.FAILED)
    assert (
        "error: the distributed side failed: ValueError: the author's own words\n"
        in raised.said.errors
    )
