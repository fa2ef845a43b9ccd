"""A recording held against the clock: what its screen shows, when it shows it, and what the results file says.

The cast is played into an emulated terminal and the clocks on that screen are read as a person would read them. A true
recording's clocks go as its own times do; one that was sped up, cut or shortened contradicts itself.
Pure. May import ``cast``, ``show``, ``score.walls`` and ``model``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, groupby, pairwise, zip_longest

from harness import text as words
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
from harness.cast.screen_reader import ClockReading, ScreenReading, read_screen
from harness.model import Kind, Results, Side

LONGEST_GAP_S = 1.5
MOST_DRIFT_S = 0.3
HELD_AT_LEAST_S = 3.0
MARKED_WITHIN_S = 0.1
DATED_WITHIN_S = 1.5
MARKERS = (ARMED, GO, BASELINE_DONE, DISTRIBUTED_GO, DISTRIBUTED_DONE, HEADLINE)

_TICK_S, _SECOND_S, _FRAME_S = 0.1, 1.0, 0.25
_GOING = ("LIVE", "REPLAY")
_READY = ("READY", "READY")
_BADGE = "REC"
_SLATE_ROWS = 2
_BELOW_ROWS = _SLATE_ROWS + 2
"""Rows below a headline: a free one, the slate's, and the one that the cursor is left in."""

Size = tuple[int, int]
Reading = tuple[float, ClockReading]
Window = tuple[float, float]


@dataclass(frozen=True)
class Reason:
    """Why a recording is refused: which check, and a sentence with the numbers."""

    key: str
    sentence: str


@dataclass(frozen=True)
class Inspection:
    """What was found of a recording: the reasons to refuse it, none where it is true, and how far its clocks drift from its times."""

    reasons: tuple[Reason, ...]
    drift_s: float
    longest_gap_s: float
    duration_s: float

    @property
    def exact_to_s(self) -> float:
        """Return to how many seconds its clocks are known to be true: no better than they can be read."""
        return max(self.drift_s, _TICK_S)

    @property
    def verified(self) -> bool:
        """Return whether nothing speaks against the recording."""
        return not self.reasons


@dataclass(frozen=True)
class _Moment:
    """What was seen of a drawing, and when it was drawn."""

    shown: ScreenState
    sight: ScreenReading | None


def verify(
    cast: Cast, results: Results, told: Sequence[str], size: Size | None = None
) -> Inspection:
    """Return what speaks against a recording of the session with those results.

    ``told`` are the lines that its last screen must end with, above the slate; ``size`` is what was asked for (None: any).
    """
    seen = [
        _Moment(drawing, read_screen(drawing.lines))
        for drawing in _from_the_first(screen_states(cast))
    ]
    sights = [moment for moment in seen if moment.sight is not None]
    drift, gap = _drift(sights), _longest_gap(cast)
    picture = (
        *_of_labels(seen, results),
        *_of_clocks(drift, sights, results),
        *_of_the_date(cast, sights),
    )
    end = *_of_the_end(cast, seen, told), *_of_markers(cast, sights, results)
    return Inspection((*_of_the_file(cast, size, gap), *picture, *end), drift, gap, cast.duration_s)


def _from_the_first(drawings: Iterable[ScreenState]) -> Iterator[ScreenState]:
    """Yield the drawings from the first one that shows anything: a screen that is blank later hides what it should show."""
    return dropwhile(lambda drawing: not drawing.text.strip(), drawings)


def _of_the_file(cast: Cast, size: Size | None, gap: float) -> Iterator[Reason]:
    """Yield what is wrong with the file whatever it shows."""
    own = (cast.columns, cast.rows)
    sizes = {own, *(_sized(event.text) for event in cast.events if event.code == RESIZE)}
    if size is not None and own != size:
        yield Reason("size", f"it is of a terminal of {_times(own)}, not of {_times(size)}")
    if sizes != {own}:
        yield Reason("size", "its terminal changes its size")
    if cast.idle_time_limit is not None:
        yield Reason(
            "idle-limit",
            f"its header has an idle time limit of {words.seconds(cast.idle_time_limit)}, which shortens pauses",
        )
    if any(later.at < event.at for event, later in pairwise(cast.events)):
        yield Reason("order", "its times run backwards")
    if gap > LONGEST_GAP_S:
        yield Reason(
            "gap",
            f"nothing is drawn for {words.seconds(gap)}, more than {words.seconds(LONGEST_GAP_S)}",
        )


