from dataclasses import replace
from typing import Any

import pytest

from harness.claims.pairs import complete_pairs
from harness.claims.rule import Rule, Unknown
from harness.claims.rules.serving import LATENCY_HELD, RATE_SHOWN, SENT_ON_TIME
from harness.model import RateSearch, Results, Side
from harness.serving import FINE_STEP, HEADROOM, STEP, TRIES, USED_SHARE
from tests.builders import a_results
from tests.claims.rules.sessions import a_spotless_session, caveat_keys, refusal_keys
from tests.services import a_load, a_rate_search, serving

UNWATCHED = "search-unwatched"
"""Raised of these sessions, which ran on a cluster that was joined."""


def served(**of_trials: Any) -> Results:
    """Return a spotless session whose sides served requests."""
    return serving(a_spotless_session(), **of_trials)


def of_last(results: Results, **changes: Any) -> Results:
    """Return the results with the last trial's requests told otherwise."""
    *others, last = results.trials
    assert last.served is not None
    return replace(results, trials=(*others, replace(last, served=replace(last.served, **changes))))


def test_a_session_that_served_its_requests_in_time_holds() -> None:
    session = served()
    assert (refusal_keys(session), caveat_keys(session)) == ([], [UNWATCHED])


def test_a_search_is_watched_on_one_machine() -> None:
    session = served()
    here = replace(session, spec=replace(session.spec, joined_cluster=False))
    assert UNWATCHED not in caveat_keys(here)


def roomier(factor: float) -> Results:
    """Return a session whose sides both have so many times the headroom, and are said to."""
    headroom = factor * HEADROOM
    held = (a_load(50.0 * headroom), a_load(95.0 * headroom))
    broke = tuple(a_load(1.02 * load.rate, late=20) for load in held)
    good = served()
    assert good.baseline_service is not None
    assert good.distributed_service is not None
    return replace(
        good,
        baseline_service=replace(
            good.baseline_service, headroom=headroom, loads=(held[0], *[broke[0]] * TRIES)
        ),
        distributed_service=replace(
            good.distributed_service, headroom=headroom, loads=(held[1], *[broke[1]] * TRIES)
        ),
    )


def one_try(headroom: float = STEP, *, baseline_alone: bool = False) -> Results:
    """Return a session whose searches, or the baseline's, gave a rate up after one try."""
    good = roomier(headroom / HEADROOM)
    assert good.baseline_service is not None
    assert good.distributed_service is not None

    def with_one(search: RateSearch) -> RateSearch:
        return replace(search, tries=1, loads=search.loads[:2])

    changed = replace(good, baseline_service=with_one(good.baseline_service))
    if baseline_alone:
        return changed
    return replace(changed, distributed_service=with_one(good.distributed_service))


