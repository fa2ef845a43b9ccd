"""Read a panel, or a headline with its end card, from the letters on a screen.

The reverse of ``panel`` and ``end_card``: a total function of any text.
May import ``show.terminal.big_digits``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from harness.show.terminal.big_digits import TALLEST_ROWS, read_digits

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)Z")
_RUN = re.compile(r"\brun ([0-9a-zA-Z]{1,16})(?![0-9a-zA-Z])")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d\d):(\d\d(\.\d)?)")
_BOX_TOP = re.compile(r"╭─ (.*?) ─+ ([A-Z]+)(?: · [\d,]+ LOST)?(?: · STALLED)? ──╮")
_END_CARD = re.compile(r" BASELINE (\S+) · (?:RAY|DISTRIBUTED) (\S+)")
_ROWS_ABOVE_BOXES = 12
_ROWS_OF_CLOCKS = TALLEST_ROWS + 2
_ROUNDING = 1e-6


class ClockReading(NamedTuple):
    """What a clock shows, in seconds, cut off at its ``tick``: a tenth, or a whole second."""

    seconds: float
    tick: float

    def shows(self, elapsed: float) -> bool:
        """Return whether the clock would show this after so many seconds."""
        return -_ROUNDING <= elapsed - self.seconds < self.tick


Clocks = tuple[ClockReading | None, ClockReading | None]
"""The baseline's and the distributed side's clock (None: it cannot be read)."""


@dataclass(frozen=True, kw_only=True)
class ScreenReading:
    """What a screen says at one moment.

    ``badge`` is None where there is none. ``utc`` is the date on the screen, in whole seconds.
    ``statuses`` are the words at the top of both boxes (None: a headline, which has no boxes).
    """

    badge: str | None
    run_id: str
    utc: datetime
    clocks: Clocks
    statuses: tuple[str, str] | None = None


def read_screen(lines: Sequence[str]) -> ScreenReading | None:
    """Return what a screen says (None: it shows neither a panel nor a headline's end card)."""
    return _read_panel(lines) or _read_end_card(lines)


def parse_clock(text: str) -> ClockReading | None:
    """Return the clock that is written ``mm:ss.t`` or ``h:mm:ss`` (None: it is no clock)."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hours, minutes, rest, tenths = match.groups()
    seconds = int(hours or 0) * 3600 + int(minutes) * 60 + float(rest)
    return ClockReading(seconds, 0.1 if tenths else 1.0)


def _read_panel(lines: Sequence[str]) -> ScreenReading | None:
    for above, line in enumerate(lines[:_ROWS_ABOVE_BOXES]):
        if above and len(tops := _BOX_TOP.findall(line)) == 2:
            half = line.index("╮") + 1
            rows = lines[above + 1 : above + 1 + _ROWS_OF_CLOCKS]
            baseline = _clock_in([row[2 : half - 2] for row in rows])
            distributed = _clock_in([row[half + 2 : 2 * half - 2] for row in rows])
            return _reading(lines[0], (baseline, distributed), (tops[0][1], tops[1][1]))
    return None


def _clock_in(rows: Sequence[str]) -> ClockReading | None:
    """Return a box's clock, from its big digits or from small ones on a row of their own."""
    small = (row.strip() for row in rows if _CLOCK.fullmatch(row.strip()))
    return parse_clock(read_digits(rows) or next(small, ""))


def _read_end_card(lines: Sequence[str]) -> ScreenReading | None:
    written = [line for line in lines if line.strip()]
    if len(written) < 2:
        return None
    clocks, run = written[-2:]
    match = _END_CARD.fullmatch(clocks.rstrip())
    if match is None:
        return None
    return _reading(run, (parse_clock(match[1]), parse_clock(match[2])), None)


def _reading(line: str, clocks: Clocks, statuses: tuple[str, str] | None) -> ScreenReading | None:
    """Return the clocks with the badge, date and run in a line (None: it has no date or run)."""
    moment, run = _MOMENT.search(line), _RUN.search(line)
    if moment is None or run is None:
        return None
    try:
        utc = datetime.strptime(moment[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    badge, gap, _ = line[1:].partition("  ")
    return ScreenReading(
        badge=badge.strip() if gap else None,
        run_id=run[1],
        utc=utc,
        clocks=clocks,
        statuses=statuses,
    )
