"""A session that is followed line by line: what counts, what is missing, and what is kept."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import events as e
from harness.event_lines import encode
from harness.files.heartbeat import heartbeat_line
from harness.files.journal import header_line
from harness.files.results import encode as encode_results
from harness.files.take_line import take_line
from harness.follow.follower import Follower
from harness.model import JournalHeader, Side
from harness.state.to_results import results_of
from tests.builders import a_board, an_opening, some_events
from tests.journals import HandClock

BEGAN = "2026-11-22T09:14:07Z"
LINES = [header_line("7c21", BEGAN), *map(encode, some_events())]
JOURNAL = b"".join(LINES)


def the_take(journal: bytes = JOURNAL, lines: int = len(LINES)) -> bytes:
    results = results_of(a_board(), sha256(journal).hexdigest())
    return take_line(encode_results(results), run_id="7c21", lines=lines, exit_code=0)


TAKE = the_take()


@dataclass
class Desk:
    """A follower whose take lies in a folder."""

    folder: Path
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        self.follower = Follower(self.make, self.clock)

    def make(self, _: JournalHeader) -> Path:
        self.folder.mkdir()
        return self.folder

    def reads(self, *readings: Iterable[bytes]) -> Follower:
        for number, reading in enumerate(readings):
            if number:
                self.follower.end_reading()
            for piece in reading:
                self.follower.take_in(piece)
        return self.follower

    @property
    def journal(self) -> bytes:
        return (self.folder / "events.jsonl").read_bytes()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "take")
    yield desk
    desk.follower.close()


def test_a_whole_stream_makes_the_board_and_the_journal(desk: Desk) -> None:
    follower = desk.reads([JOURNAL + TAKE])
    assert (follower.board, desk.journal) == (a_board(), JOURNAL)
    assert (follower.is_whole, follower.results_file()) == (True, follower.document)


def test_nothing_is_made_before_a_session_is_known(desk: Desk) -> None:
    follower = desk.reads([b"starting\n", *LINES[1:], TAKE])
    assert (follower.folder, follower.take, follower.headless) == (None, None, len(LINES) - 1)
    assert not desk.folder.exists()


def test_a_second_reading_from_the_beginning_counts_nothing_twice(desk: Desk) -> None:
    follower = desk.reads(LINES[:40], [*LINES, TAKE])
    assert (follower.board, desk.journal, follower.is_whole) == (a_board(), JOURNAL, True)


def test_lines_that_were_lost_are_known_in_the_end(desk: Desk) -> None:
    follower = desk.reads([*LINES[:20], *LINES[23:], TAKE])
    assert (follower.missing, follower.is_whole) == (3, False)


def test_a_second_reading_brings_the_lines_that_were_lost(desk: Desk) -> None:
    follower = desk.reads([*LINES[:20], *LINES[23:], TAKE], [*LINES, TAKE])
    assert (follower.missing, follower.is_whole, desk.journal) == (0, True, JOURNAL)
    assert follower.board == a_board()


def test_a_second_reading_that_fails_takes_nothing_away(desk: Desk) -> None:
    follower = desk.reads([JOURNAL, TAKE], [b"no such job\n"])
    assert (follower.is_whole, follower.take_is_new) == (True, False)


def test_two_equal_lines_of_a_journal_are_both_kept_in_the_end(desk: Desk) -> None:
    lines = [*LINES[:30], LINES[29], *LINES[30:]]
    journal = b"".join(lines)
    follower = desk.reads([journal, the_take(journal, len(lines))])
    assert follower.missing == 1
    follower.restore_doubtful()
    assert (desk.journal, follower.is_whole) == (journal, True)


def test_another_session_on_the_same_stream_is_told_apart(desk: Desk) -> None:
    opening = encode(an_opening(run_id="other"))
    follower = desk.reads([*LINES[:9], header_line("other", BEGAN), opening, *LINES[9:12]])
    assert (follower.other_run, follower.lines, desk.journal) == ("other", 9, b"".join(LINES[:9]))


def test_what_comes_after_the_end_does_not_count(desk: Desk) -> None:
    late = encode(e.stamp(e.Progress(done=5), 99.0, Side.BASELINE, 0))
    follower = desk.reads([JOURNAL, late, TAKE])
    assert (follower.garbled, desk.journal, follower.is_whole) == (1, JOURNAL, True)


def test_results_of_another_session_are_not_taken(desk: Desk) -> None:
    assert desk.reads([JOURNAL, TAKE.replace(b'"run_id":"7c21"', b'"run_id":"7c22"')]).take is None


def test_results_that_are_too_long_for_a_line_are_made_of_the_journal(desk: Desk) -> None:
    begin, _, _ = TAKE.partition(b',"results":"')
    follower = desk.reads([JOURNAL, begin + b"}\n"])
    assert follower.document == b""
    assert follower.results_file() == encode_results(
        results_of(a_board(), sha256(JOURNAL).hexdigest())
    )


def test_the_clock_of_a_session_goes_on_here_until_that_has_closed(desk: Desk) -> None:
    follower = desk.reads(LINES[:12])
    began = follower.at
    desk.clock.now += 3.0
    assert follower.at == pytest.approx(began + 3.0)
    desk.reads(LINES[12:])
    assert follower.at == a_board().at


def test_a_heartbeat_is_news_once_and_no_part_of_the_journal(desk: Desk) -> None:
    follower = desk.reads([JOURNAL])
    at = follower.board.at + 5.0
    for run_id, beat_at in (("7c21", at), ("7c21", at), ("5a5a", 9e3)):
        follower.take_in(heartbeat_line(run_id, beat_at))
    assert (follower.heartbeats, follower.news.last_at) == (1, at)
    assert desk.journal == JOURNAL


def test_what_other_programs_use_there_is_known_from_heartbeats_as_long_as_these_come(
    desk: Desk,
) -> None:
    follower = desk.reads(LINES[:12])
    known = [follower.foreign_now]
    follower.take_in(heartbeat_line("7c21", follower.at + 1.0, 0.31))
    for seconds in (0.0, 5.0, 5.0):
        desk.clock.now += seconds
        known.append(follower.foreign_now)
    assert known == [None, 0.31, 0.31, None]


def test_a_heartbeat_without_a_share_takes_the_last_one_back(desk: Desk) -> None:
    follower = desk.reads(LINES[:12])
    for share in (0.31, None):
        follower.take_in(heartbeat_line("7c21", follower.at + 1.0, share))
    assert follower.foreign_now is None


def test_nothing_disturbs_a_session_that_has_closed(desk: Desk) -> None:
    follower = desk.reads(LINES[:12])
    follower.take_in(heartbeat_line("7c21", follower.at + 1.0, 0.31))
    desk.reads(LINES[12:])
    assert follower.foreign_now is None


def test_a_journal_that_was_not_ended_is_read_to_its_last_byte(desk: Desk) -> None:
    follower = desk.reads([JOURNAL[:-1]])
    assert follower.board.closed is None
    follower.end_reading()
    assert follower.board.closed is not None


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(st.integers(0, 2**32))
def test_however_a_stream_breaks_and_repeats_the_last_whole_reading_counts(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance = random.Random(seed)
    desk = Desk(tmp_path_factory.mktemp("stream") / "take")
    for _ in range(chance.randrange(3)):
        torn = [line for line in LINES if chance.random() < 0.9][: chance.randrange(len(LINES))]
        noise = [b"noise %d\n" % chance.randrange(99) for _ in range(5)]
        desk.reads([*torn, *noise, LINES[5][: chance.randrange(40)]])
        desk.follower.end_reading()
    stream = b"".join([*LINES, TAKE])
    pieces, at = [], 0
    while at < len(stream):
        size = chance.randrange(1, 5_000)
        pieces.append(stream[at : at + size])
        at += size
    follower = desk.reads(pieces)
    follower.close()
    assert (follower.board, desk.journal, follower.is_whole) == (a_board(), JOURNAL, True)
