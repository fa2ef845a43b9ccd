import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import events as e
from harness.files.journal import header_line
from harness.model import Side, Status
from harness.takes.journal_tail import (
    ABANDONED_AFTER_S,
    GONE_AFTER_S,
    FollowedSession,
    NewestSession,
    began_at,
    is_running,
)
from tests.builders import a_board, an_opening, some_events, trial_events
from tests.talks import process_that_has_ended

BEGAN = "2026-11-22T09:14:07+00:00"


@dataclass
class Hand:
    """A clock that is set by hand."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def written(folder: Path, events: Iterable[e.Event], began: str = BEGAN) -> Path:
    """Write a journal into a take's folder; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / "events.jsonl"
    journal.write_bytes(header_line("7c21", began) + b"".join(map(e.encode, events)))
    return journal


def append(journal: Path, text: bytes) -> None:
    """Write more at a journal's end."""
    with journal.open("ab") as file:
        file.write(text)


def launched(pid: int) -> list[e.Event]:
    """Return a session that has launched a side as that process."""
    return [an_opening(), e.stamp(e.Launched(pid=pid), 0.1, Side.BASELINE, 0)]


def at_hand(journal: Path) -> tuple[FollowedSession, Hand]:
    """Return a session followed by clocks set by hand, to when its journal was last written."""
    clock = Hand()
    return FollowedSession(journal, clock=clock, epoch=lambda: journal.stat().st_mtime), clock


# Reading as it grows.


def test_a_whole_journal_gives_the_board_that_it_tells_of(tmp_path: Path) -> None:
    session = FollowedSession(written(tmp_path, some_events()))
    session.read_events()
    assert session.board == a_board()


def test_a_journal_that_grows_gives_the_same_board_as_a_whole_one(tmp_path: Path) -> None:
    session, journal = FollowedSession(tmp_path / "events.jsonl"), tmp_path / "events.jsonl"
    text = header_line("7c21", BEGAN) + b"".join(map(e.encode, some_events()))
    seen = list[e.Event]()
    for place in range(0, len(text), 777):
        append(journal, text[place : place + 777])
        seen += session.read_events()
    assert (session.board, seen, session.unreadable) == (a_board(), some_events(), 0)


def test_a_line_that_is_being_written_is_left_for_later(tmp_path: Path) -> None:
    journal, line = written(tmp_path, [an_opening()]), e.encode(e.Launched(pid=5))
    session = FollowedSession(journal)
    session.read_events()
    append(journal, line[:10])
    half = session.read_events()
    append(journal, line[10:])
    assert (half, session.read_events()) == ((), (e.Launched(pid=5),))


def test_no_event_is_returned_twice(tmp_path: Path) -> None:
    session = FollowedSession(written(tmp_path, some_events()))
    session.read_events()
    assert session.read_events() == ()


def test_a_journal_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    session = FollowedSession(tmp_path / "take" / "events.jsonl")
    before = session.read_events()
    written(tmp_path / "take", [an_opening()])
    assert (before, len(session.read_events())) == ((), 1)


def test_following_writes_nothing(tmp_path: Path) -> None:
    journal = written(tmp_path, some_events())
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
    journal = written(tmp_path, [an_opening()])
    append(journal, HOSTILE[fault] + e.encode(e.Launched(pid=5)))
    session = FollowedSession(journal)
    assert (len(session.read_events()), session.unreadable) == (2, 1)


def test_a_line_that_never_ends_is_passed_over(tmp_path: Path) -> None:
    journal = written(tmp_path, [an_opening()])
    session = FollowedSession(journal)
    session.read_events()
    append(journal, b"x" * 4_000_000)
    session.read_events()
    append(journal, b"\n" + e.encode(e.Launched(pid=5)))
    assert len(session.read_events()) == 1


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "events.jsonl")
    assert FollowedSession(tmp_path / "events.jsonl").read_events() == ()


# The conductor's clock.


def test_the_conductors_time_goes_on_from_the_newest_event(tmp_path: Path) -> None:
    session, clock = at_hand(
        written(tmp_path, [an_opening(), *trial_events(Side.BASELINE, 8.0, 40.0)])
    )
    session.read_events()
    clock.now += 2.5
    assert [session.at - session.board.at, session.silent_s] == pytest.approx([2.5, 2.5])


