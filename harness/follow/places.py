"""Which lines of a journal have come, by their place in it, however often a stream repeats them.

A stream that is read a second time may begin with the journal's first line or anywhere. A line is
known again by its digest. Pure; imports the standard library only.
"""

import hashlib
from array import array

MOST_LINES = 2_000_000
RECENT_LINES = 10_000
MOST_DOUBTFUL = 1_000


class Places:
    """The places of the lines so far, of which each counts once.

    ``doubtful`` are lines that came twice in one reading, with their places: a log collector
    repeats lines, and once in a while a journal has two that are equal. ``begins_amid`` tells
    whether a reading began with lines after an unknown number of others, so that some may be
    missing.
    """

    def __init__(self) -> None:
        self.doubtful: list[tuple[int, bytes]] = []
        self.begins_amid = False
        self._marks = array("Q")
        self._recent: dict[int, None] = {}
        self._next: int | None = 0

    @property
    def count(self) -> int:
        """Return how many lines have a place."""
        return len(self._marks)

    def begin_reading(self) -> None:
        """Read from a place that is not known yet, as after the stream was opened again."""
        self._next = None

    def begin_journal(self) -> None:
        """Read from the journal's first line."""
        self._next = 0

    def place_of(self, raw: bytes) -> int | None:
        """Return the place of a new line (None: it came before).

        All lines from that place on are forgotten: some were missing before them.
        """
        mark = int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest())
        if self._next is not None and self._next < self.count and self._marks[self._next] == mark:
            self._next += 1
            return None
        if (earlier := self._find(mark)) is not None:
            self._note_repeated(earlier, raw)
            return None
        if self._next is None:
            self._next = self.count
            self.begins_amid = True
        place = self._next
        if place < self.count:
            self.forget_from(place)
        self._marks.append(mark)
        self._next = self.count
        self._remember(mark)
        return place

    def forget_from(self, place: int) -> None:
        """Forget the lines from a place on."""
        del self._marks[place:]
        self._recent = dict.fromkeys(self._marks[-RECENT_LINES:])
        self.doubtful = [(at, raw) for at, raw in self.doubtful if at <= place]

    def _find(self, mark: int) -> int | None:
        """Return the place of a known line; among new lines only the recent ones are compared."""
        if self._next == self.count and mark not in self._recent:
            return None
        try:
            return self._marks.index(mark, self._next or 0)
        except ValueError:
            pass
        try:
            return self._marks.index(mark)
        except ValueError:
            return None

    def _note_repeated(self, earlier: int, raw: bytes) -> None:
        if self._next is None or earlier >= self._next:
            self._next = earlier + 1
        elif self._next == self.count and len(self.doubtful) < MOST_DOUBTFUL:
            self.doubtful.append((self._next, raw))

    def _remember(self, mark: int) -> None:
        self._recent[mark] = None
        if len(self._recent) > RECENT_LINES:
            del self._recent[next(iter(self._recent))]
