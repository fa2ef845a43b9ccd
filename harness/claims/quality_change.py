"""How sure the change of quality is: an interval from the scores of the held-out items.

May import ``model`` and ``pairs``.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from harness.claims.pairs import Pairs
from harness.model import ScoreDifferences

CONFIDENCE = 0.95
FEWEST_ITEMS = 30
UNSEEN_ITEMS = 3


@dataclass(frozen=True, kw_only=True)
class QualityChange:
    """The change of quality at one scale, distributed minus baseline, and how sure it is.

    ``change`` is the largest of any pair. ``items`` were scored on both sides (None: the quality is
    one number). ``interval`` is of the change (None: there are too few scores, or all are equal).
    ``least`` is the smallest change that so many items can show (None: not known).
    ``held``: the answers are equal to the last bit or the interval lies within the tolerance, and
    so does every change.
    """

    scale: int
    change: float
    answers_identical: bool
    items: int | None
    interval: tuple[float, float] | None
    least: float | None
    held: bool


def quality_change(pairs: Pairs) -> QualityChange:
    """Return how far the quality of these pairs changed, and how sure that is.

    Every pair was scored on the same held-out items, so that more pairs say nothing more of those
    that nobody held out. The interval is therefore no narrower than any pair's: it spans them all.
    """
    found = [trial.score_differences for trial in pairs.distributed]
    known = [differences for differences in found if differences is not None]
    if len(known) < len(found):
        known = []
    interval = _interval(pairs, known)
    return QualityChange(
        scale=pairs.scale,
        change=pairs.quality_change,
        answers_identical=pairs.answers_identical,
        items=min((differences.items for differences in known), default=None),
        interval=interval,
        least=_least(known),
        held=_held(pairs, interval),
    )


def half_width(differences: ScoreDifferences) -> float | None:
    """Return half the 95 % interval of the mean of paired differences: t·sd / √n.

    None: there are fewer than 30 items, or all have one and the same score. Where the score of no
    item differs, or of all by the same, three of n still may by the whole span, 3·span / n: the
    rule of three. The held-out items are taken as drawn one by one from all that there might be.
    Source: Dror et al., The hitchhiker's guide to testing statistical significance in natural
    language processing, ACL 2018 (paired t); Hanley and Lippman-Hand, JAMA 249, 1983 (rule of
    three); that 30 are needed is ours.
    """
    items, sd, span = differences.items, differences.sd, differences.span
    if items < FEWEST_ITEMS or span <= 0:
        return None
    if sd <= 0:
        return UNSEEN_ITEMS * span / items
    return student_quantile(items - 1) * sd / math.sqrt(items)


def student_quantile(freedom: int) -> float:
    """Return the t that a Student variable stays within, either way, with a chance of 95 %.

    For 29 degrees of freedom or more, to three decimals. Source: Abramowitz and Stegun, Handbook of
    mathematical functions, 1964, formula 26.7.5.
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / freedom + second / freedom**2


def _interval(pairs: Pairs, known: list[ScoreDifferences]) -> tuple[float, float] | None:
    """Return the span of all pairs' intervals (None: one has none)."""
    widths = [half_width(differences) for differences in known]
    if not widths or pairs.answers_identical:
        return None
    both = zip(pairs.baseline, pairs.distributed, widths, strict=True)
    ends = [
        (many.quality - one.quality - width, many.quality - one.quality + width)
        for one, many, width in both
        if width is not None
    ]
    if len(ends) < len(widths):
        return None
    return min(low for low, _ in ends), max(high for _, high in ends)


def _least(known: list[ScoreDifferences]) -> float | None:
    """Return what one item's least step moves the mean by."""
    return max((differences.step / differences.items for differences in known), default=None)


def _held(pairs: Pairs, interval: tuple[float, float] | None) -> bool:
    tolerates = pairs.results.spec.workload.tolerates
    certain = pairs.answers_identical or (interval is not None and all(map(tolerates, interval)))
    return certain and pairs.quality_tolerated
