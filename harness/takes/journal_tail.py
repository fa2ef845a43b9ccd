"""Sessions followed from outside by their journals, which are read as they grow and never written.

A journal is untrusted input: lines that are not events are counted and left out. Clocks are
arguments. May import ``errors``, ``events``, ``event_lines``, ``model``, ``files``, ``state`` and
``takes.folder``.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from harness.event_lines import JOURNAL_SCHEMA, Garbled, decode
from harness.events import Closed, Event, Launched
from harness.files.journal import JOURNAL_NAME, LARGEST_BYTES
from harness.files.jsonl import Tail, read_part
from harness.model import JournalHeader
from harness.state.board import Board
from harness.state.fold import fold
from harness.takes.folder import SHOWCASE

GONE_AFTER_S = 3.0
"""Seconds without any process of a session that has not closed until it counts as gone."""

ABANDONED_AFTER_S = 3600.0
"""Seconds without a new event until a session that has not closed no longer counts as going on."""

_HEADER_BYTES = 1_000
_END_BYTES = 8_000

Clock = Callable[[], float]


class FollowedSession:
    """One session by its journal: its board so far, the conductor's time, and whether it is alive.

    ``clock`` is monotonic, ``epoch`` gives seconds since 1970. ``unreadable`` counts lines that are
    not events.
    """

    def __init__(
        self, journal: Path, clock: Clock = time.monotonic, epoch: Clock = time.time
    ) -> None:
        self.journal = journal
        self.board = Board()
        self._clock = clock
        self._epoch = epoch
        self._tail = Tail(journal, LARGEST_BYTES)
        self._not_events = 0
        self._last_event_at: float | None = None
        self._pids: set[int] = set()
        self._last_alive_at = clock()

    @property
    def unreadable(self) -> int:
        """Return how many lines were not events."""
        return self._not_events + self._tail.skipped

    @property
    def at(self) -> float:
        """Return the conductor's time now, which stands still once the session has closed.

        It is the time of the newest event and the seconds since that was read.
        """
        return self.board.at if self.board.closed is not None else self.board.at + self.silent_s

    @property
    def silent_s(self) -> float:
        """Return the seconds since the newest event."""
        if self._last_event_at is None:
            return 0.0
        return max(0.0, self._clock() - self._last_event_at)

    @property
    def alive(self) -> bool:
        """Return whether the session has closed or a process of it ran within the last seconds."""
        recently = self._clock() - self._last_alive_at < GONE_AFTER_S
        return self.board.closed is not None or recently

    @property
    def over(self) -> bool:
        """Return whether the session has closed, or no process of it runs now."""
        return self.board.closed is not None or not self._is_running()

    def read_events(self) -> tuple[Event, ...]:
        """Return the events written since the last call, which are on the board then."""
        first = not self._tail.started
        lines, written_at = self._tail.new_lines()
        events = self._decode(lines[1:] if first else lines)
        if events:
            age_s = max(0.0, self._epoch() - written_at) if first else 0.0
            self._last_event_at = self._clock() - age_s
            self._pids |= {event.pid for event in events if isinstance(event, Launched)}
            self.board = fold(events, self.board)
        if self._is_running():
            self._last_alive_at = self._clock()
        return events

    def _decode(self, lines: list[bytes]) -> tuple[Event, ...]:
        events = list[Event]()
        for line in lines:
            try:
                events.append(decode(line))
            except Garbled:
                self._not_events += 1
        return tuple(events)

    def _is_running(self) -> bool:
        """Return whether a side's process runs; before one was launched, whether events are new."""
        if self._pids:
            return any(map(is_running, self._pids))
        return self.silent_s < GONE_AFTER_S


class NewestSession:
    """Finds the newest session below a folder, again and again.

    Each journal's first line is read once, its end until it closes. A session that goes on comes
    before all that are over, since a clock may have been wrong when those were recorded.
    """

    def __init__(self, root: Path, epoch: Clock = time.time) -> None:
        self._root = root
        self._epoch = epoch
        self._began: dict[str, float] = {}
        self._runs: dict[str, str] = {}
        self._closed: set[str] = set()

    def journal(self, run_id: str | None = None) -> Path | None:
        """Return the newest session's journal, the showcase's last of all (None: there is none).

        ``run_id``: only a session of that run (None: of any).
        """
        for folder in self._new_folders():
            header = _header(folder / JOURNAL_NAME)
            if header is not None:
                self._began[folder.name] = _moment(header)
                self._runs[folder.name] = header.run_id
        wanted = [name for name, run in self._runs.items() if run_id in (None, run)]
        newest = max(wanted, key=self._rank, default=None)
        return self._root / newest / JOURNAL_NAME if newest is not None else None

    def _rank(self, name: str) -> tuple[bool, bool, float, str]:
        """Return what sessions are ordered by: going on, the presenter's own, and when it began."""
        return self._goes_on(name), name != SHOWCASE, self._began[name], name

    def _goes_on(self, name: str) -> bool:
        """Return whether a session has not closed and was not abandoned long ago."""
        if name in self._closed:
            return False
        path = self._root / name / JOURNAL_NAME
        end, written_at = read_part(path, LARGEST_BYTES, since=-_END_BYTES)
        if _ends_closed(end):
            self._closed.add(name)
            return False
        return self._epoch() - written_at < ABANDONED_AFTER_S

    def _new_folders(self) -> list[Path]:
        """Return folders not looked at yet, without links such as ``latest`` and hidden drafts."""
        try:
            with os.scandir(self._root) as entries:
                return [
                    Path(entry.path)
                    for entry in entries
                    if entry.name[0] != "."
                    and entry.name not in self._began
                    and entry.is_dir(follow_symlinks=False)
                ]
        except OSError:
            return []


def journal_in(folder: Path, run_id: str) -> Path | None:
    """Return the journal in a take's folder (None: there is none of that run)."""
    header = _header(folder / JOURNAL_NAME)
    return folder / JOURNAL_NAME if header is not None and header.run_id == run_id else None


def _header(journal: Path) -> JournalHeader | None:
    """Return a journal's header (None: there is no whole and valid one)."""
    start = read_part(journal, LARGEST_BYTES, most=_HEADER_BYTES)
    line, newline, _ = start.content.partition(b"\n")
    try:
        header = msgspec.json.decode(line, type=JournalHeader)
        _moment(header)
    except (msgspec.MsgspecError, ValueError, OverflowError, OSError, RecursionError):
        return None
    return header if newline and header.schema == JOURNAL_SCHEMA else None


def _moment(header: JournalHeader) -> float:
    return datetime.fromisoformat(header.began_utc).timestamp()


def _ends_closed(end: bytes) -> bool:
    """Return whether the last whole line of a journal says that its session has closed."""
    whole = end.rpartition(b"\n")[0]
    try:
        return isinstance(decode(whole.rpartition(b"\n")[2]), Closed)
    except Garbled:
        return False


def is_running(pid: int) -> bool:
    """Return whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # there is one, and it is somebody else's
        return True
    return True
