import os
from pathlib import Path

import msgspec
import pytest

from harness.errors import BadRequest
from harness.event_lines import LONGEST_LINE_BYTES
from harness.files.jsonl import Tail, append, read_all, read_part

LARGEST = 10_000_000


def numbers(content: bytes) -> tuple[int, ...]:
    """Return the numbers that a file of numbers holds."""
    decode = msgspec.json.Decoder(int).decode
    return read_all(content, decode, name="list", noun="a number", hint="write numbers")


def write_more(path: Path, content: bytes) -> None:
    """Write at a file's end."""
    with path.open("ab") as file:
        file.write(content)


@pytest.mark.parametrize("content", [b"1\n2\n", b"1\n2", b"1\n\n  \n# a comment\n2\n"])
def test_every_line_is_read_but_blank_ones_and_comments(content: bytes) -> None:
    assert numbers(content) == (1, 2)


BAD = {
    "words": b"one",
    "half a line": b'"on',
    "no text": b"\xff\xfe",
    "too deep": b"[" * 90_000,
    "too long": b"1" * (LONGEST_LINE_BYTES + 1),
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_refused_by_its_number(line: str) -> None:
    with pytest.raises(BadRequest, match="line 2 of list is not a number: ") as refused:
        numbers(b"1\n" + BAD[line] + b"\n3\n")
    assert refused.value.hint == "write numbers"


def test_a_line_is_appended_after_a_line_that_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_bytes(b"1\n2")
    append(path, b"3")
    assert path.read_bytes() == b"1\n2\n3\n"


def test_a_tail_returns_each_line_once_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    tail = Tail(path, LARGEST)
    before = tail.new_lines()[0]
    path.write_bytes(b"1\n2")
    first = tail.new_lines()[0]
    write_more(path, b"\n\n")
    assert (before, first, tail.new_lines()[0], tail.new_lines()[0]) == ([], [b"1"], [b"2"], [])


def test_a_tail_skips_a_piece_too_long_to_be_a_line(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_bytes(b"x" * 2 * LONGEST_LINE_BYTES)
    tail = Tail(path, 3 * LONGEST_LINE_BYTES)
    tail.new_lines()
    write_more(path, b"\n1\n")
    assert (tail.new_lines()[0], tail.skipped) == ([b"1"], 1)


def test_the_end_of_a_file_is_read_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_bytes(b"1\n2\n3\n")
    assert read_part(path, LARGEST, since=-2).content == b"3\n"
    assert read_part(path, LARGEST, since=-99).content == b"1\n2\n3\n"


def test_nothing_is_read_of_what_is_no_file_or_too_large(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"123")
    (tmp_path / "memory").symlink_to("/proc/self/mem")  # a regular file that nobody can read
    names = ("missing", "pipe", "large", ".", "memory")
    parts = [read_part(tmp_path / name, 2).content for name in names]
    assert parts == [b""] * 5
