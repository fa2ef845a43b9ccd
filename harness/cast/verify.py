"""A recording held against the clock: what its screen shows, when it shows it, and what the results file says.

The cast is played into an emulated terminal and the clocks on that screen are read as a person would read them. A true
recording's clocks go as its own times do; one that was sped up, cut or shortened contradicts itself.
Pure. May import ``cast``, ``show``, ``score``, ``model``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from harness.cast.emulator import Shown, shown
from harness.cast.format import OUTPUT, RESIZE, Cast
from harness.cast.marks import ARMED, BASELINE_DONE, DISTRIBUTED_DONE, GO, HEADLINE
from harness.model import Results, Side
from harness.score.headline import Headline, headline
from harness.show import phrases, words
from harness.show.clock import SMALLEST, drawn
from harness.show.seen import Clock, Sight, sight

LONGEST_GAP_S = 1.5
MOST_DRIFT_S = 0.3
HELD_AT_LEAST_S = 3.0
MARKED_WITHIN_S = 0.1
MARKERS = (ARMED, GO, BASELINE_DONE, DISTRIBUTED_DONE, HEADLINE)

_TICK_S, _SECOND_S = 0.1, 1.0
_GOING = ("LIVE", "REPLAY")
_BADGE = "REC"

Size = tuple[int, int]
Reading = tuple[float, Clock]


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

    shown: Shown
    sight: Sight | None


def verify(cast: Cast, results: Results, size: Size | None = None) -> Inspection:
    """Return what speaks against a recording of the session with those results; ``size`` is what was asked for (None: any)."""
    seen = [_Moment(drawing, sight(drawing.lines)) for drawing in shown(cast) if drawing.text.strip()]
    sights = [moment for moment in seen if moment.sight is not None]
    drift, gap = _drift(sights), _longest_gap(cast)
    found = [
        *_of_the_file(cast, size, gap),
        *_of_labels(seen, results),
        *_of_clocks(drift, sights, results),
        *_of_the_end(cast, seen, results),
    ]
    return Inspection((*found, *_of_markers(cast, results)), drift, gap, cast.duration_s)


def _of_the_file(cast: Cast, size: Size | None, gap: float) -> Iterator[Reason]:
    """Yield what is wrong with the file whatever it shows."""
    own = (cast.columns, cast.rows)
    sizes = {own, *(_sized(event.text) for event in cast.events if event.code == RESIZE)}
    if size is not None and own != size:
        yield Reason("size", f"it is of a terminal of {_times(own)}, not of {_times(size)}")
    if sizes != {own}:
        yield Reason("size", "its terminal changes its size")
    if cast.idle_time_limit is not None:
        yield Reason("idle-limit", f"its header has an idle time limit of {words.seconds(cast.idle_time_limit)}, which shortens pauses")
    if any(later.at < event.at for event, later in pairwise(cast.events)):
        yield Reason("order", "its times run backwards")
    if gap > LONGEST_GAP_S:
        yield Reason("gap", f"nothing is drawn for {words.seconds(gap)}, more than {words.seconds(LONGEST_GAP_S)}")


def _of_labels(seen: Sequence[_Moment], results: Results) -> Iterator[Reason]:
    """Yield where a frame lacks what must be visible in each: both clocks, the moment, the run and the badge."""
    if not seen:
        yield Reason("labels", "it shows nothing")
        return
    bare = next((moment for moment in seen if not _is_labelled(moment.sight)), None)
    if bare is not None:
        yield Reason("labels", f"at {words.clock(bare.shown.at)} its screen lacks the clocks, the moment, the run or the {_BADGE} badge")
    runs = {moment.sight.run_id for moment in seen if moment.sight is not None}
    if strange := sorted(runs - {results.run_id}):
        yield Reason("run", f"it is of run {words.safe(strange[0])}, the results file of run {words.safe(results.run_id)}")


def _is_labelled(sight: Sight | None) -> bool:
    return sight is not None and sight.badge.startswith(_BADGE) and None not in sight.clocks


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
        wall = _wall_s(results, side)
        if wall is None or clock is None or not clock.shows(wall):
            stands = words.clock(clock.seconds) if clock is not None else "nothing"
            told = words.clock(wall) if wall is not None else "no time"
            yield Reason("clock", f"its {side} clock stops at {stands}, the results file has {told}")


def _of_the_end(cast: Cast, seen: Sequence[_Moment], results: Results) -> Iterator[Reason]:
    """Yield what the last screen lacks: the headline of the results file, held long enough to be read."""
    last = seen[-1] if seen else None
    if last is None or last.sight is None or last.sight.looks is not None:
        yield Reason("end", "it ends before its headline")
        return
    text = " ".join(last.shown.text.split())
    missing = [number for number in _numbers(results) if number not in text]
    digits = [row.rstrip() for row in _big_number(results)]
    if missing or not all(any(row in line for line in last.shown.lines) for row in digits):
        lacks = f"{missing[0]}" if missing else "the speedup"
        yield Reason("headline", f"its last screen does not show what the results file says: {lacks} is missing")
    held = cast.duration_s - (cast.moment(HEADLINE) or cast.duration_s)
    if held < HELD_AT_LEAST_S:
        yield Reason("held", f"its headline is held for {words.seconds(held)}, less than {words.seconds(HELD_AT_LEAST_S)}")


def _of_markers(cast: Cast, results: Results) -> Iterator[Reason]:
    """Yield which chapters are missing, or stand elsewhere than what they name."""
    labels = [marker.text for marker in cast.markers]
    if missing := [label for label in MARKERS if label not in labels]:
        yield Reason("markers", f"it has no marker {missing[0]!r}")
        return
    went, done = cast.moment(GO), cast.moment(BASELINE_DONE)
    wall = next((trial.wall_s for trial in results.trials if trial.side is Side.BASELINE), None)
    if went is None or done is None or wall is None or abs(done - went - wall) > MARKED_WITHIN_S:
        yield Reason("markers", f"its markers of go and {BASELINE_DONE} are not as far apart as the baseline took")


def _numbers(results: Results) -> tuple[str, ...]:
    """Return every number of the headline as it is written; of a refused one only that there is none."""
    match headline(results):
        case Headline() as claim:
            told = *phrases.times(claim), phrases.efficiency(claim), phrases.quality(claim)[0], phrases.cost(claim)[0]
            return tuple(" ".join(number.split()) for number in told)
        case _:
            return ("NO HEADLINE",)


def _big_number(results: Results) -> Sequence[str]:
    """Return the rows of the speedup's big digits."""
    match headline(results):
        case Headline() as claim:
            return drawn(words.three(claim.speed.speedup).replace(",", ""), SMALLEST, 30)
        case _:
            return ()


