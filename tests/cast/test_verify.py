from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cast.end_card import end_card
from harness.cast.format import OUTPUT, Cast, Event
from harness.cast.markers import HEADLINE
from harness.cast.verify import Inspection, verify
from harness.model import Kind, Results, Side
from harness.report import Report
from tests.builders import some_prices
from tests.casts import race_cast, race_results

BEATS, BEAT_S = 9, 0.5
COLUMNS = 100
Edit = Callable[[Cast], Cast]


@cache
def a_true_cast() -> Cast:
    """Return a race's recording whose headline is held above an end card that keeps time."""
    cast, results = race_cast(), race_results()
    end = cast.marker_at(HEADLINE) or 0.0
    panels = [event for event in cast.events if event.at <= end and not event.text.startswith(" ")]
    walls = {trial.side: trial.wall_s for trial in results.trials}
    told = "".join(f"{line}\r\n" for line in Report.of(results).final_lines(COLUMNS))
    held = []
    for beat in range(BEATS):
        utc = datetime.fromtimestamp((cast.began or 0.0) + end + beat * BEAT_S, UTC)
        stopped, going = end_card(
            badge="REC",
            run_id=results.run_id,
            clocks=(walls[Side.BASELINE], walls[Side.DISTRIBUTED]),
            utc=utc,
            columns=cast.columns,
        )
        held.append(
            Event(
                end + beat * BEAT_S,
                OUTPUT,
                f"\r{going}" if beat else f"{told}\r\n{stopped}\r\n{going}",
            )
        )
    return replace(cast, events=(*panels, *held))


def inspect(
    edit: Edit = lambda cast: cast,
    results: Results | None = None,
    size: tuple[int, int] | None = None,
) -> Inspection:
    told = Report.of(results).final_lines(COLUMNS) if results else true_lines()
    return verify(edit(a_true_cast()), results or race_results(), told, size)


@cache
def true_lines() -> list[str]:
    """Return the lines that the recording ends with."""
    return Report.of(race_results()).final_lines(COLUMNS)


def keys(
    edit: Edit = lambda cast: cast,
    results: Results | None = None,
    size: tuple[int, int] | None = None,
) -> set[str]:
    return {reason.key for reason in inspect(edit, results, size).reasons}


def speed_up(factor: float) -> Edit:
    """Return an edit that plays it ``factor`` times as fast."""
    return lambda cast: replace(
        cast, events=tuple(event._replace(at=event.at / factor) for event in cast.events)
    )


def cut(start: float, seconds: float) -> Edit:
    """Return an edit that cuts a stretch out and closes the gap."""

    def edit(cast: Cast) -> Cast:
        kept = (event for event in cast.events if not start <= event.at < start + seconds)
        return replace(
            cast,
            events=tuple(
                event._replace(at=event.at - seconds if event.at >= start else event.at)
                for event in kept
            ),
        )

    return edit


def unseen(cast: Cast) -> Cast:
    """Remove what was drawn in a stretch, before a frame that is drawn whole, but not its time."""
    return replace(
        cast, events=tuple(e for e in cast.events if e.code != OUTPUT or not 3.3 < e.at < 5.1)
    )


def start_later(seconds: float) -> Edit:
    """Return an edit after which the program takes that much longer to draw anything."""
    return lambda cast: replace(
        cast,
        events=tuple(event._replace(at=event.at + seconds) for event in cast.events),
        began=(cast.began or 0.0) - seconds,
    )


def reword(old: str, new: str) -> Edit:
    return lambda cast: replace(
        cast,
        events=tuple(event._replace(text=event.text.replace(old, new)) for event in cast.events),
    )


def test_a_true_recording_is_verified() -> None:
    found = inspect(size=(100, 30))
    assert found.reasons == ()
    assert found.drift_s <= 0.1


@settings(max_examples=12)
@given(st.one_of(st.floats(0.4, 0.9), st.floats(1.1, 3.0)))
def test_a_recording_at_another_speed_is_refused(factor: float) -> None:
    assert "drift" in keys(speed_up(factor))


@settings(max_examples=12)
@given(st.floats(1.0, 12.0), st.floats(0.9, 3.0))
def test_a_recording_with_a_stretch_cut_out_is_refused(start: float, seconds: float) -> None:
    assert keys(cut(start, seconds)) & {"drift", "markers", "end"}


def test_a_recording_with_an_idle_limit_is_refused() -> None:
    assert keys(lambda cast: replace(cast, idle_time_limit=2.0)) == {"idle-limit"}


@settings(max_examples=8)
@given(st.floats(0.1, 0.8))
def test_a_recording_that_ends_too_soon_is_refused(share: float) -> None:
    ends = a_true_cast().duration_s * share
    assert "end" in keys(
        lambda cast: replace(cast, events=tuple(event for event in cast.events if event.at < ends))
    )


def test_a_recording_of_nothing_is_refused() -> None:
    assert {"labels", "end", "markers"} <= keys(lambda cast: replace(cast, events=()))


def test_a_recording_of_another_run_is_refused() -> None:
    assert "run" in keys(results=replace(race_results(), run_id="other1"))


def test_a_recording_of_other_times_is_refused() -> None:
    assert "clock" in keys(results=race_results(7.0, 3.5))


def test_a_headline_of_other_numbers_is_refused() -> None:
    facts = race_results()
    dearer = replace(facts.spec, prices=some_prices(baseline_per_hour=99.0, worker_per_hour=99.0))
    assert keys(results=replace(facts, spec=dearer)) == {"headline"}


def test_a_recording_in_which_nothing_is_drawn_for_long_is_refused() -> None:
    assert keys(unseen) == {"gap"}


