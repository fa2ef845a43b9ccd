"""Check a recording against its results file and against itself.

The cast is played into an emulated terminal, and the clocks on that screen are read as a viewer
would read them. In a true recording they advance like the recording's own times; one that was
sped up, cut or shortened contradicts itself.
Pure. May import ``cast``, ``text`` and ``model``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, pairwise, zip_longest

from harness import text
from harness.cast.clock_drift import TimedScreen, Window, clock_runs, drift_s, start_window
from harness.cast.clock_stops import first_wall_s, last_wall_s
from harness.cast.emulator import ScreenState, screen_states
from harness.cast.format import OUTPUT, RESIZE, Cast
from harness.cast.markers import (
    ARMED,
    BASELINE_DONE,
    DISTRIBUTED_DONE,
    DISTRIBUTED_GO,
    GO,
    HEADLINE,
)
from harness.cast.screen_reader import ScreenReading, read_screen
from harness.model import Kind, Results, Side

LONGEST_START_S = 10.0
LONGEST_GAP_S = 1.5
MOST_DRIFT_S = 0.3
HELD_AT_LEAST_S = 3.0
MARKED_WITHIN_S = 0.1
DATED_WITHIN_S = 1.5
MARKERS = (ARMED, GO, BASELINE_DONE, DISTRIBUTED_GO, DISTRIBUTED_DONE, HEADLINE)

_TICK_S = 0.1
_FRAME_S = 0.25
_READY = ("READY", "READY")
_BADGE = "REC"
_END_CARD_ROWS = 2
_ROWS_BELOW_HEADLINE = _END_CARD_ROWS + 2  # an empty row above the end card, the cursor's below

Size = tuple[int, int]
"""Columns and rows of a terminal."""


@dataclass(frozen=True)
class Reason:
    """Why a recording is refused: the name of the check, and a sentence with the numbers."""

    key: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """The result of checking a recording: reasons to refuse it, none where it is true.

    ``drift_s`` is how far the clocks on its screen drift from its own times.
    """

    reasons: tuple[Reason, ...]
    drift_s: float
    longest_gap_s: float
    duration_s: float

    @property
    def exact_to_s(self) -> float:
        """Return to how many seconds its clocks are true: no better than they can be read."""
        return max(self.drift_s, _TICK_S)

    @property
    def verified(self) -> bool:
        """Return whether there is no reason to refuse the recording."""
        return not self.reasons


@dataclass(frozen=True)
class _Frame:
    """A state of the screen and what it says (None: neither a panel nor an end card)."""

    state: ScreenState
    reading: ScreenReading | None


def verify(
    cast: Cast, results: Results, headline: Sequence[str], size: Size | None = None
) -> Inspection:
    """Return what contradicts a recording of the session with those results.

    ``headline`` are the lines that its last screen must show above the end card; ``size`` is the
    size that was asked for (None: any).
    """
    # While the program starts the screen is blank; if it is blank later, it hides what it should
    # show.
    states = dropwhile(lambda state: not state.text.strip(), screen_states(cast))
    frames = [_Frame(state, read_screen(state.lines)) for state in states]
    screens = [TimedScreen(one.state.at, one.reading) for one in frames if one.reading is not None]
    drift = drift_s(screens)
    start = frames[0].state.at if frames else 0.0
    gap = _longest_gap_s(cast, start)
    reasons = (
        *_check_file(cast, size),
        *_check_pauses(start, gap),
        *_check_labels(frames, results),
        *_check_drift(drift),
        *_check_stopped_clocks(screens, results),
        *_check_date(cast, screens),
        *_check_end(cast, frames, headline),
        *_check_markers(cast, screens, results),
    )
    return Inspection(reasons=reasons, drift_s=drift, longest_gap_s=gap, duration_s=cast.duration_s)


def _check_file(cast: Cast, size: Size | None) -> Iterator[Reason]:
    """Yield what is wrong with the file whatever its screen shows."""
    own = (cast.columns, cast.rows)
    sizes = {own, *(_parse_size(event.text) for event in cast.events if event.code == RESIZE)}
    if size is not None and own != size:
        sentence = f"its terminal is {_format_size(own)}, not {_format_size(size)}"
        yield Reason("size", sentence)
    if sizes != {own}:
        yield Reason("size", "its terminal changes its size")
    if cast.idle_time_limit is not None:
        limit = text.seconds(cast.idle_time_limit)
        sentence = f"its header has an idle time limit of {limit}, which shortens pauses"
        yield Reason("idle-limit", sentence)
    if any(later.at < event.at for event, later in pairwise(cast.events)):
        yield Reason("order", "its times run backwards")


def _check_pauses(start: float, gap: float) -> Iterator[Reason]:
    """Yield for how long nothing is drawn: before the first frame, or between two of them.

    Before the first one the program starts, which takes a while on a busy machine.
    """
    if start > LONGEST_START_S:
        limit = text.seconds(LONGEST_START_S)
        yield Reason("start", f"it is blank for its first {text.seconds(start)}, more than {limit}")
    if gap > LONGEST_GAP_S:
        limit = text.seconds(LONGEST_GAP_S)
        yield Reason("gap", f"nothing is drawn for {text.seconds(gap)}, more than {limit}")


def _check_labels(frames: Sequence[_Frame], results: Results) -> Iterator[Reason]:
    """Yield which frame lacks what each must show: both clocks, the date, the run and the badge."""
    if not frames:
        yield Reason("labels", "it shows nothing")
        return
    badge = _BADGE if results.kind is Kind.MEASURED else f"{_BADGE} · {str(results.kind).upper()}"
    bare = next((one for one in frames if not _is_labelled(one.reading, badge)), None)
    if bare is not None:
        lacks = f"lacks the clocks, the date, the run or the badge {badge}"
        yield Reason("labels", f"at {text.clock(bare.state.at)} its screen {lacks}")
    runs = {one.reading.run_id for one in frames if one.reading is not None}
    if others := sorted(runs - {results.run_id}):
        shown, expected = text.printable(others[0]), text.printable(results.run_id)
        yield Reason("run", f"it shows run {shown}, the results file holds run {expected}")


def _is_labelled(reading: ScreenReading | None, badge: str) -> bool:
    return reading is not None and reading.badge == badge and None not in reading.clocks


def _check_date(cast: Cast, screens: Sequence[TimedScreen]) -> Iterator[Reason]:
    """Yield where the header has another date than the screen."""
    if cast.began is None:
        yield Reason("date", "its header has no date")
        return
    apart = [abs(cast.began + at - reading.utc.timestamp()) for at, reading in screens]
    if apart and min(apart) > DATED_WITHIN_S:
        sentence = f"its header's date is {text.seconds(min(apart))} away from its screen's"
        yield Reason("date", sentence)


def _check_drift(drift: float) -> Iterator[Reason]:
    """Yield whether the clocks advance differently from the recording's own times."""
    if drift > MOST_DRIFT_S:
        sentence = (
            f"its clocks and its own times drift apart by {text.seconds(drift)}, more than"
            f" {text.seconds(MOST_DRIFT_S)}: it was cut or its speed was changed"
        )
        yield Reason("drift", sentence)


