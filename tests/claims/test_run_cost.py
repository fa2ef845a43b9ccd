import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.claims.pairs import complete_pairs
from harness.claims.run_cost import Cost, cost_of
from harness.model import Offer, Results, SpotPrices
from tests.builders import (
    a_race_of,
    a_results,
    a_spec,
    golden_results,
    some_prices,
)


def costs(results: Results) -> Cost:
    """Return what a run costs in results that have a pair."""
    pairs = complete_pairs(results)
    assert pairs is not None
    return cost_of(pairs)


def test_the_known_good_example_costs_sixty_eight_percent_less() -> None:
    cost = costs(golden_results())
    assert f"{cost.baseline:.2f} {cost.distributed:.2f} {cost.drop:.0%}" == "9.40 3.05 68%"


def test_scaling_alone_would_have_made_the_known_good_example_dearer() -> None:
    assert f"{costs(golden_results()).scaling_part:.1%}" == "-13.7%"


def test_a_baseline_on_more_cores_is_billed_for_them() -> None:
    wide, narrow = costs(a_race_of(40.0, 22.0, baseline_cores=4)), costs(a_race_of(40.0, 22.0))
    assert wide.baseline == 4 * narrow.baseline


@given(
    st.floats(1.0, 1e4),
    st.floats(1.0, 1e4),
    st.integers(1, 16),
    st.integers(1, 16),
    st.integers(1, 4),
)
def test_at_equal_prices_only_the_efficiency_decides_the_cost(
    baseline_s: float,
    distributed_s: float,
    workers: int,
    baseline_cores: int,
    cores_per_worker: int,
) -> None:
    cost = costs(
        a_race_of(
            baseline_s,
            distributed_s,
            workers,
            baseline_cores=baseline_cores,
            cores_per_worker=cores_per_worker,
        )
    )
    assert cost.drop == pytest.approx(cost.scaling_part)


PRICES = st.floats(1e-3, 1e3)


@given(
    st.floats(1.0, 1e4),
    st.floats(1.0, 1e4),
    st.integers(1, 16),
    st.integers(1, 16),
    st.integers(1, 4),
    PRICES,
    PRICES,
    PRICES,
)
def test_the_bills_obey_the_identity_of_cost_and_speedup(
    baseline_s: float,
    distributed_s: float,
    workers: int,
    baseline_cores: int,
    cores: int,
    one: float,
    other: float,
    head: float,
) -> None:
    prices = some_prices(baseline_per_hour=one, worker_per_hour=other, head_per_hour=head)
    pairs = complete_pairs(
        a_race_of(
            baseline_s,
            distributed_s,
            workers,
            baseline_cores=baseline_cores,
            cores_per_worker=cores,
            prices=prices,
        )
    )
    assert pairs is not None
    cost, over_one_machine = cost_of(pairs), pairs.speedup * baseline_cores / cores
    assert cost.distributed / cost.baseline == pytest.approx(
        (workers * other / one + head / one) / over_one_machine
    )
    assert cost.drop == pytest.approx(cost.scaling_part + cost.price_part, rel=1e-9, abs=1e-9)


@given(
    st.floats(1.0, 1e4),
    st.floats(1.0, 1e4),
    st.integers(1, 16),
    st.integers(1, 16),
    st.floats(0.0, 0.01),
)
def test_a_worker_at_the_break_even_price_saves_and_loses_nothing(
    baseline_s: float, distributed_s: float, workers: int, baseline_cores: int, head: float
) -> None:
    asked = {"workers": workers, "baseline_cores": baseline_cores}
    ratio = costs(
        a_race_of(baseline_s, distributed_s, prices=some_prices(head_per_hour=head), **asked)
    ).break_even_ratio
    assume(ratio > 0)
    prices = some_prices(worker_per_hour=0.34 * ratio, head_per_hour=head)
    even = a_race_of(baseline_s, distributed_s, prices=prices, **asked)
    assert costs(even).drop == pytest.approx(0.0, abs=1e-9)


