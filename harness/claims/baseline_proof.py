"""The proof of the baseline: its rate beside what else its machine can do, timed in one session.

It answers whether the baseline is a good one, and how much faster a naive one would make the
distributed side look. May import ``model`` and ``pairs``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median

from harness.claims.pairs import Pairs, median_of
from harness.model import Rate, Results, Variant

DRIFT_LIMIT = 0.05


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Rates in items per second, and what follows from them.

    None: it was not timed, or there is no speedup to go with it. ``own`` is the baseline as it ran.
    ``tuned`` are the values tried of the parameter called ``tuned_by`` (empty: none), ascending;
    ``chosen`` is the value it ran with and ``best`` the fastest of them. ``behind_best`` is 1 -
    own/best, not below zero. ``share_of_limit`` is own over limit. ``whole_speedup`` is what all
    the host's cores gain the baseline in one pass over its whole input, against its trials (without
    a pair: against own), and ``speedup_over_whole`` the distributed side's speedup over that pass.
    ``naive_factor`` is own over naive; ``fake_speedup`` the false speedup that a naive baseline
    would have given: never a claim. ``drift`` is the highest over the lowest rate of the baseline
    as it runs, less one: it is timed first and last.
    """

    own: Rate
    tuned: tuple[Rate, ...]
    tuned_by: str
    chosen: float | None
    best: Rate | None
    behind_best: float | None
    limit: Rate | None
    share_of_limit: float | None
    whole: Rate | None
    whole_speedup: float | None
    speedup_over_whole: float | None
    naive: Rate | None
    naive_factor: float | None
    fake_speedup: float | None
    drift: float


def proof(results: Results, pairs: Pairs | None) -> Proof | None:
    """Return what the rates prove of the baseline (None: it was not timed as it runs).

    ``pairs`` are the headline's (None: there is no speedup to compare with).
    """
    rates = _median_rates(results.rates)
    own = _rate_of(rates, Variant.OWN)
    if own is None:
        return None
    speedup = None if pairs is None else pairs.speedup
    tuned = _tuned(rates)
    best = max(tuned, key=lambda rate: rate.items_per_s, default=None)
    tuned_by = tuned[0].name if tuned else ""
    limit = _rate_of(rates, Variant.LIMIT)
    whole = _rate_of(rates, Variant.WHOLE)
    naive = _rate_of(rates, Variant.NAIVE)
    whole_speedup = _over(whole, own if pairs is None else _rate_in_trials(pairs, own))
    naive_factor = _over(own, naive)
    return Proof(
        own=own,
        tuned=tuned,
        tuned_by=tuned_by,
        chosen=_chosen(results, tuned_by),
        best=best,
        behind_best=None if best is None else max(0.0, 1 - own.items_per_s / best.items_per_s),
        limit=limit,
        share_of_limit=_over(own, limit),
        whole=whole,
        whole_speedup=whole_speedup,
        speedup_over_whole=speedup / whole_speedup if speedup and whole_speedup else None,
        naive=naive,
        naive_factor=naive_factor,
        fake_speedup=speedup * naive_factor if speedup and naive_factor else None,
        drift=_drift(results.rates),
    )


def _median_rates(rates: Iterable[Rate]) -> list[Rate]:
    """Return the median rate of each thing timed; combined sessions timed it several times."""
    timed: dict[tuple[Variant, str, float, int], list[Rate]] = {}
    for rate in rates:
        if rate.items_per_s > 0:
            timed.setdefault((rate.variant, rate.name, rate.value, rate.cores), []).append(rate)
    return [
        replace(same[0], items_per_s=median([rate.items_per_s for rate in same]))
        for same in timed.values()
    ]


def _rate_of(rates: Iterable[Rate], variant: Variant) -> Rate | None:
    return next((rate for rate in rates if rate.variant is variant), None)


def _tuned(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    tuned = (rate for rate in rates if rate.variant is Variant.TUNED)
    return tuple(sorted(tuned, key=lambda rate: rate.value))


def _rate_in_trials(pairs: Pairs, own: Rate) -> Rate:
    """Return the baseline's rate in its trials, or ``own`` where items are unknown."""
    if not pairs.baseline[0].items:
        return own
    items = median_of(pairs.baseline, lambda trial: trial.items)
    return replace(own, items_per_s=items / pairs.baseline_s, seconds=pairs.baseline_s)


def _over(one: Rate | None, other: Rate | None) -> float | None:
    return None if one is None or other is None else one.items_per_s / other.items_per_s


def _chosen(results: Results, tuned_by: str) -> float | None:
    """Return the value of the tuned parameter that the session ran with (None: it is no number)."""
    given = results.spec.params.get(tuned_by)
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


def _drift(rates: Iterable[Rate]) -> float:
    own = (rate.items_per_s for rate in rates if rate.variant is Variant.OWN)
    timed = [items_per_s for items_per_s in own if items_per_s > 0]
    return max(timed) / min(timed) - 1
