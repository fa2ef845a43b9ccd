import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness import events as e
from harness.event_lines import encode
from harness.files.journal import header_line
from harness.model import Side, Status
from harness.takes.journal_tail import (
    ABANDONED_AFTER_S,
    NewestSession,
)
from tests.journals import BEGAN, HandClock, launched, write_journal, write_more


def test_there_is_no_newest_session_below_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert NewestSession(tmp_path / "recordings").journal() is None


def test_the_session_that_began_last_is_the_newest(tmp_path: Path) -> None:
    later = write_journal(tmp_path / "a", [], began="2026-11-23T09:14:07+00:00")
    write_journal(tmp_path / "b", [], began="2026-11-22T09:14:07+00:00")
    assert NewestSession(tmp_path).journal() == later


def test_a_session_that_begins_while_one_looks_is_the_newest_from_then_on(tmp_path: Path) -> None:
    newest, first = (
        NewestSession(tmp_path),
        write_journal(tmp_path / "z", [], began="2026-11-22T09:14:07+00:00"),
    )
    before = newest.journal()
    (tmp_path / "a").mkdir()
    empty = newest.journal()
    second = write_journal(tmp_path / "a", [], began="2026-11-22T09:14:08+00:00")
    assert (before, empty, newest.journal()) == (first, first, second)


def test_moments_are_compared_whatever_their_zone(tmp_path: Path) -> None:
    write_journal(tmp_path / "a", [], began="2026-11-22T10:00:00+02:00")
    later = write_journal(tmp_path / "b", [], began="2026-11-22T09:00:00+00:00")
    assert NewestSession(tmp_path).journal() == later


def test_what_only_names_a_take_is_not_looked_at(tmp_path: Path) -> None:
    elsewhere = write_journal(tmp_path / "elsewhere" / "take", []).parent
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "latest").symlink_to(elsewhere)
    assert NewestSession(tmp_path / "recordings").journal() is None


EARLIER, LATER = "2026-11-22T09:14:07+00:00", "2026-11-23T09:14:07+00:00"
CLOSED = e.Closed(status=Status.COMPLETE)


def test_a_running_session_comes_before_a_finished_one_that_claims_to_be_later(
    tmp_path: Path,
) -> None:
    write_journal(tmp_path / "over", [*launched(5), CLOSED], began=LATER)
    own = write_journal(tmp_path / "own", launched(os.getpid()), began=EARLIER)
    assert NewestSession(tmp_path).journal() == own


def test_of_several_sessions_that_go_on_the_one_that_began_last_is_the_newest(
    tmp_path: Path,
) -> None:
    write_journal(tmp_path / "b", launched(5), began=EARLIER)
    later = write_journal(tmp_path / "a", launched(5), began=LATER)
    assert NewestSession(tmp_path).journal() == later


def test_a_session_that_closes_comes_after_one_that_goes_on(tmp_path: Path) -> None:
    other, journal = (
        write_journal(tmp_path / "a", launched(5), began=EARLIER),
        write_journal(tmp_path / "b", launched(5), began=LATER),
    )
    newest = NewestSession(tmp_path)
    before = newest.journal()
    write_more(journal, encode(CLOSED))
    assert (before, newest.journal()) == (journal, other)


def test_a_session_is_over_however_long_its_journal_is(tmp_path: Path) -> None:
    many = [e.stamp(e.Progress(done=done), 9.0, Side.BASELINE, 0) for done in range(100_000)]
    long, own = (
        write_journal(tmp_path / "a", [*many, CLOSED], began=LATER),
        write_journal(tmp_path / "b", launched(5), began=EARLIER),
    )
    assert (long.stat().st_size > 4_000_000, NewestSession(tmp_path).journal()) == (True, own)


def test_a_session_that_closed_is_not_looked_at_again(tmp_path: Path) -> None:
    over = write_journal(tmp_path / "a", [CLOSED], began=EARLIER)
    newest, later = NewestSession(tmp_path), write_journal(tmp_path / "b", [CLOSED], began=LATER)
    newest.journal()
    write_more(over, encode(e.Launched(pid=5)))
    assert newest.journal() == later


def test_a_session_that_was_left_without_closing_does_not_go_on_for_ever(tmp_path: Path) -> None:
    left, later = (
        write_journal(tmp_path / "a", launched(5), began=EARLIER),
        write_journal(tmp_path / "b", [CLOSED], began=LATER),
    )
    at = left.stat().st_mtime
    looks = [
        NewestSession(tmp_path, epoch=HandClock(at + after)).journal()
        for after in (ABANDONED_AFTER_S - 1.0, ABANDONED_AFTER_S + 1.0)
    ]
    assert looks == [left, later]


ENDS = {
    "half a line": encode(CLOSED)[:-1],
    "no event": b"hello\n",
    "no text": b"\xff\n",
    "nothing": b"\n",
}


@pytest.mark.parametrize("fault", ENDS)
def test_a_journal_whose_end_does_not_say_closed_goes_on(fault: str, tmp_path: Path) -> None:
    journal = write_journal(tmp_path / "a", launched(5), began=EARLIER)
    write_more(journal, ENDS[fault])
    write_journal(tmp_path / "b", [CLOSED], began=LATER)
    assert NewestSession(tmp_path).journal() == journal


@pytest.mark.parametrize("events", [[CLOSED], []], ids=["over", "going on"])
def test_the_showcase_comes_after_the_presenters_own(events: list[e.Event], tmp_path: Path) -> None:
    write_journal(tmp_path / "showcase", events, began=LATER)
    own = write_journal(tmp_path / "own", events, began=EARLIER)
    assert NewestSession(tmp_path).journal() == own


def test_the_showcase_alone_is_a_session(tmp_path: Path) -> None:
    showcase = write_journal(tmp_path / "showcase", [CLOSED])
    assert NewestSession(tmp_path).journal() == showcase


def test_a_draft_is_no_session(tmp_path: Path) -> None:
    write_journal(tmp_path / ".unpublished-7c21", launched(os.getpid()))
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
    assert NewestSession(tmp_path).journal() is None
