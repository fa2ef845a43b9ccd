"""Lines of a journal that come again, in any order of readings."""

from hypothesis import given
from hypothesis import strategies as st

from harness.follow.places import Places

LINES = [f"line {number}".encode() for number in range(12)]


class Reading:
    """A record of lines kept as a follower keeps it."""

    def __init__(self) -> None:
        self.places = Places()
        self.lines: list[bytes] = []

    def read(self, lines: list[bytes], *, whole: bool = True) -> "Reading":
        if self.lines:
            self.places.begin_reading()
        for number, line in enumerate(lines):
            if number == 0 and whole:
                self.places.begin_journal()
            place = self.places.place_of(line)
            if place is not None:
                self.lines[place:] = [line]
        return self


def test_a_second_reading_from_the_beginning_adds_only_what_is_new() -> None:
    assert Reading().read(LINES[:5]).read(LINES).lines == LINES


def test_a_second_reading_that_goes_on_where_the_first_ended_adds_all() -> None:
    reading = Reading().read(LINES[:5]).read(LINES[5:], whole=False)
    assert reading.lines == LINES
    assert reading.places.begins_amid


def test_a_second_reading_that_overlaps_leaves_no_doubt() -> None:
    reading = Reading().read(LINES[:5]).read(LINES[3:], whole=False)
    assert reading.lines == LINES
    assert not reading.places.begins_amid


def test_lines_that_come_twice_count_once() -> None:
    assert Reading().read([line for line in LINES for _ in range(2)]).lines == LINES


def test_blocks_that_come_twice_count_once() -> None:
    assert Reading().read(LINES[:6] + LINES[2:6] + LINES[6:]).lines == LINES


def test_a_second_reading_fills_in_what_was_missing() -> None:
    assert Reading().read(LINES[:3] + LINES[5:9]).read(LINES).lines == LINES


def test_a_second_reading_that_lacks_lines_takes_none_away() -> None:
    assert Reading().read(LINES).read(LINES[:2] + LINES[6:]).lines == LINES


def test_a_shorter_second_reading_takes_nothing_away() -> None:
    assert Reading().read(LINES).read(LINES[:4]).lines == LINES


def test_a_line_that_stands_twice_in_a_journal_is_remembered_with_its_place() -> None:
    reading = Reading().read([*LINES[:4], LINES[3], *LINES[4:]])
    assert reading.places.doubtful == [(4, LINES[3])]


@given(st.lists(st.integers(0, len(LINES)), max_size=4))
def test_readings_that_break_off_anywhere_make_one_journal(breaks: list[int]) -> None:
    reading = Reading()
    for end in breaks:
        reading.read(LINES[:end])
    assert reading.read(LINES).lines == LINES


@given(st.sets(st.integers(1, len(LINES) - 1)), st.integers(1, 4))
def test_whatever_was_lost_before_a_whole_reading_makes_all_good(
    lost: set[int], times: int
) -> None:
    torn = [line for number, line in enumerate(LINES) if number not in lost]
    reading = Reading()
    for _ in range(times):
        reading.read(torn)
    assert reading.read(LINES).lines == LINES