def test_a_program_may_take_a_while_to_start_on_a_busy_machine() -> None:
    started_late = inspect(start_later(8.0))
    assert started_late.reasons == ()
    assert started_late.longest_gap_s == inspect().longest_gap_s


def test_a_recording_that_is_blank_for_long_at_first_is_refused() -> None:
    (reason,) = inspect(start_later(12.0)).reasons
    assert reason.sentence == "it is blank for its first 12.2 s, more than 10.0 s"


def test_a_recording_whose_times_run_backwards_is_refused() -> None:
    def swapped(cast: Cast) -> Cast:
        events = list(cast.events)
        events[10], events[11] = events[11], events[10]
        return replace(cast, events=tuple(events))

    assert "order" in keys(swapped)


def test_a_recording_of_another_size_than_asked_for_is_refused() -> None:
    assert keys(size=(80, 24)) == {"size"}


def test_a_recording_whose_terminal_changes_its_size_is_refused() -> None:
    assert keys(lambda cast: replace(cast, events=(Event(0.0, "r", "80x24"), *cast.events))) == {
        "size"
    }


def test_a_recording_whose_terminal_keeps_its_size_is_verified() -> None:
    assert (
        keys(lambda cast: replace(cast, events=(Event(0.0, "r", "100x30"), *cast.events))) == set()
    )


@pytest.mark.parametrize("old", [" REC ", "run "])
def test_a_frame_that_lacks_a_label_is_refused(old: str) -> None:
    assert "labels" in keys(reword(old, ""))


def test_a_headline_that_is_not_held_is_refused() -> None:
    end = a_true_cast().duration_s
    assert keys(
        lambda cast: replace(
            cast, events=tuple(event for event in cast.events if event.at < end - 2)
        )
    ) == {"held"}


LABELS = ("armed", "go", "baseline done", "distributed go", "distributed done", "headline")


def edit_marker(label: str, by: float = 0.0, copies: int = 1) -> Edit:
    """Return an edit that moves a marker by some seconds, or repeats it."""

    def edit(cast: Cast) -> Cast:
        moved = [
            e._replace(at=e.at + by) if e.code == "m" and e.text == label else e
            for e in cast.events
        ]
        copied = [
            e for e in moved for _ in range(copies if e.code == "m" and e.text == label else 1)
        ]
        return replace(cast, events=tuple(sorted(copied, key=lambda event: event.at)))

    return edit


@pytest.mark.parametrize("label", LABELS)
def test_a_recording_without_one_of_its_markers_is_refused(label: str) -> None:
    assert keys(edit_marker(label, copies=0)) == {"markers"}


@pytest.mark.parametrize("label", LABELS)
def test_a_repeated_marker_is_refused(label: str) -> None:
    assert keys(edit_marker(label, copies=2)) == {"markers"}


@pytest.mark.parametrize("by", [-0.5, 0.5])
@pytest.mark.parametrize("label", LABELS)
def test_a_marker_at_another_moment_is_refused(label: str, by: float) -> None:
    assert keys(edit_marker(label, by)) == {"markers"}


def test_markers_that_are_moved_together_are_refused() -> None:
    assert keys(lambda cast: edit_marker("baseline done", 2.0)(edit_marker("go", 2.0)(cast))) == {
        "markers"
    }


def test_moving_the_headlines_marker_does_not_make_it_held_longer() -> None:
    end = a_true_cast().marker_at(HEADLINE) or 0.0
    short = edit_marker(HEADLINE, -4.0)(a_true_cast())
    assert "held" in keys(
        lambda _: replace(
            short, events=tuple(event for event in short.events if event.at < end + 1.5)
        )
    )


@pytest.mark.parametrize("seconds", [-86_400.0, -5.0, 5.0, 31_536_000.0])
def test_a_recording_of_another_date_than_its_screen_shows_is_refused(seconds: float) -> None:
    assert keys(lambda cast: replace(cast, began=(cast.began or 0.0) + seconds)) == {"date"}


def test_a_recording_without_a_date_is_refused() -> None:
    assert keys(lambda cast: replace(cast, began=None)) == {"date"}


def test_a_screen_that_goes_blank_is_refused() -> None:
    def blanked(cast: Cast) -> Cast:
        return replace(
            cast,
            events=tuple(
                e._replace(text="\x1b[2J") if e.code == OUTPUT and 8.0 < e.at < 10.0 else e
                for e in cast.events
            ),
        )

    assert "labels" in keys(blanked)


WORDINGS = {
    "but: ": "     ",
    "limit: ": "       ",
    "E 86 %": "E 96 %",
    "held": "HELD",
    "equal to the last bit": "near enough",
    "with it 0.882": "with it 8.820",
    "1.7 times": "3.7 times",
}


@pytest.mark.parametrize("old", WORDINGS)
def test_a_headline_of_other_words_is_refused(old: str) -> None:
    end = a_true_cast().marker_at(HEADLINE) or 0.0
    edited = [
        e._replace(text=e.text.replace(old, WORDINGS[old])) if e.at >= end else e
        for e in a_true_cast().events
    ]
    assert tuple(edited) != a_true_cast().events
    assert keys(lambda cast: replace(cast, events=tuple(edited))) == {"headline"}


def test_a_simulated_recording_must_say_so_in_every_frame() -> None:
    simulated = replace(race_results(), kind=Kind.SIMULATED)
    assert "labels" in keys(results=simulated)


def test_every_reason_is_a_sentence_with_its_numbers() -> None:
    (reason,) = inspect(unseen).reasons
    assert reason.sentence == "nothing is drawn for 2.00 s, more than 1.50 s"
