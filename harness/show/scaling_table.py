"""The scaling table: the baseline, every measured scale, and what Amdahl's law predicts beyond.

The terminal, the exports and a notebook show the same rows. May import ``harness.claims``, for
its values, ``harness.model``, ``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Iterator

from harness import text
from harness.claims.claims import Claims
from harness.claims.curve import Curve, Point, Prediction
from harness.model import Kind
from harness.show import appendix_phrases, money, phrases, sweep_phrases
from harness.show.provenance import provenance
from harness.show.tables import Row, RowKind, Table

INTERVAL, PAIRS, RUNS = "95 % interval", "of pairs", "of any runs"
NO_HEADLINE = "NO HEADLINE"
_COST_OF = {1e3: "cost/1k runs", 1e6: "cost/1M runs", 1e9: "cost/1G runs", 1e12: "cost/1T runs"}


def scaling_table(claims: Claims) -> Table | None:
    """Return the scaling table (None: no scale has a complete pair)."""
    curve = claims.curve
    if curve is None:
        return None
    spread = _spread_heading(curve)
    cost = _COST_OF.get(_priced_together(curve).number, "cost")
    headings = ("", "time", "S(p)", spread, "E(p)", "f", "Δq", cost)
    return Table(
        title=sweep_phrases.title(curve),
        columns=tuple(heading for heading in headings if heading is not None),
        rows=tuple(_rows(curve, spread)),
        notes=tuple(filter(None, _notes(claims, curve))),
    )


def _rows(curve: Curve, spread: str | None) -> Iterator[Row]:
    """Yield all rows; the times share one unit, and so do the costs."""
    scales: tuple[Point | Prediction, ...] = (*curve.points, *curve.predictions)
    spans = (curve.baseline_s / scale.speedup for scale in scales)
    runs = _priced_together(curve).number
    sums = [runs * cost for cost in (curve.baseline_cost, *(scale.cost for scale in scales))]
    currency = curve.results.spec.prices.currency
    baseline_time, *times = text.durations(curve.baseline_s, *spans)
    baseline_cost, *costs = text.amounts(*sums, currency=currency)
    yield _baseline_row(baseline_time, baseline_cost, spread)
    for scale, time, cost in zip(scales, times, costs, strict=True):
        match scale:
            case Point():
                yield _measured_row(scale, time, cost, spread, curve)
            case Prediction():
                yield _predicted_row(scale, time, cost, spread)


def _priced_together(curve: Curve) -> money.Unit:
    """Return how many runs all costs of the table are of."""
    return money.unit_of_runs(min(curve.baseline_cost, *(point.cost for point in curve.points)))


def _baseline_row(time: str, cost: str, spread: str | None) -> Row:
    blank = text.NOTHING
    blanks = [blank] * (3 if spread is None else 4)
    return Row(("baseline", time, text.times(1.0), *blanks, cost), RowKind.BASELINE)


def _measured_row(point: Point, time: str, cost: str, spread: str | None, curve: Curve) -> Row:
    """Return a measured scale's row.

    An oversubscribed one has no efficiency, and no machines that could be billed.
    """
    shares = point.oversubscribed
    serial = point.serial_fraction
    cells = (
        text.number_of(point.workers, "worker"),
        time,
        text.times(point.speedup),
        None if spread is None else _spread_of(point, spread),
        text.NOTHING if shares else text.percent(point.efficiency),
        text.NOTHING if serial is None else text.percent(serial),
        text.change(point.quality_change, curve.results.spec.workload.tolerance),
        text.NOTHING if shares else cost,
    )
    flags = sweep_phrases.flags(point)
    return Row(tuple(cell for cell in cells if cell is not None), RowKind.MEASURED, flags)


def _predicted_row(prediction: Prediction, time: str, cost: str, spread: str | None) -> Row:
    """Return a predicted scale's row; every number is marked as no measurement."""
    cells = (
        text.number_of(prediction.workers, "worker"),
        f"≈{time}",
        f"≈{text.times(prediction.speedup)}",
        None if spread is None else text.NOTHING,
        f"≈{text.percent(prediction.efficiency)}",
        text.NOTHING,
        text.NOTHING,
        f"≈{cost}",
    )
    return Row(tuple(cell for cell in cells if cell is not None), RowKind.PREDICTED)


def _spread_heading(curve: Curve) -> str | None:
    """Return the heading of the spread of S (None: one pair has none).

    It is the interval where all scales have one, else the range that the pairs gave.
    """
    if all(point.interval is not None for point in curve.points):
        return INTERVAL
    if max(point.pairs for point in curve.points) == 1:
        return None
    return RUNS if curve.results.kind is Kind.DECLARED else PAIRS


def _spread_of(point: Point, heading: str) -> str:
    interval = point.interval if heading == INTERVAL else None
    low, high = interval or (min(point.ratios), max(point.ratios))
    return f"{text.three_digits(low)}–{text.times(high)}"


def _notes(claims: Claims, curve: Curve) -> Iterator[str]:
    """Yield the sentences below the table, empty where there is nothing to say."""
    results = claims.results
    for reason in claims.refused:
        sentence = phrases.short_caveat(reason, results.spec.workload.tolerance)
        yield f"{NO_HEADLINE}: {sentence}"
    yield _legend(curve)
    yield sweep_phrases.law(curve)
    yield sweep_phrases.largest_worthwhile(curve)
    yield sweep_phrases.next_scale_cost(curve)
    yield sweep_phrases.cost_scale(curve)
    yield sweep_phrases.framework_tax(curve)
    yield appendix_phrases.prices(results)
    if results.combined:
        runs = ", ".join(map(text.printable, results.combined))
        yield f"combined from {text.number_of(len(results.combined), 'session')}: {runs}"
    yield provenance(results)


def _legend(curve: Curve) -> str:
    spread = _spread_heading(curve)
    pairs = f" ({spread}: lowest to highest)" if spread in (PAIRS, RUNS) else ""
    quality = text.quality(curve.baseline_quality, curve.results.spec.workload.tolerance)
    change = f"Δq change from {quality} of {sweep_phrases.metric(curve.results)}"
    share = "f serial share that S implies"
    cost = f"cost {_priced_together(curve).words}"
    return f"S speedup{pairs}, E efficiency, {share}, {change}, {cost}"
