from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims.headline import Headline
from harness.claims.reproduction import (
    SPEED_TOLERANCE,
    Difference,
    Part,
    is_same_session,
    reproduction,
)
from harness.model import Results
from tests.builders import (
    a_digest_of,
    a_held_out,
    a_host,
    a_race_of,
    a_report,
    a_spec,
    an_input,
    some_pairs,
    some_words,
)

SIX_BASELINES = [40.0, 41.0, 40.5, 40.0, 39.8, 40.2]
SIX_DISTRIBUTED = [22.0, 21.0, 22.2, 22.0, 22.1, 21.9]


def claimed(results: Results | None = None, **changes: Any) -> Headline:
    """Return what a session claims, which is something."""
    headline = a_report(results, **changes).headline
    assert headline is not None
    return headline


def differing(first: Headline, again: Headline) -> tuple[Part, ...]:
    return reproduction(first, again).differing


def with_speed(headline: Headline, speedup: float, interval: Any = None) -> Headline:
    speed = replace(headline.speed, speedup=speedup, interval=interval)
    return replace(headline, speed=speed)


def with_quality(headline: Headline, **changes: Any) -> Headline:
    return replace(headline, quality=replace(headline.quality, **changes))


def test_a_session_that_came_to_the_same_was_reproduced() -> None:
    both = reproduction(claimed(), claimed(run_id="8d32"))
    assert both.reproduced
    assert both.answers_equal
    assert both.source_equal
    assert both.machines == ()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"input": an_input(sha256=a_digest_of("another"))}, Part.INPUT),
        ({"held_out": a_held_out(sha256=a_digest_of("another"))}, Part.HELD_OUT),
        ({"spec": a_spec(params={"steps": 7, "seed": 2})}, Part.WORK),
        ({"spec": a_spec(workload=some_words(name="another"))}, Part.WORK),
    ],
)
def test_what_was_not_the_same_session_is_named(changes: dict[str, Any], part: Part) -> None:
    assert part in differing(claimed(), replace(claimed(), results=a_report(**changes).results))


def test_the_name_of_a_file_is_no_difference() -> None:
    here, there = (
        replace(claimed(), results=a_report(spec=a_spec(params={"file": name})).results)
        for name in ("a.csv", "elsewhere/a.csv")
    )
    assert differing(here, there) == ()


def test_another_number_of_workers_is_named() -> None:
    first, again = claimed(a_race_of(40.0, 22.0)), claimed(a_race_of(40.0, 22.0, workers=3))
    assert Part.SCALE in differing(first, again)


@given(st.floats(0.5, 20.0), st.floats(0.5, 20.0))
def test_without_intervals_a_tenth_of_the_first_is_allowed_for(first: float, again: float) -> None:
    agrees = abs(again - first) <= SPEED_TOLERANCE * first
    pair = with_speed(claimed(), first), with_speed(claimed(), again)
    assert (Part.SPEED not in differing(*pair)) == agrees


@pytest.mark.parametrize(
    ("first", "again", "agrees"),
    [
        ((1.7, 1.9), (1.8, 2.0), True),
        ((1.7, 1.9), (1.9, 2.0), True),
        ((1.7, 1.8), (1.81, 2.0), False),
        ((1.7, 1.79), None, False),
        ((1.7, 1.8), None, True),
        (None, (1.7, 1.79), False),
        (None, (1.7, 1.8), True),
    ],
)
def test_intervals_have_to_meet(first: Any, again: Any, agrees: bool) -> None:
    pair = with_speed(claimed(), 1.8, first), with_speed(claimed(), 1.8, again)
    assert (Part.SPEED not in differing(*pair)) == agrees


def test_six_pairs_have_an_interval_to_compare() -> None:
    trials = some_pairs(SIX_BASELINES, SIX_DISTRIBUTED)
    slower = some_pairs(SIX_BASELINES, [1.3 * wall_s for wall_s in SIX_DISTRIBUTED])
    assert differing(claimed(trials=trials), claimed(trials=trials, run_id="8d32")) == ()
    assert differing(claimed(trials=trials), claimed(trials=slower)) == (Part.SPEED,)


def test_quality_may_be_better_and_worse_by_what_is_tolerated() -> None:
    first = claimed()
    tolerance = first.results.spec.workload.tolerance
    was = first.quality.distributed
    for moved, agrees in ((0.05, True), (-0.9 * tolerance, True), (-1.1 * tolerance, False)):
        again = with_quality(first, distributed=was + moved)
        assert (Part.QUALITY not in differing(first, again)) == agrees
        again = with_quality(first, baseline=first.quality.baseline + moved)
        assert (Part.QUALITY not in differing(first, again)) == agrees


def test_quality_that_was_not_shown_to_hold_is_not_reproduced() -> None:
    first = claimed()
    assert Part.QUALITY in differing(first, with_quality(first, held=False))
    assert Part.QUALITY in differing(with_quality(first, held=False), first)


def test_other_bits_of_an_answer_refute_nothing() -> None:
    first, again = claimed(), claimed(run_id="8d32")
    trials = tuple(
        replace(trial, answer_sha256=a_digest_of("another")) for trial in again.results.trials
    )
    both = reproduction(first, replace(again, results=replace(again.results, trials=trials)))
    assert both.reproduced
    assert not both.answers_equal


def test_what_differs_of_the_machines_is_listed_with_both_values() -> None:
    host = a_host(cpu_model="Another", packages=a_host().packages | {"ray": "9.9"})
    both = reproduction(claimed(), claimed(run_id="8d32", hosts=(host,)))
    assert both.reproduced
    assert {one.what for one in both.machines} == {"processor", "ray"}
    assert Difference("processor", a_host().cpu_model, "Another") in both.machines


def test_a_package_that_only_one_has_counts_as_none_there() -> None:
    bare = a_host(packages={})
    (one, *_) = reproduction(claimed(), claimed(run_id="8d32", hosts=(bare,))).machines
    assert one.again == "none"


def test_one_session_is_not_taken_for_two() -> None:
    first = a_report().results
    assert is_same_session(first, first)
    assert is_same_session(first, replace(first, run_id="8d32"))
    other = replace(first, run_id="8d32", journal_sha256=a_digest_of("another"))
    assert not is_same_session(first, other)
    assert not is_same_session(replace(first, journal_sha256=""), replace(other, journal_sha256=""))
