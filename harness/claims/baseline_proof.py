"""The proof of the baseline: its rate beside what else its machine can do, timed in one session.

It answers whether the baseline is a good one, whether its work is needed, how much of its speed the
machine leaves to copies of it, and how much faster a textbook one would make the distributed side
look. May import ``model``, ``pairs`` and ``whole_pass``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from statistics import median

from harness.claims.pairs import Pairs, median_of
from harness.claims.whole_pass import (
    WholePass,
    at_once_s,
    baseline_quality,
    fastest_that_holds,
    whole_passes,
)
from harness.model import Rate, Results, Variant

DRIFT_LIMIT = 0.05


@dataclass(frozen=True, kw_only=True)
class BaselineProof:
    """Rates in items per second, and what follows from them. None: it was not timed, or not known.

    ``own`` is the baseline as it ran, ``fastest`` the fastest timing of it, ``raced`` its rate in
    its trials (without a pair: ``own``).
    ``tuned`` are the values tried of one parameter, ascending; ``chosen`` is the value it ran with.
    ``whole`` is one pass over the whole input on all the host's cores. ``speedup`` is the
    distributed side's. ``drift`` is the highest over the lowest rate of the baseline as it runs,
    less one: it is timed first and last. ``efforts`` are whole passes with settings that mean less
    work, ``alternatives`` those of other ways of doing the same, the fastest first, and ``copies``
    as many baselines at once as there are workers. ``baseline_s`` and ``quality`` are the medians
    of the baseline's trials, or, where requests come one by one, ``baseline_s`` is ``at_once_s``.
    """

    own: Rate
    fastest: Rate
    raced: Rate
    tuned: tuple[Rate, ...]
    chosen: float | None
    limit: Rate | None
    whole: Rate | None
    textbook: Rate | None
    speedup: float | None
    drift: float
    efforts: tuple[WholePass, ...]
    alternatives: tuple[WholePass, ...]
    copies: Rate | None
    baseline_s: float | None
    quality: float | None

    @property
    def cheaper_efforts(self) -> tuple[WholePass, ...]:
        """Return the efforts that took less time than the baseline."""
        return tuple(effort for effort in self.efforts if effort.share < 1)

    @property
    def tried_less_work(self) -> bool:
        """Return whether any setting that took less time than the baseline was tried."""
        return bool(self.cheaper_efforts)

    @property
    def least_work(self) -> WholePass | None:
        """Return the fastest effort as good as the baseline (None: no cheaper one is)."""
        return fastest_that_holds(self.cheaper_efforts)

    @property
    def behind_alternative(self) -> float | None:
        """Return 1 - (time of the fastest alternative as good)/T1, not below zero.

        None: no alternative was timed.
        """
        if not self.alternatives:
            return None
        fastest = fastest_that_holds(self.alternatives)
        return 0.0 if fastest is None else max(0.0, 1 - fastest.share)

    @property
    def possible_efficiency(self) -> float | None:
        """Return T1 over the time until the last of the copies has ended, at most 1.

        Copies exchange nothing: what is missing of 1 goes to cores that work at the same time.
        """
        if self.copies is None or not self.copies.pass_s or self.baseline_s is None:
            return None
        return min(1.0, self.baseline_s / self.copies.pass_s)

    @property
    def tuned_by(self) -> str:
        """Return the name of the tuned parameter; empty where none was."""
        return self.tuned[0].name if self.tuned else ""

    @property
    def best(self) -> Rate | None:
        """Return the fastest value that was tried."""
        return max(self.tuned, key=lambda rate: rate.items_per_s, default=None)

    @property
    def behind_best(self) -> float | None:
        """Return 1 - own/best, not below zero.

        Where the baseline runs with the best value, that value was timed again after ``own``, and
        is held against the fastest timing of the baseline: the rest is drift.
        """
        runs_with_best = self.best is not None and self.best.value == self.chosen
        share = _over(self.fastest if runs_with_best else self.own, self.best)
        return None if share is None else max(0.0, 1 - share)

    @property
    def share_of_limit(self) -> float | None:
        """Return the baseline's rate over its machine's limit."""
        return _over(self.own, self.limit)

    @property
    def whole_speedup(self) -> float | None:
        """Return what all the host's cores gain the baseline, against its trials."""
        return _over(self.whole, self.raced)

    @property
    def speedup_over_whole(self) -> float | None:
        """Return the distributed side's speedup over the baseline on all the host's cores."""
        if self.speedup is None or self.whole_speedup is None:
            return None
        return self.speedup / self.whole_speedup

    @property
    def textbook_factor(self) -> float | None:
        """Return how many times the textbook program's rate the baseline's is."""
        return _over(self.own, self.textbook)

    @property
    def speedup_over_textbook(self) -> float | None:
        """Return the false speedup that a textbook baseline would have given: never a claim."""
        if self.speedup is None or self.textbook_factor is None:
            return None
        return self.speedup * self.textbook_factor


