from dataclasses import replace as renewed

import pytest
from msgspec.structs import replace

from harness import events as e
from harness.cast.screen_reader import read_screen
from harness.model import ChaosKind, FaultKind, Side
from harness.show.terminal.log_lines import new_lines
from harness.show.terminal.losses import (
    loss_counter,
    loss_news,
    loss_note,
    spare_words,
    strike_line,
    worker_remark,
)
from harness.show.terminal.presenter_phrases import FollowedRun, describe_side
from harness.state.board import Board
from harness.talk.forecast import RehearsalHistory
from tests.builders import a_board, a_strike
from tests.goldens import golden_text
from tests.show.terminal.panels import (
    STRUCK_AT,
    STRUCK_SPEC,
    board_at,
    draw_struck,
    struck_events,
    struck_workers,
)

SIZES = [(80, 24), (120, 40), (200, 60)]
MOMENTS = {"killed": 3.4, "lost": 4.0, "back": 5.5, "leaving": 10.0, "frozen": 15.0, "over": 40.0}


def board_after(seconds: float) -> Board:
    """Return the board so many seconds after the distributed side's go."""
    return board_at(struck_events(), STRUCK_AT + seconds)


def remark(name: str, seconds: float) -> str:
    lane = board_after(seconds).distributed
    worker = next(one for one in lane.workers if one.process.id == name)
    return worker_remark(worker, lane, seconds, STRUCK_AT + seconds)


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=lambda size: str(size))
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_panel_of_a_race_under_strikes_looks_as_it_did(
    columns: int, rows: int, moment: str
) -> None:
    picture = draw_struck(MOMENTS[moment], columns, rows)

    assert picture == golden_text(f"struck-{columns}x{rows}-{moment}", picture)


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=lambda size: str(size))
def test_every_frame_of_a_race_under_strikes_has_the_same_height(columns: int, rows: int) -> None:
    moments = (-59.0, -40.0, 0.0, *MOMENTS.values())
    heights = {len(draw_struck(moment, columns, rows).splitlines()) for moment in moments}

    assert len(heights) == 1
    assert max(heights) <= rows - 1


@pytest.mark.parametrize(("columns", "rows"), SIZES, ids=lambda size: str(size))
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_recording_of_strikes_shows_both_clocks_to_whoever_verifies_it(
    columns: int, rows: int, moment: str
) -> None:
    seconds = MOMENTS[moment]

    reading = read_screen(draw_struck(seconds, columns, rows).splitlines())

    assert reading is not None
    assert [clock and clock.seconds for clock in reading.clocks] == [seconds, min(20.0, seconds)]


REMARKS = {
    ("w1", 3.4): "KILLED",
    ("w1", 4.0): "LOST 200 ms",
    ("w1", 4.5): "back after 1.40 s",
    ("w1", 5.5): "back after 1.90 s",
    ("w1", 10.5): "",
    ("w0", 10.0): "LEAVING in 6 s",
    ("w0", 16.5): "back after 7.80 s",
    ("w1", 15.0): "FROZEN 1.00 s",
    ("w1", 18.5): "back after 4.20 s",
}


@pytest.mark.parametrize(("name", "seconds"), REMARKS)
def test_a_row_says_what_has_become_of_its_worker(name: str, seconds: float) -> None:
    assert remark(name, seconds) == REMARKS[name, seconds]


def test_marks_stand_where_the_progress_bar_was() -> None:
    line = strike_line(board_after(5.5).distributed, 40)

    assert [place for place, mark in enumerate(line) if mark == "✕"] == [5]
    assert [place for place, mark in enumerate(line) if mark == "↺"] == [8]


def test_two_marks_never_share_a_cell() -> None:
    line = strike_line(board_after(40.0).distributed, 12)

    assert (line.count("✕"), line.count("↺")) == (3, 3)


def test_before_the_first_strike_a_line_says_that_there_was_none() -> None:
    assert strike_line(board_after(1.0).distributed, 30) == "no strike yet"


def test_losses_and_freezes_are_counted_apart_with_their_median_recovery() -> None:
    assert [loss_counter(board_after(seconds).distributed)[0] for seconds in MOMENTS.values()] == [
        "1 lost",
        "1 lost",
        "1 lost · 1.90 s",
        "1 lost · 1.90 s",
        "1 lost, 1 frozen · 1.90 s",
        "2 lost, 1 frozen · 4.85 s",
    ]


