"""The scaling curve: what every measured scale of a session gave, the law that they imply, and what it predicts.

Measured and predicted are types of their own, so that nothing can draw one as the other.
May import ``model`` and the rest of ``score``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from harness.claims import cost, scaling
from harness.claims.pairs import Pairs, complete_pairs, median_of, within_tolerance
from harness.claims.rules.work import framework_tax
from harness.claims.run_cost import baseline_machines, cost_of
from harness.model import Kind, Results, Scaling, Spec

FEWEST_SCALES = 3
FRACTION_NOISE = 0.005
LARGEST_MISFIT = 0.1
WORTHWHILE_EFFICIENCY = 0.7
PREDICTED_WORKERS = 64


class Origin(StrEnum):
    """Where a serial fraction comes from: solved from one scale, or fitted to three or more."""

    IMPLIED = "implied"
    FIT = "fit"


@dataclass(frozen=True)
class Point:
    """One measured scale.

    Times are medians in seconds. ``ratios`` are the speedups of each pair, or of any two runs where nobody saw which were
    paired; ``interval`` is of the speedup (None: fewer than six pairs, or nobody saw them). ``serial_fraction`` is None
    where S implies none. ``change`` is the largest change of quality of any pair; ``clean`` tells whether it keeps to the
    tolerance. ``cost`` is money per run.
    """

    workers: int
    pairs: int
    distributed_s: float
    speedup: float
    efficiency: float
    ratios: tuple[float, ...]
    interval: tuple[float, float] | None
    serial_fraction: float | None
    change: float
    clean: bool
    oversubscribed: bool
    cost: float


@dataclass(frozen=True)
class Law:
    """Amdahl's law as the points have it: f, 1/f (infinite where f is zero), and from how many scales beyond one worker.

    Only scales count that kept the quality and had a core for every thread. It takes a baseline with one worker's
    cores, and equal work at every scale. ``misfit`` is by how much of its time it misses the worst of those beyond one
    worker, a fraction.
    """

    origin: Origin
    serial_fraction: float
    ceiling: float
    scales: int
    misfit: float

    @property
    def holds(self) -> bool:
        """Return whether the points follow it closely enough for a prediction."""
        return self.misfit <= LARGEST_MISFIT


@dataclass(frozen=True)
class Prediction:
    """What Amdahl's law predicts for a scale that was not measured. ``cost`` is money per run."""

    workers: int
    speedup: float
    efficiency: float
    cost: float


@dataclass(frozen=True)
class Step:
    """What going on from ``before`` workers to ``after`` would bring a run: seconds saved and money more, negative if less.

    ``predicted`` tells that ``after`` was not measured. ``price_per_hour`` is the money for each hour saved (None: no
    time is saved, or no money is lost).
    """

    before: int
    after: int
    predicted: bool
    saved_s: float
    extra_cost: float
    price_per_hour: float | None


@dataclass(frozen=True)
class Curve:
    """All scales of a session beside its baseline.

    ``law`` is None where the points imply none, or do not follow the one that they imply: that is then ``rejected``, and
    nothing is predicted. ``largest_worthwhile`` is the largest p whose predicted efficiency is at least 0.7 (None: no
    law, or no largest). ``cost_scale`` is COST, the smallest measured p that beats the
    baseline (None: none does, unbounded). ``framework_tax`` is T_ray(1) over T_baseline (None: p = 1 was not measured,
    or had other cores than the baseline).
    """

    results: Results
    baseline_s: float
    baseline_cost: float
    baseline_quality: float
    points: tuple[Point, ...]
    law: Law | None
    rejected: Law | None
    predictions: tuple[Prediction, ...]
    largest_worthwhile: int | None
    cost_scale: int | None
    framework_tax: float | None

    @property
    def next_step(self) -> Step | None:
        """Return what the next scale above the headline's would bring, measured on cores of its own or else predicted.

        None: neither is known, or the quality moved on the way there.
        """
        now = next(
            (point for point in self.points if point.workers == self.results.spec.workers), None
        )
        if now is None:
            return None
        measured = [
            (point.workers, False, point.distributed_s, point.cost)
            for point in self.points
            if not point.oversubscribed
        ]
        foreseen = [
            (point.workers, True, self.baseline_s / point.speedup, point.cost)
            for point in self.predictions
        ]
        later = min(
            (scale for scale in (*measured, *foreseen) if scale[0] > now.workers), default=None
        )
        if later is None or any(
            not point.clean for point in self.points if now.workers <= point.workers <= later[0]
        ):
            return None
        workers, predicted, wall_s, money = later
        saved_s, extra = now.distributed_s - wall_s, money - now.cost
        price = extra / saved_s * cost.HOUR_S if saved_s > 0 and extra > 0 else None
        return Step(now.workers, workers, predicted, saved_s, extra, price)


