"""Whole passes of the baseline's variants, each held against the baseline's trials.

May import ``model`` and ``pairs``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from harness.claims.pairs import Pairs, median_of
from harness.model import Rate, Variant


@dataclass(frozen=True, kw_only=True)
class WholePass:
    """One pass of a variant over the whole input.

    ``share`` is its time over the baseline's (``at_once_s``). ``holds`` tells whether its answer is
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
        share=rate.pass_s / at_once_s(pairs),
        holds=pairs.results.spec.workload.reaches(rate.quality, baseline_quality(pairs)),
    )


def at_once_s(pairs: Pairs) -> float:
    """Return the seconds that the baseline takes if all of its work is there at once.

    That is T1, but where requests come one by one: then it is by its own rate in the proof, for
    which nobody waits for requests either.
    """
    own = [rate.items_per_s for rate in pairs.results.rates if rate.variant is Variant.OWN]
    if pairs.results.baseline_service is None or not own or not median(own):
        return pairs.baseline_s
    return median_of(pairs.baseline, lambda trial: trial.items) / median(own)


def baseline_quality(pairs: Pairs) -> float:
    """Return the median quality of the baseline."""
    return median_of(pairs.baseline, lambda trial: trial.quality)


def fastest_that_holds(passes: Iterable[WholePass]) -> WholePass | None:
    """Return the fastest of some passes whose quality holds (None: it holds in none)."""
    holding = (one for one in passes if one.holds)
    return min(holding, key=lambda one: one.seconds, default=None)