def _wall_s(results: Results, side: Side) -> float | None:
    """Return the wall time of a side's last trial in seconds (None: it has none)."""
    own = [trial for trial in results.trials if trial.side is side]
    return max(own, key=lambda trial: trial.order).wall_s if own else None


def _drift(sights: Sequence[_Moment]) -> float:
    """Return by how many seconds the readings of a clock contradict the recording's times, at the worst.

    A clock that shows c at the time t began within one tick before t - c. Where two readings of one run of it leave no moment at
    which it can have begun, the recording is not true; how far they miss each other is the drift.
    """
    of_clocks = [_apart(run) for side in (0, 1) for run in _runs(sights, side)]
    of_day = _apart([(moment.shown.at, Clock(moment.sight.utc.timestamp(), _SECOND_S)) for moment in sights if moment.sight is not None])
    return max([of_day, *of_clocks], default=0.0)


def _apart(readings: Sequence[Reading]) -> float:
    latest = min((at - clock.seconds for at, clock in readings), default=0.0)
    earliest = max((at - clock.seconds - clock.tick for at, clock in readings), default=0.0)
    return max(0.0, earliest - latest)


def _runs(sights: Sequence[_Moment], side: int) -> Iterator[list[Reading]]:
    """Yield the readings of a side's clock, a list for every stretch in which it goes; one that starts anew is another."""
    for look, group in groupby(sights, key=lambda moment: moment.sight.looks[side] if moment.sight and moment.sight.looks else ""):
        if look in _GOING:
            yield from _ascending(list(group), side)


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
    return (int(columns), int(rows)) if columns.isdecimal() and rows.isdecimal() and len(text) < 10 else (0, 0)


def _times(size: Size) -> str:
    return f"{size[0]}×{size[1]}"
