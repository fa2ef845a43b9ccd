"""Races on Ray that end early: by Ctrl-C, while Ray is being started and while it runs; by death.

They run at the same time, since each of them mostly waits.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.model import Status
from tests.pieces import IN_THE_MAP
from tests.races import WORKLOAD, Act, Events, Raced, Witness, interrupt, raced, stands_at, watched
from tests.terminals import Follower, PipedProgram, race, wait_for

pytestmark = pytest.mark.ray

STOPS_WITHIN_S = 5.0

When = Callable[[Events, Witness], bool]


@dataclass(frozen=True)
class Endings:
    """Two races that were stopped, and what was seen of two that were killed."""

    arming: Raced
    running: Raced
    killed: Mapping[str, Witness]


@pytest.fixture(scope="module")
def endings() -> Endings:
    """Return all three."""
    with ThreadPoolExecutor() as threads:
        arming = threads.submit(stopped_while_arming)
        running = threads.submit(stopped_while_running)
        killed = threads.submit(killed_outright, stands_at(f"1/{IN_THE_MAP}"))
        killed_arming = threads.submit(killed_outright, lambda _, seen: seen.sees("raylet"))
    return Endings(
        arming.result(),
        running.result(),
        {"running": killed.result(), "arming": killed_arming.result()},
    )


def stopped_while_arming() -> Raced:
    """Return a race that was stopped while Ray's processes were being started."""
    return raced("--workers", "2", acts=[interrupt(lambda _, witness: witness.sees("raylet"))])


def stopped_while_running() -> Raced:
    """Return a race that was stopped while the workers were at it."""
    return raced("--workers", "2", stands=[2], acts=[interrupt(stands_at(f"2/{IN_THE_MAP}"))])


def killed_outright(moment: When) -> Witness:
    """Return what was seen of a race that was killed at a moment."""
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
    with PipedProgram(
        race(own / "take", *options, workload=WORKLOAD), environment={"TMPDIR": str(own)}
    ) as running:
        witness = Witness(running.process.pid, own / "stands")
        kill = Act(moment, lambda _, seen: os.kill(seen.pid, signal.SIGKILL))
        watched(running, witness, Follower(own / "take"), [kill])
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


@pytest.mark.parametrize("moment", ["arming", "running"])
def test_a_race_that_is_killed_outright_takes_all_its_processes_with_it(
    moment: str, endings: Endings
) -> None:
    assert endings.killed[moment].processes
    assert not endings.killed[moment].left
