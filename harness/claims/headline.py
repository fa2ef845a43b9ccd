"""The claim: a headline with everything that qualifies it, or a refusal with its reasons.

Derived from the facts each time and never stored, so a claim cannot be edited by hand or go stale.
Holds bare numbers; how they read is decided where they are drawn.
May import ``model`` and the rest of ``claims``.
"""

from dataclasses import dataclass

from harness.claims import scaling
from harness.claims.baseline_proof import proof
from harness.claims.capacity import CapacityGain, capacity_gain
from harness.claims.curve import Curve, Origin
from harness.claims.pairs import Pairs, median_of
from harness.claims.quality_change import quality_change
from harness.claims.recovery import Recovery, recovery
from harness.claims.rule import Caveat as Caveat
from harness.claims.rule import Evidence
from harness.claims.rule import Measure as Measure
from harness.claims.rule import Unit as Unit
from harness.claims.rules import caveats, refusals
from harness.claims.run_cost import Cost as Cost
from harness.claims.run_cost import cost_of
from harness.claims.serving import ServiceGain, service_gain
from harness.claims.tags import Tag, tags
from harness.model import Results


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Median times of both sides in seconds, and what they imply.

    ``interval`` is of the speedup (None: fewer than six pairs, or declared runs).
    ``serial_fraction`` is implied by S from one p, and ``ceiling`` is the largest speedup it
    allows, infinite where f is zero. Both are None where nothing is implied: p is 1, S is outside 1
    … p, the baseline had other cores than one worker, or the other scales of a sweep do not follow
    the law. ``fitted``: both are of the law fitted to a sweep's scales. ``possible_efficiency`` is
    what copies of the baseline on the workers' cores reach, who exchange nothing (None: they were
    not timed, or the workers did better, so that it was no limit). Start-up is not in the wall
    times.
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
    possible_efficiency: float | None = None


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Median quality of both sides, on one held-out set.

    ``change`` is distributed minus baseline. ``interval`` and ``held`` are as in
    ``quality_change.QualityChange``.
    """

    baseline: float
    distributed: float
    change: float
    answers_identical: bool
    interval: tuple[float, float] | None
    held: bool

    @property
    def half_width(self) -> float | None:
        """Return how far the interval reaches from the change at most (None: there is none)."""
        if self.interval is None:
            return None
        return max(abs(end - self.change) for end in self.interval)


@dataclass(frozen=True, kw_only=True)
class Headline:
    """Speed, quality and cost of both sides, with the facts and the pairs they come from.

    ``recovery`` is what losses of workers cost (None: none was lost), ``capacity`` how much larger
    a model the workers' devices hold than one (None: that was not shown), ``service`` how many
    requests a second both sides serve (None: none come one by one).
    """

    results: Results
    pairs: Pairs
    speed: Speed
    quality: Quality
    cost: Cost
    recovery: Recovery | None
    capacity: CapacityGain | None
    service: ServiceGain | None
    caveats: tuple[Caveat, ...]

    @property
    def tags(self) -> tuple[Tag, ...]:
        """Return every caveat in two or three words, the gravest first."""
        return tags(self.caveats)


@dataclass(frozen=True)
class Refusal:
    """No claim can be made of these facts, for one reason or more.

    ``simulated`` is what would be claimed of a session if its work were real, to be shown under
    that word and nowhere else (None: it was real, or there are other reasons, too).
    """

    results: Results
    reasons: tuple[Caveat, ...]
    simulated: Headline | None = None


def headline(evidence: Evidence, curve: Curve | None) -> Headline | Refusal:
    """Return what may be claimed of a session, or all reasons why nothing may.

    ``curve`` is the session's (None: no scale has a complete pair).
    """
    reasons = refusals(evidence)
    pairs = evidence.pairs
    if pairs is None or {reason.key for reason in reasons} - {"simulated"}:
        return Refusal(evidence.results, reasons)
    found = _headline(evidence, pairs, curve, reasons)
    return Refusal(evidence.results, reasons, found) if reasons else found


def _headline(
    evidence: Evidence, pairs: Pairs, curve: Curve | None, reasons: tuple[Caveat, ...]
) -> Headline:
    return Headline(
        results=evidence.results,
        pairs=pairs,
        speed=_speed(pairs, curve),
        quality=_quality(pairs),
        cost=cost_of(pairs),
        recovery=recovery(pairs),
        capacity=capacity_gain(evidence.results),
        service=service_gain(evidence.results),
        caveats=(*reasons, *caveats(evidence)),
    )


def _speed(pairs: Pairs, curve: Curve | None) -> Speed:
    baseline_startup_s = median_of(pairs.baseline, lambda trial: trial.startup_s)
    distributed_startup_s = median_of(pairs.distributed, lambda trial: trial.startup_s)
    fraction, fitted = _serial_fraction(pairs, curve)
    return Speed(
        baseline_s=pairs.baseline_s,
        distributed_s=pairs.distributed_s,
        speedup=pairs.speedup,
        efficiency=pairs.efficiency,
        possible_efficiency=_possible_efficiency(pairs),
        interval=pairs.interval,
        serial_fraction=fraction,
        ceiling=None if fraction is None else scaling.ceiling(fraction),
        fitted=fitted,
        baseline_startup_s=baseline_startup_s,
        distributed_startup_s=distributed_startup_s,
        speedup_with_startup=scaling.speedup(
            pairs.baseline_s + baseline_startup_s, pairs.distributed_s + distributed_startup_s
        ),
    )


def _possible_efficiency(pairs: Pairs) -> float | None:
    baseline_proof = proof(pairs.results, pairs)
    possible = None if baseline_proof is None else baseline_proof.possible_efficiency
    return None if possible is None or possible < pairs.efficiency else possible


def _serial_fraction(pairs: Pairs, curve: Curve | None) -> tuple[float | None, bool]:
    """Return f and whether it was fitted.

    It is that of the fitted law, else what S implies where no other scale speaks against the law.
    """
    law = None if curve is None else curve.law
    if law is not None and law.origin is Origin.FIT:
        return law.serial_fraction, True
    contradicted = law is None and curve is not None and len(curve.points) > 1
    return None if contradicted else pairs.serial_fraction, False


def _quality(pairs: Pairs) -> Quality:
    baseline = median_of(pairs.baseline, lambda trial: trial.quality)
    distributed = median_of(pairs.distributed, lambda trial: trial.quality)
    found = quality_change(pairs)
    return Quality(
        baseline=baseline,
        distributed=distributed,
        change=distributed - baseline,
        answers_identical=pairs.answers_identical,
        interval=found.interval,
        held=found.held,
    )
