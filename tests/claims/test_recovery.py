from dataclasses import replace
from typing import Any

import pytest

from harness.claims.pairs import complete_pairs
from harness.claims.recovery import Recovery, Spread, recovery, spread
from harness.model import Fault, FaultKind, Results, Side
from tests.builders import a_digest_of, a_fault, a_results, a_strike, some_pairs


def losing(*faults: Fault, pairs: int = 1, last: bool = False) -> Results:
    """Return pairs of 40 s and 22 s, with these faults in every trial, or only in the last one."""
    trials = some_pairs([40.0] * pairs, [22.0] * pairs)
    return a_results(
        trials=tuple(
            replace(trial, faults=faults)
            if trial.side is Side.DISTRIBUTED and (not last or trial.index == pairs - 1)
            else trial
            for trial in trials
        )
    )


def recovered(results: Results) -> Recovery:
    pairs = complete_pairs(results)
    assert pairs is not None
    found = recovery(pairs)
    assert found is not None
    return found


def test_without_a_loss_there_is_nothing_to_recover_from() -> None:
    pairs = complete_pairs(a_results())

    assert pairs is not None
    assert recovery(pairs) is None


def test_losses_are_counted_by_their_kind() -> None:
    faults = (a_strike(), a_strike(kind=FaultKind.DRAIN), a_strike(kind=FaultKind.FREEZE))

    found = recovered(losing(*faults, a_fault(), pairs=2))

    assert {str(kind): number for kind, number in found.kinds.items()} == {
        "lost": 2,
        "kill": 2,
        "freeze": 2,
        "drain": 2,
    }


def test_a_kill_and_a_drain_are_preemptions_and_a_loss_by_accident_is_none() -> None:
    found = recovered(losing(a_strike(), a_strike(kind=FaultKind.DRAIN), a_fault()))

    assert found.preemptions == 2


def test_recovery_is_from_the_strike_until_all_have_caught_up() -> None:
    found = recovered(losing(a_strike(struck_at_s=5.0, caught_up_s=1.9)))

    assert found.time == Spread(number=1, median_s=1.9, low_s=1.9, high_s=1.9, interval=None)


def test_detection_is_from_the_strike_until_it_is_noticed() -> None:
    found = recovered(losing(a_strike(struck_at_s=5.0, at_s=5.75)))

    assert found.detection is not None
    assert found.detection.median_s == pytest.approx(0.75)


UNNOTICED = {
    "a drain, which is announced": a_strike(kind=FaultKind.DRAIN, struck_at_s=5.0, at_s=9.0),
    "a freeze that nobody noticed": a_strike(kind=FaultKind.FREEZE, struck_at_s=5.0, at_s=5.0),
    "a kill that nobody noticed": a_strike(struck_at_s=5.0, at_s=5.0),
    "a loss that nobody of ours made": a_fault(),
}


@pytest.mark.parametrize("loss", UNNOTICED)
def test_some_losses_have_no_time_until_they_are_noticed(loss: str) -> None:
    assert recovered(losing(UNNOTICED[loss])).detection is None


def test_a_freeze_that_was_taken_for_a_loss_was_noticed() -> None:
    frozen = a_strike(kind=FaultKind.FREEZE, struck_at_s=5.0, at_s=11.0)

    (loss,) = recovered(losing(frozen)).losses

    assert loss.noticed_s == 6.0


def test_a_worker_is_replaced_so_long_after_the_strike_as_it_took_to_notice_and_replace_it() -> (
    None
):
    (loss,) = recovered(losing(a_strike(struck_at_s=5.0, at_s=5.5, cost_s=1.0))).losses

    assert loss.replaced_s == 1.5


def test_a_freeze_is_no_recovery_where_a_worker_was_lost() -> None:
    frozen = a_strike(kind=FaultKind.FREEZE, at_s=5.0, cost_s=9.0, caught_up_s=9.5)

    both, alone = recovered(losing(a_strike(caught_up_s=1.9), frozen)), recovered(losing(frozen))

    assert both.time is not None
    assert alone.time is not None
    assert (both.time.median_s, alone.time.median_s) == (1.9, 9.5)


def test_a_drained_worker_goes_on_until_it_is_replaced_or_gone() -> None:
    handed_over = a_strike(kind=FaultKind.DRAIN, struck_at_s=5.0, at_s=5.0, cost_s=7.0)
    gone = a_strike(kind=FaultKind.DRAIN, struck_at_s=5.0, at_s=13.0, cost_s=1.0)

    losses = recovered(losing(handed_over, gone)).losses

    assert [loss.announced_s for loss in losses] == [7.0, 8.0]


STAYED = a_strike(kind=FaultKind.DRAIN, struck_at_s=21.0, at_s=21.0, cost_s=None, caught_up_s=None)


def test_who_was_to_leave_and_was_there_until_the_end_was_not_lost() -> None:
    found = recovered(losing(a_strike(), STAYED))

    assert (found.preemptions, len(found.losses)) == (1, 1)


def test_where_nobody_left_before_the_end_nothing_was_survived() -> None:
    pairs = complete_pairs(losing(STAYED))

    assert pairs is not None
    assert recovery(pairs) is None


def test_the_share_redone_is_of_the_core_seconds_of_the_trials_with_losses() -> None:
    found = recovered(losing(a_strike(lost_cpu_s=0.88), pairs=3, last=True))

    assert found.lost_share == pytest.approx(0.02)


@pytest.mark.parametrize(("field", "total"), [("lost_cpu_s", "lost_share"), ("redone", "redone")])
def test_a_sum_with_an_unknown_part_is_unknown(field: str, total: str) -> None:
    unknown: dict[str, Any] = {field: None}

    found = recovered(losing(a_strike(), a_strike(**unknown)))

    assert getattr(found, total) is None


def test_the_time_is_of_those_losses_that_say_it() -> None:
    found = recovered(losing(a_strike(caught_up_s=2.0), a_strike(caught_up_s=None)))

    assert found.time is not None
    assert (found.time.number, found.time.median_s) == (1, 2.0)


def test_five_durations_have_no_interval_and_six_have_one() -> None:
    five, six = spread([1.0, 2.0, 3.0, 4.0, 5.0]), spread([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])

    assert five is not None
    assert six is not None
    assert five.interval is None
    assert six.interval == pytest.approx((1 + 5 / 14, 6 - 5 / 14))


def test_no_known_duration_has_no_spread() -> None:
    assert spread([None, None]) is None


def test_efficiency_is_told_apart_where_some_trials_lost_a_worker_and_some_did_not() -> None:
    results = losing(a_strike(), pairs=2, last=True)
    slow = tuple(replace(trial, wall_s=25.0) if trial.faults else trial for trial in results.trials)

    found = recovered(replace(results, trials=slow))

    assert (found.efficiency_with, found.efficiency_without) == pytest.approx((0.8, 40 / 44))


def test_where_every_trial_lost_a_worker_no_undisturbed_efficiency_is_made_up() -> None:
    found = recovered(losing(a_strike(), pairs=2))

    assert (found.efficiency_with, found.efficiency_without) == (None, None)


def test_another_answer_is_not_equal_to_the_last_bit() -> None:
    results = losing(a_strike())
    one, other = results.trials
    changed = replace(other, answer_sha256=a_digest_of("another"))

    found = [
        recovered(each).answers_identical
        for each in (results, replace(results, trials=(one, changed)))
    ]

    assert found == [True, False]
