from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims.audit import audit
from harness.claims.claims import Claims
from harness.claims.requirements import QUANTITIES, Requirement, judge, parse_requirement
from tests.builders import a_sweep

SWEPT = Claims(
    replace(audit(a_sweep({1: [41.0] * 6, 2: [20.0] * 6}, [40.0] * 6), ()), differences=())
)
HEADLINE = SWEPT.headline


@pytest.mark.parametrize(
    ("words", "met"),
    [
        ("S>=2", True),
        ("S>2", False),
        ("S <= 2", True),
        ("S<2", False),
        ("S_low>=1.99", True),
        ("E>=0.8", True),
        ("E>=1.01", False),
        ("delta>=0", True),
        ("cost<=1.05", True),
        ("cost<=0.95", False),
    ],
)
def test_a_claim_meets_a_requirement_or_does_not(words: str, met: bool) -> None:
    assert judge(parse_requirement(words), HEADLINE).is_met is met


def test_the_value_that_is_judged_is_the_headlines() -> None:
    assert HEADLINE is not None
    assert judge(parse_requirement("S>=1"), HEADLINE).value == HEADLINE.speed.speedup


@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize("comparison", [">=", "<=", ">", "<"])
def test_of_a_refused_session_nothing_is_met(name: str, comparison: str) -> None:
    judgement = judge(Requirement(name, comparison, 0.0), None)
    assert (judgement.value, judgement.is_met) == (None, False)


def test_an_interval_that_is_not_there_meets_nothing() -> None:
    assert HEADLINE is not None
    once = replace(HEADLINE, speed=replace(HEADLINE.speed, interval=None))
    assert not judge(parse_requirement("S_low>=0"), once).is_met


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "is no name, comparison and number"),
        ("E", "is no name, comparison and number"),
        ("E==1", "is no name, comparison and number"),
        ("E>=0.8>=0.7", "which is no finite number"),
        ("speedup>=2", "names speedup, which is none of S, S_low, E, delta, cost"),
        ("S>=fast", "compares with fast, which is no finite number"),
        ("S>=nan", "which is no finite number"),
        ("S>=inf", "which is no finite number"),
    ],
)
def test_what_cannot_be_required_is_refused(words: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_requirement(words)


@given(
    st.sampled_from(sorted(QUANTITIES)),
    st.sampled_from([">=", "<=", ">", "<"]),
    st.floats(-1e6, 1e6),
)
def test_a_requirement_reads_as_it_was_written(name: str, comparison: str, bound: float) -> None:
    requirement = Requirement(name, comparison, bound)
    again = parse_requirement(str(requirement))
    assert (again.name, again.comparison) == (name, comparison)
    assert again.bound == pytest.approx(bound, rel=1e-5, abs=1e-300)
