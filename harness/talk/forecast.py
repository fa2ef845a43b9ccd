"""What rehearsals and a run's own progress say of what is to come: spreads, estimates, and until when to decide.

Every estimate names what it rests on, so that a viewer can say so. Pure; may import ``model``, ``board``, ``scaling`` and ``talk``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from harness.model import Schedule, Side, Spec
from harness.state.board import Board, Lane, Stage
from harness.talk.agenda import Talk


@dataclass(frozen=True)
class Spread:
    """How long something took, in seconds: least, median and most of ``number`` observations. One observation has no spread."""

    low: float
    middle: float
    high: float
    number: int


@dataclass(frozen=True)
class Record:
    """What complete rehearsals of one configuration took, in seconds, a value each, oldest first.

    Wall times of both sides; ``demos`` are demo beats with a presenter at the keyboard, ``alone`` those without one.
    """

    baseline: tuple[float, ...] = ()
    distributed: tuple[float, ...] = ()
    demos: tuple[float, ...] = ()
    alone: tuple[float, ...] = ()

    def walls(self, side: Side) -> tuple[float, ...]:
        """Return the wall times of a side."""
        return self.baseline if side is Side.BASELINE else self.distributed


class Ground(StrEnum):
    """What a number about the future rests on."""

    REHEARSED = "rehearsed"
    ALONE = "alone"
    BUDGET = "budget"
    RECORDING = "recording"


@dataclass(frozen=True)
class Deadline:
    """The latest moment of a talk, in seconds since it began, at which a demo can be begun that takes ``seconds``.

    Below zero there is none. ``number`` is how many observations ``seconds`` is the longest of (0: it is none).
    """

    at: float
    seconds: float
    ground: Ground
    number: int = 0


@dataclass(frozen=True)
class Estimate:
    """Seconds until a clock stops: by the run's own progress (None: there is none yet), and by rehearsals (None: none kept)."""

    by_progress: float | None = None
    by_rehearsals: float | None = None

    @property
    def best(self) -> float | None:
        """Return the estimate to go by: the run's own progress, where there is some."""
        return self.by_rehearsals if self.by_progress is None else self.by_progress


def spread(durations: Sequence[float]) -> Spread | None:
    """Return the spread of some durations in seconds (None: there are none)."""
    if not durations:
        return None
    return Spread(min(durations), median(durations), max(durations), len(durations))


def deadline(talk: Talk, record: Record) -> Deadline:
    """Return until when the live run can be begun so that it and the beats after it still end within the talk's length.

    It is taken to last as long as the longest demo on record; where none is, as its budget has it.
    """
    for known, ground in ((record.demos, Ground.REHEARSED), (record.alone, Ground.ALONE)):
        if known:
            return Deadline(_latest(talk, max(known)), max(known), ground, len(known))
    budget = talk.beats[talk.demo].budget
    return Deadline(_latest(talk, budget), budget, Ground.BUDGET)


def recording_deadline(talk: Talk, seconds: float) -> Deadline:
    """Return until when a recording can be begun, whose duration is known."""
    return Deadline(_latest(talk, seconds), seconds, Ground.RECORDING)


def deadlines(talk: Talk, record: Record, recording_s: float | None) -> tuple[Deadline, ...]:
    """Return until when the live run can be begun, and its recording of so many seconds (None: there is none)."""
    live = deadline(talk, record)
    return (live,) if recording_s is None else (live, recording_deadline(talk, recording_s))


def ending(lane: Lane, at: float, walls: Sequence[float]) -> Estimate:
    """Return when a running side's clock will stop; ``at`` is the conductor's time, ``walls`` what it took in rehearsals.

    A side that does not run yet is estimated from go on, one that has stopped or failed not at all.
    """
    middle = median(walls) if walls else None
    if lane.wall_s is not None or lane.stage is Stage.FAILED:
        return Estimate()
    if lane.started_at is None:
        return Estimate(None, middle)
    elapsed = max(0.0, at - lane.started_at)
    moving = lane.done > 0 and lane.items > 0 and elapsed > 0
    by_progress = max(0.0, elapsed * (lane.items - lane.done) / lane.done) if moving else None
    return Estimate(by_progress, None if middle is None else max(0.0, middle - elapsed))


def run_left(board: Board, spec: Spec, at: float, record: Record) -> float | None:
    """Return the seconds until both clocks have stopped for the last time (None: nothing is known, or it is a sweep).

    A side that runs is estimated as ``Estimate.best`` has it, what is yet to run by the median of rehearsals.
    """
    sides = [_side_left(board, side, spec.trials, at, record.walls(side)) for side in Side]
    if spec.points or board.schedule is None or None in sides:
        return None
    known = [seconds for seconds in sides if seconds is not None]
    return max(known) if board.schedule is Schedule.TOGETHER else sum(known)


def _side_left(
    board: Board, side: Side, trials: int, at: float, walls: Sequence[float]
) -> float | None:
    lane = board.lane(side)
    begun = lane.trial + 1 if lane.started_at is not None else 0
    to_come = trials - begun
    now = ending(lane, at, walls).best if lane.stage is Stage.RUNNING else 0.0
    if now is None or lane.stage is Stage.FAILED or (to_come and not walls):
        return None
    return now + (to_come * median(walls) if to_come else 0.0)


def _latest(talk: Talk, seconds: float) -> float:
    return talk.length - talk.after_demo - seconds
