from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cast.film import gif, mp4
from harness.cast.film.frames import LONGEST_S, Window, display_times, race_alone, whole
from harness.cast.format import MARKER, OUTPUT, Cast, Event
from harness.errors import BadRequest
from tests.cast.film.films import MOMENTS, a_cast, cast_at


@given(MOMENTS)
def test_a_gif_lasts_as_long_as_the_recording(moments: list[float]) -> None:
    cast = cast_at(moments)
    parts = display_times(cast, 100, 2, whole(cast))

    assert sum(parts) / 100 == pytest.approx(max(0.02, cast.duration_s), abs=0.0051)
    assert all(part == 0 or part >= 2 for part in parts)
    assert parts[-1] >= 2 or not moments


@given(st.lists(st.floats(0.05, 3.0), min_size=1, max_size=30))
def test_a_drawing_is_shown_at_its_moment(apart: list[float]) -> None:
    moments = list(accumulate(apart))
    cast = cast_at(moments)
    parts = display_times(cast, 100, 2, whole(cast))

    begins = [sum(parts[:place]) / 100 for place in range(1, len(parts))]
    assert begins[:-1] == pytest.approx(moments[:-1], abs=0.0051)


@given(MOMENTS)
def test_a_video_has_a_frame_for_each_tenth_of_the_recording(moments: list[float]) -> None:
    cast = cast_at(moments)
    parts = display_times(cast, 10, 1, whole(cast))

    assert sum(parts) / 10 == pytest.approx(cast.duration_s, abs=0.1)
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


def marked(*moments: tuple[float, str]) -> Cast:
    """Return a recording of twenty seconds with markers at these moments."""
    markers = [Event(at, MARKER, label) for at, label in moments]
    return a_cast(events=(Event(0.0, OUTPUT, "a"), *markers, Event(20.0, OUTPUT, "b")))


@pytest.mark.parametrize(
    ("cast", "parts"),
    [
        (marked((5.0, "go"), (18.0, "headline")), [(4.0, 20.0)]),
        (marked((5.0, "go"), (9.0, "proof"), (18.0, "headline")), [(4.0, 9.0), (18.0, 20.0)]),
        (marked((0.5, "go")), [(0.0, 20.0)]),
        (marked(), [(0.0, 20.0)]),
        (marked((5.0, "go"), (9.0, "proof")), [(4.0, 20.0)]),
        (marked((5.0, "go"), (8.0, "headline"), (9.0, "proof")), [(4.0, 20.0)]),
        (marked((2.0, "proof"), (4.0, "headline"), (9.0, "go")), [(8.0, 20.0)]),
        (marked((500.0, "go"), (700.0, "proof"), (900.0, "headline")), [(19.0, 20.0)]),
    ],
)
def test_the_race_alone_is_without_arming_and_proof_wherever_they_are_labelled_in_order(
    cast: Cast, parts: list[Window]
) -> None:
    assert list(race_alone(cast)) == parts


@given(
    MOMENTS,
    st.lists(st.tuples(st.floats(0, 30), st.sampled_from(["go", "proof", "headline"])), max_size=6),
)
def test_the_parts_are_shown_as_long_as_they_last(
    moments: list[float], markers: list[tuple[float, str]]
) -> None:
    drawn = [Event(at, OUTPUT, "x") for at in moments]
    marks = [Event(at, MARKER, label) for at, label in markers]
    cast = a_cast(events=tuple(sorted([*drawn, *marks])))
    parts = race_alone(cast)
    lasts_s = sum(end - begin for begin, end in parts)

    assert all(begin <= end for begin, end in parts)
    times = display_times(cast, 100, 2, parts)
    assert sum(times) / 100 == pytest.approx(max(0.02, lasts_s), abs=0.0051)


def test_what_is_left_out_is_drawn_for_no_time_but_what_follows_stands_on_it() -> None:
    cast = a_cast(*"abcdef")
    assert display_times(cast, 10, 1, ((1.5, 3.0), (5.0, 6.0))) == (0, 0, 5, 10, 0, 0, 9, 1)
