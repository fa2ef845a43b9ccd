from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims.core_time import CoreTime, TimePart, core_time_of
from harness.claims.pairs import complete_pairs
from harness.model import CoreSeconds, Results, Side
from tests.builders import a_report, a_results, a_sweep

SECONDS = st.floats(0.0, 1e4)


def core_time_at(results: Results, scale: int) -> CoreTime:
    """Return the distributed side's core time at a scale that must have one."""
    pairs = complete_pairs(results, scale)
    assert pairs is not None
    spent = core_time_of(pairs)
    assert spent is not None
    return spent


def spending(results: Results, side: Side, spent: CoreSeconds | None) -> Results:
    """Return the results with one side's core-seconds spent like this in every trial."""
    return replace(
        results,
        trials=tuple(
            replace(one, core_seconds=spent) if one.side is side else one for one in results.trials
        ),
    )


def test_the_baseline_comes_first_and_then_every_scale() -> None:
    assert [(one.side, one.workers) for one in a_report(a_sweep()).core_time] == [
        (Side.BASELINE, 1),
        (Side.DISTRIBUTED, 1),
        (Side.DISTRIBUTED, 2),
        (Side.DISTRIBUTED, 4),
    ]


def test_useful_work_is_what_the_baseline_computes_too() -> None:
    assert [one.useful_s for one in a_report(a_sweep()).core_time] == [pytest.approx(39.6)] * 4


def test_computing_beyond_the_baselines_is_extra_work() -> None:
    assert core_time_at(a_sweep(), 4).extra_s == pytest.approx(39.6 * 0.04)


def test_a_side_that_computes_less_than_the_baseline_does_no_extra_work() -> None:
    less = CoreSeconds(compute_s=30.0, exchange_s=1.0, waiting_s=2.0, serial_s=3.0, idle_s=4.0)
    spent = core_time_at(spending(a_sweep(), Side.DISTRIBUTED, less), 2)
    assert (spent.useful_s, spent.extra_s) == (30.0, 0.0)


def test_the_other_parts_are_as_they_were_spent() -> None:
    parts = CoreSeconds(compute_s=40.0, exchange_s=1.0, waiting_s=2.0, serial_s=3.0, idle_s=4.0)
    spent = core_time_at(spending(a_sweep(), Side.DISTRIBUTED, parts), 2)
    assert (spent.communication_s, spent.waiting_s, spent.serial_s, spent.idle_s) == (
        1.0,
        2.0,
        3.0,
        4.0,
    )


def test_what_was_given_is_cores_times_wall_time() -> None:
    spent = core_time_at(a_sweep(), 4)
    assert (spent.cores, spent.wall_s, spent.available_s) == (4, 11.3, 45.2)


def test_every_core_of_a_worker_is_counted() -> None:
    sweep = a_sweep()
    wide = replace(sweep, spec=replace(sweep.spec, cores_per_worker=2, baseline_cores=2))
    assert [one.cores for one in a_report(wide).core_time] == [2, 2, 4, 8]


@given(st.lists(st.tuples(st.floats(1.0, 1e3), st.floats(1.0, 1e3)), min_size=1, max_size=7))
def test_the_parts_add_up_to_what_was_given_at_the_median_wall_time(
    walls: list[tuple[float, float]],
) -> None:
    baseline, distributed = zip(*walls, strict=True)
    results = a_sweep({2: distributed}, baseline)
    spent = core_time_at(results, 2)
    assert spent.available_s == pytest.approx(
        2 * sorted(distributed)[len(walls) // 2] if len(walls) % 2 else spent.available_s
    )
    assert sum(part_s for _, part_s in spent.parts) == pytest.approx(spent.available_s)


def test_of_an_even_number_of_trials_the_middle_two_are_averaged() -> None:
    spent = core_time_at(a_sweep({2: (21.0, 23.0, 90.0, 1.0)}), 2)
    assert spent.wall_s == 22.0


def test_shares_are_of_what_was_given() -> None:
    spent = core_time_at(a_sweep(), 4)
    assert sum(spent.share(part) for part in TimePart) == pytest.approx(1.0)
    assert spent.share(TimePart.USEFUL) == pytest.approx(39.6 / 45.2)


@pytest.mark.parametrize("side", list(Side))
def test_a_side_that_does_not_say_leaves_nothing_to_compare(side: Side) -> None:
    pairs = complete_pairs(spending(a_sweep(), side, None))
    assert pairs is not None
    assert core_time_of(pairs) is None


def test_a_session_without_core_seconds_has_no_ledger() -> None:
    assert a_report(a_results()).core_time == ()
