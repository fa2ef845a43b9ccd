from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from harness.model import Side, Spec
from harness.show.terminal.lines import Frame
from harness.show.terminal.sweep_strip import MOST_ROWS, draw_strip, strip_rows
from harness.state.board import Board
from harness.state.side import SideState
from harness.state.worker import WorkerState
from tests.builders import a_board, a_process, a_spec, sweep_events

POINTS = (1, 2, 4)
TWELVE = tuple(range(1, 13))


def a_sweep(points: tuple[int, ...] = POINTS, rounds: int = 1, **changes: Any) -> Spec:
    return a_spec(**({"workers": points[-1], "points": points, "trials": rounds} | changes))


def draw(board: Board, spec: Spec, columns: int = 60) -> list[str]:
    return Frame(draw_strip(board, spec, columns)).plain.splitlines()


def a_trial(scale: int, wall_s: float, trial: int = 0) -> SideState:
    """Return a scored trial: of the baseline, or of the distributed side on ``scale`` workers."""
    side = Side.DISTRIBUTED if scale else Side.BASELINE
    workers = tuple(WorkerState(process=a_process(f"w{place}")) for place in range(scale))
    return SideState(
        side=side, trial=trial, wall_s=wall_s, workers=workers, started_at=1.0, order=scale
    )


def scored(*trials: tuple[int, float]) -> Board:
    """Return the board of a sweep with these trials, each a p (0: the baseline) and its seconds."""
    lanes = tuple(a_trial(scale, wall_s) for scale, wall_s in trials)
    last = {lane.side: lane for lane in lanes}
    board = Board(trials=lanes)
    return replace(board, **{str(side): lane for side, lane in last.items()})


def at(moment: float, points: tuple[int, ...] = POINTS, rounds: int = 1) -> Board:
    return a_board([event for event in sweep_events(points, rounds) if event.at <= moment])


def test_a_race_has_no_strip() -> None:
    assert (strip_rows(a_spec()), draw_strip(Board(), a_spec(), 80)) == (0, ())


@pytest.mark.parametrize(
    ("points", "height"), [((4,), 2), (POINTS, 4), ((1, 2, 4, 8), 5), (TWELVE, MOST_ROWS)]
)
def test_a_strip_has_a_title_and_a_row_per_scale_up_to_four(
    points: tuple[int, ...], height: int
) -> None:
    assert strip_rows(a_sweep(points)) == len(draw(at(40.0, points), a_sweep(points))) == height


def test_a_bar_is_as_long_as_the_speedup_and_its_mark_stands_at_the_ideal() -> None:
    assert draw(scored((0, 20.0), (1, 25.0), (2, 10.0), (4, 10.0)), a_sweep(), 58)[1:] == [
        "  p 1    0.800× ████████──┃",
        "  p 2     2.00× ████████████████████┃",
        "  p 4     2.00× ████████████████████────────────────────┃",
    ]


def test_a_bar_that_surpasses_its_ideal_passes_the_mark() -> None:
    board = scored((0, 40.0), (1, 40.0), (2, 10.0))

    assert draw(board, a_sweep((1, 2)), 58)[1:] == [
        "  p 1     1.00× ██████████┃",
        "  p 2     4.00× ████████████████████┃███████████████████",
    ]


def test_a_time_without_a_baseline_is_a_time_and_no_bar() -> None:
    assert draw(scored((4, 12.5)), a_sweep(), 58)[3] == f"> p 4    12.5 s {' ' * 40}┃"


def test_the_point_that_is_measured_is_marked_and_the_others_wait() -> None:
    assert [line[:15] for line in draw(at(40.0), a_sweep())[1:]] == [
        "> p 1 measuring",
        "  p 2         —",
        "  p 4         —",
    ]


def test_a_known_speedup_stays_while_its_point_is_measured_again() -> None:
    assert [line[:15] for line in draw(at(78.0, rounds=2), a_sweep(rounds=2))[1:]] == [
        "  p 1    0.962×",
        "  p 2     1.75×",
        "> p 4     2.96×",
    ]


