import math
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import SideFailed
from harness.events import Event, Progress
from harness.run.progress_reports import ProgressReporter, report_quality
from tests.pools import Heard


def reported(*reports: tuple[float, int]) -> list[int]:
    """Return what a reporter passes on of reports, each at its moment."""
    moments = iter([at for at, _ in reports])
    sent: list[int] = []

    def send(event: Event) -> None:
        assert isinstance(event, Progress)
        sent.append(event.done)

    report = ProgressReporter(send, clock=lambda: next(moments))
    for _, done in reports:
        report(done)
    return sent


def test_a_reporter_passes_on_the_first_report() -> None:
    assert reported((7.0, 5)) == [5]


def test_a_reporter_passes_on_at_most_ten_reports_a_second() -> None:
    assert 9 <= len(reported(*((tick / 100, tick) for tick in range(100)))) <= 10


def test_a_reporter_passes_on_again_when_it_is_time() -> None:
    assert reported((0.0, 1), (0.09, 2), (0.11, 3)) == [1, 3]


def test_a_long_trial_passes_on_as_many_reports_as_the_panel_draws() -> None:
    of_a_minute = reported(*((tick / 100, tick) for tick in range(6000)))
    assert 4 * 60 <= len(of_a_minute) <= 4 * 60 + 30
    assert [later - done for done, later in pairwise(of_a_minute)][-100:] == [25] * 100


@given(
    seconds=st.floats(1.0, 60.0),
    began_at=st.floats(0.0, 1e6),
)
def test_however_long_a_trial_is_its_progress_is_known_at_twenty_moments(
    seconds: float, began_at: float
) -> None:
    ticks = [began_at + seconds * tick / 1000 for tick in range(1000)]
    assert len(reported(*((at, tick) for tick, at in enumerate(ticks)))) >= min(
        20, int(seconds / 0.11)
    )


def test_a_reporter_knows_what_it_did_not_pass_on() -> None:
    report = ProgressReporter(lambda _: None, clock=lambda: 0.0)
    report(1)
    report(2)
    assert report.done == 2


def test_a_report_of_fewer_items_than_before_ends_the_side() -> None:
    with pytest.raises(SideFailed, match=re.escape("report(4) came after report(5)")):
        reported((0.0, 5), (0.01, 4))


def test_a_reporter_that_is_stopped_passes_on_nothing() -> None:
    sent: list[Event] = []
    report = ProgressReporter(sent.append)
    report.stop()
    report(1)
    assert (sent, report.done) == ([], 0)


def passed_on(*reports: tuple[float, float | None]) -> list[float | None]:
    """Return the qualities that a reporter passes on of reports, each at its moment."""
    moments = iter([at for at, _ in reports])
    sent: list[float | None] = []

    def send(event: Event) -> None:
        assert isinstance(event, Progress)
        sent.append(event.quality)

    report = ProgressReporter(send, clock=lambda: next(moments))
    for done, (_, quality) in enumerate(reports):
        report(done, quality)
    return sent


def test_a_quality_is_passed_on_once() -> None:
    assert passed_on((0.0, None), (1.0, 0.5), (2.0, None)) == [None, 0.5, None]


def test_a_quality_that_was_not_passed_on_goes_with_the_next_report() -> None:
    assert passed_on((0.0, None), (0.05, 0.5), (1.0, None)) == [None, 0.5]


@pytest.mark.parametrize("quality", [math.nan, math.inf, -math.inf])
def test_a_quality_that_is_no_number_is_not_passed_on(quality: float) -> None:
    assert passed_on((0.0, quality)) == [None]


def test_a_reporter_that_takes_no_quality_is_given_none_where_there_is_none() -> None:
    done = list[int]()
    report_quality(done.append, 3, None)
    assert done == [3]


def test_a_reporter_is_given_the_quality_that_there_is() -> None:
    heard = Heard()
    report_quality(heard, 3, 0.5)
    assert (heard.done, heard.qualities) == ([3], [0.5])
