"""Streams on which a race elsewhere is followed, and on which anybody may write."""

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from harness.errors import TwoclocksError
from harness.files.take_line import take_line
from harness.follow.follower import Follower
from harness.model import JournalHeader
from tests.fuzz import hostile
from tests.fuzz.example import Example
from tests.fuzz.mutations import (
    Change,
    change_bytes,
    change_json_line,
    change_lines,
    change_somehow,
)
from tests.fuzz.outputs import unshowable
from tests.fuzz.target import Run, Target
from tests.fuzz.targets.takes import JOURNAL, RESULTS, original, panel_faults

PIECES_BYTES = (1, 100, 5_000, 1 << 16)
PREFIXES = (
    b"(driver pid=7) ",
    b"\x1b[36m(a)\x1b[0m ",
    b"2026-11-22T09:14:07Z stdout F ",
    b'{"log":"',
)
EVERY = 40
"""A line of so many gets a prefix, or a line of others before it."""


@cache
def stream() -> bytes:
    """Return what a race prints: its journal and, as the last line, its results file."""
    count = JOURNAL.count(b"\n")
    ending = take_line(RESULTS, run_id=original().run_id, lines=count, exit_code=0)
    return JOURNAL + ending


def _add_others(draw: random.Random, content: bytes) -> bytes:
    """Return lines with prefixes before some, and lines of other programs between them."""
    lines = content.split(b"\n")
    for place in draw.sample(range(len(lines)), max(1, len(lines) // EVERY)):
        other = hostile.a_text(draw).encode("utf-8", "surrogatepass")
        match draw.randrange(3):
            case 0:
                lines[place] = draw.choice(PREFIXES) + lines[place]
            case 1:
                lines[place] = other + b"\n" + lines[place]
            case _:
                lines[place] += other
    return b"\n".join(lines)


def _break_off(draw: random.Random, content: bytes) -> bytes:
    """Return a stream that breaks off and is taken up again some lines before, or after."""
    at, back = draw.randrange(len(content)), draw.choice((-5_000, 0, 5_000, 60_000))
    return content[:at] + b"\n" + content[max(0, at - back) :]


CHANGES: tuple[Change, ...] = (_add_others, _break_off, change_json_line, change_lines)


def _make(draw: random.Random) -> Example:
    changed = change_somehow(draw, stream(), *CHANGES, change_bytes)
    return Example({"stream": changed}, (str(draw.choice(PIECES_BYTES[1:])),))


def _faults(example: Example, _: Run) -> Iterator[str]:
    def make_folder(_: JournalHeader) -> Path:
        Path("take").mkdir()
        return Path("take")

    follower = Follower(make_folder, clock=lambda: 1.0)
    content, size = example.files["stream"], int(example.words[0])
    try:
        for begin in range(0, len(content), size):
            follower.take_in(content[begin : begin + size])
        follower.end_reading()
        follower.restore_doubtful()
    except TwoclocksError as refused:
        yield from unshowable("a refusal", refused.sentence)
    if follower.copy is not None:
        follower.copy.close()
    yield from unshowable("a line of others", follower.last_foreign)
    if follower.document not in (b"", RESULTS):
        yield "it takes other results than the race's for its results"
    if follower.board.opened is not None:
        yield from panel_faults(follower.board)


TARGETS = (
    Target(
        name="stream",
        reads="what a race prints elsewhere, among lines of others: copy, results, panel",
        holds="the results come whole or not at all",
        make=_make,
        faults=_faults,
        examples=20,
        node_share=0.0,
    ),
)
