from dataclasses import replace

import pytest

from harness.claims.baseline_proof import BaselineProof
from harness.model import Rate, Results, Variant
from tests.builders import ITEMS, a_report, a_sweep, some_rates


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
    ) == (None, None, None, None)


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
