from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cast.film import gif, mp4
from harness.cast.film.frames import LONGEST_S, display_times
from harness.cast.format import Cast
from harness.errors import BadRequest
from tests.cast.film.films import MOMENTS, a_cast, cast_at


@given(MOMENTS)
def test_a_gif_lasts_as_long_as_the_recording(moments: list[float]) -> None:
    cast = cast_at(moments)
    parts = display_times(cast, 100, 2)

    assert sum(parts) / 100 == pytest.approx(max(0.02, cast.duration_s), abs=0.0051)
    assert all(part == 0 or part >= 2 for part in parts)
    assert parts[-1] >= 2 or not moments


@given(st.lists(st.floats(0.05, 3.0), min_size=1, max_size=30))
def test_a_drawing_is_shown_at_its_moment(apart: list[float]) -> None:
    moments = list(accumulate(apart))
    parts = display_times(cast_at(moments), 100, 2)

    begins = [sum(parts[:place]) / 100 for place in range(1, len(parts))]
    assert begins[:-1] == pytest.approx(moments[:-1], abs=0.0051)


@given(MOMENTS)
def test_a_video_has_a_frame_for_each_tenth_of_the_recording(moments: list[float]) -> None:
    parts = display_times(cast_at(moments), 10, 1)

    assert sum(parts) / 10 == pytest.approx(cast_at(moments).duration_s, abs=0.1)
    assert parts[-1] >= 1 or not moments


@pytest.mark.parametrize(
    ("cast", "words"),
    [
        (a_cast("a", columns=1000, rows=500), "1,000×500"),
        (a_cast("a", every=LONGEST_S + 1), "too long"),
    ],
    ids=["large", "long"],
)
def test_a_recording_too_large_or_too_long_for_a_film_is_refused(
    cast: Cast, words: str, tmp_path: Path
) -> None:
    with pytest.raises(BadRequest, match=words):
        gif(cast)
    with pytest.raises(BadRequest, match=words):
        mp4(cast, tmp_path / "run.mp4")

    assert list(tmp_path.iterdir()) == []
