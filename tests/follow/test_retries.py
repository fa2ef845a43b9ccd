"""Whether a command is started again, and when."""

from harness.follow.retries import LONGEST_WAIT_S, Reading, Retries


def a_reading(*, exit_code: int | None = 1, news: bool = False, first: bool = False) -> Reading:
    return Reading(exit_code=exit_code, news=news, first=first)


def test_starts_in_vain_come_later_and_later_and_end() -> None:
    retries = Retries(4)
    assert [retries.wait_s(a_reading()) for _ in range(5)] == [1.0, 2.0, 4.0, 8.0, None]


def test_no_wait_is_longer_than_the_longest() -> None:
    retries = Retries(20)
    assert max(retries.wait_s(a_reading()) or 0.0 for _ in range(20)) == LONGEST_WAIT_S


def test_news_begin_the_count_anew() -> None:
    retries = Retries(2)
    waits = [retries.wait_s(a_reading(news=place % 2 == 0)) for place in range(8)]
    assert waits == [1.0, 2.0] * 4


def test_a_command_that_ended_well_and_told_nothing_new_has_told_all() -> None:
    retries = Retries(5)
    assert retries.wait_s(a_reading(exit_code=0, news=True, first=True)) == 1.0
    assert retries.wait_s(a_reading(exit_code=0)) is None


def test_without_retries_nothing_is_started_again() -> None:
    assert Retries(0).wait_s(a_reading(news=True, first=True)) is None
