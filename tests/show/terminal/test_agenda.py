import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from harness.show.terminal.agenda import (
    beat_clock,
    both_clocks,
    both_clocks_short,
    clock_digits,
    draw_beat,
    next_beat,
    slack_left,
    talk_clock,
)
from harness.show.terminal.lines import wrap
from harness.talk.agenda import AgendaPosition, position_at
from harness.text import printable
from tests.goldens import golden_text
from tests.talks import a_course

SENTENCE = (
    "We scale out along one axis, training, and not the model axis: the model fits everywhere, "
    "only time is short."
)
MOMENTS = {"in-time": (70.0, 30.0), "over-its-budget": (110.0, 330.0), "over-time": (110.0, 700.0)}


def stands_at(*steps: float) -> AgendaPosition:
    """Return the longer talk's position after beats of those seconds, the last still going on."""
    course = a_course(*steps[:-1], began=0.0)
    return position_at(course, sum(steps))


def draw(
    stands: AgendaPosition, columns: int = 80, rows: int = 24, sentence: str = SENTENCE
) -> str:
    return draw_beat(stands, sentence, "Enter ends this beat", columns=columns, rows=rows).plain


@pytest.mark.parametrize("size", [(80, 24), (40, 12)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_beat_looks_as_it_did(size: tuple[int, int], moment: str) -> None:
    picture = draw(stands_at(*MOMENTS[moment]), *size)
    assert picture == golden_text(f"beat-{size[0]}x{size[1]}-{moment}", picture)


@given(
    st.integers(1, 200),
    st.integers(1, 70),
    st.text(max_size=600),
    st.lists(st.floats(0, 2_000), min_size=1, max_size=6),
)
def test_a_beat_keeps_to_the_terminal(
    columns: int, rows: int, sentence: str, steps: list[float]
) -> None:
    frame = draw_beat(
        stands_at(*steps), sentence, "Enter ends this beat", columns=columns, rows=rows
    )
    assert len(frame.lines) <= max(1, rows - 1)
    assert {sum(cell_len(part.text) for part in line) for line in frame.lines} <= {columns}


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_an_overrun_is_written_in_words(size: tuple[int, int]) -> None:
    assert "4:36 of 4:30, OVER by 0:06" in draw(stands_at(110.0, 276.0), *size)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_a_talk_over_its_time_says_so_in_words(size: tuple[int, int]) -> None:
    assert "OVER TIME by 1:30" in draw(stands_at(110.0, 700.0), *size)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_a_talk_that_will_not_fit_says_by_how_much(size: tuple[int, int]) -> None:
    assert "NO SLACK: 0:30 too long as it goes" in draw(stands_at(390.0, 10.0), *size)


@pytest.mark.parametrize("size", [(80, 24), (60, 19), (40, 12)])
def test_a_beat_shows_its_sentence_what_is_next_and_what_a_key_does(size: tuple[int, int]) -> None:
    told = " ".join(draw(stands_at(70.0), *size).split())
    assert all(
        text in told
        for text in (
            "We scale out along one axis",
            "beat 1 of 3 · OPENING",
            "next: demo, 4:30",
            "Enter ends this beat",
        )
    )


def test_a_sentence_that_is_too_long_ends_with_an_ellipsis() -> None:
    assert "…" in draw(stands_at(70.0), sentence=SENTENCE * 9)


def test_what_is_left_is_in_big_digits() -> None:
    rows = draw(stands_at(70.0)).splitlines()
    assert all(row.strip(" █") == "" and "█" in row for row in rows[2:10])


@given(st.floats(0, 719.99))
def test_what_is_left_and_what_has_elapsed_add_up_as_they_are_written(elapsed: float) -> None:
    stands = position_at(a_course(began=0.0), elapsed)
    minutes = [text.split(":") for text in (clock_digits(stands), talk_clock(stands).split()[1])]
    assert sum(60 * int(minute) + int(second) for minute, second in minutes) == 720


def test_the_corner_of_a_race_holds_both_clocks() -> None:
    assert both_clocks_short(stands_at(110.0, 62.0)) == "talk 2:52/12:00 · demo 1:02/4:30"


def test_the_corner_of_a_race_shows_an_overrun_in_words() -> None:
    assert both_clocks_short(stands_at(110.0, 282.0)) == "talk 6:32/12:00 · demo OVER by 0:12"


def test_the_longest_prompt_of_a_race_and_the_clocks_fit_into_its_corner() -> None:
    clocks = both_clocks_short(stands_at(599.0, 269.0))
    assert cell_len(f"press Enter to start the baseline  armed · {clocks}") <= 78


def test_both_clocks_in_a_line() -> None:
    assert both_clocks(stands_at(110.0, 62.0)) == "talk 2:52 of 12:00 · demo 1:02 of 4:30"


def test_a_talk_that_is_over_has_no_beat_to_time() -> None:
    stands = stands_at(110.0, 260.0, 85.0, 0.0)
    assert [
        told(stands) for told in (both_clocks_short, both_clocks, beat_clock, next_beat, slack_left)
    ] == [
        "talk 7:35/12:00",
        "talk 7:35 of 12:00",
        "",
        "",
        "",
    ]


@given(st.text(max_size=400), st.integers(2, 60), st.integers(1, 8))
def test_wrapped_text_keeps_to_its_lines(text: str, width: int, most: int) -> None:
    lines = wrap(text, width, most)
    assert len(lines) <= most
    assert all(cell_len(line) <= width for line in lines)


@given(st.text(st.characters(categories=["L", "N"]), max_size=300), st.integers(2, 60))
def test_nothing_is_lost_where_there_are_lines_enough(text: str, width: int) -> None:
    assert "".join(wrap(text, width, 1_000)).replace(" ", "") == printable(text).replace(" ", "")
