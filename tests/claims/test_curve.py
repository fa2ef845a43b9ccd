import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims import scaling
from harness.claims.curve import Curve, Origin, Point, Step, curve
from harness.claims.pairs import pairs_by_scale
from harness.model import Kind, Results, Scaling, Side
from tests.builders import a_host, a_results, a_spec, a_sweep, golden_results, some_prices


def curve_of(results: Results, **asked: int) -> Curve:
    """Return the curve of results that must have one."""
    whole = curve(pairs_by_scale(results), **asked)
    assert whole is not None
    return whole


def respecified(results: Results, **changes: Any) -> Results:
    return replace(results, spec=replace(results.spec, **changes))


def points(results: Results) -> dict[int, Point]:
    return {point.workers: point for point in curve_of(results).points}


def moved(results: Results, workers: int, quality: float) -> Results:
    """Return the results with another quality of every distributed trial on so many workers."""
    at = (Side.DISTRIBUTED, workers)
    return replace(
        results,
        trials=tuple(
            replace(one, quality=quality) if (one.side, one.workers) == at else one
            for one in results.trials
        ),
    )


def test_every_scale_of_a_sweep_is_a_point() -> None:
    assert list(points(a_sweep())) == [1, 2, 4]


def test_a_point_holds_what_its_pairs_gave() -> None:
    point = points(a_sweep({2: (20.0, 25.0)}, [40.0, 42.0]))[2]
    assert (point.pairs, point.distributed_s, point.speedup) == (2, 22.5, 41.0 / 22.5)
    assert point.ratios == (2.0, 42.0 / 25.0)


def test_efficiency_and_serial_fraction_are_those_of_the_point() -> None:
    point = points(a_sweep())[4]
    assert (point.efficiency, point.serial_fraction) == (
        40.0 / 11.3 / 4,
        scaling.karp_flatt(40.0 / 11.3, 4),
    )


def test_declared_runs_are_compared_each_with_each() -> None:
    declared = a_sweep({2: (20.0, 25.0)}, [40.0, 50.0], kind=Kind.DECLARED)
    assert points(declared)[2].ratios == (2.0, 1.6, 2.5, 2.0)


def test_an_interval_takes_six_pairs() -> None:
    five, six = (points(a_sweep({2: (21.0,) * pairs}))[2].interval for pairs in (5, 6))
    assert (five, six) == (None, (40.0 / 21.0, 40.0 / 21.0))


def test_a_scale_without_a_complete_pair_is_no_point() -> None:
    sweep = a_sweep()
    broken = tuple(
        replace(trial, failure="raised") if trial.workers == 2 else trial for trial in sweep.trials
    )
    assert list(points(replace(sweep, trials=broken))) == [1, 4]


def test_without_any_pair_there_is_no_curve() -> None:
    assert curve(pairs_by_scale(a_results(trials=()))) is None


def test_a_race_is_a_curve_of_one_point() -> None:
    assert list(points(a_results())) == [2]


def test_the_largest_change_of_any_pair_speaks_for_the_point() -> None:
    sweep = a_sweep({2: (21.0, 21.0)})
    worse = tuple(
        replace(one, quality=0.970) if (one.workers, one.index) == (2, 1) else one
        for one in sweep.trials
    )
    assert points(replace(sweep, trials=worse))[2].quality_change == pytest.approx(-0.005)


@pytest.mark.parametrize(
    ("quality", "held"), [(0.972, True), (0.978, True), (0.9719, False), (0.9781, False)]
)
def test_the_quality_of_a_point_holds_within_the_tolerance(quality: float, held: bool) -> None:
    assert points(moved(a_sweep(), 4, quality))[4].quality_tolerated is held


def test_the_bill_of_a_point_is_of_all_its_machines_and_the_head_node() -> None:
    priced = respecified(a_sweep(), prices=some_prices(worker_per_hour=0.5, head_per_hour=0.25))
    assert points(priced)[4].cost == pytest.approx(11.3 / 3600 * 2.25)


