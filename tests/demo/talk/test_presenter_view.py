"""The presenter view: its pictures, and the real program in a terminal and without one."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from demo.talk.presenter_state import PresenterState
from demo.talk.presenter_view import NewsLines
from harness import events as e
from harness.files.journal import header_line
from harness.model import Side, Status
from harness.show.terminal.presenter_phrases import (
    FollowedRun,
    describe_run,
    describe_side,
    find_warning,
)
from harness.show.terminal.presenter_view import Scene, draw_presenter_view, heartbeat
from harness.talk.agenda import TalkProgress, fill_in, position_at
from harness.talk.agenda_file import read_agenda
from harness.talk.forecast import RehearsalHistory, deadlines
from tests.builders import (
    BASELINE_S,
    a_board,
    a_spec,
    an_opening,
    arming_events,
    some_events,
    some_words,
    trial_events,
)
from tests.goldens import golden_text
from tests.talks import ENVIRONMENT, TALK, a_course, a_desk, at_desk, rehearse, run_at_desk
from tests.talks import cue as cue_at
from tests.terminals import Look, PipedOutput, PipedProgram, Terminal, at_once, surroundings
from workloads.train import WORKLOAD

REHEARSED = RehearsalHistory(
    baseline=(39.0, 41.0, 43.0), distributed=(20.0, 24.0, 22.0), demos=(150.0, 225.0)
)
SIZES = [(80, 24), (40, 12)]
WENT_AT = 8.0


def a_run(at: float = 30.0, told: Iterable[e.Event] | None = None, **changes: Any) -> FollowedRun:
    """Return a race in turn as it stands at a moment: the baseline goes at 8 s, Ray at 50 s."""
    events = some_events() if told is None else told
    fields: dict[str, Any] = {
        "board": a_board(event for event in events if event.at <= at),
        "at": at,
        "silent_s": 0.2,
    }
    return FollowedRun(**(fields | changes))


def a_scene(
    run: FollowedRun | None,
    *durations: float,
    now: float = 60.0,
    begun: bool = True,
    **changes: Any,
) -> Scene:
    """Return a moment of a talk whose beats took those seconds, the present one ``now`` so far."""
    course = a_course(*durations, began=0.0)
    at = sum(durations) + now
    beat = position_at(course, at).beat
    fields: dict[str, Any] = {
        "progress": course if begun else TalkProgress(TALK),
        "now": at,
        "sentence": fill_in(beat, some_words()) if beat is not None else "",
        "run": run,
        "record": REHEARSED,
        "deadlines": deadlines(TALK, REHEARSED, 94.0),
        "stall_after": 10.0,
        "note": "train · run 7c21",
        "prompt": "Enter ends this beat · q leaves",
    }
    return Scene(**(fields | changes))


def drawn(scene: Scene, columns: int = 80, rows: int = 24) -> str:
    return draw_presenter_view(scene, columns=columns, rows=rows).plain


SCENES = {
    "waiting": a_scene(
        None,
        begun=False,
        note="waiting for a session in recordings",
        prompt="Enter begins the talk · q leaves",
    ),
    "before-the-demo": a_scene(a_run(6.0)),
    "baseline-runs": a_scene(a_run(30.0), 110.0),
    "distributed-runs": a_scene(a_run(60.0), 110.0, now=90.0),
    "stalled": a_scene(a_run(30.0, silent_s=2.0), 110.0, stall_after=2.0),
    "over": a_scene(a_run(200.0), 110.0, 200.0, 85.0, now=5.0, prompt="q leaves"),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("moment", SCENES)
def test_the_cue_looks_as_it_did(size: tuple[int, int], moment: str) -> None:
    picture = drawn(SCENES[moment], *size)
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
def test_the_cue_keeps_to_the_terminal(
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
def test_the_cue_tells_what_is_left_the_beat_the_next_one_and_what_to_say(
    size: tuple[int, int],
) -> None:
    told = " ".join(drawn(a_scene(a_run(6.0)), *size).split())
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


def test_the_longest_sentence_of_the_shipped_talk_is_seen_whole() -> None:
    words = WORKLOAD.words
    told = [
        " ".join(drawn(a_scene(a_run(6.0), sentence=fill_in(beat, words))).split())
        for beat in read_agenda().beats
    ]
    assert all(
        " ".join(fill_in(beat, words).split()) in seen
        for beat, seen in zip(read_agenda().beats, told, strict=True)
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_key_is_named_at_any_size(size: tuple[int, int]) -> None:
    assert "q leaves" in drawn(a_scene(a_run(), 110.0), *size)


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
    told = drawn(a_scene(run, sentence="\x1b[2Jhello", note="\x1b[2J"))
    assert "\x1b" not in told
    assert "\x07" not in told


# The sides.


def test_a_running_side_is_told_by_its_progress_and_by_rehearsals() -> None:
    assert (
        describe_side(a_run(30.0), Side.BASELINE, REHEARSED)[0]
        == "baseline     00:22.0   44 %, left ≈ 0:27 by progress, ≈ 0:19 by 3 rehearsals"
    )


def test_a_side_that_has_not_gone_takes_what_it_took_before() -> None:
    assert (
        describe_side(a_run(30.0), Side.DISTRIBUTED, REHEARSED)[0]
        == "distributed  ready, takes ≈ 0:22 by 3 rehearsals"
    )


def test_one_rehearsal_is_told_as_one() -> None:
    assert describe_side(a_run(7.0), Side.BASELINE, RehearsalHistory(baseline=(41.0,)))[0].endswith(
        "takes ≈ 0:41 by 1 rehearsal"
    )


def test_nothing_is_foretold_of_a_side_that_was_never_rehearsed_and_has_done_nothing() -> None:
    assert describe_side(a_run(8.5), Side.BASELINE, RehearsalHistory()) == (
        "baseline     00:00.5    0 %",
    )


def test_a_side_that_has_stopped_shows_its_clock() -> None:
    assert describe_side(a_run(60.0), Side.BASELINE, REHEARSED) == ("baseline     00:40.0  done",)


def test_the_whole_run_is_foretold() -> None:
    assert describe_run(a_run(7.0), REHEARSED) == "the run: both clocks stopped in ≈ 1:03"


def test_of_several_rounds_the_present_one_is_named() -> None:
    assert (
        describe_run(a_run(7.0, some_events(pairs=3)), REHEARSED)
        == "the run: both clocks stopped in ≈ 3:09, round 1 of 3"
    )


def test_without_rehearsals_a_run_has_no_estimate() -> None:
    assert describe_run(a_run(30.0), RehearsalHistory()) == "the run has no estimate yet"


def test_how_a_session_ended_is_told() -> None:
    told = [
        *some_events()[:12],
        e.Closed(at=9.0, status=Status.ABORTED, remark="the presenter asked for the recording"),
    ]
    assert (
        describe_run(a_run(200.0, told), REHEARSED)
        == "the session is over, aborted: the presenter asked for the recording"
    )


# Until when.


def decisions(*durations: float, now: float, **changes: Any) -> list[str]:
    """Return the lines about deciding at a moment of the talk."""
    return [
        line.strip()
        for line in drawn(a_scene(a_run(6.0), *durations, now=now, **changes)).splitlines()[-3:-1]
    ]


def test_before_the_demo_the_minute_to_decide_is_told_with_what_is_left_of_it() -> None:
    live, recording = decisions(now=60.0)
    assert live == "decide by 6:45, 5:45 from now: live took 3:45 at most in 2 demos"
    assert recording == "the recording, 1:34, can begin until 8:56, 7:56 from now"


def test_after_the_minute_to_decide_it_is_too_late_to_go_live() -> None:
    assert (
        decisions(now=410.0)[0]
        == "TOO LATE to go live, past 6:45: live took 3:45 at most in 2 demos"
    )


def test_a_demo_that_never_fits_is_too_late_from_the_start() -> None:
    record = RehearsalHistory(demos=(700.0,))
    assert (
        decisions(now=1.0, deadlines=deadlines(TALK, record, None))[0]
        == "TOO LATE to go live, from the start: live took 11:40 at most in 1 demo"
    )


def test_a_demo_that_was_never_rehearsed_goes_by_its_budget() -> None:
    assert (
        decisions(now=0.0, deadlines=deadlines(TALK, RehearsalHistory(), None))[0]
        == "decide by 6:00, 6:00 from now: live has 4:30 by its budget"
    )


def test_in_the_demo_it_is_told_when_it_must_end() -> None:
    assert decisions(110.0, now=70.0)[0] == "the demo must end by 10:30, 7:30 from now"


def test_a_demo_that_eats_into_what_follows_says_so() -> None:
    assert decisions(110.0, now=530.0) == [
        "the demo should have ended at 10:30, 0:10 ago",
        "too late for the recording, which plays 1:34",
    ]


def test_after_the_demo_there_is_nothing_left_to_decide() -> None:
    assert decisions(110.0, 200.0, now=5.0) == ["", ""]


# What goes wrong.

RUNNING = [
    *some_events()[:1],
    *arming_events(),
    *trial_events(Side.BASELINE, WENT_AT, BASELINE_S)[:5],
]
PRESS = "press f on the race to play the recording"


def stuck(seconds: float, **changes: Any) -> FollowedRun:
    """Return a baseline that did its last item so many seconds ago."""
    moved = max(event.at for event in RUNNING if isinstance(event, e.Progress))
    return a_run(moved + seconds, RUNNING, **changes)


def test_a_run_that_gets_on_is_not_warned_of() -> None:
    assert find_warning(stuck(9.9), 10.0) == ""


def test_a_run_that_stands_still_is_said_to_with_what_to_do() -> None:
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


def test_without_a_recording_nobody_is_told_to_play_one() -> None:
    assert (
        find_warning(stuck(12.0, recorded=False), 10.0)
        == "STALLED: no progress for 12 s; there is no recording to play"
    )


@pytest.mark.parametrize(
    "at", [3.0, 7.5, 48.5, 200.0], ids=["arming", "armed", "between", "closed"]
)
def test_nothing_is_warned_of_while_nothing_runs(at: float) -> None:
    assert find_warning(a_run(at, silent_s=500.0), 10.0) == ""


def test_nothing_is_warned_of_before_there_is_a_run() -> None:
    assert find_warning(None, 10.0) == ""


@pytest.mark.parametrize("size", SIZES)
def test_a_warning_is_seen_whole_at_any_size(size: tuple[int, int]) -> None:
    told = " ".join(drawn(a_scene(stuck(12.0), 110.0), *size).split())
    assert f"STALLED: no progress for 12 s; {PRESS}" in told


TROUBLE = "no estimates from rehearsals: line 3 of it is no rehearsal"


@pytest.mark.parametrize("size", [(80, 24), (60, 12)])
def test_what_could_not_be_read_is_seen_at_any_size(size: tuple[int, int]) -> None:
    assert TROUBLE in drawn(a_scene(a_run(6.0), trouble=TROUBLE), *size)


def test_what_goes_wrong_with_the_run_comes_before_what_could_not_be_read() -> None:
    told = drawn(a_scene(stuck(12.0), 110.0, trouble=TROUBLE))
    assert ("STALLED: no progress for 12 s" in told, TROUBLE in told) == (True, False)


# In lines.


def test_a_heartbeat_tells_where_talk_and_run_stand() -> None:
    assert heartbeat(a_scene(a_run(60.0), 110.0)).startswith(
        "talk 2:50 of 12:00; baseline     00:40.0  done; distributed  00:10.0"
    )


def test_a_heartbeat_without_a_run_tells_what_is_waited_for() -> None:
    assert heartbeat(SCENES["waiting"]) == "waiting for a session in recordings"


def test_what_could_not_be_read_is_told_once_and_keeps_nothing_else_back(tmp_path: Path) -> None:
    (tmp_path / "rehearsals.jsonl").write_text("hello\n")
    state, news = (
        PresenterState.start(
            None, TALK, 10.0, root=tmp_path, clock=lambda: 1000.0, ticks=lambda: 0.0
        ),
        NewsLines(),
    )
    first, second = (
        [line[:25] for line in news.lines(state, a_board([]), now)] for now in (100.0, 200.0)
    )
    assert (first, second) == (
        ["no estimates from rehears", "waiting for a session in "],
        ["waiting for a session in "],
    )


# The real program.

HEADER = header_line("7c21", "2026-11-22T09:14:07+00:00")
ENTER, CTRL_C = b"\r", b"\x03"
LONG = (
    "--workload",
    "simulated",
    "--set",
    "seconds=4",
    "--workers",
    "4",
    "--schedule",
    "in-turn",
    "--yes",
    "--ui",
    "none",
)
FROZEN = """
import dataclasses, time
from workloads.simulated import WORKLOAD as QUICK

