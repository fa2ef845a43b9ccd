"""The scaling curve: every measured scale of a session, the law they imply, and what it predicts.

Measured and predicted are types of their own, so that nothing can draw one as the other.
May import ``model``, ``scaling``, ``cost``, ``pairs`` and ``run_cost``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from harness.claims import cost, scaling
from harness.claims.pairs import Pairs, framework_tax, median_of
from harness.claims.run_cost import baseline_machines, billed_workers, cost_of
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


@dataclass(frozen=True, kw_only=True)
class Point:
    """One measured scale.

    Times are medians in seconds. ``ratios`` are the speedups of each pair, or of any two runs where
    nobody saw which were paired; ``interval`` is of the speedup (None: fewer than six pairs, or
    nobody saw them). ``serial_fraction`` is None where S implies none. ``quality_change`` is the
    largest change of quality of any pair; ``quality_tolerated`` tells whether it stays within the
    tolerance.
    ``cost`` is money per run.
    """

    workers: int
    pairs: int
    distributed_s: float
    speedup: float
    efficiency: float
    ratios: tuple[float, ...]
    interval: tuple[float, float] | None
    serial_fraction: float | None
    quality_change: float
    quality_tolerated: bool
    oversubscribed: bool
    cost: float


@dataclass(frozen=True, kw_only=True)
class Law:
    """Amdahl's law as the points have it: f, and 1/f (infinite where f is zero).

    Only scales count that kept the quality and had a core for every thread; ``scales`` says how
    many of those beyond one worker. It takes a baseline with one worker's cores, and equal work at
    every scale. ``misfit`` is the largest relative error of its times at those scales.
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


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What Amdahl's law predicts for a scale that was not measured. ``cost`` is money per run."""

    workers: int
    speedup: float
    efficiency: float
    cost: float


@dataclass(frozen=True, kw_only=True)
class Step:
    """What going from ``before`` to ``after`` workers brings a run: seconds saved and extra money.

    Both are negative where it is less. ``predicted`` tells that ``after`` was not measured.
    ``price_per_hour`` is the money for each hour saved (None: no time is saved, or no money is
    lost).
    """

    before: int
    after: int
    predicted: bool
    saved_s: float
    extra_cost: float
    price_per_hour: float | None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """All scales of a session beside its baseline.

    ``law`` is None where the points imply none, or do not follow the one that they imply: that is
    then ``rejected_law``, and nothing is predicted. ``largest_worthwhile`` is the largest p whose
    predicted efficiency is at least 0.7 (None: no law, or no largest). ``cost_scale`` is COST, the
    smallest measured p that beats the baseline (None: none does, unbounded). ``framework_tax`` is
    T_ray(1) over T_baseline (None: p = 1 was not measured, or had other cores than the baseline).
    """

    results: Results
    baseline_s: float
    baseline_cost: float
    baseline_quality: float
    points: tuple[Point, ...]
    law: Law | None
    rejected_law: Law | None
    predictions: tuple[Prediction, ...]
    largest_worthwhile: int | None
    cost_scale: int | None
    framework_tax: float | None

    @property
    def ten_times(self) -> Prediction | None:
        """Return what the law predicts for ten times the headline's workers (None: no law)."""
        if self.law is None:
            return None
        return _prediction(self, self.law, 10 * self.results.spec.workers)

    @property
    def next_step(self) -> Step | None:
        """Return what the next scale above the headline's brings.

        It is measured on cores of its own, or predicted. None: neither is known, or the quality
        moved on the way there.
        """
        asked = self.results.spec.workers
        now = next((point for point in self.points if point.workers == asked), None)
        later = min((scale for scale in self._further_scales() if scale[0] > asked), default=None)
        if now is None or later is None:
            return None
        workers, predicted, wall_s, money = later
        passed = (point for point in self.points if asked <= point.workers <= workers)
        if not all(point.quality_tolerated for point in passed):
            return None
        saved_s, extra = now.distributed_s - wall_s, money - now.cost
        price = extra / saved_s * cost.HOUR_S if saved_s > 0 and extra > 0 else None
        return Step(
            before=asked,
            after=workers,
            predicted=predicted,
            saved_s=saved_s,
            extra_cost=extra,
            price_per_hour=price,
        )

    def _further_scales(self) -> Iterator[tuple[int, bool, float, float]]:
        """Yield workers, whether predicted, seconds and money of every scale to go on to."""
        for point in self.points:
            if not point.oversubscribed:
                yield point.workers, False, point.distributed_s, point.cost
        for foreseen in self.predictions:
            wall_s = self.baseline_s / foreseen.speedup
            yield foreseen.workers, True, wall_s, foreseen.cost