def test_the_baseline_stands_beside_the_points() -> None:
    curve = curve_of(a_sweep({1: (41.0,) * 3, 2: (21.0,) * 3}, [40.0, 44.0, 42.0]))
    assert [curve.baseline_s, curve.baseline_quality, curve.baseline_cost] == pytest.approx(
        [42.0, 0.975, 42.0 / 3600 * 0.34]
    )


def test_three_scales_are_fitted() -> None:
    law = curve_of(a_sweep()).law
    assert law is not None
    assert (law.origin, law.scales) == (Origin.FIT, 2)
    assert law.serial_fraction == scaling.fit_serial_fraction([(2, 40.0 / 21.2), (4, 40.0 / 11.3)])
    assert law.ceiling == 1 / law.serial_fraction


def test_two_scales_are_too_few_for_a_fit_so_the_larger_implies_the_law() -> None:
    law = curve_of(a_sweep({2: (21.2,), 4: (11.3,)})).law
    assert law is not None
    assert (law.origin, law.scales, law.serial_fraction) == (
        Origin.IMPLIED,
        1,
        scaling.karp_flatt(40.0 / 11.3, 4),
    )


@given(st.floats(0.0, 1.0))
def test_a_sweep_that_obeys_the_law_gives_its_fraction_back(fraction: float) -> None:
    law = curve_of(a_sweep({p: (40.0 / scaling.amdahl(fraction, p),) for p in (1, 2, 4, 8)})).law
    assert law is not None
    assert law.serial_fraction == pytest.approx(fraction, abs=1e-9)


def test_a_superlinear_scale_alone_implies_no_law() -> None:
    assert curve_of(a_sweep({2: (19.0,)})).law is None


def test_a_law_says_by_how_much_of_its_time_it_misses_the_worst_scale() -> None:
    law = curve_of(a_sweep()).law
    assert law is not None
    f = law.serial_fraction
    assert law.misfit == pytest.approx(
        max(abs((f + (1 - f) / p) * 40.0 / wall_s - 1) for p, wall_s in ((2, 21.2), (4, 11.3)))
    )


def test_one_worker_has_no_weight_in_the_misfit() -> None:
    one, other = (
        curve_of(a_sweep({1: (wall_s,), 2: (21.2,), 4: (11.3,)})).law for wall_s in (41.0, 60.0)
    )
    assert one == other


@pytest.mark.parametrize(
    "walls",
    [{1: (40.0,), 2: (18.0,), 4: (8.5,)}, {1: (60.0,), 2: (50.0,), 4: (45.0,)}],
    ids=["superlinear", "slowdown"],
)
def test_a_fit_beyond_all_and_none_is_no_law(walls: dict[int, tuple[float]]) -> None:
    curve = curve_of(a_sweep(walls))
    assert (curve.law, curve.rejected_law, curve.predictions, curve.largest_worthwhile) == (
        None,
        None,
        (),
        None,
    )


def test_a_fit_beyond_none_by_no_more_than_noise_is_none() -> None:
    law = curve_of(a_sweep({1: (40.0,), 2: (19.95,), 4: (9.98,)})).law
    assert law is not None
    assert law.serial_fraction == 0.0


BROKEN = {1: (40.0,), 2: (20.0,), 4: (10.0,), 8: (16.0,)}


def test_scales_that_do_not_follow_their_law_predict_nothing() -> None:
    curve = curve_of(a_sweep(BROKEN))
    assert (curve.law, curve.predictions, curve.largest_worthwhile) == (None, (), None)


def test_a_rejected_law_says_by_how_much_it_misses() -> None:
    rejected = curve_of(a_sweep(BROKEN)).rejected_law
    assert rejected is not None
    assert rejected.misfit > 0.1


def test_a_law_that_one_scale_implies_is_rejected_by_another() -> None:
    curve = curve_of(a_sweep({2: (39.0,), 4: (11.3,)}))
    assert curve.law is None
    assert curve.rejected_law is not None
    assert curve.rejected_law.origin is Origin.IMPLIED


def test_a_law_that_holds_is_not_rejected() -> None:
    assert curve_of(a_sweep()).rejected_law is None


