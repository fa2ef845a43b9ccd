"""Where the core-seconds went: what every core did until the clock stopped, at each scale.

It answers why efficiency falls. The parts are of the trial with the median wall time (the mean of
the two in the middle where their number is even), so that they add up to cores × that median. May
import ``model`` and ``pairs``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from harness.claims.pairs import Pairs
from harness.model import CoreSeconds, Side, Trial


class TimePart(StrEnum):
    """What a core-second went on: work that the baseline does too, work beyond that, or no work."""

    USEFUL = "useful work"
    EXTRA = "extra work"
    COMMUNICATION = "communication"
    WAITING = "waiting"
    SERIAL = "driver alone"
    IDLE = "idle"


@dataclass(frozen=True, kw_only=True)
class CoreTime:
    """The core-seconds of one side at one scale, each in one part.

    ``workers`` is p and ``cores`` all the cores they had; ``wall_s`` is the median wall time.
    ``useful_s`` is the computing that the baseline needs too, ``extra_s`` what was computed beyond
    it: the price of sharing caches, clocks and memory, and of work done twice. The other parts are
    as in ``model.CoreSeconds``. Where the scale is ``oversubscribed``, cores were counted that do
    not exist. Where ``workers_were_lost``, their absence is part of the communication: what a
    worker does not compute and nobody measures.
    """

    side: Side
    workers: int
    cores: int
    wall_s: float
    useful_s: float
    extra_s: float
    communication_s: float
    waiting_s: float
    serial_s: float
    idle_s: float
    oversubscribed: bool = False
    workers_were_lost: bool = False

    def name(self, part: TimePart) -> str:
        """Return what a part is called here."""
        if part is TimePart.COMMUNICATION and self.workers_were_lost:
            return "communication and losses"
        return part

    @property
    def parts(self) -> tuple[tuple[TimePart, float], ...]:
        """Return every part with its core-seconds, in the order in which they are drawn."""
        spent = (
            self.useful_s,
            self.extra_s,
            self.communication_s,
            self.waiting_s,
            self.serial_s,
            self.idle_s,
        )
        return tuple(zip(TimePart, spent, strict=True))

    @property
    def available_s(self) -> float:
        """Return the core-seconds that there were: cores × median wall time, K·p·Tp."""
        return self.cores * self.wall_s

    def spent_s(self, *parts: TimePart) -> float:
        """Return the core-seconds of some parts together."""
        return sum(spent for part, spent in self.parts if part in parts)

    def share(self, *parts: TimePart) -> float:
        """Return the fraction of the available core-seconds that some parts have together."""
        return self.spent_s(*parts) / self.available_s


def core_time(scales: Sequence[Pairs]) -> tuple[CoreTime, ...]:
    """Return the known core times: the baseline's, then that of every scale, in their order."""
    baseline = [core_time_of(pairs, Side.BASELINE) for pairs in scales[:1]]
    known = (*baseline, *(core_time_of(pairs) for pairs in scales))
    return tuple(one for one in known if one is not None)


def core_time_of(pairs: Pairs, side: Side = Side.DISTRIBUTED) -> CoreTime | None:
    """Return where a side's core-seconds went.

    None: a trial in the middle, of either side, does not say.
    """
    spec = pairs.results.spec
    is_baseline = side is Side.BASELINE
    middle = _middle_trials(pairs.baseline if is_baseline else pairs.distributed)
    own, reference = _mean_core_seconds(middle), _mean_core_seconds(_middle_trials(pairs.baseline))
    if own is None or reference is None:
        return None
    useful_s = min(own.compute_s, reference.compute_s)
    return CoreTime(
        side=side,
        workers=1 if is_baseline else pairs.scale,
        cores=spec.baseline_cores if is_baseline else pairs.scale * spec.cores_per_worker,
        wall_s=fmean(trial.wall_s for trial in middle),
        useful_s=useful_s,
        extra_s=own.compute_s - useful_s,
        communication_s=own.exchange_s,
        waiting_s=own.waiting_s,
        serial_s=own.serial_s,
        idle_s=own.idle_s,
        oversubscribed=not is_baseline and pairs.oversubscribed,
        workers_were_lost=any(trial.faults for trial in middle),
    )


def _middle_trials(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Return the trial of the median wall time, or the two that have the median between them."""
    ranked = sorted(trials, key=lambda trial: trial.wall_s)
    return tuple(ranked[(len(ranked) - 1) // 2 : len(ranked) // 2 + 1])


def _mean_core_seconds(trials: tuple[Trial, ...]) -> CoreSeconds | None:
    """Return the mean of each part (None: a trial does not say)."""
    known = [trial.core_seconds for trial in trials if trial.core_seconds is not None]
    if len(known) < len(trials):
        return None
    return CoreSeconds(
        compute_s=fmean(one.compute_s for one in known),
        exchange_s=fmean(one.exchange_s for one in known),
        waiting_s=fmean(one.waiting_s for one in known),
        serial_s=fmean(one.serial_s for one in known),
        idle_s=fmean(one.idle_s for one in known),
    )
