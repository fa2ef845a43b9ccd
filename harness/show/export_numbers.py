"""The claim and the scaling table as numbers for programs: CSV and JSON, nothing rounded.

Units are in the names of the fields, which do not change. A refused session has its reasons and no
numbers. May import ``harness.claims``, for its values, ``harness.model`` and its neighbours in
``show``.
"""

import csv
import json
import math
from collections.abc import Iterator
from io import StringIO

from harness.claims.capacity import CapacityGain
from harness.claims.claims import Claims
from harness.claims.curve import Curve, Law, Point, Prediction
from harness.claims.headline import Headline, Refusal
from harness.claims.run_cost import OfferCost
from harness.claims.serving import ServiceGain
from harness.model import Results
from harness.show import escapes, phrases
from harness.show.export_appendix import Fields, appendix_fields
from harness.show.tables import RowKind

SCHEMA = "twoclocks.export/1"


def as_csv(claims: Claims) -> str:
    """Return a line for the baseline and for every scale, measured or predicted.

    A refused session has a line for each reason.
    """
    match claims.claim:
        case Headline():
            lines = _rows(claims.curve)
        case Refusal() as refusal:
            lines = _reasons(refusal)
    session = _session(claims.results)
    rows = [session | line for line in lines]
    document = StringIO()
    writer = csv.DictWriter(document, list(rows[0]))
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return document.getvalue()


def as_json(claims: Claims) -> str:
    """Return one document: the session, then the claim with what supports it, or the reasons."""
    session = _session(claims.results)
    document = {"schema": SCHEMA, **session, "provenance": _provenance(claims.results)}
    match claims.claim:
        case Headline() as headline:
            document |= {"refused": [], "headline": _claim(headline)}
            document |= _sweep(claims.curve) | appendix_fields(claims)
        case Refusal() as refusal:
            document |= {"refused": list(_reasons(refusal)), "headline": None}
    return (
        json.dumps(_without_infinities(document), ensure_ascii=False, allow_nan=False, indent=2)
        + "\n"
    )


def _session(results: Results) -> Fields:
    return {
        "label": phrases.label(results),
        "run_id": results.run_id,
        "kind": str(results.kind),
        "status": str(results.status),
    }


def _reasons(refusal: Refusal) -> Iterator[Fields]:
    for reason in refusal.reasons:
        yield {
            "refused_because": reason.key,
            "sentence": phrases.caveat(reason, refusal.results.spec.workload.tolerance),
        }


def _rows(curve: Curve | None) -> Iterator[Fields]:
    """Yield the baseline and then every scale; what a row cannot have is None."""
    if curve is None:
        return
    yield _row(curve, RowKind.BASELINE, None, curve.baseline_s)
    for point in curve.points:
        yield _row(curve, RowKind.MEASURED, point, point.distributed_s)
    for prediction in curve.predictions:
        wall_s = curve.baseline_s / prediction.speedup
        yield _row(curve, RowKind.PREDICTED, prediction, wall_s)


def _row(curve: Curve, kind: RowKind, scale: Point | Prediction | None, wall_s: float) -> Fields:
    point = scale if isinstance(scale, Point) else None
    low, high = point.interval if point and point.interval else (None, None)
    return {
        "row": str(kind),
        "workers": scale.workers if scale else None,
        "pairs": point.pairs if point else None,
        "wall_s": wall_s,
        "speedup_ratio": scale.speedup if scale else 1.0,
        "interval_low_ratio": low,
        "interval_high_ratio": high,
        "efficiency_fraction": scale.efficiency if scale else None,
        "serial_fraction": point.serial_fraction if point else None,
        "quality_change": point.quality_change if point else None,
        "clean": point.quality_tolerated if point else None,
        "oversubscribed": point.oversubscribed if point else None,
        "cost_per_run": scale.cost if scale else curve.baseline_cost,
        "currency": curve.results.spec.prices.currency,
    }


def _claim(headline: Headline) -> Fields:
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
        "capacity": None if headline.capacity is None else _capacity(headline.capacity),
        "service": None if headline.service is None else _service(headline.service),
        "caveats": caveats,
    }