def _of_labels(seen: Sequence[_Moment], results: Results) -> Iterator[Reason]:
    """Yield where a frame lacks what must be visible in each: both clocks, the moment, the run and the badge."""
    if not seen:
        yield Reason("labels", "it shows nothing")
        return
    badge = _BADGE if results.kind is Kind.MEASURED else f"{_BADGE} · {str(results.kind).upper()}"
    bare = next((moment for moment in seen if not _is_labelled(moment.sight, badge)), None)
    if bare is not None:
        yield Reason(
            "labels",
            f"at {words.clock(bare.shown.at)} its screen lacks the clocks, the moment, the run or the badge {badge}",
        )
    runs = {moment.sight.run_id for moment in seen if moment.sight is not None}
    if strange := sorted(runs - {results.run_id}):
        yield Reason(
            "run",
            f"it is of run {words.printable(strange[0])}, the results file of run {words.printable(results.run_id)}",
        )


def _is_labelled(sight: ScreenReading | None, badge: str) -> bool:
    return sight is not None and sight.badge == badge and None not in sight.clocks


def _of_the_date(cast: Cast, sights: Sequence[_Moment]) -> Iterator[Reason]:
    """Yield where the file claims another date than its screen shows."""
    if cast.began is None:
        yield Reason("date", "its header has no date")
        return
    astray = [
        abs(cast.began + moment.shown.at - moment.sight.utc.timestamp())
        for moment in sights
        if moment.sight is not None
    ]
    if astray and min(astray) > DATED_WITHIN_S:
        yield Reason(
            "date",
            f"its header dates it {words.seconds(min(astray))} away from what its screen shows",
        )


def _of_clocks(drift: float, sights: Sequence[_Moment], results: Results) -> Iterator[Reason]:
    """Yield where the clocks go otherwise than the file's own times, or stop elsewhere than in the results."""
    if drift > MOST_DRIFT_S:
        limit = words.seconds(MOST_DRIFT_S)
        yield Reason(
            "drift",
            f"its clocks and its own times drift apart by {words.seconds(drift)}, more than {limit}: it was cut or its speed changed",
        )
    if not sights:
        return
    last = sights[-1].sight
    for side, clock in zip(Side, last.clocks if last is not None else (), strict=False):
        wall = last_wall_s(results, side)
        if wall is None or clock is None or not clock.shows(wall):
            stands = words.clock(clock.seconds) if clock is not None else "nothing"
            told = words.clock(wall) if wall is not None else "no time"
            yield Reason(
                "clock", f"its {side} clock stops at {stands}, the results file has {told}"
            )


def _of_the_end(cast: Cast, seen: Sequence[_Moment], told: Sequence[str]) -> Iterator[Reason]:
    """Yield what the last screen lacks: the headline of the results file, held long enough to be read."""
    last = seen[-1] if seen else None
    if last is None or last.sight is None or last.sight.statuses is not None:
        yield Reason("end", "it ends before its headline")
        return
    lines = [line.rstrip() for line in last.shown.lines if line.strip()]
    due = [line.rstrip() for line in told[-max(1, cast.rows - _BELOW_ROWS) :] if line.strip()]
    stands = lines[-_SLATE_ROWS - len(due) : -_SLATE_ROWS]
    if stands != due:
        other = next(
            (one for one, wanted in zip_longest(stands, due, fillvalue="") if one != wanted), ""
        )
        yield Reason(
            "headline",
            f"its last screen does not show what the results file says, but {words.printable(other)!r}",
        )
    held = cast.duration_s - next(
        moment.shown.at
        for moment in seen
        if moment.sight is not None and moment.sight.statuses is None
    )
    if held < HELD_AT_LEAST_S:
        yield Reason(
            "held",
            f"its headline is held for {words.seconds(held)}, less than {words.seconds(HELD_AT_LEAST_S)}",
        )