def test_a_sweep_without_a_serial_part_has_no_ceiling() -> None:
    curve = curve_of(a_sweep({1: (40.0,), 2: (20.0,), 4: (10.0,)}))
    assert curve.law is not None
    assert (curve.law.ceiling, curve.largest_worthwhile) == (math.inf, None)


def test_an_oversubscribed_scale_is_marked() -> None:
    by_scale = points(a_sweep(hosts=(a_host(cores=2),)))
    assert [point.oversubscribed for point in by_scale.values()] == [False, False, True]


def test_an_oversubscribed_scale_has_no_say_in_the_law() -> None:
    law = curve_of(a_sweep({1: (41.0,), 2: (21.2,), 4: (30.0,)}, hosts=(a_host(cores=2),))).law
    assert law is not None
    assert (law.origin, law.serial_fraction) == (Origin.IMPLIED, scaling.karp_flatt(40.0 / 21.2, 2))


def test_a_scale_whose_quality_moved_has_no_say_in_the_law() -> None:
    law = curve_of(moved(a_sweep(), 4, 0.9)).law
    assert law is not None
    assert (law.origin, law.serial_fraction) == (Origin.IMPLIED, scaling.karp_flatt(40.0 / 21.2, 2))


@pytest.mark.parametrize(
    "changes", [{"scaling": Scaling.WEAK}, {"baseline_cores": 2}], ids=["weak", "wide-baseline"]
)
def test_where_the_formula_does_not_hold_there_is_no_law_and_no_prediction(
    changes: dict[str, Any],
) -> None:
    curve = curve_of(respecified(a_sweep(), **changes))
    assert (curve.law, curve.predictions, curve.largest_worthwhile) == (None, (), None)


def test_predictions_double_from_the_largest_measured_scale() -> None:
    assert [one.workers for one in curve_of(a_sweep()).predictions] == [8, 16, 32, 64]


def test_the_scale_asked_for_is_predicted_whether_or_not_it_is_a_power_of_two() -> None:
    assert [one.workers for one in curve_of(a_sweep(), predicted=20).predictions] == [8, 16, 20]


@pytest.mark.parametrize("predicted", [1, 3, 4])
def test_nothing_that_was_measured_or_lies_below_is_predicted(predicted: int) -> None:
    assert curve_of(a_sweep(), predicted=predicted).predictions == ()


@given(st.lists(st.integers(1, 200), min_size=1, max_size=6, unique=True), st.integers(1, 300))
def test_no_measured_scale_is_ever_predicted(scales: list[int], predicted: int) -> None:
    curve = curve_of(a_sweep({p: (50.0 / p + 1.0,) for p in scales}, hosts=()), predicted=predicted)
    assert all(max(scales) < one.workers <= predicted for one in curve.predictions)


def test_a_prediction_obeys_the_law_and_is_priced_like_a_run() -> None:
    curve = curve_of(respecified(a_sweep(), prices=some_prices(head_per_hour=0.34)))
    assert curve.law is not None
    one = curve.predictions[0]
    assert one.speedup == scaling.amdahl(curve.law.serial_fraction, 8)
    assert [one.efficiency, one.cost] == pytest.approx(
        [one.speedup / 8, 40.0 / one.speedup / 3600 * 9 * 0.34]
    )


def test_the_largest_worthwhile_scale_keeps_seven_tenths_of_the_hardware() -> None:
    curve = curve_of(a_sweep())
    assert curve.law is not None
    assert (
        curve.largest_worthwhile == scaling.largest_worthwhile(curve.law.serial_fraction, 0.7) == 9
    )


def test_cost_is_the_fewest_workers_that_beat_the_baseline() -> None:
    assert curve_of(a_sweep()).cost_scale == 2


def test_cost_is_unbounded_where_no_scale_beats_the_baseline() -> None:
    assert curve_of(a_sweep({1: (90.0,), 2: (50.0,), 4: (40.0,)})).cost_scale is None


def test_the_framework_tax_is_what_one_worker_takes_over_the_baseline() -> None:
    assert curve_of(a_sweep()).framework_tax == pytest.approx(41.0 / 40.0)


