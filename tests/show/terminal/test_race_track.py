from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.terminal import rendered
from harness.model import Side
from harness.show.terminal.lines import BASELINE_PAINT, DISTRIBUTED_PAINT, Frame
from harness.show.terminal.race_track import (
    NARROW_ROWS,
    WIDE_ROWS,
    WIDEST_ROWS,
    axis_end_s,
    draw_track,
)
from harness.show.terminal.side_view import SideStatus, SideView
from harness.state.side import SideState
from tests.builders import a_board
from tests.show.terminal.panels import board_at, draw, one_side_then_the_other

GAP = ("gap 30.0 s and growing", "gap 30.0 s")


def views(baseline_s: float, distributed_s: float) -> tuple[SideView, SideView]:
    left, right = (
        SideView(
            lane=SideState(side=side),
            status=SideStatus.LIVE,
            titles=(f"{name} · 1",),
            elapsed=elapsed,
            at=0.0,
            cores=1,
            workers=1,
            quality_lines=("",),
            paint=paint,
        )
        for side, name, elapsed, paint in (
            (Side.BASELINE, "BASELINE", baseline_s, BASELINE_PAINT),
            (Side.DISTRIBUTED, "RAY", distributed_s, DISTRIBUTED_PAINT),
        )
    )
    return left, right


def track(
    baseline_s: float, distributed_s: float, rows: int = NARROW_ROWS, **changes: Any
) -> list[str]:
    fields: dict[str, Any] = {
        "end_s": 40.0,
        "gap_words": (),
        "ratio": "",
        "remarks": ("from a common zero", ("at least",)),
        "columns": 74,
        "rows": rows,
    }
    lines = draw_track(views(baseline_s, distributed_s), **(fields | changes))
    return [line.rstrip() for line in Frame(lines).plain.splitlines()]


def test_both_bars_stand_on_one_axis_of_time() -> None:
    assert track(20.0, 10.0) == [
        f" BASELINE {'█' * 20}{' ' * 23}from a common zero",
        f" RAY      {'█' * 10}",
    ]


@pytest.mark.parametrize("rows", [NARROW_ROWS, WIDE_ROWS, WIDEST_ROWS])
def test_without_colours_the_lower_bar_is_shaded(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    both = views(20.0, 10.0)
    lines = draw_track(
        both,
        end_s=40.0,
        gap_words=(),
        ratio="",
        remarks=("", ("",)),
        columns=90,
        rows=rows,
    )
    printed = rendered(Frame(lines), 90).splitlines()
    bars = [line for line in printed if "█" in line or "▒" in line]
    half = len(bars) // 2
    assert ["▒" in line for line in bars] == [False] * half + [True] * half


def test_the_gap_stands_in_brackets_as_wide_as_it_is() -> None:
    assert track(40.0, 10.0, gap_words=GAP) == [
        f" BASELINE {'█' * 40}   from a common zero",
        f" RAY      {'█' * 10}├── gap 30.0 s and growing ──┤",
    ]


def test_the_brackets_are_on_the_side_that_was_faster() -> None:
    assert track(10.0, 40.0, gap_words=GAP)[0].startswith(f" BASELINE {'█' * 10}├── gap 30.0 s")


def test_the_words_of_a_narrow_gap_are_shorter_or_stand_behind_it() -> None:
    assert track(28.0, 10.0, gap_words=GAP)[1] == f" RAY      {'█' * 10}├── gap 30.0 s ──┤"
    assert track(16.0, 10.0, gap_words=GAP)[1].endswith("├────┤ gap 30.0 s and growing")


def test_a_gap_without_room_for_its_words_has_them_above_the_ratio() -> None:
    drawn = track(40.0, 36.0, gap_words=("gap 4.00 s",), ratio="1.1×")

    assert drawn == [
        f" BASELINE {'█' * 40}   gap 4.00 s, at least",
        f" RAY      {'█' * 36}├──┤   1.1×",
    ]


@pytest.mark.parametrize(("ratio", "written"), [("4.2×", "4.2×"), ("2,048×", "2048×")])
def test_the_ratio_is_written_without_a_comma_which_digits_lack(ratio: str, written: str) -> None:
    assert track(40.0, 10.0, ratio=ratio)[1].endswith(f"   {written}")


def test_a_higher_track_has_thicker_bars_its_axis_and_the_ratio_in_large_digits() -> None:
    assert track(40.0, 10.0, WIDE_ROWS, columns=80, gap_words=GAP[1:], ratio="4.2×") == [
        f" BASELINE {'█' * 40}   at least",
        f"          {'█' * 40}     ▄██    ▄█▀█▄",
        f" RAY      {'█' * 10}├──────── gap 30.0 s ────────┤    ▄███      ▄█▀ ▄▄ ▄▄",
        f"          {'█' * 10}{' ' * 33}▄█ ██     ▄█▀  ▀█▄█▀",
        "          ╵0:00          ╵0:15          ╵0:30        ▀▀▀██ ██ ▄██▄▄ ██ ██",
    ]


@pytest.mark.parametrize(
    ("longest_s", "known_s", "end_s"),
    [
        (0.0, 0.0, 10.0),
        (9.9, 0.0, 10.0),
        (10.0, 0.0, 15.0),
        (61.0, 0.0, 120.0),
        (100_000.0, 0.0, 172_800.0),
        (5.0, 41.2, 41.2),
        (41.2, 41.2, 41.2),
        (41.3, 41.2, 60.0),
        (float("inf"), 0.0, 10.0),
    ],
)
def test_the_axis_ends_with_the_known_time_or_a_round_one(
    longest_s: float, known_s: float, end_s: float
) -> None:
    assert axis_end_s(longest_s, known_s) == end_s


@given(
    st.floats(min_value=-1e9, max_value=1e9),
    st.floats(min_value=-1e9, max_value=1e9),
    st.sampled_from([0, NARROW_ROWS, WIDE_ROWS, WIDEST_ROWS]),
    st.integers(min_value=1, max_value=220),
)
def test_a_track_has_the_rows_asked_for(
    baseline_s: float, distributed_s: float, rows: int, columns: int
) -> None:
    end_s = axis_end_s(max(baseline_s, distributed_s))

    assert len(track(baseline_s, distributed_s, rows, end_s=end_s, columns=columns)) == rows


@pytest.mark.parametrize(
    ("at", "said"), [(75.0, None), (80.5, None), (83.0, "1.1×"), (99.9, "1.9×")]
)
def test_the_ratio_is_never_more_than_the_clocks_show(at: float, said: str | None) -> None:
    picture = draw(board_at(one_side_then_the_other(), at), at, workers=8)

    assert ("at least" in picture) is (said is not None)
    assert said is None or f" {said}\n" in picture


def test_the_ratio_of_two_scored_sides_is_the_one_that_the_headline_tells() -> None:
    picture = draw(a_board(one_side_then_the_other(distributed_s=19.6)), 300.0, workers=8)

    assert " 2.04×\n" in picture
    assert "at least" not in picture


def test_a_ratio_is_a_least_one_until_both_qualities_are_known() -> None:
    *events, _ = one_side_then_the_other()
    picture = draw(a_board(events), 300.0, workers=8)

    assert "at least" in picture
    assert " 2.0×\n" in picture


def test_two_equal_times_have_no_ratio() -> None:
    assert "×\n" not in draw(a_board(one_side_then_the_other(distributed_s=39.9)), 300.0, workers=8)