def curve(results: Results, predicted: int = PREDICTED_WORKERS) -> Curve | None:
    """Return the curve of a session, with predictions up to ``predicted`` workers (None: no scale has a complete pair)."""
    seen = [
        known
        for scale in results.spec.scales
        if (known := complete_pairs(results, scale)) is not None
    ]
    if not seen:
        return None
    points = tuple(_point(one) for one in seen)
    implied = _law(results.spec, points)
    law = implied if implied is not None and implied.holds else None
    baseline = {trial.index: trial for one in seen for trial in one.baseline}.values()
    baseline_s = median_of(baseline, lambda trial: trial.wall_s)
    measured = Curve(
        results=results,
        baseline_s=baseline_s,
        baseline_cost=cost.run_cost(
            baseline_s, baseline_machines(seen[0]), results.spec.prices.baseline_per_hour
        ),
        baseline_quality=median_of(baseline, lambda trial: trial.quality),
        points=points,
        law=law,
        rejected=implied if law is None else None,
        predictions=(),
        largest_worthwhile=None
        if law is None
        else scaling.largest_worthwhile(law.serial_fraction, WORTHWHILE_EFFICIENCY),
        cost_scale=next((point.workers for point in points if point.speedup > 1), None),
        framework_tax=framework_tax(results),
    )
    return replace(measured, predictions=tuple(_predictions(measured, predicted)))


def _point(seen: Pairs) -> Point:
    changes = [
        many.quality - one.quality
        for one, many in zip(seen.baseline, seen.distributed, strict=True)
    ]
    change = max(changes, key=abs)
    return Point(
        workers=seen.scale,
        pairs=len(seen.walls),
        distributed_s=median_of(seen.distributed, lambda trial: trial.wall_s),
        speedup=seen.speedup,
        efficiency=seen.efficiency,
        ratios=tuple(scaling.speedup(one, many) for one, many in _compared(seen)),
        interval=seen.interval,
        serial_fraction=seen.serial_fraction,
        change=change,
        clean=within_tolerance(change, seen.results.spec.workload.tolerance),
        oversubscribed=seen.oversubscribed,
        cost=cost_of(seen).distributed,
    )


def _compared(seen: Pairs) -> Iterable[tuple[float, float]]:
    """Return the times to hold against each other: the pairs', or every two where nobody saw which belong together."""
    if seen.results.kind is not Kind.DECLARED:
        return seen.walls
    return product(
        (trial.wall_s for trial in seen.baseline), (trial.wall_s for trial in seen.distributed)
    )


def _law(spec: Spec, points: tuple[Point, ...]) -> Law | None:
    """Fit the law to the scales that did equal work on cores of their own; solve it from the largest where they are too few.

    One worker has no weight in a fit, and is no scale that tests it. None: f is not between 0 and 1, but for noise.
    """
    if spec.scaling is Scaling.WEAK or spec.baseline_cores != spec.cores_per_worker:
        return None
    usable = [point for point in points if point.clean and not point.oversubscribed]
    beyond_one = [(point.workers, point.speedup) for point in usable if point.workers > 1]
    fits = len(usable) >= FEWEST_SCALES
    found = scaling.fitted(beyond_one) if fits else usable[-1].serial_fraction if usable else None
    if found is None or not -FRACTION_NOISE <= found <= 1 + FRACTION_NOISE:
        return None
    fraction = min(1.0, max(0.0, found))
    origin, scales = (Origin.FIT, len(beyond_one)) if fits else (Origin.IMPLIED, 1)
    return Law(
        origin, fraction, scaling.ceiling(fraction), scales, scaling.misfit(fraction, beyond_one)
    )


def _predictions(curve: Curve, predicted: int) -> Iterator[Prediction]:
    """Yield powers of two beyond the largest measured scale, and the one asked for at the end."""
    prices, law, measured = curve.results.spec.prices, curve.law, curve.points[-1].workers
    if law is None:
        return
    powers = (2**power for power in range(measured.bit_length(), predicted.bit_length()))
    for workers in sorted({predicted, *powers}):
        if measured < workers <= predicted:
            speedup = scaling.amdahl(law.serial_fraction, workers)
            money = cost.run_cost(
                curve.baseline_s / speedup, workers, prices.worker_per_hour, prices.head_per_hour
            )
            yield Prediction(workers, speedup, speedup / workers, money)
