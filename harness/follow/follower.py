"""A session followed by what it prints elsewhere: its board so far, and how complete it is.

The journal's lines are copied as they come; each counts once, wherever a reading begins. The clock
is an argument. May import ``errors``, ``events``, ``model``, ``event_lines``, ``files``, ``state``
and its neighbours.
"""

from collections.abc import Callable
from hashlib import sha256
from itertools import islice
from pathlib import Path

import msgspec

from harness import events as e
from harness.errors import BadRequest
from harness.event_lines import Garbled, decode
from harness.files.heartbeat import HEARTBEAT_EVERY_S, Heartbeat
from harness.files.results import decode as decode_results
from harness.files.results import encode as encode_results
from harness.files.take_line import TakeLine, results_document
from harness.follow.copy import JournalCopy
from harness.follow.lines import JournalLine, LineCutter, read_line
from harness.follow.news import News
from harness.follow.places import Places
from harness.model import JournalHeader
from harness.state.board import Board, apply
from harness.state.fold import fold
from harness.state.to_results import results_of
from harness.text import printable

LONGEST_SHOWN = 200

_LATE_AFTER_S = 3 * HEARTBEAT_EVERY_S

MakeFolder = Callable[[JournalHeader], Path]


class Follower:
    """One session, read from a stream of bytes that may break off and begin again.

    ``make_folder`` returns the take's folder once the session is known. ``header`` and ``take`` are
    None until they have come; ``document`` is the results file then (empty: the take holds none),
    and ``take_is_new`` tells whether it came in this reading. ``other_run`` is another session on
    the same stream (empty: there is none). ``garbled`` counts lines of ours that could not be read,
    ``headless`` those before the journal's beginning, ``foreign`` all others, of which
    ``last_foreign`` is the last. ``heartbeats`` counts signs of life.
    """

    def __init__(self, make_folder: MakeFolder, clock: Callable[[], float]) -> None:
        self.board = Board()
        self.news = News()
        self.header: JournalHeader | None = None
        self.take: TakeLine | None = None
        self.take_is_new = False
        self.document = b""
        self._journal_sha256 = ""
        self._restored = 0
        self.other_run = ""
        self.garbled = self.headless = self.foreign = self.heartbeats = 0
        self.last_foreign = ""
        self._heartbeat: Heartbeat | None = None
        self._make_folder = make_folder
        self._clock = clock
        self._cutter = LineCutter()
        self._places = Places()
        self._copy: JournalCopy | None = None

    @property
    def copy(self) -> JournalCopy | None:
        """Return the copy of the journal (None: none of it has come)."""
        return self._copy

    @property
    def folder(self) -> Path | None:
        """Return the take's folder (None: there is none yet)."""
        return None if self._copy is None else self._copy.path.parent

    @property
    def lines(self) -> int:
        """Return how many lines of the journal have come."""
        return self._places.count + self._restored

    @property
    def missing(self) -> int:
        """Return how many lines are known to be missing; 0 until the session's end has come."""
        return 0 if self.take is None else max(0, self.take.lines - self.lines)

    @property
    def is_whole(self) -> bool:
        """Return whether the session's end has come and its journal is the one that was written."""
        if self.take is None or self._copy is None or self.missing:
            return False
        return not self.document or self._copy.sha256() == self._journal_sha256

    def results_file(self) -> bytes:
        """Return the results file, made of the journal where it was too long for a line.

        Empty: it has not come, or the journal makes another one.
        """
        if self.document or self.take is None or self._copy is None or self.missing:
            return self.document
        made = encode_results(results_of(self.board, self._copy.sha256()))
        return made if sha256(made).hexdigest() == self.take.results_sha256 else b""

    @property
    def too_long(self) -> int:
        """Return how many lines were too long to be read."""
        return self._cutter.too_long

    @property
    def begins_amid(self) -> bool:
        """Return whether lines may be missing where a reading began."""
        return self._places.begins_amid

    @property
    def at(self) -> float:
        """Return the time of the session now; it stands still once that has closed."""
        return self.board.at if self.board.closed is not None else self.news.at(self._clock())

    @property
    def foreign_now(self) -> float | None:
        """Return the share of the machine there that other programs use (None: unknown).

        It is that of the last heartbeat, for as long as the next ones may be late.
        """
        last = self._heartbeat
        if last is None or self.board.closed is not None or self.at - last.at > _LATE_AFTER_S:
            return None
        return last.foreign_cpu

    def take_in(self, content: bytes) -> tuple[e.Event, ...]:
        """Return the new events in some more bytes of the stream, which are on the board then."""
        events = [
            event
            for line in self._cutter.whole_lines(content)
            if (event := self._take_in_line(line)) is not None
        ]
        if events:
            self.news.note(events[0].at, self.board.at, self._clock())
        return tuple(events)

    def end_reading(self) -> tuple[e.Event, ...]:
        """Return the events of a last line without newline; what comes next is read anew."""
        event = self._take_in_line(self._cutter.last_line())
        self._places.begin_reading()
        self.take_is_new, self.other_run = False, ""
        return () if event is None else (event,)

    def restore_doubtful(self) -> None:
        """Put lines back that came twice where the session's end says that as many are missing."""
        if self._copy is not None and 0 < self.missing == len(self._places.doubtful):
            self._copy.insert(self._places.doubtful)
            self._restored = len(self._places.doubtful)

    def close(self) -> None:
        """Close the copy of the journal for good."""
        if self._copy is not None:
            self._copy.close()

    def cut_closing(self) -> None:
        """Take the session's last event back: its results have not come."""
        if self._copy is not None and self.board.closed is not None:
            self._copy.cut(self._copy.count - 1)
            self._places.forget_from(self._places.count - 1)
            self.board = msgspec.structs.replace(self.board, closed=None)

    def _take_in_line(self, line: bytes) -> e.Event | None:
        try:
            found = read_line(line)
        except Garbled:
            self.garbled += 1
            return None
        if found is None:
            self._note_foreign(line)
            return None
        match found.says:
            case JournalHeader() as header:
                self._begin(header, found)
            case TakeLine() as take:
                self._end(take)
            case Heartbeat() as heartbeat:
                self._note_heartbeat(heartbeat)
            case e.Event() as event:
                return self._apply(event, found)
        return None

    def _note_foreign(self, line: bytes) -> None:
        words = printable(line[:LONGEST_SHOWN].decode(errors="replace")).strip()
        if words:
            self.foreign += 1
            self.last_foreign = words

    def _begin(self, header: JournalHeader, line: JournalLine) -> None:
        if self.header is None:
            self._copy = JournalCopy.start(self._make_folder(header))
            self.header = header
        if header != self.header:
            self.other_run = header.run_id
            return
        self.other_run = ""
        self._places.begin_journal()
        self._add(line.raw)

    def _end(self, take: TakeLine) -> None:
        if self.header is None or take.run_id != self.header.run_id:
            return
        try:
            document = results_document(take)
            results = decode_results(document) if document else None
        except (Garbled, BadRequest):
            self.garbled += 1
            return
        if results is not None:
            if (results.run_id, results.began_utc) != (self.header.run_id, self.header.began_utc):
                self.garbled += 1
                return
            self._journal_sha256 = results.journal_sha256
        self.document, self.take, self.take_is_new = document, take, True

    def _note_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Note that a session goes on; an old one, of an earlier reading, is none."""
        is_ours = self.header is not None and heartbeat.run_id == self.header.run_id
        if is_ours and heartbeat.at > self.news.last_at:
            self.heartbeats += 1
            self._heartbeat = heartbeat
            self.news.note(heartbeat.at, heartbeat.at, self._clock())

    def _apply(self, event: e.Event, line: JournalLine) -> e.Event | None:
        """Return the event if it is new and belongs to the session."""
        opening = isinstance(event, e.Opened)
        if self.header is None or (self.board.opened is None and not opening):
            self.headless += 1
            return None
        if self.other_run or (isinstance(event, e.Opened) and event.run_id != self.header.run_id):
            return None
        return event if self._add(line.raw, event) else None

    def _add(self, raw: bytes, event: e.Event | None = None) -> bool:
        """Return whether a line is new; it is copied, and its event applied, then."""
        place = self._places.place_of(raw)
        if place is None or self._copy is None:
            return False
        if place < self._copy.count:
            self._copy.cut(place)
            self.board = fold(map(decode, islice(self._copy.lines(), 1, None)))
        if self.board.closed is not None:
            self._places.forget_from(place)
            self.garbled += 1
            return False
        self._copy.append(raw)
        if event is not None:
            self.board = apply(self.board, event)
        return True
