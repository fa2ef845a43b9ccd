"""Cost against quality: what a run costs on either side, and whether the metric kept to its tolerance.

May import ``score.evidence``, ``score.headline``, ``phrases`` and ``page``, ``chart``, ``margins`` and ``picture``.
"""

from harness import text
from harness.claims.headline import Headline
from harness.claims.run_cost import OfferCost
from harness.model import Prices
from harness.show import phrases
from harness.show.figures import axes, header_footer
from harness.show.figures.axes import Scale, Tick
from harness.show.figures.page import SMALLEST_PX, Line, Page
from harness.show.figures.picture import Missing, Picture, sentence

_SPARE, _REACH = 1.4, 1.7
_SMALLEST_BAND = 1e-3
_MARK_PX = 34
_LONGEST_NAME = 24


def picture(headline: Headline) -> Picture | Missing:
    """Return both sides by cost and quality (missing: no machine has a price)."""
    if headline.cost.baseline <= 0 and headline.cost.distributed <= 0:
        return Missing("no machine has a price")
    return Picture(_title(headline), _described(headline), lambda page: _paint(page, headline))


def _title(headline: Headline) -> str:
    drop, limit = headline.cost.drop, headline.results.spec.workload.tolerance
    money = f"A run costs {text.percent(abs(drop))} {'less' if drop >= 0 else 'more'}"
    return f"{money}; {phrases.metric(headline)} moved by {text.movement(headline.quality.change, limit)}"


def _paint(page: Page, headline: Headline) -> None:
    results = headline.results
    header_footer.title(page, _title(headline), field="cost.drop-quality.change")
    header_footer.remark(page, _priced(results.spec.prices), results, field="spec.prices")
    header_footer.footer(page, results)
    x, y = _scales(headline)
    _axes(page, headline, x, y)
    before = x.at(headline.cost.baseline), y.at(headline.quality.baseline)
    after = x.at(headline.cost.distributed), y.at(headline.quality.distributed)
    _arrow(page, before, after)
    page.mark(*before, "s", page.theme.baseline, size=_MARK_PX)
    page.mark(*after, "o", page.theme.distributed, size=_MARK_PX)
    for offer in headline.cost.offers:
        page.mark(
            x.at(offer.distributed),
            after[1],
            "o",
            page.theme.distributed,
            hollow=True,
            size=_MARK_PX - 4,
        )
    _labels(page, headline, before, after)
    _offers(page, headline, x, after[1])


def _priced(prices: Prices) -> str:
    kind = "illustrative prices" if prices.illustrative else "prices"
    return (
        f"{kind}: {text.printable(prices.source)}, {text.printable(prices.date)}"
        if prices.source
        else kind
    )


def _band(headline: Headline) -> float:
    """Return half the height of what is drawn as the tolerance; some height even where it is zero."""
    seen = headline.quality
    return headline.results.spec.workload.tolerance or max(
        abs(seen.change), abs(seen.baseline) * _SMALLEST_BAND, _SMALLEST_BAND
    )


def _scales(headline: Headline) -> tuple[Scale, Scale]:
    cost, seen = headline.cost, headline.quality
    dearest = max(cost.baseline, cost.distributed, *(offer.distributed for offer in cost.offers))
    reach = max(_band(headline), abs(seen.change)) * _REACH
    x = Scale(0, dearest * _SPARE, axes.LEFT_PX, axes.RIGHT_PX)
    return x, Scale(seen.baseline - reach, seen.baseline + reach, axes.BOTTOM_PX, axes.TOP_PX)


