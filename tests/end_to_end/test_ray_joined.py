"""Races on a Ray cluster that is there already.

It was started in a folder of other code, which it has on its path, and the races in a third folder.
Two of them run at the same time, since each mostly waits.
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
from functools import partial
from pathlib import Path

import psutil
import pytest

from harness.model import Side, Status
from tests.races import WORKLOAD, Raced, Witness, code_when_quiet, lives, raced
from tests.terminals import PYTHON, ROOT, PipedProgram, at_once, surroundings, wait_for

pytestmark = pytest.mark.ray

STARTS_WITHIN_S = 200.0
STARTED = "Ray runtime started"
OTHER_CODE = "raise SystemExit('other code than was sent')"

OWN_WORKLOAD = """
from dataclasses import dataclass
from harness.workload import Metric, Problem, Workload

@dataclass(frozen=True, kw_only=True)
class Settings:
    numbers: int = 40

def load(settings):
    return Problem(input=tuple(range(settings.numbers)), held_out=(), items=settings.numbers)

def sum_of_squares(numbers):
    from own_parts.arithmetic import square  # found on the worker when it is called
    return sum(map(square, numbers))

def distributed(numbers, pool, report):
    halves = [numbers[::2], numbers[1::2]]
    return sum(part.value for part in pool.map(sum_of_squares, halves, items=len, report=report))

WORKLOAD = Workload(
    name="own",
    params=Settings(),
    unit="numbers",
    metric=Metric("sum"),
    load=load,
    baseline=lambda numbers, report: sum_of_squares(numbers),
    distributed=distributed,
    quality=lambda answer, held_out: float(answer),
)
"""


@dataclass(frozen=True)
class Head:
    """A cluster of six cores on this machine, in an environment that lets others join it."""

    address: str
    environment: dict[str, str]
    folder: Path
    witness: Witness


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    """Start a cluster as its administrator would; end its own processes afterwards."""
    token = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_worker_niceness": "0",
    }
    folder = tempfile.mkdtemp(prefix="t", dir="/tmp")
    other = {"PYTHONPATH": str(a_folder_of_other_code(Path(folder) / "other"))}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
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
    log = Path(folder, "head.log")
    with (
        log.open("wb") as printed,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            cwd=other["PYTHONPATH"],
            env=surroundings(token | other),
        ) as process,
    ):
        witness = Witness(process.pid, Path(folder))
        try:
            wait_for(lambda: STARTED in log.read_text(), STARTS_WITHIN_S)
            yield Head(f"127.0.0.1:{port}", token, Path(folder), witness)
        finally:
            witness.look()
            process.terminate()
            process.wait()
            for pid in witness.left:
                os.kill(pid, signal.SIGKILL)
            shutil.rmtree(folder)


def a_folder_of_other_code(folder: Path) -> Path:
    """Return a folder whose packages have the names of ours, and of a user's, and do not work."""
    for name in ("harness", "workloads", "own_parts"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(OTHER_CODE)
    return folder


@pytest.fixture(scope="module")
def third(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a workload that imports its neighbour once it is called."""
    folder = tmp_path_factory.mktemp("third")
    (folder / "path" / "own_parts").mkdir(parents=True)
    (folder / "path" / "own.py").write_text(OWN_WORKLOAD)
    (folder / "path" / "own_parts" / "arithmetic.py").write_text("square = lambda x: x * x\n")
    return folder


@pytest.fixture(scope="module")
def races(head: Head, third: Path) -> Mapping[str, Raced]:
    """Return two races on the cluster that is named, and two that fail, on that in RAY_ADDRESS."""
    there = head.environment | {"RAY_ADDRESS": head.address}
    named = ("--workers", "2", "--address", head.address)
    race = partial(raced, program=partial(PipedProgram, cwd=third))
    pieces = ("--workers", "2", "--workload", str(ROOT / WORKLOAD))
    both = (
        {
            "joined": lambda: race(
                *pieces, *named, "--set", "rounds=100", environment=head.environment
            ),
            "own": lambda: race(
                *named,
                *("--workload", "path/own.py", "--dashboard"),
                environment=head.environment,
            ),
        },
        {
            "map": lambda: race(*pieces, "--set", "fail=map", environment=there),
            "lockstep": lambda: race(*pieces, "--set", "fail=lockstep", environment=there),
        },
    )
    return {name: raced for two in both for name, raced in at_once(two).items()}


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


def test_a_users_file_runs_there_with_the_modules_that_lie_beside_it(
    races: Mapping[str, Raced],
) -> None:
    own = races["own"]
    assert (own.results.status, len(own.answers)) == (Status.COMPLETE, 1), own.said.errors


def test_that_a_joined_cluster_has_no_dashboard_is_said(races: Mapping[str, Raced]) -> None:
    assert "this cluster has no dashboard\n" in races["own"].said.errors


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


def test_a_host_on_which_what_was_sent_was_changed_is_refused_by_name(
    races: Mapping[str, Raced], head: Head
) -> None:
    sent = [*head.folder.glob("session_2*/runtime_resources/working_dir_files/*/harness/text.py")]
    for file in sent:
        file.write_text(f"{file.read_text()}\n")
    two = ("--workers", "2", "--address", head.address)
    refused = raced(*two, environment=head.environment)
    assert sent
    assert (refused.said.exit_code, refused.results.status) == (3, Status.FAILED)
    assert (
        "the host of w0 runs other source code than this program: harness/text.py\n"
        in refused.said.errors
    )
