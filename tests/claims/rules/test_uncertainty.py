from dataclasses import replace

import pytest

from harness.claims.audit import Finding, Verdict, audit
from harness.model import Kind, Results, Trial
from tests.builders import a_digest_of, a_spec, some_differences, some_words
from tests.claims.rules.sessions import (
    a_spotless_session,
    caveat_keys,
    caveats_of,
    measures,
    refusal_keys,
)

IN_BITS = "answers-differ-in-bits"


def compared(unlike: bool = True, **changes: float) -> Results:
    """Return six spotless pairs whose answers differ in bits, and whose items' scores do so."""
    answer = a_digest_of("other" if unlike else "answer")
    found = some_differences(**changes)

    def scored(trial: Trial) -> Trial:
        if trial.score_differences is None:
            return trial
        return replace(trial, score_differences=found, answer_sha256=answer)

    results = a_spotless_session()
    return replace(results, trials=tuple(map(scored, results.trials)))


def unscored() -> Results:
    results = compared()
    return replace(
        results, trials=tuple(replace(trial, score_differences=None) for trial in results.trials)
    )


def finding(results: Results) -> Finding:
    return next(found for found in audit(results).findings if found.rule.id == "R29")


CAVEATS = {
    "tolerance-too-fine": compared(unlike=False, items=300, step=1.0),
    "quality-unsure": compared(sd=0.07),
    "too-few-scores": compared(items=29, step=0.0),
    "change-without-interval": unscored(),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert [known for known in caveat_keys(CAVEATS[key]) if known != IN_BITS] == [key]
    assert refusal_keys(CAVEATS[key]) == []


AT_ITS_LIMIT = {
    "a set that can show just the tolerance": compared(unlike=False, items=1_000, step=3.0),
    "an interval within the tolerance": compared(sd=0.068),
    "equal answers": compared(unlike=False, sd=0.9),
    "equal answers of few items": compared(unlike=False, items=29, step=0.0),
}


@pytest.mark.parametrize("measured", AT_ITS_LIMIT)
def test_at_its_limit_nothing_is_said(measured: str) -> None:
    assert [key for key in caveat_keys(AT_ITS_LIMIT[measured]) if key != IN_BITS] == []


def test_a_tolerance_of_zero_asks_for_equality_which_any_set_can_show() -> None:
    exact = a_spec(workload=some_words(tolerance=0.0))
    assert caveat_keys(replace(compared(unlike=False, items=300), spec=exact)) == []


def test_items_that_all_score_the_same_show_nothing() -> None:
    assert "too-few-scores" in caveat_keys(compared(sd=0.0, span=0.0, step=0.0))


def test_an_interval_beyond_the_tolerance_is_told_with_its_ends() -> None:
    (_, unsure) = caveats_of(CAVEATS["quality-unsure"])
    found = {measure.name: measure.value for measure in unsure.measures}
    assert found == {
        "low end": pytest.approx(-0.00307, abs=1e-5),
        "high end": pytest.approx(0.00307, abs=1e-5),
        "tolerance": 0.003,
        "items": 2_000,
    }


def test_a_tolerance_that_is_too_fine_is_told_beside_what_one_item_changes() -> None:
    assert measures(CAVEATS["tolerance-too-fine"]) == {
        "tolerance": 0.003,
        "one item": pytest.approx(1 / 300),
    }


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        (compared(unlike=False), Verdict.PASS),
        (compared(), Verdict.PASS),
        (CAVEATS["quality-unsure"], Verdict.CAVEAT),
        (unscored(), Verdict.UNCHECKED),
        (replace(unscored(), kind=Kind.DECLARED), Verdict.UNCHECKED),
    ],
    ids=["equal answers", "sure", "unsure", "unscored", "declared"],
)
def test_the_audit_says_whether_the_quality_tolerated(results: Results, verdict: Verdict) -> None:
    assert finding(results).verdict is verdict


def test_where_it_passes_the_interval_stands_beside_the_tolerance() -> None:
    assert [measure.name for measure in finding(compared()).measures] == [
        "low end",
        "high end",
        "tolerance",
        "items",
    ]


def test_of_declared_runs_it_is_not_said_that_nobody_scored_the_items() -> None:
    declared = replace(unscored(), kind=Kind.DECLARED)
    assert "change-without-interval" not in caveat_keys(declared)
