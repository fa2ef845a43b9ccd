"""What rehearsals and a run's own progress say of the time to come: spreads, estimates, deadlines.

Every estimate names what it is based on, so that a viewer can say so. Pure.
May import ``model``, ``state``, ``claims.scaling`` and ``talk.agenda``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from harness.model import Schedule, Side, Spec
from harness.state.board import Board
from harness.state.side import SideStage, SideState
from harness.talk.agenda import Agenda


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How long something took, in seconds: least, median and most of ``number`` observations."""

    low: float
    middle: float
    high: float
    number: int


@dataclass(frozen=True, kw_only=True)
class RehearsalHistory:
    """What complete rehearsals of one configuration took, in seconds, a value each, oldest first.

    ``baseline`` and ``distributed`` are wall times; ``demos`` are demo beats with a presenter at
    the keyboard, ``alone`` those without one. ``beats`` are all beats with one, by name.
    """

    baseline: tuple[float, ...] = ()
    distributed: tuple[float, ...] = ()
    demos: tuple[float, ...] = ()
    alone: tuple[float, ...] = ()
    beats: tuple[tuple[str, float], ...] = ()

    def beat_times(self, name: str) -> tuple[float, ...]:
        """Return what a beat took."""
        return tuple(taken for beat, taken in self.beats if beat == name)

    def wall_times(self, side: Side) -> tuple[float, ...]:
        """Return the wall times of a side."""
        return self.baseline if side is Side.BASELINE else self.distributed


class DeadlineBasis(StrEnum):
    """What a deadline is based on."""

    REHEARSED = "rehearsed"
    ALONE = "alone"
    BUDGET = "budget"
    RECORDING = "recording"


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """The latest moment ``at`` which a demo that takes ``seconds`` can begin.

    It is in seconds since the talk began; a negative one is no moment. ``seconds`` is the longest
    of ``number`` rehearsals, if it is based on any.
    """

    at: float
    seconds: float
    basis: DeadlineBasis
    number: int = 0


@dataclass(frozen=True)
class Estimate:
    """Seconds until a clock stops, by the run's own progress and by rehearsals (None: unknown)."""

    by_progress: float | None = None
    by_rehearsals: float | None = None

    @property
    def best(self) -> float | None:
        """Return the estimate by the run's own progress where there is one, else by rehearsals."""
        return self.by_rehearsals if self.by_progress is None else self.by_progress


def spread(durations: Sequence[float]) -> Spread | None:
    """Return the spread of some durations in seconds (None: there are none)."""
    if not durations:
        return None
    return Spread(
        low=min(durations),
        middle=median(durations),
        high=max(durations),
        number=len(durations),
    )


def deadline(agenda: Agenda, history: RehearsalHistory) -> Deadline:
    """Return the latest moment to begin the live run so that the talk still fits into its length.

    The run is assumed to last as long as the longest demo so far; before any, as long as its
    budget.
    """
    for durations, basis in (
        (history.demos, DeadlineBasis.REHEARSED),
        (history.alone, DeadlineBasis.ALONE),
    ):
        if durations:
            longest = max(durations)
            return Deadline(
                at=_latest(agenda, longest), seconds=longest, basis=basis, number=len(durations)
            )
    budget = agenda.beats[agenda.demo].budget
    return Deadline(at=_latest(agenda, budget), seconds=budget, basis=DeadlineBasis.BUDGET)


def recording_deadline(agenda: Agenda, seconds: float) -> Deadline:
    """Return the latest moment to begin a recording of so many seconds."""
    return Deadline(at=_latest(agenda, seconds), seconds=seconds, basis=DeadlineBasis.RECORDING)


def deadlines(
    agenda: Agenda, history: RehearsalHistory, recording_s: float | None
) -> tuple[Deadline, ...]:
    """Return the deadlines of the live run and of its recording (None: there is no recording)."""
    live = deadline(agenda, history)
    return (live,) if recording_s is None else (live, recording_deadline(agenda, recording_s))


def estimate_side(lane: SideState, at: float, walls: Sequence[float]) -> Estimate:
    """Return when a side's clock will stop; ``walls`` are its wall times in rehearsals.

    ``at`` is the conductor's time. A side that does not run yet is estimated from its start on, one
    that has stopped or failed has no estimate.
    """
    middle = median(walls) if walls else None
    if lane.wall_s is not None or lane.stage is SideStage.FAILED:
        return Estimate()
    if lane.started_at is None:
        return Estimate(None, middle)
    elapsed = max(0.0, at - lane.started_at)
    moving = lane.done > 0 and lane.armed.items > 0 and elapsed > 0
    by_progress = max(0.0, elapsed * (lane.armed.items - lane.done) / lane.done) if moving else None
    return Estimate(by_progress, None if middle is None else max(0.0, middle - elapsed))


def session_time_left(
    board: Board, spec: Spec, at: float, history: RehearsalHistory
) -> float | None:
    """Return the seconds until both clocks have stopped for the last time (None: unknown).

    A running side is estimated by ``Estimate.best``, trials to come by the median of rehearsals. Of
    a sweep nothing is known.
    """
    sides = [_side_left(board, side, spec.trials, at, history.wall_times(side)) for side in Side]
    if spec.points or board.schedule is None or None in sides:
        return None
    known = [seconds for seconds in sides if seconds is not None]
    return max(known) if board.schedule is Schedule.TOGETHER else sum(known)


def _side_left(
    board: Board, side: Side, trials: int, at: float, walls: Sequence[float]
) -> float | None:
    lane = board.state_of(side)
    begun = lane.trial + 1 if lane.started_at is not None else 0
    to_come = trials - begun
    now = estimate_side(lane, at, walls).best if lane.stage is SideStage.RUNNING else 0.0
    if now is None or lane.stage is SideStage.FAILED or (to_come and not walls):
        return None
    return now + (to_come * median(walls) if to_come else 0.0)


def _latest(agenda: Agenda, seconds: float) -> float:
    return agenda.length - agenda.after_demo - seconds
