"""Cost against quality: what a run costs on either side, and whether the metric held.

May import ``claims`` (its types), ``model``, ``show.phrases``, ``text`` and its neighbours.
"""

import math

from harness import text
from harness.claims.headline import Headline
from harness.claims.run_cost import OfferCost
from harness.model import Prices
from harness.show import phrases
from harness.show.figures.axes import Axis, Chart, Point, Tick, open_chart, round_values, set_ticks
from harness.show.figures.box import boxes_along
from harness.show.figures.labels import place_label
from harness.show.figures.page import SMALLEST_PX, Line, Page, Spot
from harness.show.figures.picture import (
    Missing,
    Picture,
    sentence,
    write_footer,
    write_remark,
    write_title,
)

_X_SPARE = 1.4
_Y_SPARE = 1.7
_SMALLEST_BAND = 1e-3
_MARK_PX = 34
_LONGEST_NAME = 24


def picture(headline: Headline) -> Picture | Missing:
    """Return both sides by cost and quality (missing: no machine has a price)."""
    if headline.cost.baseline <= 0 and headline.cost.distributed <= 0:
        return Missing("no machine has a price")
    return Picture(_title(headline), _description(headline), lambda page: _draw(page, headline))


def _title(headline: Headline) -> str:
    drop, limit = headline.cost.drop, headline.results.spec.workload.tolerance
    money = f"A run costs {text.percent(abs(drop))} {'less' if drop >= 0 else 'more'}"
    movement = text.movement(headline.quality.change, limit)
    return f"{money}; {phrases.metric(headline)} moved by {movement}"


def _draw(page: Page, headline: Headline) -> None:
    results = headline.results
    write_title(page, _title(headline), field="cost.drop-quality.change")
    write_remark(page, _prices(results.spec.prices), results, field="spec.prices")
    write_footer(page, results)
    chart = _open_chart(page, headline)
    cost, quality, theme = headline.cost, headline.quality, page.theme
    before = (cost.baseline, quality.baseline)
    after = (cost.distributed, quality.distributed)
    _draw_arrow(chart, before, after)
    chart.mark(*before, "s", theme.baseline, size=_MARK_PX)
    chart.mark(*after, "o", theme.distributed, size=_MARK_PX)
    for offer in cost.offers:
        place = (offer.distributed, quality.distributed)
        chart.mark(*place, "o", theme.distributed, size=_MARK_PX - 4, hollow=True)
    _label_sides(chart, headline)
    for number, offer in enumerate(cost.offers):
        _label_offer(chart, headline, number, offer)


def _prices(prices: Prices) -> str:
    kind = "illustrative prices" if prices.illustrative else "prices"
    if not prices.source:
        return kind
    return f"{kind}: {text.printable(prices.source)}, {text.printable(prices.date)}"


def _open_chart(page: Page, headline: Headline) -> Chart:
    """Open axes: money from zero; the metric around the baseline's, with the tolerance shaded."""
    limit, middle = headline.results.spec.workload.tolerance, headline.quality.baseline
    x, y = _axes(headline)
    currency = headline.cost.currency
    below = f"cost of a run, {text.printable(currency)}{_run_size(headline)}"
    chart = open_chart(page, x, y, (below, _metric(headline)))
    _, top = chart.at(0, middle + limit)
    least = max(limit, (y.highest - y.lowest) / chart.area.height)  # a line if it is zero
    chart.axes.axhspan(
        middle - least, middle + least, color=page.theme.shade, linewidth=0, zorder=0
    )
    sums = round_values(x, most=6)
    written = text.amounts(*sums, currency=currency)
    qualities = dict.fromkeys((middle, middle + limit, middle - limit))
    set_ticks(
        chart,
        [Tick(value, label) for value, label in zip(sums, written, strict=True)],
        [Tick(value, text.quality(value, limit)) for value in qualities],
        guide_lines=False,
    )
    name = f"tolerance ±{text.tolerance(limit)}" if limit else "tolerance 0"
    right = chart.area.right - 12
    spots = (Spot(right, top + 32, "right"), Spot(right, top - 10, "right"))
    place_label(page, [Line(name, SMALLEST_PX, "spec.workload.tolerance")], spots)
    return chart