def _of_markers(cast: Cast, sights: Sequence[_Moment], results: Results) -> Iterator[Reason]:
    """Yield which chapters are missing or told twice, or stand elsewhere than what they name is seen."""
    labels = [marker.text for marker in cast.markers]
    if wrong := [label for label in MARKERS if labels.count(label) != 1]:
        yield Reason(
            "markers",
            f"it has {words.number_of(labels.count(wrong[0]), 'marker')} {wrong[0]!r}, not one",
        )
        return
    for label, (earliest, latest) in _moments(sights, results):
        at = cast.marker_at(label) or 0.0
        if not earliest - MARKED_WITHIN_S <= at <= latest + MARKED_WITHIN_S:
            yield Reason(
                "markers",
                f"its marker {label!r} stands at {words.clock(at)}, what it names is at {words.clock(latest)}",
            )


def _moments(sights: Sequence[_Moment], results: Results) -> Iterator[tuple[str, Window]]:
    """Yield what the markers name with the window in which it can be, by the screen and the first trials' wall times."""
    ready = next(
        (
            moment.shown.at
            for moment in sights
            if moment.sight is not None and moment.sight.statuses == _READY
        ),
        None,
    )
    if ready is not None:  # it is drawn at the end of the frame in which it came
        yield ARMED, (ready - _FRAME_S, ready)
    for place, (side, went, done) in enumerate(
        zip(Side, (GO, DISTRIBUTED_GO), (BASELINE_DONE, DISTRIBUTED_DONE), strict=True)
    ):
        live, wall = next(_runs(sights, place, ("LIVE",)), None), first_wall_s(results, side)
        if live is not None:
            began = _began(live)
            yield went, began
            if wall is not None:
                yield done, (began[0] + wall, began[1] + wall)
    headline = next(
        (
            moment.shown.at
            for moment in sights
            if moment.sight is not None and moment.sight.statuses is None
        ),
        None,
    )
    if headline is not None:
        yield HEADLINE, (headline, headline)


def _drift(sights: Sequence[_Moment]) -> float:
    """Return by how many seconds the readings of a clock contradict the recording's times, at the worst.

    A clock that shows c at the time t began within one tick before t - c. Where two readings of one run of it leave no moment at
    which it can have begun, the recording is not true; how far they miss each other is the drift.
    """
    of_clocks = [_apart(run) for side in (0, 1) for run in _runs(sights, side)]
    of_day = _apart(
        [
            (moment.shown.at, ClockReading(moment.sight.utc.timestamp(), _SECOND_S))
            for moment in sights
            if moment.sight is not None
        ]
    )
    return max([of_day, *of_clocks], default=0.0)


def _apart(readings: Sequence[Reading]) -> float:
    if not readings:
        return 0.0
    earliest, latest = _began(readings)
    return max(0.0, earliest - latest)


def _began(readings: Sequence[Reading]) -> Window:
    """Return from when until when a clock can have begun, in seconds of the recording; contradicting readings leave an empty window."""
    return max(at - clock.seconds - clock.tick for at, clock in readings), min(
        at - clock.seconds for at, clock in readings
    )


def _runs(
    sights: Sequence[_Moment], side: int, looks: tuple[str, ...] = _GOING
) -> Iterator[list[Reading]]:
    """Yield the readings of a side's clock, a list for every stretch in which it goes; one that starts anew is another."""
    for look, group in groupby(
        sights,
        key=lambda moment: (
            moment.sight.statuses[side] if moment.sight and moment.sight.statuses else ""
        ),
    ):
        if look in looks:
            yield from (run for run in _ascending(list(group), side) if run)


def _ascending(moments: Sequence[_Moment], side: int) -> Iterator[list[Reading]]:
    run: list[Reading] = []
    for moment in moments:
        clock = moment.sight.clocks[side] if moment.sight is not None else None
        if clock is None:
            continue
        if run and clock.seconds < run[-1][1].seconds:
            yield run
            run = []
        run.append((moment.shown.at, clock))
    yield run


def _longest_gap(cast: Cast) -> float:
    """Return the longest time in seconds for which nothing is drawn, from the beginning to the end."""
    drawn_at = [0.0, *(event.at for event in cast.events if event.code == OUTPUT), cast.duration_s]
    return max(later - at for at, later in pairwise(drawn_at))


def _sized(text: str) -> Size:
    columns, _, rows = text.partition("x")
    return (
        (int(columns), int(rows))
        if columns.isdecimal() and rows.isdecimal() and len(text) < 10
        else (0, 0)
    )


def _times(size: Size) -> str:
    return f"{size[0]}×{size[1]}"
