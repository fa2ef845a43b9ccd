import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.claims.headline import Headline, Refusal
from harness.claims.pairs import complete_pairs
from harness.claims.run_cost import cost_of
from harness.model import Offer, Results, Side, Status
from tests.builders import (
    a_report,
    a_results,
    a_spec,
    a_sweep,
    a_trial,
    an_observer,
    golden_results,
    some_pairs,
    some_prices,
)

STEADY = [40.0, 41.0, 40.0, 39.0, 40.0, 41.0], [22.0, 21.0, 22.0, 23.0, 22.0, 22.0]


def claimed(results: Results) -> Headline:
    """Return the headline of results that must make one."""
    claim = a_report(results).claim
    assert isinstance(claim, Headline), claim
    return claim


def a_race_of(baseline_s: float, distributed_s: float, workers: int = 2, **asked: Any) -> Results:
    """Return one pair of these wall times, one after the other, watched at no cost."""
    trials = some_pairs([baseline_s], [distributed_s], workers)
    apart = tuple(replace(trial, began_s=8.0 + 1e6 * trial.order) for trial in trials)
    return a_results(
        spec=a_spec(workers=workers, **asked), trials=apart, observer=an_observer(cpu_s=0.0)
    )


def test_the_known_good_example_is_seven_times_as_fast() -> None:
    assert f"{claimed(golden_results()).speed.speedup:.2f}" == "7.04"


def test_the_known_good_example_has_eighty_eight_percent_efficiency() -> None:
    assert f"{claimed(golden_results()).speed.efficiency:.2f}" == "0.88"


def test_the_known_good_example_has_a_serial_fraction_of_two_hundredths() -> None:
    assert f"{claimed(golden_results()).speed.serial_fraction:.3f}" == "0.020"


def test_the_known_good_example_cannot_pass_fifty_one_times() -> None:
    assert f"{claimed(golden_results()).speed.ceiling:.1f}" == "51.2"


def test_the_known_good_example_moved_the_quality_by_three_thousandths() -> None:
    quality = claimed(golden_results()).quality
    assert (
        f"{quality.baseline:.3f} {quality.distributed:.3f} {quality.change:.3f}"
        == "0.741 0.738 -0.003"
    )


def test_the_known_good_example_costs_sixty_eight_percent_less() -> None:
    cost = claimed(golden_results()).cost
    assert f"{cost.baseline:.2f} {cost.distributed:.2f} {cost.drop:.0%}" == "9.40 3.05 68%"


def test_scaling_alone_would_have_made_the_known_good_example_dearer() -> None:
    assert f"{claimed(golden_results()).cost.scaling_part:.1%}" == "-13.7%"


def test_a_headline_keeps_the_facts_it_came_from() -> None:
    results = a_results()
    assert claimed(results).results is results


def test_times_are_medians_over_the_pairs_never_the_best() -> None:
    speed = claimed(a_results(trials=some_pairs([40.0, 60.0, 41.0], [22.0, 20.0, 90.0]))).speed
    assert (speed.baseline_s, speed.distributed_s) == (41.0, 22.0)


def test_qualities_are_medians_over_the_pairs() -> None:
    trials = tuple(
        replace(trial, quality=0.975 + 0.001 * trial.index) for trial in some_pairs(*STEADY)
    )
    assert claimed(a_results(trials=trials)).quality.baseline == pytest.approx(0.9775)


def test_a_trial_without_a_partner_does_not_count() -> None:
    trials = (
        *some_pairs([40.0], [22.0]),
        a_trial(Side.BASELINE, 400.0, index=1, order=2, began_s=900.0),
    )
    claim = claimed(a_results(trials=trials))
    assert (len(claim.pairs), claim.speed.baseline_s) == (1, 40.0)


def test_a_trial_that_failed_does_not_count() -> None:
    first, second = (
        some_pairs([40.0, 1.0], [22.0, 22.0])[:2],
        some_pairs([40.0, 1.0], [22.0, 22.0])[2:],
    )
    trials = (*first, *(replace(trial, failure="raised") for trial in second))
    assert len(claimed(a_results(trials=trials)).pairs) == 1


def test_a_trial_on_another_number_of_workers_does_not_count() -> None:
    trials = (
        *some_pairs([40.0], [22.0]),
        a_trial(Side.DISTRIBUTED, 11.0, workers=4, order=2, began_s=900.0),
    )
    assert claimed(a_results(trials=trials)).speed.distributed_s == 22.0


def test_other_scales_that_do_not_follow_the_law_leave_no_ceiling() -> None:
    claim = a_report(a_sweep({1: (41.0,), 2: (20.2,), 4: (10.5,), 8: (16.0,)})).claim
    assert isinstance(claim, Headline)
    assert (claim.speed.serial_fraction, claim.speed.ceiling) == (None, None)


def test_below_six_pairs_there_is_no_interval() -> None:
    assert claimed(a_results(trials=some_pairs([40.0] * 5, [22.0] * 5))).speed.interval is None


def test_from_six_pairs_the_interval_holds_the_speedup() -> None:
    speed = claimed(a_results(trials=some_pairs(*STEADY))).speed
    assert speed.interval is not None
    assert speed.interval[0] < speed.speedup < speed.interval[1]


def test_start_up_can_be_put_back_on_the_clock() -> None:
    speed = claimed(a_results()).speed
    assert speed.speedup_with_startup == (40.0 + 1.5) / (22.0 + 5.0)


