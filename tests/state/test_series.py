from hypothesis import given
from hypothesis import strategies as st

from harness.state.series import Series, extend

LIMIT = 6
SAMPLES = st.lists(st.floats(allow_nan=False), max_size=40)


def series_of(values: list[float]) -> Series:
    series = Series()
    for second, value in enumerate(values):
        series = extend(series, float(second), value, LIMIT)
    return series


@given(SAMPLES)
def test_equal_series_have_equal_hashes(values: list[float]) -> None:
    assert hash(series_of(values)) == hash(series_of(values))


@given(SAMPLES, st.floats(allow_nan=False))
def test_a_longer_series_is_another_one_in_a_cache(values: list[float], more: float) -> None:
    assert len({series_of(values), series_of([*values, more])}) == 2
