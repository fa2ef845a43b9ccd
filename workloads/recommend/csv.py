"""Lines of ratings, parsed from bytes by a compiled kernel: users and items may be any strings, numbered as they first appear.

Imports NumPy and ``_recommend_kernel``.
"""

from typing import NamedTuple

import numpy as np

from workloads.recommend.kernel import Array, compiled

LONGEST_NAME = 255
LARGEST_RATING = 1e6
FEWEST_FIELDS, MOST_FIELDS = 2, 4
DIGITS = 15
NEWLINE, RETURN, SPACE, QUOTE, POINT, ZERO, NINE = 10, 13, 32, 34, 46, 48, 57
OFFSET, PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)

FAULTS = (
    "",
    "has fewer than 2 fields",
    "has more than 4 fields",
    "has no user",
    "has no item",
    "has a rating that is not a plain number",
    "has a rating that is not above 0 and at most 1,000,000",
    "has a quote that is not closed, or text behind one that is",
    f"has a name of more than {LONGEST_NAME} bytes",
)
TOO_FEW, TOO_MANY, NO_USER, NO_ITEM, NO_NUMBER, OUT_OF_RANGE, UNCLOSED, TOO_LONG = range(
    1, len(FAULTS)
)


class Table(NamedTuple):
    """Names by number: name n is ``text[ends[n - 1] : ends[n]]``; ``slots`` finds it by its hash; ``tally`` holds (count, bytes)."""

    slots: Array
    ends: Array
    text: Array
    tally: Array

    @property
    def size(self) -> int:
        """Return how many names there are."""
        return int(self.tally[0])


def table() -> Table:
    """Return a table of no names."""
    return Table(
        np.full(4, -1, np.int32),
        np.empty(0, np.int64),
        np.empty(0, np.uint8),
        np.zeros(2, np.int64),
    )


def with_room(names: Table, more: int, more_bytes: int) -> Table:
    """Return a table of the same names in which there is room for so many more."""
    count, used = (int(total) for total in names.tally)
    slots, ends, text, tally = names
    if count + more > len(ends):
        ends = np.concatenate([ends[:count], np.empty(count + more, np.int64)])
    if used + more_bytes > len(text):
        text = np.concatenate([text[:used], np.empty(used + more_bytes, np.uint8)])
    if 2 * (count + more) > len(slots):
        slots = np.full(1 << (4 * (count + more)).bit_length(), -1, np.int32)
        _entered(slots, ends, text, count)
    return Table(slots, ends, text, tally)


@compiled
def _entered(slots: Array, ends: Array, text: Array, count: int) -> None:
    begin = 0
    for name in range(count):
        slots[_slot(slots, ends, text, begin, ends[name])] = name
        begin = ends[name]


@compiled
def _slot(slots: Array, ends: Array, text: Array, begin: int, end: int) -> int:
    """Return where a name is to be found, or to be entered (the hash is FNV-1a; names of one hash are told apart by their bytes)."""
    hashed = OFFSET
    for place in range(begin, end):
        hashed = (hashed ^ np.uint64(text[place])) * PRIME
    hashed ^= hashed >> np.uint64(32)
    slot = np.int64(hashed & np.uint64(len(slots) - 1))
    while slots[slot] >= 0:
        name = slots[slot]
        first = ends[name - 1] if name > 0 else 0
        if ends[name] - first == end - begin:
            same = True
            for place in range(end - begin):
                if text[first + place] != text[begin + place]:
                    same = False
                    break
            if same:
                break
        slot = (slot + 1) & (len(slots) - 1)
    return int(slot)


@compiled
def number(names: Table, line: Array, begin: int, end: int) -> int:
    """Return the number of the name in ``line[begin:end]``, the next one if it is new; -1: it is too long. A doubled quote counts once."""
    slots, ends, text, tally = names
    start = used = tally[1]
    place = begin
    while place < end:
        text[used] = line[place]
        used += 1
        place += 2 if line[place] == QUOTE and place + 1 < end and line[place + 1] == QUOTE else 1
    if used - start > LONGEST_NAME:
        return -1
    slot = _slot(slots, ends, text, start, used)
    if slots[slot] < 0:
        slots[slot], ends[tally[0]] = tally[0], used
        tally[0], tally[1] = tally[0] + 1, used
    return int(slots[slot])