def test_spares_stand_by_until_they_step_in() -> None:
    lanes = [board_at(struck_events(), 1.0), board_after(1.0), board_after(40.0)]

    assert [spare_words(board.distributed, 2) for board in lanes] == [
        "2 spares to stand by",
        "2 spares standing by",
        "1 of 2 spares standing by",
    ]


def test_where_all_have_stepped_in_no_spare_is_left() -> None:
    lane = board_after(40.0).distributed
    left = replace(lane, armed=replace(lane.armed, spares=()))

    assert spare_words(left, 2) == "no spare standing by"


def test_a_drained_worker_leaves_and_is_not_called_lost() -> None:
    announced = a_strike(kind=FaultKind.DRAIN, at_s=5.0, cost_s=None, caught_up_s=None)
    gone = renewed(announced, at_s=12.0, reason="left after notice")

    assert [*loss_news(announced, gone)] == ["w1 gone after 7.00 s: left after notice"]


def test_a_note_says_what_has_become_of_the_latest_loss() -> None:
    notes = [loss_note(board_after(seconds).distributed.faults[-1]) for seconds in (3.4, 5.5, 10)]

    assert notes == [
        "w1 KILLED on purpose at 00:03.0",
        "w1 KILLED on purpose at 00:03.0, back after 1.90 s",
        "w0 LEAVING in 8.00 s, announced at 00:08.0",
    ]


def test_nobody_is_back_before_its_place_is_filled_although_others_have_caught_up() -> None:
    away = a_strike(cost_s=None, caught_up_s=0.1)
    back = renewed(away, cost_s=1.5)
    assert [*map(loss_note, (away, back))] == [
        "w1 KILLED on purpose at 00:05.0, all caught up after 100 ms",
        "w1 KILLED on purpose at 00:05.0, back after 1.60 s",
    ]


def test_the_lines_tell_each_loss_as_it_happens() -> None:
    events = [event for event in struck_events() if event.at >= STRUCK_AT]
    board = board_after(0.0)
    lines: list[str] = []
    for event in events[1:]:
        after = a_board([one for one in struck_events() if one.at <= event.at])
        if after is not board:
            lines += new_lines(board, after, STRUCK_SPEC, at=event.at, last_line_at=event.at)
            board = after

    assert [
        line.partition("distributed: ")[2]
        for line in lines
        if any(map(line.__contains__, ("w0", "w1")))
    ] == [
        "w1 KILLED on purpose at 00:03.0",
        "w1 LOST, noticed after 800 ms: its process ended with SIGKILL",
        "w1 back after 600 ms",
        "w1: all caught up after 1.90 s, 3 steps or chunks redone",
        "w0 LEAVING in 8.00 s, announced at 00:08.0",
        "w1 FROZEN on purpose at 00:14.0",
        "w0 back after 7.50 s",
        "w0: all caught up after 7.80 s, 0 steps or chunks redone",
        "w1 back after 4.00 s",
        "w1: all caught up after 4.20 s, 0 steps or chunks redone",
    ]


def test_a_strike_that_found_nobody_is_told_in_a_line() -> None:
    before = board_after(1.0)
    missed = e.stamp(e.Unstruck(strike="kill:w9@33%"), STRUCK_AT + 1.5, Side.DISTRIBUTED, 0)
    after = a_board([*(one for one in struck_events() if one.at <= STRUCK_AT + 1.0), missed])

    lines = new_lines(before, after, STRUCK_SPEC, at=61.5, last_line_at=61.0)

    assert [line.partition("  ")[2] for line in lines] == [
        "distributed: the strike kill:w9@33% hit nobody before the end"
    ]


def test_the_presenter_sees_the_counter_beside_the_clock() -> None:
    run = FollowedRun(board=board_after(5.5), at=STRUCK_AT + 5.5, silent_s=0.0)

    said = describe_side(run, Side.DISTRIBUTED, RehearsalHistory())

    assert all("1 lost · 1.90 s" in variant for variant in said)


HOSTS = {"a host": ChaosKind.NODE, "a worker": ChaosKind.KILL}


@pytest.mark.parametrize("struck", HOSTS)
def test_a_worker_lost_with_its_host_is_told_from_one_that_was_killed(struck: str) -> None:
    strike = e.Struck(worker="w1", kind=HOSTS[struck])
    events = [one for one in struck_workers(()) if one.at <= STRUCK_AT + 1.0]
    board = a_board([*events, e.stamp(strike, STRUCK_AT + 2.0, Side.DISTRIBUTED, 0)])

    assert loss_note(board.distributed.faults[0]).startswith(
        "w1 KILLED on purpose with its host" if struck == "a host" else "w1 KILLED on purpose at"
    )
