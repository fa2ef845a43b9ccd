from dataclasses import replace

import pytest

from harness.claims.baseline_proof import BaselineProof
from harness.model import Rate, Results, Variant
from tests.builders import ITEMS, a_pass, a_report, a_sweep, some_rates
from tests.services import serving


def proven(*rates: Rate, **params: float | str | bool) -> BaselineProof:
    """Return the proof of a sweep with these rates; none: the usual ones."""
    sweep = a_sweep(rates=rates or some_rates())
    proof = a_report(
        replace(sweep, spec=replace(sweep.spec, params=sweep.spec.params | params))
    ).proof
    assert proof is not None
    return proof


OWN = Rate(Variant.OWN, 500.0, 5.0, 1)


def test_the_baselines_rate_is_held_against_the_machines_limit() -> None:
    assert proven().share_of_limit == pytest.approx(0.9)


def test_the_values_that_were_tried_stand_in_order() -> None:
    assert [rate.value for rate in proven().tuned] == [128.0, 256.0, 512.0, 1024.0]


def test_the_chosen_value_is_the_sessions_own() -> None:
    assert (proven().tuned_by, proven().chosen, proven(batch=256).chosen) == ("batch", 512.0, 256.0)


@pytest.mark.parametrize("value", ["large", True])
def test_a_parameter_that_is_no_number_was_not_chosen_from_numbers(value: str | bool) -> None:
    assert proven(batch=value).chosen is None


def test_the_best_value_is_the_fastest() -> None:
    best = proven().best
    assert best is not None
    assert best.value == 512.0


def test_a_baseline_behind_its_best_value_is_told_by_how_much() -> None:
    assert proven(OWN, Rate(Variant.TUNED, 1_000.0, 5.0, 1, "batch", 64.0)).behind_best == 0.5


def test_a_baseline_ahead_of_all_values_is_not_behind() -> None:
    assert proven(OWN, Rate(Variant.TUNED, 400.0, 5.0, 1, "batch", 64.0)).behind_best == 0.0


def test_of_a_baseline_that_runs_with_its_best_value_the_fastest_timing_counts() -> None:
    again = Rate(Variant.TUNED, 600.0, 5.0, 1, "batch", 64.0)
    other = Rate(Variant.TUNED, 550.0, 5.0, 1, "batch", 32.0)
    later = replace(OWN, items_per_s=580.0)
    assert proven(OWN, later, again, other, batch=64).behind_best == pytest.approx(20 / 600)
    assert proven(OWN, again, other, batch=64).behind_best == pytest.approx(1 / 6)
    assert proven(OWN, later, again, other, batch=32).behind_best == pytest.approx(60 / 600)


def test_the_whole_host_is_held_against_the_distributed_side() -> None:
    proof = proven()
    assert proof.whole_speedup == pytest.approx(6.0)
    assert proof.speedup_over_whole == pytest.approx(40.0 / 11.3 / 6)


def test_the_whole_host_is_held_against_the_trials_and_not_against_the_slice() -> None:
    slow_slice = (
        replace(rate, items_per_s=250.0) if rate.variant is Variant.OWN else rate
        for rate in some_rates()
    )
    proof = proven(*slow_slice)
    assert proof.whole_speedup == pytest.approx(6.0)


def test_the_speedup_over_the_whole_host_is_its_pass_over_the_distributed_time() -> None:
    proof = proven(OWN, Rate(Variant.WHOLE, 3_210.0, 6.2, 16))
    assert proof.speedup_over_whole == pytest.approx(ITEMS / 3_210.0 / 11.3)


def test_a_textbook_baseline_would_have_made_a_false_speedup() -> None:
    proof = proven()
    assert proof.textbook_factor == pytest.approx(12.0)
    assert proof.speedup_over_textbook == pytest.approx(12 * 40.0 / 11.3)


def efforts(*passes: tuple[float, float]) -> list[Rate]:
    """Return passes of these seconds and qualities; the baseline takes 40 s for 0.975."""
    return [
        a_pass(Variant.EFFORT, seconds, quality, settings={"steps": place})
        for place, (seconds, quality) in enumerate(passes)
    ]


def test_whole_passes_stand_in_order_of_their_time() -> None:
    proof = proven(OWN, *efforts((30.0, 0.96), (10.0, 0.9), (20.0, 0.95)))
    assert [(effort.seconds, effort.share) for effort in proof.efforts] == [
        (10.0, 0.25),
        (20.0, 0.5),
        (30.0, 0.75),
    ]


def test_the_least_work_is_the_fastest_pass_as_good_as_the_baseline() -> None:
    proof = proven(OWN, *efforts((10.0, 0.97), (20.0, 0.972), (30.0, 0.975)))
    assert proof.least_work is not None
    assert (proof.least_work.seconds, proof.least_work.holds) == (20.0, True)


