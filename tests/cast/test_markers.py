from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cast.format import Cast, Event
from harness.cast.markers import (
    DISTRIBUTED_DONE,
    HEADLINE,
    extract_markers,
    gap_moment,
    marker_sequence,
)
from tests.casts import race_cast

LABELS = st.text("abcdefghijklmnopqrstuvwxyz 0123456789", min_size=1, max_size=40)
PLAIN = st.text(st.characters(exclude_characters="\x1b", exclude_categories=["Cs"]), max_size=20)


def a_cast(*events: tuple[float, str]) -> Cast:
    return Cast(columns=80, rows=24, events=tuple(Event(at, "o", text) for at, text in events))


def output(cast: Cast) -> str:
    return "".join(event.text for event in cast.events if event.code == "o")


def test_a_mark_becomes_a_marker_at_its_moment() -> None:
    cast = extract_markers(a_cast((1.0, "before"), (2.0, f"now{marker_sequence('go', 0.25)}")))
    assert cast.markers == (Event(1.75, "m", "go"),)
    assert cast.marker_at("go") == 1.75


def test_a_mark_leaves_nothing_in_the_output() -> None:
    assert output(extract_markers(a_cast((1.0, f"be{marker_sequence('go', 0.0)}fore")))) == "before"


def test_markers_stand_among_the_events_in_time() -> None:
    cast = extract_markers(
        a_cast((1.0, "a"), (2.0, f"b{marker_sequence('go', 0.5)}{marker_sequence('armed', 0.75)}"))
    )
    assert [event.text for event in cast.events] == ["a", "armed", "go", "b"]


@given(LABELS, st.integers(0, 60), PLAIN, PLAIN)
def test_a_mark_that_comes_in_pieces_is_put_together(
    label: str, split: int, before: str, after: str
) -> None:
    whole = f"{before}{marker_sequence(label, 0.0)}{after}"
    cast = extract_markers(a_cast((1.0, whole[:split]), (1.1, whole[split:])))
    assert output(cast) == before + after
    assert [marker.text for marker in cast.markers] == [label]


@given(st.lists(st.text(max_size=12), max_size=6))
def test_output_without_marks_stays_as_it_is(pieces: list[str]) -> None:
    cast = a_cast(*((float(at), text) for at, text in enumerate(pieces)))
    assert output(extract_markers(cast)) == "".join(pieces)
    assert extract_markers(cast).markers == ()


@pytest.mark.parametrize("label", ["", "Go", "go;2", "a" * 41, "go\x1b"])
def test_a_label_is_of_small_letters_digits_and_spaces(label: str) -> None:
    with pytest.raises(ValueError, match="cannot be a label"):
        marker_sequence(label, 0.0)


def test_times_that_run_backwards_are_left_for_others_to_judge() -> None:
    events = (Event(2.0, "o", "late"), Event(1.0, "o", "early"))
    assert extract_markers(Cast(columns=80, rows=24, events=events)).events == events


def test_the_gap_is_shown_just_after_the_distributed_side_is_done() -> None:
    cast = race_cast()
    done, headline = cast.marker_at(DISTRIBUTED_DONE), cast.marker_at(HEADLINE)
    assert done is not None
    assert headline is not None

    assert done < gap_moment(cast) < done + 1 < headline


def test_a_recording_without_moments_is_shown_at_its_end() -> None:
    cast = replace(race_cast(), events=race_cast().events[:1])

    assert gap_moment(cast) == cast.duration_s