def proof(results: Results, pairs: Pairs | None) -> BaselineProof | None:
    """Return what the rates prove of the baseline (None: it was not timed as it runs).

    ``pairs`` are the headline's (None: there is no speedup to compare with).
    """
    rates = _median_rates(results.rates)
    own = _rate_of(rates, Variant.OWN)
    if own is None:
        return None
    tuned = _tuned_rates(rates)
    return BaselineProof(
        own=own,
        fastest=max(_rates_of(results.rates, Variant.OWN), key=lambda rate: rate.items_per_s),
        raced=own if pairs is None else _rate_in_trials(pairs, own),
        tuned=tuned,
        chosen=_chosen_value(results, tuned[0].name) if tuned else None,
        limit=_rate_of(rates, Variant.LIMIT),
        whole=_rate_of(rates, Variant.WHOLE),
        textbook=_rate_of(rates, Variant.TEXTBOOK),
        speedup=None if pairs is None else pairs.speedup,
        drift=_drift(results.rates),
        efforts=whole_passes(_rates_of(rates, Variant.EFFORT), pairs),
        alternatives=whole_passes(_rates_of(rates, Variant.ALTERNATIVE), pairs),
        copies=_copies_for(pairs, rates),
        baseline_s=None if pairs is None else at_once_s(pairs),
        quality=None if pairs is None else baseline_quality(pairs),
    )


def _median_rates(rates: Iterable[Rate]) -> list[Rate]:
    """Return the median rate of each thing timed; combined sessions timed it several times."""
    timed: dict[tuple[object, ...], list[Rate]] = {}
    for rate in rates:
        if rate.items_per_s > 0:
            settings = tuple(rate.settings.items())
            what = (rate.variant, rate.name, rate.value, rate.cores, settings)
            timed.setdefault(what, []).append(rate)
    return [
        replace(
            same[0],
            items_per_s=median([rate.items_per_s for rate in same]),
            pass_s=_known_median(rate.pass_s for rate in same),
            quality=_known_median(rate.quality for rate in same),
        )
        for same in timed.values()
    ]


def _known_median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _rates_of(rates: Iterable[Rate], variant: Variant) -> Iterator[Rate]:
    return (rate for rate in rates if rate.variant is variant)


def _rate_of(rates: Iterable[Rate], variant: Variant) -> Rate | None:
    return next(_rates_of(rates, variant), None)


def _copies_for(pairs: Pairs | None, rates: Iterable[Rate]) -> Rate | None:
    """Return the copies that are as many as the workers of these pairs."""
    copies = _rates_of(rates, Variant.COPIES)
    return next((rate for rate in copies if pairs and rate.value == pairs.scale), None)


def _tuned_rates(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    return tuple(sorted(_rates_of(rates, Variant.TUNED), key=lambda rate: rate.value))


def _rate_in_trials(pairs: Pairs, own: Rate) -> Rate:
    """Return the baseline's rate in its trials, or ``own`` where items are unknown."""
    if not pairs.baseline[0].items:
        return own
    items = median_of(pairs.baseline, lambda trial: trial.items)
    return replace(own, items_per_s=items / at_once_s(pairs), seconds=pairs.baseline_s)


def _over(one: Rate | None, other: Rate | None) -> float | None:
    return None if one is None or other is None else one.items_per_s / other.items_per_s


def _chosen_value(results: Results, tuned_by: str) -> float | None:
    """Return the value of the tuned parameter that the session ran with (None: it is no number)."""
    given = results.spec.params.get(tuned_by)
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


def _drift(rates: Iterable[Rate]) -> float:
    own = (rate.items_per_s for rate in _rates_of(rates, Variant.OWN))
    timed = [items_per_s for items_per_s in own if items_per_s > 0]
    return max(timed) / min(timed) - 1
