import pytest

from harness.model import Schedule
from harness.state.last_take import LastTake
from harness.state.series import Series
from tests.show.terminal.panels import board_at, draw, one_side_then_the_other

LAST = LastTake(
    began_utc="2026-11-21T18:00:12+00:00",
    wall_s=24.0,
    items=20_000,
    curve=Series(points=((6.0, 5_000), (12.0, 10_000), (24.0, 20_000))),
)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (11.0, "starts when the baseline is done "),
        (30.0, "starts when the baseline is done, about 0:20 from now"),
        (51.0, "starts next"),
        (60.5, "0 / 20,000"),
    ],
)
def test_a_side_that_awaits_its_turn_says_when_it_starts(at: float, said: str) -> None:
    assert said in draw(board_at(one_side_then_the_other(), at), at, 120, 40)


def test_where_room_is_short_it_says_so_in_fewer_words() -> None:
    assert "starts in about 0:20" in draw(board_at(one_side_then_the_other(), 30.0), 30.0)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30), (120, 40), (200, 60)])
def test_what_comes_is_said_whole_at_every_size(columns: int, rows: int) -> None:
    picture = draw(board_at(one_side_then_the_other(), 30.0), 30.0, columns, rows)
    right = " ".join(line[columns // 2 + 2 : -2].strip() for line in picture.splitlines())

    assert "2 workers armed and idle: the machine is the baseline's." in right
    assert "Then both clocks run from zero, the baseline's as a replay." in right


@pytest.mark.parametrize(
    ("schedule", "at"), [(Schedule.TOGETHER, 30.0), (Schedule.IN_TURN, 8.0), (Schedule.IN_TURN, 61)]
)
def test_only_a_side_that_awaits_its_turn_says_what_comes(schedule: Schedule, at: float) -> None:
    picture = draw(board_at(one_side_then_the_other(), at), at, schedule=schedule)

    assert "armed and idle" not in picture


SIZES = [(80, 24), (100, 30), (120, 40), (200, 60)]


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize(("at", "percent"), [(16.0, 25), (22.0, 50), (33.0, 95), (34.0, 100)])
def test_the_last_take_is_shown_as_it_was_so_long_after_its_own_go(
    at: float, percent: int, columns: int, rows: int
) -> None:
    picture = draw(board_at(one_side_then_the_other(), at), at, columns, rows, last_take=LAST)
    right = [line[columns // 2 + 2 : -2].strip() for line in picture.splitlines()]
    label = next(place for place, line in enumerate(right) if line.startswith("LAST TAKE"))

    assert "took 24.0 s" in right[label]
    assert right[label + 1].endswith(f" {percent} %")
    assert "armed and idle" in " ".join(right)


def test_the_clock_and_the_bar_of_the_side_itself_stay_at_zero() -> None:
    moment = board_at(one_side_then_the_other(), 30.0)
    without, beside = (draw(moment, 30.0, 100, 30, **more) for more in ({}, {"last_take": LAST}))

    changed = [
        one.strip()
        for line, other in zip(without.splitlines(), beside.splitlines(), strict=True)
        for one in [other[50:-2]]
        if line != other
    ]
    assert len(changed) == 2
    assert changed[0].startswith("│  LAST TAKE  took 24.0 s · 2026-11-21 18:00:12Z")


@pytest.mark.parametrize("at", [8.0, 60.5])
def test_the_last_take_is_shown_during_the_baselines_turn_alone(at: float) -> None:
    picture = draw(board_at(one_side_then_the_other(), at), at, 120, 40, last_take=LAST)
    assert "LAST TAKE" not in picture


@pytest.mark.parametrize("workers", [1, 2, 8, 40])
@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_panel_with_the_last_take_is_as_high_as_one_without(
    columns: int, rows: int, workers: int
) -> None:
    moment = board_at(one_side_then_the_other(), 30.0)
    heights = {
        draw(moment, 30.0, columns, rows, workers=workers, **more).count("\n")
        for more in ({}, {"last_take": LAST})
    }
    assert len(heights) == 1
