"""The screen read back: what a person sees in a panel, or on the slate below a headline, from nothing but its letters.

The reverse of ``panel`` and ``slate``; a total function of text, which may be any. May import ``clock``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.show.terminal.big_digits import read_digits

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)Z")
_RUN = re.compile(r"\brun ([0-9a-zA-Z]{1,16})(?![0-9a-zA-Z])")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d\d):(\d\d(\.\d)?)")
_TOP = re.compile(r"╭─ (.*?) ─+ ([A-Z]+)(?: · [\d,]+ LOST)? ──╮")
_SLATE = re.compile(r" BASELINE (\S+) · (?:RAY|DISTRIBUTED) (\S+)")
_CLOCK_ROWS = slice(2, 13)
_ROUNDING = 1e-6


@dataclass(frozen=True)
class ClockReading:
    """What a clock shows: ``seconds``, cut off at a ``tick`` of a tenth, or of a second where there is no room for tenths."""

    seconds: float
    tick: float

    def shows(self, elapsed: float) -> bool:
        """Tell whether this is what the clock would show after so many seconds."""
        return -_ROUNDING <= elapsed - self.seconds < self.tick


@dataclass(frozen=True)
class ScreenReading:
    """What is to be seen at one moment; ``looks`` are the words at the top of both boxes, None below a headline.

    ``clocks`` are what both show (None: there is none to be read), ``utc`` is the moment, in whole seconds.
    """

    badge: str
    run_id: str
    utc: datetime
    clocks: tuple[ClockReading | None, ClockReading | None]
    statuses: tuple[str, str] | None = None


def read_screen(lines: Sequence[str]) -> ScreenReading | None:
    """Return what is to be seen on a screen (None: neither a panel nor a headline with its slate)."""
    return _panel(lines) or _headline(lines)


def parse_clock(text: str) -> ClockReading | None:
    """Return what a clock shows that reads so (None: it is no clock)."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hours, minutes, rest, tenths = found.groups()
    return ClockReading(
        int(hours or 0) * 3600 + int(minutes) * 60 + float(rest), 0.1 if tenths else 1.0
    )


def _panel(lines: Sequence[str]) -> ScreenReading | None:
    if len(lines) < 2 or len(tops := _TOP.findall(lines[1])) != 2:
        return None
    half = lines[1].index("╮") + 1
    rows = lines[_CLOCK_ROWS]
    boxes = [[row[2 : half - 2] for row in rows], [row[half + 2 : 2 * half - 2] for row in rows]]
    left, right = (parse_clock(_read(box)) for box in boxes)
    return _labelled(lines[0], (left, right), (tops[0][1], tops[1][1]))


def _read(rows: Sequence[str]) -> str:
    """Return the clock of a box: its big digits, or the small ones where it has no room for those."""
    return read_digits(rows) or next(
        (row.strip() for row in rows if _CLOCK.fullmatch(row.strip())), ""
    )


def _headline(lines: Sequence[str]) -> ScreenReading | None:
    told = [line for line in lines if line.strip()]
    if len(told) < 2 or (found := _SLATE.fullmatch(told[-2].rstrip())) is None:
        return None
    return _labelled(told[-1], (parse_clock(found[1]), parse_clock(found[2])), None)


def _labelled(
    line: str,
    clocks: tuple[ClockReading | None, ClockReading | None],
    looks: tuple[str, str] | None,
) -> ScreenReading | None:
    """Return what a line says of the badge, the moment and the run, with the clocks; nothing where it lacks one of them."""
    moment, run = _MOMENT.search(line), _RUN.search(line)
    if moment is None or run is None:
        return None
    try:
        utc = datetime.strptime(moment[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    badge, gap, _ = line[1:].partition("  ")
    return ScreenReading(badge.strip() if gap else "", run[1], utc, clocks, looks)
