from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from harness.cast.end_card import end_card
from harness.cast.screen_reader import read_screen

NOON = datetime(2026, 11, 22, 12, 0, 7, tzinfo=UTC)
TENTHS = st.integers(0, 3_000_000).map(lambda tenths: tenths / 10)


def card(clocks: tuple[float, float] = (0.0, 0.0), run_id: str = "7c21") -> tuple[str, str]:
    return end_card(badge="REC", run_id=run_id, clocks=clocks, utc=NOON, columns=80)


def test_an_end_card_shows_both_clocks_then_the_badge_the_date_and_the_run() -> None:
    assert card((41.32, 11.27)) == (
        " BASELINE 00:41.3 · RAY 00:11.3",
        " REC  2026-11-22 12:00:07Z · run 7c21",
    )


def test_an_end_card_passes_on_no_control_characters() -> None:
    assert "\x1b" not in "".join(card(run_id="7c\x1b[2J21"))


@given(TENTHS, TENTHS)
def test_an_end_card_is_read_back(baseline: float, distributed: float) -> None:
    reading = read_screen(["7.04x", "", *card((baseline, distributed)), ""])
    assert reading is not None
    assert (reading.badge, reading.run_id, reading.utc, reading.statuses) == (
        "REC",
        "7c21",
        NOON,
        None,
    )
    both = zip(reading.clocks, (baseline, distributed), strict=True)
    assert all(clock is not None and clock.shows(wall) for clock, wall in both)
