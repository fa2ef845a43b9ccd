import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.show.terminal.history import draw_history
from harness.state.series import Series


def history(*points: tuple[float, float], until: float = 10.0, rows: int = 1) -> tuple[str, ...]:
    """Return the history of ten seconds in ten columns."""
    return draw_history(Series(points), until=until, span_s=10.0, full=1.0, width=10, rows=rows)


def every_second(*values: float) -> list[tuple[float, float]]:
    return [(1.0 + second, value) for second, value in enumerate(values)]


def test_many_values_rise_from_left_to_right_in_eighths() -> None:
    rising = every_second(*[second / 10 for second in range(1, 11)])

    assert history(*rising) == ("▁▁▂▂▃▄▄▅▅▆",)


def test_a_history_of_several_rows_is_filled_from_the_lowest() -> None:
    assert history(*every_second(0.25, 0.5, 0.75, 1.0), until=4.0, rows=2) == (
        "  ▂▆      ",
        "▄▇██      ",
    )


def test_what_has_not_happened_yet_is_blank() -> None:
    assert history(*every_second(*[1.0] * 10), until=5.0) == ("▆▆▆▆▆     ",)


def test_nothing_measured_is_not_the_same_as_no_measurement() -> None:
    assert history((6.0, 0.0), (7.0, 0.0), until=8.0) == ("    ▁▁▁▁  ",)


def test_a_value_does_not_hold_for_ever() -> None:
    lost = [*every_second(1.0, 1.0, 1.0, 1.0), (9.0, 1.0), (10.0, 1.0)]

    assert draw_history(
        Series(tuple(lost)), until=10.0, span_s=10.0, full=1.0, width=10, rows=1
    ) == ("▆▆▆▆▆▆ ▆▆▆",)


def test_only_the_last_seconds_are_shown() -> None:
    values = every_second(*[0.5] * 20, *[1.0] * 5)

    assert history(*values, until=25.0) == ("▃▃▃▃▃▆▆▆▆▆",)


@pytest.mark.parametrize("full", [2, 4])
def test_all_cores_of_a_worker_fill_its_history(full: int) -> None:
    drawn = draw_history(
        Series(((0.5, float(full)),)), until=1.0, span_s=1.0, full=full, width=1, rows=1
    )

    assert drawn == ("▆",)


@given(
    st.lists(st.tuples(st.floats(0.0, 9.0), st.floats(0.0, 1.0)), max_size=20).map(sorted),
    st.floats(0.0, 10.0),
    st.floats(0.0, 10.0),
)
def test_a_column_that_is_over_stays_as_it_is_until_another_sample_comes(
    points: list[tuple[float, float]], one: float, other: float
) -> None:
    until, later = sorted((one, other))
    over = int(until)

    assert history(*points, until=until)[0][:over] == history(*points, until=later)[0][:over]


@given(st.lists(st.floats(0.0, 1.0), max_size=8))
def test_another_sample_changes_the_columns_that_it_speaks_for(values: list[float]) -> None:
    *before, now = every_second(*values, 0.0, 1.0)
    until = now[0]

    shown, without = history(*before, now, until=until), history(*before, until=until)

    assert shown[0][int(until) - 1] != without[0][int(until) - 1]


@given(
    st.lists(st.tuples(st.floats(), st.floats()), max_size=8),
    st.floats(min_value=-1e9, max_value=1e9),
    st.integers(min_value=-1, max_value=20),
    st.integers(min_value=-1, max_value=5),
)
def test_any_series_fills_the_room_that_it_is_given(
    points: list[tuple[float, float]], until: float, width: int, rows: int
) -> None:
    drawn = draw_history(
        Series(tuple(points)), until=until, span_s=60.0, full=1.0, width=width, rows=rows
    )

    assert [len(row) for row in drawn] == [max(0, width)] * max(0, rows)
