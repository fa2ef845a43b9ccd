"""The agenda: its file, how far a talk has come with it, and how it looks."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from harness import text as words
from harness.errors import BadRequest
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
from harness.talk.agenda import (
    Agenda,
    AgendaPosition,
    Beat,
    TalkProgress,
    begin_talk,
    end_beat,
    fill_in,
    position_at,
    skip_to,
)
from harness.talk.agenda_file import DEFAULT_AGENDA, read_agenda
from tests.builders import some_words
from tests.goldens import kept
from tests.talks import a_course

OWN = """
length = "0:20"
slack = "0:02"

[[beats]]
name = "opening"
budget = "0:05"
say = "It is too slow: {bottleneck}."

[[beats]]
name = "demo"
budget = "0:10"
say = "Watch {metric}."
"""

TALK = Agenda(
    100.0,
    (
        Beat("opening", 20.0, "{bottleneck}"),
        Beat("demo", 40.0, "{metric}"),
        Beat("close", 30.0, "done"),
    ),
)
TALKS = st.builds(
    lambda budgets, slack: Agenda(
        sum(budgets) + slack,
        tuple(Beat(f"beat {place}", budget, "-") for place, budget in enumerate(budgets)),
    ),
    st.lists(st.floats(1, 1e4), min_size=1, max_size=8),
    st.floats(0, 1e3),
)
STEPS = st.lists(st.floats(0, 1e4), max_size=10)


def written(text: str, folder: Path) -> Path:
    """Return a file that holds the text."""
    path = folder / "talk.toml"
    path.write_text(text, encoding="utf-8")
    return path


def gone(talk: Agenda, steps: Sequence[float], began: float = 1000.0) -> tuple[TalkProgress, float]:
    """Return the progress of a talk whose beats took those seconds, and its last moment."""
    course, at = begin_talk(TalkProgress(talk), began), began
    for step in steps:
        at += step
        course = end_beat(course, at)
    return course, at


# The file.


def test_the_shipped_talk_has_the_six_beats_of_the_arc() -> None:
    assert [beat.name for beat in read_agenda().beats] == [
        "bottleneck",
        "axis",
        "design",
        "headline",
        "demo",
        "limitation",
    ]


def test_the_shipped_talk_takes_twelve_minutes_with_one_of_slack() -> None:
    talk = read_agenda()
    assert (talk.length, talk.slack) == (720.0, 60.0)


def test_every_sentence_of_the_shipped_talk_is_filled_from_the_workload() -> None:
    sentences = " ".join(fill_in(beat, some_words()) for beat in read_agenda().beats)
    assert "{" not in sentences
    assert all(
        word in sentences
        for word in (
            "misses its deploy window",
            "accuracy",
            "gradient exchange",
            "sharding it buys nothing",
        )
    )


def test_ones_own_talk_is_read(tmp_path: Path) -> None:
    talk = read_agenda(written(OWN, tmp_path))
    assert talk == Agenda(
        20.0,
        (
            Beat("opening", 5.0, "It is too slow: {bottleneck}."),
            Beat("demo", 10.0, "Watch {metric}."),
        ),
    )


def test_what_the_beats_leave_over_beyond_the_slack_is_slack_too(tmp_path: Path) -> None:
    assert read_agenda(written(OWN, tmp_path)).slack == 5.0


def test_beats_that_just_fit_are_accepted(tmp_path: Path) -> None:
    assert read_agenda(written(OWN.replace("0:02", "0:05"), tmp_path)).slack == 5.0


BAD = {
    "no TOML": ("length = ", "is not TOML"),
    "an unknown name": (OWN + "\n[stage]\n", "'stage' is not known"),
    "an unknown name in a beat": (OWN + "budgets = 3\n", "'budgets' is not known in beats[1]"),
    "no length": (OWN.replace('length = "0:20"', ""), "length is missing"),
    "no slack": (OWN.replace('slack = "0:02"', ""), "slack is missing"),
    "a length in seconds": (OWN.replace('"0:20"', "20"), "length is '20', not a time"),
    "a budget in words": (
        OWN.replace("0:05", "five seconds"),
        "beats[0].budget is 'five seconds', not a time",
    ),
    "a budget of 90 seconds": (
        OWN.replace("0:05", "0:90"),
        "beats[0].budget is '0:90', not a time",
    ),
    "no budget": (OWN.replace('budget = "0:05"', ""), "beats[0].budget is missing"),
    "a budget of nothing": (
        OWN.replace("0:05", "0:00"),
        "beats[0].budget is 0:00, not between 0:01 and 240:00",
    ),
    "a negative budget": (OWN.replace("0:05", "-0:05"), "beats[0].budget is '-0:05', not a time"),
    "an endless length": (OWN.replace("0:20", "999:00"), "length is 999:00, not between"),
    "no name": (OWN.replace('"opening"', '" "'), "beats[0].name is empty"),
    "a long name": (OWN.replace("opening", "o" * 25), "beats[0].name has 25 characters"),
    "an escape sequence": (
        OWN.replace("too slow", "\\u001b[2J"),
        "beats[0].say is too long or has characters",
    ),
    "nothing to say": (OWN.replace('say = "Watch {metric}."', ""), "beats[1].say is missing"),
    "a long sentence": (OWN.replace("Watch", "Watch " * 70), "beats[1].say has"),
    "a word no workload says": (
        OWN.replace("{metric}", "{weather}"),
        "names {weather}, which no workload says",
    ),
    "no demo": (OWN.replace('"demo"', '"show"'), "none of its beats is called demo"),
    "no beats": (OWN.partition("[[")[0], "none of its beats is called demo"),
    "one table of beats": (
        OWN.partition("[[")[0] + "[beats]\n",
        "beats is a table, not a list of tables",
    ),
    "two beats of one name": (
        OWN.replace('"opening"', '"demo"'),
        "two of its beats are called demo",
    ),
    "budgets that do not fit": (
        OWN.replace("0:05", "0:11"),
        "its beats take 0:21 and the slack 0:02, which do not fit into 0:20",
    ),
    "slack that does not fit": (
        OWN.replace("0:02", "0:06"),
        "its beats take 0:15 and the slack 0:06, which do not fit into 0:20",
    ),
    "too many beats": (OWN + '[[beats]]\nname = "x"\n' * 40, "beats has 42 tables"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_talk_is_refused_with_a_hint(fault: str, tmp_path: Path) -> None:
    text, says = BAD[fault]
    with pytest.raises(BadRequest) as refused:
        read_agenda(written(text, tmp_path))
    assert says in refused.value.sentence
    assert refused.value.hint


def test_a_misspelt_word_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as refused:
        read_agenda(written(OWN.replace("{bottleneck}", "{botleneck}"), tmp_path))
    assert refused.value.hint == "did you mean {bottleneck}?"


def test_a_talk_that_does_not_fit_says_by_how_much(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as refused:
        read_agenda(written(OWN.replace("0:05", "0:11"), tmp_path))
    assert refused.value.hint == "shorten beats by 0:03"


def test_the_copy_that_a_hint_speaks_of_can_be_used(tmp_path: Path) -> None:
    assert (
        read_agenda(written(DEFAULT_AGENDA.read_text(encoding="utf-8"), tmp_path)) == read_agenda()
    )


def test_a_talk_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot read"):
        read_agenda(tmp_path / "missing.toml")


# The sentence.


def test_words_that_are_not_known_yet_are_named() -> None:
    assert fill_in(TALK.beats[0], None) == "{bottleneck}"


def test_a_word_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    assert fill_in(TALK.beats[0], some_words(bottleneck="{metric}")) == "{metric}"


# The course.


@given(TALKS)
def test_a_talks_beats_and_its_slack_add_up_to_its_length(talk: Agenda) -> None:
    assert sum(beat.budget for beat in talk.beats) + talk.slack == pytest.approx(
        talk.length, abs=1e-6
    )


@given(TALKS, STEPS)
def test_what_the_beats_took_adds_up_to_what_has_elapsed(talk: Agenda, steps: list[float]) -> None:
    course, at = gone(talk, steps)
    stands = position_at(course, at)
    assert sum(course.durations) + stands.taken == pytest.approx(stands.elapsed, abs=1e-6)


@given(TALKS, STEPS, st.floats(0, 1e4))
def test_time_only_takes_from_what_is_left(talk: Agenda, steps: list[float], more: float) -> None:
    course, at = gone(talk, steps)
    now, later = position_at(course, at), position_at(course, at + more)
    assert (now.left >= later.left, now.spare >= later.spare - 1e-6, now.place == later.place) == (
        True,
        True,
        True,
    )


@given(TALKS)
def test_a_talk_that_keeps_to_its_budgets_ends_with_its_slack(talk: Agenda) -> None:
    course, at = gone(talk, [beat.budget for beat in talk.beats])
    assert position_at(course, at).left == pytest.approx(talk.slack, abs=1e-6)


@given(TALKS, st.data())
def test_slack_is_not_touched_while_a_beat_is_within_its_budget(
    talk: Agenda, data: st.DataObject
) -> None:
    course, at = gone(talk, [])
    within = data.draw(st.floats(0, talk.beats[0].budget))
    assert position_at(course, at + within).spare == pytest.approx(talk.slack, abs=1e-6)


def test_an_overrun_takes_from_the_slack() -> None:
    course, at = gone(TALK, [])
    stands = position_at(course, at + 26.0)
    assert (stands.beat_left, stands.spare) == (-6.0, 4.0)


def test_a_talk_that_will_not_fit_has_less_than_no_slack() -> None:
    course, at = gone(TALK, [35.0])
    assert position_at(course, at).spare == -5.0


def test_a_talk_that_has_not_begun_stands_at_its_first_beat() -> None:
    stands = position_at(TalkProgress(TALK), 5000.0)
    assert (stands.place, stands.elapsed, stands.left, stands.spare) == (0, 0.0, 100.0, 10.0)


def test_a_talk_begins_once() -> None:
    assert begin_talk(begin_talk(TalkProgress(TALK), 10.0), 20.0).began == 10.0


def test_no_beat_ends_before_the_talk_has_begun() -> None:
    assert end_beat(TalkProgress(TALK), 10.0) == TalkProgress(TALK)


def test_a_talk_that_is_over_stands_still() -> None:
    course, at = gone(TALK, [20.0, 40.0, 25.0])
    stands = position_at(end_beat(course, at + 9.0), at + 500.0)
    assert (
        stands.beat,
        stands.following,
        stands.elapsed,
        stands.left,
        course.over,
        course.going_on,
    ) == (
        None,
        None,
        85.0,
        15.0,
        True,
        False,
    )


def test_a_clock_that_is_set_back_ends_no_beat_before_it_began() -> None:
    course = end_beat(begin_talk(TalkProgress(TALK), 10.0), 4.0)
    assert (course.durations, position_at(course, 3.0).taken) == ((0.0,), 0.0)


def test_the_next_beat_is_known_until_the_last() -> None:
    course, at = gone(TALK, [20.0])
    last, _ = gone(TALK, [20.0, 40.0])
    assert [
        beat and beat.name
        for beat in (position_at(course, at).following, position_at(last, at + 40.0).following)
    ] == ["close", None]


def test_reaching_a_beat_ends_those_before_it() -> None:
    course = skip_to(begin_talk(TalkProgress(TALK), 0.0), 2, 30.0)
    assert course.durations == (30.0, 0.0)


def test_reaching_a_beat_that_was_reached_changes_nothing() -> None:
    course, _ = gone(TALK, [20.0, 40.0])
    assert skip_to(course, 1, 2000.0) == course


def test_the_seconds_after_the_demo_are_those_of_the_beats_that_follow_it() -> None:
    assert (TALK.demo, TALK.after_demo) == (1, 30.0)


# On a screen.

SENTENCE = (
    "We scale out along one axis, training, and not the model axis: the model fits everywhere, "
    "only time is short."
)
MOMENTS = {"in-time": (70.0, 30.0), "over-its-budget": (110.0, 330.0), "over-time": (110.0, 700.0)}


def stands_at(*steps: float) -> AgendaPosition:
    """Return the longer talk's position after beats of those seconds, the last still going on."""
    course = a_course(*steps[:-1], began=0.0)
    return position_at(course, sum(steps))