def _speed(headline: Headline) -> Fields:
    speed = headline.speed
    low, high = speed.interval or (None, None)
    return {
        "baseline_wall_s": speed.baseline_s,
        "distributed_wall_s": speed.distributed_s,
        "speedup_ratio": speed.speedup,
        "interval_low_ratio": low,
        "interval_high_ratio": high,
        "efficiency_fraction": speed.efficiency,
        "possible_efficiency_fraction": speed.possible_efficiency,
        "serial_fraction": speed.serial_fraction,
        "ceiling_ratio": speed.ceiling,
        "baseline_startup_s": speed.baseline_startup_s,
        "distributed_startup_s": speed.distributed_startup_s,
        "speedup_with_startup_ratio": speed.speedup_with_startup,
    }


def _quality(headline: Headline) -> Fields:
    quality = headline.quality
    workload = headline.results.spec.workload
    low, high = quality.interval or (None, None)
    return {
        "metric": workload.metric,
        "baseline_quality": quality.baseline,
        "distributed_quality": quality.distributed,
        "quality_change": quality.change,
        "quality_change_low": low,
        "quality_change_high": high,
        "quality_held": quality.held,
        "quality_tolerance": workload.tolerance,
        "answers_identical": quality.answers_identical,
    }


def _cost(headline: Headline) -> Fields:
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
        "spare_machines": cost.spares,
        "priced_spot": cost.is_spot,
        "offers": [_offer(offer) for offer in cost.offers],
    }


def _capacity(gain: CapacityGain) -> Fields:
    return {
        "name": gain.name,
        "unit": gain.unit,
        "devices": gain.devices,
        "device_bytes": gain.budget_bytes,
        "one_device_units": gain.alone,
        "all_devices_units": gain.together,
        "ratio": gain.ratio,
        "efficiency_fraction": gain.efficiency,
        "superlinear": gain.superlinear,
    }


def _service(gain: ServiceGain) -> Fields:
    return {
        "budget_seconds": gain.budget_s,
        "workers": gain.workers,
        "baseline_requests_per_second": gain.alone,
        "distributed_requests_per_second": gain.together,
        "baseline_p99_seconds": gain.alone_p99_s,
        "distributed_p99_seconds": gain.together_p99_s,
        "headroom": gain.headroom,
    }


def _offer(offer: OfferCost) -> Fields:
    return {
        "name": offer.name,
        "baseline_cost_per_run": offer.baseline,
        "distributed_cost_per_run": offer.distributed,
        "cost_drop_fraction": offer.drop,
    }


def _sweep(curve: Curve | None) -> Fields:
    law = curve.law if curve else None
    rejected = curve.rejected_law if curve else None
    return {
        "rows": list(_rows(curve)),
        "law": _law(law) if law else None,
        "rejected_law_misfit_fraction": rejected.misfit if rejected else None,
        "largest_worthwhile_workers": curve.largest_worthwhile if curve else None,
        "cost_scale_workers": curve.cost_scale if curve else None,
        "framework_tax_ratio": curve.framework_tax if curve else None,
    }


def _law(law: Law) -> Fields:
    return {
        "origin": str(law.origin),
        "scales": law.scales,
        "misfit_fraction": law.misfit,
        "serial_fraction": law.serial_fraction,
        "ceiling_ratio": law.ceiling,
    }


def _provenance(results: Results) -> Fields:
    prices = results.spec.prices
    return {
        "began_utc": results.began_utc,
        "combined_run_ids": list(results.combined),
        "input_sha256": results.input.sha256 if results.input else None,
        "reading": results.reading,
        "held_out_sha256": results.held_out.sha256 if results.held_out else None,
        "source_sha256": results.code.source_sha256,
        "commit": results.code.commit,
        "uncommitted_changes": results.code.dirty,
        "version": results.code.version,
        "workload_commits": [
            {"commit": revision.commit, "uncommitted_changes": revision.dirty}
            for revision in results.code.workload
        ],
        "journal_sha256": results.journal_sha256,
        "prices_source": prices.source,
        "prices_date": prices.date,
        "prices_illustrative": prices.illustrative,
        "machines": sorted({host.cpu_model for host in results.hosts}),
        "remark": results.remark,
    }


def _cell(value: object) -> object:
    """Return a value for a cell: truth in lower case, and no text that is a formula."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return escapes.csv_cell(value)
        case _:
            return value


def _without_infinities(value: object) -> object:
    """Return the value without infinities, which JSON has none of: no ceiling is null."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {name: _without_infinities(member) for name, member in value.items()}
        case list():
            return [_without_infinities(member) for member in value]
        case _:
            return value
