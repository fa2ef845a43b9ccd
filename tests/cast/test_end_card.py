from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from harness.cast.end_card import end_card
from harness.cast.screen_reader import read_screen

NOON = datetime(2026, 11, 22, 12, 0, 7, tzinfo=UTC)
TENTHS = st.integers(0, 3_000_000).map(lambda tenths: tenths / 10)


def test_a_slate_tells_both_clocks_then_the_badge_the_moment_and_the_run() -> None:
    assert end_card("REC", "7c21", (41.32, 11.27), NOON, 80) == (
        " BASELINE 00:41.3 · RAY 00:11.2",
        " REC  2026-11-22 12:00:07Z · run 7c21",
    )


def test_a_slate_has_no_control_characters_of_a_run() -> None:
    assert "\x1b" not in "".join(end_card("REC", "7c\x1b[2J21", (0.0, 0.0), NOON, 80))


@given(TENTHS, TENTHS)
def test_a_slate_is_read_back(baseline: float, distributed: float) -> None:
    seen = read_screen(
        ["7.04x", "", *end_card("REC", "7c21", (baseline, distributed), NOON, 80), ""]
    )
    assert seen is not None
    assert (seen.badge, seen.run_id, seen.utc, seen.statuses) == ("REC", "7c21", NOON, None)
    both = zip(seen.clocks, (baseline, distributed), strict=True)
    assert all(clock is not None and clock.shows(wall) for clock, wall in both)