def test_another_event_sets_the_conductors_time(tmp_path: Path) -> None:
    journal = written(tmp_path, [an_opening()])
    session, clock = at_hand(journal)
    session.read_events()
    clock.now += 30.0
    append(journal, e.encode(e.stamp(e.Progress(done=1), 12.0, Side.BASELINE, 0)))
    session.read_events()
    assert (session.at, session.silent_s) == (12.0, 0.0)


def test_a_journal_that_was_written_before_is_as_old_as_its_file(tmp_path: Path) -> None:
    journal = written(tmp_path, [an_opening(), *trial_events(Side.BASELINE, 8.0, 40.0)[:4]])
    session = FollowedSession(journal, clock=Hand(), epoch=lambda: journal.stat().st_mtime + 60.0)
    session.read_events()
    assert session.silent_s == pytest.approx(60.0)


def test_the_time_of_a_session_that_has_closed_stands_still(tmp_path: Path) -> None:
    session, clock = at_hand(written(tmp_path, some_events()))
    session.read_events()
    at = session.at
    clock.now += 50.0
    assert (session.at, session.over) == (at, True)


# Whether anybody is there.


def test_a_session_is_alive_while_its_side_is_there(tmp_path: Path) -> None:
    session, clock = at_hand(written(tmp_path, launched(os.getpid())))
    session.read_events()
    clock.now += 100.0
    session.read_events()
    assert (session.alive, session.over) == (True, False)


def test_a_session_is_gone_some_seconds_after_its_last_process(tmp_path: Path) -> None:
    session, clock = at_hand(written(tmp_path, launched(process_that_has_ended())))
    session.read_events()
    at_first = session.alive
    clock.now += GONE_AFTER_S + 0.1
    session.read_events()
    assert (at_first, session.alive, session.over) == (True, False, True)


def test_a_session_that_has_closed_is_not_gone(tmp_path: Path) -> None:
    session, clock = at_hand(
        written(tmp_path, [*launched(process_that_has_ended()), e.Closed(status=Status.COMPLETE)])
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


# The newest session.


def test_there_is_no_newest_session_below_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert NewestSession(tmp_path / "recordings").journal() is None


def test_the_session_that_began_last_is_the_newest(tmp_path: Path) -> None:
    later = written(tmp_path / "a", [], began="2026-11-23T09:14:07+00:00")
    written(tmp_path / "b", [], began="2026-11-22T09:14:07+00:00")
    assert NewestSession(tmp_path).journal() == later


def test_a_session_that_begins_while_one_looks_is_the_newest_from_then_on(tmp_path: Path) -> None:
    newest, first = (
        NewestSession(tmp_path),
        written(tmp_path / "z", [], began="2026-11-22T09:14:07+00:00"),
    )
    before = newest.journal()
    (tmp_path / "a").mkdir()
    empty = newest.journal()
    second = written(tmp_path / "a", [], began="2026-11-22T09:14:08+00:00")
    assert (before, empty, newest.journal()) == (first, first, second)


def test_moments_are_compared_whatever_their_zone(tmp_path: Path) -> None:
    written(tmp_path / "a", [], began="2026-11-22T10:00:00+02:00")
    later = written(tmp_path / "b", [], began="2026-11-22T09:00:00+00:00")
    assert NewestSession(tmp_path).journal() == later


def test_what_only_names_a_take_is_not_looked_at(tmp_path: Path) -> None:
    elsewhere = written(tmp_path / "elsewhere" / "take", []).parent
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "latest").symlink_to(elsewhere)
    assert NewestSession(tmp_path / "recordings").journal() is None


EARLIER, LATER = "2026-11-22T09:14:07+00:00", "2026-11-23T09:14:07+00:00"
CLOSED = e.Closed(status=Status.COMPLETE)


def test_a_session_that_goes_on_comes_before_one_that_is_over_and_says_that_it_began_later(
    tmp_path: Path,
) -> None:
    written(tmp_path / "over", [*launched(5), CLOSED], began=LATER)
    own = written(tmp_path / "own", launched(os.getpid()), began=EARLIER)
    assert NewestSession(tmp_path).journal() == own


