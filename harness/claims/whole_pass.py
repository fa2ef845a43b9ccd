"""Whole passes of the baseline's variants, each held against the baseline's trials.

May import ``model`` and ``pairs``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.claims.pairs import Pairs, median_of
from harness.model import Rate


@dataclass(frozen=True, kw_only=True)
class WholePass:
    """One pass of a variant over the whole input.

    ``share`` is its time over the median of the baseline's. ``holds`` tells whether its answer is
    as good as the baseline's, but for the tolerance.
    """

    rate: Rate
    seconds: float
    quality: float
    share: float
    holds: bool


def whole_passes(rates: Iterable[Rate], pairs: Pairs | None) -> tuple[WholePass, ...]:
    """Return those of the rates that were measured in a whole pass and scored, the fastest first.

    ``pairs`` are the headline's (None: there is no baseline to hold them against).
    """
    if pairs is None:
        return ()
    passes = (_whole_pass(rate, pairs) for rate in rates)
    return tuple(sorted((one for one in passes if one is not None), key=lambda one: one.seconds))


def _whole_pass(rate: Rate, pairs: Pairs) -> WholePass | None:
    if not rate.pass_s or rate.quality is None:
        return None
    return WholePass(
        rate=rate,
        seconds=rate.pass_s,
        quality=rate.quality,
        share=rate.pass_s / pairs.baseline_s,
        holds=pairs.results.spec.workload.reaches(rate.quality, baseline_quality(pairs)),
    )


def baseline_quality(pairs: Pairs) -> float:
    """Return the median quality of the baseline."""
    return median_of(pairs.baseline, lambda trial: trial.quality)


def fastest_that_holds(passes: Iterable[WholePass]) -> WholePass | None:
    """Return the fastest of some passes whose quality holds (None: it holds in none)."""
    holding = (one for one in passes if one.holds)
    return min(holding, key=lambda one: one.seconds, default=None)
