import pytest

from harness.model import Side
from harness.state.last_take import LastTake
from harness.state.series import Series
from tests.builders import a_results, a_trial, some_pairs

TAKE = LastTake(
    began_utc="2026-11-21T18:00:12+00:00",
    wall_s=20.0,
    items=1_000,
    curve=Series(points=((5.0, 100), (10.0, 500), (19.0, 1_000))),
)


@pytest.mark.parametrize(
    ("seconds", "done"),
    [(0.0, 0), (5.0, 100), (7.5, 300), (19.5, 999), (20.0, 1_000), (99.0, 1_000)],
)
def test_the_last_take_is_read_at_a_moment_of_its_own_clock(seconds: float, done: int) -> None:
    assert TAKE.done_after(seconds) == done


def test_no_progress_is_made_up_where_none_was_reported() -> None:
    silent = LastTake(began_utc="", wall_s=20.0, items=9, curve=Series(points=((20.0, 9),)))
    assert [silent.done_after(seconds) for seconds in (19.9, 20.0)] == [0, 9]


def test_the_last_answered_trial_of_the_distributed_side_counts() -> None:
    trials = some_pairs([40.0, 41.0, 42.0], [20.0, 21.0, 22.0])
    failed = a_trial(side=Side.DISTRIBUTED, wall_s=1.0, index=3, failure="it died")
    take = LastTake.of(a_results(trials=(*trials, failed)))
    assert take is not None
    assert take.wall_s == 22.0


def test_without_an_answer_there_is_none() -> None:
    assert LastTake.of(a_results(trials=(a_trial(side=Side.BASELINE),))) is None
