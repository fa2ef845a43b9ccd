from typing import Any

import pytest

from harness import events as e
from harness.model import Side, Status
from harness.show.terminal.presenter_phrases import (
    describe_run,
    describe_side,
    find_warning,
)
from harness.talk.forecast import RehearsalHistory, deadlines
from tests.builders import (
    arming_events,
    some_events,
)
from tests.show.terminal.scenes import (
    PRESS,
    REHEARSED,
    RUNNING,
    WENT_AT,
    a_run,
    a_scene,
    draw,
    stuck,
)
from tests.talks import TALK


def test_a_running_side_is_shown_by_its_progress_and_by_rehearsals() -> None:
    assert (
        describe_side(a_run(30.0), Side.BASELINE, REHEARSED)[0]
        == "baseline     00:22.0   44 %, left ≈ 0:27 by progress, ≈ 0:19 by 3 rehearsals"
    )


def test_a_side_that_has_not_gone_takes_what_it_took_before() -> None:
    assert (
        describe_side(a_run(30.0), Side.DISTRIBUTED, REHEARSED)[0]
        == "distributed  ready, takes ≈ 0:22 by 3 rehearsals"
    )


def test_one_rehearsal_is_shown_as_one() -> None:
    assert describe_side(a_run(7.0), Side.BASELINE, RehearsalHistory(baseline=(41.0,)))[0].endswith(
        "takes ≈ 0:41 by 1 rehearsal"
    )


def test_a_side_without_rehearsals_and_progress_has_no_estimate() -> None:
    assert describe_side(a_run(8.5), Side.BASELINE, RehearsalHistory()) == (
        "baseline     00:00.5    0 %",
    )


def test_a_side_that_has_stopped_shows_its_clock() -> None:
    assert describe_side(a_run(60.0), Side.BASELINE, REHEARSED) == ("baseline     00:40.0  done",)


def test_the_whole_run_is_estimated() -> None:
    assert describe_run(a_run(7.0), REHEARSED) == "both clocks stop in about 1:03"


def test_of_several_rounds_the_present_one_is_named() -> None:
    assert (
        describe_run(a_run(7.0, some_events(pairs=3)), REHEARSED)
        == "both clocks stop in about 3:09, round 1 of 3"
    )


def test_without_rehearsals_a_run_has_no_estimate() -> None:
    assert describe_run(a_run(30.0), RehearsalHistory()) == "the run has no estimate yet"


def test_how_a_session_ended_is_shown() -> None:
    told = [
        *some_events()[:12],
        e.Closed(at=9.0, status=Status.ABORTED, remark="the presenter asked for the recording"),
    ]
    assert (
        describe_run(a_run(200.0, told), REHEARSED)
        == "the session is over: aborted: the presenter asked for the recording"
    )


def test_a_session_that_other_programs_disturbed_is_stamped() -> None:
    observed = e.Observed(cpu_s=0.1, frames=9, longest_gap_s=0.1, foreign_cpu=0.2)
    *trials, closed = some_events()
    over = [*trials, e.stamp(observed, 300.0, Side.BASELINE, 0)]
    assert describe_run(a_run(301.0, over), REHEARSED) == "both clocks have stopped, DISTURBED"
    ended = describe_run(a_run(302.0, [*over, closed]), REHEARSED)
    assert ended == "the session is over: complete, DISTURBED"


def decisions(*durations: float, now: float, **changes: Any) -> list[str]:
    """Return the lines about deciding at a moment of the talk."""
    return [
        line.strip()
        for line in draw(a_scene(a_run(6.0), *durations, now=now, **changes)).splitlines()[-3:-1]
    ]


def test_before_the_demo_the_minute_to_decide_is_shown_with_what_is_left_of_it() -> None:
    live, recording = decisions(now=60.0)
    assert live == "decide by 6:45, in 5:45: live took 3:45 at most in 2 demos"
    assert recording == "the recording, 1:34, can begin until 8:56, 7:56 from now"


def test_after_the_minute_to_decide_it_is_too_late_to_go_live() -> None:
    assert (
        decisions(now=410.0)[0]
        == "TOO LATE to go live, past 6:45: live took 3:45 at most in 2 demos"
    )


def test_a_demo_that_never_fits_is_too_late_from_the_start() -> None:
    history = RehearsalHistory(demos=(700.0,))
    assert (
        decisions(now=1.0, deadlines=deadlines(TALK, history, None))[0]
        == "TOO LATE to go live, from the start: live took 11:40 at most in 1 demo"
    )


def test_a_demo_that_was_never_rehearsed_goes_by_its_budget() -> None:
    assert (
        decisions(now=0.0, deadlines=deadlines(TALK, RehearsalHistory(), None))[0]
        == "decide by 6:00, in 6:00: the live run has a budget of 4:30"
    )


def test_in_the_demo_it_is_shown_when_it_must_end() -> None:
    assert decisions(110.0, now=70.0)[0] == "the demo must end by 10:30, 7:30 from now"


def test_a_demo_that_eats_into_what_follows_says_so() -> None:
    assert decisions(110.0, now=530.0) == [
        "the demo should have ended at 10:30, 0:10 ago",
        "too late for the recording, which plays 1:34",
    ]


def test_after_the_demo_there_is_nothing_left_to_decide() -> None:
    assert decisions(110.0, 200.0, now=5.0) == ["", ""]


def test_a_run_that_gets_on_is_not_warned_of() -> None:
    assert find_warning(stuck(9.9), 10.0) == ""


def test_a_run_that_stands_still_is_reported_with_what_to_do() -> None:
    assert find_warning(stuck(12.3), 10.0) == f"STALLED: no progress for 12 s; {PRESS}"


def test_a_journal_that_has_gone_silent_is_a_stall_too() -> None:
    assert (
        find_warning(stuck(12.0, silent_s=12.0), 10.0) == f"STALLED: no progress for 12 s; {PRESS}"
    )


def test_a_side_that_reports_no_progress_is_missed_once_nothing_is_heard_of_it() -> None:
    told = [*arming_events()[:2], e.stamp(e.Go(order=0), WENT_AT, Side.BASELINE, 0)]
    assert [find_warning(a_run(40.0, told, silent_s=silent), 10.0) for silent in (9.0, 11.0)] == [
        "",
        f"STALLED: no word of the race for 11 s; {PRESS}",
    ]


def test_a_race_without_processes_is_gone_and_no_key_of_it_helps() -> None:
    assert (
        find_warning(stuck(1.0, alive=False), 10.0)
        == "GONE: no process of the race is left; `twoclocks play` plays the recording"
    )


def test_a_side_that_failed_is_named_with_its_reason() -> None:
    told = [*RUNNING, e.stamp(e.Failed(reason="ValueError: no"), 15.0, Side.BASELINE, 0)]
    assert find_warning(a_run(20.0, told), 10.0) == "FAILED: the baseline side: ValueError: no"


def test_without_a_recording_nobody_is_shown_to_play_one() -> None:
    assert (
        find_warning(stuck(12.0, has_recording=False), 10.0)
        == "STALLED: no progress for 12 s; there is no recording to play"
    )


@pytest.mark.parametrize(
    "at", [3.0, 7.5, 48.5, 200.0], ids=["arming", "armed", "between", "closed"]
)
def test_nothing_is_warned_of_while_nothing_runs(at: float) -> None:
    assert find_warning(a_run(at, silent_s=500.0), 10.0) == ""


def test_nothing_is_warned_of_before_there_is_a_run() -> None:
    assert find_warning(None, 10.0) == ""