def _axes(page: Page, headline: Headline, x: Scale, y: Scale) -> None:
    """Money from zero; the metric about the baseline's, its ticks at the ends of the tolerance."""
    limit, middle = headline.results.spec.workload.tolerance, headline.quality.baseline
    top, bottom = (y.at(middle + side * limit) for side in (1, -1))
    page.shade(x.from_px, top, x.to_px - x.from_px, max(bottom - top, 2.0))
    sums = axes.round_values(x.lowest, x.highest, 6)
    x_ticks = [
        Tick(value, said)
        for value, said in zip(
            sums, text.amounts(*sums, currency=headline.cost.currency), strict=True
        )
    ]
    y_ticks = [
        Tick(value, text.quality(value, limit))
        for value in dict.fromkeys((middle, middle + limit, middle - limit))
    ]
    unit = text.printable(headline.cost.currency)
    names = (f"cost of a run, {unit}{_run(headline)}", _metric(headline))
    axes.axes(page, x, y, x_ticks, y_ticks, names, guided=False)
    said = f"tolerance ±{text.tolerance(limit)}" if limit else "tolerance 0"
    page.label(
        [Line(said, SMALLEST_PX, "spec.workload.tolerance")],
        [(x.to_px - 12, top + 32, "right"), (x.to_px - 12, top - 10, "right")],
    )


def _metric(headline: Headline) -> str:
    """Return what the quality is of; what adopted programs hold out is their own affair."""
    where = " on the same held-out set" if headline.results.spec.commands is None else ""
    return f"{phrases.metric(headline)}{where}"


def _run(headline: Headline) -> str:
    """Return how much work a run is, so that its cost is that of so many units; empty where it is not known."""
    items = headline.pairs.baseline[0].items
    unit = text.printable(headline.results.spec.workload.unit)[:_LONGEST_NAME]
    return f" (a run is {text.count(items)} {unit})" if items else ""


def _arrow(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one mark's edge to the other's; none where they touch."""
    (x0, y0), (x1, y1) = start, end
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    if length < 3 * _MARK_PX:
        return
    off = (_MARK_PX + 2) / length
    tail, tip = (
        (x0 + (x1 - x0) * off, y0 + (y1 - y0) * off),
        (x1 - (x1 - x0) * off, y1 - (y1 - y0) * off),
    )
    page.arrow(tail, tip, page.theme.ink)
    page.keep_clear(axes.boxes_along([tail[0], tip[0]], [tail[1], tip[1]], 10))


def _labels(
    page: Page, headline: Headline, before: tuple[float, float], after: tuple[float, float]
) -> None:
    limit = headline.results.spec.workload.tolerance
    costs = text.amounts(
        headline.cost.baseline, headline.cost.distributed, currency=headline.cost.currency
    )
    sides = zip(
        ("baseline", "distributed"),
        phrases.sides(headline.results),
        costs,
        (before, after),
        strict=True,
    )
    for side, who, money, place in sides:
        quality = getattr(headline.quality, side)
        lines = [
            Line(f"{side}, {who}", 28, f"contestant.{side}"),
            Line(money, 44, f"cost.{side}", bold=True),
            Line(
                f"{phrases.metric(headline)} {text.quality(quality, limit)}", 28, f"quality.{side}"
            ),
        ]
        axes.label_beside(page, lines, place, always=True)


def _offers(page: Page, headline: Headline, x: Scale, y: float) -> None:
    """The distributed side at the other prices of the list."""
    for place, offer in enumerate(headline.cost.offers):
        field = f"cost.offers.{place}"
        money = Line(_money(headline, offer), 30, f"{field}.distributed", bold=True)
        name = Line(
            f"at {text.printable(offer.name)[:_LONGEST_NAME]} prices", SMALLEST_PX, f"{field}.name"
        )
        axes.label_beside(page, [money, name], (x.at(offer.distributed), y), always=True)


def _described(headline: Headline) -> str:
    quality, change = phrases.quality(headline)
    money, drop = phrases.cost(headline)
    told = f"Cost of a run against {phrases.metric(headline)}, from the baseline to the distributed side"
    offers = [
        f"at {text.printable(offer.name)} prices the distributed side costs {_money(headline, offer)}"
        for offer in headline.cost.offers
    ]
    parts = [
        told,
        f"cost {money}, {drop}",
        f"{phrases.metric(headline)} {quality}, {change}",
        *offers,
        _priced(headline.results.spec.prices),
    ]
    return " ".join(map(sentence, parts))


def _money(headline: Headline, offer: OfferCost) -> str:
    return text.money(offer.distributed, headline.cost.currency)
