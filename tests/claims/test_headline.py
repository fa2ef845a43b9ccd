import math
from dataclasses import replace

import pytest

from harness.claims.headline import Headline, Refusal
from harness.model import Results, Side, Status
from tests.builders import (
    a_digest_of,
    a_race_of,
    a_report,
    a_results,
    a_spec,
    a_sweep,
    a_trial,
    golden_results,
    some_pairs,
)

STEADY = [40.0, 41.0, 40.0, 39.0, 40.0, 41.0], [22.0, 21.0, 22.0, 23.0, 22.0, 22.0]


def claimed(results: Results) -> Headline:
    """Return the headline of results that must make one."""
    claim = a_report(results).claim
    assert isinstance(claim, Headline), claim
    return claim


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


def test_a_headline_keeps_the_facts_it_came_from() -> None:
    results = a_results()
    assert claimed(results).results is results


def test_times_are_medians_over_the_pairs_never_the_best() -> None:
    speed = claimed(a_results(trials=some_pairs([40.0, 60.0, 41.0], [22.0, 90.0, 20.0]))).speed
    assert (speed.baseline_s, speed.distributed_s) == (41.0, 22.0)


def test_qualities_are_medians_over_the_pairs() -> None:
    trials = tuple(
        replace(
            trial,
            quality=0.975 + 0.001 * trial.index,
            answer_sha256=a_digest_of(str(trial.index)),
        )
        for trial in some_pairs(*STEADY)
    )
    assert claimed(a_results(trials=trials)).quality.baseline == pytest.approx(0.9775)


def test_a_trial_without_a_partner_does_not_count() -> None:
    trials = (
        *some_pairs([40.0], [22.0]),
        a_trial(Side.BASELINE, 400.0, index=1, order=2, began_s=900.0),
    )
    claim = claimed(a_results(trials=trials, combined=("7c21", "8d32")))
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
    spec = a_spec(points=(2, 4))
    assert claimed(a_results(spec=spec, trials=trials)).speed.distributed_s == 22.0


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
        a_race_of(40.0, 38.0, workers=2, baseline_cores=2),
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
