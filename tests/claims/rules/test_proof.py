from dataclasses import replace

import pytest

from harness.claims.audit import Finding, Verdict, audit
from harness.model import Kind, Rate, Results, Variant
from tests.builders import a_pass, a_results, an_own_rate, golden_results
from tests.claims.rules.sessions import (
    BARE,
    a_proof_against,
    a_spotless_session,
    caveat_keys,
    measures,
    proved_beside,
    refusal_keys,
)

GOOD, WITHIN, BEYOND = 0.975, 0.972, 0.9719
"""The baseline's quality, the least that is within its tolerance, and a little less."""


def effort(seconds: float, quality: float = GOOD) -> Rate:
    """Return a pass with fewer steps; the baseline takes 40 s."""
    return a_pass(Variant.EFFORT, seconds, quality, settings={"steps": 120})


def alternative(seconds: float, quality: float = GOOD) -> Rate:
    """Return a pass of another way of doing the same."""
    return a_pass(Variant.ALTERNATIVE, seconds, quality, name="int8")


def a_faster_value(factor: float) -> tuple[Rate, ...]:
    """Return the proof of a baseline that another value makes so many times as fast."""
    return proved_beside(Rate(Variant.TUNED, 500.0 * factor, 5.0, 1, "batch", 512.0))


def of_rule(results: Results, rule: str) -> Finding:
    return next(finding for finding in audit(results).findings if finding.rule.id == rule)


CAVEATS = {
    "spare-work": proved_beside(effort(35.9)),
    "variant-faster": proved_beside(alternative(37.9)),
    "baseline-untuned": a_proof_against(Variant.TUNED, 1.06),
    "need-not-shown": (an_own_rate(),),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(a_spotless_session(rates=CAVEATS[key])) == [key]


AT_ITS_LIMIT = {
    "work": proved_beside(effort(36.0)),
    "variant": proved_beside(alternative(38.01)),
    "tuned": a_proof_against(Variant.TUNED, 1.05),
    "no less work was as good": proved_beside(effort(10.0, BEYOND)),
    "no faster variant was as good": proved_beside(alternative(10.0, BEYOND)),
    "a variant is slower": proved_beside(alternative(50.0)),
}


@pytest.mark.parametrize("measured", AT_ITS_LIMIT)
def test_at_its_limit_nothing_is_said(measured: str) -> None:
    assert caveat_keys(a_spotless_session(rates=AT_ITS_LIMIT[measured])) == []


REFUSED = {
    "padded-work": proved_beside(effort(31.9)),
    "variant-far-faster": proved_beside(alternative(31.9)),
    "baseline-weak": a_faster_value(1.26),
}


@pytest.mark.parametrize("key", REFUSED)
def test_a_doctored_session_is_refused_for_its_fault_alone(key: str) -> None:
    assert refusal_keys(a_results(spec=BARE, rates=REFUSED[key])) == [key]


JUST_ALLOWED = {
    "work": proved_beside(effort(32.0)),
    "variant": proved_beside(alternative(32.01)),
    "tuned": a_faster_value(1.25),
}


@pytest.mark.parametrize("measured", JUST_ALLOWED)
def test_at_its_limit_nothing_is_refused(measured: str) -> None:
    assert refusal_keys(a_results(spec=BARE, rates=JUST_ALLOWED[measured])) == []


def test_padding_is_the_work_done_over_the_least_that_is_as_good() -> None:
    rates = proved_beside(effort(35.0, BEYOND), effort(35.5, WITHIN), effort(35.9))
    assert measures(a_spotless_session(rates=rates)) == {
        "work done over work needed": pytest.approx(40 / 35.5),
        "at most": pytest.approx(1 / 0.9),
    }


def test_an_error_is_as_good_where_it_is_as_low() -> None:
    words = replace(BARE.workload, higher_is_better=False)
    lower, higher = effort(20.0, 0.9), effort(20.0, 0.99)
    errors = replace(a_results(), spec=replace(BARE, workload=words))
    assert [
        refusal_keys(replace(errors, rates=(an_own_rate(), tried))) for tried in (lower, higher)
    ] == [["padded-work"], []]


@pytest.mark.parametrize(
    "rates",
    [
        (),
        (effort(10.0, BEYOND),),
        (an_own_rate(), alternative(10.0, BEYOND)),
        (an_own_rate(), effort(40.0, BEYOND)),
        (an_own_rate(), replace(effort(10.0), quality=None)),
        (an_own_rate(), replace(effort(10.0), pass_s=None)),
    ],
    ids=["not proved", "not timed", "no effort", "no less work", "not scored", "no whole pass"],
)
def test_need_is_shown_only_by_less_work_that_was_timed_and_scored(
    rates: tuple[Rate, ...],
) -> None:
    session = a_spotless_session(rates=rates)
    finding = of_rule(session, "R26")
    assert caveat_keys(session) == ["need-not-shown"]
    assert (finding.verdict, finding.keys) == (Verdict.UNCHECKED, ("need-not-shown",))


def test_where_need_is_shown_the_audit_says_by_how_many_settings() -> None:
    finding = of_rule(a_spotless_session(), "R26")
    assert finding.verdict is Verdict.PASS
    assert [(measure.name, measure.value) for measure in finding.measures] == [
        ("cheaper settings tried", 3),
        ("as good", 0),
    ]


def test_of_declared_numbers_nobody_can_tell_whether_the_work_was_needed() -> None:
    declared = golden_results()
    assert declared.kind is Kind.DECLARED
    assert "need-not-shown" not in caveat_keys(declared)
    finding = of_rule(declared, "R26")
    assert (finding.verdict, finding.sentence) == (
        Verdict.UNCHECKED,
        "declared: not measured here",
    )


def test_the_per_node_standard_is_the_fastest_way_that_was_tried() -> None:
    tuned = Rate(Variant.TUNED, 510.0, 5.0, 1, "batch", 512.0)
    finding = of_rule(a_spotless_session(rates=proved_beside(tuned, alternative(38.8))), "R27")
    assert finding.verdict is Verdict.PASS
    assert finding.measures[0].value == pytest.approx(0.03)


@pytest.mark.parametrize("rates", [(), proved_beside()], ids=["not proved", "no other way"])
def test_a_standard_that_nobody_timed_cannot_be_checked(rates: tuple[Rate, ...]) -> None:
    assert of_rule(a_spotless_session(rates=rates), "R27").verdict is Verdict.UNCHECKED