def baseline(schedule, report):
    report(len(schedule) // 3)
    time.sleep(60)
    return schedule

WORKLOAD = dataclasses.replace(QUICK, baseline=baseline)
"""


@dataclass(frozen=True)
class Cued:
    """What a cue showed on its terminal, and how it ended."""

    looks: tuple[Look, ...]
    raw: bytes
    exit_code: int
    restored: bool
    desk: Path

    def seen(self, text: str) -> bool:
        """Return whether a text was to be seen at any time."""
        return any(text in " ".join(look.text.split()) for look in self.looks)


def left(terminal: Terminal, desk: Path, key: bytes = b"q") -> Cued:
    """Leave a cue by a key."""
    terminal.type(key)
    code = terminal.ended()
    last = terminal.look()
    restored = not last.alternate and last.cursor and terminal.modes_before == terminal.modes()
    return Cued(tuple(terminal.looks), terminal.raw, code, restored, desk)


def beside_a_race(folder: Path) -> Cued:
    """Follow a race that begins later in another terminal, and cuts the first beat short."""
    desk = a_desk(folder)
    with cue_at(desk) as terminal:
        terminal.until_text("waiting for a session in recordings")
        terminal.type(ENTER)
        terminal.until_text("Enter ends this beat")
        with PipedProgram(at_desk(desk, "race", *LONG), environment=ENVIRONMENT) as race:
            terminal.until_text("beat 2 of 3 · DEMO")
            terminal.until_text("by progress")
            terminal.until_text("the session is over, complete")
            race.output()
        terminal.type(ENTER)
        terminal.until_text("beat 3 of 3 · LIMITATION")
        return left(terminal, desk)


def beside_a_rehearsal(folder: Path) -> Cued:
    """Follow a rehearsal in another terminal through its beats; this cue is left by Ctrl-C."""
    desk = a_desk(folder)
    with cue_at(desk, columns=40, rows=12) as terminal, rehearse(desk, "--yes") as other:
        terminal.until_text("not begun")
        other.until_text("Enter begins the talk")
        other.type(ENTER)
        terminal.until_text("follows the rehearsal")
        other.look()
        other.type(ENTER)
        terminal.until_text("beat 2 of 3 · DEMO")
        other.until_text("Enter ends this beat · talk")
        other.type(ENTER)
        terminal.until_text("beat 3 of 3 · LIMITATION")
        other.look()
        other.type(ENTER)
        terminal.until_text("the rehearsal is over")
        other.ended()
        return left(terminal, desk, CTRL_C)


def beside_a_frozen_race(folder: Path) -> Cued:
    """Follow a race that stalls until the view warns of it, and that then is killed."""
    desk = a_desk(folder)
    (desk / "frozen.py").write_text(FROZEN)
    command = at_desk(desk, "race", "--workload", "frozen.py", *LONG[2:])
    with cue_at(desk, "--stall-after", "2") as terminal:
        terminal.until_text("not begun")
        with PipedProgram(command, environment=ENVIRONMENT):
            terminal.until_text("STALLED: no progress for 2 s; there is no recording to play")
        terminal.until_text("GONE: no process of the race is left")
        return left(terminal, desk)


@pytest.fixture(scope="module")
def cued(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cued]:
    """Return cues beside what they may follow."""
    acts = {"race": beside_a_race, "rehearsal": beside_a_rehearsal, "frozen": beside_a_frozen_race}
    return at_once(
        {name: partial(act, tmp_path_factory.mktemp(name)) for name, act in acts.items()}
    )


def test_q_leaves_with_zero_and_ctrl_c_as_interrupted(cued: dict[str, Cued]) -> None:
    assert {name: one.exit_code for name, one in cued.items()} == {
        "race": 0,
        "rehearsal": 130,
        "frozen": 0,
    }


def test_a_cue_restores_the_terminal(cued: dict[str, Cued]) -> None:
    assert {name: one.restored for name, one in cued.items()} == {
        "race": True,
        "rehearsal": True,
        "frozen": True,
    }


def test_a_cue_shows_both_sides_of_a_race_in_another_terminal(cued: dict[str, Cued]) -> None:
    race = cued["race"]
    assert all(
        race.seen(text)
        for text in (
            "baseline 00:04.0 done",
            "distributed 00:0",
            "left ≈ 0:0",
            "the session is over, complete",
        )
    )


def test_a_run_that_goes_moves_the_cue_on_to_the_demo(cued: dict[str, Cued]) -> None:
    assert cued["race"].seen("beat 1 of 3 · OPENING")
    assert cued["race"].seen("beat 2 of 3 · DEMO")


def test_a_cue_draws_no_more_than_twice_a_second(cued: dict[str, Cued]) -> None:
    race = cued["race"]
    frames, seconds = race.raw.count(b"\x1b[H"), race.looks[-1].at - race.looks[0].at
    assert 1 < frames <= 2 * seconds + 4  # a key that is pressed is heeded at once


def test_a_cue_follows_the_beats_of_a_rehearsal(cued: dict[str, Cued]) -> None:
    rehearsal = cued["rehearsal"]
    assert all(
        rehearsal.seen(text)
        for text in (
            "beat 1 of 3 · OPENING",
            "beat 2 of 3 · DEMO",
            "beat 3 of 3 · LIMITATION",
            "the talk is over",
        )
    )


def test_a_cue_warns_of_a_race_that_stands_still_and_of_one_that_is_gone(
    cued: dict[str, Cued],
) -> None:
    assert cued["frozen"].seen("STALLED: no progress for")
    assert cued["frozen"].seen("GONE: no process of the race is left")


def test_a_cue_writes_nothing(cued: dict[str, Cued]) -> None:
    kept = {path.name for path in (cued["race"].desk / "recordings").iterdir()}
    assert {name for name in kept if name.startswith(".") or name == "rehearsals.jsonl"} == set()


# The real program without a terminal.


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> PipedOutput:
    """Return what is printed of a race that takes longer than the heartbeat's pause."""
    desk = a_desk(tmp_path_factory.mktemp("lines"))
    quiet = ("--set", "seconds=7", "--set", "chunks=1", "--schedule", "together")
    with PipedProgram(at_desk(desk, "cue"), environment=ENVIRONMENT) as cueing:
        cueing.until("waiting for a session")
        with PipedProgram(
            at_desk(desk, "race", *LONG, *quiet, "--workers", "2"), environment=ENVIRONMENT
        ) as race:
            race.output()
        return cueing.output()


def test_without_a_terminal_a_cue_ends_with_the_session(lines: PipedOutput) -> None:
    assert (lines.exit_code, lines.errors, lines.lines[-1][1]) == (
        0,
        "",
        "the session is over, complete",
    )


def test_without_a_terminal_a_cue_tells_what_it_waits_for_and_what_happens(
    lines: PipedOutput,
) -> None:
    assert lines.lines[0][1] == "waiting for a session in recordings"
    assert all(
        text in lines.text
        for text in (
            "baseline: launched",
            "baseline: go, trial 1 of 1",
            "finished in 7.0",
            "gap ",
        )
    )


def test_without_a_terminal_no_five_seconds_pass_without_a_line(lines: PipedOutput) -> None:
    times = [at for at, _ in lines.lines]
    assert max(later - earlier for earlier, later in pairwise(times)) < 5.0


def test_without_a_terminal_a_stall_is_told_and_told_again(tmp_path: Path) -> None:
    journal = tmp_path / "take" / "events.jsonl"
    journal.parent.mkdir()
    told = [
        RUNNING[0],
        e.stamp(e.Launched(pid=os.getpid()), 0.1, Side.DISTRIBUTED, 0),
        *RUNNING[1:],
    ]
    journal.write_bytes(HEADER + b"".join(map(e.encode, told)))
    with PipedProgram(
        at_desk(tmp_path, "cue", "take", "--stall-after", "1"), environment=ENVIRONMENT
    ) as cueing:
        cueing.until("STALLED: no progress for", times=2)
        with journal.open("ab") as file:
            file.write(e.encode(e.Closed(status=Status.ABORTED)))
        lines = cueing.output()
    assert lines.exit_code == 0
    assert lines.text.count("STALLED: no progress for") >= 2


def test_a_take_that_is_over_is_told_of_and_left(tmp_path: Path) -> None:
    (tmp_path / "take").mkdir()
    (tmp_path / "take" / "events.jsonl").write_bytes(
        HEADER + b"".join(map(e.encode, some_events()))
    )
    told = run_at_desk(tmp_path, "cue", "take")
    assert (told.exit_code, told.lines[-1][1]) == (0, "the session is over, complete")


@contextlib.contextmanager
def waiting(desk: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Give a cue without a terminal that has said what it waits for."""
    environment, pipe = surroundings(ENVIRONMENT), subprocess.PIPE
    with subprocess.Popen(
        at_desk(desk, "cue"), env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waiting for a session in recordings\n"
        yield process


def test_a_reader_that_hangs_up_ends_the_cue(tmp_path: Path) -> None:
    with waiting(tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.wait(20.0), b"Traceback" in process.stderr.read()) == (
            128 + signal.SIGPIPE,
            False,
        )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_cue_that_waits(number: signal.Signals, tmp_path: Path) -> None:
    with waiting(tmp_path) as process:
        process.send_signal(number)
        assert process.wait(20.0) == 128 + number


def test_a_cue_is_told_without_rehearsals_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "rehearsals.jsonl").write_text("\x1b[2Jhello\n")
    (tmp_path / "take").mkdir()
    (tmp_path / "take" / "events.jsonl").write_bytes(
        HEADER + b"".join(map(e.encode, some_events()))
    )
    told = run_at_desk(tmp_path, "cue", "take")
    said = [
        line
        for _, line in told.lines
        if line.startswith(
            "no estimates from rehearsals: line 1 of recordings/rehearsals.jsonl is not a rehearsal"
        )
    ]
    assert (told.exit_code, told.errors, len(said), told.lines[-1][1]) == (
        0,
        "",
        1,
        "the session is over, complete",
    )


def test_a_file_instead_of_a_take_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = run_at_desk(tmp_path, "cue", "file")
    assert (told.exit_code, told.errors.splitlines()[0]) == (
        2,
        "error: file is not a take's folder",
    )