def curve(scales: Sequence[Pairs], predicted: int = PREDICTED_WORKERS) -> Curve | None:
    """Return the curve of a session's pairs at each scale (None: there are none).

    Predictions go up to ``predicted`` workers.
    """
    if not scales:
        return None
    results = scales[0].results
    points = tuple(map(_point, scales))
    implied = _law(results.spec, points)
    law = implied if implied is not None and implied.holds else None
    baseline = {trial.index: trial for pairs in scales for trial in pairs.baseline}.values()
    baseline_s = median_of(baseline, lambda trial: trial.wall_s)
    price = results.spec.prices.baseline_per_hour
    measured = Curve(
        results=results,
        baseline_s=baseline_s,
        baseline_cost=cost.run_cost(baseline_s, baseline_machines(scales[0]), price),
        baseline_quality=median_of(baseline, lambda trial: trial.quality),
        points=points,
        law=law,
        rejected_law=implied if law is None else None,
        predictions=(),
        largest_worthwhile=_largest_worthwhile(law),
        cost_scale=next((point.workers for point in points if point.speedup > 1), None),
        framework_tax=framework_tax(results),
    )
    return replace(measured, predictions=tuple(_predictions(measured, predicted)))


def _point(pairs: Pairs) -> Point:
    return Point(
        workers=pairs.scale,
        pairs=len(pairs),
        distributed_s=pairs.distributed_s,
        speedup=pairs.speedup,
        efficiency=pairs.efficiency,
        ratios=tuple(scaling.speedup(one, many) for one, many in _compared_times(pairs)),
        interval=pairs.interval,
        serial_fraction=pairs.serial_fraction,
        quality_change=pairs.quality_change,
        quality_tolerated=pairs.quality_tolerated,
        oversubscribed=pairs.oversubscribed,
        cost=cost_of(pairs).distributed,
    )


def _compared_times(pairs: Pairs) -> Iterable[tuple[float, float]]:
    """Return the wall times to compare: the pairs', or every two where the pairs are unknown."""
    if pairs.results.kind is not Kind.DECLARED:
        return pairs.wall_times
    baseline = [trial.wall_s for trial in pairs.baseline]
    return product(baseline, (trial.wall_s for trial in pairs.distributed))


def _law(spec: Spec, points: Sequence[Point]) -> Law | None:
    """Return the law that the usable scales follow best (None: none, or f is not between 0 and 1).

    Usable are scales with equal work on cores of their own. Fewer than three: solved from the
    largest. One worker has no weight in a fit, and is no scale that tests it.
    """
    if spec.scaling is Scaling.WEAK or spec.baseline_cores != spec.cores_per_worker:
        return None
    usable = [point for point in points if point.quality_tolerated and not point.oversubscribed]
    beyond_one = [(point.workers, point.speedup) for point in usable if point.workers > 1]
    fits = len(usable) >= FEWEST_SCALES
    largest = usable[-1].serial_fraction if usable else None
    solved = scaling.fit_serial_fraction(beyond_one) if fits else largest
    if solved is None or not -FRACTION_NOISE <= solved <= 1 + FRACTION_NOISE:
        return None
    serial_fraction = min(1.0, max(0.0, solved))
    return Law(
        origin=Origin.FIT if fits else Origin.IMPLIED,
        serial_fraction=serial_fraction,
        ceiling=scaling.ceiling(serial_fraction),
        scales=len(beyond_one) if fits else 1,
        misfit=scaling.misfit(serial_fraction, beyond_one),
    )


def _largest_worthwhile(law: Law | None) -> int | None:
    if law is None:
        return None
    return scaling.largest_worthwhile(law.serial_fraction, WORTHWHILE_EFFICIENCY)


def _predictions(curve: Curve, predicted: int) -> Iterator[Prediction]:
    """Yield powers of two beyond the largest measured scale, and the one asked for at the end."""
    law, measured = curve.law, curve.points[-1].workers
    if law is None:
        return
    powers = (2**power for power in range(measured.bit_length(), predicted.bit_length()))
    for workers in sorted({predicted, *powers}):
        if measured < workers <= predicted:
            yield _prediction(curve, law, workers)


def _prediction(curve: Curve, law: Law, workers: int) -> Prediction:
    spec, speedup = curve.results.spec, scaling.amdahl(law.serial_fraction, workers)
    prices = spec.billed_prices
    return Prediction(
        workers=workers,
        speedup=speedup,
        efficiency=speedup / workers,
        cost=cost.run_cost(
            curve.baseline_s / speedup,
            billed_workers(spec, workers),
            prices.worker_per_hour,
            prices.head_per_hour,
        ),
    )