def test_prices_make_the_part_of_the_drop_that_scaling_does_not() -> None:
    cost = costs(golden_results())
    assert (f"{cost.drop:.3f}", f"{cost.scaling_part:.3f}", f"{cost.price_part:.3f}") == (
        "0.676",
        "-0.137",
        "0.812",
    )


def test_the_head_node_counts_as_price_since_it_has_no_speed() -> None:
    cost = costs(a_results(spec=a_spec(prices=some_prices(head_per_hour=0.34))))
    assert cost.scaling_part == pytest.approx(1 - 44 / 40)
    assert cost.price_part == pytest.approx(-22 / 40)


def test_the_head_nodes_share_of_the_bill_is_told() -> None:
    assert costs(
        a_results(spec=a_spec(prices=some_prices(head_per_hour=0.34)))
    ).head_share == pytest.approx(1 / 3)


def test_free_workers_leave_a_bill_without_shares() -> None:
    cost = costs(a_results(spec=a_spec(prices=some_prices(worker_per_hour=0.0))))
    assert (cost.distributed, cost.drop, cost.head_share) == (0.0, 1.0, 0.0)


def test_machine_hours_are_billed_for_every_machine() -> None:
    cost = costs(a_results(spec=a_spec(prices=some_prices(head_per_hour=0.34))))
    hours = (cost.baseline_hours, cost.distributed_hours, cost.head_hours)
    assert hours == pytest.approx((40 / 3600, 44 / 3600, 22 / 3600))


def test_no_head_node_is_billed_where_it_has_no_price() -> None:
    assert costs(a_results()).head_hours == 0.0


def test_every_offer_of_the_price_list_has_its_own_bill() -> None:
    offer = Offer("spot", baseline_per_hour=0.34, worker_per_hour=0.17, head_per_hour=0.0)
    (spot,) = costs(a_results(spec=a_spec(prices=some_prices(offers=(offer,))))).offers
    assert spot.name == "spot"
    assert [spot.baseline, spot.distributed, spot.drop] == pytest.approx(
        [0.34 * 40 / 3600, 0.17 * 44 / 3600, 1 - 22 / 40]
    )


SPOT = SpotPrices(worker_per_hour=0.17, head_per_hour=0.0)


def test_spot_prices_are_billed_only_where_they_were_asked_for() -> None:
    prices = some_prices(spot=SPOT)

    asked, not_asked = (
        costs(a_results(spec=a_spec(prices=prices, spot=spot))) for spot in (True, False)
    )

    assert (asked.is_spot, not_asked.is_spot) == (True, False)
    assert asked.distributed == pytest.approx(0.5 * not_asked.distributed)
    assert asked.baseline == not_asked.baseline


def test_the_drop_at_spot_prices_is_split_into_scaling_and_price() -> None:
    cost = costs(a_results(spec=a_spec(prices=some_prices(spot=SPOT), spot=True)))

    assert (cost.drop, cost.scaling_part) == pytest.approx((1 - 22 / 40, 1 - 44 / 40))
    assert cost.drop == pytest.approx(cost.scaling_part + cost.price_part)


def test_beside_spot_prices_stands_what_the_same_run_costs_on_demand() -> None:
    (usual,) = costs(a_results(spec=a_spec(prices=some_prices(spot=SPOT), spot=True))).offers

    assert usual.name == "on demand"
    assert usual.distributed == pytest.approx(costs(a_results()).distributed)


def test_spares_are_billed_for_the_whole_run() -> None:
    with_spare, without = costs(a_results(spec=a_spec(spares=1))), costs(a_results())

    assert with_spare.distributed == pytest.approx(1.5 * without.distributed)
    assert with_spare.distributed_hours == pytest.approx(3 * 22 / 3600)


def test_spares_are_a_part_of_what_scaling_out_costs() -> None:
    cost = costs(a_results(spec=a_spec(spares=1)))

    assert (cost.scaling_part, cost.price_part) == pytest.approx((1 - 66 / 40, 0.0))


def test_the_head_node_is_on_the_bill() -> None:
    spec = a_spec(prices=some_prices(head_per_hour=0.68))
    assert costs(a_results(spec=spec)).distributed == pytest.approx(
        2 * costs(a_results()).distributed
    )
