"""What losses cost: how many, how soon noticed, replaced and made up for, and what was redone.

A loss is a worker that was killed, frozen, drained or lost with its host on purpose, or that was
lost by accident. All of it is read from the trials' faults; what they do not say stays unknown.
May import ``model``, ``pairs`` and ``scaling``.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from statistics import median

from harness.claims import scaling
from harness.claims.pairs import Pairs
from harness.model import Fault, FaultKind, Trial

PREEMPTIONS = (FaultKind.KILL, FaultKind.DRAIN)
"""A machine taken away on purpose, without notice or with it."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Some durations in seconds: how many, their median and the range from ``low_s`` to ``high_s``.

    ``interval`` is the 95 % interval of the median (None: there are fewer than six).
    """

    number: int
    median_s: float
    low_s: float
    high_s: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class Loss:
    """One loss in one trial, known by its ``order``. Seconds are since the strike.

    Where nobody of ours struck, or it is not known when, they are since it was noticed.
    ``is_struck`` tells which. ``noticed_s`` is None for a drain, which is announced, and for a
    freeze that nobody took for a loss. ``announced_s`` is how long a drained worker went on working
    (None for all others). Any other is None where it is not known or never happened.
    """

    order: int
    worker: str
    kind: FaultKind
    is_struck: bool
    noticed_s: float | None
    announced_s: float | None
    replaced_s: float | None
    caught_up_s: float | None
    notice_s: float | None
    redone: int | None
    lost_cpu_s: float | None


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """All losses at one scale, in the order in which they came, and what they cost.

    ``detection`` is strike → noticed, ``replacement`` noticed → another process works in its
    place, ``time`` strike → caught up (None: of no loss known). Freezes, which last as long as was
    asked, count in neither, but in ``time`` where nothing else was lost. ``redone`` are steps or
    chunks that were done again, ``lost_cpu_s`` the core-seconds whose result was thrown away and
    ``lost_share`` their part of all core-seconds of the trials with losses (None: some loss does
    not say).
    ``efficiency_with`` and ``efficiency_without`` are E of the pairs with losses and of those
    without (None: there are not both).
    """

    scale: int
    losses: tuple[Loss, ...]
    trials: int
    detection: Spread | None
    replacement: Spread | None
    time: Spread | None
    redone: int | None
    lost_cpu_s: float | None
    lost_share: float | None
    answers_identical: bool
    efficiency_with: float | None
    efficiency_without: float | None

    @property
    def kinds(self) -> dict[FaultKind, int]:
        """Return how many losses there were of each kind, in the kinds' order."""
        number = Counter(loss.kind for loss in self.losses)
        return {kind: number[kind] for kind in FaultKind if number[kind]}

    @property
    def timed(self) -> tuple[Loss, ...]:
        """Return the losses that ``time`` is of, known or not."""
        lost = tuple(loss for loss in self.losses if loss.kind is not FaultKind.FREEZE)
        return lost or self.losses

    @property
    def preemptions(self) -> int:
        """Return how many workers were taken away on purpose, without notice or with it."""
        return sum(self.kinds.get(kind, 0) for kind in PREEMPTIONS)


def recovery(pairs: Pairs) -> Recovery | None:
    """Return what the losses at the pairs' scale cost (None: nothing was lost)."""
    lost = [(trial, fault) for trial in pairs.distributed for fault in _faults_of(trial)]
    if not lost:
        return None
    losses = tuple(_loss(trial, fault) for trial, fault in lost)
    struck = [trial for trial in pairs.distributed if _faults_of(trial)]
    replaced = [fault.cost_s for _, fault in lost if fault.kind is not FaultKind.FREEZE]
    lost_cpu_s = _total(loss.lost_cpu_s for loss in losses)
    redone = _total(loss.redone for loss in losses)
    cores = pairs.scale * pairs.results.spec.cores_per_worker
    available_s = cores * sum(trial.wall_s for trial in struck)
    with_losses, without = _efficiencies(pairs)
    found = Recovery(
        scale=pairs.scale,
        losses=losses,
        trials=len(struck),
        detection=spread(loss.noticed_s for loss in losses if loss.is_struck),
        replacement=spread(replaced),
        time=None,
        redone=None if redone is None else int(redone),
        lost_cpu_s=lost_cpu_s,
        lost_share=None if lost_cpu_s is None else lost_cpu_s / available_s,
        answers_identical=pairs.answers_identical,
        efficiency_with=with_losses,
        efficiency_without=without,
    )
    return replace(found, time=spread(loss.caught_up_s for loss in found.timed))


def _faults_of(trial: Trial) -> tuple[Fault, ...]:
    """Return what was lost; who was to leave, and had not when all was done, was not."""
    return tuple(fault for fault in trial.faults if fault.was_away)


def spread(durations: Iterable[float | None]) -> Spread | None:
    """Return the spread of those durations that are known (None: none is)."""
    known = sorted(duration for duration in durations if duration is not None)
    if not known:
        return None
    enough = len(known) >= scaling.FEWEST_PAIRS
    return Spread(
        number=len(known),
        median_s=median(known),
        low_s=known[0],
        high_s=known[-1],
        interval=scaling.median_interval(known) if enough else None,
    )


def _loss(trial: Trial, fault: Fault) -> Loss:
    since_s = 0.0
    if fault.struck_at_s is not None:
        since_s = max(0.0, fault.at_s - fault.struck_at_s)
    replaced_s = None if fault.cost_s is None else since_s + fault.cost_s
    return Loss(
        order=trial.order,
        worker=fault.worker,
        kind=fault.kind,
        is_struck=fault.struck_at_s is not None,
        noticed_s=since_s if _is_noticed(fault) else None,
        announced_s=(since_s or replaced_s) if fault.kind is FaultKind.DRAIN else None,
        replaced_s=replaced_s,
        caught_up_s=fault.caught_up_s,
        notice_s=fault.notice_s,
        redone=fault.redone,
        lost_cpu_s=fault.lost_cpu_s,
    )


def _is_noticed(fault: Fault) -> bool:
    """Return whether the loss came as news: until then it is told of at the strike's own time."""
    return fault.kind is not FaultKind.DRAIN and fault.at_s != fault.struck_at_s


def _total(values: Iterable[float | None]) -> float | None:
    """Return the sum (None: one is not known)."""
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def _efficiencies(pairs: Pairs) -> tuple[float | None, float | None]:
    """Return E of the pairs with losses, and of those without (None: there are not both)."""
    with_losses = _chosen(pairs, lambda trial: bool(_faults_of(trial)))
    without = _chosen(pairs, lambda trial: not _faults_of(trial))
    if with_losses is None or without is None:
        return None, None
    return with_losses.efficiency, without.efficiency


def _chosen(pairs: Pairs, choice: Callable[[Trial], bool]) -> Pairs | None:
    """Return the pairs whose distributed trial is chosen (None: none is)."""
    both = zip(pairs.baseline, pairs.distributed, strict=True)
    chosen = [(one, many) for one, many in both if choice(many)]
    if not chosen:
        return None
    baseline, distributed = zip(*chosen, strict=True)
    return replace(pairs, baseline=tuple(baseline), distributed=tuple(distributed))
