from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.command_pair import THEIR_OWN
from harness.description import Metric, Slide, words
from harness.talk.agenda import (
    Agenda,
    Beat,
    TalkProgress,
    begin_talk,
    end_beat,
    fill_in,
    position_at,
    skip_to,
    words_of,
)
from tests.builders import some_words

TALK = Agenda(
    100.0,
    (
        Beat("opening", 20.0, "{bottleneck}"),
        Beat("demo", 40.0, "{metric}"),
        Beat("close", 30.0, "done"),
    ),
)
TALKS = st.builds(
    lambda budgets, slack: Agenda(
        sum(budgets) + slack,
        tuple(Beat(f"beat {place}", budget, "-") for place, budget in enumerate(budgets)),
    ),
    st.lists(st.floats(1, 1e4), min_size=1, max_size=8),
    st.floats(0, 1e3),
)
STEPS = st.lists(st.floats(0, 1e4), max_size=10)


def gone(talk: Agenda, steps: Sequence[float], began: float = 1000.0) -> tuple[TalkProgress, float]:
    """Return the progress of a talk whose beats took those seconds, and its last moment."""
    progress, at = begin_talk(TalkProgress(talk), began), began
    for step in steps:
        at += step
        progress = end_beat(progress, at)
    return progress, at


# The sentence.


@pytest.mark.parametrize(
    ("say", "left"),
    [
        ("First. {speedup} is gone.", "First."),
        ("{say} Then {cost}. Last", "Last"),
        ("Of a workload {bottleneck}, of a take {gap}! Why?", "Why?"),
        ("All of it {bound}.", ""),
    ],
)
def test_a_sentence_with_a_word_that_is_not_there_is_left_out(say: str, left: str) -> None:
    assert fill_in(Beat("headline", 1.0, say), words_of(some_words())) == left


def test_a_sentence_of_numbers_is_filled_from_a_take() -> None:
    beat = Beat("headline", 1.0, "One line. {say} The gap is {gap}. It costs {cost}.")
    words = {"say": "It ran 7.0 times as fast.", "gap": "9.78 h"}
    assert fill_in(beat, words) == "One line. It ran 7.0 times as fast. The gap is 9.78 h."


@pytest.mark.parametrize("axis", ["none", "", "axis not stated", THEIR_OWN])
def test_what_a_workload_does_not_state_is_no_word(axis: str) -> None:
    beat = Beat("axis", 1.0, "One axis, {axis}, and {neighbour}. Watch.")
    assert fill_in(beat, words_of(some_words(axis=axis))) == "Watch."


def test_of_a_workload_that_states_nothing_only_its_names_are_words() -> None:
    silent = words(
        name="mine", unit="items", metric=Metric("accuracy"), slide=Slide(), answers_differ=None
    )
    assert words_of(silent) == {"name": "mine", "unit": "items", "metric": "accuracy"}


def test_numbers_that_are_not_known_yet_have_no_sentence() -> None:
    assert fill_in(Beat("headline", 1.0, "{metric} held. {say}"), None) == "{metric} held."


def test_words_that_are_not_known_yet_are_named() -> None:
    assert fill_in(TALK.beats[0], None) == "{bottleneck}"


def test_a_word_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    assert fill_in(TALK.beats[0], words_of(some_words(bottleneck="{metric}"))) == "{metric}"


# The progress.


@given(TALKS)
def test_a_talks_beats_and_its_slack_add_up_to_its_length(talk: Agenda) -> None:
    assert sum(beat.budget for beat in talk.beats) + talk.slack == pytest.approx(
        talk.length, abs=1e-6
    )


@given(TALKS, STEPS)
def test_what_the_beats_took_adds_up_to_what_has_elapsed(talk: Agenda, steps: list[float]) -> None:
    progress, at = gone(talk, steps)
    stands = position_at(progress, at)
    assert sum(progress.durations) + stands.taken == pytest.approx(stands.elapsed, abs=1e-6)


@given(TALKS, STEPS, st.floats(0, 1e4))
def test_time_only_takes_from_what_is_left(talk: Agenda, steps: list[float], more: float) -> None:
    progress, at = gone(talk, steps)
    now, later = position_at(progress, at), position_at(progress, at + more)
    assert (now.left >= later.left, now.spare >= later.spare - 1e-6, now.place == later.place) == (
        True,
        True,
        True,
    )


@given(TALKS)
def test_a_talk_that_keeps_to_its_budgets_ends_with_its_slack(talk: Agenda) -> None:
    progress, at = gone(talk, [beat.budget for beat in talk.beats])
    assert position_at(progress, at).left == pytest.approx(talk.slack, abs=1e-6)


@given(TALKS, st.data())
def test_slack_is_not_touched_while_a_beat_is_within_its_budget(
    talk: Agenda, data: st.DataObject
) -> None:
    progress, at = gone(talk, [])
    within = data.draw(st.floats(0, talk.beats[0].budget))
    assert position_at(progress, at + within).spare == pytest.approx(talk.slack, abs=1e-6)


def test_an_overrun_takes_from_the_slack() -> None:
    progress, at = gone(TALK, [])
    stands = position_at(progress, at + 26.0)
    assert (stands.beat_left, stands.spare) == (-6.0, 4.0)


def test_a_talk_that_will_not_fit_has_less_than_no_slack() -> None:
    progress, at = gone(TALK, [35.0])
    assert position_at(progress, at).spare == -5.0


def test_a_talk_that_has_not_begun_stands_at_its_first_beat() -> None:
    stands = position_at(TalkProgress(TALK), 5000.0)
    assert (stands.place, stands.elapsed, stands.left, stands.spare) == (0, 0.0, 100.0, 10.0)


def test_a_talk_begins_once() -> None:
    assert begin_talk(begin_talk(TalkProgress(TALK), 10.0), 20.0).began == 10.0


def test_no_beat_ends_before_the_talk_has_begun() -> None:
    assert end_beat(TalkProgress(TALK), 10.0) == TalkProgress(TALK)


def test_a_talk_that_is_over_stands_still() -> None:
    progress, at = gone(TALK, [20.0, 40.0, 25.0])
    stands = position_at(end_beat(progress, at + 9.0), at + 500.0)
    assert (
        stands.beat,
        stands.following,
        stands.elapsed,
        stands.left,
        progress.over,
        progress.going_on,
    ) == (
        None,
        None,
        85.0,
        15.0,
        True,
        False,
    )


def test_a_clock_that_is_set_back_ends_no_beat_before_it_began() -> None:
    progress = end_beat(begin_talk(TalkProgress(TALK), 10.0), 4.0)
    assert (progress.durations, position_at(progress, 3.0).taken) == ((0.0,), 0.0)


def test_the_next_beat_is_known_until_the_last() -> None:
    progress, at = gone(TALK, [20.0])
    last, _ = gone(TALK, [20.0, 40.0])
    assert [
        beat and beat.name
        for beat in (position_at(progress, at).following, position_at(last, at + 40.0).following)
    ] == ["close", None]


def test_reaching_a_beat_ends_those_before_it() -> None:
    progress = skip_to(begin_talk(TalkProgress(TALK), 0.0), 2, 30.0)
    assert progress.durations == (30.0, 0.0)


def test_reaching_a_beat_that_was_reached_changes_nothing() -> None:
    progress, _ = gone(TALK, [20.0, 40.0])
    assert skip_to(progress, 1, 2000.0) == progress


def test_the_seconds_after_the_demo_are_those_of_the_beats_that_follow_it() -> None:
    assert (TALK.demo, TALK.after_demo) == (1, 30.0)
