"""The tables for the questions afterwards: cost, quality, the baseline's rate, core time, losses.

May import ``harness.claims``, for its values, ``harness.model``, ``harness.text`` and its
neighbours in ``show``.
"""

from collections.abc import Iterator

from harness import text
from harness.claims.baseline_proof import BaselineProof
from harness.claims.claims import Claims
from harness.claims.core_time import CoreTime, TimePart
from harness.claims.headline import Headline
from harness.claims.quality_change import QualityChange
from harness.claims.whole_pass import WholePass
from harness.model import Rate, Results, Side, Variant
from harness.show import appendix_phrases, phrases, recovery_table
from harness.show.provenance import provenance
from harness.show.tables import Row, RowKind, Table

_PARTS = {
    TimePart.USEFUL: "useful",
    TimePart.EXTRA: "extra",
    TimePart.COMMUNICATION: "comm.",
    TimePart.WAITING: "waiting",
    TimePart.SERIAL: "driver",
    TimePart.IDLE: "idle",
}
_LONGEST_NAME = 24


def appendix_tables(claims: Claims) -> tuple[Table, ...]:
    """Return the tables whose facts are there; none for a refused session."""
    if claims.headline is None:
        return ()
    tables = (
        costs(claims.headline),
        quality_changes(claims),
        rates(claims),
        needed_work(claims),
        core_seconds(claims),
        recovery_table.losses(claims, _title(claims.results, "what losses cost")),
    )
    return tuple(table for table in tables if table is not None)


def costs(headline: Headline) -> Table:
    """Return what a run costs on both sides, at the given prices and at every offer."""
    cost = headline.cost
    rows = [
        _cost_row(
            appendix_phrases.kind_of_prices(cost),
            cost.baseline,
            cost.distributed,
            cost.drop,
            cost.currency,
        )
    ]
    for offer in cost.offers:
        name = text.printable(offer.name)[:_LONGEST_NAME]
        rows.append(_cost_row(name, offer.baseline, offer.distributed, offer.drop, cost.currency))
    return Table(
        title=_title(headline.results, "cost of a run"),
        columns=("", *phrases.sides(headline.results), "change"),
        rows=tuple(rows),
        notes=(
            appendix_phrases.parts_of_cost(cost),
            appendix_phrases.break_even(cost),
            appendix_phrases.billed_hours(cost),
            appendix_phrases.prices(headline.results),
            provenance(headline.results),
        ),
    )


def _cost_row(name: str, before: float, after: float, drop: float, currency: str) -> Row:
    one, other = text.amounts(before, after, currency=currency)
    return Row((name, one, other, appendix_phrases.cost_change(-drop)))


def quality_changes(claims: Claims) -> Table | None:
    """Return how far the quality changed at every scale, and how sure that is.

    None: nowhere are the answers equal or the scores of held-out items known.
    """
    changes = claims.quality_changes
    if not any(change.answers_identical or change.items for change in changes):
        return None
    words = claims.results.spec.workload
    return Table(
        title=_title(claims.results, "did the quality hold?"),
        columns=("", "scored items", "Δ", "95 % interval", "held"),
        rows=tuple(_quality_row(change, words.tolerance) for change in changes),
        notes=(
            appendix_phrases.quality_interval(words),
            provenance(claims.results),
        ),
    )


def _quality_row(change: QualityChange, tolerance: float) -> Row:
    return Row(
        cells=(
            text.number_of(change.scale, "worker"),
            text.NOTHING if change.items is None else text.count(change.items),
            text.change(change.change, tolerance),
            appendix_phrases.interval_of_change(change, tolerance),
            "yes" if change.held else "not shown",
        ),
    )


