"""How far the clocks on a recording's screen drift from the recording's own times.

A clock that shows ``c`` seconds at time ``t`` started within one tick before ``t - c``. Two
readings of one run of a clock that leave no possible start contradict each other: the recording
was cut or its speed was changed. The drift is how many seconds they miss each other by.
Pure. May import ``cast``.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from harness.cast.screen_reader import ClockReading, ScreenReading

_RUNNING = ("LIVE", "REPLAY")
_SECOND_S = 1.0

Window = tuple[float, float]
"""The earliest and the latest possible moment, in seconds of the recording."""


class TimedScreen(NamedTuple):
    """What was read from a screen that was drawn ``at`` seconds after the beginning."""

    at: float
    reading: ScreenReading


class TimedClock(NamedTuple):
    """What a clock showed ``at`` seconds after the beginning."""

    at: float
    clock: ClockReading


def drift_s(screens: Sequence[TimedScreen]) -> float:
    """Return the worst drift of both sides' clocks and of the date, in seconds."""
    dates = [
        TimedClock(at, ClockReading(reading.utc.timestamp(), _SECOND_S)) for at, reading in screens
    ]
    clocks = [run for side in (0, 1) for run in clock_runs(screens, side, _RUNNING)]
    return max((_contradiction_s(run) for run in (dates, *clocks)), default=0.0)


def clock_runs(
    screens: Sequence[TimedScreen], side: int, statuses: tuple[str, ...]
) -> Iterator[list[TimedClock]]:
    """Yield the readings of a side's clock, one list for each time that it ran from zero.

    Only screens on which the side has one of the statuses count.
    """

    def status(screen: TimedScreen) -> str | None:
        return screen.reading.statuses[side] if screen.reading.statuses else None

    for shown, group in groupby(screens, key=status):
        if shown in statuses:
            yield from (run for run in _ascending(list(group), side) if run)


def start_window(readings: Sequence[TimedClock]) -> Window:
    """Return when the clock can have started; contradicting readings give an empty window."""
    earliest = max(at - clock.seconds - clock.tick for at, clock in readings)
    latest = min(at - clock.seconds for at, clock in readings)
    return earliest, latest


def _contradiction_s(readings: Sequence[TimedClock]) -> float:
    if not readings:
        return 0.0
    earliest, latest = start_window(readings)
    return max(0.0, earliest - latest)


def _ascending(screens: Sequence[TimedScreen], side: int) -> Iterator[list[TimedClock]]:
    run: list[TimedClock] = []
    for at, reading in screens:
        clock = reading.clocks[side]
        if clock is None:
            continue
        if run and clock.seconds < run[-1].clock.seconds:
            yield run
            run = []
        run.append(TimedClock(at, clock))
    yield run
