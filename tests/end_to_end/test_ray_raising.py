"""A fleet whose worker raises at a request, on real Ray: the race ends, and claims nothing."""

import pytest

from harness import events as e
from harness.errors import ExitCode
from harness.model import Side, Status
from tests.failing_service import RAISES_AT
from tests.races import Raced, raced

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def race() -> Raced:
    """Return a race whose distributed trial meets a request that its workers cannot encode."""
    return raced("--workers", "2", "--workload", "tests/failing_service.py")


def test_what_a_worker_raised_is_said_in_one_sentence_with_the_place(race: Raced) -> None:
    sentence, hint = race.said.errors.splitlines()
    assert sentence == (
        "error: the distributed side failed: ZeroDivisionError:"
        f" request {RAISES_AT} divides by zero"
    )
    assert hint.startswith("hint: it was raised in failing_service.py, line ")
    assert hint.endswith(", in encode_but_one")
    assert race.said.exit_code == ExitCode.FAILED


def test_the_rate_was_searched_and_the_trial_is_kept_as_one_that_failed(race: Raced) -> None:
    assert race.events_of(e.Ready)[0].service is not None
    assert race.results.status is Status.FAILED
    assert [trial.side for trial in race.results.trials if trial.served] == [Side.BASELINE]
    assert [event.side for event in race.events if isinstance(event, e.Failed)] == [
        Side.DISTRIBUTED
    ]


def test_nothing_is_left_running_and_no_file_lies_about(race: Raced) -> None:
    assert race.left_behind == ([], ())
