"""How new the news of a run elsewhere is, by clocks that are given."""

import pytest

from harness.follow.news import News


def news_of(*arrivals: tuple[float, float]) -> News:
    """Return news that came here at the first and happened there at the second time."""
    news = News()
    for now, at in arrivals:
        news.note(at, at, now)
    return news


def test_without_news_there_is_no_age() -> None:
    assert News().age_s(5.0) is None
    assert News().at(5.0) == 0.0


def test_news_grow_old() -> None:
    assert news_of((100.0, 1.0), (101.0, 2.0)).age_s(104.0) == 3.0


def test_the_clock_goes_on_between_events() -> None:
    assert news_of((100.0, 1.0)).at(102.5) == 3.5


def test_the_clock_never_falls_because_a_line_was_late() -> None:
    news = news_of((100.0, 1.0), (104.0, 2.0))
    assert news.at(104.0) == 5.0


def test_events_that_come_as_they_happen_are_no_replay() -> None:
    news = news_of(*((100.0 + step / 4, step / 4) for step in range(40)))
    assert not news.is_replay(110.0)


@pytest.mark.parametrize("factor", [3.5, 10.0, 1_000.0])
def test_events_that_come_much_faster_than_they_happened_are_a_replay(factor: float) -> None:
    news = news_of(*((100.0 + step / 4, factor * step / 4) for step in range(40)))
    assert news.is_replay(110.0)


def test_a_whole_file_at_once_is_a_replay() -> None:
    news = News()
    news.note(0.0, 40.0, 100.0)
    assert news.is_replay(100.1)


def test_who_joins_late_sees_a_replay_until_the_past_has_come() -> None:
    news = News()
    news.note(0.0, 40.0, 100.0)
    for step in range(1, 30):
        news.note(40.0 + step / 4, 40.0 + step / 4, 100.0 + step / 4)
    assert not news.is_replay(107.0)


def test_news_after_a_silence_are_no_replay() -> None:
    assert not news_of((100.0, 0.0), (100.5, 0.5), (140.5, 40.5)).is_replay(140.6)
