"""Notices on Ray that are shorter than a chunk: whoever has not finished it is gone then.

A spare comes for w1 at once, so that w1 has left its place when its notice ends, with a chunk that
it still works on. w0 has nothing to do when its own ends, and is missed by nobody.
"""

import pytest

from harness.model import Fault, FaultKind, Side, Trial
from tests.racing import Raced, raced

pytestmark = pytest.mark.ray

CHUNK_S, NOTICE_S = 3.0, 1.5
STRIKES = ("drain:w1@1s,notice=1.5s", "drain:w0@3.6s,notice=0.3s")


@pytest.fixture(scope="module")
def drained(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """Return a race in which both workers are told that they will be gone, in either trial."""
    return raced(
        tmp_path_factory.mktemp("take"),
        workload="tests/sleeping.py",
        settings=(f"seconds={CHUNK_S:g}",),
        chaos=STRIKES,
        trials=2,
        workers=None,
        points="2",
        oversubscribe=True,
        spares=1,
    )


def trials(drained: Raced) -> list[Trial]:
    return [trial for trial in drained.results.trials if trial.side is Side.DISTRIBUTED]


def faults(drained: Raced, worker: str) -> list[Fault]:
    every = [fault for trial in trials(drained) for fault in trial.faults]
    return [fault for fault in every if fault.worker == worker]


def test_a_worker_whose_notice_ends_in_a_chunk_does_not_finish_it(drained: Raced) -> None:
    struck = faults(drained, "w1")
    assert [fault.redone for fault in struck] == [1, 1]
    for fault in struck:
        assert fault.caught_up_s is not None
        assert fault.caught_up_s >= NOTICE_S + CHUNK_S


def test_who_was_drained_and_not_missed_is_not_lost_by_accident_later(drained: Raced) -> None:
    kinds = {fault.kind for trial in trials(drained) for fault in trial.faults}
    assert kinds == {FaultKind.DRAIN}
    assert [trial.failure for trial in trials(drained)] == ["", ""]


def test_both_workers_were_told_in_both_trials(drained: Raced) -> None:
    assert [len(faults(drained, worker)) for worker in ("w0", "w1")] == [2, 2]
