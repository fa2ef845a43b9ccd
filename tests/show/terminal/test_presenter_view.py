from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from harness import events as e
from harness.model import Side
from harness.show.terminal.big_digits import LARGE, MEDIUM, draw_digits
from harness.show.terminal.presenter_view import (
    ALARM,
    ALARM_LABEL,
    Scene,
    draw_presenter_view,
    heartbeat,
)
from harness.talk.agenda import fill_in, words_of
from harness.talk.agenda_file import read_agenda
from tests.builders import (
    a_spec,
    an_opening,
    arming_events,
    some_words,
)
from tests.goldens import golden_text
from tests.show.terminal.scenes import PRESS, REHEARSED, SCENES, SIZES, a_run, a_scene, draw, stuck
from workloads.train import WORKLOAD


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("moment", SCENES)
def test_the_presenter_view_looks_as_it_did(size: tuple[int, int], moment: str) -> None:
    picture = draw(SCENES[moment], *size)
    assert picture == golden_text(f"cue-{size[0]}x{size[1]}-{moment}", picture)


@given(
    columns=st.integers(1, 200),
    rows=st.integers(1, 70),
    at=st.floats(0, 300),
    steps=st.lists(st.floats(0, 2_000), min_size=1, max_size=6),
    sentence=st.text(max_size=600),
    note=st.text(max_size=200),
    trouble=st.text(max_size=200),
    alive=st.booleans(),
)
def test_the_presenter_view_keeps_to_the_terminal(
    columns: int,
    rows: int,
    at: float,
    steps: list[float],
    sentence: str,
    note: str,
    trouble: str,
    alive: bool,
) -> None:
    scene = a_scene(
        a_run(at, alive=alive),
        *steps[:-1],
        now=steps[-1],
        sentence=sentence,
        note=note,
        trouble=trouble,
    )
    frame = draw_presenter_view(scene, columns=columns, rows=rows)
    assert len(frame.lines) <= max(1, rows - 1)
    assert {sum(cell_len(part.text) for part in line) for line in frame.lines} <= {columns}


@pytest.mark.parametrize("size", SIZES)
def test_the_presenter_view_shows_time_beats_and_sentence(
    size: tuple[int, int],
) -> None:
    told = " ".join(draw(a_scene(a_run(6.0)), *size).split())
    assert all(
        text in told
        for text in (
            "11:00 left of 12:00",
            "beat 1 of 3 · OPENING",
            "1:00 of 2:00",
            "next: demo, 4:30",
        )
    )
    assert "What binds us: the nightly retrain misses its deploy window." in told or size == (
        40,
        12,
    )


def test_the_longest_sentence_of_the_shipped_talk_is_shown_whole() -> None:
    words = words_of(WORKLOAD.words)
    told = [
        " ".join(draw(a_scene(a_run(6.0), sentence=fill_in(beat, words))).split())
        for beat in read_agenda().beats
    ]
    assert all(
        " ".join(fill_in(beat, words).split()) in seen
        for beat, seen in zip(read_agenda().beats, told, strict=True)
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_key_is_named_at_any_size(size: tuple[int, int]) -> None:
    assert "q leaves" in draw(a_scene(a_run(), 110.0), *size)


def test_hostile_text_cannot_move_the_cursor() -> None:
    opening = an_opening(
        run_id="\x1b[2J", spec=a_spec(workload=some_words(bottleneck="\x1b]0;x\x07"))
    )
    run = a_run(
        9.0,
        [
            opening,
            *arming_events(),
            e.stamp(e.Failed(reason="\x1b[31mred\x07"), 8.0, Side.BASELINE, 0),
        ],
    )
    told = draw(a_scene(run, sentence="\x1b[2Jhello", note="\x1b[2J"))
    assert "\x1b" not in told
    assert "\x07" not in told


@pytest.mark.parametrize("size", SIZES)
def test_a_warning_is_shown_whole_at_any_size(size: tuple[int, int]) -> None:
    told = " ".join(draw(a_scene(stuck(12.0), 110.0), *size).split())
    assert f"STALLED: no progress for 12 s; {PRESS}" in told


REHEARSED_BEATS = replace(REHEARSED, beats=(("opening", 95.0), ("opening", 105.0), ("demo", 250.0)))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_what_a_beat_took_in_rehearsals_is_said(size: tuple[int, int]) -> None:
    told = draw(a_scene(a_run(6.0), history=REHEARSED_BEATS), *size)
    assert "1:00 of 2:00, rehearsed: 1:40" in told
    assert "next: demo, 4:30, rehearsed: 4:10" in told


def alarmed(scene: Scene, columns: int = 120, rows: int = 40) -> str:
    """Return what is red."""
    frame = draw_presenter_view(scene, columns=columns, rows=rows)
    red = (ALARM, ALARM_LABEL)
    return " ".join(part.text for line in frame.lines for part in line if part.style in red)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_only_what_is_late_is_red(size: tuple[int, int]) -> None:
    on_time, late = a_scene(a_run(6.0)), a_scene(a_run(6.0), now=260.0)
    assert alarmed(on_time, *size) == ""
    assert "OVER by 2:20" in alarmed(late, *size)
    assert "OVER TIME" in alarmed(a_scene(a_run(6.0), now=800.0), *size)
    assert "█" in alarmed(a_scene(a_run(6.0), now=800.0), *size)


@pytest.mark.parametrize("size", SIZES)
def test_what_stands_still_is_red(size: tuple[int, int]) -> None:
    assert "STALLED" in alarmed(a_scene(stuck(12.0), 110.0), *size)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40)])
def test_the_time_left_is_as_large_as_the_terminal_allows(size: tuple[int, int]) -> None:
    face = MEDIUM if size == (80, 24) else LARGE
    drawn = draw(a_scene(a_run(6.0)), *size)
    assert all(row.rstrip() in drawn for row in draw_digits("11:00", face, 80))


TROUBLE = "no estimates from rehearsals: line 3 of it is no rehearsal"


@pytest.mark.parametrize("size", [(80, 24), (60, 12)])
def test_what_could_not_be_read_is_shown_at_any_size(size: tuple[int, int]) -> None:
    assert TROUBLE in draw(a_scene(a_run(6.0), trouble=TROUBLE), *size)


def test_what_goes_wrong_with_the_run_comes_before_what_could_not_be_read() -> None:
    told = draw(a_scene(stuck(12.0), 110.0, trouble=TROUBLE))
    assert ("STALLED: no progress for 12 s" in told, TROUBLE in told) == (True, False)


def test_a_heartbeat_shows_where_talk_and_run_stand() -> None:
    assert heartbeat(a_scene(a_run(60.0), 110.0)).startswith(
        "talk 2:50 of 12:00; baseline     00:40.0  done; distributed  00:10.0"
    )


def test_a_heartbeat_without_a_run_shows_what_is_waited_for() -> None:
    assert heartbeat(SCENES["waiting"]) == "waiting for a session in recordings"