def _check_stopped_clocks(screens: Sequence[TimedScreen], results: Results) -> Iterator[Reason]:
    """Yield which clock stops at another time than in the results."""
    if not screens:
        return
    for side, clock in zip(Side, screens[-1].reading.clocks, strict=True):
        wall = last_wall_s(results, side)
        # earlier versions cut a stopped clock off at the tenth, too, where it is rounded now
        if wall is None or clock is None or not (clock.shows(wall) or clock.shows(round(wall, 1))):
            shown = text.clock(clock.seconds) if clock is not None else "nothing"
            expected = text.clock(wall, stopped=True) if wall is not None else "no time"
            sentence = f"its {side} clock stops at {shown}, the results file has {expected}"
            yield Reason("clock", sentence)


def _check_end(cast: Cast, frames: Sequence[_Frame], headline: Sequence[str]) -> Iterator[Reason]:
    """Yield whether the last screen lacks the headline, or shows it too briefly to be read."""
    last = frames[-1] if frames else None
    if last is None or last.reading is None or last.reading.statuses is not None:
        yield Reason("end", "it ends before its headline")
        return
    wrong = _wrong_line(cast, last.state.lines, headline)
    if wrong is not None:
        line = text.printable(wrong)
        yield Reason(
            "headline", f"its last screen differs from the results file's headline: {line!r}"
        )
    screens = [TimedScreen(one.state.at, one.reading) for one in frames if one.reading is not None]
    held = cast.duration_s - (_headline_at(screens) or 0.0)
    if held < HELD_AT_LEAST_S:
        limit = text.seconds(HELD_AT_LEAST_S)
        yield Reason("held", f"its headline is held for {text.seconds(held)}, less than {limit}")