@compiled
def rating(line: Array, begin: int, end: int) -> float:
    """Return the plain decimal number in ``line[begin:end]``; -1: it is none. Decimals behind the fifteenth digit do not count."""
    digits, power, behind, seen = 0, 1.0, False, 0
    for place in range(begin, end):
        byte = line[place]
        if byte == POINT and not behind:
            behind = True
        elif ZERO <= byte <= NINE and seen < DIGITS:
            digits, seen = 10 * digits + (byte - ZERO), seen + 1
            power *= 10.0 if behind else 1.0
        elif not (ZERO <= byte <= NINE and behind):
            return -1.0
    return digits / power if seen else -1.0


@compiled
def fields(line: Array, begin: int, end: int, delimiter: int, width: int, bounds: Array) -> int:
    """Write where each field begins and ends, without blanks and quotes, into ``bounds``; return how many there are (-1: a quote is wrong).

    ``width`` is how often the delimiter's byte is repeated. Behind the most that there may be, nothing is read.
    """
    count, place = 0, begin
    while count <= MOST_FIELDS:
        while place < end and line[place] == SPACE:
            place += 1
        first = place
        if place < end and line[place] == QUOTE and width == 1:
            place += 1
            while place < end and (
                line[place] != QUOTE or (place + 1 < end and line[place + 1] == QUOTE)
            ):
                place += 2 if line[place] == QUOTE else 1
            first, last, place = first + 1, place, place + 1
            while place < end and line[place] == SPACE:
                place += 1
            if place > end or (place < end and line[place] != delimiter):
                return -1
        else:
            while place < end and not (
                line[place] == delimiter
                and (width == 1 or (place + 1 < end and line[place + 1] == delimiter))
            ):
                place += 1
            last = place
            while last > first and line[last - 1] == SPACE:
                last -= 1
        bounds[count, 0], bounds[count, 1] = first, last
        count += 1
        if place >= end:
            return count
        place += width
    return count


@compiled
def parse(
    block: Array,
    delimiter: int,
    width: int,
    users: Table,
    items: Table,
    found: tuple[Array, Array, Array],
) -> tuple[int, int, int, int]:
    """Read whole lines into ``found`` (users, items, ratings); return (interactions, lines read, fault, where that line begins).

    The tables must have room for every line. Empty lines are passed over; without a rating an interaction counts as 1.
    """
    bounds = np.zeros((MOST_FIELDS + 1, 2), np.int64)
    count = lines = begin = 0
    while begin < len(block):
        end = begin
        while end < len(block) and block[end] != NEWLINE:
            end += 1
        lines, last = lines + 1, end
        while last > begin and (block[last - 1] == RETURN or block[last - 1] == SPACE):
            last -= 1
        if last > begin:
            fault = _entry(
                block,
                fields(block, begin, last, delimiter, width, bounds),
                bounds,
                users,
                items,
                found,
                count,
            )
            if fault:
                return count, lines, fault, begin
            count += 1
        begin = end + 1
    return count, lines, 0, begin


@compiled
def _entry(
    line: Array,
    count: int,
    bounds: Array,
    users: Table,
    items: Table,
    found: tuple[Array, Array, Array],
    place: int,
) -> int:
    """Enter the interaction of one line; return its fault (0: none)."""
    if count < FEWEST_FIELDS or count > MOST_FIELDS:
        return UNCLOSED if count < 0 else TOO_FEW if count < FEWEST_FIELDS else TOO_MANY
    if bounds[0, 0] == bounds[0, 1] or bounds[1, 0] == bounds[1, 1]:
        return NO_USER if bounds[0, 0] == bounds[0, 1] else NO_ITEM
    strength = rating(line, bounds[2, 0], bounds[2, 1]) if count > FEWEST_FIELDS else 1.0
    if not 0 < strength <= LARGEST_RATING:
        return NO_NUMBER if strength < 0 else OUT_OF_RANGE
    user, item = (
        number(users, line, bounds[0, 0], bounds[0, 1]),
        number(items, line, bounds[1, 0], bounds[1, 1]),
    )
    if user < 0 or item < 0:
        return TOO_LONG
    found[0][place], found[1][place], found[2][place] = user, item, strength
    return 0
