"""The claim: a headline with everything that qualifies it, or a refusal with its reasons.

Derived from the facts each time and never stored, so a claim cannot be edited by hand or go stale.
Holds bare numbers; how they read is decided where they are drawn.
May import ``model`` and the rest of ``score``.
"""

from dataclasses import dataclass

from harness.claims import scaling
from harness.claims.curve import Origin, curve
from harness.claims.pairs import Caveat, Measure, Pairs, Unit, complete_pairs, median_of
from harness.claims.rules.caveats import caveats
from harness.claims.rules.refusals import refusals
from harness.claims.run_cost import Cost, cost_of
from harness.model import Results

__all__ = [
    "Caveat",
    "Cost",
    "Headline",
    "Measure",
    "Quality",
    "Refusal",
    "Speed",
    "Unit",
    "headline",
]


@dataclass(frozen=True)
class Speed:
    """Median times of both sides in seconds, and what they imply.

    ``interval`` is of the speedup (None: fewer than six pairs, or declared runs). ``serial_fraction`` is implied by S from
    one p, and ``ceiling`` is the largest speedup it allows, infinite where f is zero (both None: not implied, since p is 1,
    S is outside 1 … p, the baseline had other cores than one worker, or the other scales of a sweep do not follow the
    law). ``fitted``: both are of the law fitted to a sweep's scales. Start-up is not in the wall times.
    """

    baseline_s: float
    distributed_s: float
    speedup: float
    efficiency: float
    interval: tuple[float, float] | None
    serial_fraction: float | None
    ceiling: float | None
    baseline_startup_s: float
    distributed_startup_s: float
    speedup_with_startup: float
    fitted: bool = False


@dataclass(frozen=True)
class Quality:
    """Median quality of both sides on the same held-out set; ``change`` is distributed minus baseline."""

    baseline: float
    distributed: float
    change: float
    answers_identical: bool


@dataclass(frozen=True)
class Headline:
    """Speed, quality and cost of both sides, measured together in one session, with the facts they came from."""

    results: Results
    pairs: Pairs
    speed: Speed
    quality: Quality
    cost: Cost
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True)
class Refusal:
    """No claim can be made of these facts, for one reason or more."""

    results: Results
    reasons: tuple[Caveat, ...]


def headline(results: Results) -> Headline | Refusal:
    """Return what may be claimed of a session, or all reasons why nothing may."""
    reasons = refusals(results)
    seen = complete_pairs(results)
    if reasons or seen is None:
        return Refusal(results, reasons)
    return Headline(results, seen, _speed(seen), _quality(seen), cost_of(seen), caveats(seen))


def _speed(seen: Pairs) -> Speed:
    baseline_s, distributed_s = _times(seen)
    baseline_startup_s = median_of(seen.baseline, lambda trial: trial.startup_s)
    distributed_startup_s = median_of(seen.distributed, lambda trial: trial.startup_s)
    fraction, fitted = _serial_fraction(seen)
    return Speed(
        baseline_s=baseline_s,
        distributed_s=distributed_s,
        speedup=seen.speedup,
        efficiency=seen.efficiency,
        interval=seen.interval,
        serial_fraction=fraction,
        ceiling=None if fraction is None else scaling.ceiling(fraction),
        fitted=fitted,
        baseline_startup_s=baseline_startup_s,
        distributed_startup_s=distributed_startup_s,
        speedup_with_startup=scaling.speedup(
            baseline_s + baseline_startup_s, distributed_s + distributed_startup_s
        ),
    )


def _serial_fraction(seen: Pairs) -> tuple[float | None, bool]:
    """Return f and whether it was fitted: that of the fitted law, else what S implies where no other scale speaks against the law."""
    drawn = curve(seen.results)
    law = None if drawn is None else drawn.law
    if law is not None and law.origin is Origin.FIT:
        return law.serial_fraction, True
    contradicted = law is None and drawn is not None and len(drawn.points) > 1
    return None if contradicted else seen.serial_fraction, False


def _times(seen: Pairs) -> tuple[float, float]:
    return median_of(seen.baseline, lambda trial: trial.wall_s), median_of(
        seen.distributed, lambda trial: trial.wall_s
    )


def _quality(seen: Pairs) -> Quality:
    baseline = median_of(seen.baseline, lambda trial: trial.quality)
    distributed = median_of(seen.distributed, lambda trial: trial.quality)
    return Quality(baseline, distributed, distributed - baseline, seen.answers_identical)
