import re
from dataclasses import replace

import pytest

from harness.files.results import load
from harness.model import (
    CommandFacts,
    Kind,
    Schedule,
    Side,
    Status,
)
from tests import doctor
from tests.builders import (
    a_results,
    a_spec,
    a_trial,
    an_observer,
    golden_results,
)
from tests.claims.rules.sessions import (
    BARE,
    a_pair_whose_distributed_side,
    a_session_timed,
    a_spotless_session,
    caveat_keys,
    caveats_of,
    refusal_keys,
    refusals_of,
)

GOOD = load(doctor.BASE)
SLOWER = a_session_timed([22.0] * 6, [40.0] * 6)


def test_nothing_is_said_against_a_spotless_session() -> None:
    assert caveat_keys(a_spotless_session()) == []


def test_nothing_is_said_of_programs_that_say_when_they_are_ready_and_what_they_read() -> None:
    programs = CommandFacts(says_ready=True, input_named=True, compared="file")
    assert caveat_keys(a_spotless_session(spec=a_spec(commands=programs))) == []


def test_declared_facts_are_called_declared() -> None:
    assert caveat_keys(golden_results()) == ["declared", "one-observation"]


def test_the_gravest_comes_first() -> None:
    results = replace(SLOWER, code=replace(SLOWER.code, dirty=True))
    assert caveat_keys(results) == ["slowdown", "dirty-tree"]


def test_that_one_side_is_a_replay_is_told_before_any_number() -> None:
    results = replace(SLOWER, schedule=Schedule.IN_TURN)
    assert caveat_keys(results) == ["replayed", "slowdown"]


def test_a_trial_without_details_is_still_judged() -> None:
    pair = a_trial(Side.BASELINE, workers_detail=()), a_trial(Side.DISTRIBUTED, workers_detail=())
    assert caveat_keys(a_spotless_session(trials=pair)) == ["one-observation"]


@pytest.mark.parametrize("key", doctor.DOCTORS)
def test_a_sentence_advises_after_a_semicolon_and_holds_no_number(key: str) -> None:
    for caveat in caveats_of(doctor.DOCTORS[key](GOOD)):
        fact, _, advice = caveat.sentence.partition("; ")
        assert fact
        assert advice or caveat.key in ("answers-differ-in-bits", "baseline-waits")
        asked = " ".join(doctor.DOCTORS[key](GOOD).spec.chaos)
        said = caveat.sentence.replace(asked, "") if asked else caveat.sentence
        assert not re.search(r"\d", said)


def test_an_honest_session_is_not_refused() -> None:
    assert refusals_of(a_results(spec=BARE)) == ()


def test_declared_facts_may_make_a_headline() -> None:
    assert refusals_of(golden_results()) == ()


def test_every_reason_is_given() -> None:
    results = replace(
        a_pair_whose_distributed_side(quality=0.5, items=1),
        kind=Kind.SIMULATED,
        status=Status.FAILED,
    )
    assert refusal_keys(results) == ["simulated", "failed", "quality-moved", "items-differ"]


def test_of_a_rehearsal_nothing_is_asked_that_only_work_can_show() -> None:
    asleep = tuple(replace(trial, cpu_s=0.01, workers_detail=()) for trial in a_results().trials)
    assert refusal_keys(
        a_results(kind=Kind.SIMULATED, trials=asleep, observer=an_observer(cpu_s=30.0))
    ) == ["simulated"]