def rates(claims: Claims) -> Table | None:
    """Return the baseline's rate beside those of its variants (None: they were not timed)."""
    proof = claims.proof
    if proof is None:
        return None
    unit = claims.results.spec.workload.unit
    proves = appendix_phrases.baseline_proof(proof, unit)
    return Table(
        title=_title(claims.results, "is the baseline real?"),
        columns=("", f"{text.printable(unit)[:_LONGEST_NAME]}/s", "of its rate", "cores"),
        rows=tuple(_rate_row(rate, proof) for rate in _rates_in_order(proof)),
        notes=(*proves, provenance(claims.results)),
    )


def _rates_in_order(proof: BaselineProof) -> Iterator[Rate]:
    """Yield the rates in the questions' order: baseline, tuned, limit, whole host, textbook."""
    yield proof.own
    yield from proof.tuned
    yield from (rate for rate in (proof.limit, proof.whole, proof.textbook) if rate is not None)


def _rate_row(rate: Rate, proof: BaselineProof) -> Row:
    of_own = rate.items_per_s / proof.own.items_per_s
    if rate is proof.whole and proof.whole_speedup is not None:
        of_own = proof.whole_speedup
    is_chosen = rate.variant is Variant.TUNED and rate.value == proof.chosen
    return Row(
        cells=(
            appendix_phrases.variant(rate),
            text.three_digits(rate.items_per_s),
            text.percent(of_own),
            text.count(rate.cores),
        ),
        kind=RowKind.BASELINE if rate is proof.own else RowKind.MEASURED,
        flags=(appendix_phrases.CHOSEN,) if is_chosen else (),
    )


def needed_work(claims: Claims) -> Table | None:
    """Return the passes with less work, and those of other ways of doing the same.

    None: none was timed.
    """
    proof, workload = claims.proof, claims.results.spec.workload
    if proof is None or proof.baseline_s is None or proof.quality is None:
        return None
    passes = (*proof.efforts, *proof.alternatives)
    if not passes:
        return None
    times = text.durations(proof.baseline_s, *(one.seconds for one in passes))
    metric = text.printable(workload.metric)[:_LONGEST_NAME]
    quality = text.quality(proof.quality, workload.tolerance)
    own = Row(("as it runs", times[0], text.percent(1.0), quality, text.NOTHING), RowKind.BASELINE)
    rows = (
        _pass_row(one, time, workload.tolerance)
        for one, time in zip(passes, times[1:], strict=True)
    )
    return Table(
        title=_title(claims.results, "was the work needed?"),
        columns=("", "time", "of T1", metric, "as good"),
        rows=(own, *rows),
        notes=(
            *appendix_phrases.needed_work(proof),
            *appendix_phrases.alternatives(proof),
            provenance(claims.results),
        ),
    )


def _pass_row(one: WholePass, time: str, tolerance: float) -> Row:
    cells = (
        appendix_phrases.variant(one.rate),
        time,
        text.percent(one.share),
        text.quality(one.quality, tolerance),
        "yes" if one.holds else "no",
    )
    return Row(cells)


def core_seconds(claims: Claims) -> Table | None:
    """Return where the core time of every scale went (None: not known of both sides)."""
    splits = claims.core_time
    if len(splits) < 2:
        return None
    totals = text.durations(*(split.available_s for split in splits))
    notes = (
        appendix_phrases.lost_core_time(splits),
        appendix_phrases.LEGEND_OF_PARTS,
        provenance(claims.results),
    )
    return Table(
        title=_title(claims.results, "where the core time went"),
        columns=("", "core time", *_PARTS.values()),
        rows=tuple(map(_core_time_row, splits, totals)),
        notes=tuple(filter(None, notes)),
    )


def _core_time_row(split: CoreTime, total: str) -> Row:
    shares = (text.percent(split.share(part)) for part in _PARTS)
    if split.side is Side.BASELINE:
        return Row(("baseline", total, *shares), RowKind.BASELINE)
    return Row((text.number_of(split.workers, "worker"), total, *shares))


def _title(results: Results, subject: str) -> str:
    workload = text.printable(results.spec.workload.name)[:32]
    return " · ".join(filter(None, (phrases.label(results), f"{workload}: {subject}")))
