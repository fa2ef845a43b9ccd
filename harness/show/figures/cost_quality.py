"""Cost against quality: what items or runs cost on either side, and whether the metric held.

May import ``claims`` (its types), ``model``, ``show.phrases``, ``text`` and its neighbours.
"""

import math

from harness import text
from harness.claims.headline import Headline
from harness.claims.run_cost import OfferCost
from harness.show import money, phrases
from harness.show.figures.axes import Axis, Chart, Point, Tick, open_chart, round_values, set_ticks
from harness.show.figures.box import WIDTH_PX, Box, boxes_along
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

_X_SPARE = 1.45  # of the dearest: its label stands right of its mark
_FROM_ZERO = 0.8  # of the dearest: from there on up the axis need not begin at zero
_ZOOM_SPARE = 2.0  # of the costs' distance, left free beside them on an axis that does not
_CLOSEST = 5e-4
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
    limit = headline.results.spec.workload.tolerance
    movement = text.movement(headline.quality.change, limit)
    moved = f"{phrases.metric(headline)} moved by {movement}"
    return f"A run costs {phrases.cost_change(headline)}; {moved}"


def _draw(page: Page, headline: Headline) -> None:
    results = headline.results
    write_title(page, _title(headline), field="cost.drop-quality.change")
    write_remark(page, _prices(headline), results, field="spec.prices")
    write_footer(page, results)
    chart = _open_chart(page, headline)
    quality, theme = headline.quality, page.theme
    baseline, distributed, *offers = _costs(headline)
    before, after = (baseline, quality.baseline), (distributed, quality.distributed)
    chart.mark(*before, "s", theme.baseline, size=_MARK_PX)
    chart.mark(*after, "o", theme.distributed, size=_MARK_PX)
    for amount in offers:
        place = (amount, quality.distributed)
        chart.mark(*place, "o", theme.distributed, size=_MARK_PX - 4, hollow=True)
    _draw_arrow(chart, before, after, phrases.cost_change(headline))
    _label_sides(chart, headline)
    for number, offer in enumerate(headline.cost.offers):
        _label_offer(chart, headline, number, offer)


def _unit(headline: Headline) -> money.Unit:
    """Return how many items are priced together, or how many runs where items are not known."""
    return money.item_unit(headline) or money.run_unit(headline)


def _costs(headline: Headline) -> list[float]:
    """Return what either side costs, and the distributed one at the other prices of the list."""
    cost, number = headline.cost, _unit(headline).number
    offers = (offer.distributed for offer in cost.offers)
    return [number * one for one in (cost.baseline, cost.distributed, *offers)]


def _prices(headline: Headline) -> str:
    prices = headline.results.spec.prices
    kind = "made-up prices" if prices.illustrative else "prices"
    if headline.cost.is_spot:
        kind = f"the workers priced spot, {kind}"
    if not prices.source:
        return kind
    return f"{kind}: {text.printable(prices.source)}, {text.printable(prices.date)}"


def _open_chart(page: Page, headline: Headline) -> Chart:
    """Open axes: money, and the metric around the baseline's, with the tolerance shaded."""
    limit, middle = headline.results.spec.workload.tolerance, headline.quality.baseline
    x, y = _axes(headline)
    start = "" if x.lowest == 0 else ", an axis that does not begin at zero"
    below = f"cost {_unit(headline).words}, {text.printable(headline.cost.currency)}{start}"
    chart = open_chart(page, x, y, (below, _metric(headline)))
    area = chart.area
    page.keep_clear([Box(area.right, area.top, WIDTH_PX, area.bottom)])
    _, top = chart.at(x.lowest, middle + limit)
    least = max(limit, (y.highest - y.lowest) / area.height)  # a line if it is zero
    chart.axes.axhspan(
        middle - least, middle + least, color=page.theme.shade, linewidth=0, zorder=0
    )
    qualities = dict.fromkeys((middle, middle + limit, middle - limit))
    set_ticks(
        chart,
        _cost_ticks(headline, x),
        [Tick(value, text.quality(value, limit)) for value in qualities],
        guide_lines=False,
    )
    name = f"tolerance ±{text.tolerance(limit)}" if limit else "tolerance 0"
    right = area.right - 12
    spots = (Spot(right, top + 32, "right"), Spot(right, top - 10, "right"))
    place_label(page, [Line(name, SMALLEST_PX, "spec.workload.tolerance")], spots)
    return chart


