"""The rule about how sure it is that the quality held.

May import ``model``, ``rule``, ``pairs`` and ``quality_change``.
"""

import math

from harness.claims.pairs import Pairs
from harness.claims.quality_change import FEWEST_ITEMS, QualityChange, quality_change
from harness.claims.rule import (
    Caveat,
    Measure,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    quality,
    refuse,
    uncheckable,
)
from harness.model import Kind, Trial

ROUNDING = 1e-6


def _tolerance_too_fine(pairs: Pairs) -> Caveat | None:
    """Judge whether the held-out set can show a change of the tolerance's size at all.

    A tolerance of zero asks for equality, which any set can show.
    """
    asked, least = pairs.results.spec.workload, quality_change(pairs).least
    if least is None or not asked.tolerance or asked.tolerates(least):
        return None
    return Caveat(
        "tolerance-too-fine",
        f"one held-out item can change the {asked.metric} by more than the tolerance;"
        " hold out more items, or fix a wider tolerance",
        (quality("tolerance", asked.tolerance), quality("one item", least)),
    )


def _too_few_scores(pairs: Pairs) -> Caveat | None:
    found = quality_change(pairs)
    if found.answers_identical or found.items is None or found.interval is not None:
        return None
    return Caveat(
        "too-few-scores",
        "the held-out items are too few, or their scores all equal, for an interval of the change;"
        " hold out more items",
        (count("items", found.items), count("needed", FEWEST_ITEMS)),
    )


def _quality_unsure(pairs: Pairs) -> Caveat | None:
    found = quality_change(pairs)
    if found.held or found.interval is None:
        return None
    return Caveat(
        "quality-unsure",
        f"nothing shows that the {pairs.results.spec.workload.metric} held:"
        " the interval of its change reaches beyond the tolerance; hold out more items",
        _interval(pairs, found),
    )


def _without_interval(pairs: Pairs) -> Caveat | None:
    """Judge whether there are scores to compare; of declared runs nobody can tell."""
    found = quality_change(pairs)
    if pairs.results.kind is Kind.DECLARED or found.answers_identical or found.items is not None:
        return None
    return Caveat(
        "change-without-interval",
        f"the change of {pairs.results.spec.workload.metric} has no interval:"
        " held-out items were not scored one by one;"
        " have quality return a score for each, as many on both sides",
    )


def _scores_contradicted(pairs: Pairs) -> Caveat | None:
    """Judge whether scores can differ by so little where their mean changes by so much.

    A score that changes at all does so by ``step`` or more, and by ``span`` at most.
    """
    worst = max(map(_scatter_missing, pairs.distributed, pairs.baseline), default=0.0)
    if pairs.results.kind is not Kind.MEASURED or worst <= 0:
        return None
    return Caveat(
        "scores-contradicted",
        "the quality changed by more than the scores of its items can have;"
        " use the files as they were written",
        (quality("scatter missing", worst),),
    )


def _scatter_missing(trial: Trial, baseline: Trial) -> float:
    """Return how much more the differences must scatter, at least, for the mean that they have."""
    differences = trial.score_differences
    if differences is None:
        return 0.0
    mean = abs(trial.quality - baseline.quality)
    if mean > differences.span * (1 + ROUNDING) + ROUNDING:
        return mean - differences.span
    squares = (
        differences.items / max(1, differences.items - 1) * mean * max(0.0, differences.step - mean)
    )
    missing = math.sqrt(squares) - differences.sd
    return missing if missing > ROUNDING + 1e-3 * differences.step else 0.0


def _certainty(pairs: Pairs) -> Measured:
    found = quality_change(pairs)
    if found.interval is not None:
        return _interval(pairs, found)
    if not found.answers_identical:
        return Unknown("no scores of held-out items were compared")
    tolerance = pairs.results.spec.workload.tolerance
    return quality("change", found.change), quality("tolerance", tolerance), count("answers", 1)


def _interval(pairs: Pairs, found: QualityChange) -> tuple[Measure, ...]:
    low, high = found.interval or (found.change, found.change)
    return (
        quality("low end", low),
        quality("high end", high),
        quality("tolerance", pairs.results.spec.workload.tolerance),
        count("items", found.items or 0),
    )


SURE_OF_QUALITY = Rule(
    id="R29",
    title="quality held",
    demand="the 95 % interval of the change of quality lies within the tolerance,"
    " or the answers are equal to the last bit",
    source="Hoefler 7–8, Dror et al. 2018",
    measure=_certainty,
    judges=(
        refuse(_scores_contradicted),
        caveat(_tolerance_too_fine, Topic.RESULT),
        caveat(_too_few_scores, Topic.RESULT),
        caveat(_quality_unsure, Topic.RESULT),
        uncheckable(_without_interval, Topic.RESULT),
    ),
)