def _axes(headline: Headline) -> tuple[Axis, Axis]:
    cost, quality = headline.cost, headline.quality
    offers = (offer.distributed for offer in cost.offers)
    dearest = max(cost.baseline, cost.distributed, *offers)
    change = abs(quality.change)
    # Some height even if the tolerance is zero.
    tolerance = headline.results.spec.workload.tolerance
    band = tolerance or max(change, abs(quality.baseline) * _SMALLEST_BAND, _SMALLEST_BAND)
    reach = max(band, change) * _Y_SPARE
    return (
        Axis(0, dearest * _X_SPARE),
        Axis(quality.baseline - reach, quality.baseline + reach),
    )


def _metric(headline: Headline) -> str:
    """Return what the quality is of; a command pair's held-out set is not known to us."""
    where = " on the same held-out set" if headline.results.spec.commands is None else ""
    return f"{phrases.metric(headline)}{where}"


def _run_size(headline: Headline) -> str:
    """Return how much work a run is, so that its cost means something; empty if unknown."""
    items = headline.pairs.baseline[0].items
    unit = text.printable(headline.results.spec.workload.unit)[:_LONGEST_NAME]
    return f" (a run is {text.count(items)} {unit})" if items else ""


def _draw_arrow(chart: Chart, before: Point, after: Point) -> None:
    """Draw an arrow from one mark's edge to the other's; none if they nearly touch."""
    start, end = chart.at(*before), chart.at(*after)
    length = math.dist(start, end)
    if length < 3 * _MARK_PX:
        return
    share = (_MARK_PX + 2) / length
    (x0, y0), (x1, y1) = start, end
    tail = (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
    tip = (x1 - (x1 - x0) * share, y1 - (y1 - y0) * share)
    chart.page.arrow(tail, tip, chart.page.theme.ink)
    chart.page.keep_clear(boxes_along([tail, tip], 10))


def _label_sides(chart: Chart, headline: Headline) -> None:
    cost, quality, limit = headline.cost, headline.quality, headline.results.spec.workload.tolerance
    sides = zip(
        ("baseline", "distributed"),
        phrases.sides(headline.results),
        (cost.baseline, cost.distributed),
        text.amounts(cost.baseline, cost.distributed, currency=cost.currency),
        (quality.baseline, quality.distributed),
        strict=True,
    )
    for side, name, amount, money, metric in sides:
        value = f"{phrases.metric(headline)} {text.quality(metric, limit)}"
        lines = [
            Line(f"{side}, {name}", 28, f"contestant.{side}"),
            Line(money, 44, f"cost.{side}", bold=True),
            Line(value, 28, f"quality.{side}"),
        ]
        chart.label(lines, amount, metric, always=True)


def _label_offer(chart: Chart, headline: Headline, number: int, offer: OfferCost) -> None:
    """Label the distributed side at another price of the list."""
    field = f"cost.offers.{number}"
    name = f"at {text.printable(offer.name)[:_LONGEST_NAME]} prices"
    lines = [
        Line(_money(headline, offer), 30, f"{field}.distributed", bold=True),
        Line(name, SMALLEST_PX, f"{field}.name"),
    ]
    chart.label(lines, offer.distributed, headline.quality.distributed, always=True)


def _description(headline: Headline) -> str:
    quality, change = phrases.quality(headline)
    money, drop = phrases.cost(headline)
    metric = phrases.metric(headline)
    offers = [
        f"at {text.printable(offer.name)} prices the distributed side costs"
        f" {_money(headline, offer)}"
        for offer in headline.cost.offers
    ]
    parts = [
        f"Cost of a run against {metric}, from the baseline to the distributed side",
        f"cost {money}, {drop}",
        f"{metric} {quality}, {change}",
        *offers,
        _prices(headline.results.spec.prices),
    ]
    return " ".join(map(sentence, parts))


def _money(headline: Headline, offer: OfferCost) -> str:
    return text.money(offer.distributed, headline.cost.currency)
