import os
from pathlib import Path

import pytest

from harness import events as e
from harness.event_lines import encode
from harness.files.journal import header_line
from harness.model import Side, Status
from harness.takes.journal_tail import (
    GONE_AFTER_S,
    FollowedSession,
    is_running,
)
from tests.builders import a_board, an_opening, some_events, trial_events
from tests.journals import BEGAN, HandClock, launched, write_journal, write_more
from tests.talks import process_that_has_ended


def at_hand(journal: Path) -> tuple[FollowedSession, HandClock]:
    """Return a session followed by clocks set by hand, to when its journal was last written."""
    clock = HandClock()
    return FollowedSession(journal, clock=clock, epoch=lambda: journal.stat().st_mtime), clock


# Reading as it grows.


def test_a_whole_journal_gives_the_board_that_it_tells_of(tmp_path: Path) -> None:
    session = FollowedSession(write_journal(tmp_path, some_events()))
    session.read_events()
    assert session.board == a_board()


def test_a_journal_that_grows_gives_the_same_board_as_a_whole_one(tmp_path: Path) -> None:
    session, journal = FollowedSession(tmp_path / "events.jsonl"), tmp_path / "events.jsonl"
    text = header_line("7c21", BEGAN) + b"".join(map(encode, some_events()))
    seen = list[e.Event]()
    for place in range(0, len(text), 777):
        write_more(journal, text[place : place + 777])
        seen += session.read_events()
    assert (session.board, seen, session.unreadable) == (a_board(), some_events(), 0)


def test_a_line_that_is_being_written_is_left_for_later(tmp_path: Path) -> None:
    journal, line = write_journal(tmp_path, [an_opening()]), encode(e.Launched(pid=5))
    session = FollowedSession(journal)
    session.read_events()
    write_more(journal, line[:10])
    half = session.read_events()
    write_more(journal, line[10:])
    assert (half, session.read_events()) == ((), (e.Launched(pid=5),))


def test_no_event_is_returned_twice(tmp_path: Path) -> None:
    session = FollowedSession(write_journal(tmp_path, some_events()))
    session.read_events()
    assert session.read_events() == ()


def test_a_journal_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    session = FollowedSession(tmp_path / "take" / "events.jsonl")
    before = session.read_events()
    write_journal(tmp_path / "take", [an_opening()])
    assert (before, len(session.read_events())) == ((), 1)


def test_following_writes_nothing(tmp_path: Path) -> None:
    journal = write_journal(tmp_path, some_events())
    before = journal.stat()
    FollowedSession(journal).read_events()
    after = journal.stat()
    assert (before.st_mtime_ns, before.st_size, list(tmp_path.iterdir())) == (
        after.st_mtime_ns,
        after.st_size,
        [journal],
    )


HOSTILE = {
    "no event": b"hello\n",
    "an unknown event": b'{"event":"cheer"}\n',
    "no text": b"\xff\xfe\n",
    "too long": b"x" * 1_000_001 + b"\n",
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_a_line_that_is_no_event_is_counted_and_left_out(fault: str, tmp_path: Path) -> None:
    journal = write_journal(tmp_path, [an_opening()])
    write_more(journal, HOSTILE[fault] + encode(e.Launched(pid=5)))
    session = FollowedSession(journal)
    assert (len(session.read_events()), session.unreadable) == (2, 1)


def test_a_line_that_never_ends_is_passed_over(tmp_path: Path) -> None:
    journal = write_journal(tmp_path, [an_opening()])
    session = FollowedSession(journal)
    session.read_events()
    write_more(journal, b"x" * 4_000_000)
    session.read_events()
    write_more(journal, b"\n" + encode(e.Launched(pid=5)))
    assert len(session.read_events()) == 1


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "events.jsonl")
    assert FollowedSession(tmp_path / "events.jsonl").read_events() == ()


# The conductor's clock.


def test_the_conductors_time_goes_on_from_the_newest_event(tmp_path: Path) -> None:
    session, clock = at_hand(
        write_journal(tmp_path, [an_opening(), *trial_events(Side.BASELINE, 8.0, 40.0)])
    )
    session.read_events()
    clock.now += 2.5
    assert [session.at - session.board.at, session.silent_s] == pytest.approx([2.5, 2.5])


def test_another_event_sets_the_conductors_time(tmp_path: Path) -> None:
    journal = write_journal(tmp_path, [an_opening()])
    session, clock = at_hand(journal)
    session.read_events()
    clock.now += 30.0
    write_more(journal, encode(e.stamp(e.Progress(done=1), 12.0, Side.BASELINE, 0)))
    session.read_events()
    assert (session.at, session.silent_s) == (12.0, 0.0)


def test_a_journal_that_was_written_before_is_as_old_as_its_file(tmp_path: Path) -> None:
    journal = write_journal(tmp_path, [an_opening(), *trial_events(Side.BASELINE, 8.0, 40.0)[:4]])
    session = FollowedSession(
        journal, clock=HandClock(), epoch=lambda: journal.stat().st_mtime + 60.0
    )
    session.read_events()
    assert session.silent_s == pytest.approx(60.0)


def test_the_time_of_a_session_that_has_closed_stands_still(tmp_path: Path) -> None:
    session, clock = at_hand(write_journal(tmp_path, some_events()))
    session.read_events()
    at = session.at
    clock.now += 50.0
    assert (session.at, session.over) == (at, True)


# Whether anybody is there.


def test_a_session_is_alive_while_its_side_is_there(tmp_path: Path) -> None:
    session, clock = at_hand(write_journal(tmp_path, launched(os.getpid())))
    session.read_events()
    clock.now += 100.0
    session.read_events()
    assert (session.alive, session.over) == (True, False)


def test_a_session_is_gone_some_seconds_after_its_last_process(tmp_path: Path) -> None:
    session, clock = at_hand(write_journal(tmp_path, launched(process_that_has_ended())))
    session.read_events()
    at_first = session.alive
    clock.now += GONE_AFTER_S + 0.1
    session.read_events()
    assert (at_first, session.alive, session.over) == (True, False, True)


def test_a_session_that_has_closed_is_not_gone(tmp_path: Path) -> None:
    session, clock = at_hand(
        write_journal(
            tmp_path, [*launched(process_that_has_ended()), e.Closed(status=Status.COMPLETE)]
        )
    )
    session.read_events()
    clock.now += 100.0
    session.read_events()
    assert session.alive


def test_a_process_that_has_ended_is_not_there() -> None:
    assert (
        is_running(os.getpid()),
        is_running(1),
        is_running(process_that_has_ended()),
        is_running(2**70),
    ) == (True, True, False, False)
