"""The tables for the questions afterwards: the bill at every offer, the proof of the baseline, where the core-seconds went.

Total functions; may import ``model``, ``score``, ``words`` and its neighbours in ``show``.
"""

from collections.abc import Iterator

from harness import text
from harness.claims.baseline_proof import Proof
from harness.claims.claims import Claims
from harness.claims.core_time import CoreTime, TimePart
from harness.claims.headline import Headline
from harness.model import Rate, Results, Side, Variant
from harness.show import phrases, sweep_phrases
from harness.show.tables import Row, RowKind, Table

_PARTS = {
    TimePart.USEFUL: "useful",
    TimePart.EXTRA: "extra",
    TimePart.COMMUNICATION: "comm.",
    TimePart.WAITING: "waiting",
    TimePart.SERIAL: "driver",
    TimePart.IDLE: "idle",
}


def appendix_tables(claims: Claims) -> tuple[Table, ...]:
    """Return the tables whose facts are there: cost, rates, core time; none for a refused session."""
    if claims.headline is None:
        return ()
    tables = (costs(claims.headline), rates(claims), core_seconds(claims))
    return tuple(table for table in tables if table is not None)


def costs(headline: Headline) -> Table:
    """Return what a run costs on both sides, at the given prices and at every offer."""
    cost = headline.cost
    one, other = phrases.sides(headline.results)
    at_list = ("at these prices", cost.baseline, cost.distributed, cost.drop)
    offered = (
        (text.printable(offer.name)[:24], offer.baseline, offer.distributed, offer.drop)
        for offer in cost.offers
    )
    rows = (Row((name, *_changed(cost.currency, *rest))) for name, *rest in (at_list, *offered))
    notes = (
        sweep_phrases.parts_of_cost(cost),
        sweep_phrases.break_even(cost),
        sweep_phrases.billed_hours(cost),
        sweep_phrases.prices(headline.results),
        phrases.provenance(headline.results),
    )
    return Table(
        _titled(headline.results, "cost of a run"), ("", one, other, "change"), tuple(rows), notes
    )


def rates(claims: Claims) -> Table | None:
    """Return the baseline's rate beside those of its variants (None: they were not timed)."""
    results, known = claims.results, claims.proof
    if known is None:
        return None
    unit = results.spec.workload.unit
    rows = tuple(_rate(rate, known) for rate in _shown(known))
    notes = (*sweep_phrases.baseline_proof(known, unit), phrases.provenance(results))
    return Table(
        _titled(results, "is the baseline real?"),
        ("", f"{text.printable(unit)[:24]}/s", "of its rate", "cores"),
        rows,
        notes,
    )


def core_seconds(claims: Claims) -> Table | None:
    """Return where the core time of every scale went, in percent (None: not known of both sides)."""
    results, splits = claims.results, claims.core_time
    if len(splits) < 2:
        return None
    given = text.durations(*(split.given_s for split in splits))
    rows = tuple(_split(split, total) for split, total in zip(splits, given, strict=True))
    notes = tuple(
        filter(
            None,
            (
                sweep_phrases.lost_core_time(splits),
                sweep_phrases.LEGEND_OF_PARTS,
                phrases.provenance(results),
            ),
        )
    )
    return Table(
        _titled(results, "where the core time went"),
        ("", "core time", *_PARTS.values()),
        rows,
        notes,
    )


def _titled(results: Results, what: str) -> str:
    return " · ".join(
        filter(
            None,
            (phrases.label(results), f"{text.printable(results.spec.workload.name)[:32]}: {what}"),
        )
    )


def _changed(currency: str, before: float, after: float, drop: float) -> tuple[str, str, str]:
    one, other = text.amounts(before, after, currency=currency)
    return one, other, sweep_phrases.cost_change(-drop)


def _shown(known: Proof) -> Iterator[Rate]:
    """Yield the rates in the order of the questions: the baseline, tuned, its limit, the whole host, and without care."""
    yield known.own
    yield from known.tuned
    yield from (rate for rate in (known.limit, known.whole, known.naive) if rate is not None)


def _rate(rate: Rate, known: Proof) -> Row:
    over_own = known.whole_speedup if rate is known.whole else None
    of_own = text.percent(
        rate.items_per_s / known.own.items_per_s if over_own is None else over_own
    )
    standing = RowKind.BASELINE if rate is known.own else RowKind.MEASURED
    chosen = (
        (sweep_phrases.CHOSEN,)
        if rate.variant is Variant.TUNED and rate.value == known.chosen
        else ()
    )
    return Row(
        (
            sweep_phrases.variant(rate),
            text.three_digits(rate.items_per_s),
            of_own,
            text.count(rate.cores),
        ),
        standing,
        chosen,
    )


def _split(split: CoreTime, given: str) -> Row:
    baseline = split.side is Side.BASELINE
    name = "baseline" if baseline else text.number_of(split.workers, "worker")
    shares = (text.percent(split.share(part)) for part in _PARTS)
    return Row((name, given, *shares), RowKind.BASELINE if baseline else RowKind.MEASURED)
