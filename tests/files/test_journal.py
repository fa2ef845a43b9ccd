import hashlib
import os
from pathlib import Path

import pytest

from harness.errors import BadRequest
from harness.events import LONGEST_LINE_BYTES, encode
from harness.files.journal import LARGEST_BYTES, read
from harness.takes.folder import journal_header
from tests.builders import some_events

HEADER = journal_header("7c21", "2026-11-22T09:14:07Z")
EVENTS = some_events()
TEXT = HEADER + b"".join(map(encode, EVENTS))


def kept(folder: Path, text: bytes) -> Path:
    """Return a journal with this text."""
    path = folder / "events.jsonl"
    path.write_bytes(text)
    return path


def refused(path: Path) -> str:
    """Return the sentence that a journal is refused with."""
    with pytest.raises(BadRequest) as caught:
        read(path)
    assert caught.value.hint
    return caught.value.sentence


def test_a_journal_comes_back_as_it_was_told(tmp_path: Path) -> None:
    assert list(read(kept(tmp_path, TEXT)).events) == EVENTS


def test_its_sum_is_that_of_its_bytes(tmp_path: Path) -> None:
    assert read(kept(tmp_path, TEXT)).sha256 == hashlib.sha256(TEXT).hexdigest()


def test_a_journal_of_nothing_but_its_header_has_no_events(tmp_path: Path) -> None:
    assert read(kept(tmp_path, HEADER)).events == ()


BROKEN = {
    "is not a journal: its first line is no header": b"",
    "is not a journal": b"not JSON\n",
    "has the schema ''": b"{}\n",
    "has the schema 'twoclocks.events/9', this program reads 'twoclocks.events/1'": b'{"schema": "twoclocks.events/9"}\n',
    "line 2: not an event": HEADER + b'{"event": "nonsense"}\n',
    "line 3: not an event": HEADER + encode(EVENTS[0]) + b"\n" + encode(EVENTS[1]),
    f"line {len(EVENTS) + 1}: not an event": TEXT[:-20],
    "line 2: an event line of 1,000,001 bytes is too long": HEADER
    + b"x" * (LONGEST_LINE_BYTES + 1)
    + b"\n",
}


@pytest.mark.parametrize("told", BROKEN)
def test_a_broken_journal_is_refused_with_the_place(told: str, tmp_path: Path) -> None:
    assert told in refused(kept(tmp_path, BROKEN[told]))


def test_what_is_no_event_cannot_move_the_terminals_cursor(tmp_path: Path) -> None:
    assert refused(kept(tmp_path, HEADER + '{"event": "\x1b[2J‮"}\n'.encode())).isprintable()


def test_a_missing_journal_is_refused(tmp_path: Path) -> None:
    assert "cannot read" in refused(tmp_path / "events.jsonl")


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "events.jsonl")
    assert "is not a file" in refused(tmp_path / "events.jsonl")


def test_a_journal_too_large_to_read_is_refused(tmp_path: Path) -> None:
    path = kept(tmp_path, HEADER)
    os.truncate(path, LARGEST_BYTES + 1)
    assert "larger than any journal" in refused(path)
