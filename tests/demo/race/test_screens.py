from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce

import pytest

from demo.race.screens import JsonLines, LivePanel, LogLines, Screen, Silent
from demo.terminal import ENTER_ALTERNATE_SCREEN, LEAVE_ALTERNATE_SCREEN, REDRAW_EVERY_FRAMES, Keys
from harness import events as e
from harness import text
from harness.event_lines import decode
from harness.events import Event
from harness.files.heartbeat import read_heartbeat
from harness.files.journal import header_line
from harness.model import Schedule, SessionStage, Side
from harness.show.terminal.log_lines import HEARTBEAT_S
from harness.show.terminal.panel import Caption
from harness.state.board import Board, apply
from tests.builders import a_board, a_spec, arming_events, some_events, sweep_events

CAPTION = Caption(
    run_id="7c21", schedule=Schedule.IN_TURN, utc=datetime(2026, 11, 22, 9, 14, 7, tzinfo=UTC)
)
HEADER = header_line("7c21", "2026-11-22T09:14:07+00:00")


def show_batches(screen: Screen, batches: Iterable[list[Event]]) -> None:
    """Show the batches, each at the time of its last event."""
    board = Board()
    with screen.in_use():
        for batch in batches:
            before, board = board, reduce(apply, batch, board)
            screen.show(batch, before, board, CAPTION, board.at)


def one_by_one(events: Iterable[Event]) -> Iterable[list[Event]]:
    return ([event] for event in events)


def test_plain_lines_tell_a_race_from_launch_to_gap(capsys: pytest.CaptureFixture[str]) -> None:
    show_batches(LogLines(a_spec()), one_by_one(some_events()))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("baseline: launched")
    assert any("gap" in line for line in lines)


def test_plain_says_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    show_batches(LogLines(a_spec()), [arming_events(), [], []])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(set(lines)) > 0


def test_plain_never_stays_silent_for_long(capsys: pytest.CaptureFixture[str]) -> None:
    screen, board = LogLines(a_spec()), a_board(arming_events())
    for beat in range(60):
        screen.show([], board, board, CAPTION, at=beat / 4)
    heartbeats = capsys.readouterr().out.splitlines()
    assert len(heartbeats) == int(59 / 4 / HEARTBEAT_S)


@pytest.mark.parametrize("stage", [SessionStage.SETTLING, SessionStage.PROVING])
def test_plain_says_what_is_waited_for_while_no_side_runs(
    stage: SessionStage, capsys: pytest.CaptureFixture[str]
) -> None:
    screen, board = LogLines(a_spec()), a_board()
    prompt = "proving the baseline: with 96 tokens"
    caption = replace(CAPTION, stage=stage, prompt=prompt)
    screen.show([], board, board, caption, at=HEARTBEAT_S + 1)
    assert capsys.readouterr().out == f"{text.clock(HEARTBEAT_S + 1)}  {prompt}\n"


def test_plain_lines_tell_a_sweep_from_launch_to_its_last_speedup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_batches(LogLines(a_spec(points=(1, 2))), one_by_one(sweep_events((1, 2))))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("baseline: launched")
    assert lines[-1].endswith("speedup on 2 workers so far 1.75×")


def test_events_are_the_journal_to_the_byte(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    events = some_events()
    show_batches(JsonLines(HEADER, "7c21"), [events[:5], [], events[5:]])
    header, *lines = capfdbinary.readouterr().out.splitlines(keepends=True)
    assert header == HEADER
    assert [decode(line) for line in lines] == events


def test_events_are_followed_by_heartbeats_while_nothing_happens(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    screen, board = JsonLines(HEADER, "7c21"), a_board()
    for tenth in range(50):
        screen.show([], board, board, CAPTION, at=0.1 * tenth)
    first, second = map(read_heartbeat, capfdbinary.readouterr().out.splitlines())
    assert [(one.run_id, round(one.at)) for one in (first, second)] == [("7c21", 2), ("7c21", 4)]


def test_heartbeats_amid_events_tell_while_other_programs_disturb_and_once_that_they_do_not(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    screen, board = JsonLines(HEADER, "7c21"), a_board()
    event = e.stamp(e.Progress(done=1), 0.0, Side.BASELINE, 0)
    for tenth in range(140):
        foreign = 0.01 if tenth < 40 else 0.31 if tenth < 85 else 0.02
        caption = replace(CAPTION, foreign_now=foreign)
        screen.show([event], board, board, caption, at=0.1 * tenth)
    lines = capfdbinary.readouterr().out.splitlines()
    beats = [read_heartbeat(line) for line in lines if line.startswith(b'{"schema"')]
    assert [(round(one.at), one.foreign_cpu) for one in beats] == [
        (4, 0.31),
        (6, 0.31),
        (8, 0.31),
        (10, 0.02),
    ]


def test_silent_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show_batches(Silent(), one_by_one(some_events()))
    assert capsys.readouterr() == ("", "")


def test_live_leaves_the_terminal_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    show_batches(LivePanel(a_spec(), Keys()), [some_events()])
    written = capfd.readouterr().out
    assert written.startswith(ENTER_ALTERNATE_SCREEN)
    assert written.endswith(LEAVE_ALTERNATE_SCREEN)


def test_live_leaves_the_terminal_as_it_was_after_a_fault(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def told_of_what_breaks() -> Iterator[list[Event]]:
        yield arming_events()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        show_batches(LivePanel(a_spec(), Keys()), told_of_what_breaks())
    assert capfd.readouterr().out.endswith(LEAVE_ALTERNATE_SCREEN)


def test_live_draws_a_sweep_with_its_curve(capfd: pytest.CaptureFixture[str]) -> None:
    show_batches(LivePanel(a_spec(points=(1, 2)), Keys()), [sweep_events((1, 2))])
    assert "all points measured" in capfd.readouterr().out


def test_live_draws_once_a_batch_and_only_what_changed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    show_batches(LivePanel(a_spec(), Keys()), [arming_events(), [], []])
    out = capfd.readouterr().out.removeprefix(ENTER_ALTERNATE_SCREEN)
    assert (out.count("\x1b[H"), out.count("BASELINE ·")) == (3, 1)


def test_live_draws_all_lines_now_and_then_to_mend_what_others_wrote_there(
    capfd: pytest.CaptureFixture[str],
) -> None:
    show_batches(
        LivePanel(a_spec(), Keys()), [arming_events(), *[[]] * (2 * REDRAW_EVERY_FRAMES - 1)]
    )
    assert capfd.readouterr().out.count("BASELINE ·") == 2