def _wrong_line(cast: Cast, lines: Sequence[str], headline: Sequence[str]) -> str | None:
    """Return the first line of the last screen that is not the headline's (None: all are)."""
    written = _without_blanks(lines)
    expected = _without_blanks(headline[-max(1, cast.rows - _ROWS_BELOW_HEADLINE) :])
    shown = written[-_END_CARD_ROWS - len(expected) : -_END_CARD_ROWS]
    pairs = zip_longest(shown, expected, fillvalue="")
    return next((one for one, other in pairs if one != other), None)


def _check_markers(
    cast: Cast, screens: Sequence[TimedScreen], results: Results
) -> Iterator[Reason]:
    """Yield which markers are missing, repeated, or away from the moment that they name."""
    labels = [marker.text for marker in cast.markers]
    if wrong := [label for label in MARKERS if labels.count(label) != 1]:
        number = text.number_of(labels.count(wrong[0]), "marker")
        yield Reason("markers", f"it has {number} {wrong[0]!r}, not one")
        return
    for label, (earliest, latest) in _marker_windows(screens, results):
        at = cast.marker_at(label) or 0.0
        if not earliest - MARKED_WITHIN_S <= at <= latest + MARKED_WITHIN_S:
            moments = f"{text.clock(at)}, its moment is {text.clock(latest)}"
            yield Reason("markers", f"its marker {label!r} is at {moments}")


def _marker_windows(
    screens: Sequence[TimedScreen], results: Results
) -> Iterator[tuple[str, Window]]:
    """Yield when each marker's moment can be, by the screen and the first trials' wall times."""
    ready = next((at for at, reading in screens if reading.statuses == _READY), None)
    if ready is not None:  # it is drawn at the end of the frame in which it happened
        yield ARMED, (ready - _FRAME_S, ready)
    labels = ((GO, BASELINE_DONE), (DISTRIBUTED_GO, DISTRIBUTED_DONE))
    for place, (side, (go, done)) in enumerate(zip(Side, labels, strict=True)):
        run = next(clock_runs(screens, place, ("LIVE",)), None)
        if run is None:
            continue
        earliest, latest = start_window(run)
        yield go, (earliest, latest)
        wall = first_wall_s(results, side)
        if wall is not None:
            yield done, (earliest + wall, latest + wall)
    headline = _headline_at(screens)
    if headline is not None:
        yield HEADLINE, (headline, headline)


def _headline_at(screens: Sequence[TimedScreen]) -> float | None:
    """Return when the headline appears, in seconds (None: it does not)."""
    return next((at for at, reading in screens if reading.statuses is None), None)


def _longest_gap_s(cast: Cast, start: float) -> float:
    """Return the longest time in seconds in which nothing is drawn after ``start``."""
    outputs = [event.at for event in cast.events if event.code == OUTPUT and event.at > start]
    return max(later - at for at, later in pairwise([start, *outputs, cast.duration_s]))


def _without_blanks(lines: Sequence[str]) -> list[str]:
    return [line.rstrip() for line in lines if line.strip()]


def _parse_size(written: str) -> Size | None:
    """Return the size that is written ``100x30`` (None: it is no size)."""
    columns, _, rows = written.partition("x")
    if not (columns.isdecimal() and rows.isdecimal() and len(written) < 10):
        return None
    return int(columns), int(rows)


def _format_size(size: Size) -> str:
    return f"{size[0]}×{size[1]}"
