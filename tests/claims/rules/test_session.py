from dataclasses import replace

import pytest

from harness.model import (
    Schedule,
    Side,
)
from tests.builders import (
    a_results,
    a_trial,
    some_pairs,
)
from tests.claims.rules.sessions import (
    BARE,
    SIX,
    a_pair_whose_distributed_side,
    a_spotless_session,
    beside_one_worker,
    caveat_keys,
    refusal_keys,
)

CAVEATS = {
    "trial-failed": beside_one_worker(41.0, failure="raised"),
    "combined": a_spotless_session(combined=("7c21", "8d32")),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(CAVEATS[key]) == [key]


REFUSED = {
    "a trial hidden": ("trials-missing", a_pair_whose_distributed_side(order=2)),
    "too few trials": ("trials-missing", a_results(spec=replace(BARE, trials=2))),
    "a scale hidden": ("trials-missing", a_results(spec=replace(BARE, points=(1, 2)))),
    "another order": (
        "order-contradicted",
        a_results(trials=(a_trial(Side.BASELINE, order=1), a_trial(Side.DISTRIBUTED, order=0))),
    ),
    "at once": ("trials-overlap", a_pair_whose_distributed_side(began_s=47.9)),
    "before its time": ("outside-session", a_pair_whose_distributed_side(startup_s=60.1)),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = REFUSED[fault]
    assert refusal_keys(results) == [key]


JUST_ALLOWED = {
    "in-turn": a_pair_whose_distributed_side(began_s=48.0),
    "armed": a_pair_whose_distributed_side(startup_s=60.0),
}


@pytest.mark.parametrize("measured", JUST_ALLOWED)
def test_at_its_limit_nothing_is_refused(measured: str) -> None:
    assert refusal_keys(JUST_ALLOWED[measured]) == []


def test_a_side_that_goes_first_twice_running_is_told_of() -> None:
    first, second = some_pairs([40.0] * 2, [22.0] * 2)[:2], some_pairs([40.0] * 2, [22.0] * 2)[2:]
    swapped = tuple(replace(trial, order=5 - trial.order) for trial in second)
    assert "order-unalternated" in caveat_keys(a_results(trials=(*first, *swapped)))


def test_several_sessions_put_together_have_no_order_between_them() -> None:
    swapped = tuple(replace(trial, order=trial.order ^ 1) for trial in some_pairs(*SIX))
    assert "order-unalternated" not in caveat_keys(
        a_results(trials=swapped, combined=("7c21", "8d32"))
    )


def test_the_sides_of_a_pair_may_run_at_once_where_they_were_meant_to() -> None:
    assert (
        refusal_keys(
            replace(a_pair_whose_distributed_side(began_s=8.0), schedule=Schedule.TOGETHER)
        )
        == []
    )


def test_two_pairs_may_not_run_at_once() -> None:
    trials = tuple(replace(trial, began_s=8.0) for trial in some_pairs([40.0] * 2, [22.0] * 2))
    assert refusal_keys(a_results(trials=trials, schedule=Schedule.TOGETHER)) == ["trials-overlap"]


def test_several_sessions_put_together_are_not_counted_as_one() -> None:
    assert refusal_keys(a_results(spec=replace(BARE, trials=12), combined=("7c21", "8d32"))) == []


def test_a_side_may_not_run_at_once_with_the_other_side_of_another_pair() -> None:
    first, second = some_pairs([40.0] * 2, [22.0] * 2)[:2], some_pairs([40.0] * 2, [22.0] * 2)[2:]
    began = {0: 8.0, 1: 8.0, 2: 40.0, 3: 62.0}
    trials = tuple(replace(trial, began_s=began[trial.order]) for trial in (*first, *second))
    assert refusal_keys(a_results(trials=trials, schedule=Schedule.TOGETHER)) == [
        "trials-overlap",
        "schedule-changed",
    ]