def drawn(
    stands: AgendaPosition, columns: int = 80, rows: int = 24, sentence: str = SENTENCE
) -> str:
    return draw_beat(stands, sentence, "Enter ends this beat", columns=columns, rows=rows).plain


@pytest.mark.parametrize("size", [(80, 24), (40, 12)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_beat_looks_as_it_did(size: tuple[int, int], moment: str) -> None:
    picture = drawn(stands_at(*MOMENTS[moment]), *size)
    assert picture == kept(f"beat-{size[0]}x{size[1]}-{moment}", picture)


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
def test_an_overrun_is_said_in_words(size: tuple[int, int]) -> None:
    assert "4:36 of 4:30, OVER by 0:06" in drawn(stands_at(110.0, 276.0), *size)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_a_talk_over_its_time_says_so_in_words(size: tuple[int, int]) -> None:
    assert "OVER TIME by 1:30" in drawn(stands_at(110.0, 700.0), *size)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_a_talk_that_will_not_fit_says_by_how_much(size: tuple[int, int]) -> None:
    assert "NO SLACK: 0:30 too long as it goes" in drawn(stands_at(390.0, 10.0), *size)


@pytest.mark.parametrize("size", [(80, 24), (60, 19), (40, 12)])
def test_a_beat_shows_its_sentence_what_is_next_and_what_a_key_does(size: tuple[int, int]) -> None:
    told = " ".join(drawn(stands_at(70.0), *size).split())
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
    assert "…" in drawn(stands_at(70.0), sentence=SENTENCE * 9)


def test_what_is_left_is_in_big_digits() -> None:
    rows = drawn(stands_at(70.0)).splitlines()
    assert all(row.strip(" █") == "" and "█" in row for row in rows[2:10])


@given(st.floats(0, 719.99))
def test_what_is_left_and_what_has_elapsed_add_up_as_they_are_written(elapsed: float) -> None:
    stands = position_at(a_course(began=0.0), elapsed)
    minutes = [text.split(":") for text in (clock_digits(stands), talk_clock(stands).split()[1])]
    assert sum(60 * int(minute) + int(second) for minute, second in minutes) == 720


def test_the_corner_of_a_race_holds_both_clocks() -> None:
    assert both_clocks_short(stands_at(110.0, 62.0)) == "talk 2:52/12:00 · demo 1:02/4:30"


def test_the_corner_of_a_race_says_an_overrun_in_words() -> None:
    assert both_clocks_short(stands_at(110.0, 282.0)) == "talk 6:32/12:00 · demo OVER by 0:12"


def test_the_longest_prompt_of_a_race_and_the_clocks_fit_into_its_corner() -> None:
    clocks = both_clocks_short(stands_at(599.0, 269.0))
    assert cell_len(f"armed: press Enter to start both clocks · {clocks}") <= 78


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
    assert "".join(wrap(text, width, 1_000)).replace(" ", "") == words.printable(text).replace(
        " ", ""
    )