def test_without_a_run_on_one_worker_the_framework_tax_is_unknown() -> None:
    assert curve_of(a_sweep({2: (21.2,), 4: (11.3,)})).framework_tax is None


def test_one_worker_beside_a_wider_baseline_tells_no_tax() -> None:
    assert curve_of(respecified(a_sweep(), baseline_cores=2)).framework_tax is None


def test_the_known_good_example_predicts_further_machines_from_its_one_point() -> None:
    curve = curve_of(golden_results())
    assert curve.law is not None
    assert (curve.law.origin, f"{curve.law.ceiling:.1f}") == (Origin.IMPLIED, "51.2")
    assert [one.workers for one in curve.predictions] == [16, 32, 64]


def the_step(results: Results) -> Step:
    step = curve_of(results).next_step
    assert step is not None
    return step


def test_the_next_step_is_predicted_beyond_the_largest_scale() -> None:
    curve, step = curve_of(a_sweep()), the_step(a_sweep())
    eight = curve.predictions[0]
    assert (step.before, step.after, step.predicted) == (4, 8, True)
    assert [step.saved_s, step.extra_cost] == pytest.approx(
        [11.3 - 40.0 / eight.speedup, eight.cost - curve.points[-1].cost]
    )
    assert step.price_per_hour == pytest.approx(step.extra_cost / step.saved_s * 3600)


def test_the_next_step_is_a_measured_one_where_there_is_one() -> None:
    step = the_step(respecified(a_sweep(), workers=2))
    assert (step.after, step.predicted) == (4, False)
    assert step.saved_s == pytest.approx(21.2 - 11.3)


def test_no_step_leads_to_an_oversubscribed_scale() -> None:
    crowded = respecified(a_sweep(hosts=(a_host(cores=2),)), workers=2)
    assert (the_step(crowded).after, the_step(crowded).predicted) == (8, True)


def test_no_step_leads_to_a_scale_whose_quality_moved() -> None:
    assert curve_of(moved(respecified(a_sweep(), workers=2), 4, 0.9)).next_step is None


def test_no_step_leads_beyond_a_scale_whose_quality_moved() -> None:
    assert curve_of(moved(a_sweep(), 4, 0.9)).next_step is None


def test_a_step_that_saves_money_has_no_price() -> None:
    step = the_step(
        respecified(a_sweep(), prices=some_prices(worker_per_hour=0.0, head_per_hour=1.0))
    )
    assert step.extra_cost < 0 < step.saved_s
    assert step.price_per_hour is None


def test_a_step_that_saves_no_time_has_no_price() -> None:
    step = the_step(respecified(a_sweep({1: (41.0,), 2: (21.2,), 4: (30.0,)}), workers=2))
    assert step.saved_s < 0
    assert step.price_per_hour is None


def test_without_a_law_or_a_further_scale_there_is_no_step() -> None:
    assert curve_of(a_sweep({2: (19.0,)})).next_step is None


def test_a_session_that_never_ran_its_own_scale_has_no_step() -> None:
    assert curve_of(respecified(a_sweep(), workers=3)).next_step is None


def test_shares_of_two_cores_are_billed_as_one_machine() -> None:
    wide = a_results(spec=a_spec(cores_per_worker=2, baseline_cores=2))
    assert curve_of(wide).baseline_cost == pytest.approx(40.0 / 3600 * 0.34)


def test_the_known_good_example_is_predicted_for_ten_times_its_machines() -> None:
    predicted = curve_of(golden_results()).ten_times
    assert predicted is not None

    assert predicted.workers == 80
    assert predicted.speedup == pytest.approx(1 / (0.01955 + 0.98045 / 80), rel=1e-3)
    assert predicted.efficiency == predicted.speedup / 80


def test_scales_that_do_not_follow_their_law_say_nothing_of_ten_times_the_scale() -> None:
    assert curve_of(a_sweep({1: (41.0,), 2: (21.0,), 4: (20.5,), 8: (6.0,)})).ten_times is None
