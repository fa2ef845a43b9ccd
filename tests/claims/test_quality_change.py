from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.claims.pairs import complete_pairs
from harness.claims.quality_change import (
    QualityChange,
    half_width,
    quality_change,
    student_quantile,
)
from harness.model import CommandFacts, Results, ScoreDifferences, Side
from harness.run.item_scores import differences
from tests.builders import a_digest_of, a_results, a_spec, some_differences, some_pairs


@pytest.mark.parametrize(
    ("freedom", "tabulated"), [(29, 2.0452), (55, 2.0040), (120, 1.9799), (1_499, 1.9616)]
)
def test_the_quantile_of_student_is_that_of_the_tables(freedom: int, tabulated: float) -> None:
    assert student_quantile(freedom) == pytest.approx(tabulated, abs=0.0005)


def test_half_the_interval_is_t_standard_errors() -> None:
    found = ScoreDifferences(items=100, sd=0.5, span=1.0, step=1.0)
    assert half_width(found) == pytest.approx(1.984 * 0.05, abs=1e-4)


def test_more_items_make_the_interval_narrower_by_their_root() -> None:
    few, many = (half_width(some_differences(items=items)) for items in (10_000, 40_000))
    assert few is not None
    assert many == pytest.approx(few / 2, rel=1e-3)


def test_where_no_score_differs_three_items_of_n_still_may() -> None:
    assert half_width(some_differences(items=1_500, sd=0.0)) == pytest.approx(3 / 1_500)


@pytest.mark.parametrize("changes", [{"items": 29}, {"span": 0.0, "sd": 0.0, "step": 0.0}])
def test_too_few_items_or_equal_scores_give_no_interval(changes: dict[str, Any]) -> None:
    assert half_width(some_differences(**changes)) is None


def test_thirty_items_give_one() -> None:
    assert half_width(some_differences(items=30)) is not None


@pytest.mark.parametrize(
    "draw",
    [
        lambda random: (random.normal(0, 1, 60), 0.3 + random.normal(0, 1, 60), 0.3),
        lambda random: (
            *np.where(random.random(800) < 0.1, random.random((2, 800)) < [[0.5], [0.3]], 1.0),
            -0.02,
        ),
    ],
    ids=["graded, few", "right or wrong, most alike"],
)
def test_nineteen_of_twenty_intervals_hold_the_change_that_all_items_would_show(draw: Any) -> None:
    random, hits, rounds = np.random.default_rng(29), 0, 2_000
    for _ in range(rounds):
        one, other, change = draw(random)
        found = differences(one.tolist(), other.tolist())
        width = half_width(found) if found is not None else None
        assert width is not None
        hits += abs((other - one).mean() - change) <= width
    assert hits / rounds == pytest.approx(0.95, abs=0.015)


def changed(results: Results, **changes: Any) -> Results:
    """Return the session with facts of every distributed trial changed."""
    return replace(
        results,
        trials=tuple(
            replace(trial, **changes) if trial.side is Side.DISTRIBUTED else trial
            for trial in results.trials
        ),
    )


OTHER = a_digest_of("other")


def change_of(results: Results) -> QualityChange:
    pairs = complete_pairs(results)
    assert pairs is not None
    return quality_change(pairs)


def unlike(quality: float = 0.975, **found: Any) -> QualityChange:
    """Return the change of a session whose answers differ, with a tolerance of 0.003."""
    return change_of(
        changed(
            a_results(),
            answer_sha256=OTHER,
            quality=quality,
            score_differences=some_differences(**found),
        )
    )


def test_the_interval_is_around_the_change() -> None:
    width = half_width(some_differences())
    assert width is not None
    assert unlike(quality=0.974).interval == pytest.approx((-0.001 - width, -0.001 + width))


@pytest.mark.parametrize(
    ("quality", "sd", "held"),
    [
        (0.975, 0.02, True),
        (0.973, 0.02, True),
        (0.973, 0.03, False),
        (0.977, 0.03, False),
        (0.975, 0.08, False),
        (0.971, 0.0, False),
    ],
)
def test_it_held_if_the_whole_interval_lies_within_the_tolerance(
    quality: float, sd: float, held: bool
) -> None:
    assert unlike(quality, sd=sd).held is held


def test_equal_answers_held_without_any_score() -> None:
    found = change_of(changed(a_results(), score_differences=None))
    assert (found.held, found.items, found.interval, found.least) == (True, None, None, None)


def test_a_quality_that_moved_did_not_hold_though_the_answers_are_equal() -> None:
    assert not change_of(changed(a_results(), quality=0.9)).held


def test_equal_answers_need_no_interval() -> None:
    assert change_of(a_results()).interval is None


def test_unlike_answers_without_scores_did_not_hold_for_all_we_know() -> None:
    found = change_of(changed(a_results(), answer_sha256=OTHER, score_differences=None))
    assert (found.held, found.items, found.interval) == (False, None, None)


def test_one_pair_without_scores_leaves_all_without_an_interval() -> None:
    results = changed(a_results(trials=some_pairs([40.0] * 3, [22.0] * 3)), answer_sha256=OTHER)
    *others, last = results.trials
    assert last.side is Side.DISTRIBUTED
    bare = replace(results, trials=(*others, replace(last, score_differences=None)))
    assert (change_of(results).items, change_of(bare).items) == (2_000, None)


def test_more_pairs_of_the_same_items_make_nothing_surer() -> None:
    one = changed(a_results(), answer_sha256=OTHER)
    six = changed(a_results(trials=some_pairs([40.0] * 6, [22.0] * 6)), answer_sha256=OTHER)
    assert change_of(six).interval == change_of(one).interval


def test_the_interval_spans_those_of_all_pairs() -> None:
    results = changed(a_results(trials=some_pairs([40.0] * 2, [22.0] * 2)), answer_sha256=OTHER)
    moved = tuple(
        replace(trial, quality=0.974 if trial.index else 0.976)
        if trial.side is Side.DISTRIBUTED
        else trial
        for trial in results.trials
    )
    width = half_width(some_differences())
    assert width is not None
    found = change_of(replace(results, trials=moved))
    assert found.interval == pytest.approx((-0.001 - width, 0.001 + width))


def test_the_least_change_is_one_step_of_one_item() -> None:
    assert unlike(items=500, step=0.5).least == pytest.approx(0.001)


def test_programs_of_which_only_the_quality_is_compared_have_no_equal_answers() -> None:
    commands = CommandFacts(says_ready=True, input_named=True, compared="")
    results = changed(a_results(spec=a_spec(commands=commands)), score_differences=None)
    assert not change_of(results).held
