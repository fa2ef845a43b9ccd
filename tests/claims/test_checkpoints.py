import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims import checkpoints

SECONDS = st.floats(0.1, 1e4)


def test_the_interval_is_the_root_of_twice_the_checkpoint_times_the_time_between_losses() -> None:
    assert checkpoints.young_interval(2.0, 100.0) == 20.0


def test_work_that_is_never_lost_takes_its_time_and_that_of_its_checkpoints() -> None:
    took = checkpoints.preempted_time(
        work_s=1000.0, checkpoint_s=1.0, restart_s=5.0, mtbf_s=1e12, interval_s=100.0
    )

    assert took == pytest.approx(1010.0, rel=1e-3)


def test_work_that_ends_before_its_first_checkpoint_writes_none() -> None:
    took = checkpoints.preempted_time(
        work_s=10.0, checkpoint_s=100.0, restart_s=0.0, mtbf_s=1e9, interval_s=50.0
    )

    assert took == pytest.approx(10.0)


@given(SECONDS, SECONDS)
def test_losses_never_make_work_shorter(work_s: float, mtbf_s: float) -> None:
    interval_s = checkpoints.young_interval(1.0, mtbf_s)

    assert checkpoints.preempted_time(work_s, 1.0, 1.0, mtbf_s, interval_s) >= work_s


def test_the_interval_loses_the_least_where_a_checkpoint_is_short() -> None:
    best = checkpoints.young_interval(0.01, 100.0)

    def took(interval_s: float) -> float:
        return checkpoints.preempted_time(1000.0, 0.01, 0.0, 100.0, interval_s)

    assert took(best) < min(took(0.5 * best), took(2.0 * best))


def test_work_that_is_lost_far_too_often_never_ends() -> None:
    assert checkpoints.preempted_time(1e6, 1.0, 0.0, 1e-3, 1e5) == math.inf


@pytest.mark.parametrize("mtbf_s", [0.0, -1.0, math.nan, math.inf])
def test_an_impossible_time_between_losses_is_refused(mtbf_s: float) -> None:
    with pytest.raises(ValueError, match="MTBF must be above zero"):
        checkpoints.young_interval(1.0, mtbf_s)
