"""The default workload on real Ray, small: the baseline's bits, with a worker killed on the way."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import events as e
from harness.files.results import load
from harness.model import Results, Side
from tests.terminals import ROOT, Follower, race, surroundings, wait_for

pytestmark = pytest.mark.ray

STEPS, BATCH = 90, 4096
SMALL = (
    "--set",
    f"steps={STEPS}",
    "--set",
    f"batch={BATCH}",
    "--set",
    "micro_batch=512",
    "--set",
    "copies=8",
    "--workers",
    "2",
)
ENDS_WITHIN_S = 120.0


@dataclass(frozen=True)
class Struck:
    """A race whose second worker was killed at about a third of its way."""

    code: int
    results: Results

    def trial(self, side: Side) -> tuple[float, str, int]:
        """Return quality, answer digest and items of a side's only trial."""
        (trial,) = [trial for trial in self.results.trials if trial.side is side]
        return trial.quality, trial.answer_sha256, trial.items


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Struck:
    out = tmp_path_factory.mktemp("train") / "take"
    quiet = subprocess.DEVNULL
    command = race(out, "--yes", "--ui", "none", *SMALL, workload="train")
    with subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, cwd=ROOT, env=surroundings()
    ) as process:
        os.kill(wait_for(lambda: victim(out), ENDS_WITHIN_S), signal.SIGKILL)
        code = process.wait(ENDS_WITHIN_S)
    return Struck(code, load(out / "results.json"))


def victim(out: Path) -> int:
    """Return the pid of the second worker once a third of the distributed run is done; 0 before."""
    told = [event for event in Follower(out).more() if event.side is Side.DISTRIBUTED]
    if not any(isinstance(event, e.Progress) and event.done > STEPS * BATCH // 3 for event in told):
        return 0
    return next(
        worker.pid
        for event in told
        if isinstance(event, e.Ready)
        for worker in event.workers
        if worker.id == "w1"
    )


def test_a_race_that_loses_a_worker_makes_its_headline_all_the_same(struck: Struck) -> None:
    assert struck.code == 0


def test_the_weights_are_those_of_the_baseline_to_the_last_bit(struck: Struck) -> None:
    assert struck.trial(Side.DISTRIBUTED) == struck.trial(Side.BASELINE)


def test_the_held_out_digits_are_classified_well_by_both_sides(struck: Struck) -> None:
    assert struck.trial(Side.BASELINE)[0] >= 0.97


def test_the_loss_and_what_it_cost_are_on_record(struck: Struck) -> None:
    (fault,) = [fault for trial in struck.results.trials for fault in trial.faults]
    assert fault.worker == "w1"
    assert fault.at_s > 0
    assert fault.cost_s is not None
    assert fault.cost_s > 0


def test_the_held_out_set_is_counted(struck: Struck) -> None:
    assert struck.results.held_out is not None
    assert struck.results.held_out.items == 364
