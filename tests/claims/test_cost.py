import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims import cost, scaling

SECONDS = st.floats(1e-3, 1e6)
PRICES = st.floats(1e-3, 1e3)
RATIOS = st.floats(1e-2, 1e2)
WORKERS = st.integers(1, 1_000)


def test_a_run_costs_every_machine_for_its_whole_wall_time() -> None:
    assert cost.run_cost(1800.0, 8, 0.50) == 2.0


def test_the_head_node_is_billed_beside_the_workers() -> None:
    assert cost.run_cost(3600.0, 8, 0.50, head_per_hour=0.25) == 4.25


def test_the_known_good_example_became_sixty_eight_percent_cheaper() -> None:
    assert cost.drop(9.40, 3.05) == pytest.approx(0.6755, abs=5e-5)


def test_a_cost_that_rose_is_a_negative_drop() -> None:
    assert cost.drop(2.0, 3.0) == -0.5


@given(SECONDS, SECONDS, WORKERS, PRICES)
def test_at_equal_prices_the_cost_changes_by_one_over_the_efficiency(
    baseline_s: float, distributed_s: float, workers: int, price: float
) -> None:
    ratio = cost.run_cost(distributed_s, workers, price) / cost.run_cost(baseline_s, 1, price)
    efficiency = scaling.efficiency(scaling.speedup(baseline_s, distributed_s), workers)
    assert ratio == pytest.approx(cost.equal_price_ratio(efficiency), rel=1e-9)


def cost_ratio(speedup: float, workers: int, price_ratio: float, head_ratio: float) -> float:
    """Return cost after over cost before, from what either run costs."""
    after = cost.run_cost(1.0, workers, price_ratio, head_ratio)
    return after / cost.run_cost(speedup, 1, 1.0)


@given(st.floats(1.1, 100.0), WORKERS, st.floats(0.0, 1.0))
def test_at_the_break_even_price_nothing_is_saved_or_lost(
    speedup: float, workers: int, head_ratio: float
) -> None:
    price_ratio = cost.break_even_price_ratio(speedup, workers, head_ratio)
    assert cost_ratio(speedup, workers, price_ratio, head_ratio) == pytest.approx(1.0)


@given(st.floats(0.1, 100.0), WORKERS, RATIOS, st.floats(0.0, 10.0))
def test_the_drop_is_the_sum_of_its_scaling_part_and_its_price_part(
    speedup: float, workers: int, price_ratio: float, head_ratio: float
) -> None:
    parts = cost.scaling_part(speedup / workers) + cost.price_part(
        speedup, workers, price_ratio, head_ratio
    )
    assert parts == pytest.approx(
        1 - cost_ratio(speedup, workers, price_ratio, head_ratio), rel=1e-9, abs=1e-9
    )


@given(st.floats(0.1, 100.0), WORKERS)
def test_equal_prices_without_a_head_node_have_no_part_in_the_drop(
    speedup: float, workers: int
) -> None:
    assert cost.price_part(speedup, workers, 1.0) == 0.0


@given(st.floats(0.01, 1.0))
def test_scaling_out_alone_never_saves_money(efficiency: float) -> None:
    assert cost.scaling_part(efficiency) <= 0.0


def test_without_a_head_node_the_break_even_price_is_the_efficiency() -> None:
    assert cost.break_even_price_ratio(7.2, 8) == scaling.efficiency(7.2, 8)


def test_a_head_node_dearer_than_the_speedup_leaves_no_price_that_saves() -> None:
    assert cost.break_even_price_ratio(2.0, 2, head_ratio=3.0) < 0


@pytest.mark.parametrize(
    ("function", "impossible", "says"),
    [
        (cost.run_cost, (-1.0, 1, 1.0), "wall seconds"),
        (cost.run_cost, (1.0, -1, 1.0), "machines"),
        (cost.run_cost, (1.0, 1, math.nan), "price"),
        (cost.run_cost, (1.0, 1, 1.0, -0.1), "head price"),
        (cost.drop, (0.0, 1.0), "cost before"),
        (cost.drop, (1.0, math.inf), "cost after"),
        (cost.equal_price_ratio, (0.0,), "efficiency"),
        (cost.scaling_part, (0.0,), "efficiency"),
        (cost.price_part, (0.0, 2, 1.0), "speedup"),
        (cost.price_part, (2.0, 0, 1.0), "workers"),
        (cost.price_part, (2.0, 2, -1.0), "price ratio"),
        (cost.price_part, (2.0, 2, 1.0, -1.0), "head price ratio"),
        (cost.break_even_price_ratio, (2.0, 0), "workers"),
        (cost.break_even_price_ratio, (2.0, 2, -1.0), "head price ratio"),
    ],
)
def test_impossible_input_is_refused_by_name(
    function: Callable[..., object], impossible: tuple[object, ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        function(*impossible)
