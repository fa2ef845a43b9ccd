"""``train`` on real Ray, small: what both sides reach, with a worker killed on the way."""

import os
import signal

import pytest

from harness import events as e
from harness.model import Parameters, Side
from harness.run.digest import digest
from harness.workload import AnyProblem
from tests.pools import ignore_progress
from tests.racing import Raced, raced
from workloads import train

pytestmark = pytest.mark.ray

SMALL: Parameters = {
    "batches": 800,
    "target": 29.0,
    "channels": 16,
    "depth": 3,
    "validate_every": 32,
}


class Strike:
    """Kills the second worker once the distributed run has trained on a few batches."""

    def __init__(self) -> None:
        self.done = False

    def __call__(self, events: list[e.Event]) -> None:
        told = [event for event in events if event.side is Side.DISTRIBUTED]
        if self.done or not any(isinstance(event, e.Progress) and event.done for event in told):
            return
        (ready,) = [event for event in told if isinstance(event, e.Ready)]
        os.kill(ready.workers[1].pid, signal.SIGKILL)
        self.done = True


def problem() -> AnyProblem:
    return train.load(train.WORKLOAD.configure(train.WORKLOAD.defaults | SMALL))


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """Return a race whose second worker was killed on its way."""
    settings = tuple(f"{name}={value}" for name, value in SMALL.items())
    return raced(tmp_path_factory.mktemp("train"), Strike(), workload="train", settings=settings)


def test_a_race_that_loses_a_worker_makes_its_headline_all_the_same(struck: Raced) -> None:
    assert struck.exit_code == 0


def test_both_sides_have_the_same_weights_whoever_was_lost(struck: Raced) -> None:
    expected = digest(train.baseline(problem().input, ignore_progress), 0).sha256
    assert [struck.trial(side).answer_sha256 for side in Side] == [expected] * 2


def test_both_sides_stop_at_the_same_quality_before_all_batches_are_used(struck: Raced) -> None:
    one, two = (struck.trial(side) for side in Side)
    assert one.quality == two.quality
    assert one.items == two.items < problem().items


def test_the_loss_and_what_it_cost_are_on_record(struck: Raced) -> None:
    (fault,) = [fault for trial in struck.results.trials for fault in trial.faults]
    assert fault.worker == "w1"
    assert fault.at_s > 0
    assert fault.cost_s is not None
    assert fault.cost_s > 0


def test_the_held_out_pixels_are_counted(struck: Raced) -> None:
    assert struck.results.held_out is not None
    assert struck.results.held_out.items == 2 * 427 * 160
