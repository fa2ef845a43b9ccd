import numpy as np
import pytest

from tests.pools import ignore_progress
from tests.workloads.recommend.support import problem
from workloads import recommend
from workloads.recommend.synthetic import draw_interactions


def test_popularity_and_activity_fall_like_a_power() -> None:
    rows = draw_interactions(2000, 1000, 200_000, 1)
    for counts in (np.diff(rows.starts), np.bincount(rows.columns, minlength=1000)):
        assert np.percentile(counts, 99) > 2 * np.median(counts)


def test_about_as_many_interactions_are_drawn_as_asked_for() -> None:
    assert draw_interactions(2000, 1000, 200_000, 1).strengths.sum() == pytest.approx(
        200_000, rel=0.02
    )


def test_tastes_can_be_learnt_better_than_popularity() -> None:
    loaded = problem(users=2000, items=1000, interactions=150_000, iterations=5)
    answer = recommend.baseline(loaded.input, ignore_progress)
    popular = np.bincount(loaded.input.users.columns, minlength=1000).astype(np.float32)
    by_popularity = recommend.Factors(np.ones((2000, 1), np.float32), popular[:, None])
    assert (
        recommend.quality(answer, loaded.held_out).mean()
        > 1.5 * recommend.quality(by_popularity, loaded.held_out).mean()
    )
