"""The proof of the baseline: its rate beside what else its machine could do, all timed in one session.

It answers whether the baseline was real, and how much faster a weak one would have made the distributed side look.
May import ``model``, ``scaling`` and ``evidence``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median

from harness.claims.pairs import Pairs, complete_pairs, median_of
from harness.model import Rate, Results, Variant

DRIFT_LIMIT = 0.05


@dataclass(frozen=True)
class Proof:
    """Rates in items per second, and what follows from them; what was not timed, or has no speedup to go with, is None.

    ``own`` is the baseline as it ran, ``tuned`` the values tried of the parameter called ``tuned_by`` (empty: none),
    ascending; ``chosen`` is the value it ran with and ``best`` the fastest of them. ``behind_best`` is 1 - own/best, not
    below zero. ``share_of_limit`` is own over limit. ``whole_speedup`` is what all the host's cores gain the baseline
    in one pass over its whole input, against its trials (without a pair: against own), and ``speedup_over_whole`` what the
    distributed side's speedup is over that pass. ``naive_factor`` is own over
    naive; ``fake_speedup`` the false speedup that a naive baseline would have given: never a claim. ``drift`` is how far
    apart the rates of the baseline as it runs were, highest over lowest, less one: it is timed first and last.
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


def proof(results: Results) -> Proof | None:
    """Return what the rates prove of the baseline (None: it was not timed as it runs)."""
    rates = _merged(results.rates)
    own = _first(rates, Variant.OWN)
    if own is None:
        return None
    seen = complete_pairs(results)
    speedup = None if seen is None else seen.speedup
    tuned = tuple(
        sorted(
            (rate for rate in rates if rate.variant is Variant.TUNED), key=lambda rate: rate.value
        )
    )
    tuned_by = tuned[0].name if tuned else ""
    best = max(tuned, key=lambda rate: rate.items_per_s, default=None)
    limit, whole, naive = (
        _first(rates, variant) for variant in (Variant.LIMIT, Variant.WHOLE, Variant.NAIVE)
    )
    whole_speedup, naive_factor = _over(whole, _raced(seen, own)), _over(own, naive)
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


def _merged(rates: Iterable[Rate]) -> list[Rate]:
    """Return one rate, the median, of each thing that was timed; several sessions put together have timed it several times."""
    timed: dict[tuple[Variant, str, float, int], list[Rate]] = {}
    for rate in rates:
        if rate.items_per_s > 0:
            timed.setdefault((rate.variant, rate.name, rate.value, rate.cores), []).append(rate)
    return [
        replace(same[0], items_per_s=median([rate.items_per_s for rate in same]))
        for same in timed.values()
    ]


def _drift(rates: Iterable[Rate]) -> float:
    own = [
        rate.items_per_s for rate in rates if rate.variant is Variant.OWN and rate.items_per_s > 0
    ]
    return max(own) / min(own) - 1


def _first(rates: Iterable[Rate], variant: Variant) -> Rate | None:
    return next((rate for rate in rates if rate.variant is variant), None)


def _raced(seen: Pairs | None, own: Rate) -> Rate:
    """Return the baseline's rate in its trials, over the whole input as the host's is; without a pair the one it was timed at."""
    if seen is None or not seen.baseline[0].items:
        return own
    wall_s = median_of(seen.baseline, lambda trial: trial.wall_s)
    return replace(
        own,
        items_per_s=median_of(seen.baseline, lambda trial: trial.items) / wall_s,
        seconds=wall_s,
    )


def _over(one: Rate | None, other: Rate | None) -> float | None:
    return None if one is None or other is None else one.items_per_s / other.items_per_s


def _chosen(results: Results, tuned_by: str) -> float | None:
    """Return the value of the tuned parameter that the session ran with."""
    given = results.spec.params.get(tuned_by)
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None
