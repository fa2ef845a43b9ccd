"""Latency against rate: what either side was offered, with the budget drawn in.

May import ``claims`` (its types), ``model``, ``serving``, ``show.serving_phrases``, ``text`` and
its neighbours.
"""

from collections.abc import Iterator

from harness import text
from harness.claims.headline import Headline
from harness.claims.serving import ServiceGain
from harness.model import RateSearch
from harness.serving import ServedLoad, tried_rates
from harness.show import serving_phrases
from harness.show.figures.axes import Axis, Chart, Tick, open_chart, round_values, set_ticks
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

_X_SPARE = 1.15
_Y_SPARE = 1.5
_HIGHEST = 8.0  # budgets: what is above is drawn at the upper edge
_MARK_PX = 22
_RACED_PX = 34


def picture(headline: Headline) -> Picture | Missing:
    """Return the latency of both sides at each rate (missing: no requests came one by one)."""
    gain, searches = headline.service, _searches(headline)
    if gain is None or len(searches) < 2:
        return Missing("no requests came one by one")
    return Picture(
        _title(gain), _description(headline, gain), lambda page: _draw(page, headline, gain)
    )


def _searches(headline: Headline) -> list[RateSearch]:
    results = headline.results
    both = (results.baseline_service, results.distributed_service)
    return [search for search in both if search is not None and search.loads]


def _title(gain: ServiceGain) -> str:
    one, many = (serving_phrases.a_second(rate) for rate in (gain.alone, gain.together))
    return f"{many} instead of {one}, 99 % within {text.seconds(gain.budget_s)}"


def _draw(page: Page, headline: Headline, gain: ServiceGain) -> None:
    write_title(page, _title(gain), field="service.together-service.alone-service.budget_s")
    remark = "hollow: did not hold the budget at that try · large: the rate of the clocked trials"
    write_remark(page, remark, headline.results, field="service")
    write_footer(page, headline.results)
    searches = _searches(headline)
    chart = _open_chart(page, searches, gain)
    _draw_budget(chart, gain)
    colours = page.theme.baseline, page.theme.distributed
    for search, colour, shape in zip(searches, colours, "so", strict=True):
        _draw_side(chart, search, colour, shape)
    sides = (
        ("baseline", gain.alone, gain.alone_p99_s),
        (
            text.number_of(gain.workers, "worker"),
            gain.together,
            gain.together_p99_s,
        ),
    )
    for (name, rate, p99_s), colour, shape in zip(sides, colours, "so", strict=True):
        chart.mark(rate, _shown_ms(chart, p99_s), shape, colour, size=_RACED_PX)
        label = f"{name}: {serving_phrases.a_second(rate)}, p99 {text.seconds(p99_s)}"
        field = "service.alone" if name == "baseline" else "service.together"
        lines = [Line(label, SMALLEST_PX, field)]
        chart.label(lines, rate, _shown_ms(chart, p99_s), always=True)


def _open_chart(page: Page, searches: list[RateSearch], gain: ServiceGain) -> Chart:
    loads = [load for search in searches for load in search.loads]
    rates = [load.rate for load in loads]
    latencies = [
        1000 * one
        for one in (*(load.p99_s for load in loads), gain.alone_p99_s, gain.together_p99_s)
        if one > 0
    ]
    budget_ms = 1000 * gain.budget_s
    highest = min(max(*latencies, budget_ms) * _Y_SPARE, _HIGHEST * budget_ms)
    x = Axis(0.0, max(rates) * _X_SPARE)
    y = Axis(min(*latencies, budget_ms) / _Y_SPARE, highest, log=True)
    chart = open_chart(page, x, y, ("requests offered a second", "p99 latency, ms"))
    set_ticks(
        chart,
        [Tick(value, _whole(value)) for value in round_values(x, most=7)],
        [Tick(value, _whole(value)) for value in round_values(y, most=6)],
        guide_lines=False,
    )
    return chart


def _whole(value: float) -> str:
    return text.count(int(value)) if value.is_integer() else text.three_digits(value)


def _draw_budget(chart: Chart, gain: ServiceGain) -> None:
    budget_ms = 1000 * gain.budget_s
    ends = [(chart.x.lowest, budget_ms), (chart.x.highest, budget_ms)]
    chart.line(ends, chart.page.theme.ink, 3, dashed=True)
    _, y = chart.at(chart.x.lowest, budget_ms)
    left = chart.area.left + 12  # no side is offered so little, and all rates break on the right
    spots = (Spot(left, y - 12, "left"), Spot(left, y + 30, "left"))
    name = f"budget {text.seconds(gain.budget_s)}"
    place_label(chart.page, [Line(name, SMALLEST_PX, "service.budget_s")], spots)


def _draw_side(chart: Chart, search: RateSearch, colour: str, shape: str) -> None:
    """Draw a side's latencies; those of the last try at each rate are joined, by the rates."""
    last = [rate.loads[-1] for rate in tried_rates(search.loads)]
    points = [(load.rate, _shown_ms(chart, load.p99_s)) for load in last]
    if len(points) > 1:
        chart.line(points, colour, 3)
    for load in search.loads:
        at_ms = _shown_ms(chart, load.p99_s)
        chart.mark(load.rate, at_ms, shape, colour, size=_MARK_PX, hollow=not load.holds)


def _shown_ms(chart: Chart, latency_s: float) -> float:
    return min(max(1000 * latency_s, chart.y.lowest), chart.y.highest)


def _ascending(search: RateSearch) -> list[ServedLoad]:
    return sorted(search.loads, key=lambda load: load.rate)


def _description(headline: Headline, gain: ServiceGain) -> str:
    return " ".join(
        sentence(part)
        for part in (
            "latency at the 99th percentile against the rate at which requests were offered",
            serving_phrases.in_one_line(gain),
            *_told(headline),
        )
    )


def _told(headline: Headline) -> Iterator[str]:
    names = "baseline", "distributed"
    for name, search in zip(names, _searches(headline), strict=True):
        told = "; ".join(serving_phrases.offered(load) for load in _ascending(search))
        yield f"{name}: {told}"
