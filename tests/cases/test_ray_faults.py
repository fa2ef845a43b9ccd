"""Workers on Ray that are stopped, or hang, in a map and in a lockstep: each is replaced in time.

All in one race, which ends with the answer that would have come without them.
"""

from pathlib import Path

import pytest

from harness import events as e
from harness.model import ProcessState, Side, Status
from tests.racing import Raced, raced

pytestmark = pytest.mark.ray

HERE = Path(__file__).parent
DEEDS = ("chunk stopped", "chunk without end", "step stopped", "step without end")


@pytest.fixture(scope="module")
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """Return a race in which a worker is stuck four times."""
    marks = tmp_path_factory.mktemp("marks")
    done = raced(
        tmp_path_factory.mktemp("take"),
        workload=str(HERE / "stuck_on_ray.py"),
        settings=(f"marks={marks}",),
        stall_after=1.0,
    )
    assert sorted(mark.name for mark in marks.iterdir()) == sorted(DEEDS)
    return done


def test_a_race_whose_workers_were_stuck_ends_with_the_baselines_answer(stuck: Raced) -> None:
    answers = {trial.answer_sha256 for trial in stuck.results.trials}
    assert (stuck.results.status, len(answers)) == (Status.COMPLETE, 1)


def test_each_worker_that_was_stuck_is_replaced_once(stuck: Raced) -> None:
    course = [event for event in stuck.events if isinstance(event, e.Faulted | e.Recovered)]
    assert len(course) == 2 * len(DEEDS)
    for worker in ("w0", "w1"):
        kinds = [type(event) for event in course if event.worker == worker]
        assert kinds == [e.Faulted, e.Recovered] * (len(kinds) // 2)


@pytest.mark.parametrize(("place", "deed"), [*enumerate(DEEDS)], ids=DEEDS)
def test_the_reason_is_that_it_was_stalled(place: int, deed: str, stuck: Raced) -> None:
    reason = stuck.trial(Side.DISTRIBUTED).faults[place].reason
    did = "stopped (T)" if "stopped" in deed else "sleeping (S)"
    assert reason.startswith(f"stalled: {did} for ")


@pytest.mark.parametrize("state", [ProcessState.STOPPED, ProcessState.SLEEPING])
def test_a_worker_is_said_to_be_stalled_before_it_is_ended(
    state: ProcessState, stuck: Raced
) -> None:
    stalled = [event for event in stuck.events if isinstance(event, e.Stalled)]
    assert any(event.state is state and event.worker in ("w0", "w1") for event in stalled)
