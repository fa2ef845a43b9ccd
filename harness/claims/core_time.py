"""Where the core-seconds went: what every core that was given did until the clock stopped, at each scale.

It answers why efficiency falls. The parts are of the trial with the median wall time (the mean of the two in the
middle where there is an even number), so that they add up to cores × that median. May import ``model`` and ``evidence``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from harness.claims.pairs import Pairs, complete_pairs
from harness.model import CoreSeconds, Results, Side, Trial


class TimePart(StrEnum):
    """What a core-second went on: the work the baseline does too, work beyond that, and everything that is none."""

    USEFUL = "useful work"
    EXTRA = "extra work"
    COMMUNICATION = "communication"
    WAITING = "waiting"
    SERIAL = "driver alone"
    IDLE = "idle"


@dataclass(frozen=True)
class CoreTime:
    """The core-seconds of one side at one scale, each in one part.

    ``workers`` is p and ``cores`` all the cores they had; ``wall_s`` the median wall time. ``useful_s`` is the
    computing that the baseline needs too, ``extra_s`` what was computed beyond it: the price of sharing caches, clocks
    and memory, and of work done twice. The other parts are as in ``model.CoreSeconds``. Where the scale is
    ``oversubscribed``, cores were counted that are not there.
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
    def given_s(self) -> float:
        """Return the core-seconds there were: cores × median wall time, K·p·Tp."""
        return self.cores * self.wall_s

    @property
    def residual_s(self) -> float:
        """Return the core-seconds given that are in no part; zero where the facts are sound."""
        return self.given_s - sum(spent for _, spent in self.parts)

    def share(self, part: TimePart) -> float:
        """Return the part's fraction of the core-seconds given."""
        return dict(self.parts)[part] / self.given_s


def core_time(results: Results) -> tuple[CoreTime, ...]:
    """Return the baseline's split and then that of every measured scale, ascending; only those that are known."""
    seen = [
        known
        for scale in results.spec.scales
        if (known := complete_pairs(results, scale)) is not None
    ]
    splits = [core_time_of(one, Side.BASELINE) for one in seen[:1]] + [
        core_time_of(one) for one in seen
    ]
    return tuple(known for known in splits if known is not None)


def core_time_of(seen: Pairs, side: Side = Side.DISTRIBUTED) -> CoreTime | None:
    """Return where a side's core-seconds went at this scale (None: a trial in the middle, of either side, does not say)."""
    spec = seen.results.spec
    baseline = side is Side.BASELINE
    middle = _middle(seen.baseline if baseline else seen.distributed)
    own, reference = _spent(middle), _spent(_middle(seen.baseline))
    if own is None or reference is None:
        return None
    useful = min(own.compute_s, reference.compute_s)
    return CoreTime(
        side=side,
        workers=1 if baseline else seen.scale,
        cores=spec.baseline_cores if baseline else seen.scale * spec.cores_per_worker,
        wall_s=fmean(trial.wall_s for trial in middle),
        useful_s=useful,
        extra_s=own.compute_s - useful,
        communication_s=own.exchange_s,
        waiting_s=own.waiting_s,
        serial_s=own.serial_s,
        idle_s=own.idle_s,
        oversubscribed=not baseline and seen.oversubscribed,
    )


def _middle(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Return the trial of the median wall time, or the two that have the median between them."""
    ranked = sorted(trials, key=lambda trial: trial.wall_s)
    return tuple(ranked[(len(ranked) - 1) // 2 : len(ranked) // 2 + 1])


def _spent(trials: tuple[Trial, ...]) -> CoreSeconds | None:
    known = [trial.core_seconds for trial in trials if trial.core_seconds is not None]
    if len(known) < len(trials):
        return None

    def mean(part: Callable[[CoreSeconds], float]) -> float:
        return fmean(part(spent) for spent in known)

    return CoreSeconds(
        compute_s=mean(lambda spent: spent.compute_s),
        exchange_s=mean(lambda spent: spent.exchange_s),
        waiting_s=mean(lambda spent: spent.waiting_s),
        serial_s=mean(lambda spent: spent.serial_s),
        idle_s=mean(lambda spent: spent.idle_s),
    )
