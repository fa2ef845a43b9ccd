import pytest

from harness.show.rehearsal_table import (
    NO_RECORDING,
    beat_table,
    deadline_sentence,
    demo_table,
    history_table,
)
from harness.show.tables import format_table
from harness.talk.agenda import TalkProgress
from harness.talk.forecast import Deadline, DeadlineBasis, RehearsalHistory, deadlines
from tests.goldens import golden_text
from tests.talks import TALK, a_course

REHEARSED = RehearsalHistory(
    baseline=(39.0, 41.0, 43.0), distributed=(20.0, 24.0, 22.0), demos=(150.0, 225.4, 180.0)
)
ONE = RehearsalHistory(baseline=(41.0,), distributed=(22.0,), demos=(180.0,))


def told_of(course: TalkProgress) -> str:
    return format_table(beat_table(course))


def spread_of(history: RehearsalHistory, recording_s: float | None = 94.0) -> str:
    """Return the table of spreads on one line, since a sentence may be wrapped anywhere."""
    return " ".join(
        format_table(history_table(history, TALK, deadlines(TALK, history, recording_s))).split()
    )


def test_a_rehearsal_looks_as_it_did() -> None:
    tables = (
        beat_table(a_course(130.0, 240.0, 91.4)),
        history_table(REHEARSED, TALK, deadlines(TALK, REHEARSED, 94.0)),
    )
    told = "\n".join(map(format_table, tables))
    assert told == golden_text("rehearsed", told)


def test_each_beat_stands_against_its_budget_in_words() -> None:
    rows = [line.split() for line in told_of(a_course(130.0, 240.0, 90.5)).splitlines()]
    assert ["opening", "2:00", "2:10", "0:10", "OVER"] in rows
    assert ["demo", "4:30", "4:00", "0:30", "under"] in rows
    assert ["limitation", "1:30", "1:30", "on", "time"] in rows


def test_the_whole_is_held_against_the_length_and_the_slack_that_was_planned() -> None:
    assert "4:20 of 12:00 left over; the budgets leave 4:00" in told_of(
        a_course(130.0, 240.0, 90.0)
    )


def test_a_talk_over_its_time_says_so() -> None:
    assert "OVER TIME by 0:10: it took 12:10 of 12:00" in told_of(a_course(130.0, 510.0, 90.0))


def test_a_demo_that_was_rehearsed_alone_says_why() -> None:
    told = " ".join(format_table(demo_table(TALK, 61.0)).split())
    assert "demo 4:30 1:01 3:29 under" in told
    assert "nobody could press Enter here, so only the demo beat was rehearsed" in told


def test_spreads_are_told_with_their_number() -> None:
    told = spread_of(REHEARSED)
    assert "baseline, wall time 39.0 s 41.0 s 43.0 s 3" in told
    assert "distributed, wall time 20.0 s 22.0 s 24.0 s 3" in told
    assert "demo beat 2:30 3:00 3:45 3" in told


def test_one_rehearsal_is_one_observation_without_a_spread() -> None:
    told = spread_of(ONE)
    assert "baseline, wall time — 41.0 s — 1" in told
    assert "one rehearsal is one observation: it has no spread" in told


def test_what_was_never_rehearsed_has_no_row() -> None:
    assert "demo beat alone" not in spread_of(REHEARSED)


def test_demos_that_nobody_presented_have_a_row_of_their_own() -> None:
    assert "demo beat alone 1:00 1:05 1:10 2" in spread_of(RehearsalHistory(alone=(60.0, 70.0)))


DECISIONS = {
    "of several": (
        Deadline(at=404.6, seconds=225.4, basis=DeadlineBasis.REHEARSED, number=3),
        "decide by 6:44 of the talk: the longest of 3 demos rehearsed took 3:45",
    ),
    "of one": (
        Deadline(at=450.0, seconds=180.0, basis=DeadlineBasis.REHEARSED, number=1),
        "decide by 7:30 of the talk: the one demo rehearsed took 3:00",
    ),
    "alone": (
        Deadline(at=560.0, seconds=70.0, basis=DeadlineBasis.ALONE, number=2),
        "decide by 9:20 of the talk: the longest demo rehearsed took 1:10, but nobody presented it",
    ),
    "budgeted": (
        Deadline(at=360.0, seconds=270.0, basis=DeadlineBasis.BUDGET),
        "decide by 6:00 of the talk: no demo has been rehearsed, its budget is 4:30",
    ),
    "never": (
        Deadline(at=-10.0, seconds=640.0, basis=DeadlineBasis.REHEARSED, number=2),
        "the live run never fits: the longest of 2 demos rehearsed took 10:40",
    ),
    "recorded": (
        Deadline(at=536.0, seconds=94.0, basis=DeadlineBasis.RECORDING),
        "the recording can begin until 8:56 of the talk: it plays 1:34",
    ),
    "too long a recording": (
        Deadline(at=-1.0, seconds=631.0, basis=DeadlineBasis.RECORDING),
        "the recording never fits: it plays 10:31",
    ),
}


@pytest.mark.parametrize("case", DECISIONS)
def test_until_when_to_decide_comes_with_its_grounds(case: str) -> None:
    deadline, says = DECISIONS[case]
    told = deadline_sentence(deadline, TALK, has_recording=True)
    assert told.startswith(says)
    assert "and 1:30 of beats follow" in told


def test_after_the_minute_to_decide_the_recording_is_the_safe_choice() -> None:
    assert "later, the recording is the safe choice" in spread_of(REHEARSED)


def test_where_there_is_no_recording_nobody_is_told_to_play_it() -> None:
    told = spread_of(REHEARSED, recording_s=None)
    assert NO_RECORDING in told
    assert "safe choice" not in told
