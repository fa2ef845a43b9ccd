from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Schedule
from harness.show.panel import Caption, panel
from harness.show.seen import Sight, seconds, sight
from tests.builders import a_board, a_spec, some_events

NOON = datetime(2026, 11, 22, 12, 0, 7, tzinfo=UTC)
SIZES = [(80, 24), (81, 24), (100, 30), (120, 40), (200, 60)]


def lines_of(columns: int, rows: int, *, at: float = 50.0, badge: str = "REC", events: int = 9_999) -> list[str]:
    """Return a panel's lines in the middle of a race in turn."""
    board = a_board(some_events()[:events])
    caption = Caption("7c21", Schedule.IN_TURN, NOON, badge)
    return panel(board, a_spec(), caption, at=at, columns=columns, rows=rows).plain.split("\n")


def seen_at(columns: int, rows: int, badge: str = "REC") -> Sight:
    found = sight(lines_of(columns, rows, badge=badge))
    assert found is not None
    return found


@pytest.mark.parametrize("size", SIZES)
def test_both_clocks_are_read_off_a_panel_of_any_size(size: tuple[int, int]) -> None:
    board = a_board(some_events())
    assert seen_at(*size).clocks[1] == board.distributed.wall_s


@pytest.mark.parametrize("badge", ["REC", "REC · SIMULATED"])
def test_the_badge_the_run_and_the_moment_are_read_off_a_panel(badge: str) -> None:
    seen = seen_at(80, 24, badge)
    assert (seen.badge, seen.run_id, seen.utc) == (badge, "7c21", NOON)


def test_a_panel_without_a_badge_has_none() -> None:
    assert seen_at(100, 30, "").badge == ""


def test_what_both_sides_are_doing_is_read_off_a_panel() -> None:
    found = sight(lines_of(100, 30, at=1.0, events=2))
    assert found is not None
    assert found.looks is not None
    assert found.looks[1] == "WAITING"


@pytest.mark.parametrize(
    ("clock", "shown"), [("00:00.0", 0.0), ("12:34.5", 754.5), ("1:00:00.1", 3600.1), ("12:34", None), ("1x:00.0", None), ("", None)]
)
def test_a_clock_tells_its_seconds(clock: str, shown: float | None) -> None:
    assert seconds(clock) == shown


def test_a_panel_with_no_such_day_is_none() -> None:
    assert sight([line.replace("2026-11-22", "2026-13-45") for line in lines_of(100, 30)]) is None


@given(st.lists(st.text(max_size=40), max_size=12))
def test_any_screen_can_be_looked_at(lines: list[str]) -> None:
    sight(lines)