@pytest.mark.parametrize(
    ("moment", "title"),
    [
        (3.0, "3 points to measure, p = 1 to 4 · 2 rounds"),
        (15.0, "baseline · round 1 of 2"),
        (40.0, "point 1 of 3 · p = 1 · round 1 of 2"),
        (56.0, "point 2 of 3 · p = 2 · round 1 of 2"),
        (65.0, "point 2 of 3 · p = 2 · round 1 of 2"),
        (78.0, "point 3 of 3 · p = 4 · round 2 of 2"),
        (130.0, "baseline · round 2 of 2"),
        (500.0, "all points measured"),
    ],
)
def test_the_title_names_what_is_being_measured(moment: float, title: str) -> None:
    assert draw(at(moment, rounds=2), a_sweep(rounds=2), 80)[0].startswith(f" {title}  ")


@pytest.mark.parametrize(
    ("rounds", "columns", "legend"),
    [(1, 80, "speedup so far · ┃ ideal, S = p"), (2, 60, "┃ ideal, S = p"), (1, 50, "┃ ideal")],
)
def test_the_legend_is_as_long_as_there_is_room(rounds: int, columns: int, legend: str) -> None:
    assert draw(at(40.0), a_sweep(rounds=rounds), columns)[0].endswith(f"  {legend}")


def test_the_median_of_several_rounds_is_written() -> None:
    assert draw(at(40.0), a_sweep(rounds=2), 80)[0].endswith(
        "median speedup so far · ┃ ideal, S = p"
    )


@pytest.mark.parametrize(
    ("scale", "shown"), [(1, (1, 2, 3, 4)), (6, (4, 5, 6, 7)), (12, (9, 10, 11, 12))]
)
def test_of_many_scales_the_nearest_to_the_present_one_are_shown(
    scale: int, shown: tuple[int, ...]
) -> None:
    lines = draw(scored((0, 12.0), (scale, 3.0)), a_sweep(TWELVE))[1:]

    assert tuple(int(line[4:6]) for line in lines) == shown


def test_once_all_is_measured_the_scales_nearest_to_the_headline_are_shown() -> None:
    board = scored((0, 12.0), *((scale, 3.0) for scale in TWELVE[::-1]))
    lines = draw(board, a_sweep(TWELVE))[1:]

    assert tuple(int(line[4:6]) for line in lines) == (9, 10, 11, 12)


def test_a_scale_beyond_the_cores_is_marked_and_the_mark_explained() -> None:
    lines = draw(Board(), a_sweep(workers=2, oversubscribe=True), 80)

    assert [line[:6].rstrip() for line in lines[1:]] == ["  p 1", "  p 2", "  p 4*"]
    assert lines[0].endswith("┃ ideal, S = p · * oversubscribed")


def test_no_scale_is_marked_where_all_fit() -> None:
    assert "*" not in "".join(draw(Board(), a_sweep(oversubscribe=True), 80))


def test_a_value_beyond_all_measure_is_cut_and_leaves_room_for_its_bar() -> None:
    line = draw(scored((0, 1e12), (2, 1.0)), a_sweep((1, 2)))[2]

    assert line.startswith("> p 2 1,000,000,0… ┃█")


A_TIME = st.floats(min_value=1e-300, max_value=1e12)
SOME_POINTS = st.sets(st.integers(min_value=1, max_value=10_000), min_size=1, max_size=14).map(
    lambda some: tuple(sorted(some))
)
TRIALS = st.lists(st.tuples(st.integers(min_value=0, max_value=3), A_TIME), max_size=9)


@given(SOME_POINTS, TRIALS, st.booleans(), st.integers(min_value=80, max_value=200))
def test_whatever_was_measured_the_strip_has_its_rows_and_fits(
    points: tuple[int, ...], trials: list[tuple[int, float]], oversubscribe: bool, columns: int
) -> None:
    spec = a_sweep((*points, 20_000), rounds=100, oversubscribe=oversubscribe, workers=points[0])
    lines = draw_strip(scored(*trials), spec, columns)

    assert len(lines) == strip_rows(spec) <= MOST_ROWS
    assert max(sum(cell_len(part.text) for part in line) for line in lines) <= columns
