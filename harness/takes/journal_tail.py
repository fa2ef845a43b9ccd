"""A session followed from outside by its journal, which is read as it grows and never touched.

The journal is untrusted input: lines that are no events are counted and left out. Clocks come as arguments.
May import ``harness`` and ``harness.takes.folder``.
"""

import os
import stat
import time
from collections.abc import Callable
from datetime import datetime
from functools import reduce
from pathlib import Path

import msgspec

from harness.events import (
    JOURNAL_SCHEMA,
    LONGEST_LINE_BYTES,
    Closed,
    Event,
    Garbled,
    Launched,
    decode,
)
from harness.files.journal import JOURNAL_NAME, LARGEST_BYTES
from harness.state.board import Board, apply
from harness.takes.folder import SHOWCASE

GONE_S = 3.0
"""Seconds for which no process of a session that has not closed may be there before it counts as gone."""

LEFT_S = 3600.0
"""Seconds after which a session that has not closed and of which nothing was heard no longer counts as one that goes on."""

_PIECE_BYTES = 4 * LONGEST_LINE_BYTES
_HEADER_BYTES = 1_000
_END_BYTES = 8_000

Clock = Callable[[], float]


class _Header(msgspec.Struct):
    schema: str = ""
    began_utc: str = ""


class Following:
    """One session as its journal tells it: its board so far, the conductor's time, and whether anybody is still there.

    ``garbled`` counts the lines that are no events.
    """

    def __init__(
        self, journal: Path, clock: Clock = time.monotonic, epoch: Clock = time.time
    ) -> None:
        self.journal = journal
        self.board = Board()
        self.garbled = 0
        self._clock, self._epoch = clock, epoch
        self._read = 0
        self._heard_at: float | None = None
        self._pids: set[int] = set()
        self._there_at = clock()

    @property
    def at(self) -> float:
        """Return the conductor's time now: that of the newest event and the seconds since it was heard; it stands still once closed."""
        return self.board.at if self.board.closed is not None else self.board.at + self.silent_s

    @property
    def silent_s(self) -> float:
        """Return the seconds since anything was heard."""
        return 0.0 if self._heard_at is None else max(0.0, self._clock() - self._heard_at)

    @property
    def alive(self) -> bool:
        """Return whether any process of the session was there within the last few seconds; nobody is waited for once it has closed."""
        return self.board.closed is not None or self._clock() - self._there_at < GONE_S

    @property
    def over(self) -> bool:
        """Return whether the session has closed, or was left by everybody, now."""
        return self.board.closed is not None or not self._anybody()

    def look(self) -> tuple[Event, ...]:
        """Return the events written since the last look, folded into the board already; a line that is being written is left for later."""
        first, (written, written_at) = self._read == 0, _more(self.journal, self._read)
        whole = written[: written.rfind(b"\n") + 1]
        if not whole and len(written) >= _PIECE_BYTES:  # no line of ours is as long
            whole, self.garbled = written, self.garbled + 1
        self._read += len(whole)
        events = self._decoded(whole.split(b"\n")[1 if first else 0 : -1])
        if events:
            self._heard_at = self._clock() - (
                max(0.0, self._epoch() - written_at) if first else 0.0
            )
            self._pids |= {event.pid for event in events if isinstance(event, Launched)}
            self.board = reduce(apply, events, self.board)
        if self._anybody():
            self._there_at = self._clock()
        return events

    def _decoded(self, lines: list[bytes]) -> tuple[Event, ...]:
        events = list[Event]()
        for line in lines:
            try:
                events.append(decode(line))
            except Garbled:
                self.garbled += 1
        return tuple(events)

    def _anybody(self) -> bool:
        """Return whether a side's process is there; before one was launched, whether anything was heard lately."""
        return any(map(is_there, self._pids)) if self._pids else self.silent_s < GONE_S


class Newest:
    """The newest session below a folder, looked for as often as one likes; each journal's first line is read once, its end until it closes.

    A session that goes on comes before all that are over, since a clock may have been wrong when those were recorded.
    """

    def __init__(self, root: Path, epoch: Clock = time.time) -> None:
        self._root, self._epoch = root, epoch
        self._began: dict[str, float] = {}
        self._closed: set[str] = set()

    def look(self) -> Path | None:
        """Return the journal of the newest session, the showcase's last of all (None: there is none)."""
        for folder in self._folders():
            began = began_of(folder / JOURNAL_NAME)
            if began is not None:
                self._began[folder.name] = began
        newest = max(self._began, key=self._rank, default=None)
        return self._root / newest / JOURNAL_NAME if newest is not None else None

    def _rank(self, name: str) -> tuple[bool, bool, float, str]:
        """Return what sessions are ordered by: whether it goes on, whether it is the presenter's own, and when it began."""
        return self._goes_on(name), name != SHOWCASE, self._began[name], name

    def _goes_on(self, name: str) -> bool:
        """Tell whether a session has not closed; one of which nothing was heard for long was left by everybody, and never will."""
        if name in self._closed:
            return False
        end, written_at = _more(self._root / name / JOURNAL_NAME, -_END_BYTES)
        if _closes(end):
            self._closed.add(name)
            return False
        return self._epoch() - written_at < LEFT_S

    def _folders(self) -> list[Path]:
        """Return the folders not known yet; ``latest`` only names one of them, and what begins with a dot is a draft."""
        try:
            with os.scandir(self._root) as entries:
                unknown = [
                    entry
                    for entry in entries
                    if entry.name[0] != "." and entry.name not in self._began
                ]
                return [
                    Path(entry.path) for entry in unknown if entry.is_dir(follow_symlinks=False)
                ]
        except OSError:
            return []


def began_of(journal: Path) -> float | None:
    """Return when a journal says that its session began, in seconds since 1970 (None: it is none, or its first line is not there yet)."""
    line, newline, _ = _more(journal, 0, _HEADER_BYTES)[0].partition(b"\n")
    try:
        header = msgspec.json.decode(line, type=_Header)
        began = datetime.fromisoformat(header.began_utc).timestamp()
    except (msgspec.MsgspecError, ValueError, OverflowError, OSError, RecursionError):
        return None
    return began if newline and header.schema == JOURNAL_SCHEMA else None


def _closes(end: bytes) -> bool:
    """Tell whether the last line of a journal's end says that its session has closed."""
    whole = end.rpartition(b"\n")[0]
    try:
        return isinstance(decode(whole.rpartition(b"\n")[2]), Closed)
    except Garbled:
        return False


def is_there(pid: int) -> bool:
    """Tell whether a process of that number is there."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is there, and somebody else's
        return True
    return True


def _more(path: Path, since: int, most: int = _PIECE_BYTES) -> tuple[bytes, float]:
    """Return what a file holds from a byte on, and when it was written last; nothing where it cannot be read or is no file.

    A negative ``since`` is counted from the file's end.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError):
        return b"", 0.0
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_BYTES:
            return b"", 0.0
        return os.pread(
            descriptor, most, since if since >= 0 else max(0, found.st_size + since)
        ), found.st_mtime
    finally:
        os.close(descriptor)
