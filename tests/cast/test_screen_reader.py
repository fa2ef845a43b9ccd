from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import events as e
from harness import text
from harness.cast.screen_reader import ClockReading, ScreenReading, parse_clock, read_screen
from harness.model import ProcessState, Schedule, Side
from harness.show.terminal.panel import Caption, draw_panel
from tests.builders import a_board, a_spec, some_events

NOON = datetime(2026, 11, 22, 12, 0, 7, tzinfo=UTC)
SIZES = [(80, 24), (81, 24), (100, 30), (120, 40), (200, 60)]


def lines_of(
    columns: int, rows: int, *, at: float = 50.0, badge: str = "REC", events: int = 9_999
) -> list[str]:
    """Return the lines of a panel in the middle of a race."""
    board = a_board(some_events()[:events])
    caption = Caption(run_id="7c21", schedule=Schedule.IN_TURN, utc=NOON, badge=badge)
    return draw_panel(board, a_spec(), caption, at=at, columns=columns, rows=rows).plain.split("\n")


def reading_of(columns: int, rows: int, badge: str = "REC") -> ScreenReading:
    reading = read_screen(lines_of(columns, rows, badge=badge))
    assert reading is not None
    return reading


@pytest.mark.parametrize("size", SIZES)
def test_both_clocks_are_read_from_a_panel_of_any_size(size: tuple[int, int]) -> None:
    board = a_board(some_events())
    assert reading_of(*size).clocks[1] == ClockReading(board.distributed.wall_s or 0.0, 0.1)


@pytest.mark.parametrize("badge", ["REC", "REC · SIMULATED"])
def test_the_badge_the_run_and_the_moment_are_read_from_a_panel(badge: str) -> None:
    reading = reading_of(80, 24, badge)
    assert (reading.badge, reading.run_id, reading.utc) == (badge, "7c21", NOON)


LOST = e.stamp(e.Faulted(worker="w0", reason="killed"), 41.0, Side.DISTRIBUTED, 0)
STALLED = e.stamp(
    e.Stalled(worker="w1", state=ProcessState.SLEEPING, seconds=10.0), 42.0, Side.DISTRIBUTED, 0
)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("news", [[LOST], [STALLED], [LOST, STALLED]])
def test_a_panel_is_read_that_says_who_is_lost_or_stalled(
    size: tuple[int, int], news: list[e.Event]
) -> None:
    events = [event for event in some_events() if event.at < 41.0]
    board = a_board([*events, *news])
    caption = Caption(run_id="7c21", schedule=Schedule.TOGETHER, utc=NOON)
    drawn = draw_panel(board, a_spec(), caption, at=43.0, columns=size[0], rows=size[1]).plain
    for words, event in (("1 LOST", LOST), ("· STALLED ─", STALLED)):
        assert (words in drawn) == (event in news)
    reading = read_screen(drawn.split("\n"))
    assert reading is not None
    assert None not in reading.clocks


def test_a_panel_without_a_badge_has_none() -> None:
    assert reading_of(100, 30, "").badge is None


def test_what_both_sides_are_doing_is_read_from_a_panel() -> None:
    reading = read_screen(lines_of(100, 30, at=1.0, events=2))
    assert reading is not None
    assert reading.statuses is not None
    assert reading.statuses[1] == "WAITING"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("00:00.0", ClockReading(0.0, 0.1)),
        ("12:34.5", ClockReading(754.5, 0.1)),
        ("1:00:00.1", ClockReading(3600.1, 0.1)),
        ("1:00:02", ClockReading(3602.0, 1.0)),
        ("1x:00.0", None),
        ("", None),
    ],
)
def test_a_clock_is_read_as_exactly_as_it_is_written(
    written: str, shown: ClockReading | None
) -> None:
    assert parse_clock(written) == shown


@given(st.floats(0, 350_000))
def test_a_clock_shows_the_time_that_it_was_cut_off_from(elapsed: float) -> None:
    shown = parse_clock(text.clock(elapsed))
    assert shown is not None
    assert shown.shows(elapsed)
    assert not shown.shows(elapsed + 0.11)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("elapsed", [3599.94, 3600.0, 7322.45, 36_000.0, 359_999.0])
def test_a_clock_with_hours_is_read_at_any_size(size: tuple[int, int], elapsed: float) -> None:
    board = a_board(some_events(baseline_s=elapsed))
    caption = Caption(run_id="7c21", schedule=Schedule.IN_TURN, utc=NOON, badge="REC")
    lines = draw_panel(board, a_spec(), caption, at=3e6, columns=size[0], rows=size[1]).plain.split(
        "\n"
    )
    reading = read_screen(lines)
    assert reading is not None
    assert reading.clocks[0] is not None
    assert reading.clocks[0].shows(elapsed)


def test_a_panel_with_no_such_day_is_none() -> None:
    assert (
        read_screen([line.replace("2026-11-22", "2026-13-45") for line in lines_of(100, 30)])
        is None
    )


@given(st.lists(st.text(max_size=40), max_size=12))
def test_any_screen_can_be_looked_at(lines: list[str]) -> None:
    read_screen(lines)
