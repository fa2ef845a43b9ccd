"""Races on Ray that end early: by Ctrl-C, while Ray is being started and while it runs; by death.

They run at the same time, since each of them mostly waits.
"""

import os
import shutil
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.model import Status
from tests.pieces import IN_THE_MAP
from tests.races import WORKLOAD, Act, Raced, Witness, interrupt, raced, stands_at, watched
from tests.terminals import Follower, PipedProgram, race, wait_for

pytestmark = pytest.mark.ray

STOPS_WITHIN_S = 5.0


@dataclass(frozen=True)
class Endings:
    """Two races that were stopped, and what was seen of one that was killed."""

    arming: Raced
    running: Raced
    killed: Witness


@pytest.fixture(scope="module")
def endings() -> Endings:
    """Return all three."""
    with ThreadPoolExecutor() as threads:
        arming = threads.submit(stopped_while_arming)
        running = threads.submit(stopped_while_running)
        killed = threads.submit(killed_outright)
    return Endings(arming.result(), running.result(), killed.result())


def stopped_while_arming() -> Raced:
    """Return a race that was stopped while Ray's processes were being started."""
    return raced("--workers", "2", acts=[interrupt(lambda _, witness: witness.sees("raylet"))])


def stopped_while_running() -> Raced:
    """Return a race that was stopped while the workers were at it."""
    return raced("--workers", "2", stands=[2], acts=[interrupt(stands_at(f"2/{IN_THE_MAP}"))])


def killed_outright() -> Witness:
    """Return what was seen of a race that was killed while both its sides were at it."""
    own = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    (own / "stands" / "1").mkdir(parents=True)
    options = (
        "--yes",
        "--ui",
        "none",
        "--workers",
        "1",
        "--schedule",
        "together",
        "--set",
        f"stands={own / 'stands'}",
        "--set",
        "steps=1000",
        "--set",
        "rounds=200",
    )
    killed = Act(
        stands_at(f"1/{IN_THE_MAP}"), lambda _, witness: os.kill(witness.pid, signal.SIGKILL)
    )

    with PipedProgram(
        race(own / "take", *options, workload=WORKLOAD), environment={"TMPDIR": str(own)}
    ) as running:
        witness = Witness(running.process.pid, own / "stands")
        watched(running, witness, Follower(own / "take"), [killed])
        assert running.process.returncode == -signal.SIGKILL

    wait_for(lambda: not witness.left)
    shutil.rmtree(own)
    return witness


@pytest.fixture(params=["arming", "running"])
def stopped(request: pytest.FixtureRequest, endings: Endings) -> Raced:
    """Return each of those that were stopped."""
    return endings.arming if request.param == "arming" else endings.running


def test_ctrl_c_ends_a_race_within_five_seconds(stopped: Raced) -> None:
    assert stopped.said.exit_code == 130
    assert stopped.stopped_in_s < STOPS_WITHIN_S


def test_ctrl_c_keeps_an_aborted_take(stopped: Raced) -> None:
    assert stopped.results.status is Status.ABORTED


def test_ctrl_c_leaves_no_process_and_nothing_in_the_home_or_the_scratch_folder(
    stopped: Raced,
) -> None:
    assert stopped.left_behind == ([], ())


def test_a_race_that_is_killed_outright_takes_all_its_processes_with_it(endings: Endings) -> None:
    assert endings.killed.processes
    assert not endings.killed.left