def test_of_several_sessions_that_go_on_the_one_that_began_last_is_the_newest(
    tmp_path: Path,
) -> None:
    written(tmp_path / "b", launched(5), began=EARLIER)
    later = written(tmp_path / "a", launched(5), began=LATER)
    assert NewestSession(tmp_path).journal() == later


def test_a_session_that_closes_comes_after_one_that_goes_on(tmp_path: Path) -> None:
    other, journal = (
        written(tmp_path / "a", launched(5), began=EARLIER),
        written(tmp_path / "b", launched(5), began=LATER),
    )
    newest = NewestSession(tmp_path)
    before = newest.journal()
    append(journal, e.encode(CLOSED))
    assert (before, newest.journal()) == (journal, other)


def test_a_session_is_over_however_long_its_journal_is(tmp_path: Path) -> None:
    many = [e.stamp(e.Progress(done=done), 9.0, Side.BASELINE, 0) for done in range(100_000)]
    long, own = (
        written(tmp_path / "a", [*many, CLOSED], began=LATER),
        written(tmp_path / "b", launched(5), began=EARLIER),
    )
    assert (long.stat().st_size > 4_000_000, NewestSession(tmp_path).journal()) == (True, own)


def test_a_session_that_closed_is_not_looked_at_again(tmp_path: Path) -> None:
    over = written(tmp_path / "a", [CLOSED], began=EARLIER)
    newest, later = NewestSession(tmp_path), written(tmp_path / "b", [CLOSED], began=LATER)
    newest.journal()
    append(over, e.encode(e.Launched(pid=5)))
    assert newest.journal() == later


def test_a_session_that_was_left_without_closing_does_not_go_on_for_ever(tmp_path: Path) -> None:
    left, later = (
        written(tmp_path / "a", launched(5), began=EARLIER),
        written(tmp_path / "b", [CLOSED], began=LATER),
    )
    at = left.stat().st_mtime
    looks = [
        NewestSession(tmp_path, epoch=Hand(at + after)).journal()
        for after in (ABANDONED_AFTER_S - 1.0, ABANDONED_AFTER_S + 1.0)
    ]
    assert looks == [left, later]


ENDS = {
    "half a line": e.encode(CLOSED)[:-1],
    "no event": b"hello\n",
    "no text": b"\xff\n",
    "nothing": b"\n",
}


@pytest.mark.parametrize("fault", ENDS)
def test_a_journal_whose_end_does_not_say_closed_goes_on(fault: str, tmp_path: Path) -> None:
    journal = written(tmp_path / "a", launched(5), began=EARLIER)
    append(journal, ENDS[fault])
    written(tmp_path / "b", [CLOSED], began=LATER)
    assert NewestSession(tmp_path).journal() == journal


@pytest.mark.parametrize("events", [[CLOSED], []], ids=["over", "going on"])
def test_the_showcase_comes_after_the_presenters_own(events: list[e.Event], tmp_path: Path) -> None:
    written(tmp_path / "showcase", events, began=LATER)
    own = written(tmp_path / "own", events, began=EARLIER)
    assert NewestSession(tmp_path).journal() == own


def test_the_showcase_alone_is_a_session(tmp_path: Path) -> None:
    showcase = written(tmp_path / "showcase", [CLOSED])
    assert NewestSession(tmp_path).journal() == showcase


def test_a_draft_is_no_session(tmp_path: Path) -> None:
    written(tmp_path / ".unpublished-7c21", launched(os.getpid()))
    assert NewestSession(tmp_path).journal() is None


NO_JOURNALS: dict[str, Sequence[bytes]] = {
    "nothing": [b""],
    "half a header": [header_line("7c21", BEGAN)[:-1]],
    "another schema": [header_line("7c21", BEGAN).replace(b"events/1", b"events/2")],
    "no moment": [header_line("7c21", "lately")],
    "no JSON": [b"hello\n"],
    "too deep": [b"[" * 900 + b"\n"],
    "a list": [b"[]\n"],
}


@pytest.mark.parametrize("fault", NO_JOURNALS)
def test_what_is_no_journal_is_no_session(fault: str, tmp_path: Path) -> None:
    (tmp_path / "take").mkdir()
    (tmp_path / "take" / "events.jsonl").write_bytes(b"".join(NO_JOURNALS[fault]))
    assert (began_at(tmp_path / "take" / "events.jsonl"), NewestSession(tmp_path).journal()) == (
        None,
        None,
    )
