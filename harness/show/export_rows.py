"""The claim and the sweep as raw numbers, for programs: CSV and JSON, units in the names, nothing rounded.

A refused session has its reasons and no numbers. Field names stay as they are. May import ``model``, ``score``,
``escapes``, ``phrases`` and ``table``.
"""

import csv
import json
import math
from collections.abc import Iterator
from io import StringIO

from harness.claims.claims import Claims
from harness.claims.curve import Curve, Point, Prediction
from harness.claims.headline import Headline, Refusal
from harness.claims.run_cost import OfferCost
from harness.model import Results
from harness.show import escapes, phrases
from harness.show.tables import RowKind

SCHEMA = "twoclocks.export/1"

Record = dict[str, object]


def as_csv(claims: Claims) -> str:
    """Return a line for the baseline and for every scale, measured or predicted; for a refusal, a line for each reason."""
    written = StringIO()
    claim = claims.claim
    lines = _reasons(claim) if isinstance(claim, Refusal) else _rows(claims.curve)
    records = [_frame(claims.results) | line for line in lines]
    writer = csv.DictWriter(written, list(records[0]))
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in record.items()} for record in records)
    return written.getvalue()


def as_json(claims: Claims) -> str:
    """Return one document: what it is and of which run, then the claim with all that it rests on, or the reasons against it."""
    results, claim = claims.results, claims.claim
    document: Record = {"schema": SCHEMA, **_frame(results), "provenance": _provenance(results)}
    if isinstance(claim, Refusal):
        document |= {"refused": list(_reasons(claim)), "headline": None}
    else:
        document |= {
            "refused": [],
            "headline": _claim(claim),
            **_sweep(claims.curve),
            **_appendix(claims),
        }
    return json.dumps(_bounded(document), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _frame(results: Results) -> Record:
    return {
        "label": phrases.label(results),
        "run_id": results.run_id,
        "kind": str(results.kind),
        "status": str(results.status),
    }


def _reasons(refusal: Refusal) -> Iterator[Record]:
    for reason in refusal.reasons:
        yield {
            "refused_because": reason.key,
            "sentence": phrases.caveat(reason, refusal.results.spec.workload.tolerance),
        }


def _rows(drawn: Curve | None) -> Iterator[Record]:
    """Yield the baseline and then every scale; what a row cannot have is None."""
    if drawn is None:
        return
    yield _row(drawn, RowKind.BASELINE, None, drawn.baseline_s)
    for point in drawn.points:
        yield _row(drawn, RowKind.MEASURED, point, point.distributed_s)
    for one in drawn.predictions:
        yield _row(drawn, RowKind.PREDICTED, one, drawn.baseline_s / one.speedup)


def _row(
    drawn: Curve, standing: RowKind, scale: Point | Prediction | None, wall_s: float
) -> Record:
    point = scale if isinstance(scale, Point) else None
    low, high = point.interval if point and point.interval else (None, None)
    return {
        "row": str(standing),
        "workers": scale.workers if scale else None,
        "pairs": point.pairs if point else None,
        "wall_s": wall_s,
        "speedup_ratio": scale.speedup if scale else 1.0,
        "interval_low_ratio": low,
        "interval_high_ratio": high,
        "efficiency_fraction": scale.efficiency if scale else None,
        "serial_fraction": point.serial_fraction if point else None,
        "quality_change": point.quality_change if point else None,
        "clean": point.quality_held if point else None,
        "oversubscribed": point.oversubscribed if point else None,
        "cost_per_run": scale.cost if scale else drawn.baseline_cost,
        "currency": drawn.results.spec.prices.currency,
    }


def _claim(headline: Headline) -> Record:
    limit = headline.results.spec.workload.tolerance
    caveats = [
        {"key": caveat.key, "sentence": phrases.caveat(caveat, limit)}
        for caveat in headline.caveats
    ]
    return {
        "workers": headline.results.spec.workers,
        "pairs": len(headline.pairs),
        **_speed(headline),
        **_quality(headline),
        **_cost(headline),
        "caveats": caveats,
    }


def _speed(headline: Headline) -> Record:
    speed = headline.speed
    low, high = speed.interval or (None, None)
    return {
        "baseline_wall_s": speed.baseline_s,
        "distributed_wall_s": speed.distributed_s,
        "speedup_ratio": speed.speedup,
        "interval_low_ratio": low,
        "interval_high_ratio": high,
        "efficiency_fraction": speed.efficiency,
        "serial_fraction": speed.serial_fraction,
        "ceiling_ratio": speed.ceiling,
        "baseline_startup_s": speed.baseline_startup_s,
        "distributed_startup_s": speed.distributed_startup_s,
        "speedup_with_startup_ratio": speed.speedup_with_startup,
    }


def _quality(headline: Headline) -> Record:
    quality, asked = headline.quality, headline.results.spec.workload
    return {
        "metric": asked.metric,
        "baseline_quality": quality.baseline,
        "distributed_quality": quality.distributed,
        "quality_change": quality.change,
        "quality_tolerance": asked.tolerance,
        "answers_identical": quality.answers_identical,
    }


def _cost(headline: Headline) -> Record:
    cost = headline.cost
    return {
        "currency": cost.currency,
        "baseline_cost_per_run": cost.baseline,
        "distributed_cost_per_run": cost.distributed,
        "cost_drop_fraction": cost.drop,
        "cost_drop_by_scaling_fraction": cost.scaling_part,
        "cost_drop_by_price_fraction": cost.price_part,
        "worker_price_ratio": cost.price_ratio,
        "break_even_price_ratio": cost.break_even_ratio,
        "head_share_fraction": cost.head_share,
        "baseline_machine_hours": cost.baseline_hours,
        "baseline_machines": cost.baseline_machines,
        "distributed_machine_hours": cost.distributed_hours,
        "head_machine_hours": cost.head_hours,
        "offers": [_offer(offer) for offer in cost.offers],
    }


def _offer(offer: OfferCost) -> Record:
    return {
        "name": offer.name,
        "baseline_cost_per_run": offer.baseline,
        "distributed_cost_per_run": offer.distributed,
        "cost_drop_fraction": offer.drop,
    }


def _sweep(drawn: Curve | None) -> Record:
    law = drawn.law if drawn else None
    return {
        "rows": list(_rows(drawn)),
        "law": {
            "origin": str(law.origin),
            "scales": law.scales,
            "misfit_fraction": law.misfit,
            "serial_fraction": law.serial_fraction,
            "ceiling_ratio": law.ceiling,
        }
        if law
        else None,
        "rejected_law_misfit_fraction": drawn.rejected_law.misfit
        if drawn and drawn.rejected_law
        else None,
        "largest_worthwhile_workers": drawn.largest_worthwhile if drawn else None,
        "cost_scale_workers": drawn.cost_scale if drawn else None,
        "framework_tax_ratio": drawn.framework_tax if drawn else None,
    }


def _appendix(claims: Claims) -> Record:
    known = claims.proof
    return {
        "core_seconds": [
            {
                "side": str(split.side),
                "workers": split.workers,
                "cores": split.cores,
                "given_core_s": split.given_s,
            }
            | {f"{part.name.lower()}_core_s": spent for part, spent in split.parts}
            for split in claims.core_time
        ],
        "rates": [
            {
                "variant": str(rate.variant),
                "name": rate.name,
                "value": rate.value,
                "cores": rate.cores,
                "items_per_s": rate.items_per_s,
            }
            for rate in claims.results.rates
        ],
        "share_of_limit_fraction": known.share_of_limit if known else None,
        "whole_host_speedup_ratio": known.whole_speedup if known else None,
        "fake_speedup_beside_naive_ratio": known.fake_speedup if known else None,
    }


def _provenance(results: Results) -> Record:
    prices = results.spec.prices
    return {
        "began_utc": results.began_utc,
        "combined_run_ids": list(results.combined),
        "input_sha256": results.input.sha256 if results.input else None,
        "held_out_sha256": results.held_out.sha256 if results.held_out else None,
        "source_sha256": results.code.source_sha256,
        "commit": results.code.commit,
        "uncommitted_changes": results.code.dirty,
        "journal_sha256": results.journal_sha256,
        "prices_source": prices.source,
        "prices_date": prices.date,
        "prices_illustrative": prices.illustrative,
        "machines": sorted({host.cpu_model for host in results.hosts}),
        "remark": results.remark,
    }


def _cell(value: object) -> object:
    """Return a value for a cell: numbers as they are, truth in lower case, text that no spreadsheet takes for a formula."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return escapes.cell(value)
        case _:
            return value


def _bounded(value: object) -> object:
    """Return the value without infinities, which JSON cannot hold: no ceiling is null."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {name: _bounded(member) for name, member in value.items()}
        case list():
            return [_bounded(member) for member in value]
        case _:
            return value
