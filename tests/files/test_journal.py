import contextlib
import hashlib
import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import BadRequest, MachineFailed
from harness.event_lines import LONGEST_LINE_BYTES, encode
from harness.files.journal import LARGEST_BYTES, JournalWriter, header_line, read
from harness.files.jsonl import BLOCK_BYTES
from tests.builders import some_events

HEADER = header_line("7c21", "2026-11-22T09:14:07Z")
EVENTS = some_events()
TEXT = HEADER + b"".join(map(encode, EVENTS))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a take's journal is, which is not there yet."""
    return tmp_path / "events.jsonl"


def refusal(path: Path) -> str:
    """Return the sentence that a journal is refused with."""
    with pytest.raises(BadRequest) as caught:
        _ = read(path).events
    assert caught.value.hint
    return caught.value.sentence


# Read.


def test_a_journal_comes_back_as_it_was_written(path: Path) -> None:
    path.write_bytes(TEXT)
    assert list(read(path).events) == EVENTS


def test_its_sum_is_that_of_its_bytes(path: Path) -> None:
    path.write_bytes(TEXT)
    assert read(path).sha256 == hashlib.sha256(TEXT).hexdigest()


def test_a_journal_of_nothing_but_its_header_has_no_events(path: Path) -> None:
    path.write_bytes(HEADER)
    assert read(path).events == ()


BROKEN = {
    "is not a journal: its first line is no header": b"",
    "is not a journal": b"not JSON\n",
    "has the schema ''": b"{}\n",
    "has the schema 'twoclocks.events/9', this program reads 'twoclocks.events/1'": (
        b'{"schema": "twoclocks.events/9"}\n'
    ),
    "line 2 of ": HEADER + b'{"event": "nonsense"}\n',
    "line 4 of ": HEADER + encode(EVENTS[0]) + b"\n" + b"hello\n" + encode(EVENTS[1]),
    f"line {len(EVENTS) + 1} of ": TEXT[:-20],
    "is not an event: its 8,000,001 bytes are more than a line may have": (
        HEADER + b"x" * (LONGEST_LINE_BYTES + 1) + b"\n"
    ),
}


@pytest.mark.parametrize("says", BROKEN)
def test_a_broken_journal_is_refused_with_the_place(says: str, path: Path) -> None:
    path.write_bytes(BROKEN[says])
    assert says in refusal(path)


def test_what_is_no_event_cannot_move_the_terminals_cursor(path: Path) -> None:
    path.write_bytes(HEADER + '{"event": "\x1b[2J\u202e"}\n'.encode())
    assert refusal(path).isprintable()


def test_a_journal_longer_than_is_read_at_a_time_comes_back_whole(path: Path) -> None:
    many = EVENTS[:1] + EVENTS[1:2] * 30_000
    path.write_bytes(HEADER + b"# a remark\n\n" + b"".join(map(encode, many)))
    assert path.stat().st_size > BLOCK_BYTES
    assert list(read(path).events) == many


def test_in_a_long_journal_too_a_broken_line_is_refused_with_its_number(path: Path) -> None:
    lines = encode(EVENTS[1]) * 30_000
    path.write_bytes(HEADER + lines + b'{"event": "nonsense"}\n' + lines)
    assert "line 30,002 of " in refusal(path)


def test_more_events_than_any_session_has_are_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.files.journal.MOST_EVENTS", len(EVENTS) - 1)
    path.write_bytes(TEXT)
    assert f"has more than {len(EVENTS) - 1} events" in refusal(path)


def test_a_missing_journal_is_refused(path: Path) -> None:
    assert "there is no journal " in refusal(path)


def test_a_pipe_is_refused_without_waiting_for_it(path: Path) -> None:
    os.mkfifo(path)
    assert "is not a file" in refusal(path)


def test_a_journal_too_large_to_read_is_refused(path: Path) -> None:
    path.write_bytes(HEADER)
    os.truncate(path, LARGEST_BYTES + 1)
    assert "larger than any journal" in refusal(path)


# Written.


def test_a_journal_begins_with_its_header(path: Path) -> None:
    JournalWriter.start(path.parent, HEADER).close()
    assert json.loads(path.read_bytes()) == {
        "schema": "twoclocks.events/1",
        "run_id": "7c21",
        "began_utc": "2026-11-22T09:14:07Z",
    }


def test_a_journal_holds_every_event_on_a_line(path: Path) -> None:
    journal = JournalWriter.start(path.parent, HEADER)
    for place in range(0, len(EVENTS), 7):
        journal.write(EVENTS[place : place + 7])
    journal.close()
    assert path.read_bytes() == TEXT


def test_an_event_is_on_disk_as_soon_as_it_is_written(path: Path) -> None:
    journal = JournalWriter.start(path.parent, HEADER)
    journal.write(EVENTS[:1])
    assert path.read_bytes() == HEADER + encode(EVENTS[0])
    journal.close()


def test_an_empty_batch_leaves_no_line(path: Path) -> None:
    journal = JournalWriter.start(path.parent, HEADER)
    journal.write([])
    journal.close()
    assert path.read_bytes() == HEADER


def test_the_sum_is_that_of_the_file(path: Path) -> None:
    journal = JournalWriter.start(path.parent, HEADER)
    journal.write(EVENTS)
    assert journal.close() == hashlib.sha256(path.read_bytes()).hexdigest()


@contextlib.contextmanager
def little_room() -> Iterator[None]:
    """Let no file grow beyond 4,096 bytes, as on a disk that is nearly full.

    That holds for the file that pytest may be writing to as well, so be quick.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_on_a_full_disk_the_journal_ends_with_its_last_whole_batch(path: Path) -> None:
    journal = JournalWriter.start(path.parent, HEADER)
    journal.write(EVENTS[:1])
    whole = path.read_bytes()
    with little_room(), pytest.raises(MachineFailed, match=r"cannot write .*events\.jsonl"):
        journal.write(EVENTS)
    assert journal.close() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.read_bytes() == whole


def test_a_journal_is_never_overwritten(path: Path) -> None:
    JournalWriter.start(path.parent, HEADER).close()
    with pytest.raises(MachineFailed, match="File exists"):
        JournalWriter.start(path.parent, HEADER)