REFUSED: dict[str, tuple[str, Results]] = {
    "p99 over the budget": ("latency-over-budget", of_last(served(), p99_s=0.101)),
    "too many late": ("latency-over-budget", of_last(served(), late=11)),
    "one request too few": ("requests-too-few", of_last(served(), requests=458)),
    "too few for so many late": ("requests-too-few", of_last(served(), late=3)),
    "one request failed": ("requests-failed", of_last(served(), failed=1)),
    "sent late": ("requests-sent-too-late", of_last(served(), sent_late_p99_s=0.00501)),
    "another rate": ("rate-not-shown", of_last(served(), rate=94.0)),
    "one trial without requests": (
        "service-unequal",
        replace(
            served(),
            trials=(*served().trials[:-1], replace(served().trials[-1], served=None)),
        ),
    ),
    "no rate searched": (
        "service-unequal",
        replace(served(), baseline_service=None, distributed_service=None),
    ),
    "one side alone": ("service-unequal", replace(served(), baseline_service=None)),
    "another budget": (
        "service-unequal",
        replace(
            served(),
            baseline_service=a_rate_search(
                budget_s=0.2,
                loads=tuple(replace(load, budget_s=0.2) for load in a_rate_search().loads),
            ),
        ),
    ),
    "another schedule": (
        "service-unequal",
        replace(served(), baseline_service=a_rate_search(seed=2)),
    ),
    "no rate broke": (
        "rate-not-shown",
        replace(served(), baseline_service=a_rate_search(loads=a_rate_search().loads[:1])),
    ),
    "it broke but once": (
        "rate-not-shown",
        replace(served(), baseline_service=a_rate_search(loads=a_rate_search().loads[:-1])),
    ),
    "more tries on one side": ("service-unequal", one_try(baseline_alone=True)),
    "one try and more headroom than a tenth": ("rate-not-shown", one_try(1.001 * STEP)),
    "more headroom on one side": (
        "service-unequal",
        replace(
            served(),
            baseline_service=a_rate_search(
                headroom=FINE_STEP,
                loads=(a_load(FINE_STEP * 50), *[a_load(52.5, late=20)] * TRIES),
            ),
        ),
    ),
    "more headroom than allowed": ("rate-not-shown", roomier(1.001)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_latency_that_did_not_hold_or_was_not_measured_alike_is_refused(case: str) -> None:
    key, session = REFUSED[case]
    assert refusal_keys(session) == [key]


@pytest.mark.parametrize("factor", [0.95, 1.0])
def test_less_headroom_on_both_sides_or_all_that_is_allowed_holds(factor: float) -> None:
    assert refusal_keys(roomier(factor)) == []


def test_a_session_of_before_with_one_try_and_a_tenth_of_headroom_holds() -> None:
    assert refusal_keys(one_try(STEP)) == []


@pytest.mark.parametrize(("late", "keys"), [(2, []), (3, ["requests-too-few"])])
def test_as_many_may_be_late_as_the_binomial_bound_allows(late: int, keys: list[str]) -> None:
    assert refusal_keys(served(late=late)) == keys


def test_a_sender_that_takes_much_of_a_core_is_said() -> None:
    assert caveat_keys(of_last(served(), generator_s=0.06, wall_s=1.0)) == [
        UNWATCHED,
        "sender-busy",
    ]
    assert caveat_keys(of_last(served(), generator_s=0.05, wall_s=1.0)) == [UNWATCHED]


@pytest.mark.parametrize(
    ("late_s", "refusals", "caveats"),
    [
        (0.001, [], []),
        (0.00101, [], ["requests-sent-late"]),
        (0.005, [], ["requests-sent-late"]),
        (0.00501, ["requests-sent-too-late"], []),
    ],
)
def test_late_requests_are_said_and_refused_once_a_twentieth_of_the_budget_late(
    late_s: float, refusals: list[str], caveats: list[str]
) -> None:
    session = of_last(served(), sent_late_p99_s=late_s)
    assert (refusal_keys(session), caveat_keys(session)) == (refusals, [UNWATCHED, *caveats])


def test_a_short_budget_leaves_requests_the_millisecond_by_which_each_may_be_late() -> None:
    session = served(budget_s=0.01, p99_s=0.009, sent_late_p99_s=0.001)
    assert "requests-sent-too-late" not in refusal_keys(session)


def measured(rule: Rule) -> dict[str, float]:
    """Return what a rule measures of a session that served requests."""
    pairs = complete_pairs(serving(a_results()))
    assert pairs is not None
    found = rule.measure(pairs)
    assert not isinstance(found, Unknown)
    return {one.name: one.value for one in found}


def test_the_audit_measures_the_worst_latency_and_both_rates() -> None:
    assert measured(LATENCY_HELD) == {"p99": 0.08, "budget": 0.1, "late": 0.0, "at most": 0.01}
    sent = {"late at p99": 0.0004, "limit": 0.001, "at most": 0.005}
    assert measured(SENT_ON_TIME) == pytest.approx(sent)
    rates = measured(RATE_SHOWN)
    assert rates["requests a second"] == 50.0
    assert rates["ratio"] == pytest.approx(1.9)


@pytest.mark.parametrize("rule", [LATENCY_HELD, RATE_SHOWN, SENT_ON_TIME])
def test_where_no_requests_came_nothing_is_measured(rule: Rule) -> None:
    pairs = complete_pairs(a_results())
    assert pairs is not None
    assert isinstance(rule.measure(pairs), Unknown)


def test_the_demand_names_the_share_at_which_trials_run() -> None:
    assert f"{round(100 * USED_SHARE)} %" in RATE_SHOWN.demand


def test_both_sides_have_their_own_rate() -> None:
    assert {trial.served.rate for trial in served().trials if trial.served} == {50.0, 95.0}
    assert {trial.side for trial in served().trials} == {*Side}
