"""The default workload on real Ray, small: the baseline's bits, with a worker killed on the way."""

import os
import signal

import pytest

from harness import events as e
from harness.model import Side
from tests.racing import Raced, raced

pytestmark = pytest.mark.ray

STEPS, BATCH = 90, 2048
SMALL = (f"steps={STEPS}", f"batch={BATCH}", "micro_batch=512", "copies=8")


class Strike:
    """Kills the second worker once a third of the distributed run is done."""

    def __init__(self) -> None:
        self.done = False

    def __call__(self, events: list[e.Event]) -> None:
        told = [event for event in events if event.side is Side.DISTRIBUTED]
        if self.done or not any(
            isinstance(event, e.Progress) and event.done > STEPS * BATCH // 3 for event in told
        ):
            return
        (ready,) = [event for event in told if isinstance(event, e.Ready)]
        os.kill(ready.workers[1].pid, signal.SIGKILL)
        self.done = True


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """Return a race whose second worker was killed at about a third of its way."""
    return raced(tmp_path_factory.mktemp("train"), Strike(), workload="train", settings=SMALL)


def test_a_race_that_loses_a_worker_makes_its_headline_all_the_same(struck: Raced) -> None:
    assert struck.exit_code == 0


def test_the_weights_are_those_of_the_baseline_to_the_last_bit(struck: Raced) -> None:
    one, two = (struck.trial(side) for side in Side)
    assert (two.quality, two.answer_sha256, two.items) == (
        one.quality,
        one.answer_sha256,
        one.items,
    )


def test_the_held_out_digits_are_classified_well_by_both_sides(struck: Raced) -> None:
    assert struck.trial(Side.BASELINE).quality >= 0.97


def test_the_loss_and_what_it_cost_are_on_record(struck: Raced) -> None:
    (fault,) = [fault for trial in struck.results.trials for fault in trial.faults]
    assert fault.worker == "w1"
    assert fault.at_s > 0
    assert fault.cost_s is not None
    assert fault.cost_s > 0


def test_the_held_out_set_is_counted(struck: Raced) -> None:
    assert struck.results.held_out is not None
    assert struck.results.held_out.items == 364