@pytest.mark.parametrize(
    "results",
    [
        a_race_of(40.0, 39.0, workers=1),
        a_race_of(40.0, 19.0, workers=2),
        a_race_of(40.0, 50.0, workers=2),
        a_race_of(40.0, 22.0, workers=2, baseline_cores=2),
    ],
    ids=["one-worker", "superlinear", "slowdown", "wide-baseline"],
)
def test_where_the_formula_does_not_hold_no_serial_fraction_is_implied(results: Results) -> None:
    speed = claimed(results).speed
    assert (speed.serial_fraction, speed.ceiling) == (None, None)


def test_a_perfect_speedup_has_no_ceiling() -> None:
    assert claimed(a_race_of(40.0, 20.0)).speed.ceiling == math.inf


def test_a_baseline_on_more_cores_is_compared_core_for_core() -> None:
    assert claimed(a_race_of(40.0, 20.0, workers=8, baseline_cores=4)).speed.efficiency == 1.0


def test_a_worker_of_two_cores_against_a_baseline_of_two_counts_as_one_share() -> None:
    speed = claimed(a_race_of(40.0, 20.0, workers=2, baseline_cores=2, cores_per_worker=2)).speed
    assert (speed.efficiency, speed.serial_fraction) == (1.0, 0.0)


def test_a_baseline_on_more_cores_is_billed_for_them() -> None:
    wide, narrow = claimed(a_race_of(40.0, 22.0, baseline_cores=4)), claimed(a_race_of(40.0, 22.0))
    assert wide.cost.baseline == 4 * narrow.cost.baseline


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
    claim = claimed(
        a_race_of(
            baseline_s,
            distributed_s,
            workers,
            baseline_cores=baseline_cores,
            cores_per_worker=cores_per_worker,
        )
    )
    assert claim.cost.drop == pytest.approx(claim.cost.scaling_part)


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
    pairs = complete_pairs(
        a_race_of(baseline_s, distributed_s, prices=some_prices(head_per_hour=head), **asked)
    )
    assert pairs is not None
    ratio = cost_of(pairs).break_even_ratio
    assume(ratio > 0)
    prices = some_prices(worker_per_hour=0.34 * ratio, head_per_hour=head)
    even = complete_pairs(a_race_of(baseline_s, distributed_s, prices=prices, **asked))
    assert even is not None
    assert cost_of(even).drop == pytest.approx(0.0, abs=1e-9)


def test_prices_make_the_part_of_the_drop_that_scaling_does_not() -> None:
    cost = claimed(golden_results()).cost
    assert (f"{cost.drop:.3f}", f"{cost.scaling_part:.3f}", f"{cost.price_part:.3f}") == (
        "0.676",
        "-0.137",
        "0.812",
    )


def test_the_head_node_counts_as_price_since_it_has_no_speed() -> None:
    cost = claimed(a_results(spec=a_spec(prices=some_prices(head_per_hour=0.34)))).cost
    assert cost.scaling_part == pytest.approx(1 - 44 / 40)
    assert cost.price_part == pytest.approx(-22 / 40)


def test_the_head_nodes_share_of_the_bill_is_told() -> None:
    assert claimed(
        a_results(spec=a_spec(prices=some_prices(head_per_hour=0.34)))
    ).cost.head_share == pytest.approx(1 / 3)


def test_free_workers_leave_a_bill_without_shares() -> None:
    cost = claimed(a_results(spec=a_spec(prices=some_prices(worker_per_hour=0.0)))).cost
    assert (cost.distributed, cost.drop, cost.head_share) == (0.0, 1.0, 0.0)


def test_machine_hours_are_billed_for_every_machine() -> None:
    cost = claimed(a_results(spec=a_spec(prices=some_prices(head_per_hour=0.34)))).cost
    hours = (cost.baseline_hours, cost.distributed_hours, cost.head_hours)
    assert hours == pytest.approx((40 / 3600, 44 / 3600, 22 / 3600))


def test_no_head_node_is_billed_where_it_has_no_price() -> None:
    assert claimed(a_results()).cost.head_hours == 0.0


def test_every_offer_of_the_price_list_has_its_own_bill() -> None:
    offer = Offer("spot", baseline_per_hour=0.34, worker_per_hour=0.17, head_per_hour=0.0)
    (spot,) = claimed(a_results(spec=a_spec(prices=some_prices(offers=(offer,))))).cost.offers
    assert spot.name == "spot"
    assert [spot.baseline, spot.distributed, spot.drop] == pytest.approx(
        [0.34 * 40 / 3600, 0.17 * 44 / 3600, 1 - 22 / 40]
    )


def test_the_head_node_is_on_the_bill() -> None:
    spec = a_spec(prices=some_prices(head_per_hour=0.68))
    assert claimed(a_results(spec=spec)).cost.distributed == pytest.approx(
        2 * claimed(a_results()).cost.distributed
    )


def test_equal_digests_are_identical_answers() -> None:
    assert claimed(a_results()).quality.answers_identical


def test_unknown_answers_are_not_called_identical() -> None:
    assert not claimed(golden_results()).quality.answers_identical


def test_a_session_with_a_reason_against_it_is_refused_with_its_facts() -> None:
    results = a_results(status=Status.ABORTED)
    claim = a_report(results).claim
    assert isinstance(claim, Refusal)
    assert claim.results is results


def test_a_headline_carries_its_caveats() -> None:
    assert "one-observation" in {caveat.key for caveat in claimed(a_results()).caveats}