def test_where_no_less_work_is_as_good_there_is_no_least_work() -> None:
    proof = proven(OWN, *efforts((10.0, 0.97), (41.0, 0.975)))
    assert (proof.least_work, proof.tried_less_work) == (None, True)


def test_a_pass_that_takes_longer_is_no_less_work() -> None:
    assert not proven(OWN, *efforts((40.0, 0.9))).tried_less_work


def test_passes_of_several_sessions_are_their_median() -> None:
    once, again = efforts((10.0, 0.9))[0], efforts((12.0, 0.92))[0]
    (effort,) = proven(OWN, once, again).efforts
    assert [effort.seconds, effort.quality] == pytest.approx([11.0, 0.91])


def test_a_faster_alternative_that_is_worse_leaves_the_baseline_in_front() -> None:
    proof = proven()
    assert [one.rate.name for one in proof.alternatives] == ["int8"]
    assert proof.behind_alternative == 0.0


def test_a_baseline_behind_an_alternative_is_told_by_how_much() -> None:
    as_good = a_pass(Variant.ALTERNATIVE, 30.0, 0.975, name="fused")
    assert proven(OWN, as_good).behind_alternative == pytest.approx(0.25)


def test_copies_at_once_bound_the_efficiency() -> None:
    report = a_report(a_sweep())
    assert report.proof is not None
    assert report.proof.possible_efficiency == pytest.approx(40.0 / 41.7)
    assert report.headline is not None
    assert report.headline.speed.possible_efficiency == report.proof.possible_efficiency


def copies(count: int, seconds: float) -> Rate:
    """Return so many copies at once, the last of which ended after these seconds."""
    return Rate(Variant.COPIES, 1.0, seconds, count, value=float(count), pass_s=seconds)


def test_copies_that_were_faster_than_the_trials_bound_nothing() -> None:
    assert proven(OWN, copies(4, 39.0)).possible_efficiency == 1.0


def test_copies_that_the_workers_did_better_than_are_not_quoted_beside_their_efficiency() -> None:
    report = a_report(a_sweep(rates=(OWN, copies(4, 50.0))))
    assert report.headline is not None
    assert report.headline.speed.efficiency > 0.8
    assert report.headline.speed.possible_efficiency is None
    assert "copies-slower" in {caveat.key for caveat in report.headline.caveats}


def test_copies_for_another_number_of_workers_bound_nothing_here() -> None:
    assert proven(OWN, copies(2, 41.7)).possible_efficiency is None


def test_what_was_not_timed_is_not_known() -> None:
    proof = proven(OWN)
    assert (proof.tuned, proof.tuned_by, proof.chosen, proof.best, proof.behind_best) == (
        (),
        "",
        None,
        None,
        None,
    )
    assert (
        proof.share_of_limit,
        proof.whole_speedup,
        proof.speedup_over_whole,
        proof.speedup_over_textbook,
        proof.least_work,
        proof.behind_alternative,
        proof.possible_efficiency,
    ) == (None,) * 7


def test_without_a_pair_there_is_no_speedup_to_compare() -> None:
    proof = a_report(a_sweep(trials=())).proof
    assert proof is not None
    assert proof.whole_speedup == pytest.approx(6.0)
    assert (proof.speedup_over_whole, proof.speedup_over_textbook) == (None, None)


def test_a_rate_timed_several_times_is_their_median_and_tells_its_drift() -> None:
    proof = proven(OWN, replace(OWN, items_per_s=450.0), replace(OWN, items_per_s=540.0))
    assert [proof.own.items_per_s, proof.drift] == pytest.approx([500.0, 0.2])


@pytest.mark.parametrize(
    "results",
    [
        a_sweep(rates=()),
        a_sweep(rates=some_rates()[1:]),
        a_sweep(rates=(replace(OWN, items_per_s=0.0),)),
    ],
    ids=["none", "others", "stopped"],
)
def test_a_baseline_that_was_not_timed_is_not_proven(results: Results) -> None:
    assert a_report(results).proof is None


def test_where_requests_come_one_by_one_a_backlog_is_held_against_a_backlog() -> None:
    other = a_pass(Variant.ALTERNATIVE, 0.9 * ITEMS / 500.0, 1.0, name="other")
    sweep = a_sweep(rates=(OWN, other))
    served, usual = (a_report(results).proof for results in (serving(sweep), sweep))
    assert served is not None
    assert usual is not None
    assert served.baseline_s == pytest.approx(ITEMS / 500.0)
    assert [one.share for one in served.alternatives] == [pytest.approx(0.9)]
    assert usual.baseline_s == 40.0