def _axes(headline: Headline) -> tuple[Axis, Axis]:
    quality, costs = headline.quality, _costs(headline)
    change = abs(quality.change)
    # Some height even if the tolerance is zero.
    tolerance = headline.results.spec.workload.tolerance
    band = tolerance or max(change, abs(quality.baseline) * _SMALLEST_BAND, _SMALLEST_BAND)
    reach = max(band, change) * _Y_SPARE
    return (
        _cost_axis(min(costs), max(costs)),
        Axis(quality.baseline - reach, quality.baseline + reach),
    )


def _cost_axis(cheapest: float, dearest: float) -> Axis:
    """Return an axis from zero, or around costs that would lie on one another on such a one."""
    if cheapest < _FROM_ZERO * dearest:
        return Axis(0, dearest * _X_SPARE)
    spare = _ZOOM_SPARE * max(dearest - cheapest, _CLOSEST * dearest)
    return Axis(cheapest - spare, dearest + spare)


def _cost_ticks(headline: Headline, axis: Axis) -> list[Tick]:
    """Return ticks at round costs, or at those of the marks if round ones would look like them."""
    sums = round_values(axis, most=6) if axis.lowest == 0 else _costs(headline)
    written = text.amounts(*sums, currency=headline.cost.currency)
    by_label = dict(zip(reversed(written), reversed(sums), strict=True))
    return [Tick(by_label[label], label) for label in dict.fromkeys(written)]


def _metric(headline: Headline) -> str:
    """Return what the quality is of; a command pair's held-out set is not known to us."""
    where = " on the same held-out set" if headline.results.spec.commands is None else ""
    return f"{phrases.metric(headline)}{where}"


def _draw_arrow(chart: Chart, before: Point, after: Point, change: str) -> None:
    """Draw an arrow from one mark's edge to the other's, with the change of cost beside it.

    None if they nearly touch. The words keep an axis that does not begin at zero from exaggerating.
    """
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
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    spots = [Spot(x, y - far, "center") for far in range(28, 100, 6)]
    place_label(chart.page, [Line(change, SMALLEST_PX, "cost.drop", bold=True)], spots)


def _label_sides(chart: Chart, headline: Headline) -> None:
    quality, limit = headline.quality, headline.results.spec.workload.tolerance
    costs = _costs(headline)[:2]
    sides = zip(
        ("baseline", "distributed"),
        phrases.sides(headline.results),
        costs,
        text.amounts(*costs, currency=headline.cost.currency),
        (quality.baseline, quality.distributed),
        strict=True,
    )
    for side, name, amount, price, metric in sides:
        value = f"{phrases.metric(headline)} {text.quality(metric, limit)}"
        lines = [
            Line(f"{side}, {name}", 28, f"contestant.{side}"),
            Line(price, 44, f"cost.{side}", bold=True),
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
    amount = _unit(headline).number * offer.distributed
    chart.label(lines, amount, headline.quality.distributed, always=True)


def _description(headline: Headline) -> str:
    quality, change = phrases.quality(headline)
    runs, drop = phrases.cost(headline)
    items = money.of_items(headline)
    metric = phrases.metric(headline)
    offers = [
        f"at {text.printable(offer.name)} prices the distributed side costs"
        f" {_money(headline, offer)}"
        for offer in headline.cost.offers
    ]
    parts = [
        f"Cost against {metric}, from the baseline to the distributed side",
        f"cost {runs}, {drop}",
        "" if items is None else f"cost {items[0]} → {items[1]} {items[2]}",
        f"{metric} {quality}, {change}",
        *offers,
        _prices(headline),
    ]
    return " ".join(map(sentence, filter(None, parts)))


def _money(headline: Headline, offer: OfferCost) -> str:
    return text.money(_unit(headline).number * offer.distributed, headline.cost.currency)
