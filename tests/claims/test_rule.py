import pytest

from harness.claims.rule import (
    Caveat,
    Evidence,
    Judge,
    Topic,
    caveat,
    of_proof,
    refuse,
    uncheckable,
)
from tests.builders import a_results, a_sweep

KNOWN = Caveat("key", "it is so; do this")
JUDGES = [
    refuse(lambda pairs: KNOWN),
    caveat(lambda pairs: KNOWN, Topic.RUN),
    uncheckable(lambda pairs: KNOWN, Topic.RUN),
]


@pytest.mark.parametrize("judge", JUDGES, ids=["refuse", "caveat", "uncheckable"])
def test_a_judge_of_pairs_raises_what_it_finds_in_them(judge: Judge) -> None:
    assert judge.judge(Evidence.of(a_results())) == KNOWN


@pytest.mark.parametrize("judge", JUDGES, ids=["refuse", "caveat", "uncheckable"])
def test_a_judge_of_pairs_is_not_asked_where_there_is_none(judge: Judge) -> None:
    assert judge.judge(Evidence.of(a_results(trials=()))) is None


def test_a_judge_of_the_proof_is_asked_where_there_is_one() -> None:
    judge = refuse(of_proof(lambda proof: KNOWN))
    proven, unproven = a_sweep(), a_sweep(rates=())
    assert [judge.judge(Evidence.of(results)) for results in (proven, unproven)] == [KNOWN, None]
