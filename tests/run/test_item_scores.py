from collections.abc import Sequence
from statistics import stdev
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import events as e
from harness.event_lines import LONGEST_LINE_BYTES, encode
from harness.model import ScoreDifferences, Side
from harness.run.item_scores import (
    MOST_SCORES,
    RoundScores,
    checked_scores,
    differences,
    pack,
    unpack,
)

BASELINE, DISTRIBUTED = Side
SCORES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40).map(tuple)


@given(SCORES)
def test_scores_come_out_of_the_pipe_to_the_last_bit(scores: tuple[float, ...]) -> None:
    assert unpack(pack(scores)) == scores


@pytest.mark.parametrize("garbage", [b"1234567", b"123456789", bytes(8 * (MOST_SCORES + 1))])
def test_bytes_that_are_no_scores_are_none(garbage: bytes) -> None:
    assert unpack(garbage) == ()


def test_the_most_scores_fit_into_one_event() -> None:
    scored = e.Scored(answer_sha256="ab" * 32, quality=0.5, scores=bytes(8 * MOST_SCORES))
    assert len(encode(scored)) < LONGEST_LINE_BYTES


@pytest.mark.parametrize(
    "returned",
    [np.array([1, 0]), np.array([True, False]), [1.0, 0.0], (1, 0), np.array([1, 0], np.float32)],
    ids=["integers", "truths", "a list", "a tuple", "single precision"],
)
def test_scores_may_be_an_array_a_list_or_a_tuple(returned: Any) -> None:
    assert checked_scores(returned) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ([], "quality returned 0 scores"),
        (np.zeros(MOST_SCORES + 1), r"quality returned 50,001 scores, not between 1 and 50,000"),
        ([0.5, float("nan")], r"the score of held-out item 1 is nan"),
        ([float("inf")], r"the score of held-out item 0 is inf"),
        (np.zeros((2, 2)), "something other than numbers"),
        ("high", "something other than numbers"),
        ([None], "something other than numbers"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused_in_one_sentence(returned: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        checked_scores(returned)


def differences_of(one: Sequence[float], other: Sequence[float]) -> ScoreDifferences:
    compared = differences(one, other)
    assert compared is not None
    return compared


def test_differences_are_those_of_the_same_items() -> None:
    one, other = (0.1, 0.9, 0.5, 0.5), (0.2, 0.8, 0.5, 0.9)
    expected = stdev(after - before for before, after in zip(one, other, strict=True))
    compared = differences_of(one, other)
    assert compared.items == 4
    assert compared.sd == pytest.approx(expected)
    assert compared.span == pytest.approx(0.8)
    assert compared.step == pytest.approx(0.1)


def test_equal_scores_do_not_differ_however_unlike_the_items_are() -> None:
    scores = tuple(np.random.default_rng(1).random(100).tolist())
    assert differences_of(scores, scores).sd == 0
    assert differences_of(scores, scores[::-1]).sd > 0.1  # the same scores, of other items


def test_hits_and_misses_differ_by_steps_of_one() -> None:
    compared = differences_of((1, 0, 1, 1), (1, 1, 0, 1))
    assert (compared.span, compared.step) == (1.0, 1.0)


def test_items_that_all_score_the_same_have_no_step_and_no_span() -> None:
    assert differences_of((1.0,) * 5, (1.0,) * 5) == ScoreDifferences(
        items=5, sd=0.0, span=0.0, step=0.0
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [((), ()), ((1.0,), ()), ((1.0, 0.0), (1.0,)), ((-1e300,), (1e300,))],
    ids=["none", "one side", "unlike numbers", "too large"],
)
def test_scores_that_cannot_be_paired_are_not_compared(
    one: tuple[float, ...], other: tuple[float, ...]
) -> None:
    assert differences(one, other) is None


@given(SCORES, st.randoms())
def test_no_standard_deviation_is_beyond_what_a_results_file_allows(
    scores: tuple[float, ...], random: Any
) -> None:
    other = list(scores)
    random.shuffle(other)
    compared = differences_of(scores, other)
    assert compared.step <= compared.span
    assert compared.sd <= 1.5 * compared.span


def scored(side: Side, trial: int, *scores: float, at: float = 9.0) -> e.Scored:
    event = e.Scored(answer_sha256="ab" * 32, quality=0.5, scores=pack(scores))
    stamped = e.stamp(event, at, side, trial)
    assert isinstance(stamped, e.Scored)
    return stamped


RIGHT, WRONG = (1.0, 1.0, 0.0), (0.0, 1.0, 1.0)


def test_a_pair_is_compared_once_both_have_scored_whichever_is_first() -> None:
    for first, second, order in [(BASELINE, DISTRIBUTED, 1), (DISTRIBUTED, BASELINE, 0)]:
        scores = RoundScores()
        assert scores.compare(scored(first, 0, *RIGHT), 0) == ()
        (compared,) = scores.compare(scored(second, 0, *WRONG), 1)
        assert (compared.side, compared.trial, compared.order) == (DISTRIBUTED, 0, order)
        assert compared.differences == differences(RIGHT, WRONG)


def test_a_round_of_a_sweep_has_a_comparison_for_every_scale() -> None:
    scores = RoundScores()
    scores.compare(scored(DISTRIBUTED, 1, *RIGHT), 3)
    scores.compare(scored(DISTRIBUTED, 1, *WRONG), 4)
    both = scores.compare(scored(BASELINE, 1, *RIGHT), 5)
    assert [(one.order, one.differences.sd) for one in both] == [(3, 0.0), (4, 1.0)]


def test_a_trial_is_not_compared_with_the_baseline_of_another_round() -> None:
    scores = RoundScores()
    scores.compare(scored(BASELINE, 0, *RIGHT), 0)
    scores.compare(scored(DISTRIBUTED, 0, *RIGHT), 1)
    assert scores.compare(scored(DISTRIBUTED, 1, *RIGHT), 2) == ()
    (compared,) = scores.compare(scored(BASELINE, 1, *WRONG), 3)
    assert (compared.order, compared.differences.sd) == (2, 1.0)


def test_sides_with_one_number_or_with_unlike_items_are_not_compared() -> None:
    for one, other in [((), RIGHT), (RIGHT, ()), (RIGHT, (1.0,))]:
        scores = RoundScores()
        scores.compare(scored(BASELINE, 0, *one), 0)
        assert scores.compare(scored(DISTRIBUTED, 0, *other), 1) == ()
